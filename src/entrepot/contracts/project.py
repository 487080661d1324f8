"""The dbt project as dbt itself reads it (`dbt parse`, without a database): marts, their shapes, who reads them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from entrepot.settings import Settings
from entrepot.warehouse.dbt import parse

MARTS = "marts/"


@dataclass(frozen=True)
class Mart:
    """A mart, or a former version of one, as it is declared.

    Attributes:
        name: of the view that readers see: that of the mart, with `_v<number>` for a former version.
        model: name of the mart, whatever the version.
        version: of its contract; 1 where none is declared.
        key: columns of the primary key, in order; none where the mart has none.
        columns: type of each column, followed by `not null` where that is promised, in order.
        meaning: digest of the descriptions of the mart and of its columns.
        retired_on: first day on which it may be gone, where that is announced.
    """

    name: str
    model: str
    version: int
    key: tuple[str, ...]
    columns: Mapping[str, str]
    meaning: str
    retired_on: date | None = None


@dataclass(frozen=True)
class Project:
    """What dbt read of the project."""

    manifest: Mapping[str, Any]

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Everything a model can read, and the models, by their unique identifiers."""
        return {
            identifier: node
            for kind in ("nodes", "sources", "functions")
            for identifier, node in self.manifest[kind].items()
            if node["resource_type"] in ("model", "seed", "source", "function")
        }

    @cached_property
    def marts(self) -> dict[str, Mart]:
        """Every mart and former version, by the name of the view that readers see."""
        found = (_mart(node) for node in self.nodes.values() if is_mart(node))
        return dict(sorted((mart.name, mart) for mart in found))

    def readers(self, mart: Mart) -> list[str]:
        """Names of the exposures that read a mart, or exactly that version of it."""
        return sorted(exposure["name"] for exposure, read in self._reads() if read["alias"] == mart.name)

    def _reads(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        for exposure in self.manifest["exposures"].values():
            for identifier in exposure["depends_on"]["nodes"]:
                if is_mart(read := self.nodes[identifier]):
                    yield exposure, read


def read_project(settings: Settings) -> Project:
    """Have dbt read the project.

    Raises:
        DbtError: dbt finds a fault in it; the sentence is dbt's.
    """
    return Project(parse(settings))


def is_mart(node: Mapping[str, Any]) -> bool:
    """Whether a node is one that readers see."""
    return node["resource_type"] == "model" and str(node["path"]).startswith(MARTS)


def _mart(node: Mapping[str, Any]) -> Mart:
    columns = node["columns"].values()
    told = "\n".join([node["description"], *(f"{column['name']}: {column['description']}" for column in columns)])
    retired_on = node["deprecation_date"]
    return Mart(
        name=node["alias"],
        model=node["name"],
        version=int(node["version"] or 1),
        key=_key(node),
        columns={column["name"]: _type(column) for column in columns},
        meaning=hashlib.sha256(told.encode()).hexdigest()[:12],
        retired_on=date.fromisoformat(str(retired_on)[:10]) if retired_on else None,
    )


def _key(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The primary key; `meta: {cle: …}` declares that of a mart whose rows are no figures."""
    declared = [constraint["columns"] for constraint in node["constraints"] if constraint["type"] == "primary_key"]
    return tuple(declared[0] if declared else node["config"]["meta"].get("cle", ()))


def _type(column: Mapping[str, Any]) -> str:
    required = any(constraint["type"] == "not_null" for constraint in column["constraints"])
    return f"{column['data_type']}{' not null' if required else ''}"
