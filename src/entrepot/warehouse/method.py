"""The method: the files that decide what rows mean. When they change, what was computed with them is computed again.

Each part of the method is known by a digest of its files; the warehouse remembers the digest it last applied.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from entrepot.settings import Settings
from entrepot.warehouse.engine import Connection

REFERENCE = "reference"
PREPARATION = "preparation"
CHECKS = "controle"
SEEDS = "donnees_reference"
WHOLE = "ensemble"

_REFERENCE_FOLDERS = ("seeds", "functions", "macros", "models/reference")
_METHOD_FILES = {".sql", ".yml", ".yaml", ".csv"}
# They say who reads and how old is too old, not what rows mean: changing them makes no release.
_OTHER_FILES = {"exposures.yml", "sources.yml"}
_FORMS = Path(__file__).resolve().parents[1] / "forms"
# What the reader goes by; the texts of blank forms are not.
_MAPS = _FORMS / "vintages", _FORMS / "listes"


def digest(settings: Settings, part: str) -> str:
    """SHA-256 over the files of a part of the method: the same method gives the same digest on any machine."""
    folders = {
        REFERENCE: [settings.dbt_dir / folder for folder in _REFERENCE_FOLDERS],
        PREPARATION: [*(settings.dbt_dir / f for f in (*_REFERENCE_FOLDERS, "models/staging")), *_MAPS],
        CHECKS: [settings.expectations_dir],
        SEEDS: [settings.seeds_dir],
        WHOLE: [settings.dbt_dir, settings.expectations_dir, *_MAPS],
    }[part]
    total = hashlib.sha256()
    for folder in folders:
        for path in _files(folder):
            total.update(f"{folder.name}/{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def changed(connection: Connection, settings: Settings, part: str) -> bool:
    """Whether a part differs from what the warehouse last applied; true as well when it never was."""
    row = connection.execute("select empreinte from entrepot.methode where partie = %s", [part]).fetchone()
    return row is None or row[0] != digest(settings, part)


def applied(connection: Connection, settings: Settings, part: str) -> None:
    """Remember that the warehouse holds what this version of a part gives."""
    connection.execute(
        "insert into entrepot.methode (partie, empreinte) values (%s, %s)"
        " on conflict (partie) do update set empreinte = excluded.empreinte, appliquee_le = clock_timestamp()",
        [part, digest(settings, part)],
    )


def _files(folder: Path) -> Iterable[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _METHOD_FILES and path.name not in _OTHER_FILES and "target" not in path.parts
    )
