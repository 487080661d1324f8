"""What a suite asks for and what comes back; known without importing Great Expectations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from entrepot.quality.errors import CheckError
from entrepot.quality.rules import CellRule, CellSuite, Expectation, MartSuite

_ROW_COUNT = Expectation(type="expect_table_row_count_to_be_between", kwargs={"min_value": {"$PARAMETER": "minimum"}})


@dataclass(frozen=True)
class Check:
    """One expectation to run; `key` is given back with its result."""

    key: str
    expectation: Expectation
    champ: str | None = None


@dataclass(frozen=True)
class Result:
    """What came out of one check: the failing rows (asked-for columns), and what was observed where one figure is."""

    key: str
    passed: bool
    rows: Sequence[Mapping[str, Any]]
    observed: object

    @property
    def failing(self) -> int | None:
        """How many rows fail, where the check counts rows."""
        return self.observed if isinstance(self.observed, int) else None


def options(parameters: Mapping[str, str]) -> str:
    """Parameters of a connection, such as `search_path`, as libpq takes them."""
    return " ".join(f"-c {name}={value}" for name, value in parameters.items())


def row_count_check(suite: CellSuite | MartSuite) -> Check:
    """The first check of a suite: at least so many rows, or else every other rule would pass on nothing."""
    return Check(suite.row_count_code, _ROW_COUNT)


def planned(suite: CellSuite) -> Iterator[tuple[Check, CellRule | None, str | None]]:
    """The expectations of a suite, its row count first: an empty table passes every other."""
    yield row_count_check(suite), None, None
    for rule in suite.regles:
        expectation = _with_thresholds(rule.expectation, suite.seuils)
        for champ in rule.fields:
            yield Check(f"{rule.code} {champ or ''}".strip(), expectation, champ), rule, champ


def _with_thresholds(expectation: Expectation, thresholds: Mapping[str, float]) -> Expectation:
    """An expectation whose condition names thresholds between braces, with their values."""
    condition = expectation.kwargs.get("condition")
    if condition is None:
        return expectation
    for name, value in thresholds.items():
        condition = condition.replace(f"{{{name}}}", f"{value:g}")
    return expectation.model_copy(update={"kwargs": {**expectation.kwargs, "condition": condition}})


def counted(suite: CellSuite | MartSuite, results: Sequence[Result]) -> int:
    """How many rows the checks of a suite looked at, as its row count observed."""
    return next(int(str(result.observed)) for result in results if result.key == suite.row_count_code)


def minimum_rows(connection: psycopg.Connection[Any], table: str, query: str, values: Mapping[str, object]) -> int:
    """The least number of rows a table can hold, as the query of its suite says.

    Raises:
        CheckError: the query cannot be run.
    """
    try:
        row = connection.execute(query, values).fetchone()
    except psycopg.Error as error:
        raise CheckError(f"The number of rows due in {table} cannot be computed: {error}") from error
    assert row is not None
    return int(row[0])
