"""No rule is without a case that breaks it, whoever checks it: cells, marts or the reader."""

from dataclasses import replace
from typing import Any

from entrepot.quality.rules import MartRule, Suites, load_suites
from entrepot.settings import PROJECT_DIR
from tests.cas.model import all_cases
from tests.quality import test_audit, test_staged

SUITES = load_suites(PROJECT_DIR / "expectations")
# Promises of staging to itself, broken in `test_a_reading_that_no_rule_knows_is_our_fault`.
INTERNAL = {"LEC-90"}
# Rules of the reader that no workbook filled in by a cité breaks: where each is broken.
ELSEWHERE = {
    "STR-09": "tests/receipts/test_readers.py::test_a_file_too_large_is_refused_by_its_size",
    "STR-10": "tests/forms/test_pactes.py::test_a_list_without_a_column_it_cannot_do_without",
    "STR-11": "tests/receipts/test_readers.py::test_a_file_that_passes_a_bound_is_refused_and_the_next_loads",
}


def _without_case(suites: Suites) -> set[str]:
    read = {
        finding.split()[0]
        for case in all_cases()
        for findings in (case.constats, *(cell.constats for cell in (*case.cellules, *case.lus)))
        for finding in findings
    }
    cells = {name.split()[0] for name in test_staged.CASES} | INTERNAL
    keys = {
        rule.code
        for suite in suites.marts
        for rule in suite.regles
        if test_audit.is_key(rule)  # broken there by doubling a row
    }
    reader = set(suites.reader)
    return (
        {rule.code for rule in suites.rules()}
        - cells
        - keys
        - set(test_audit.FAULTS)
        - (read & reader)
        - set(ELSEWHERE)
    )


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert _without_case(SUITES) == set()


def test_what_is_broken_elsewhere_is_there() -> None:
    for code, place in ELSEWHERE.items():
        path, _, test = place.partition("::")
        body = (PROJECT_DIR / path).read_text("utf-8").split(f"def {test}(")[1].split("\ndef ")[0]
        assert code in body, place


def test_a_rule_added_without_a_case_is_named() -> None:
    reader = {**SUITES.reader, "STR-99": SUITES.reader["STR-01"].model_copy(update={"code": "STR-99"})}
    first, *others = SUITES.cells
    cell = first.regles[0].model_copy(update={"code": "ZZZ-98"})
    grown = first.model_copy(update={"regles": [*first.regles, cell]})
    mart = next(suite for suite in SUITES.marts if suite.table == "fct_actions")
    added: dict[str, Any] = {"code": "FAC-97"}
    rule: MartRule = next(rule for rule in mart.regles if rule.code == "FAC-02").model_copy(update=added)
    marts = tuple(
        suite.model_copy(update={"regles": [*suite.regles, rule]}) if suite is mart else suite for suite in SUITES.marts
    )
    suites = replace(SUITES, cells=(grown, *others), marts=marts, reader=reader)
    assert _without_case(suites) == {"STR-99", "ZZZ-98", "FAC-97"}
