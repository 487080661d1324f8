"""Every night and on demand: the reference data is loaded, and the marts published again if it changed."""

from airflow.sdk import dag

from entrepot.orchestration.tasks import RETRIES, alerter, charger_referentiels, controler, preparer, publier


@dag(
    dag_display_name="Référentiels",
    schedule="0 3 * * *",
    max_active_runs=1,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Loads territories, QPV, communes, quarters and lists (dbt seeds) into the warehouse where they changed. Steps whose
    files changed (models, rules) do everything again; nothing changed, nothing is done.
    """,
)
def referentiels() -> None:
    charger_referentiels() >> preparer() >> controler() >> publier() >> alerter().as_teardown()


referentiels()
