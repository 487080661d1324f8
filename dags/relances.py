"""Every working day: territories are reminded of the returns they owe."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from entrepot.orchestration.deadlines import relances_en_retard
from entrepot.orchestration.tasks import RETRIES, relancer


@dag(
    dag_display_name="Relances",
    schedule=CronTriggerTimetable("0 8 * * 1-5", timezone="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES,
    deadline=DeadlineAlert(
        name="relances_du_jour",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=2),
        callback=SyncCallback(relances_en_retard),
    ),
    tags=["entrepot"],
    doc_md="""
    Mails the reminders of the day: what is owed (`entrepot calendar`), by the steps of `relances.yaml`. A reminder is
    mailed once for a state of a return, however often this runs; it stops by itself when the return is accepted.

    A mail server that is away is tried again, then fails the run; an address that is refused does not: the log and
    `entrepot mail list --problems` tell of it. Without a mail server (`ENTREPOT_SMTP_URL`), the task is skipped.

    **Deadline**: a run that is not done two hours after it was queued is marked so, and an error is logged.
    """,
)
def relances() -> None:
    relancer()


relances()
