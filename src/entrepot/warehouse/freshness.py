"""How late each source is, by the queries and limits that dbt reads in `models/sources.yml`, without starting dbt."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml


@dataclass(frozen=True)
class Source:
    """A source that says how old is too old; `query` gives since when it is late, or now."""

    name: str
    query: str
    warn_after: timedelta
    error_after: timedelta


@dataclass(frozen=True)
class Freshness:
    """State of a source, in dbt's words, and by how much it is late; `unknown` where its tables are not loaded yet."""

    source: Source
    state: str
    late_by: timedelta | None


def sources(dbt_dir: Path) -> list[Source]:
    """The sources of `models/sources.yml` that have limits, in its order.

    Args:
        dbt_dir: folder of the dbt project.
    """
    declared = yaml.safe_load((dbt_dir / "models" / "sources.yml").read_text(encoding="utf-8"))["sources"]
    return [
        Source(
            f"{source['name']}.{table['name']}",
            table["config"]["loaded_at_query"],
            *(_duration(table["config"]["freshness"][limit]) for limit in ("warn_after", "error_after")),
        )
        for source in declared
        for table in source["tables"]
        if "freshness" in table.get("config", {})
    ]


def freshness(connection: psycopg.Connection[Any], dbt_dir: Path) -> list[Freshness]:
    """How late each source is now.

    Args:
        connection: to the warehouse.
        dbt_dir: folder of the dbt project.
    """
    return [_freshness(connection, source) for source in sources(dbt_dir)]


def _freshness(connection: psycopg.Connection[Any], source: Source) -> Freshness:
    try:
        with connection.transaction():
            row = connection.execute(f"select current_timestamp - ({source.query})").fetchone()
    except psycopg.errors.UndefinedTable:
        return Freshness(source, "unknown", None)
    late = (row and row[0]) or timedelta()
    # As dbt does: a limit is passed, not reached.
    state = "error" if late > source.error_after else "warn" if late > source.warn_after else "pass"
    return Freshness(source, state, late)


def _duration(limit: dict[str, Any]) -> timedelta:
    return timedelta(**{f"{limit['period']}s": limit["count"]})
