"""The national report: one page and one workbook, from the published marts only."""

from dataclasses import dataclass
from pathlib import Path

from entrepot.restitution import page, workbook
from entrepot.restitution.chapters import (
    axes,
    beneficiaires,
    chiffres_publies,
    couverture,
    essentiel,
    gouvernance,
    pactes,
    partenariats,
    series,
)
from entrepot.restitution.instant import Instant
from entrepot.restitution.marts import Marts, read_published
from entrepot.settings import Settings

CHAPTERS = (essentiel, couverture, axes, beneficiaires, gouvernance, partenariats, pactes, series, chiffres_publies)


@dataclass(frozen=True)
class BilanFiles:
    """The two files of a national report."""

    html: Path
    xlsx: Path


def write_bilan(
    connection_url: str, trimestre: str, out: Path, instant: Instant | None = None, settings: Settings | None = None
) -> BilanFiles:
    """Write the national report of a quarter, as known by the release now published or at an instant of the past.

    Args:
        connection_url: `postgresql://…` of an account that may read the schema `marts`; nothing else is read.
        trimestre: quarter the report speaks of, such as `2023-T4`.
        out: folder of the two files, made if missing; earlier files of the same quarter are replaced.
        instant: when the figures are known; the present if None.
        settings: where the marts are declared.

    Raises:
        ReportError: nothing is published, the quarter is unknown, or the marts cannot be read.
    """
    project = settings or Settings()
    return read_published(
        connection_url, lambda connection: _write(Marts(connection, trimestre, instant), out, project), instant
    )


def _write(marts: Marts, out: Path, settings: Settings) -> BilanFiles:
    chapters = [subject.chapter(marts) for subject in CHAPTERS]
    out.mkdir(parents=True, exist_ok=True)
    name = f"bilan-{marts.quarter['trimestre']}"
    if marts.instant is not None:
        name += f"-au-{marts.instant.setting.replace(':', '')}"
    files = BilanFiles(out / f"{name}.html", out / f"{name}.xlsx")
    files.html.write_text(page.render(marts, chapters, settings), "utf-8")
    workbook.write(files.xlsx, marts, chapters)
    return files
