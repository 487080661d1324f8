"""How late what should have arrived, been read and been published is, as `entrepot freshness` says."""

import re
import shutil
from pathlib import Path

import psycopg
import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from entrepot import cli
from entrepot.settings import PROJECT_DIR, Settings
from entrepot.warehouse import method
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.dbt.returns import deposit, mark

embedded = pytest.mark.parametrize("server", ["embedded"], indirect=True)
LAST = "2024-T4"  # of the calendar: due long ago


@embedded
def test_what_is_late_is_told_from_what_is_not(
    template: str, server: Server, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        new_warehouse(server, tmp_path_factory.mktemp("freshness"), template=template) as warehouse,
        psycopg.connect(warehouse.url, autocommit=True) as connection,
    ):
        deposit(connection, "cde-001", "2024-T3")  # and nothing of the last quarter due
        connection.execute("update entrepot.recepisse set enregistre_le = now() - interval '7 hours'")
        places = {
            "ENTREPOT_DATABASE_URL": warehouse.url,
            "ENTREPOT_STATE_DIR": str(warehouse.settings.state_dir),
        }
        monkeypatch.setattr(cli, "console", Console(width=200))
        shown = CliRunner().invoke(cli.app, ["freshness"], env=places)
        told = re.findall(r"│ (\w+\.\w+) +│ (\w+) +│ (.*?) +│", shown.output)
        assert shown.exit_code == 1
        assert {(source, state) for source, state, _ in told} == {
            ("entrepot.recepisse", "error"), ("entrepot.parution", "warn"), ("brut.feuille", "pass"),
        }  # fmt: skip
        late = {source: late for source, _, late in told}
        assert re.fullmatch(r"7:00:\d\d", late["entrepot.parution"])
        assert re.fullmatch(r"\d+ days, .*", late["entrepot.recepisse"])
        assert late["brut.feuille"] == ""
        shown = CliRunner().invoke(cli.app, ["status"], env=places)
        states = dict(re.findall(r"│ (\w+\.\w+) +│ (\w+) +│", shown.output))
        assert states == {source: state for source, state, _ in told}

        deposit(connection, "cde-003", LAST)
        mark(connection, "publication")
        deposit(connection, "cde-002", LAST, verdict="rejete")
        connection.execute(
            "update entrepot.recepisse set verdict = 'recu', verdict_le = null, motif = null,"
            " enregistre_le = now() - interval '25 hours' where verdict = 'rejete'"
        )
        assert hours_late(warehouse) == {"recepisse": 0, "parution": 0, "feuille": 25}


@embedded
def test_nothing_is_late_once_a_sample_went_the_whole_way(published_warehouse: Warehouse) -> None:
    assert hours_late(published_warehouse) == {"recepisse": 0, "parution": 0, "feuille": 0}


def hours_late(warehouse: Warehouse) -> dict[str, int]:
    """Whole hours by which each source is late, as its query says."""
    sources = yaml.safe_load((Settings().dbt_dir / "models" / "sources.yml").read_text("utf-8"))["sources"]
    asked = {
        table["name"]: table["config"]["loaded_at_query"]
        for source in sources
        for table in source["tables"]
        if "config" in table
    }
    return {
        name: int(warehouse.rows(f"select extract(epoch from now() - ({query})) / 3600")[0][0])
        for name, query in asked.items()
    }


def test_a_limit_or_a_reader_is_no_change_of_method_and_a_model_is(tmp_path: Path) -> None:
    for name in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "logs"))
    settings = Settings(project_dir=tmp_path)

    def changed(name: str) -> bool:
        before = method.digest(settings, method.WHOLE)
        path = settings.dbt_dir / "models" / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        return method.digest(settings, method.WHOLE) != before

    assert [changed(name) for name in ("sources.yml", "exposures.yml", "marts/marts.yml")] == [False, False, True]
