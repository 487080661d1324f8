"""The DAG of reminders and the answers at reception, called as plain functions on a real database and mail server."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import RetryAction
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.sdk.exceptions import AirflowSkipException
from airflow.serialization.serialized_objects import DagSerialization

from entrepot.orchestration import deadlines, tasks
from entrepot.sender import acknowledgement, calendar
from entrepot.sender.letters import Attachment
from entrepot.sender.mail import MailServerError
from entrepot.settings import PROJECT_DIR
from entrepot.warehouse.postgres import Server
from tests.sender.office import Office, a_return, open_office
from tests.sender.postbox import Postbox, postbox

TEAM = "equipe@cite.test"


@pytest.fixture(scope="module")
def office(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(server, tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Postbox]:
    with postbox(tmp_path) as served:
        yield served


def test_reminders_run_on_working_days_by_the_clock_of_paris() -> None:
    dag: Any = DagBag(str(PROJECT_DIR / "dags")).dags["relances"]
    timetable = dag.timetable
    assert (timetable.expression, str(timetable.timezone)) == ("0 8 * * 1-5", "Europe/Paris")
    assert not dag.catchup


def test_a_run_that_is_late_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    dag: Any = DagBag(str(PROJECT_DIR / "dags")).dags["relances"]
    (deadline,) = dag.deadline
    assert (deadline.reference, deadline.interval) == (DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2))
    assert deadline.callback.path == "entrepot.orchestration.deadlines.relances_en_retard"
    DagSerialization.to_dict(dag)  # what the scheduler reads
    deadlines.relances_en_retard({"dag_run": {"dag_run_id": "scheduled__1"}, "deadline": {"deadline_time": "10:00"}})
    assert "run scheduled__1 were not mailed by 10:00" in caplog.text


def test_the_task_mails_what_is_due_and_its_next_run_nothing(
    office: Office, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = box.settings(office.settings, contacts=office.contacts(f"cde-001;{TEAM};"))
    monkeypatch.setattr(tasks, "airflow_settings", lambda: settings)
    monkeypatch.setattr(calendar, "today", lambda: date(2025, 2, 15))
    assert tasks.relancer.function() == {"relance_1": 1, "escalade": 1}  # of one quarter, and of the one before
    assert tasks.relancer.function() == {}
    assert [recipients for recipients, _ in box.mail] == [[TEAM], [TEAM]]


def test_files_that_came_are_answered(office: Office, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = box.settings(office.settings)
    monkeypatch.setattr(tasks, "airflow_settings", lambda: settings)
    monkeypatch.setattr(acknowledgement, "marked_copy_of", lambda *_: Attachment("retour.xlsx", b"PK classeur"))
    office.receive(a_return(complete=False), sender=TEAM)
    assert tasks.accuser_reception.function() == {"accuse": 1}
    assert tasks.accuser_reception.function() == {}


@pytest.mark.parametrize("step", [tasks.relancer, tasks.accuser_reception])
def test_without_a_mail_server_nothing_is_done(office: Office, monkeypatch: pytest.MonkeyPatch, step: Any) -> None:
    monkeypatch.setattr(tasks, "airflow_settings", lambda: office.settings)
    with pytest.raises(AirflowSkipException, match="ENTREPOT_SMTP_URL"):
        step.function()


def test_a_mail_server_that_is_away_is_tried_again_by_the_reminders_and_never_holds_up_reception() -> None:
    reception = DagBag(str(PROJECT_DIR / "dags")).dags["reception"]
    answer = reception.get_task("accuser_reception")
    assert (answer.retries, answer.downstream_task_ids) == (0, set())
    assert tasks.RETRIES["retry_policy"].evaluate(MailServerError("away"), 1, 3).action is RetryAction.RETRY
