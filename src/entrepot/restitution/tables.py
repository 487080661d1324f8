"""The one description of a table from which the page and the workbook are both written.

A figure is therefore the same in both: a missing one says why, a count of people from 1 to 4 is never printed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from entrepot.restitution import french
from entrepot.restitution.marts import Row

SMALL_COUNT = 5
"""Counts of people below this are not shown (law 51-711); zeros are."""
HIDDEN = f"<{french.THIN_SPACE}{SMALL_COUNT}"
NOT_AVAILABLE = "n.d."


class Kind(Enum):
    """What a cell holds, hence how it is written."""

    TEXT = "texte"
    COUNT = "nombre"
    PEOPLE = "personnes"
    SHARE = "part"
    NUMBER = "valeur"
    MEAN = "moyenne"
    CHANGE = "évolution"
    EUROS = "euros"
    DAY = "jour"
    YES_NO = "oui_non"
    SOURCE = "source"


WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.SOURCE: str,
    Kind.COUNT: french.number,
    Kind.PEOPLE: french.number,
    Kind.SHARE: french.share,
    Kind.NUMBER: lambda value: french.number(value, 0 if value == int(value) else 2),
    Kind.MEAN: lambda value: french.number(value, 2),
    Kind.CHANGE: lambda value: french.signed(value, 2),
    Kind.EUROS: french.euros,
    Kind.DAY: french.day,
    Kind.YES_NO: lambda value: "Oui" if value else "Non",
}
NUMERIC = {Kind.COUNT, Kind.PEOPLE, Kind.SHARE, Kind.NUMBER, Kind.MEAN, Kind.CHANGE, Kind.EUROS}


@dataclass(frozen=True)
class Column:
    """A column: where its value comes from, how it is written, why it may be missing.

    `over` names the key of the denominator printed after the value (« 78 / 84 »), a column of its own in the workbook;
    `kind` may depend on the row, when one column holds indicators of several kinds; `words` translates codes; columns
    that follow each other in one `group` stand under it in the page. `figure` is the path of the figure, when it is not
    that of the table's row and the column's key; names in braces stand for what the row gives.
    """

    key: str
    label: str
    kind: Kind | Callable[[Row], Kind] = Kind.TEXT
    over: str | None = None
    words: Mapping[str, str] | None = None
    absent: str = "aucune réponse exploitable"
    group: str | None = None
    figure: str | None = None

    @property
    def full_label(self) -> str:
        """The label where groups are not shown."""
        return f"{self.group} : {self.label}" if self.group else self.label

    def kind_in(self, row: Row) -> Kind:
        """Kind of the cell in that row."""
        return self.kind if isinstance(self.kind, Kind) else self.kind(row)


@dataclass(frozen=True)
class Cell:
    """A cell ready to be written: its text, its value when it may be shown, the reason when it is missing.

    `over` is the denominator in `text`; `figure` and `over_figure` are the paths of both figures.
    """

    shown: str
    kind: Kind
    value: Any = None
    absent: str | None = None
    over: str | None = None
    figure: str | None = None
    over_figure: str | None = None

    @property
    def text(self) -> str:
        """The value and its denominator."""
        return self.shown if self.over is None else f"{self.shown} / {self.over}"


@dataclass(frozen=True)
class Table:
    """A titled table; `sheet` names it in the workbook, `empty` is said in its place when it has no row.

    `figure` is the path of the mart's row that each of its rows shows, without the column; names in braces stand for
    what the row gives.
    """

    key: str
    sheet: str
    title: str
    columns: list[Column]
    rows: list[Row]
    note: str = ""
    empty: str = "Aucune donnée à cette date."
    figure: str | None = None
    grouped: bool = field(default=False)
    """Whether rows that follow each other with the same first cell share it."""


def cell(column: Column, row: Row, table: Table | None = None) -> Cell:
    """Write the cell of a row; raises KeyError when the mart gives no such column or a code has no word."""
    value, kind = row[column.key], column.kind_in(row)
    figure = _path(column, row, table) if kind in NUMERIC or kind is Kind.YES_NO else None
    if value is None:
        return Cell(NOT_AVAILABLE, kind, absent=column.absent, figure=figure)
    if kind is Kind.PEOPLE and 0 < abs(value) < SMALL_COUNT:  # either sign: a small correction tells as much
        return Cell(HIDDEN, kind, figure=figure)
    if column.words is not None:
        value = column.words[value]
    if column.over is None:
        return Cell(WRITERS[kind](value), kind, value, figure=figure)
    over_figure = f"{figure.rpartition('/')[0]}/{column.over}" if figure else None
    over = french.number(row[column.over])
    return Cell(WRITERS[kind](value), kind, value, over=over, figure=figure, over_figure=over_figure)


def _path(column: Column, row: Row, table: Table | None) -> str | None:
    if column.figure is not None:
        path = column.figure
    elif table is not None and table.figure is not None:
        path = f"{table.figure}/{column.key}"
    else:
        return None
    return path.format_map({name: "" if value is None else value for name, value in row.items()})
