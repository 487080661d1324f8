"""Charts of the report: drawn by matplotlib, readable without colour and by a screen reader.

Every series has a hatch or a marker of its own besides its colour; text stays text; same figures, same bytes.
"""

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from entrepot.restitution import french
from entrepot.restitution.inline_svg import DRAWN_FONT, inline

BLUE, SKY, PALE, RED, GREY = "#000091", "#B9C8F0", "#E3E3FD", "#C9191E", "#666666"
INK, RULE = "#161616", "#CECECE"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "entrepot",
    "font.family": DRAWN_FONT,
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.handleheight": 1.2,
}
HOLLOW_CIRCLE: dict[str, Any] = {
    "marker": "o", "markersize": 6.5, "markerfacecolor": "#FFFFFF", "markeredgecolor": INK, "linestyle": "none",
}  # fmt: skip
FULL_DIAMOND: dict[str, Any] = {"marker": "D", "markersize": 6.5, "color": BLUE, "linestyle": "none"}
ROOM_FOR_FIGURE, ROOM_FOR_WORDS = 0.05, 0.09
"""Least share of a bar on which its figure, then its words, can be written."""
WIDTH = 9.4
"""Inches at which text keeps about the size of the page's own."""
Value = int | float | Decimal | None


@dataclass(frozen=True)
class Chart:
    """A chart: `title` is its accessible name, `description` says what is drawn and where its figures stand."""

    key: str
    title: str
    description: str
    svg: Markup


@dataclass(frozen=True)
class Panel:
    """One set of values, drawn with its own scale under its own title; a value that may not be shown is None."""

    title: str
    values: Sequence[Value]
    texts: Sequence[str]


@dataclass(frozen=True)
class Look:
    """How a part of a bar is told from its neighbours: fill, hatch, and the colour of a figure written on it."""

    fill: str
    hatch: str = ""
    ink: str = INK


FULL, HATCHED = Look(BLUE, ink="#FFFFFF"), Look("#FFFFFF", "////")
SIDE_BY_SIDE = (FULL, Look(SKY, "////"), Look(PALE, "----"))
PARTS = (
    FULL,
    Look(SKY),
    HATCHED,
    Look("#D9D9D9", "----"),
    Look("#F6F6F6", "xxxx"),
)


def stacked_counts(key: str, title: str, labels: Sequence[str], parts: dict[str, Sequence[int]], total: int) -> Chart:
    """Columns that share out `total` among `parts`, the first part labelled « n/total »."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(3.1)
        bottom = [0] * len(labels)
        for (name, values), look in zip(parts.items(), PARTS, strict=False):
            axes.bar(labels, values, bottom=bottom, width=0.72, label=name, **_fill(look))
            bottom = [low + value for low, value in zip(bottom, values, strict=True)]
        for position, value in enumerate(next(iter(parts.values()))):
            axes.text(position, value / 2, f"{value}/{total}", ha="center", va="center", color="#FFFFFF", fontsize=8.5)
        axes.set_ylim(0, total)
        axes.set_ylabel("Territoires")
        figure.legend(loc="outside upper left", ncols=len(parts))
        return _chart(figure, key, title, f"Colonnes empilées, de {labels[0]} à {labels[-1]}, sur {total} territoires.")


def over_time(
    key: str,
    title: str,
    labels: Sequence[str],
    panels: Sequence[Panel],
    *,
    derived: Sequence[bool] = (),
    names: tuple[str, str] = ("", ""),
) -> Chart:
    """Columns by quarter, one panel above another.

    Quarters that `derived` marks are hatched, and a line cuts the series where they stop; `names` tells the hatched
    columns from the full ones.
    """
    with matplotlib.rc_context(STYLE):
        figure, grid = _figures(1.75 * len(panels) + 0.5, len(panels), 1)
        looks = [HATCHED if is_derived else FULL for is_derived in derived] or [FULL] * len(labels)
        for axes, panel in zip(grid, panels, strict=True):
            heights = [float(value or 0) for value in panel.values]
            for position, (height, look) in enumerate(zip(heights, looks, strict=True)):
                axes.bar(position, height, width=0.72, **_fill(look))
            _write_above(axes, heights, panel.texts)
            axes.set_title(panel.title)
            axes.set_xticks(range(len(labels)), labels)
            axes.set_xlim(-0.6, len(labels) - 0.4)
            _french_scale(axes.yaxis)
            axes.grid(axis="y")
            _draw_break(axes, derived)
        if derived:
            marks = [Patch(**_fill(look)) for look in (HATCHED, FULL)]
            figure.legend(marks, names, loc="outside upper left", ncols=2)
        spoken = " ".join(_first_and_last(labels, panel) for panel in panels)
        return _chart(figure, key, title, f"Colonnes par trimestre. {spoken}")


def by_category(key: str, title: str, labels: Sequence[str], panels: Sequence[Panel]) -> Chart:
    """Horizontal bars of the same categories in panels side by side, each with its own scale."""
    with matplotlib.rc_context(STYLE):
        figure, grid = _figures(0.27 * len(labels) + 0.75, 1, len(panels), sharey=True)
        for axes, panel, look in zip(grid, panels, SIDE_BY_SIDE, strict=False):
            widths = [float(value or 0) for value in panel.values]
            axes.barh(range(len(labels)), widths, height=0.66, **_fill(look))
            for position, (width, text) in enumerate(zip(widths, panel.texts, strict=True)):
                at_the_end = (max(width, 0), position)
                axes.annotate(text, at_the_end, (4, 0), textcoords="offset points", va="center", fontsize=8.5)
            axes.set_title(panel.title)
            axes.set_xlim(min(0.0, *widths), max(1.0, *widths) * 1.24)
            axes.xaxis.set_visible(False)
            axes.spines["bottom"].set_visible(False)
        grid[0].set_yticks(range(len(labels)), labels)
        grid[0].set_ylim(len(labels) - 0.5, -0.6)
        spoken = " ".join(_highest(labels, panel) for panel in panels)
        return _chart(figure, key, title, f"Barres horizontales. {spoken}")


def shares(key: str, title: str, rows: Sequence[tuple[str, Sequence[tuple[str, float, str]]]]) -> Chart:
    """Bars of 100 %, one a question: `rows` holds the question and each answer's words, share and text."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(0.72 * len(rows) + 0.2)
        for line, (_, answers) in enumerate(rows):
            left = 0.0
            for (words, part, text), look in zip(answers, itertools.cycle(PARTS)):
                axes.barh(line, part, left=left, height=0.52, **_fill(look))
                box = {"facecolor": look.fill, "edgecolor": "none", "pad": 1.2}
                if part >= ROOM_FOR_FIGURE:
                    axes.text(
                        left + part / 2, line, text, ha="center", va="center", color=look.ink, fontsize=8.5, bbox=box
                    )
                if part >= ROOM_FOR_WORDS:
                    axes.text(left + part / 2, line + 0.31, words, ha="center", va="top", fontsize=8)
                left += part
        axes.set_yticks(range(len(rows)), [question for question, _ in rows])
        axes.set_ylim(len(rows) - 0.35, -0.4)
        axes.set_xlim(0, 1)
        axes.xaxis.set_visible(False)
        axes.spines[:].set_visible(False)
        spoken = " ; ".join(
            f"{question} : " + ", ".join(f"{words} {text}" for words, _, text in answers) for question, answers in rows
        )
        return _chart(figure, key, title, f"Barres à 100 %. {spoken}.")


def before_after(
    key: str, title: str, labels: Sequence[str], changes: Sequence[tuple[float, float]], *, names: tuple[str, str]
) -> Chart:
    """Two marks a line, a hollow circle before and a full diamond after, with the change written at the right."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(0.25 * len(labels) + 0.9)
        for line, (before, after) in enumerate(changes):
            axes.plot([before, after], [line, line], color=GREY, linewidth=1.4, zorder=1)
            axes.plot(before, line, **HOLLOW_CIRCLE)
            axes.plot(after, line, **FULL_DIAMOND)
            axes.annotate(
                french.signed(after - before, 2), (1, line), (6, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize=8.5, annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        notes = list(itertools.chain.from_iterable(changes))
        axes.set_xlim(min(notes) - 0.08, max(notes) + 0.08)
        _french_scale(axes.xaxis, 1)
        axes.set_xlabel("Note moyenne, de 1 (pas du tout satisfaisant) à 4 (très satisfaisant)")
        axes.grid(axis="x")
        marks = [axes.plot([], [], **mark)[0] for mark in (HOLLOW_CIRCLE, FULL_DIAMOND)]
        figure.legend(marks, names, loc="outside upper left", ncols=2)
        return _chart(figure, key, title, f"Deux marques par partenaire, de « {names[0]} » à « {names[1]} ».")


def progress(key: str, title: str, rows: Sequence[tuple[str, float, str]]) -> Chart:
    """One bar a goal, filled up to its share: `rows` holds the goal, the share reached (0 to 1) and its text."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(0.62 * len(rows))
        axes.barh(range(len(rows)), [1] * len(rows), height=0.42, **_fill(Look("#FFFFFF")))
        axes.barh(range(len(rows)), [min(part, 1) for _, part, _ in rows], height=0.42, **_fill(FULL))
        for line, (goal, _, text) in enumerate(rows):
            axes.annotate(goal, (0, line - 0.28), va="bottom", annotation_clip=False)
            axes.annotate(text, (1, line), (6, 0), textcoords="offset points", va="center", annotation_clip=False)
        axes.set_ylim(len(rows) - 0.7, -0.7)
        axes.set_xlim(0, 1)
        axes.axis("off")
        spoken = " ; ".join(f"{goal} : {text}" for goal, _, text in rows)
        return _chart(figure, key, title, f"Barres d’avancement. {spoken}.")


def _figure(height: float) -> tuple[Figure, Axes]:
    figure, grid = _figures(height, 1, 1)
    return figure, grid[0]


def _figures(height: float, lines: int, columns: int, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(lines, columns, sharey=sharey, squeeze=False).flat)


def _fill(look: Look) -> dict[str, Any]:
    return {"facecolor": look.fill, "edgecolor": BLUE, "linewidth": 0.8, "hatch": look.hatch}


def _write_above(axes: Axes, heights: Sequence[float], texts: Sequence[str]) -> None:
    for position, (height, text) in enumerate(zip(heights, texts, strict=True)):
        axes.annotate(text, (position, max(height, 0)), (0, 2), textcoords="offset points", ha="center", fontsize=8)
    axes.set_ylim(min(0.0, *heights) * 1.1, max(1.0, *heights) * 1.16)


def _draw_break(axes: Axes, derived: Sequence[bool]) -> None:
    """Cut the series where counts stop being derived from cumuls: both sides are not collected in the same way."""
    for position, (left, right) in enumerate(itertools.pairwise(derived)):
        if left and not right:
            axes.axvline(position + 0.5, color=RED, linewidth=1.6, linestyle=(0, (4, 2)))
            axes.annotate(
                "rupture de série", (position + 0.5, 1), (4, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", fontsize=8, color=RED, weight="bold",
            )  # fmt: skip


def _french_scale(axis: Any, decimals: int = 0) -> None:
    axis.set_major_locator(matplotlib.ticker.MaxNLocator(4, integer=decimals == 0))
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: french.number(value, decimals)))


def _first_and_last(labels: Sequence[str], panel: Panel) -> str:
    return f"{panel.title} : {panel.texts[0]} au {labels[0]}, {panel.texts[-1]} au {labels[-1]}."


def _highest(labels: Sequence[str], panel: Panel) -> str:
    highest = max(range(len(labels)), key=lambda line: float(panel.values[line] or 0))
    return f"{panel.title} : la plus longue barre est {labels[highest]} ({panel.texts[highest]})."


def _chart(figure: Figure, key: str, title: str, description: str) -> Chart:
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    description = f"{description} Toutes les valeurs sont dans le tableau qui suit."
    return Chart(key, title, description, inline(drawn.getvalue(), key, title, description))
