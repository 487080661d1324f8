"""A workbook as rows of the raw tables (`brut.feuille`, `brut.tableau`, `brut.ligne`); all numbers count from 1."""

from collections.abc import Iterator, Sequence

from entrepot.forms.files.workbook import Row, Workbook
from entrepot.forms.layout import Located

SheetRow = tuple[int, str, bool]
TableRow = tuple[str, int, int | None, dict[str, int]]
LineRow = tuple[int, int, str | None, str, str | None, Row, dict[str, str] | None]


def sheet_rows(workbook: Workbook) -> list[SheetRow]:
    """Every sheet: number, name, hidden or not."""
    return [(number, sheet.name, sheet.hidden) for number, sheet in enumerate(workbook.sheets, start=1)]


def table_rows(workbook: Workbook, tables: Sequence[Located]) -> list[TableRow]:
    """Tables found: name, sheet, line of the header (none for a fiche), column of each field."""
    numbers = {id(sheet): number for number, sheet in enumerate(workbook.sheets, start=1)}
    return [
        (
            found.tableau.tableau,
            numbers[id(found.sheet)],
            found.header_rows[0] + 1 if found.header_rows else None,
            {champ: column + 1 for champ, column in found.columns.items()},
        )
        for found in tables
    ]


def line_rows(workbook: Workbook, tables: Sequence[Located]) -> Iterator[LineRow]:
    """Every line that holds something, of every sheet but the hidden ones that hold no table of the form."""
    for number, sheet in enumerate(workbook.sheets, start=1):
        here = [found for found in tables if found.sheet is sheet]
        if sheet.hidden and not here:
            continue
        belongs: dict[int, tuple[str, str, str | None]] = {}
        for found in here:
            name = found.tableau.tableau
            belongs |= dict.fromkeys(found.header_rows, (name, "entete", None))
            belongs |= {row: (name, *what) for row, what in found.rows.items()}
        marks = sheet.marks
        for row, cells in enumerate(sheet.rows):
            if cells or row in marks:
                tableau, nature, repere = belongs.get(row, (None, "hors_tableau", None))
                marked = {str(column + 1): mark for column, mark in marks[row].items()} if row in marks else None
                yield number, row + 1, tableau, nature, repere, cells, marked
