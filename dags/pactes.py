"""When a list of labelled pactes came: it is staged, checked, and the marts published."""

from airflow.sdk import dag

from entrepot.orchestration.assets import LISTES_PACTES
from entrepot.orchestration.tasks import RETRIES, alerter, controler, preparer, publier


@dag(
    dag_display_name="Pactes plein emploi",
    schedule=[LISTES_PACTES],
    max_active_runs=1,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Runs when `reception` accepted a list annexed to a labelling order. The steps are those of `entrepot_trimestre`:
    a release always holds everything that was accepted, whichever DAG made it.
    """,
)
def pactes() -> None:
    preparer() >> controler() >> publier() >> alerter().as_teardown()


pactes()
