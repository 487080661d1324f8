"""The command `entrepot`: receive, run, look, report."""

import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from entrepot import alert_cli, contract_cli, documentation_cli, form_cli, release_cli, rule_cli, sample_cli
from entrepot.errors import EntrepotError
from entrepot.inert import in_terminal
from entrepot.sender import findings_cli, mail_cli
from entrepot.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Warehouse of the Cités de l'emploi and of the Pactes plein emploi.\n\n"
    "Settings come from the environment (`ENTREPOT_…`, see src/entrepot/settings.py).",
)
db = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL.")
release = typer.Typer(no_args_is_help=True, help="What was published, and what sets two releases apart.")
report = typer.Typer(no_args_is_help=True, help="Reports, written from what is published.")
app.add_typer(db, name="db")
app.add_typer(report, name="report")
app.add_typer(release, name="release")
app.command(epilog="Examples: `entrepot replay` · `entrepot replay --keep`")(release_cli.replay)
release.command(epilog="Examples: `entrepot release rebuild 12 13` · `entrepot release rebuild --all`")(
    release_cli.rebuild
)
app.command(epilog="Examples: `entrepot calendar` · `entrepot calendar --trimestre 2024-T4`")(mail_cli.calendar)
app.command(epilog="Examples: `entrepot remind` · `entrepot remind --on 2025-02-15 --dry-run --out courriels/`")(
    mail_cli.remind
)
app.command(epilog="Examples: `entrepot acknowledge` · `entrepot acknowledge --dry-run --out courriels/`")(
    mail_cli.acknowledge
)
app.add_typer(contract_cli.contract, name="contract")
app.add_typer(mail_cli.mail, name="mail")
app.add_typer(findings_cli.finding, name="finding")
app.add_typer(alert_cli.alert, name="alert")
app.add_typer(rule_cli.rule, name="rule")
app.command(
    epilog="Examples: `entrepot form --territoire cde-045 --trimestre 2024-T1 --out retour.xlsx` · "
    "`entrepot form --all --trimestre 2024-T1 --out gabarits/`"
)(form_cli.form)
app.command(epilog="Example: `entrepot answer 123 --out retour.xlsx`")(findings_cli.answer)

app.command(epilog="Examples: `entrepot docs --out docs-dbt` · `entrepot docs --out docs-dbt --serve`")(
    documentation_cli.docs
)
app.command(epilog="Examples: `entrepot dictionary --out dictionnaire` · `entrepot dictionary --out d --serve`")(
    documentation_cli.dictionary
)
app.command("data-docs", epilog="Examples: `entrepot data-docs --out d` · `entrepot data-docs --out d --serve`")(
    documentation_cli.data_docs
)
app.command("sample-check", epilog="Example: `entrepot sample-check .state/echantillon-verite/verite.json --all`")(
    sample_cli.sample_check
)

console = Console(highlight=False)
LONGEST_REASON = 2000
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
        notes = [in_terminal(outcome.motif, LONGEST_REASON)] if outcome.motif else []
        if outcome.known:
            notes.append("same bytes as before: same receipt, nothing changes")
        if outcome.superseded:
            notes.append("superseded by a later return")
        if states := taken.corrections.get(outcome.recepisse_id):
            notes.append(_corrections(states))
        console.print(
            f"[{style}]{outcome.verdict:8}[/] {outcome.recepisse_id:>6}  {in_terminal(outcome.name)}  [dim]{claims}[/]"
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


@app.command(epilog="Example: `entrepot freshness`")
def freshness() -> None:
    """Show how late what should have arrived, been read and been published is. Exit status 1 when one is too late."""
    from entrepot.warehouse.dbt import source_freshness

    settings = Settings()
    found = source_freshness(settings)
    styles = {"pass": "green", "warn": "yellow", "error": "red"}
    lines = []
    for result in found:
        status, late = result["status"], timedelta(seconds=round(result["max_loaded_at_time_ago_in_s"]))
        limits = result["criteria"]
        warn, error = (f"{limits[name]['count']} {limits[name]['period']}" for name in ("warn_after", "error_after"))
        name = ".".join(result["unique_id"].split(".")[-2:])
        lines.append((name, f"[{styles[status]}]{status}[/]", "" if status == "pass" else late, warn, error))
    console.print(
        _table("Freshness (docs/fraicheur.md)", ["source", "state", "late by", "warn after", "error after"], lines)
    )
    if any(result["status"] == "error" for result in found):
        raise typer.Exit(1)


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


AsOf = Annotated[
    str | None,
    typer.Option(help="As known at the end of this day (2024-03-26), or at this instant; the present if not given."),
]


@report.command(
    epilog="Examples: `entrepot report bilan 2024-T4 --out rapports/` · "
    "`entrepot report bilan 2023-T4 --as-of 2024-03-26 --out rapports/`"
)
def bilan(
    quarter: Annotated[str, typer.Argument(help="Quarter the report speaks of, such as 2024-T4.")],
    out: Annotated[Path, typer.Option(help="Folder to write the HTML page and the workbook to.")],
    as_of: AsOf = None,
) -> None:
    """Write the national report (in French): one HTML page and one workbook."""
    from entrepot.restitution.bilan import write_bilan
    from entrepot.restitution.instant import parse_instant
    from entrepot.warehouse.engine import reader_url

    instant = parse_instant(as_of) if as_of else None
    settings = Settings()
    files = write_bilan(reader_url(settings), quarter, out, instant, settings)
    console.print(f"{files.html}\n{files.xlsx}", soft_wrap=True)


@app.command(
    epilog="Examples: `entrepot trace bilan_axes/2023-T4/france/FR/recenser_federer/occurrences/valeur_trimestre` · "
    "`entrepot trace controle_chiffres_publies/actions_coordination/valeur_calculee --out cases.xlsx`"
)
def trace(
    figure: Annotated[str, typer.Argument(help="The figure: mart/key values in the mart's order/column.")],
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="File to write every cell to: .csv or .xlsx.")] = None,
) -> None:
    """Lead a figure back to the cells it is made of: file, sheet, cell, what was typed, state and rule (in French)."""
    from entrepot.restitution import trace_output
    from entrepot.restitution.instant import parse_instant
    from entrepot.restitution.trace import trace as trace_figure
    from entrepot.warehouse.engine import reader_url

    instant = parse_instant(as_of) if as_of else None
    if out:
        trace_output.check_name(out)
    settings = Settings()
    traced = trace_figure(reader_url(settings), settings, figure, instant)
    console.print(trace_output.on_terminal(traced))
    if out:
        trace_output.write(traced, out)
        console.print(f"{out}", soft_wrap=True)


@app.command(
    epilog="Example: `entrepot explain bilan_axes/2023-T4/france/FR/innover/occurrences/valeur_cumul --from 3 --to 7`"
)
def explain(
    figure: Annotated[str, typer.Argument(help="`MART/KEY/…/COLUMN`, as `entrepot trace` and the report write it.")],
    a: Annotated[int, typer.Option("--from", help="Release compared with.")],
    b: Annotated[int, typer.Option("--to", help="Release explained.")],
) -> None:
    """Split the change of a figure between two releases: late returns, corrections, cancelled actions, method…"""
    from entrepot.restitution.explain import CAUSES
    from entrepot.restitution.explain import explain as split
    from entrepot.restitution.figures import parse_figure
    from entrepot.warehouse.engine import connect

    settings = Settings()
    with connect(settings) as connection:
        found = split(connection, parse_figure(figure, settings), a, b)
    console.print(f"{found.figure}\nrelease {a}: {_number(found.before)} · release {b}: {_number(found.after)}")
    causes = [
        (label, _number(sum(of_cause)), len(of_cause))
        for cause, label in CAUSES.items()
        if (of_cause := [part.amount for part in found.parts if part.cause == cause])
    ]
    console.print(
        _table("Change", ["cause", "amount", "parts"], [*causes, ("Total", _number(found.change), len(found.parts))])
    )
    if found.parts:
        columns = ["release", "cause", "amount", "receipt", "cité", "quarter", "file"]
        lines = [
            (p.release, CAUSES[p.cause], _number(p.amount), p.recepisse_id or "", p.territoire_id or "",
             p.trimestre or "", in_terminal(p.nom_fichier or ""))
            for p in found.parts
        ]  # fmt: skip
        console.print(_table("Parts", columns, lines))


@release.command("list", epilog="Example: `entrepot release list`")
def list_releases() -> None:
    """List every release, newest first, published or not."""
    from entrepot.warehouse import published
    from entrepot.warehouse.engine import connect

    with connect(Settings()) as connection:
        shown = published.current(connection)
        rows = published.releases(connection)
    lines = [
        (
            f"{'→ ' if row['parution_id'] == shown else ''}{row['parution_id']}", row["statut"],
            f"{row['commencee_le']:%Y-%m-%d %H:%M}", f"{row['arretee_le']:%Y-%m-%d %H:%M}" if row["arretee_le"] else "",
            row["recepisses"], row["nouveaux"], row["lignes_ecrites"], "method" if row["complete"] else "receipts",
            f"{row['controles'] - row['controles_echoues']}/{row['controles']}", row["version_code"],
        )
        for row in rows
    ]  # fmt: skip
    columns = ["release", "status", "built", "cut-off", "in force", "new", "rows written", "by", "checks", "code"]
    console.print(_table("Releases", columns, lines))


@release.command(epilog="Example: `entrepot release show 3`")
def show(number: Annotated[int, typer.Argument(help="The release.")]) -> None:
    """Show what a release is made of: cut-off, digests, versions, checks, rows of each mart."""
    from entrepot.warehouse import published
    from entrepot.warehouse.engine import connect

    with connect(Settings()) as connection:
        found = next((row for row in published.releases(connection) if row["parution_id"] == number), None)
        if found is None:
            raise EntrepotError(f"There is no release {number}: see `entrepot release list`.")
        marts = published.marts_of(connection, number)
    console.print(_table(f"Release {number}", ["", ""], [(name, escape(str(value))) for name, value in found.items()]))
    lines = [(row["mart"], row["lignes"], row["ajoutees"], row["retirees"]) for row in marts]
    console.print(_table("Marts", ["mart", "rows", "added", "taken out"], lines))


@release.command(epilog="Examples: `entrepot release diff 3 4` · `entrepot release diff 3 4 --mart bilan_axes`")
def diff(
    a: Annotated[int, typer.Argument(help="A release.")],
    b: Annotated[int, typer.Argument(help="Another.")],
    mart: Annotated[str | None, typer.Option(help="List the rows of this mart that differ.")] = None,
) -> None:
    """Count, mart by mart, the rows that two releases show differently; list those of one mart."""
    from entrepot.restitution.figures import catalogue
    from entrepot.warehouse import published
    from entrepot.warehouse.engine import connect

    settings = Settings()
    keys = {name: shape.key for name, shape in catalogue(settings.dbt_dir).items()}
    if mart is not None and mart not in keys:
        raise EntrepotError(f"There is no mart {mart}: give one of {', '.join(keys)}.")
    with connect(settings) as connection:
        found = published.differences(connection, keys, a, b)
    if mart is None:
        kinds = ("ajoutee", "retiree", "changee")
        counts = [(name, *(sum(d.kind == kind for d in rows) for kind in kinds)) for name, rows in found.items()]
        console.print(_table(f"From release {a} to {b}", ["mart", "added", "taken out", "changed"], counts))
        return
    lines = [
        (escape(d.key), d.kind, escape(name), escape(str(before)), escape(str(after)))
        for d in found.get(mart, [])
        for name, (before, after) in (d.columns.items() if d.kind == "changee" else [("", ("", ""))])
    ]
    console.print(_table(f"{mart}, from release {a} to {b}", ["key", "row", "column", "before", "after"], lines))


@release.command(epilog='Example: `entrepot release rollback 3 --reason "cumuls of 2024-T4 under review"`')
def rollback(
    number: Annotated[int, typer.Argument(help="The release to show again.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the change.")],
) -> None:
    """Show readers an earlier release again, in one transaction; the next release takes over as always."""
    from entrepot.warehouse import published
    from entrepot.warehouse.engine import build_lock, connect

    settings = Settings()
    with build_lock(settings), connect(settings) as connection:
        published.roll_back(connection, number, reason)
    console.print(f"Readers see release {number} again.")


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
    """Entry point: a user's error is one sentence on stderr and exit status 2; ours is a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except EntrepotError as error:
        Console(stderr=True, highlight=False).print(f"[red]entrepot:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(2)


def _corrections(states: Mapping[str, int]) -> str:
    """`3 corrections: 2 applied, 1 no longer applies`, of how many lines are in which state."""
    said = {
        "appliquee": "applied",
        "sans_effet": "no longer applies" if states["sans_effet"] == 1 else "no longer apply",
        "en_attente": "waiting for a return",
        "rejetee": "faulty, not applied",
    }
    parts = [f"{states[state]} {words}" for state, words in said.items() if states[state]]
    total = sum(states.values())
    return f"{total} correction{'s' if total > 1 else ''}: {', '.join(parts)}"


def _number(value: Decimal | int | None) -> str:
    """A number without the zeros that its type adds, or a dash where there was no value."""
    return "—" if value is None else f"{Decimal(value).normalize() + 0:f}"


def _libpq_variables(url: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table


if __name__ == "__main__":
    main()
