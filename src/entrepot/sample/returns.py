"""One territory's files: what it sends over the quarters, written one after the other."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from entrepot.forms.normalise import normalise
from entrepot.forms.vintage import Millesime
from entrepot.sample import accidents, consequences
from entrepot.sample.book import Book, Cell, Content, Failure, Formula, Row, Sheet, column_letters
from entrepot.sample.catalogue import Catalogue, Quarter, Territory
from entrepot.sample.content import TerritoryStory, after_publication, before_correction
from entrepot.sample.faults import FAULTS, Brought, Case, Effect, Place
from entrepot.sample.faults.pick import people, set_text
from entrepot.sample.figures import Figures
from entrepot.sample.fill import fill
from entrepot.sample.ledger import Planted, Written
from entrepot.sample.plan import Plan, Sending, rng_for
from entrepot.sample.writers import WRITERS

OTHER_EXTENSION = {".xlsx": ".xls", ".xls": ".xlsx"}

# Name of a fault, and a place it touched.
Planting = tuple[str, Place | Brought]


@dataclass(frozen=True)
class Studio:
    """What every territory's files are made from."""

    catalogue: Catalogue
    plan: Plan
    figures: Figures
    forms: dict[str, Millesime]
    folder: Path


def write_returns(studio: Studio, territory: Territory) -> tuple[list[Written], list[Planted]]:
    """Write every file a territory sends.

    Returns:
        What was written, and what is wrong in it.
    """
    author = _Author(studio, territory)
    for sending in (s for s in studio.plan.sendings if s.territory == territory.id):
        author.write(sending)
    return author.written, author.planted


class _Author:
    """Writes the files of one territory; keeps their bytes, since some are sent twice."""

    def __init__(self, studio: Studio, territory: Territory) -> None:
        self.studio, self.territory = studio, territory
        self.quarters = {quarter.code: quarter for quarter in studio.plan.quarters}
        self.story = TerritoryStory(studio.catalogue, territory, studio.plan.quarters, studio.figures, studio.plan.seed)
        self.sent: dict[tuple[str, int], tuple[str, bytes]] = {}
        self.written: list[Written] = []
        self.planted: list[Planted] = []

    def write(self, sending: Sending) -> None:
        if sending.same_bytes_as:
            original, content = self.sent[sending.quarter, sending.same_bytes_as]
            name, cells = f"Copie de {original}", 0
        else:
            book, touched = self._book(sending)
            name, content = self._bytes(sending, book)
            original, cells = "", sum(1 for sheet in book.sheets for _ in sheet.filled())
            self.planted += dict.fromkeys(_entry(name, book, *entry) for entry in touched)
        (self.studio.folder / name).write_bytes(content)
        self.sent[sending.quarter, sending.number] = name, content
        self._record(sending, name, content, original, cells)

    # The workbook

    def _book(self, sending: Sending) -> tuple[Book, list[Planting]]:
        source = self._repeated(sending) if sending.state == "repete" else sending
        quarter = self.quarters[source.quarter]
        if sending.accident == "mauvais_millesime":
            quarter = accidents.other_vintage(quarter)
        form = self.studio.forms[quarter.vintage]
        rng = rng_for(self.studio.plan.seed, "faults", source.territory, source.quarter, source.number)
        content = self._content(source, quarter, rng)
        book = fill(form, content, self.studio.catalogue.choices)
        touched = _unanswered(book, content)
        if sending.accident:
            place = accidents.spoil_book(sending.accident, book, rng)
            # Nothing else can be said of a file that is sent back whole.
            return book, [(sending.accident, Brought(place, accidents.RULES[sending.accident], Effect.RETURNED))]
        told, before = partial(self._told_before, source, self.territory), partial(self._quarter_before, source)
        case = Case(book, self.territory, quarter, self.studio.catalogue, form, rng, told, before)
        for fault in sorted((FAULTS[name] for name in source.faults), key=lambda fault: fault.on_sheets):
            planted = [(fault.name, place) for place in fault.plant(case)]
            case.spoilt.update(id(found.place) for entry in planted if (found := _expected(*entry)).rule)
            touched += planted
        return book, [*self._unless_repeated(sending, touched), *self._events(sending, book)]

    def _unless_repeated(self, sending: Sending, touched: list[Planting]) -> list[Planting]:
        if sending.state != "repete":
            return touched
        return [entry for entry in touched if _expected(*entry).rule not in consequences.NOT_REPEATED]

    def _events(self, sending: Sending, book: Book) -> Iterator[Planting]:
        """What the plan, not a fault, makes of a file."""
        identity = book.tables["identification"].lines[0]
        if sending.state == "repete":
            year, number = sending.quarter.split("-")
            set_text(identity["trimestre"], f"{number} {year}")
            for finding in consequences.of_repeating(book, self.quarters[sending.quarter]):
                yield "trimestre_precedent_renvoye", finding
        if sending.declared:
            set_text(identity["territoire_id"], sending.declared)
            declared = next(t for t in self.studio.plan.territories if t.id == sending.declared)
            told = self._told_before(sending, declared)
            own = any(s.pair == sending.pair and not s.declared for s in self._sent_before(sending))
            for finding in consequences.of_another_cite(book, declared, told, own=own):
                yield "identifiant_d_une_autre_cite", finding
        if any(s.closing > sending.closing for s in self._earlier(sending)):
            yield "date_d_arrete_plus_ancienne", Brought(identity["arrete_au"], "IDE-04", Effect.SUSPICION)

    def _told_before(self, sending: Sending, declared: Territory) -> dict[tuple[int, str], list[int]]:
        """People counted by a cité's files of earlier quarters in this form, less figures it was told to mend."""
        told: dict[tuple[int, str], list[int]] = {}
        author = _Author(self.studio, declared)
        vintage = self.quarters[sending.quarter].vintage
        earlier = (
            s
            for s in self._sent_before(sending)
            if s.territory == declared.id and not s.declared
            if s.quarter < sending.quarter and self.quarters[s.quarter].vintage == vintage
        )
        for before in sorted(earlier, key=lambda s: (s.quarter, s.received_at)):
            book, touched = author._book(before)
            refused = {id(found.place) for entry in touched if (found := _expected(*entry)).effect is Effect.REJECTED}
            for place, cell in people(book).items():
                if isinstance(cell.value, int) and id(cell) not in refused:
                    told.setdefault(place, []).append(cell.value)
        return told

    def _quarter_before(self, sending: Sending) -> Book | None:
        """The file in force of the quarter before when this one arrives, unless its people are something to be told."""
        codes = list(self.quarters)
        rank = codes.index(sending.quarter)
        source = self.studio.plan.in_force((sending.territory, codes[rank - 1]), sending.received_at) if rank else None
        if source is None or source.territory != self.territory.id:
            return None
        book, touched = self._book(source)
        told = {id(found.place) for entry in touched if (found := _expected(*entry)).rule}
        return book if told.isdisjoint(map(id, people(book).values())) else None

    def _sent_before(self, sending: Sending) -> Iterator[Sending]:
        """Accepted files, whoever sent them, that arrived before; the same bytes once."""
        return (
            s
            for s in self.studio.plan.sendings
            if s.accepted and s.same_bytes_as is None and s.received_at < sending.received_at
        )

    def _earlier(self, sending: Sending) -> list[Sending]:
        """Accepted files of the same territory and quarter that arrived before."""
        return [
            s
            for s in self.studio.plan.sendings
            if s.accepted and s.target == sending.target and s.received_at < sending.received_at
        ]

    def _repeated(self, sending: Sending) -> Sending:
        codes = list(self.quarters)
        before = codes[codes.index(sending.quarter) - 1]
        source = self.studio.plan.in_force((sending.territory, before))
        if source is None:
            raise LookupError(f"{sending.pair} repeats a quarter nobody sent")
        return source

    def _content(self, sending: Sending, quarter: Quarter, rng: random.Random) -> Content:
        content = self.story.content(quarter, sending.closing)
        if sending.state == "brouillon":
            return before_correction(content, rng)
        return after_publication(content) if sending.state == "rectifie" else content

    def _bytes(self, sending: Sending, book: Book) -> tuple[str, bytes]:
        write, extension = WRITERS[sending.maker]
        content = write(book)
        if sending.accident:
            rng = rng_for(self.studio.plan.seed, "accident", sending.territory, sending.quarter)
            content = accidents.spoil_bytes(sending.accident, content, rng)
            extension = ".xlsx" if sending.accident == "pdf_renomme" else extension
        if book.macros:
            extension = ".xlsm"
        if book.wrong_extension:
            extension = OTHER_EXTENSION[extension]
        return _file_name(self.territory, sending) + extension, content

    # The ledger

    def _record(self, sending: Sending, name: str, content: bytes, original: str, cells: int) -> None:
        read = sending.accident is None
        in_force = self.studio.plan.in_force(sending.target) if read else None
        self.written.append(
            Written(
                fichier=name,
                territoire_id=sending.target[0] if read else "",
                trimestre=sending.quarter if read else "",
                cite_expeditrice=sending.territory,
                recu_le=sending.received_at.isoformat(),
                ecrit_par=sending.maker,
                etat=sending.state,
                verdict="accepte" if read else "rejete",
                en_vigueur=in_force is sending,
                memes_octets_que=original,
                empreinte=hashlib.sha256(content).hexdigest(),
                cellules=cells,
            )
        )


def _expected(fault: str, touched: Place | Brought) -> Brought:
    """The finding expected at a place: that of its fault, unless it says another."""
    if isinstance(touched, Brought):
        return touched
    return Brought(touched, FAULTS[fault].rule, FAULTS[fault].effect)


def _entry(name: str, book: Book, fault: str, touched: Place | Brought) -> Planted:
    found = _expected(fault, touched)
    sheet, address, shown = "", "", ""
    match found.place:
        case Sheet():
            sheet = found.place.name
        case Row():
            held = next(s for s in book.sheets if any(row is found.place for row in s.rows))
            number = next(number for number, row in enumerate(held.rows, start=1) if row is found.place)
            sheet, address = held.name, f"{number}:{number}"
        case Cell():
            held = book.sheet_of(found.place)
            row, column = held.place(found.place)
            sheet, address, shown = held.name, f"{column_letters(column)}{row}", _shown(found.place)
    return Planted(name, sheet, address, fault, found.effect.value, found.rule, shown)


def _unanswered(book: Book, content: Content) -> list[Planting]:
    """Governance questions left without a usable answer say so, and nothing is said of them."""
    answers = content["gouvernance"][0]
    return [
        ("question_sans_reponse", Brought(set_text(cell, "n.d."), "", Effect.SILENT))
        for champ, cell in book.tables["gouvernance"].lines[0].items()
        if answers[champ] is None
    ]


def _shown(cell: Cell) -> str:
    match cell.value:
        case None:
            return ""
        case Formula() | Failure():
            return cell.value.text
        case _:
            return str(cell.value)


def _file_name(territory: Territory, sending: Sending) -> str:
    """File names as senders make them up; unique, since each holds the cité, the quarter and the rank."""
    year, number = sending.quarter.split("-")
    place = "-".join(
        normalise(territory.name).replace("/", " ").replace("'", " ").replace("(", "").replace(")", "").split()
    )
    shapes = (
        f"{territory.id}_{sending.quarter}",
        f"Remontée {number} {year} - {territory.id}",
        f"cite_emploi_{territory.id}_{place}_{number}-{year}",
    )
    again = "" if sending.number == 1 else f"_v{sending.number}"
    return shapes[len(place) % 3] + again
