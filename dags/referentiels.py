"""Every night and on demand: the reference data is loaded, and the marts published again if it changed."""

from airflow.sdk import dag

from entrepot.orchestration.tasks import RETRIES, charger_referentiels, publier


@dag(
    dag_display_name="Référentiels",
    schedule="0 3 * * *",
    max_active_runs=1,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Loads territories, QPV, communes, quarters and lists (dbt seeds) into the warehouse. `publier` makes a new release
    only when they, or the way figures are computed, differ from those of the release in force.
    """,
)
def referentiels() -> None:
    charger_referentiels() >> publier()


referentiels()
