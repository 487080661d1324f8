"""The DAGs under Airflow's real scheduler, once, on a tiny sample; most of the time is Airflow's start."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from entrepot import pipeline
from entrepot.orchestration.api import AirflowApi, Run
from entrepot.orchestration.standalone import USER, LocalAirflow
from entrepot.sample import write_sample
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect, embedded_server

# Some eighty seconds on two idle cores; a machine at work on other things takes several times that.
PATIENCE_SECONDS = 480


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(state_dir=tmp_path / "state", database_url=None, inbox="", store="")
    try:
        yield settings
    finally:
        LocalAirflow(settings).stop()
        embedded_server(settings).destroy()


def test_a_return_that_comes_while_its_quarter_is_at_work_is_published_too(installation: Settings) -> None:
    inbox = Path(installation.inbox_url)
    write_sample(inbox, territories=3, quarters=2)
    late = next(path for path in inbox.iterdir() if "cde-002" in path.name and "2022-T2" in path.name)
    late = late.rename(inbox.with_name(late.name))
    pipeline.open_warehouse(installation)
    airflow = LocalAirflow(installation)
    airflow.start_and_wait()
    with AirflowApi(airflow.url, USER, airflow.password) as api:
        api.trigger("reception")
        wait_for(lambda: any(run.state == "running" for run in api.runs("entrepot_trimestre")), api)
        late.rename(inbox / late.name)
        api.trigger("reception")
        wait_for(lambda: published(installation) and all(run.finished for run in all_runs(api)), api)

        keys = Counter(run.partition_key for run in api.runs("entrepot_trimestre"))
        assert keys.keys() == {"2022-T1", "2022-T2"}
        assert keys["2022-T2"] >= 2  # announced again during its run: one more run
    airflow.stop()
    assert airflow.processes() == []


def published(settings: Settings) -> bool:
    """Whether the late return was accepted, and every accepted receipt is in a release."""
    with connect(settings) as connection:
        row = connection.execute(
            """
            select bool_or(territoire_id = 'cde-002' and trimestre = '2022-T2') and bool_and(exists (
                select from entrepot.traitement
                where traitement.recepisse_id = recepisse.recepisse_id and etape = 'publication'))
            from entrepot.recepisse where verdict = 'accepte'
            """
        ).fetchone()
    return bool(row and row[0])


def all_runs(api: AirflowApi) -> list[Run]:
    return [run for dag_id in ("reception", "entrepot_trimestre", "pactes") for run in api.runs(dag_id)]


def wait_for(condition: Callable[[], bool], api: AirflowApi) -> None:
    """Wait, but not for ever, nor after a run failed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        for run in all_runs(api):
            assert run.state != "failed", api.failure(run)
        assert time.monotonic() < deadline, all_runs(api)
        time.sleep(0.5)
