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
from entrepot.restitution.marts import Marts, read_one_release

CHAPTERS = (essentiel, couverture, axes, beneficiaires, gouvernance, partenariats, pactes, series, chiffres_publies)


@dataclass(frozen=True)
class BilanFiles:
    """The two files of a national report."""

    html: Path
    xlsx: Path


def write_bilan(connection_url: str, trimestre: str, out: Path) -> BilanFiles:
    """Write the national report of a quarter, as known by the release now published.

    Args:
        connection_url: `postgresql://…` of an account that may read the schema `marts`; nothing else is read.
        trimestre: quarter the report speaks of, such as `2023-T4`.
        out: folder of the two files, made if missing; earlier files of the same quarter are replaced.

    Raises:
        ReportError: nothing is published, the quarter is unknown, or the marts cannot be read.
    """
    return read_one_release(connection_url, trimestre, lambda marts: _write(marts, out))


def _write(marts: Marts, out: Path) -> BilanFiles:
    chapters = [subject.chapter(marts) for subject in CHAPTERS]
    out.mkdir(parents=True, exist_ok=True)
    name = f"bilan-{marts.quarter['trimestre']}"
    files = BilanFiles(out / f"{name}.html", out / f"{name}.xlsx")
    files.html.write_text(page.render(marts, chapters), "utf-8")
    workbook.write(files.xlsx, marts, chapters)
    return files
