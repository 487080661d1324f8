"""Pictures of cost against size, drawn as the report draws its charts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from entrepot.restitution.charts import BLUE, RED, STYLE
from entrepot.settings import PROJECT_DIR

PICTURES = PROJECT_DIR / "docs" / "performance"
# Told apart without colour.
_MARKERS = (("o", BLUE), ("s", RED))


def draw(name: str, title: str, axes: tuple[str, str], series: Mapping[str, Sequence[tuple[float, float]]]) -> Path:
    """Draw seconds against size, both on logarithmic scales, as an SVG file of docs/performance.

    Args:
        name: of the file, without extension.
        title: what is shown.
        axes: what each axis measures.
        series: points of each line, by its name.

    Returns:
        The file.
    """
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.svg"
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        plot = figure.subplots()
        for (label, points), (marker, colour) in zip(series.items(), _MARKERS, strict=False):
            plot.plot([x for x, _ in points], [y for _, y in points], marker=marker, color=colour, label=label)
        plot.set(xscale="log", yscale="log", xlabel=axes[0], ylabel=axes[1], title=title)
        plot.grid(True)
        plot.legend(frameon=False)
        figure.savefig(path, metadata={"Date": None})
    return path
