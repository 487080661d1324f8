"""Run dbt as a subprocess and keep its results in a table.

In-process dbt inside Airflow workers is reported to hang and to keep memory: a command per step costs its start-up
(some 5 s) and nothing else.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from entrepot.errors import DbtError
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect, owner_url

# A node's message can hold a whole query; the table keeps what a person reads.
MESSAGE_LENGTH = 2000
# dbt's own work takes one core at a time; models that wait for the server share the others.
MOST_THREADS = 8


def run_dbt(settings: Settings, *arguments: str, parution_id: int | None = None) -> None:
    """Run one dbt command against the warehouse and record each node's result in `entrepot.execution_dbt`.

    Args:
        settings: those of the warehouse.
        arguments: of dbt.
        parution_id: the release that is built, if one is: its models see the marts as its readers will.

    Raises:
        DbtError: the command failed; the sentence names the first node that did and why.
    """
    target = settings.state_dir / "dbt"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    done = _dbt(settings, arguments, _environment(settings, target, parution_id))
    nodes = _record(settings, results, " ".join(arguments), parution_id) if results.exists() else []
    if done.returncode != 0:
        failed = [node for node in nodes if node["status"] in ("error", "fail", "runtime error")]
        cause = f"{failed[0]['unique_id']}: {failed[0]['message']}" if failed else done.stdout.strip()[-1500:]
        raise DbtError(f"dbt {arguments[0]} failed ({len(failed)} nodes); {cause} (log: {target / 'logs' / 'dbt.log'})")


def parse(settings: Settings) -> dict[str, Any]:
    """The manifest of the project, read by dbt without a database.

    Raises:
        DbtError: dbt finds a fault in the project; the sentence is dbt's.
    """
    # Apart from the runs: dbt reads everything again when a setting of the connection is another.
    target = settings.state_dir / "dbt-lecture"
    nowhere = {"HOST": "aucun", "PORT": "1", "USER": "aucun", "PASSWORD": "aucun", "DBNAME": "entrepot"}
    done = _dbt(settings, ("parse",), _paths(settings, target) | _connection(nowhere))
    if done.returncode != 0:
        raise DbtError(f"dbt cannot read the project: {done.stdout.strip()[-1500:]}")
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def source_freshness(settings: Settings) -> list[dict[str, Any]]:
    """What `dbt source freshness` finds of each source that says how old is too old (`models/sources.yml`).

    Raises:
        DbtError: a source cannot be looked at.
    """
    target = settings.state_dir / "dbt"
    found = target / "sources.json"
    found.unlink(missing_ok=True)
    done = _dbt(settings, ("source", "freshness"), _environment(settings, target, None))
    results: list[dict[str, Any]] = json.loads(found.read_text(encoding="utf-8"))["results"] if found.exists() else []
    broken = [f"{result['unique_id']}: {result['error']}" for result in results if result["status"] == "runtime error"]
    # A source that is too old fails the command as well: that is an answer.
    if broken or not results:
        raise DbtError(f"dbt source freshness failed; {'; '.join(broken) or done.stdout.strip()[-1500:]}")
    return results


def manifest_digest(settings: Settings) -> str:
    """SHA-256 over what dbt read last: the checksum of each model, seed and function, and the text of each macro."""
    manifest = json.loads((settings.state_dir / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    read = {name: node["checksum"]["checksum"] for name, node in manifest["nodes"].items() if "checksum" in node}
    read |= {name: macro["macro_sql"] for name, macro in manifest["macros"].items()}
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()


def _dbt(
    settings: Settings, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments],
        cwd=settings.dbt_dir, env=os.environ | environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip


def _environment(settings: Settings, target: Path, parution_id: int | None) -> dict[str, str]:
    url = urlsplit(owner_url(settings))
    connection = {
        "HOST": url.hostname or "localhost",
        "PORT": str(url.port or 5432),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "DBNAME": url.path.lstrip("/"),
    }
    return (
        _paths(settings, target) | _connection(connection) | {"PGOPTIONS": f"-c entrepot.parution={parution_id or ''}"}
    )


def _paths(settings: Settings, target: Path) -> dict[str, str]:
    return {
        "DBT_PROJECT_DIR": str(settings.dbt_dir),
        "DBT_PROFILES_DIR": str(settings.dbt_dir),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        # Told in full, every statement costs dbt a third of its time; results are kept in a table.
        "DBT_LOG_LEVEL_FILE": "info",
    }


def _connection(parts: Mapping[str, str]) -> dict[str, str]:
    """The variables of `profiles.yml`."""
    threads = str(min(os.cpu_count() or 1, MOST_THREADS))
    return {f"ENTREPOT_DBT_{name}": value for name, value in (*parts.items(), ("THREADS", threads))}


def _record(settings: Settings, results: Path, command: str, parution_id: int | None) -> list[dict[str, Any]]:
    run = json.loads(results.read_text(encoding="utf-8"))
    nodes: list[dict[str, Any]] = run["results"]
    with (
        connect(settings) as connection,
        connection.cursor() as cursor,
        cursor.copy(
            "copy entrepot.execution_dbt"
            " (invocation_id, commande, noeud, statut, duree_s, lignes, message, parution_id) from stdin"
        ) as copy,
    ):
        for node in nodes:
            copy.write_row(
                (
                    run["metadata"]["invocation_id"], command, node["unique_id"], node["status"],
                    node["execution_time"], (node.get("adapter_response") or {}).get("rows_affected"),
                    (node["message"] or "")[:MESSAGE_LENGTH], parution_id,
                )
            )  # fmt: skip
    return nodes
