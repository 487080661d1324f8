"""Chapters of the national report: each module reads the marts of one subject and says what to show, in which order."""

from dataclasses import dataclass, field

from entrepot.restitution.charts import Chart, Panel
from entrepot.restitution.marts import Row
from entrepot.restitution.tables import Column, Table, cell


@dataclass(frozen=True)
class Exhibit:
    """A table and, where it helps, its chart.

    A `folded` one can be closed on screen, and is open to begin with; `cards` shows each row as a card, by nature.
    """

    table: Table
    chart: Chart | None = None
    folded: bool = False
    cards: bool = False


@dataclass(frozen=True)
class Chapter:
    """A part of the report: `key` is its anchor."""

    key: str
    title: str
    texts: list[str]
    exhibits: list[Exhibit] = field(default_factory=list)


def column_panel(title: str, column: Column, rows: list[Row]) -> Panel:
    """A column of a table as a panel of a chart: what the table hides, the chart does not draw."""
    cells = [cell(column, row) for row in rows]
    return Panel(title, [written.value for written in cells], [written.text for written in cells])
