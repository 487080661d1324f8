"""The command `entrepot sample-check`: were all planted faults found, and nothing else?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from entrepot.inert import in_terminal
from entrepot.settings import Settings

console = Console(highlight=False)
EXAMPLES = 3


def sample_check(
    ledger: Annotated[Path, typer.Argument(help="The `verite.json` that `entrepot sample` wrote beside the files.")],
    every: Annotated[bool, typer.Option("--all", help="Also list the rules that no fault was planted for.")] = False,
) -> None:
    """Compare findings with the faults planted in a sample: precision and recall by rule.

    Exit status 1 when a fault was missed or a finding is false.
    """
    from entrepot.sample.check import compare
    from entrepot.sample.never import never_planted
    from entrepot.warehouse.engine import connect

    settings = Settings()
    with connect(settings) as connection:
        comparison = compare(connection, ledger)
    table = Table("rule", title="Faults planted in the sample", title_justify="left")
    for column in ("planted", "found", "missed", "false", "precision", "recall"):
        table.add_column(column, justify="right")
    for rule, score in comparison.scores.items():
        counts = (score.planted, score.found, len(score.missed), len(score.false))
        table.add_row(rule, *map(str, counts), _share(score.precision), _share(score.recall))
    console.print(table)
    for rule, score in comparison.scores.items():
        for what, findings in (("missed", score.missed), ("false", score.false)):
            for finding in findings[:EXAMPLES]:
                console.print(f"{rule} {what}: {in_terminal(str(finding))}", soft_wrap=True)
    if every:
        unplanted = Table("rules", "why", title="Never planted", title_justify="left", show_lines=True)
        for group in never_planted(settings.expectations_dir, comparison.scores):
            unplanted.add_row(" ".join(group.codes), group.why)
        console.print(unplanted)
    console.print(f"Cells that must be read without a word: {comparison.silent}.")
    console.print(f"{comparison}", style="green" if comparison.exact else "red")
    if not comparison.exact:
        raise typer.Exit(1)


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"
