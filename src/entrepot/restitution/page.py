"""The report as one HTML page that needs nothing else: no script, no font, no image from elsewhere."""

from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from entrepot.restitution.chapters import Chapter
from entrepot.restitution.definitions import DEFINITIONS
from entrepot.restitution.html import templates
from entrepot.restitution.marts import Marts
from entrepot.restitution.page_sources import page_sources
from entrepot.restitution.tables import NUMERIC, Cell, Table, cell
from entrepot.settings import Settings

TEMPLATE = "bilan.html.j2"


def render(marts: Marts, chapters: list[Chapter], settings: Settings) -> str:
    """Write the page of the report; each of its figures opens its sources."""
    sources = page_sources(marts, chapters, settings)
    environment = templates(__package__)
    environment.globals["numeric"] = lambda written: written.kind in NUMERIC
    environment.globals["laid_out"] = _laid_out
    environment.globals["by_first_cell"] = _by_first_cell
    environment.filters["host"] = lambda url: urlsplit(url).hostname
    return environment.get_template(TEMPLATE).render(
        release=marts.release,
        quarter=marts.quarter,
        instant=marts.instant,
        known_on=marts.known_on,
        chapters=chapters,
        definitions=DEFINITIONS,
        sources=sources,
    )


def _laid_out(table: Table) -> dict[str, Any]:
    """What the template needs of a table: its headers, its cells, and a letter for each reason why one is missing."""
    lines = [[cell(column, row, table) for column in table.columns] for row in table.rows]
    reasons = {written.absent: "" for line in lines for written in line if written.absent}
    letters = {reason: chr(ord("a") + rank) for rank, reason in enumerate(reasons)}
    return {"lines": list(zip(_spans(table, lines), lines, strict=True)), "letters": letters, "heads": _heads(table)}


def _heads(table: Table) -> list[list[dict[str, Any]]]:
    """Header lines: one, or two when columns stand under a group."""
    sample = table.rows[0] if table.rows else {}
    lines: list[list[dict[str, Any]]] = [[], []]
    for group, members in groupby(table.columns, key=lambda column: column.group):
        columns = [
            {
                "label": column.label,
                "numeric": bool(sample) and column.kind_in(sample) in NUMERIC,
                "columns": 1,
                "group": False,
            }
            for column in members
        ]
        if group is None:
            lines[0] += columns
        else:
            lines[0].append({"label": group, "numeric": True, "columns": len(columns), "group": True})
            lines[1] += columns
    return [line for line in lines if line]


def _spans(table: Table, lines: list[list[Cell]]) -> list[int]:
    """Rows covered by each first cell: 0 where the cell above covers it."""
    if not table.grouped:
        return [1] * len(lines)
    sizes = [len(list(group)) for _, group in groupby(line[0].text for line in lines)]
    return [size if rank == 0 else 0 for size in sizes for rank in range(size)]


def _by_first_cell(lines: list[tuple[int, list[Cell]]]) -> list[tuple[str, list[list[Cell]]]]:
    return [
        (text, [line for _, line in group]) for text, group in groupby(lines, key=lambda spanned: spanned[1][0].text)
    ]
