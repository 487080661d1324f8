"""Every rule on cells made weaker, in each way a careless edit would: some case that breaks it must then pass.

A rule whose cases are all still found is guarded by cases that are too coarse: the edit would go unnoticed.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from entrepot.quality.gx import checker
from entrepot.quality.plan import Check, planned
from entrepot.quality.rules import CellSuite, Expectation

from .test_staged import CASES, SUITES

# A comparison between a column or a number and what may stand on the other side of it.
COMPARISON = re.compile(r"(\b[\w.]+(?:\([\w.]+\))?) (>=|<=|<|>) ([\w.]+(?: \* \w+)*)")
LOOSER = {"<=": "{} <= {} + 1", ">=": "{} + 1 >= {}", "<": "{} < {} + 1", ">": "{} + 1 > {}"}
# Sound rows of the kinds that only some rules look at.
SOUND = (
    "update preparation.ctl_identifications set date_arrete_precedente = arrete_au",
    "update preparation.ctl_beneficiaires set indicateur = 'touches_frein' where public = 'ensemble'",
    "update preparation.stg_elements set generation = '2024', generation_attendue = '2024'"
    " where millesime = '2024' and champ = 'qpv_concernes'",
)


def weaker(expectation: Expectation) -> Iterator[tuple[str, Expectation]]:
    """Each way of letting a little more pass, and what it is."""

    def changed(said: str, **kwargs: Any) -> tuple[str, Expectation]:
        return said, expectation.model_copy(update={"kwargs": {**expectation.kwargs, **kwargs}})

    kwargs = expectation.kwargs
    yield changed("nine rows of ten are enough", mostly=0.9)
    if expectation.type == "expect_column_values_to_not_be_in_set":
        for item in kwargs["value_set"]:
            others = [other for other in kwargs["value_set"] if other != item]
            yield changed(f"{item} is forgotten", value_set=others or ["nothing"])
    for bound, step in (("min_value", -1), ("max_value", 1)):
        if isinstance(limit := kwargs.get(bound), int | float):
            yield changed(f"{bound} one further", **{bound: limit + step})
    if expectation.type == "expect_column_pair_values_a_to_be_greater_than_b":
        columns = [kwargs["column_A"], kwargs["column_B"]]
        loosened = {"column_list": columns, "condition": f"{columns[0]} + 1 >= {columns[1]}"}
        yield (
            "one more is let through",
            Expectation(
                type="expect_rows_to_satisfy_condition", kwargs=loosened, row_condition=expectation.row_condition
            ),
        )
    for found in COMPARISON.finditer(condition := kwargs.get("condition", "")):
        left, sign, right = found.groups()
        looser = condition[: found.start()] + LOOSER[sign].format(left, right) + condition[found.end() :]
        yield changed(f"{found.group()} by one", condition=looser)


def _variants(suite: CellSuite) -> Iterator[tuple[str, str, Check]]:
    """Rule and field, how it is weakened, and the check it becomes."""
    for check, rule, _ in planned(suite):
        if rule is None or rule.severite == "interne":
            continue
        # A threshold named by its parameter is a bound as any other.
        kwargs = {
            name: suite.seuils[value["$PARAMETER"]] if isinstance(value, dict) else value
            for name, value in check.expectation.kwargs.items()
        }
        named = check.expectation.model_copy(update={"kwargs": kwargs})
        for said, expectation in weaker(named):
            yield check.key, said, Check(f"{check.key}: {said}", expectation, check.champ)


def test_a_rule_made_weaker_misses_one_of_its_cases(staged: Any, add_return: Callable[[int, str], None]) -> None:
    receipts: dict[str, list[int]] = defaultdict(list)
    # Sound files beside the cases, so that one broken row is less than one in ten of those a rule looks at.
    for receipt, kind in enumerate(("2022", "2024", "pactes", "corrections") * 30, start=201):
        add_return(receipt, kind)
    for statement in SOUND:
        staged.connection.execute(statement)
    for receipt, (case, (_, _, fault)) in enumerate(CASES.items(), start=401):
        add_return(receipt, fault.millesime)
        staged.connection.execute(fault.statement, {"r": receipt})
        receipts[case.partition(" #")[0]].append(receipt)
    staged.connection.commit()
    coarse, tried = [], 0
    queries = {suite.table: f"select * from {suite.table}" for suite in SUITES.cells}
    with checker(staged.url, {"search_path": "preparation"}, queries) as checks:
        for suite in SUITES.cells:
            variants = {check.key: (rule, check) for rule, _, check in _variants(suite)}
            results = checks.check(suite.table, [check for _, check in variants.values()], ["recepisse_id"], {})
            for result in results:
                tried += 1
                found = {row["recepisse_id"] for row in result.rows}
                if found.issuperset(receipts[variants[result.key][0]]):
                    coarse.append(result.key)
    assert coarse == []
    assert tried > 2 * len(SUITES.cells)
