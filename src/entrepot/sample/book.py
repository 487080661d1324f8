"""A workbook in memory, before any library writes it.

Cells are objects, found by what they hold (table, line, field) and not by coordinates: rows and columns may be inserted
around them without losing them, and the ledger asks for their address last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from entrepot.forms.choices import Answer

# What a return says before it is written: lines by table, codes and Python values by field.
Line = dict[str, Answer]
Content = dict[str, list[Line]]


@dataclass(frozen=True)
class Formula:
    """A formula and the value its sender's spreadsheet had computed (None: never computed)."""

    text: str
    cached: float | str | None


@dataclass(frozen=True)
class Failure:
    """A spreadsheet error such as `#REF!`."""

    text: str


Value = str | int | float | date | Formula | Failure | None


@dataclass(slots=True, eq=False)
class Cell:
    """A value and how it looks: '', 'titre', 'entete', 'date', 'pourcent', 'couleur'."""

    value: Value = None
    look: str = ""


@dataclass(slots=True, eq=False)
class Row:
    """A line of a sheet."""

    cells: list[Cell]
    hidden: bool = False


@dataclass(eq=False)
class Sheet:
    """A sheet; merges are pairs of opposite cells."""

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[tuple[Cell, Cell]] = field(default_factory=list)

    def write(self, row: int, column: int, value: Value, look: str = "") -> Cell:
        """Put a value at a 1-based place, growing the sheet as needed."""
        while len(self.rows) < row:
            self.rows.append(Row([]))
        cells = self.rows[row - 1].cells
        while len(cells) < column:
            cells.append(Cell())
        cells[column - 1].value, cells[column - 1].look = value, look
        return cells[column - 1]

    def place(self, cell: Cell) -> tuple[int, int]:
        """Row and column of a cell, 1-based."""
        for number, row in enumerate(self.rows, start=1):
            for column, candidate in enumerate(row.cells, start=1):
                if candidate is cell:
                    return number, column
        raise LookupError(f"cell {cell.value!r} is not on sheet {self.name}")

    def filled(self) -> Iterator[Cell]:
        """Cells that hold something."""
        return (cell for row in self.rows for cell in row.cells if cell.value is not None)


Record = dict[str, Cell]


@dataclass(eq=False)
class Table:
    """A table of the form: its sheet, its header cells and its lines, all by field.

    A form sheet (label/value) is a table of one line whose headers are the labels.
    """

    sheet: Sheet
    headers: Record
    lines: list[Record]

    def row_of(self, line: Record) -> int:
        """Row number (1-based) of a line."""
        return self.sheet.place(next(iter(line.values())))[0]


@dataclass(eq=False)
class Book:
    """Sheets in order, the form's tables found in them, and what the file is called and holds besides."""

    vintage: str
    sheets: list[Sheet]
    tables: dict[str, Table]
    macros: bool = False
    wrong_extension: bool = False

    def sheet_of(self, cell: Cell) -> Sheet:
        """The sheet a cell stands on."""
        return next(s for s in self.sheets for row in s.rows if any(c is cell for c in row.cells))


def column_letters(column: int) -> str:
    """`1` -> `A`, `27` -> `AA`."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
