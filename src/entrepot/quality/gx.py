"""Checks by Great Expectations, known to this module and `gx_site` alone: import them in functions, it takes seconds.

A check that cannot be computed (a missing column, a broken condition) is a fault of ours: Great Expectations would
report it as a failed expectation with an exception inside, so every result is looked at for one.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

import great_expectations as gx
import sqlalchemy
import sqlalchemy.exc
from great_expectations.core import ExpectationSuite
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.result_format import ResultFormat
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.interfaces import TestConnectionError
from great_expectations.datasource.fluent.postgres_datasource import PostgresDatasource
from great_expectations.datasource.fluent.sql_datasource import QueryAsset
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import Expectation, MulticolumnMapExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)
from great_expectations.expectations.row_conditions import AndCondition, Column
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType
from great_expectations.validator.v1_validator import Validator

from entrepot.quality.errors import CheckError
from entrepot.quality.plan import Check, Result, options

# Great Expectations returns at most `partial_unexpected_count` failing rows, 20 unless told; results are counted too.
EVERY_ROW = 2**31 - 1


class MulticolumnValuesSatisfyCondition(MulticolumnMapMetricProvider):
    """Metric of `ExpectRowsToSatisfyCondition`."""

    condition_metric_name = "multicolumn_values.satisfy_condition"
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("condition",)

    @multicolumn_condition_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(cls, _columns: Any, condition: str, **_: Any) -> sqlalchemy.ColumnElement[bool]:  # noqa: N805
        return sqlalchemy.literal_column(f"({condition})", sqlalchemy.Boolean)


class ExpectRowsToSatisfyCondition(MulticolumnMapExpectation):
    """Expect each row to satisfy a condition between its columns, written in SQL.

    ExpectRowsToSatisfyCondition is a Multicolumn Map Expectation: the rows that do not satisfy it are given back. A row
    for which the condition is unknown (it compares a missing value) passes: a rule between two cells is silent
    where one of them is empty or rejected.

    Args:
        column_list: the columns the condition reads.
        condition: an SQL condition on one row.

    Other Parameters:
        mostly: share of the rows that must satisfy it, all of them unless told.
        row_condition: the rows looked at.

    See Also:
        [ExpectColumnPairValuesAToBeGreaterThanB](https://greatexpectations.io/expectations/expect_column_pair_values_a_to_be_greater_than_b)
    """

    condition: str
    ignore_row_if: str = "never"  # type: ignore[assignment]

    library_metadata: ClassVar[dict[str, str | list[str] | bool]] = {
        "maturity": "production",
        "tags": ["multi-column expectation"],
        "contributors": [],
        "requirements": [],
        "has_full_test_suite": True,
        "manually_reviewed_code": True,
    }

    map_metric: ClassVar[str] = "multicolumn_values.satisfy_condition"
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_list", "condition")

    class Config:
        """Of pydantic, as in the expectations of the library."""

        title = "Expect rows to satisfy a condition"

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration[Any]) -> RendererConfiguration[Any]:
        """What Data Docs say of it where nobody gave a sentence."""
        renderer_configuration.add_param(name="condition", param_type=RendererValueType.STRING)
        renderer_configuration.template_str = "Each row must satisfy: $condition"
        return renderer_configuration


class Checker:
    """Runs checks on the rows of queries of one database, over a single connection."""

    def __init__(self, datasource: PostgresDatasource) -> None:
        self._datasource = datasource

    def check(
        self, name: str, checks: Iterable[Check], columns: Sequence[str], parameters: Mapping[str, float]
    ) -> list[Result]:
        """Run checks on the rows of a query, which is computed once.

        Args:
            name: the query's, among those the checker was opened on.
            checks: what to check.
            columns: columns to give back for each failing row; none: failing rows are counted only.
            parameters: values of the `$PARAMETER`s of the expectations.

        Raises:
            CheckError: a check could not be computed, or not all failing rows came back.
        """
        with _ours(name):
            batch = self._datasource.get_asset(name).get_batch_definition(name)
            return _run(name, batch, list(checks), columns, parameters)


def project(**more: Any) -> DataContextConfig:
    """A project of Great Expectations that keeps nothing and tells nobody; `more` is what else it has."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        **more,
    )


@contextmanager
def checker(url: str, parameters: Mapping[str, str], queries: Mapping[str, str]) -> Iterator[Checker]:
    """Open a checker on queries of a database; none is computed before it is checked.

    Args:
        url: `postgresql://…`, without driver.
        parameters: of the connection, such as `search_path`, the schemas where tables named without one are looked for.
        queries: each a `select` whose rows are checked, by name.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = gx.get_context(
            mode="ephemeral",
            project_config=project(),
        )
        datasource = context.data_sources.add_postgres(
            "entrepot",
            # A dollar would be read as a reference to a configuration variable.
            connection_string=url.replace(f"{urlsplit(url).scheme}://", "postgresql+psycopg://", 1).replace("$", "%24"),
            create_temp_table=True,
            # All at once: Great Expectations writes its project down again after each one that is added.
            assets=[
                QueryAsset(name=name, query=query, batch_definitions=[BatchDefinition(name=name)])
                for name, query in queries.items()
            ],
            kwargs={  # type: ignore[call-arg]
                # Temporary tables belong to one connection: with a second one, checks would not see them.
                "pool_size": 1,
                "max_overflow": 0,
                "connect_args": {"options": options(parameters), "application_name": "entrepot-checks"},
            },
        )
        try:
            yield Checker(datasource)
        finally:
            datasource.get_execution_engine().engine.dispose()
            datasource.get_engine().dispose()


@contextmanager
def _ours(name: str) -> Iterator[None]:
    """Anything that breaks while a table is checked is a fault of ours: a missing table, a wrong query."""
    try:
        yield
    except (GreatExpectationsError, TestConnectionError, sqlalchemy.exc.SQLAlchemyError) as error:
        raise CheckError(f"{name} cannot be checked: {str(error).splitlines()[0]}") from error


def _run(
    name: str,
    batch: BatchDefinition[Any],
    checks: Sequence[Check],
    columns: Sequence[str],
    parameters: Mapping[str, float],
) -> list[Result]:
    """Ask first which checks pass, then for the failing rows of the others: what most rows pass costs little."""
    validator = Validator(batch, result_format=ResultFormat.BOOLEAN_ONLY)
    passed = {key for key, outcome in _validated(validator, name, checks, parameters) if outcome.success}
    validator.result_format = _failing_rows(columns)
    told = [check for check in checks if check.key not in passed or check.expectation.type.startswith(_WHOLE_TABLE)]
    found = {key: _result(name, key, outcome) for key, outcome in _validated(validator, name, told, parameters)}
    return [found.get(check.key) or Result(check.key, passed=True, rows=[], observed=0) for check in checks]


# Expectations on a table observe one figure, wanted whether it is as expected or not.
_WHOLE_TABLE = "expect_table_"


def _failing_rows(columns: Sequence[str]) -> dict[str, Any]:
    # Without columns to give back, counts are enough.
    if not columns:
        return {"result_format": ResultFormat.BASIC}
    return {
        "result_format": ResultFormat.COMPLETE,
        "partial_unexpected_count": EVERY_ROW,
        "unexpected_index_column_names": list(columns),
        "return_unexpected_index_query": False,
    }


def _validated(
    validator: Validator, name: str, checks: Iterable[Check], parameters: Mapping[str, float]
) -> Iterator[tuple[str, Any]]:
    """The outcome of each check, by its key.

    Raises:
        CheckError: a check could not be computed.
    """
    suite = ExpectationSuite(name=name, expectations=[configuration(check) for check in checks])
    with _remembered():
        outcomes = validator.validate_expectation_suite(suite, dict(parameters)).results
    for outcome in outcomes:
        assert outcome.expectation_config is not None
        key = outcome.expectation_config.meta["key"]
        info = outcome.exception_info or {}
        # One entry, or one per metric that could not be computed.
        for entry in [info] if "raised_exception" in info else info.values():
            if entry.get("raised_exception"):
                raise CheckError(f"Rule {key} could not be checked on {name}: {entry['exception_message']}")
        yield key, outcome


@contextmanager
def _remembered() -> Iterator[None]:
    """Let each expectation and its configuration be derived from one another once, as long as the context lasts.

    Great Expectations derives them again for every metric an expectation needs, some hundred times each, which was
    half of what checking a quarter cost. Nothing changes either while a suite is validated.
    """
    derived: tuple[tuple[type[Any], str, Any], ...] = (
        (Expectation, "configuration", Expectation.configuration),
        (ExpectationConfiguration, "to_domain_obj", ExpectationConfiguration.to_domain_obj),
    )
    kept: dict[tuple[str, int], tuple[Any, Any]] = {}

    def once(name: str, derive: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def remembered(origin: Any) -> Any:
            # The origin is kept as well: its place in memory cannot become that of another.
            key = name, id(origin)
            if key not in kept:
                kept[key] = origin, derive(origin)
            return kept[key][1]

        return remembered

    for owner, name, original in derived:
        is_property = isinstance(original, property)
        setattr(owner, name, property(once(name, original.fget)) if is_property else once(name, original))
    try:
        yield
    finally:
        for owner, name, original in derived:
            setattr(owner, name, original)


def configuration(check: Check) -> ExpectationConfiguration:
    """A check as Great Expectations takes it."""
    kwargs = _with_field(check.expectation.kwargs, check.champ)
    if conditions := [
        Column(column).is_in(value) if isinstance(value, list) else Column(column) == value
        for column, value in check.expectation.row_condition.items()
    ]:
        kwargs["row_condition"] = conditions[0] if len(conditions) == 1 else AndCondition(conditions=list(conditions))
    return ExpectationConfiguration(type=check.expectation.type, kwargs=kwargs, meta={"key": check.key})


def _with_field(value: Any, champ: str | None) -> Any:
    match value:
        case str():
            return value.replace("{champ}", champ) if champ else value
        case list():
            return [_with_field(item, champ) for item in value]
        case dict():
            return {key: _with_field(item, champ) for key, item in value.items()}
        case _:
            return value


def _result(name: str, key: str, outcome: Any) -> Result:
    found = outcome.result
    rows = found.get("unexpected_index_list") or []
    # The count of a map expectation is empty, not 0, on an empty table.
    if "unexpected_index_list" in found and len(rows) != (count := found.get("unexpected_count") or 0):
        raise CheckError(f"Rule {key} on {name}: {count} rows fail but {len(rows)} came back.")
    return Result(key, bool(outcome.success), rows, found.get("observed_value", found.get("unexpected_count")))
