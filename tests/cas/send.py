"""Every case sent through the doors that production uses, all in one run, and what came of each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from openpyxl.utils import get_column_letter

from entrepot import pipeline
from entrepot.receipts.arrivals import MANIFEST, MANIFEST_COLUMNS
from tests.conftest import Warehouse

from .book import LISTS, Book, Page, book_of
from .model import Case, Cell, Place, Read, Typed, all_cases, base
from .package import changed
from .write import KEPT, WRITERS

FIRST_ARRIVAL = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """A file on its way: the case it belongs to, its name and bytes, and the cells that are looked at in it."""

    case: Case
    name: str
    content: bytes
    looked_at: tuple[Place, ...]


@dataclass
class Came:
    """What came of a file.

    Attributes:
        verdict: of the receipt; `known` when its bytes were there already.
        read: value and state of each cell looked at.
        findings: « LEC-01 actions.2.participants », « SUS-08 Actions!E4 », « SUS-03 Actions », « SUS-06 ».
    """

    verdict: str
    read: dict[str, tuple[Read, str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def files() -> list[Sent]:
    """Every file of every case, in the order they arrive."""
    return [sent for case in all_cases() for writer in case.ecrivains for sent in files_of(case.nom, writer)]


@cache
def files_of(case_name: str, writer: str) -> tuple[Sent, ...]:
    """The files of a case as one program writes them: one, or one for each cell where a sheet has one answer."""
    return tuple(_files(_case(case_name), writer))


def _case(name: str) -> Case:
    return next(case for case in all_cases() if case.nom == name)


def _files(case: Case, writer: str) -> Iterator[Sent]:
    stem = f"{case.nom} ({writer})".replace("/", "-")
    if case.renvoi:
        (earlier,) = files_of(case.precedents[0], writer)
        yield replace(earlier, case=case, name=f"{stem}{PurePath(earlier.name).suffix}", looked_at=case.lus)
        return
    for filled in fillings(case):
        if writer.startswith("libreoffice"):
            extension = writer.removeprefix("libreoffice")
            content = (KEPT / f"{case.nom}{filled.number}{extension}").read_bytes()
        else:
            extension, write = WRITERS[writer]
            content = write(filled.book(writer))
        for change in case.octets:
            content = changed(content, change)
        name = f"{stem}{filled.number}{f' - {case.fichier}' if case.fichier else extension}"
        yield Sent(case, name, content, filled.looked_at)


@dataclass(frozen=True)
class Filling:
    """One workbook of a case, before it is written.

    Attributes:
        number: tells it from the others of its case; empty when it is alone.
        looked_at: cells looked at in it.
        answers, lines: what is typed in it besides the faultless return.
    """

    case: Case
    number: str
    looked_at: tuple[Place, ...]
    answers: Mapping[str, Typed] = field(default_factory=dict)
    lines: Mapping[str, Sequence[Mapping[str, Typed]]] = field(default_factory=dict)

    def book(self, writer: str) -> Book:
        """Its cells; who writes them is said in it, for equal bytes would be one receipt."""
        book = book_of(self.case, self.answers, self.lines)
        book.setdefault("Lisez-moi", Page()).rows.append([f"{self.case.nom} {self.number} {writer}"])
        return book


def fillings(case: Case) -> Iterator[Filling]:
    """The workbooks of a case: one, or one for each cell tried where a sheet has one answer."""
    if case.dans is None:
        yield Filling(case, "", case.lus)
    elif case.dans.tableau in LISTS:
        table, champ = case.dans.tableau, case.dans.champ
        lines = [{**_line(case, number), champ: cell.saisi} for number, cell in enumerate(case.cellules, start=1)]
        places = [_at(cell, f"{table}.{number}.{champ}") for number, cell in enumerate(case.cellules, start=1)]
        yield Filling(case, "", (*places, *case.lus), lines={table: lines})
    else:
        for number, cell in enumerate(case.cellules, start=1):
            place = _at(cell, f"{case.dans.tableau}.{case.dans.champ}")
            yield Filling(case, f" {number}", (place, *case.lus), answers={case.dans.champ: cell.saisi})


def _line(case: Case, number: int) -> dict[str, Typed]:
    """A line to put a cell in: the first of the faultless return, numbered, with what the case says of the others."""
    assert case.dans is not None
    line = dict(base()[case.millesime][case.dans.tableau][0])
    if "numero" in line:
        line["numero"] = number
    return line | case.dans.avec


def _at(cell: Cell, where: str) -> Place:
    return Place(ou=where, **{name: getattr(cell, name) for name in cell.model_fields_set})


def send(warehouse: Warehouse, folder: Path) -> dict[str, Came]:
    """Take every file in, stage and check them all at once; give what came of each, by its name."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    sent = files()
    manifest = [";".join(MANIFEST_COLUMNS)]
    for number, one in enumerate(sent):
        (inbox / one.name).write_bytes(one.content)
        manifest.append(f'"{one.name}";{(FIRST_ARRIVAL + timedelta(minutes=number)).isoformat()};')
    (inbox / MANIFEST).write_text("\n".join(manifest), encoding="utf-8")
    taken = pipeline.receive(warehouse.settings, [inbox])
    pipeline.prepare(warehouse.settings)
    pipeline.check(warehouse.settings)
    return _harvest(warehouse, sent, {outcome.name: outcome for outcome in taken.outcomes})


def _harvest(warehouse: Warehouse, sent: list[Sent], outcomes: dict[str, Any]) -> dict[str, Came]:
    cells = _cells(warehouse)
    findings, rejected = _findings(warehouse)
    came = {}
    for one in sent:
        outcome = outcomes[one.name]
        receipt = outcome.recepisse_id
        here = Came("deja_recu" if outcome.known else outcome.verdict, findings=sorted(findings[receipt]))
        for place in one.looked_at:
            value, state = cells.get((receipt, place.ou), (None, "non_renseigne"))
            if place.ou in rejected[receipt]:
                # What the marts do of a cell that a finding rejects (`int_rejets`, `etat_accepte`).
                value, state = None, state if state == "non_concerne" else "non_renseigne"
            here.read[place.ou] = value, state
        came[one.name] = here
    return came


_LINES = """
select ligne.recepisse_id, ligne.tableau, ligne.ligne,
    coalesce(
        ligne.repere, rank() over (partition by ligne.recepisse_id, ligne.tableau order by ligne.ligne)::text
    ) as repere
from brut.ligne as ligne
where ligne.nature = 'donnee' and ligne.tableau is not null
"""
_CELLS = f"""
with lignes as ({_LINES})
select cellules.recepisse_id, cellules.tableau, lignes.repere, cellules.champ, cellules.etat,
    cellules.valeur_nombre, cellules.valeur_date, cellules.valeur_code, cellules.valeur_texte,
    elements.codes, cellules.type
from preparation.stg_cellules as cellules
inner join lignes using (recepisse_id, tableau, ligne)
left join (
    select recepisse_id, tableau, ligne, champ, array_agg(code order by rang) filter (where connu) as codes
    from preparation.stg_elements group by 1, 2, 3, 4
) as elements using (recepisse_id, tableau, ligne, champ)
"""
_SEVERAL = ("codes_qpv", "codes_contrat", "choix_multiple")


def _cells(warehouse: Warehouse) -> dict[tuple[int, str], tuple[Read, str]]:
    """Value and state of every filled cell, by receipt and place."""
    found: dict[tuple[int, str], tuple[Read, str]] = {}
    for receipt, table, mark, champ, state, number, day, code, text, codes, kind in warehouse.rows(_CELLS):
        if kind in _SEVERAL:
            state = "saisi" if codes else state if state == "non_concerne" else "non_renseigne"  # noqa: PLW2901
        value: Read = codes if kind in _SEVERAL else next((v for v in (number, day, code, text) if v is not None), None)
        found[receipt, _place(table, mark, champ)] = value, state
    for receipt, cite, quarter in warehouse.rows(
        "select recepisse_id, territoire_id, trimestre from entrepot.recepisse"
    ):
        for champ, value in (("territoire_id", cite), ("trimestre", quarter)):
            found[receipt, f"identification.{champ}"] = value, "saisi" if value else "non_renseigne"
    return found


def _place(table: str, mark: str, champ: str) -> str:
    return f"{table}.{champ}" if mark == champ else f"{table}.{mark}.{champ}"


_FINDINGS = f"""
with lignes as ({_LINES})
select constat.recepisse_id, constat.regle, constat.severite, constat.tableau, constat.champ, constat.feuille,
    constat.ligne, constat.colonne, lignes.repere
from entrepot.constat
left join lignes using (recepisse_id, tableau, ligne)
"""
_ONLY_ITEMS = ("qpv_couverts", "qpv_concernes", "contrats_ville", "publics", "cofinanceurs")


def _findings(warehouse: Warehouse) -> tuple[dict[int, list[str]], dict[int, set[str]]]:
    """Findings of each receipt with their places, and the cells that they reject."""
    findings: dict[int, list[str]] = defaultdict(list)
    rejected: dict[int, set[str]] = defaultdict(set)
    for receipt, rule, severity, table, champ, sheet, line, column, mark in warehouse.rows(_FINDINGS):
        if champ and mark:
            where = _place(table, mark, champ)
            if severity == "valeur" and champ not in _ONLY_ITEMS:
                rejected[receipt].add(where)
        elif champ:
            where = f"{table}.{champ}"
        elif line and column:
            where = f"{sheet}!{get_column_letter(column)}{line}"
        else:
            where = sheet or ""
        findings[receipt].append(f"{rule} {where}".strip())
    return findings, rejected


def _exact(value: Read) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def expected(one: Sent) -> Came:
    """What a case says must come of one of its files."""
    case = one.case
    findings = [f"{rule} {place.ou}" if " " not in rule else rule for place in one.looked_at for rule in place.constats]
    return Came(
        verdict="deja_recu" if case.renvoi else case.verdict,
        read={place.ou: (_exact(place.lu), place.etat) for place in one.looked_at},
        findings=sorted([*findings, *case.constats]),
    )
