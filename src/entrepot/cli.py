"""The command `entrepot`: receive, run, look, report."""

import logging
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Warehouse of the Cités de l'emploi and of the Pactes plein emploi.\n\n"
    "Settings come from the environment (`ENTREPOT_…`, see src/entrepot/settings.py).",
)
db = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL.")
report = typer.Typer(no_args_is_help=True, help="Reports, written from what is published.")
app.add_typer(db, name="db")
app.add_typer(report, name="report")

console = Console(highlight=False)
VERDICT_STYLES = {"accepte": "green", "rejete": "red", "recu": "yellow"}


@app.command(
    epilog="Examples: `entrepot receive depot/` · `entrepot receive t4.xlsx --received-at 2024-03-20T09:00:00+01:00`"
)
def receive(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders whose files are all taken.")],
    received_at: Annotated[
        str | None, typer.Option(help="Their time of arrival, ISO 8601 with its offset; now if not given.")
    ] = None,
) -> None:
    """Take files in as receipts and print each verdict; nothing is moved or deleted."""
    from entrepot import pipeline
    from entrepot.receipts.arrivals import parse_instant

    instant: datetime | None = parse_instant(received_at, "--received-at") if received_at else None
    settings = Settings()
    pipeline.open_warehouse(settings)
    with _progress() as bar:
        task = bar.add_task("Receiving", total=None)
        taken = pipeline.receive(
            settings, paths, instant, lambda done, total: bar.update(task, completed=done, total=total)
        )
    for outcome in taken.outcomes:
        style = VERDICT_STYLES[outcome.verdict]
        claims = " ".join(filter(None, (outcome.territoire_id, outcome.trimestre))) or outcome.genre
        notes = [outcome.motif] if outcome.motif else []
        if outcome.known:
            notes.append("same bytes as before: same receipt, nothing changes")
        if outcome.superseded:
            notes.append("superseded by a later return")
        console.print(
            f"[{style}]{outcome.verdict:8}[/] {outcome.recepisse_id:>6}  {outcome.name}  [dim]{claims}[/]"
            + (f"  {'; '.join(notes)}" if notes else ""),
            soft_wrap=True,
        )
    console.print(f"Files: {len(taken.outcomes)}. `entrepot run` publishes what was accepted.")


@app.command(epilog="Examples: `entrepot run` · `entrepot run 2023-T4 2024-T1`")
def run(
    quarters: Annotated[list[str] | None, typer.Argument(help="Quarters that must be there, such as 2023-T4.")] = None,
) -> None:
    """Do what the DAGs do, in the foreground: empty the inbox, prepare, check, publish."""
    from entrepot import pipeline

    with console.status("Receiving, preparing, checking, publishing…"):
        publication = pipeline.run(Settings(), quarters or ())
    console.print(publication.message)


@app.command(epilog="Example: `entrepot status`")
def status() -> None:
    """Show receipts, coverage by quarter, findings and the current release."""
    from entrepot import status as state

    settings = Settings()
    for table in state.tables(settings):
        console.print(_table(table.title, table.columns, table.rows))


@app.command(
    epilog="Examples: `entrepot sample --out /tmp/exemple` · `entrepot sample --out d --territories 5 --quarters 4`"
)
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write; made if missing.")],
    seed: Annotated[int, typer.Option(help="The same seed writes the same files, byte for byte.")] = 20240326,
    territories: Annotated[int, typer.Option(min=1, max=84, help="How many territories, from cde-001 on.")] = 84,
    quarters: Annotated[int, typer.Option(min=1, max=12, help="How many quarters, from 2022-T1 on.")] = 12,
) -> None:
    """Write fictitious returns of real territories, with the dirt real senders put in."""
    from entrepot.sample import write_sample

    with _progress() as bar:
        task = bar.add_task("Writing", total=None)
        written = write_sample(
            out, seed, territories, quarters, lambda done, total: bar.update(task, completed=done, total=total)
        )
    console.print(f"{written.files} files written to {out}; take them in with `entrepot receive {out}`.")


@report.command(epilog="Example: `entrepot report bilan 2024-T4 --out rapports/`")
def bilan(
    quarter: Annotated[str, typer.Argument(help="Quarter the report speaks of, such as 2024-T4.")],
    out: Annotated[Path, typer.Option(help="Folder to write the HTML page and the workbook to.")],
) -> None:
    """Write the national report (in French): one HTML page and one workbook."""
    from entrepot.restitution.bilan import write_bilan
    from entrepot.warehouse.engine import reader_url

    files = write_bilan(reader_url(Settings()), quarter, out)
    console.print(f"{files.html}\n{files.xlsx}", soft_wrap=True)


@app.command(epilog='Example: `psql "$(entrepot url)"`')
def url() -> None:
    """Print the connection URL of the published marts (read-only account), for psql and BI tools."""
    from entrepot.warehouse.engine import reader_url

    typer.echo(reader_url(Settings()))


@db.command(epilog="Example: `entrepot db start`")
def start() -> None:
    """Start the database and bring its tables and reference data up to date."""
    from entrepot import pipeline

    pipeline.open_warehouse(Settings())
    console.print("The warehouse is up; `entrepot url` prints its address.")


@db.command(epilog="Example: `entrepot db stop`")
def stop() -> None:
    """Stop the embedded database."""
    from entrepot.warehouse.engine import embedded_server

    embedded_server(Settings()).stop()
    console.print("The embedded database is stopped.")


@db.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Examples: `entrepot db psql` · `entrepot db psql -c 'select * from marts.parution'`",
)
def psql(context: typer.Context) -> None:
    """Open psql as the owner of the warehouse; further arguments are passed on."""
    from entrepot.warehouse.engine import owner_url
    from entrepot.warehouse.postgres import embedded_binaries

    # The URL holds the password: the environment is private to this account, arguments are not.
    variables = _libpq_variables(owner_url(Settings()))
    done = subprocess.run([embedded_binaries() / "psql", *context.args], env=os.environ | variables, check=False)
    raise typer.Exit(done.returncode)


def main() -> None:
    """Entry point: a user's error is one sentence on stderr and exit status 1; ours is a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except EntrepotError as error:
        Console(stderr=True, highlight=False).print(f"[red]entrepot:[/] {error}", soft_wrap=True, markup=True)
        sys.exit(1)


def _libpq_variables(url: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _table(title: str, columns: list[str], rows: list[tuple[object, ...]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table


if __name__ == "__main__":
    main()
