"""The DAG files, as Airflow reads them."""

import json
import subprocess
import sys
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from entrepot.settings import PROJECT_DIR

DAGS = PROJECT_DIR / "dags"

STEPS: dict[str, set[str]] = {
    "preparer": {"controler"},
    "controler": {"publier"},
    "publier": {"alerter"},
    "alerter": set(),
}
STRUCTURE: dict[str, dict[str, set[str]]] = {
    "reception": {
        "recevoir": {"annoncer_trimestres", "annoncer_pactes", "signaler_echec", "accuser_reception"},
        "annoncer_trimestres": set(),
        "annoncer_pactes": set(),
        "signaler_echec": set(),
        "accuser_reception": set(),
    },
    "relances": {"relancer": set()},
    "entrepot_trimestre": STEPS,
    "pactes": STEPS,
    "referentiels": {
        "charger_referentiels": {"preparer"},
        **STEPS,
    },
}
HEAVY = [
    "pandas",
    "numpy",
    "great_expectations",
    "dbt",
    "psycopg",
    "sqlalchemy",
    "python_calamine",
    "entrepot.pipeline",
]
# Some fifty today, half of them pydantic-settings; many more would be an import gone astray.
MODULES_OF_OUR_OWN = 80


@pytest.fixture(scope="module")
def dagbag() -> DagBag:
    return DagBag(str(DAGS))


def test_airflow_reads_exactly_these_dags(dagbag: DagBag) -> None:
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == set(STRUCTURE)


@pytest.mark.parametrize("dag_id", STRUCTURE)
def test_tasks_and_their_order(dagbag: DagBag, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == STRUCTURE[dag_id]


@pytest.mark.parametrize("dag_id", STRUCTURE)
def test_a_dag_bounds_its_runs_and_says_what_they_do(dagbag: DagBag, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    assert dag.max_active_runs == (3 if dag_id == "entrepot_trimestre" else 1)
    assert not dag.catchup
    assert dag.doc_md


@pytest.mark.parametrize("dag_id", [dag_id for dag_id, tasks in STRUCTURE.items() if "alerter" in tasks])
def test_owners_of_rules_are_told_of_a_refused_release_too_and_the_run_fails_all_the_same(
    dagbag: DagBag, dag_id: str
) -> None:
    """A teardown runs whatever became of the steps before it, and its own fate is not that of the run."""
    told = dagbag.dags[dag_id].get_task("alerter")
    assert (told.is_teardown, told.on_failure_fail_dagrun) == (True, False)
    assert told.trigger_rule == "all_done_setup_success"


def test_a_run_is_keyed_by_the_quarter_that_reception_announces(dagbag: DagBag) -> None:
    schedule: Any = dagbag.dags["entrepot_trimestre"].timetable
    announced = dagbag.dags["reception"].get_task("annoncer_trimestres").outlets
    assert type(schedule).__name__ == "PartitionedAssetTimetable"
    assert [schedule.asset_condition] == announced


def test_a_list_of_pactes_wakes_its_dag(dagbag: DagBag) -> None:
    schedule: Any = dagbag.dags["pactes"].timetable
    announced = dagbag.dags["reception"].get_task("annoncer_pactes").outlets
    assert list(schedule.asset_condition.objects) == announced


def test_parsing_imports_nothing_heavy() -> None:
    script = f"""
import json, sys
import airflow.sdk, airflow.sdk.exceptions
from airflow.sdk import dag, task, Asset, Connection, Variable, ExceptionRetryPolicy, PartitionedAssetTimetable
before = set(sys.modules)
for path in {[str(path) for path in sorted(DAGS.glob("*.py"))]}:
    exec(compile(open(path).read(), path, "exec"), {{"__name__": "parsed"}})
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    parsed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = json.loads(parsed.stdout.splitlines()[-1])
    assert [name for name in HEAVY if name in imported] == []
    assert len(imported) < MODULES_OF_OUR_OWN, imported
