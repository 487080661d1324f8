"""The inventory of rules: every rule once, and what each says of itself."""

from collections import Counter

import pytest
from typer.testing import CliRunner

from entrepot import rule_cli
from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.quality.rules import load_suites
from entrepot.settings import PROJECT_DIR

SUITES = load_suites(PROJECT_DIR / "expectations")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_cli.console, "width", 400)


def _said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["rule", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_the_list_counts_every_rule_and_every_opening_check() -> None:
    by_severity = Counter(str(getattr(rule, "severite", "")) for rule in SUITES.rules())
    by_severity["interne"] += len(SUITES.cells)
    by_severity["bloquant"] += len(SUITES.marts)
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in _said("list").splitlines()]
    total = next(line for line in lines if line and line[0] == "total")
    said = dict(part.split(" ", 1)[::-1] for part in total[2].split(", "))
    assert {severity: int(number) for severity, number in said.items()} == by_severity
    assert int(total[1]) == by_severity.total()
    table = next(line for line in lines if line and line[0] == "ctl_actions")
    assert int(table[1]) == 1 + len(next(suite.regles for suite in SUITES.cells if suite.table == "ctl_actions"))


def test_the_codes_are_those_of_the_files() -> None:
    shown = _said("list", "--codes")
    for rule in SUITES.rules():
        assert f"│ {rule.code} │" in shown


def test_a_rule_says_what_it_expects_who_mends_it_and_how_it_is_checked() -> None:
    shown = _said("show", "gou-01")
    for text in ("suspicion", "etp plausible : 20", "la cité", "expect_column_values_to_be_between", "question is etp"):
        assert text in shown


def test_a_rule_of_the_reader_has_no_expectation() -> None:
    assert "the reader of workbooks" in _said("show", "STR-01")


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(EntrepotError, match="There is no rule ACT-99"):
        _said("show", "ACT-99")
