"""What the quality step costs, Great Expectations' import apart, against the same checks written as plain SQL.

Ours is the step as the pipeline runs it: findings with their cells and sentences, results recorded, committed. Plain
SQL only brings the failing rows back (cells), or their number (marts): per guarded table, its rows computed once, then
one statement a rule. Both must find the same rows.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import psycopg
from history import History, Size, history
from measure import Table
from psycopg import sql

from entrepot.quality.audit import PLANNING_OF_MANY_ROWS, audit_candidate, mart_checks
from entrepot.quality.gx import checker
from entrepot.quality.plan import Check, options, planned
from entrepot.quality.rules import CellSuite, Expectation, Suites, load_suites
from entrepot.quality.staged import check_staged
from entrepot.warehouse.releases import ROOM

# A quarter of 84 returns, and a whole history.
SIZES = (Size(1, 84), Size(12, 84))
ROUNDS = 3

# How many rows break each rule, by its code and field.
Failing = dict[str, int]


def measure(sizes: Sequence[Size]) -> Table:
    """Seconds of both ways, in turn, for the checks of staged returns and for the audit of a whole release."""
    rows: list[tuple[str, ...]] = []
    for size in sizes:
        with history(size) as known:
            suites = load_suites(known.settings.expectations_dir)
            in_all: list[list[float]] = []
            expectations = 0
            for name, ours, plain, by_gx in (
                ("checks of returns", _check, _check_plainly, _check_by_gx),
                ("audit of a release", _audit, _audit_plainly, _audit_by_gx),
            ):
                if (wanted := by_gx(known, suites)) != (found := plain(known, suites)):
                    raise SystemExit(f"The ways differ: {sorted(set(wanted.items()) ^ set(found.items()))}")
                ways = partial(ours, known, suites), partial(plain, known, suites)
                spent = _in_turn(*ways, partial(_forget, known, suites))
                rows.append(_row(f"{name}, {size}", known, len(found), *spent))
                in_all, expectations = [*in_all, spent], expectations + len(found)
            rows.append(_row(f"in all, {size}", known, expectations, *map(sum, zip(*in_all, strict=True))))
    return Table(
        ("what, quarters × territories", "returns", "expectations", "entrepot, s", "plain SQL, s", "× plain SQL"),
        rows,
        f"Median of {ROUNDS} rounds in turn, in one process, libraries imported; everything is checked again in each"
        " round. Both ways find the same failing rows, rule by rule.",
    )


def _row(name: str, known: History, expectations: int, ours: float, plain: float) -> tuple[str, ...]:
    returns = f"{known.counts['accepted']:,}".replace(",", " ")
    return name, returns, str(expectations), f"{ours:.2f}", f"{plain:.2f}", f"{ours / plain:.1f}"


def _in_turn(ours: Callable[[], None], plain: Callable[[], object], forget: Callable[[], None]) -> list[float]:
    """Median seconds of each way; ours comes last, and leaves everything checked for the next part."""
    spent: dict[Callable[[], object], list[float]] = {ours: [], plain: []}
    for _ in range(ROUNDS):
        forget()
        for way in (plain, ours):
            start = time.perf_counter()
            way()
            spent[way].append(time.perf_counter() - start)
    return [median(times) for times in spent.values()]


def _forget(known: History, suites: Suites) -> None:
    """Make every staged receipt unchecked again."""
    with psycopg.connect(known.server.url()) as connection:
        connection.execute("delete from entrepot.traitement where etape = 'controle'")
        connection.execute("delete from entrepot.constat where not regle = any(%s)", [list(suites.reader)])


def _check(known: History, suites: Suites) -> None:
    check_staged(known.server.url(), suites)


def _audit(known: History, suites: Suites) -> None:
    audit_candidate(known.server.url(), ROOM, _release(known), suites)


def _release(known: History) -> int:
    return int(known.rows("select max(parution_id) from entrepot.parution where statut = 'publiee'")[0][0])


def _lot(known: History) -> list[int]:
    staged = "select recepisse_id from entrepot.traitement where etape = 'preparation' order by 1"
    return [receipt for (receipt,) in known.rows(staged)]


def _check_by_gx(known: History, suites: Suites) -> Failing:
    found: Failing = {}
    lot = ", ".join(map(str, _lot(known)))
    queries = {
        suite.table: f"select * from {suite.table} where recepisse_id in ({lot})"  # noqa: S608 - names and codes of ours
        for suite in suites.cells
    }
    with checker(known.server.url(), {"search_path": "preparation"}, queries) as checks:
        for suite in suites.cells:
            results = checks.check(suite.table, _rules(suite), suite.columns(), suite.seuils)
            found |= {result.key: len(result.rows) for result in results}
    return found


def _check_plainly(known: History, suites: Suites) -> Failing:
    found: Failing = {}
    with psycopg.connect(known.server.url(), options="-c search_path=preparation") as connection:
        for suite in suites.cells:
            if not suite.regles:
                continue
            connection.execute(
                f"create temporary table lignes on commit drop as select * from {suite.table}"  # noqa: S608
                " where recepisse_id = any(%s)".encode(),
                [_lot(known)],
            )
            columns = ", ".join(suite.columns())
            for check in _rules(suite):
                query = _failing("lignes", check, suite.seuils, columns)
                found[check.key] = len(connection.execute(query.encode()).fetchall())
            connection.commit()
    return found


def _rules(suite: CellSuite) -> list[Check]:
    return [check for check, rule, _ in planned(suite) if rule is not None]


def _audit_by_gx(known: History, suites: Suites) -> Failing:
    _audit(known, suites)
    observed = known.rows(
        "select regle, coalesce(en_defaut, 0) from entrepot.resultat inner join entrepot.passage using (passage_id)"
        " where parution_id = %s and regle = any(%s)",
        _release(known),
        [rule.code for suite in suites.marts for rule in suite.regles],
    )
    return dict(observed)


def _audit_plainly(known: History, suites: Suites) -> Failing:
    found: Failing = {}
    parameters = {"search_path": f"{ROOM},preparation,reference,entrepot", "entrepot.parution": str(_release(known))}
    for suite in suites.marts:
        planning = {} if suite.a_la_volee else PLANNING_OF_MANY_ROWS
        with psycopg.connect(known.server.url(), options=options({**parameters, **planning})) as connection:
            connection.execute(f"create temporary table lignes as select * from {suite.table}".encode())  # noqa: S608
            for check in mart_checks(suite, "true"):
                query = f"select count(*) from ({_failing('lignes', check, {}, '*')}) as failing"  # noqa: S608
                row = connection.execute(query.encode()).fetchone()
                assert row is not None
                found[check.key] = row[0]
    return found


def _failing(table: str, check: Check, values: Mapping[str, float], columns: str) -> str:
    """The rows of a table that break an expectation, as one would write it in SQL."""
    kwargs = {name: _with_field(value, check.champ) for name, value in check.expectation.kwargs.items()}
    if query := kwargs.get("unexpected_rows_query"):
        return str(query).replace("{batch}", table)
    looked_at = " and ".join(
        _among(column, [value] if isinstance(value, str) else value)
        for column, value in check.expectation.row_condition.items()
    )
    conditions = f"{_condition(check.expectation, kwargs, values)} and {looked_at or 'true'}"
    if (key := _unique(check.expectation, kwargs)) is None:
        return f"select {columns} from {table} where {conditions}"  # noqa: S608 - names and values of ours
    rows = f"select *, count(*) over (partition by {key}) as fois from {table} where {conditions}"  # noqa: S608
    return f"select {columns} from ({rows}) as comptees where fois > 1"  # noqa: S608


def _unique(expectation: Expectation, kwargs: Mapping[str, Any]) -> str | None:
    """Columns that must be unique together, if that is what is expected."""
    match expectation.type:
        case "expect_column_values_to_be_unique":
            return str(kwargs["column"])
        case "expect_compound_columns_to_be_unique":
            return ", ".join(kwargs["column_list"])
        case _:
            return None


def _condition(expectation: Expectation, kwargs: Mapping[str, Any], values: Mapping[str, float]) -> str:  # noqa: PLR0911
    """What is true of a row that breaks an expectation on rows."""
    bounds = {name: values[value["$PARAMETER"]] if isinstance(value, dict) else value for name, value in kwargs.items()}
    match expectation.type:
        case "expect_column_values_to_not_be_in_set":
            return _among(kwargs["column"], kwargs["value_set"])
        case "expect_column_values_to_be_in_set":
            return f"not {_among(kwargs['column'], kwargs['value_set'])}"
        case "expect_column_values_to_be_null":
            return f"{kwargs['column']} is not null"
        case "expect_column_values_to_be_unique":
            return f"{kwargs['column']} is not null"
        case "expect_compound_columns_to_be_unique":
            return "true"
        case "expect_column_values_to_not_match_regex":
            return f"{kwargs['column']} ~ {_literal(kwargs['regex'])}"
        case "expect_column_values_to_be_between":
            sides = [f"{kwargs['column']} {sign} {bounds[name]}" for name, sign in _BOUNDS.items() if name in bounds]
            return f"({' or '.join(sides)})"
        case "expect_column_pair_values_to_be_equal":
            return f"{kwargs['column_A']} <> {kwargs['column_B']}"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return f"{kwargs['column_A']} {'<' if kwargs.get('or_equal') else '<='} {kwargs['column_B']}"
        case "expect_rows_to_satisfy_condition":
            return f"({kwargs['condition']}) is false"
        case other:
            raise LookupError(f"{other} has no plain SQL here: write it.")


_BOUNDS = {"min_value": "<", "max_value": ">"}


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} in ({', '.join(map(_literal, values))})"


def _literal(value: object) -> str:
    return sql.Literal(value).as_string()


def _with_field(value: Any, champ: str | None) -> Any:
    if isinstance(value, list):
        return [_with_field(item, champ) for item in value]
    return value.replace("{champ}", champ) if champ and isinstance(value, str) else value
