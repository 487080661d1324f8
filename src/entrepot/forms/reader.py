"""Read what a territory sent: whose return it is, where its tables are, every line as text at its coordinates.

Only structure is decided here. What cells mean is decided later, in the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from entrepot.forms.files.container import Format
from entrepot.forms.files.refusal import Refusal
from entrepot.forms.files.workbook import Sheet, Workbook, open_workbook
from entrepot.forms.finding import Constat
from entrepot.forms.identification import read_period, read_territory
from entrepot.forms.layout import Located, locate, read_lines
from entrepot.forms.raw import LineRow, SheetRow, TableRow, line_rows, sheet_rows, table_rows
from entrepot.forms.reference import Reference
from entrepot.forms.sheets import match_sheets
from entrepot.forms.vintage import Millesime, Tableau, lists, vintages

__all__ = ["Constat", "ReadReturn", "Reference", "read_return"]


@dataclass(frozen=True, slots=True)
class ReadReturn:
    """A file as read; rows, columns and sheets count from 1.

    Attributes:
        feuilles: number, name, hidden or not.
        tableaux: table, number of its sheet, line of its header (none for a fiche), column of each field.
        lignes: lines in the column order of `brut.ligne`, from `feuille` on.
    """

    genre: Literal["retour", "liste_pactes", "registre_corrections", "inconnu"]
    constats: Sequence[Constat]
    format: Format | None = None
    territoire_id: str | None = None
    trimestre: str | None = None
    millesime: str | None = None
    feuilles: Sequence[SheetRow] = ()
    tableaux: Sequence[TableRow] = ()
    lignes: Sequence[LineRow] = ()

    @classmethod
    def refused(cls, refusal: Refusal) -> "ReadReturn":
        """A file that cannot be read, and why."""
        return cls("inconnu", [Constat(refusal.regle, valeur=refusal.cause)])


def read_return(content: bytes, filename: str, reference: Reference) -> ReadReturn:
    """Read a file: a return in any vintage of the form, or a list of the national team (pactes, corrections).

    Args:
        content: the bytes received.
        filename: the name they came under (only its extension is judged).
        reference: known territories and spellings.

    Returns:
        What the file is and holds. Whatever is wrong with the file is a finding in it, never an exception.
    """
    try:
        workbook = open_workbook(content, filename)
    except Refusal as refusal:
        return ReadReturn.refused(refusal)
    constats = []
    if workbook.macros:
        constats.append(Constat("SUS-06"))
    if not workbook.expected_extension:
        constats.append(Constat("SUS-07", valeur=workbook.format))
    best = max((_recognise(workbook, vintage) for vintage in vintages()), key=lambda candidate: candidate.likeness)
    if best.sheets:
        return _read_form(workbook, best, reference, constats)
    return _read_list(workbook, reference, constats)


@dataclass(frozen=True, slots=True)
class _Recognised:
    """A workbook seen as one vintage of the form: its sheets and tables, and suspicions about their names."""

    vintage: Millesime
    sheets: Mapping[str, Sheet]
    tables: Mapping[str, Located]
    constats: Sequence[Constat]

    @property
    def likeness(self) -> int:
        """How many labels of the vintage's blank form the workbook carries."""
        return sum(found.labels_of_the_form for found in self.tables.values())


def _recognise(workbook: Workbook, vintage: Millesime) -> _Recognised:
    by_sheet: dict[str, list[Tableau]] = {}
    for tableau in vintage.tableaux:
        by_sheet.setdefault(tableau.feuille, []).append(tableau)
    sheets, constats = match_sheets(workbook.sheets, by_sheet)
    found = [table for name, sheet in sheets.items() for table in locate(sheet, by_sheet[name])]
    return _Recognised(vintage, sheets, {table.tableau.tableau: table for table in found}, constats)


def _read_form(
    workbook: Workbook, form: _Recognised, reference: Reference, about_the_file: Sequence[Constat]
) -> ReadReturn:
    for sheet in form.sheets.values():
        read_lines([table for table in form.tables.values() if table.sheet is sheet], reference.modalites)
    constats = [*about_the_file, *form.constats]
    territoire_id = trimestre = None
    if identification := form.tables.get("identification"):
        territoire_id, about_territory = read_territory(identification, reference)
        trimestre, about_quarter = read_period(identification, form.vintage)
        constats += [*about_territory, *about_quarter]
    constats += _missing_tables(form, trimestre)
    asked, not_asked = _asked(form, trimestre)
    constats += [*not_asked, *chain.from_iterable(_hidden(sheet) for sheet in form.sheets.values())]
    constats += chain.from_iterable(_fields(table, "VAL-01") for table in asked)
    constats += chain.from_iterable(_lines(table, reference) for table in asked)
    return ReadReturn(
        genre="retour",
        constats=constats,
        format=workbook.format,
        territoire_id=territoire_id,
        trimestre=trimestre,
        millesime=form.vintage.millesime,
        feuilles=sheet_rows(workbook),
        tableaux=table_rows(workbook, asked),
        lignes=list(line_rows(workbook, asked)),
    )


def _read_list(workbook: Workbook, reference: Reference, about_the_file: Sequence[Constat]) -> ReadReturn:
    """Read a list of the national team, on whatever sheet it stands: the one whose columns are there most."""
    found = [
        (liste, table) for liste in lists().values() for sheet in workbook.sheets for table in locate(sheet, [liste])
    ]
    if not found:
        return _unknown(workbook, about_the_file)
    liste, table = max(found, key=lambda pair: len(pair[1].columns))
    read_lines([table], reference.modalites)
    constats = list(about_the_file)
    constats += [
        Constat("SUS-02", feuille=other.sheet.name, contexte={"attendue": liste.feuille, "lue": table.sheet.name})
        for candidate, other in found
        if candidate is liste and other is not table
    ]
    constats += [*_hidden(table.sheet), *_fields(table, "STR-10")]
    return ReadReturn(
        genre=liste.recepisse,
        constats=constats,
        format=workbook.format,
        feuilles=sheet_rows(workbook),
        tableaux=table_rows(workbook, [table]),
        lignes=list(line_rows(workbook, [table])),
    )


def _unknown(workbook: Workbook, about_the_file: Sequence[Constat]) -> ReadReturn:
    """A spreadsheet that is neither: every sheet of the current form is missing."""
    return ReadReturn(
        genre="inconnu",
        constats=[*about_the_file, *map(_missing, vintages()[-1].attendus(None))],
        format=workbook.format,
        feuilles=sheet_rows(workbook),
        lignes=list(line_rows(workbook, [])),
    )


def _missing(tableau: Tableau) -> Constat:
    return Constat("STR-07", tableau.tableau, feuille=tableau.feuille)


def _missing_tables(form: _Recognised, trimestre: str | None) -> Iterator[Constat]:
    expected = {tableau.tableau for tableau in form.vintage.attendus(trimestre)}
    for tableau in form.vintage.tableaux:
        if tableau.tableau in form.tables:
            continue
        if tableau.tableau in expected:
            yield _missing(tableau)
        elif tableau.facultatif and tableau.feuille in form.sheets:
            first = tableau.champs[0]
            yield Constat("SUS-11", tableau.tableau, first.champ, tableau.feuille, contexte={"libelle": first.libelle})


def _asked(form: _Recognised, trimestre: str | None) -> tuple[list[Located], list[Constat]]:
    """Tables asked in that quarter, and a suspicion for each one that is not."""
    asked, constats = [], []
    for table in form.tables.values():
        if trimestre is None or int(trimestre[-1]) in table.tableau.trimestres:
            asked.append(table)
        else:
            constats.append(Constat("SUS-05", table.tableau.tableau, feuille=table.sheet.name))
    return asked, constats


def _hidden(sheet: Sheet) -> Iterator[Constat]:
    if sheet.hidden:
        yield Constat("SUS-04", feuille=sheet.name)
    if sheet.partly_hidden:
        yield Constat("SUS-03", feuille=sheet.name)


def _lines(table: Located, reference: Reference) -> Iterator[Constat]:
    """Lines of a cross table that the sheet does not have."""
    key = table.tableau.champs[0]
    for code in key.modalites:
        if table.row_of(code) is None:
            label = reference.libelles[key.liste or ""][code]
            yield Constat(
                "SUS-11", table.tableau.tableau, feuille=table.sheet.name, valeur=label, contexte={"libelle": label}
            )


def _fields(table: Located, absent_if_required: str) -> Iterator[Constat]:
    """Columns and questions that the form does not have, and those of the form that the sheet does not have."""
    tableau, feuille = table.tableau.tableau, table.sheet.name
    for row in table.sums:
        yield Constat("SUS-12", tableau, feuille=feuille, ligne=row + 1)
    for row, column, label in table.unknown:
        yield Constat("SUS-08", tableau, feuille=feuille, ligne=row + 1, colonne=column + 1, valeur=label)
    for champ in table.missing():
        regle = absent_if_required if champ.requis else "SUS-11"
        yield Constat(regle, tableau, champ.champ, feuille, contexte={"libelle": champ.libelle})
