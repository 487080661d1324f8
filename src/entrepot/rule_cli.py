"""The commands `entrepot rule list` and `entrepot rule show`: the inventory of rules, from the rules themselves."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.settings import Settings

if TYPE_CHECKING:
    from entrepot.dictionary.rules_shown import RuleShown, Sentence
    from entrepot.quality.rules import Suites

console = Console(highlight=False)
rule = typer.Typer(no_args_is_help=True, help="The rules of `expectations/`: what must hold, and who mends it.")


@rule.command("list", epilog="Examples: `entrepot rule list` · `entrepot rule list --codes`")
def list_rules(
    codes: Annotated[bool, typer.Option("--codes", help="List each rule, not how many there are.")] = False,
) -> None:
    """Count the rules by table and severity, the checks that open the suites included."""
    rules = _by_table(_suites())
    if codes:
        table = Table("code", "table", "gravité", "corrigé par", "phrase", title="Rules", title_justify="left")
        for name, group in rules.items():
            for one in group:
                table.add_row(one.code, name, one.severity, one.who, escape(_text(one.sentence)))
        console.print(table)
        return
    counts = {name: Counter(one.severity for one in group) for name, group in rules.items()}
    table = Table("table", title="Rules by table and severity", title_justify="left")
    table.add_column("rules", justify="right")
    table.add_column("by severity")
    for name, count in counts.items():
        table.add_row(name, str(count.total()), _counted(count))
    everything = sum(counts.values(), Counter[str]())
    table.add_section()
    table.add_row("total", str(everything.total()), _counted(everything))
    console.print(table)


def _counted(count: Counter[str]) -> str:
    return ", ".join(f"{number} {severity}" for severity, number in count.most_common())


@rule.command(epilog="Example: `entrepot rule show ACT-09`")
def show(code: Annotated[str, typer.Argument(help="Code of the rule, as findings bear it.")]) -> None:
    """Show all that a rule says of itself (in French), and what it expects of the data."""
    suites = _suites()
    found = next(
        ((name, one) for name, group in _by_table(suites).items() for one in group if one.code == code.upper()), None
    )
    if found is None:
        raise EntrepotError(f"There is no rule {code}: see `entrepot rule list --codes`.")
    name, one = found
    table = Table(show_header=False, title=f"{one.code} ({name})", title_justify="left")
    said = {
        "gravité": one.severity,
        "phrase": _text(one.sentence),
        "attendu": _text(one.expected),
        "champs": ", ".join(f"{field.table} › {field.label}" for field in one.fields),
        "seuils": ", ".join(f"{threshold} : {value}" for threshold, value in one.thresholds),
        "corrigé par": one.who,
        "lu par": one.audience,
        "raison": one.why,
        "origine": one.origin,
        "depuis": one.since,
        "à savoir": " ".join(one.notes),
        "vérifiée par": _check(suites, one.code),
    }
    for label, text in said.items():
        if text:
            table.add_row(label, escape(text))
    console.print(table)


def _suites() -> "Suites":
    from entrepot.quality.rules import load_suites

    return load_suites(Settings().expectations_dir)


def _by_table(suites: "Suites") -> "dict[str, list[RuleShown]]":
    from entrepot.dictionary.rules_shown import audiences

    rules: dict[str, list[RuleShown]] = {}
    for audience in audiences(suites):
        for group in audience.groups:
            rules.setdefault(group.table, []).extend(group.rules)
    return {name: sorted(rules[name], key=lambda one: one.code) for name in sorted(rules)}


def _text(sentence: "Sentence") -> str:
    return "".join(part.text for part in sentence)


def _check(suites: "Suites", code: str) -> str:
    """What Great Expectations is asked, or who checks instead."""
    from entrepot.quality.rules import CellRule, MartRule

    if code in suites.reader:
        return "the reader of workbooks"
    for suite in (*suites.cells, *suites.marts):
        if code == suite.row_count_code:
            return f"expect_table_row_count_to_be_between, at least:\n{suite.minimum.strip()}"
        for one in suite.regles:
            if one.code == code and isinstance(one, CellRule | MartRule):
                lines = [one.expectation.type, *(f"{key}: {value}" for key, value in one.expectation.kwargs.items())]
                lines += [f"where {column} is {value}" for column, value in one.expectation.row_condition.items()]
                return "\n".join(lines)
    raise LookupError(code)
