"""The tasks of the DAGs: each calls one step of `entrepot.pipeline` with the settings of this Airflow.

The pipeline is imported inside the tasks: DAG files are parsed every few seconds and must stay light.
"""

# ruff: noqa: PLC0415

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from entrepot.errors import EntrepotError, ServerError
from entrepot.orchestration.assets import LISTES_PACTES, RECEPISSES
from entrepot.orchestration.configuration import airflow_settings
from entrepot.settings import Settings

if TYPE_CHECKING:
    from entrepot.sender.delivery import Report

log = logging.getLogger(__name__)

# A database that is away comes back: wait and try again. What the warehouse refuses with a sentence (a release that
# fails its audit, a model that breaks) it would refuse again.
RETRIES: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(exception=ServerError, action=RetryAction.RETRY),
            RetryRule(exception=EntrepotError, action=RetryAction.FAIL),
        ]
    ),
}


@task
def recevoir() -> dict[str, int]:
    """Take in what lies in the inbox; return the number of files by verdict."""
    from entrepot import pipeline

    taken = pipeline.take_inbox(airflow_settings())
    return dict(Counter(outcome.verdict for outcome in taken.outcomes))


@task(outlets=[RECEPISSES], trigger_rule="all_done")
def annoncer_trimestres(*, outlet_events: Any = None) -> list[str]:
    """Announce each quarter that waits for work under its own key; skip, which announces nothing, when none does."""
    from entrepot.orchestration.waiting import quarters_waiting

    quarters = quarters_waiting(airflow_settings())
    if not quarters:
        raise AirflowSkipException("No quarter waits for work.")
    outlet_events[RECEPISSES].add_partitions(quarters)
    return quarters


@task(outlets=[LISTES_PACTES], trigger_rule="all_done")
def annoncer_pactes() -> None:
    """Announce a list of labelled pactes; skip, which announces nothing, when none waits for work."""
    from entrepot.orchestration.waiting import pactes_waiting

    if not pactes_waiting(airflow_settings()):
        raise AirflowSkipException("No list of pactes waits for work.")


@task(trigger_rule="one_failed", retries=0)
def signaler_echec() -> None:
    """Fail the run when `recevoir` did: what it had taken in is announced all the same, and the fault stays visible."""
    raise AirflowFailException("`recevoir` failed and its log says why; the other receipts were announced.")


@task(trigger_rule="all_done", retries=0)
def accuser_reception() -> dict[str, int]:
    """Answer the files that came; return the number of letters by kind.

    Not tried again: the next run, five minutes later, answers what this one did not, and must not wait for it.
    """
    from entrepot.sender.acknowledgement import acknowledge

    return _told(acknowledge(_settings_with_mail()))


@task
def relancer() -> dict[str, int]:
    """Mail the reminders that are due today; return their number by step."""
    from entrepot.sender.calendar import today
    from entrepot.sender.reminders import remind

    return _told(remind(_settings_with_mail(), today()))


@task
def preparer() -> int:
    """Stage every accepted receipt that is not staged yet; return how many."""
    from entrepot import pipeline

    return pipeline.prepare(airflow_settings())


@task
def controler() -> int:
    """Check every staged receipt that is not checked yet; return how many."""
    from entrepot import pipeline

    _quiet_great_expectations()
    return pipeline.check(airflow_settings())


@task
def publier() -> str:
    """Build, audit and publish the marts if a release is due; return the sentence that says what was done."""
    from entrepot import pipeline

    _quiet_great_expectations()
    return pipeline.publish(airflow_settings()).message


@task(retries=0)
def alerter() -> dict[str, int]:
    """Tell the owners of the rules whose state changed, a refused release included; return how much was told, and how.

    Not tried again: what a server did not take is told by the next run.
    """
    from entrepot.alerts.sending import nothing_set_up, send
    from entrepot.sender.calendar import today

    settings = airflow_settings()
    if nothing_set_up(settings):
        raise AirflowSkipException("Neither a mail server (ENTREPOT_SMTP_URL) nor a webhook is set: nobody is told.")
    sent = send(settings, today())
    told = _told(sent.report)
    return {**told, "webhook": sent.posted} if sent.posted else told


@task
def charger_referentiels() -> None:
    """Load the reference data (territories, QPV, lists) into the warehouse."""
    from entrepot import pipeline

    pipeline.load_reference(airflow_settings())


def _settings_with_mail() -> Settings:
    settings = airflow_settings()
    if not settings.smtp_url:
        raise AirflowSkipException("No mail server is set (ENTREPOT_SMTP_URL): nothing is mailed.")
    return settings


def _told(report: "Report") -> dict[str, int]:
    for sentence in report.sentences():
        log.warning("%s", sentence)
    report.check()
    return dict(Counter(letter.occasion.etape for letter in report.written))


def _quiet_great_expectations() -> None:
    """Great Expectations logs some 250 lines at INFO under Airflow: they drown what a person looks for."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
