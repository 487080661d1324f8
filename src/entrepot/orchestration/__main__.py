"""What `make up`, `make down`, `make demo` and `make clean` run."""

import logging
import signal
import sys
from types import FrameType

import typer
from rich.console import Console

from entrepot import pipeline
from entrepot.errors import EntrepotError
from entrepot.orchestration.demo import remove_written, run_demo
from entrepot.orchestration.standalone import USER, LocalAirflow
from entrepot.settings import Settings
from entrepot.warehouse.engine import embedded_server, reader_url

app = typer.Typer(pretty_exceptions_enable=False, help="Airflow and the warehouse on this machine.")
console = Console(highlight=False)


@app.command()
def up() -> None:
    """Start the database and Airflow, and print where they are."""
    settings = Settings()
    airflow = LocalAirflow(settings)
    try:
        with console.status("Starting the database and Airflow (about half a minute)…"):
            pipeline.open_warehouse(settings)
            airflow.start_and_wait()
    except BaseException:
        _stop(settings)
        raise
    console.print(f"Airflow    {airflow.url}  account {USER}  password {airflow.password}", soft_wrap=True)
    console.print(f"Marts      {reader_url(settings)}", soft_wrap=True)
    console.print(f"Inbox      {settings.inbox_url}  (read every five minutes; to read it now, trigger `reception`)")
    console.print(f"Logs       {airflow.home / 'logs'}")
    console.print("`make down` stops everything.")


@app.command()
def down() -> None:
    """Stop Airflow and the database."""
    _stop(Settings())
    console.print("Stopped.")


@app.command()
def demo() -> None:
    """Run the whole way on sample data, then stop everything."""
    run_demo(Settings(), console)


@app.command()
def clean() -> None:
    """Remove the embedded database and everything the project wrote."""
    remove_written(Settings())


def _stop(settings: Settings) -> None:
    LocalAirflow(settings).stop()
    embedded_server(settings).stop()


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Entry point: a user's error is one sentence and exit status 1; told to stop, it stops what it started first."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        app(standalone_mode=False)
    except EntrepotError as error:
        Console(stderr=True, highlight=False).print(f"[red]entrepot:[/] {error}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


main()
