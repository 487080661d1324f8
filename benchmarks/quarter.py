"""A whole quarter, from the inbox to the published marts: in the foreground, and under Airflow's scheduler.

Both ways start from a warehouse that is open and empty, on a server of its own. In the foreground, one process does all
the steps; under Airflow, which is up already, `reception` is triggered and everything else follows by itself.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from history import QUARTERS_KNOWN, WORK, Size, Times, copy_project
from measure import Table

from entrepot import pipeline
from entrepot.orchestration.api import AirflowApi, Run
from entrepot.orchestration.standalone import USER, LocalAirflow
from entrepot.settings import PROJECT_DIR, Settings
from entrepot.warehouse.engine import connect, embedded_server

WORKBOOKS = (84, 300)
# What a task of Airflow is called in the foreground.
STEPS = {"receive": "recevoir", "prepare": "preparer", "check": "controler", "publish": "publier"}
PATIENCE_SECONDS = 1200
# The sample holds some files that no one could accept.
SURELY_ACCEPTED = 0.9
POLL_SECONDS = 0.2

# One process, as `entrepot run` is, that tells the time of each step.
FOREGROUND = """
import json, time
times = {}
def timed(name, step):
    start = time.perf_counter()
    step(settings)
    times[name] = time.perf_counter() - start
from entrepot import pipeline
from entrepot.settings import Settings
settings = Settings()
for name, step in (
    ("receive", pipeline.take_inbox), ("prepare", pipeline.prepare), ("check", pipeline.check),
    ("publish", pipeline.publish),
):
    timed(name, step)
print(json.dumps(times))
"""


def measure() -> Table:
    """Seconds of each step of a quarter of so many workbooks, one a territory."""
    rows = []
    for number in WORKBOOKS:
        project, sample = WORK / f"quarter-{number}" / "project", WORK / f"quarter-{number}" / "sample"
        shutil.rmtree(project.parent, ignore_errors=True)
        copy_project(project, Size(QUARTERS_KNOWN, number))
        shutil.copytree(PROJECT_DIR / "dags", project / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        _write_sample(project, sample, number)
        foreground = in_the_foreground(project, sample)
        airflow = under_airflow(project, sample)
        for way, times in (("foreground", foreground), ("Airflow", airflow)):
            rows.append(
                (
                    f"{number} workbooks, {way}",
                    *(f"{times[step]:.1f}" for step in STEPS),
                    f"{times['total'] - sum(times[step] for step in STEPS):.1f}",
                    f"{times['total']:.1f}",
                    f"{times['total'] / foreground['total']:.2f}",
                )
            )
    return Table(
        ("a quarter", *STEPS, "between steps", "seconds in all", "× foreground"),
        rows,
        "From the inbox to the published marts, on an open and empty warehouse; between steps: start of the processes,"
        " imports, and the turns of the scheduler. Airflow is up when the clock starts.",
    )


def in_the_foreground(project: Path, sample: Path) -> Times:
    """Seconds of each step, and in all, in one process of its own."""
    settings = _open(project, "foreground", sample)
    try:
        start = time.perf_counter()
        said = subprocess.run(
            [sys.executable, "-c", FOREGROUND],
            env=_environment(settings),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        total = time.perf_counter() - start
        accepted = _accepted(settings)
    finally:
        embedded_server(settings).destroy()
    assert accepted > SURELY_ACCEPTED * sum(1 for _ in sample.iterdir()), f"only {accepted} receipts accepted"
    return {**json.loads(said.splitlines()[-1]), "total": total}


def under_airflow(project: Path, sample: Path) -> Times:
    """Seconds of each task, and from the trigger of `reception` to the end of its last run."""
    settings = _open(project, "airflow", sample)
    airflow = LocalAirflow(settings)
    try:
        airflow.start_and_wait()
        with AirflowApi(airflow.url, USER, airflow.password) as api:
            start = time.perf_counter()
            reception = api.trigger("reception")
            runs = _wait(api, settings, start)
            total = time.perf_counter() - start
            tasks = [api.durations(run) for run in (reception, *runs)]
    finally:
        airflow.stop()
        embedded_server(settings).destroy()
    # Several runs are woken (quarters, list of pactes): one does the work of a step, the others wait for their turn.
    return {"total": total} | {
        step: max(durations.get(task, 0.0) for durations in tasks) for step, task in STEPS.items()
    }


def _wait(api: AirflowApi, settings: Settings, start: float) -> list[Run]:
    """Runs that `reception` woke, once they have published everything."""
    while time.perf_counter() - start < PATIENCE_SECONDS:
        runs = [run for dag in ("entrepot_trimestre", "pactes") for run in api.runs(dag)]
        if failed := [run for run in runs if run.state == "failed"]:
            raise SystemExit(api.failure(failed[0]))
        if runs and all(run.finished for run in runs) and _published(settings):
            return runs
        time.sleep(POLL_SECONDS)
    raise SystemExit(f"Not published after {PATIENCE_SECONDS} s.")


def _accepted(settings: Settings) -> int:
    with connect(settings) as connection:
        row = connection.execute("select count(*) from entrepot.recepisse where verdict = 'accepte'").fetchone()
    return int(str(row[0])) if row else 0


def _published(settings: Settings) -> bool:
    with connect(settings) as connection:
        row = connection.execute(
            "select count(*) > 0 and bool_and(recepisse_id in ("
            "select recepisse_id from entrepot.traitement where etape = 'publication'))"
            " from entrepot.recepisse where verdict = 'accepte'"
        ).fetchone()
    return bool(row and row[0])


def _open(project: Path, name: str, sample: Path) -> Settings:
    """An empty warehouse, open, with the sample in its inbox."""
    state = project.parent / name
    settings = Settings(
        project_dir=project, state_dir=state, database_url=None, store="", inbox="", inbox_quiet_seconds=0
    )
    embedded_server(settings).destroy()
    shutil.rmtree(state, ignore_errors=True)
    pipeline.open_warehouse(settings)
    shutil.copytree(sample, settings.inbox_url)
    return settings


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "ENTREPOT_PROJECT_DIR": str(settings.project_dir),
        "ENTREPOT_STATE_DIR": str(settings.state_dir),
        "ENTREPOT_INBOX_QUIET_SECONDS": "0",
    }


def _write_sample(project: Path, sample: Path, territories: int) -> None:
    """A quarter of the territories of this project: in a process of its own, since settings are read at its start."""
    write = (
        "from pathlib import Path; from entrepot.sample import write_sample;"
        f" write_sample(Path({str(sample)!r}), territories={territories}, quarters=1)"
    )
    subprocess.run([sys.executable, "-c", write], env={**os.environ, "ENTREPOT_PROJECT_DIR": str(project)}, check=True)
