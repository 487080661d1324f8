"""`make demo`: the whole way, as a user sees it, on sample data and under Airflow's own scheduler."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.orchestration.api import AirflowApi, Run
from entrepot.orchestration.standalone import USER, LocalAirflow
from entrepot.receipts.arrivals import Folder
from entrepot.restitution.bilan import write_bilan
from entrepot.sample.check import compare
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect, embedded_server, migrate, owner_url, reader_url

REPORT_QUARTER = "2024-T4"
WOKEN = ("entrepot_trimestre", "pactes")
# Twice what it takes on two busy cores; past that, something is wrong and waiting longer hides it.
PATIENCE_SECONDS = 600
# What the project writes under its state folder; nothing else there is ever removed.
WRITTEN = ("airflow", "depot", "octets", "dbt", "rapports", "echantillon", "echantillon-verite")

RESULTS = {
    "Receipts": """
        select genre, verdict, count(*) as receipts from entrepot.recepisse
        group by genre, verdict order by genre, verdict
    """,
    "Published": """
        select mart, lignes as rows from entrepot.parution_mart
        where parution_id = (select max(parution_id) from entrepot.parution where statut = 'publiee') order by mart
    """,
}

# Senders of the sample have addresses that nobody can have (RFC 2606).
FICTITIOUS = ".invalid"
REAL = f"expediteur is null or expediteur not like '%{FICTITIOUS}'"


class DemoError(EntrepotError):
    """The demo cannot start, or did not reach its end."""


def run_demo(settings: Settings, console: Console) -> None:
    """Start the database and Airflow, take a sample in, show it being published, say where to look, stop everything.

    Raises:
        EntrepotError: one sentence on what failed (that of the failed task, if a task did); everything is stopped.
    """
    _start_clean(settings, console)
    airflow = LocalAirflow(settings)
    try:
        files = _set_up(settings, airflow, console)
        with AirflowApi(airflow.url, USER, airflow.password) as api:
            runs = _watch(settings, airflow, api, files, console)
        _show_result(settings, runs, console)
        _check_findings(settings, console)
        report = write_bilan(reader_url(settings), REPORT_QUARTER, settings.state_dir / "rapports")
        _show_the_way(settings, report.html, console)
    finally:
        airflow.stop()
        embedded_server(settings).stop()


def remove_written(settings: Settings) -> None:
    """Remove the embedded database and everything the project wrote under its state folder."""
    embedded_server(settings).destroy()
    for name in WRITTEN:
        path = settings.state_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _start_clean(settings: Settings, console: Console) -> None:
    """Make sure that nothing real is at stake, and remove what the last demo left."""
    elsewhere = [name for name in ("database_url", "store", "inbox") if getattr(settings, name)]
    if elsewhere:
        names = ", ".join(f"ENTREPOT_{name.upper()}" for name in elsewhere)
        raise DemoError(f"The demo writes fictitious returns and uses the embedded database only: unset {names}.")
    if LocalAirflow(settings).processes():
        raise DemoError("Airflow runs on this installation: `make down` first.")
    server = embedded_server(settings)
    if server.exists():
        server.start()
        if real := _files_presented(settings, REAL):
            server.stop()
            raise DemoError(
                f"The warehouse of {settings.state_dir} took in {real} files that are no sample: it is left alone. Run"
                " the demo elsewhere (ENTREPOT_STATE_DIR=/tmp/entrepot-demo make demo), or remove it with `make clean`."
            )
        console.print(f"Removing what the last demo left in {settings.state_dir}.")
    waiting = Folder(settings.inbox_url).arrivals("depot")
    if strangers := [file.name for file in waiting if not (file.origin.sender or "").endswith(FICTITIOUS)]:
        raise DemoError(
            f"{len(strangers)} files that are no sample wait in the inbox {settings.inbox_url} ({strangers[0]}…):"
            " take them in (`make up`), or move them away."
        )
    remove_written(settings)


def _files_presented(settings: Settings, which: str = "true") -> int:
    with connect(settings) as connection:
        row = connection.execute("select to_regclass('entrepot.presentation')").fetchone()
        if row is None or row[0] is None:
            return 0
        row = connection.execute(f"select count(*) from entrepot.presentation where {which}").fetchone()  # noqa: S608
    return int(str(row[0])) if row else 0


def _set_up(settings: Settings, airflow: LocalAirflow, console: Console) -> int:
    """Start everything and drop the sample in the inbox; return how many files it has."""
    sample = settings.state_dir / "echantillon"
    with console.status("Writing the sample, making the warehouse, starting Airflow…"):
        # Airflow reads the inbox as soon as it is up: the tables must be there before it.
        migrate(owner_url(settings))
        with _beside("sample", "--out", str(sample)) as writing, _beside("db", "start") as loading:
            airflow.start_and_wait()
            for job in (loading, writing):
                job.wait()
    files = sum(1 for path in sample.rglob("*") if path.is_file()) - 1  # its manifest is not a return
    # In one step, so that the inbox never shows half of the sample.
    inbox = Path(settings.inbox_url)
    sample.rename(inbox)
    console.print(f"{files} sample files (fictitious) are in the inbox {inbox}.", soft_wrap=True)
    # A file that has just been written is left for the next round.
    time.sleep(settings.inbox_quiet_seconds)
    return files


class _Job:
    """A command of `entrepot` that runs beside this process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait(self) -> None:
        """Wait for its end.

        Raises:
            DemoError: it failed, with what it said.
        """
        output, _ = self._process.communicate()
        if self._process.returncode != 0:
            command = " ".join(map(str, self._process.args))  # type: ignore[arg-type]
            raise DemoError(f"`{command}` failed: {output.strip()[-800:]}")


@contextmanager
def _beside(*arguments: str) -> Iterator[_Job]:
    """Run `entrepot` with arguments, and leave no process of it behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "entrepot.cli", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
    )  # fmt: skip
    try:
        yield _Job(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class _Runs:
    """Runs that the demo follows: the one of `reception` it triggered, and those that reception woke."""

    reception: Run
    woken: list[Run]

    @property
    def failed(self) -> list[Run]:
        return [run for run in (self.reception, *self.woken) if run.state == "failed"]

    @property
    def unfinished(self) -> list[Run]:
        return [run for run in (self.reception, *self.woken) if not run.finished]

    @property
    def green_quarters(self) -> set[str]:
        return {run.partition_key for run in self.woken if run.partition_key and run.state == "success"}


def _watch(settings: Settings, airflow: LocalAirflow, api: AirflowApi, files: int, console: Console) -> _Runs:
    """Trigger `reception` and follow the runs until every quarter received is green and everything is published.

    Raises:
        DemoError: a run failed (with the sentence of its task), or the whole takes too long.
    """
    console.print(f"Airflow shows the runs at {airflow.url} while the demo goes on.")
    triggered = api.trigger("reception")
    deadline = time.monotonic() + PATIENCE_SECONDS
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        taken = progress.add_task("Receipts taken in", total=files)
        green = progress.add_task("Quarters published", total=None)
        while time.monotonic() < deadline:
            airflow.check()
            runs = _runs(api, triggered)
            if runs.failed:
                raise DemoError(" ".join(api.failure(run) for run in runs.failed))
            quarters, waiting = _quarters_accepted(settings), _accepted_unpublished(settings)
            progress.update(taken, completed=_files_presented(settings))
            progress.update(green, completed=len(runs.green_quarters), total=len(quarters) or None)
            if not runs.unfinished and quarters and quarters <= runs.green_quarters and not waiting:
                return runs
            time.sleep(1)
    at_work = ", ".join(f"{run.dag_id} {run.partition_key or ''}".strip() for run in runs.unfinished) or "nothing"
    raise DemoError(
        f"Not everything is published after {PATIENCE_SECONDS} s; still at work: {at_work}"
        f" (logs: {airflow.home / 'logs'})."
    )


def _runs(api: AirflowApi, triggered: Run) -> _Runs:
    reception = next(run for run in api.runs("reception") if run.run_id == triggered.run_id)
    return _Runs(reception, [run for dag_id in WOKEN for run in api.runs(dag_id)])


def _quarters_accepted(settings: Settings) -> set[str]:
    query = "select distinct trimestre from entrepot.recepisse where verdict = 'accepte' and trimestre is not null"
    with connect(settings) as connection:
        return {str(row[0]) for row in connection.execute(query)}


def _accepted_unpublished(settings: Settings) -> int:
    with connect(settings) as connection:
        row = connection.execute(
            """
            select count(*) from entrepot.recepisse
            where verdict = 'accepte' and not exists (
                select from entrepot.traitement
                where traitement.recepisse_id = recepisse.recepisse_id and etape = 'publication')
            """
        ).fetchone()
    return int(str(row[0])) if row else 0


def _show_result(settings: Settings, runs: _Runs, console: Console) -> None:
    console.print(f"Runs of entrepot_trimestre, all green: {' '.join(sorted(runs.green_quarters))}")
    with connect(settings) as connection:
        for title, query in RESULTS.items():
            cursor = connection.execute(query)
            table = Table(*(column.name for column in cursor.description or ()), title=title, title_justify="left")
            for row in cursor:
                table.add_row(*map(str, row))
            console.print(table)


def _check_findings(settings: Settings, console: Console) -> None:
    """Say whether every fault planted in the sample was found, and nothing else.

    Raises:
        DemoError: it was not.
    """
    ledger = settings.state_dir / "echantillon-verite" / "verite.json"
    with connect(settings) as connection:
        comparison = compare(connection, ledger)
    if not comparison.exact:
        raise DemoError(f"{comparison} `.venv/bin/entrepot sample-check {ledger}` lists them.")
    console.print(f"{comparison}")


def _show_the_way(settings: Settings, report: Path, console: Console) -> None:
    console.print(f"National report (French): {report}", soft_wrap=True)
    console.print("To look further (the database starts again by itself):", style="bold")
    for command, what in (
        (".venv/bin/entrepot status", "receipts, coverage by quarter, findings, releases"),
        ('psql "$(.venv/bin/entrepot url)"', "the published marts, read-only; or `.venv/bin/entrepot db psql`"),
        (f".venv/bin/entrepot report bilan 2023-T4 --out {settings.state_dir / 'rapports'}", "another quarter"),
        ("make up", "Airflow and the database, kept running"),
    ):
        console.print(f"  {command}  [dim]# {what}[/]", soft_wrap=True)
