"""Sources of the report's figures, as the page shows them: by territory, with the cells, each list written once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from shlex import quote

from entrepot.restitution import french
from entrepot.restitution.chapters import Chapter
from entrepot.restitution.figures import Figure, Shape, catalogue, parse_figure
from entrepot.restitution.instant import Instant
from entrepot.restitution.marts import Marts
from entrepot.restitution.sources import Cell, Leaf, Node, Part, find_sources, leaves
from entrepot.restitution.tables import HIDDEN, SMALL_COUNT, Table, cell
from entrepot.restitution.trace import shown
from entrepot.settings import Settings

SUMMARIES = ("bilan_", "rapport_", "controle_")
"""Marts that are themselves made of others: those that a figure rests on have their own sources in the page."""

OVER = " : sur"


@dataclass(frozen=True)
class Entry:
    """One line of a list: who, what that brings, and where it was typed; `panel` opens the sources of that."""

    who: str
    brings: str | None
    places: str
    panel: str | None = None


@dataclass(frozen=True)
class Shown:
    """A figure that a panel explains: its words and value in the page, how it is computed, how to get it all."""

    label: str
    value: str
    definition: str
    reference: str | None
    command: str


@dataclass
class Panel:
    """Sources shared by the figures that rest on the same cells."""

    key: str
    entries: list[Entry]
    people: bool
    figures: list[Shown] = field(default_factory=list)


@dataclass(frozen=True)
class Workbook:
    """A workbook received that a figure of the page rests on."""

    territoire_id: str
    quarter: str
    recepisse_id: int
    nom_fichier: str


@dataclass(frozen=True)
class PageSources:
    """Panels of the page, the one of each figure by its path, and the workbooks they speak of."""

    panels: list[Panel]
    by_path: dict[str, str]
    workbooks: list[Workbook]


def page_sources(marts: Marts, chapters: Sequence[Chapter], settings: Settings) -> PageSources:
    """Find and lay out the sources of every figure of the page."""
    labels: dict[Figure, tuple[str, str]] = {}
    for figure, label in _figures(chapters, settings):
        labels.setdefault(figure, label)
    nodes = find_sources(
        marts.connection, settings, labels, marts.instant, lambda figure: not figure.mart.startswith(SUMMARIES)
    )
    known = marts.instant or Instant.of_moment(marts.published_at)
    writer = _Writer(catalogue(settings.dbt_dir), marts.quarter["trimestre"], known)
    return writer.lay_out(
        {
            figure: nodes[figure]
            for figure, (label, _) in labels.items()
            # A denominator that nothing typed makes, such as the 84 territories, would repeat its panel everywhere.
            if figure in nodes and not (nodes[figure].lineage.sans and label.endswith(OVER))
        },
        labels,
    )


def _figures(chapters: Sequence[Chapter], settings: Settings) -> Iterator[tuple[Figure, tuple[str, str]]]:
    """Figures of the page with their words and the text that stands for them; nothing leads to what is not given."""
    for table in (exhibit.table for chapter in chapters for exhibit in chapter.exhibits):
        for row in table.rows:
            for column in table.columns:
                written = cell(column, row, table)
                label = f"{_row_label(table, row)}, {column.full_label}" if written.figure else ""
                if written.figure and not written.absent:
                    yield parse_figure(written.figure, settings), (label, written.shown)
                if written.over_figure and written.over is not None:
                    yield parse_figure(written.over_figure, settings), (f"{label}{OVER}", written.over)


def _row_label(table: Table, row: dict[str, object]) -> str:
    texts = [cell(column, row, table) for column in table.columns[:2]]
    return ", ".join(text.text for text in texts if text.figure is None)


class _Writer:
    def __init__(self, shapes: dict[str, Shape], quarter: str, instant: Instant) -> None:
        self._shapes = shapes
        self._quarter = quarter
        self._instant = instant

    def lay_out(self, nodes: dict[Figure, Node], labels: dict[Figure, tuple[str, str]]) -> PageSources:
        panels: dict[object, Panel] = {}
        of_figure: dict[Figure, Panel] = {}
        workbooks: set[tuple[str, str, int, str]] = set()
        for figure, node in nodes.items():
            found = list(leaves(node))
            people = any(leaf.node.lineage.personnes for leaf in found)
            summaries = [part for part in node.parts if part.node.figure.mart.startswith(SUMMARIES)]
            entries = self._parts(summaries) or _by_territory(found, self._quarter)
            # What rests on the same cells shares a panel; what rests on none has one of its own.
            same = (tuple(entries), people) if entries else figure
            panel = panels.setdefault(same, Panel(f"s{len(panels) + 1}", entries, people))
            label, value = labels[figure]
            command = f"entrepot trace {quote(str(figure))} --as-of {self._instant.setting}"
            panel.figures.append(Shown(label, value, node.lineage.text, node.reference, command))
            of_figure[figure] = panel
            workbooks.update(
                (leaf.node.territoire_id, leaf.node.trimestre, leaf.node.recepisse_id, name)
                for leaf in found
                if leaf.node.territoire_id and leaf.node.trimestre and leaf.node.recepisse_id and leaf.node.cells
                if (name := leaf.node.cells[0].nom_fichier)
            )
        opened = {str(figure): panel.key for figure, panel in of_figure.items()}
        for panel in panels.values():
            panel.entries = [
                Entry(entry.who, entry.brings, "", opened.get(entry.places)) if entry.places in opened else entry
                for entry in panel.entries
            ]
        return PageSources(
            list(panels.values()),
            opened,
            [Workbook(*workbook) for workbook in sorted(workbooks, key=lambda one: one[:3])],
        )

    def _parts(self, parts: Sequence[Part]) -> list[Entry]:
        """Figures that another is made of: what tells them apart, and their path until their panel is known."""
        figures = [part.node.figure for part in parts]
        telling = [
            name for name in (figures[0].key if figures else ()) if len({one.key.get(name) for one in figures}) > 1
        ]
        entries = []
        for part in parts:
            figure = part.node.figure
            words = [_said(name, figure.key[name]) for name in telling if name in figure.key]
            who = ", ".join(words) or self._shapes[figure.mart].descriptions[figure.column].rstrip(".")
            small = part.node.lineage.personnes and 0 < abs(part.node.value or 0) < SMALL_COUNT
            entries.append(Entry(who, HIDDEN if small else shown(part.node.value), str(figure)))
        return entries


def _by_territory(found: Iterable[Leaf], quarter: str) -> list[Entry]:
    """One entry a territory: what its cells bring and where they are; territories that read alike are one entry."""
    known = [leaf for leaf in found if leaf.node.value is not None]
    known.sort(
        key=lambda leaf: (leaf.node.territoire_id or "~", leaf.node.trimestre or "", leaf.node.recepisse_id or 0)
    )
    alike: dict[tuple[str | None, str], list[str]] = defaultdict(list)
    for territory, group in groupby(known, key=lambda leaf: leaf.node.territoire_id):
        members = list(group)
        alike[_brought(members), _places(members, quarter)].append(territory or "sans cité")
    return [Entry(", ".join(territories), *said) for said, territories in alike.items()]


def _brought(members: Sequence[Leaf]) -> str | None:
    if any(leaf.node.lineage.personnes or leaf.node.lineage.retour for leaf in members):
        return None
    if len(members) == 1:
        return shown(members[0].node.value)
    brought = [leaf.brings for leaf in members if leaf.brings is not None]
    return shown(sum(brought)) if len(brought) == len(members) else None


def _places(members: Sequence[Leaf], quarter: str) -> str:
    """« fichier.xlsx, Actions J7:J42 », or « Actions J7:J42 (T3 2023) »: files of other quarters are listed once.

    So are those of counts of people, which say nothing of a territory but where it wrote.
    """
    cells: dict[tuple[str | None, int | None], list[Cell]] = defaultdict(list)
    for leaf in members:
        cells[leaf.node.trimestre, leaf.node.recepisse_id] += leaf.node.cells
    people = any(leaf.node.lineage.personnes for leaf in members)
    when: dict[str, list[str]] = defaultdict(list)
    for (asked, receipt), found in cells.items():
        where = _sheets(found) if receipt else "aucun retour accepté"
        if people or asked != quarter:
            when[where].append(_said("trimestre", asked or ""))
        else:
            names = sorted({one.nom_fichier for one in found if one.nom_fichier})
            when[", ".join(filter(None, (*names, where)))] = []
    return " ; ".join(
        f"{where} ({', '.join(quarters)})".strip() if any(quarters) else where for where, quarters in when.items()
    )


def _sheets(cells: Iterable[Cell]) -> str:
    ordered = sorted(set(cells), key=lambda one: ((one.feuille or "").strip(), one.place))
    groups = groupby(ordered, key=lambda one: (one.feuille or "").strip())
    return ", ".join(filter(None, (f"{sheet} {_ranges(on_sheet)}".strip() for sheet, on_sheet in groups)))


def _ranges(cells: Iterable[Cell]) -> str:
    """« J7:J9, J12 »: cells of one column that follow each other are one range."""
    runs: list[list[Cell]] = []
    for one in cells:
        if one.cellule is None:
            continue
        if runs and runs[-1][-1].place[:2] == one.place[:2] and runs[-1][-1].place[2] + 1 == one.place[2]:
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(f"{run[0].cellule}:{run[-1].cellule}" if len(run) > 1 else str(run[0].cellule) for run in runs)


def _said(name: str, value: str) -> str:
    return french.quarter(value) if name == "trimestre" and value else value
