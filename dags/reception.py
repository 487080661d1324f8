"""Every five minutes and on demand: the inbox becomes receipts, and whoever works on them is told."""

from airflow.sdk import dag

from entrepot.orchestration.tasks import (
    RETRIES,
    accuser_reception,
    annoncer_pactes,
    annoncer_trimestres,
    recevoir,
    signaler_echec,
)


@dag(
    dag_display_name="Réception",
    schedule="*/5 * * * *",
    max_active_runs=1,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Takes every file of the inbox in as a receipt, then announces each **quarter** touched (asset `recepisses`, one
    partition key per quarter: a run of `entrepot_trimestre` each) and any **list of pactes** (asset `listes_pactes`).

    A file that cannot be read gets a verdict and stops nothing else. With nothing new, both announcements are skipped.
    If our own reader breaks, the run fails after announcing what was taken in.

    Last, files that came are answered by mail, once their verdict is whole: at once if rejected, else after
    `entrepot_trimestre` has checked them. A mail server that is away fails this last task only.
    """,
)
def reception() -> None:
    recu = recevoir()
    recu >> [annoncer_trimestres(), annoncer_pactes()]
    recu >> signaler_echec()
    recu >> accuser_reception()


reception()
