"""Commands that write documentation out of what the project is made of: `docs`, `dictionary`, `data-docs`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from entrepot.settings import Settings

console = Console(highlight=False)

Out = Annotated[Path, typer.Option(help="Folder of the pages; made if missing.")]
Serve = Annotated[bool, typer.Option("--serve", help="Serve them on this machine until interrupted.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port served on; 0 takes a free one.")]


def docs(out: Out, serve: Serve = False, port: Port = 0) -> None:
    """Write the dbt docs (in French) as one page: tables, columns, lineage, readers. Needs no database."""
    from entrepot.contracts import site
    from entrepot.contracts.project import read_project

    console.print(f"{site.build(read_project(Settings()), out)}", soft_wrap=True)
    _serve(out, serve=serve, port=port)


def dictionary(out: Out, serve: Serve = False, port: Port = 0) -> None:
    """Write the dictionary of rules and of the form (in French) as one page. Needs no database."""
    from entrepot.dictionary.page import write_dictionary
    from entrepot.sender.calendar import today

    page = write_dictionary(Settings(), out, today())
    console.print(f"{page}", soft_wrap=True)
    _serve(out, serve=serve, port=port)


def data_docs(out: Out, serve: Serve = False, port: Port = 0) -> None:
    """Write the Data Docs of Great Expectations: every suite, and what the published release came to, in counts."""
    from entrepot.quality.site import write_data_docs

    with console.status("Writing…"):
        page = write_data_docs(Settings(), out)
    console.print(f"{page}", soft_wrap=True)
    _serve(out, serve=serve, port=port)


def _serve(folder: Path, *, serve: bool, port: int) -> None:
    if serve:
        from entrepot import local_server

        local_server.serve(folder, port, console.print)
