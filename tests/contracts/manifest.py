"""Small manifests, as dbt writes them, of marts a person can read."""

from collections.abc import Mapping, Sequence
from typing import Any

from entrepot.contracts.project import Project

FREINS = {"frein": "text not null", "libelle": "text not null", "rang": "integer"}


def mart(
    name: str = "dim_frein",
    columns: Mapping[str, str] = FREINS,
    *,
    key: Sequence[str] = ("frein",),
    version: int | None = None,
    latest: int | None = None,
    retired_on: str | None = None,
    description: str = "Freins à l'emploi.",
) -> dict[str, Any]:
    """A mart, or one of its versions."""
    former = version is not None and version != latest
    return {
        "unique_id": f"model.entrepot.{name}" + (f".v{version}" if version else ""),
        "resource_type": "model",
        "path": f"marts/{name}.sql",
        "name": name,
        "alias": f"{name}_v{version}" if former else name,
        "version": version,
        "latest_version": latest,
        "deprecation_date": f"{retired_on}T00:00:00" if retired_on else None,
        "description": description,
        "config": {"meta": {}},
        "constraints": [{"type": "primary_key", "columns": list(key)}] if key else [],
        "columns": {
            column: {
                "name": column,
                "description": column,
                "data_type": kind.removesuffix(" not null"),
                "constraints": [{"type": "not_null"}] if kind.endswith(" not null") else [],
            }
            for column, kind in columns.items()
        },
    }


def project(*nodes: dict[str, Any], read: Sequence[str] = ()) -> Project:
    """A project of these marts; one exposure, `tableau_de_bord`, reads those whose identifiers are given."""
    exposure = {"name": "tableau_de_bord", "depends_on": {"nodes": [f"model.entrepot.{name}" for name in read]}}
    return Project(
        {
            "nodes": {node["unique_id"]: node for node in nodes},
            "sources": {},
            "functions": {},
            "exposures": {"exposure.entrepot.tableau_de_bord": exposure} if read else {},
        }
    )
