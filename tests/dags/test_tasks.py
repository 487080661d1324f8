"""What the tasks do with the warehouse, called as plain functions; Airflow's scheduler is in test_scheduler.py."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import RetryAction, Variable
from airflow.sdk.exceptions import AirflowSkipException

from entrepot import pipeline
from entrepot.errors import DbtError, ReleaseRefusedError, ServerError
from entrepot.orchestration import tasks
from entrepot.orchestration.assets import RECEPISSES
from entrepot.orchestration.configuration import airflow_settings
from tests.conftest import Warehouse

RECEIPT = """
insert into entrepot.recepisse
    (empreinte, taille, nom_fichier, canal, recu_le, genre, format, territoire_id, trimestre, millesime, verdict,
     verdict_le, motif)
values (%s, 1, 'retour.xlsx', 'depot', now(), %s, 'xlsx', 'cde-001', %s, '2022', %s, now(), 'motif')
returning recepisse_id
"""


class Announced:
    """Stands for one outlet's events: keeps the partitions a task adds."""

    def __init__(self) -> None:
        self.partitions: list[str] = []

    def add_partitions(self, keys: list[str]) -> None:
        self.partitions += keys


@pytest.fixture
def receipt(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Record a receipt in the warehouse that the tasks use: `receipt(quarter, verdict, kind)`."""
    monkeypatch.setattr(tasks, "airflow_settings", lambda: warehouse.settings)

    def record(quarter: str | None = "2023-T4", verdict: str = "accepte", kind: str = "retour") -> int:
        number = warehouse.rows("select count(*) from entrepot.recepisse")[0][0]
        row = warehouse.connection.execute(RECEIPT, [f"{number:064}", kind, quarter, verdict]).fetchone()
        warehouse.connection.commit()
        assert row is not None
        return int(row[0])

    return record


def announce() -> list[str]:
    """Run the announcement; the partitions it added, none when it skipped."""
    events: dict[Any, Announced] = defaultdict(Announced)
    try:
        tasks.annoncer_trimestres.function(outlet_events=events)
    except AirflowSkipException:
        assert not events
    return events[RECEPISSES].partitions


def prepared(warehouse: Warehouse, receipt_id: int) -> None:
    warehouse.connection.execute(
        "insert into entrepot.traitement (recepisse_id, etape) values (%s, 'preparation')", [receipt_id]
    )
    warehouse.connection.commit()


def released(warehouse: Warehouse, outcome: str) -> None:
    warehouse.connection.execute(
        "insert into entrepot.parution (statut, version_code, methode, motif) values (%s, 'essai', 'essai', 'motif')",
        [outcome],
    )
    warehouse.connection.commit()


def test_each_quarter_with_an_accepted_return_is_announced_once_until_it_is_staged(
    warehouse: Warehouse, receipt: Callable[..., int]
) -> None:
    first, second = receipt("2023-T4"), receipt("2022-T1")
    receipt("2023-T4")
    assert announce() == ["2022-T1", "2023-T4"]
    assert announce() == ["2022-T1", "2023-T4"]  # an announcement that was lost is made again
    prepared(warehouse, first)
    prepared(warehouse, second)
    assert announce() == ["2023-T4"]


def test_a_rejected_return_is_announced_until_a_release_was_tried(
    warehouse: Warehouse, receipt: Callable[..., int]
) -> None:
    receipt("2024-T2", "rejete")
    assert announce() == ["2024-T2"]
    released(warehouse, "refusee")
    assert announce() == []


@pytest.mark.parametrize(
    ("quarter", "verdict", "kind"),
    [(None, "rejete", "inconnu"), (None, "rejete", "retour"), (None, "accepte", "liste_pactes")],
)
def test_nothing_is_announced_without_a_quarter(
    receipt: Callable[..., int], quarter: str | None, verdict: str, kind: str
) -> None:
    receipt(quarter, verdict, kind)
    assert announce() == []


def test_a_list_of_pactes_is_announced_until_it_is_staged(warehouse: Warehouse, receipt: Callable[..., int]) -> None:
    receipt("2023-T4")
    with pytest.raises(AirflowSkipException):
        tasks.annoncer_pactes.function()
    pactes = receipt(None, "accepte", "liste_pactes")
    tasks.annoncer_pactes.function()
    prepared(warehouse, pactes)
    with pytest.raises(AirflowSkipException):
        tasks.annoncer_pactes.function()


@pytest.mark.usefixtures("receipt")
def test_an_empty_inbox_gives_no_receipt() -> None:
    assert tasks.recevoir.function() == {}


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize("step", [tasks.preparer, tasks.controler])
def test_a_step_with_nothing_to_do_succeeds(step: Any) -> None:
    assert step.function() == 0


@pytest.mark.usefixtures("receipt")
def test_the_sentence_of_a_refused_release_reaches_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise ReleaseRefusedError("Release 7 did not pass its audit.")

    monkeypatch.setattr(pipeline, "publish", refuse)
    with pytest.raises(ReleaseRefusedError, match="Release 7 did not pass its audit"):
        tasks.publier.function()


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (ServerError("away"), RetryAction.RETRY),
        (DbtError("a model broke"), RetryAction.FAIL),
        (ReleaseRefusedError("a figure is wrong"), RetryAction.FAIL),
        (KeyError("a fault of ours"), RetryAction.DEFAULT),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, action: RetryAction) -> None:
    assert tasks.RETRIES["retry_policy"].evaluate(error, 1, 3).action is action


def test_settings_come_from_the_connection_and_the_variables_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_INBOX", "/from/the/environment")
    monkeypatch.setenv("AIRFLOW_CONN_ENTREPOT", "postgres://moi:p%40ss@serveur:5433/base?sslmode=require")
    monkeypatch.setenv("AIRFLOW_VAR_ENTREPOT_INBOX", "s3://depot/retours")
    settings = airflow_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://moi:p%40ss@serveur:5433/base?sslmode=require"
    assert settings.inbox_url == "s3://depot/retours"


def test_settings_come_from_the_environment_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", "postgresql://moi@serveur/base")
    monkeypatch.setenv("ENTREPOT_INBOX", "/from/the/environment")
    monkeypatch.setattr(Variable, "get", lambda _, default: default)
    settings = airflow_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://moi@serveur/base"
    assert settings.inbox_url == "/from/the/environment"
