"""Commands for what senders are answered: `entrepot answer`, `entrepot finding list`, `entrepot finding lift`."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entrepot.errors import EntrepotError
from entrepot.inert import in_terminal
from entrepot.settings import Settings

console = Console(highlight=False)
finding = typer.Typer(no_args_is_help=True, help="What is wrong in the files received, and what became of it.")
LONGEST_CELL = 1000  # the longest answer
STYLES = {"structure": "red", "valeur": "red", "suspicion": "yellow"}


def answer(
    receipt: Annotated[int, typer.Argument(help="The receipt, as `entrepot receive` prints it.")],
    out: Annotated[Path, typer.Option(help="File to write, an .xlsx.")],
) -> None:
    """Write the marked copy of a file: the sender's own workbook, faulty cells marked, with a sheet « Retour ANCT »."""
    from entrepot import pipeline
    from entrepot.receipts.store import ByteStore
    from entrepot.sender.marked_copy import marked_copy
    from entrepot.warehouse.engine import connect

    settings = Settings()
    pipeline.open_warehouse(settings)
    with connect(settings) as connection:
        copy = marked_copy(connection, ByteStore(settings.store_url), receipt, settings.dictionary_url)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(copy.content)
    except OSError as error:
        raise EntrepotError(f"{out} cannot be written: {error.strerror or error}.") from None
    console.print(f"{out}", soft_wrap=True, markup=False)


@finding.command("list", epilog="Example: `entrepot finding list --territoire cde-045 --trimestre 2023-T4`")
def list_findings(
    territoire: Annotated[str, typer.Option(help="The cité, such as cde-045.")],
    trimestre: Annotated[str, typer.Option(help="The quarter, such as 2023-T4.")],
) -> None:
    """List the findings of the files of a territory and quarter, each where it was last found, published or not."""
    from entrepot import pipeline
    from entrepot.sender.findings import followed
    from entrepot.warehouse.engine import connect

    settings = Settings()
    pipeline.open_warehouse(settings)
    with connect(settings) as connection:
        found = followed(connection, territoire, trimestre)
    table = Table(title=f"Findings of {territoire}, {trimestre}", title_justify="left")
    # It is copied to another command: never cut, however narrow the terminal is.
    table.add_column("reference", min_width=max((len(one.reference) for one in found), default=0))
    for column in ("rule", "place", "seen", "state", "since", "answer or reason"):
        table.add_column(column, overflow="fold")
    for one in found:
        place = " ".join(filter(None, (one.feuille, one.cellule)))
        cells = (one.seen, one.etat, f"{one.etat_depuis:%Y-%m-%d}", one.motif_levee or one.reponse or "")
        shown = (in_terminal(cell, LONGEST_CELL) for cell in (place, *cells))
        table.add_row(one.reference, Text(one.regle, style=STYLES[one.severite]), *shown)
    console.print(table)


@finding.command(epilog='Example: `entrepot finding lift R123-0A1B2C3D4E --reason "vérifié avec la préfecture"`')
def lift(
    reference: Annotated[str, typer.Argument(help="The finding, as `entrepot finding list` prints it.")],
    reason: Annotated[str, typer.Option(help="Why, in French: the sender reads it.")],
) -> None:
    """Lift a finding: nothing is expected of its sender any more, as long as the value stays. Figures do not change."""
    from entrepot import pipeline
    from entrepot.sender.findings import lift as lift_finding
    from entrepot.warehouse.engine import connect

    settings = Settings()
    pipeline.open_warehouse(settings)
    with connect(settings) as connection:
        lifted = lift_finding(connection, reference, reason, getpass.getuser())
    console.print(f"{lifted.reference} ({lifted.regle}) is lifted.")
