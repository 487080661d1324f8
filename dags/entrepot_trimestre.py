"""Once per quarter touched: its returns are staged, checked, and the marts published."""

from airflow.sdk import PartitionedAssetTimetable, dag

from entrepot.orchestration.assets import RECEPISSES
from entrepot.orchestration.tasks import RETRIES, alerter, controler, preparer, publier


@dag(
    dag_display_name="Entrepôt, par trimestre",
    schedule=PartitionedAssetTimetable(assets=RECEPISSES),
    # Steps that write take turns in the database; runs that find nothing to do need not queue behind one another.
    max_active_runs=3,
    default_args=RETRIES,
    tags=["entrepot"],
    doc_md="""
    Runs once for each quarter that `reception` announces; the quarter is the partition key of the run.

    Each step asks the database what waits and takes all of it, so the first of several runs may do the work of the
    others: those say so and succeed. A release that fails its audit fails `publier`, whose log says why; readers keep
    the previous release. Last, whoever owns a rule whose state changed is told (docs/alertes.md).
    """,
)
def entrepot_trimestre() -> None:
    preparer() >> controler() >> publier() >> alerter().as_teardown()


entrepot_trimestre()
