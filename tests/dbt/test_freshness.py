"""How late what should have arrived, been read and been published is, as `entrepot freshness` says."""

import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from entrepot.cli import app
from entrepot.settings import Settings
from entrepot.warehouse import method
from entrepot.warehouse.dbt import source_freshness
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.dbt.returns import deposit, mark

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)
LAST = "2024-T4"  # of the calendar: due long ago


def test_what_is_late_is_told_from_what_is_not(
    template: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        new_warehouse(server, tmp_path_factory.mktemp("freshness"), template=template) as warehouse,
        psycopg.connect(warehouse.url, autocommit=True) as connection,
    ):
        deposit(connection, "cde-001", "2024-T3")
        connection.execute("update entrepot.recepisse set enregistre_le = now() - interval '7 hours'")
        deposit(connection, "cde-002", "2024-T3", verdict="rejete")
        connection.execute(
            "update entrepot.recepisse set verdict = 'recu', verdict_le = null, motif = null,"
            " enregistre_le = now() - interval '25 hours' where verdict = 'rejete'"
        )
        found = source_freshness(warehouse.settings)
        assert {result["unique_id"].rpartition(".")[2]: result["status"] for result in found} == {
            "recepisse": "error",  # nothing of the last quarter due
            "feuille": "error",
            "parution": "warn",
        }

        deposit(connection, "cde-003", LAST)
        connection.execute("update entrepot.recepisse set verdict = 'accepte', verdict_le = now()")
        mark(connection, "publication")
        places = {
            "ENTREPOT_DATABASE_URL": warehouse.url,
            "ENTREPOT_STATE_DIR": str(warehouse.settings.state_dir),
        }
        shown = CliRunner().invoke(app, ["freshness"], env=places)
        assert (shown.exit_code, shown.output.count("pass")) == (0, 3)


def test_nothing_is_late_once_a_sample_went_the_whole_way(published_warehouse: Warehouse) -> None:
    sources = yaml.safe_load((Settings().dbt_dir / "models" / "sources.yml").read_text("utf-8"))["sources"]
    asked = [
        table["config"]["loaded_at_query"] for source in sources for table in source["tables"] if "config" in table
    ]
    assert len(asked) == 3
    for query in asked:
        assert published_warehouse.rows(f"select now() - ({query}) < interval '1 minute'") == [(True,)]


def test_thresholds_and_readers_are_no_part_of_the_method(server: Server) -> None:
    del server
    looked_at = {path.name for path in method._files(Settings().dbt_dir)}
    assert {"marts.yml", "staging.yml", "dbt_project.yml"} <= looked_at
    assert not looked_at & {"sources.yml", "exposures.yml"}
