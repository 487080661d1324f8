"""Commands about what is owed and what is mailed: `calendar`, `remind`, `acknowledge`, `mail list`, `mail retry`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.inert import in_terminal
from entrepot.settings import Settings

if TYPE_CHECKING:
    from entrepot.sender.delivery import Report

console = Console(highlight=False)
mail = typer.Typer(no_args_is_help=True, help="The ledger of what is mailed to territories.")

Quarter = Annotated[str | None, typer.Option("--trimestre", help="One quarter only, such as 2024-T4.")]
On = Annotated[
    str | None, typer.Option("--on", help="As of the end of this day (2025-02-15), Europe/Paris; today if not given.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Write `.eml` files instead; nothing is sent, nothing put on record.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the files of a dry run; made if missing.")]

LONGEST_CELL = 1000  # many addresses, or what a mail server says of them
STYLES = {"accepte": "green", "recu": "green", "rejete": "red", "en_retard": "red", "attendu": "", "dispense": "dim"}


def calendar(trimestre: Quarter = None, on: On = None) -> None:
    """Show what is owed, territory by territory, and what became of it; without a quarter, count by quarter."""
    from entrepot import pipeline
    from entrepot.sender import calendar as owed
    from entrepot.warehouse.engine import connect

    day, settings = owed.parse_day(on, "--on"), Settings()
    pipeline.open_warehouse(settings)
    with connect(settings) as connection:
        returns = owed.calendar(connection, day, trimestre)
        unread = owed.unread(connection)
    if trimestre is None:
        counts = Counter((one.trimestre, one.echeance, one.etat) for one in returns)
        table = Table("quarter", "due", *owed.STATES.values(), title=f"Returns owed, on {day}", title_justify="left")
        for quarter, due in sorted({(quarter, due) for quarter, due, _ in counts}):
            table.add_row(quarter, f"{due}", *(f"{counts[quarter, due, state]}" for state in owed.STATES))
    else:
        table = Table(
            "territory", "name", "region", "state", "arrived", "receipt", "why",
            title=f"Returns owed for {trimestre}, due {returns[0].echeance}, on {day}", title_justify="left",
        )  # fmt: skip
        for one in returns:
            who = one.territoire_id, one.nom, one.region
            what = owed.STATES[one.etat], one.recu_le, one.recepisse_id, one.motif
            cells = [in_terminal("" if cell is None else str(cell)) for cell in (*who, *what)]
            table.add_row(*cells, style=STYLES[one.etat])
    console.print(table)
    if unread:
        console.print(f"{unread} receipts have no verdict yet: whose they are is not known.")


def remind(on: On = None, dry_run: DryRun = False, out: Out = None) -> None:
    """Mail territories the reminders of the day, each once; reminders stop by themselves when a return is accepted."""
    from entrepot import pipeline
    from entrepot.sender.calendar import parse_day
    from entrepot.sender.reminders import remind as send

    day, folder, settings = parse_day(on, "--on"), _folder(out, dry_run=dry_run), Settings()
    pipeline.open_warehouse(settings)
    _tell(send(settings, day, folder), folder)


def acknowledge(dry_run: DryRun = False, out: Out = None) -> None:
    """Answer the files that came: verdict, findings, what to do and by when, with their marked copy; each once."""
    from entrepot import pipeline
    from entrepot.sender.acknowledgement import acknowledge as send

    folder, settings = _folder(out, dry_run=dry_run), Settings()
    pipeline.open_warehouse(settings)
    _tell(send(settings, folder), folder)


@mail.command("list", epilog="Examples: `entrepot mail list --problems` · `entrepot mail list --trimestre 2024-T4`")
def list_mail(
    trimestre: Quarter = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only what did not reach everybody.")] = False,
) -> None:
    """List what was mailed, to whom, and what became of it."""
    from entrepot.sender import ledger
    from entrepot.warehouse.engine import connect

    with connect(Settings()) as connection:
        entries = ledger.entries(connection, quarter=trimestre, problems=problems)
    columns = ("mail", "for", "about", "state", "to", "copy", "attempts", "last attempt", "result", "answer")
    table = Table(*columns, title="Mail", title_justify="left")
    for entry in entries:
        cells = (
            entry.courrier_id, entry.jour, entry.occasion, entry.etat, ", ".join(entry.destinataires),
            ", ".join(entry.copies), entry.essais, f"{entry.reclame_le:%Y-%m-%d %H:%M}", entry.resultat or "(none)",
            entry.detail or "",
        )  # fmt: skip
        table.add_row(*(in_terminal(str(cell), LONGEST_CELL) for cell in cells))
    console.print(table)


@mail.command(epilog="Example: `entrepot mail retry 12 13`")
def retry(
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", help="Mail that `mail list --problems` shows.")],
) -> None:
    """Have mail that was interrupted, or tried in vain, sent again by the next run, if it is still due."""
    from entrepot.sender import ledger

    found = ledger.retry(Settings(), numbers)
    if missing := [number for number in numbers if number not in found]:
        raise EntrepotError(
            f"Mail {', '.join(map(str, missing))}: not in the ledger, or sent; see `entrepot mail list`."
        )
    console.print(f"Mail {', '.join(map(str, found))}: the next run sends it again, if it is still due.")


def _folder(out: Path | None, *, dry_run: bool) -> Path | None:
    if dry_run != (out is not None):
        raise EntrepotError("--dry-run and --out go together: a dry run writes its files to a folder.")
    return out


def _tell(report: "Report", folder: Path | None) -> None:
    """Print what was done; exit status 1 when a letter did not reach everybody."""
    for sentence in report.sentences():
        console.print(sentence, style="yellow", markup=False, soft_wrap=True)
    counts = Counter(letter.occasion.etape for letter in report.written)
    what = ", ".join(f"{count} {step}" for step, count in sorted(counts.items())) or "nothing due"
    console.print(f"{'Mailed' if folder is None else f'Written to {folder}'}: {what}.", soft_wrap=True, markup=False)
    report.check()
    if report.problems:
        raise typer.Exit(1)
