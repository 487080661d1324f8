"""Every five minutes and on demand: the inbox becomes receipts, and whoever works on them is told."""

from airflow.sdk import dag

from entrepot.orchestration.tasks import RETRIES, annoncer_pactes, annoncer_trimestres, recevoir


@dag(
    dag_display_name="Réception",
    schedule="*/5 * * * *",
    max_active_runs=1,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Takes every file of the inbox in as a receipt, then announces each **quarter** touched (asset `recepisses`, one
    partition key per quarter: a run of `entrepot_trimestre` each) and any **list of pactes** (asset `listes_pactes`).

    A file that cannot be read gets a verdict and stops nothing else. Nothing new: both announcements are skipped.
    """,
)
def reception() -> None:
    recevoir() >> [annoncer_trimestres(), annoncer_pactes()]


reception()
