"""Commands that make again what was published, and compare: `entrepot replay`, `entrepot release rebuild`."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.inert import in_terminal
from entrepot.settings import Settings

if TYPE_CHECKING:
    from entrepot.warehouse.comparison import Comparison
    from entrepot.warehouse.replay import Replayed

console = Console(highlight=False)
Keep = Annotated[bool, typer.Option(help="Leave the database of the replay there; the next replay drops it.")]


def replay(keep: Keep = False) -> None:
    """Make the whole warehouse again from the receipts, in a database of its own, and compare every mart.

    Readers keep theirs meanwhile. Exit status 1 when a mart differs.
    """
    from entrepot.warehouse.replay import compare_release

    settings = Settings()
    with _replayed(settings, keep=keep) as replayed:
        marts = list(compare_release(settings, replayed, _keys(settings)))
    table = Table(title="Marts of the release that readers see", title_justify="left")
    for column in ("mart", "rows", "digest original", "digest replay", "equal"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for mart in marts:
        sides = [side.digest if side else "(missing)" for side in (mart.original, mart.replay)]
        rows = [f"{side.rows}" for side in (mart.original, mart.replay) if side]
        table.add_row(mart.mart, " / ".join(dict.fromkeys(rows)), *sides, "yes" if mart.equal else "[red]no[/]")
    console.print(table)
    different = [mart for mart in marts if not mart.equal]
    if different:
        console.print(_examples("First differences", different))
    if different or replayed.verdicts or replayed.derived:
        raise typer.Exit(1)
    console.print(f"Release {replayed.release} and its replay are equal: {len(marts)} marts.")


def rebuild(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID…", help="Releases to make again.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every published release.")] = False,
    keep: Keep = False,
) -> None:
    """Make releases again from the receipts, and compare them row by row with what was published.

    Exit status 1 when a release that today's method made differs.
    """
    from entrepot.warehouse.rebuild import rebuild as rebuilt_releases
    from entrepot.warehouse.rebuild import wanted

    if bool(numbers) == every:
        raise EntrepotError("Give the numbers of the releases to make again, or --all.")
    settings = Settings()
    chosen = wanted(settings, numbers or ())
    failed = False
    with _replayed(settings, keep=keep) as replayed:
        for rebuilt in rebuilt_releases(settings, replayed, _keys(settings), chosen):
            failed |= bool(rebuilt.different) and rebuilt.same_method
            style = "green" if not rebuilt.different else "red" if rebuilt.same_method else "yellow"
            console.print(rebuilt.sentence, style=style, soft_wrap=True, markup=False)
            if rebuilt.different:
                console.print(_examples("First differences", rebuilt.different))
    console.print(
        "Left out: marts that keep no rows of old releases (`provenance`, `suivi_constats`, `qualite_…`), which tell"
        " what they do when read.",
        style="dim",
        soft_wrap=True,
    )
    if failed:
        raise typer.Exit(1)


@contextmanager
def _replayed(settings: Settings, *, keep: bool) -> "Iterator[Replayed]":
    """One replay, with its steps shown, and what it says before any mart is compared."""
    from entrepot import pipeline
    from entrepot.warehouse.replay import replay_database

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with replay_database(settings, keep=keep) as there:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("Replaying", total=None)
            replayed = pipeline.replay(
                settings,
                there,
                lambda step, done, total: bar.update(task, description=step, completed=done or 0, total=total),
            )
        if replayed.other_method:
            console.print(
                f"[yellow]Release {replayed.release} was made by another method than today's[/]"
                f" ({escape(replayed.other_method)}): differences may come from the method.",
                soft_wrap=True,
            )
        if replayed.verdicts:
            table = Table(title="Receipts that are judged otherwise", title_justify="left")
            for column in ("receipt", "file", "original", "replay"):
                table.add_column(column)
            for verdict in replayed.verdicts:
                table.add_row(
                    str(verdict.recepisse_id), *map(in_terminal, (verdict.name, verdict.original, verdict.replay))
                )
            console.print(table)
        if replayed.derived:
            console.print(f"[red]Corrections give {replayed.derived} derived receipts that the original lacks.[/]")
        yield replayed
        if keep:
            console.print(f"The replay stays in the database {replayed.database}.")


def _examples(title: str, marts: "Iterable[Comparison]") -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("mart", "key", "column", "original", "replay"):
        table.add_column(column)
    for mart in marts:
        for example in mart.examples:
            table.add_row(mart.mart, *map(escape, (example.key, example.column, example.original, example.replay)))
    return table


def _keys(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    from entrepot.restitution.figures import catalogue

    return {mart: shape.key for mart, shape in catalogue(settings.dbt_dir).items()}
