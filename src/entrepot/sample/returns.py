"""One territory's files: what it sends over the quarters, written one after the other."""

import random
from dataclasses import dataclass
from pathlib import Path

from entrepot.forms.normalise import normalise
from entrepot.forms.vintage import Millesime
from entrepot.sample import accidents
from entrepot.sample.book import Book, Cell, Content, Failure, Formula, Sheet, column_letters
from entrepot.sample.catalogue import Catalogue, Quarter, Territory
from entrepot.sample.content import TerritoryStory, after_publication, before_correction
from entrepot.sample.faults import FAULTS, Case, Effect
from entrepot.sample.faults.pick import set_text
from entrepot.sample.figures import Figures
from entrepot.sample.fill import fill
from entrepot.sample.ledger import Planted, Written
from entrepot.sample.plan import Plan, Sending, rng_for
from entrepot.sample.writers import WRITERS

REJECTED_WHOLE = "retour_rejete"
OTHER_EXTENSION = {".xlsx": ".xls", ".xls": ".xlsx"}


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
            self.planted += [self._entry(name, book, *entry) for entry in touched]
            if sending.accident:
                self._plant_whole(name, sending)
        (self.studio.folder / name).write_bytes(content)
        self.sent[sending.quarter, sending.number] = name, content
        self._record(sending, name, original, cells)

    # The workbook

    def _book(self, sending: Sending) -> tuple[Book, list[tuple[str, Cell | Sheet]]]:
        source = self._repeated(sending) if sending.state == "repete" else sending
        quarter = self.quarters[source.quarter]
        if sending.accident == "mauvais_millesime":
            quarter = accidents.other_vintage(quarter)
        form = self.studio.forms[quarter.vintage]
        rng = rng_for(self.studio.plan.seed, "faults", source.territory, source.quarter, source.number)
        content = self._content(source, quarter, rng)
        book = fill(form, content, self.studio.catalogue.choices)
        touched = _unanswered(book, content)
        case = Case(book, self.territory, quarter, self.studio.catalogue, form, rng)
        for fault in sorted((FAULTS[name] for name in source.faults), key=lambda fault: fault.on_sheets):
            touched += [(fault.name, thing) for thing in fault.plant(case)]
        identity = book.tables["identification"].lines[0]
        if sending.state == "repete":
            year, number = sending.quarter.split("-")
            set_text(identity["trimestre"], f"{number} {year}")
            touched.append(("trimestre_precedent_renvoye", book.tables["identification"].sheet))
        if sending.declared:
            set_text(identity["territoire_id"], sending.declared)
            # The name is what betrays it, and where the question is asked.
            touched.append(("identifiant_d_une_autre_cite", identity["nom_cite"]))
        if any(s.closing > sending.closing for s in self._earlier(sending)):
            touched.append(("date_d_arrete_plus_ancienne", identity["arrete_au"]))
        if sending.accident:
            accidents.spoil_book(sending.accident, book, rng)
        return book, touched

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

    def _entry(self, name: str, book: Book, fault: str, thing: Cell | Sheet) -> Planted:
        effect, rule = _expected(fault)
        if isinstance(thing, Sheet):
            return Planted(name, thing.name, "", fault, effect, rule, "")
        sheet = book.sheet_of(thing)
        row, column = sheet.place(thing)
        return Planted(name, sheet.name, f"{column_letters(column)}{row}", fault, effect, rule, _shown(thing))

    def _plant_whole(self, name: str, sending: Sending) -> None:
        accident = str(sending.accident)
        self.planted.append(Planted(name, "", "", accident, REJECTED_WHOLE, accidents.RULES[accident], ""))

    def _record(self, sending: Sending, name: str, original: str, cells: int) -> None:
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
                cellules=cells,
            )
        )


# Faults of the plan rather than of a cell: expected effect and rule.
PLANNED = {
    "trimestre_precedent_renvoye": (Effect.SUSPICION, "fichier du trimestre précédent"),
    "identifiant_d_une_autre_cite": (Effect.SUSPICION, "nom ressemblant à une autre cité"),
    "date_d_arrete_plus_ancienne": (Effect.SUSPICION, "date d'arrêté antérieure"),
    "question_sans_reponse": (Effect.SILENT, ""),
}


def _expected(fault: str) -> tuple[str, str]:
    if fault in PLANNED:
        effect, rule = PLANNED[fault]
        return effect.value, rule
    return FAULTS[fault].effect.value, FAULTS[fault].rule


def _unanswered(book: Book, content: Content) -> list[tuple[str, Cell | Sheet]]:
    """Governance questions left without a usable answer say so."""
    answers = content["gouvernance"][0]
    return [
        ("question_sans_reponse", set_text(cell, "n.d."))
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
