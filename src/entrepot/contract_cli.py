"""Commands on what the marts promise to their readers."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from entrepot.settings import Settings

contract = typer.Typer(no_args_is_help=True, help="What the marts promise to their readers (docs/contrats.md).")
console = Console(highlight=False)


@contract.command(epilog="Example: `entrepot contract check`")
def check() -> None:
    """Check the dbt project against its conventions, and the marts against what readers were told (no database)."""
    from entrepot.contracts import conventions, ledger
    from entrepot.contracts.project import read_project

    settings = Settings()
    project = read_project(settings)
    conventions.check(project, settings)
    ledger.check(settings, project, datetime.now(UTC).date())
    console.print(
        f"{len(project.nodes)} models, seeds, sources and functions; {len(project.marts)} marts as announced."
    )


@contract.command("list", epilog="Example: `entrepot contract list`")
def list_contracts() -> None:
    """List the marts, the version and key of each, until when it is there, and who reads it."""
    from entrepot.contracts.project import read_project

    project = read_project(Settings())
    table = Table(title="Contracts", title_justify="left")
    for column in ("mart", "version", "columns", "key", "to be retired", "read by"):
        table.add_column(column)
    for mart in project.marts.values():
        table.add_row(
            mart.name, str(mart.version), str(len(mart.columns)), ", ".join(mart.key), str(mart.retired_on or ""),
            ", ".join(project.readers(mart)),
        )  # fmt: skip
    console.print(table)


@contract.command(epilog='Example: `entrepot contract accept --reason "Le coût de l\'État est à part."`')
def accept(
    reason: Annotated[
        str,
        typer.Option(help="What changes for readers and what they have to do, in French: told in docs/contrats.md."),
    ] = "",
) -> None:
    """Announce to readers what changed in the marts; refuses what would break them without a new version."""
    from entrepot.contracts import ledger
    from entrepot.contracts.project import read_project

    settings = Settings()
    changes = ledger.accept(settings, read_project(settings), reason, datetime.now(UTC).date())
    for change in changes:
        console.print(f"{change.mart}: {change.text}", soft_wrap=True)
    console.print(f"Changes announced: {len(changes)}.")
