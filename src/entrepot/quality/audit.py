"""Audits the candidate marts before they are published, and keeps what each check observed.

A release that touches some returns only is audited on the rows they can change: the others were audited by the release
that wrote them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from entrepot.quality.errors import CheckError
from entrepot.quality.plan import Check, Result, counted, minimum_rows, options, row_count_check
from entrepot.quality.results import RuleResult, record_audit
from entrepot.quality.rules import MartRule, MartSuite, Suites
from entrepot.quality.wording import sentence, written

# Stands for `{en_vigueur}` in the queries of the rules: the receipts whose figures the marts must hold, computed here
# from the receipts themselves so that the audit does not lean on the models it audits, within the rows audited
# (`{perimetre}`).
IN_FORCE = """(
    select *
    from (
        select distinct on (territoire_id, trimestre) recepisse_id, territoire_id, trimestre, recu_le, genre
        from entrepot.recepisse
        inner join entrepot.connaissance using (recepisse_id)
        where verdict = 'accepte' and genre in ('retour', 'retrait') and {perimetre}
        order by territoire_id, trimestre, recu_le desc, recepisse_id desc
    ) as derniers
    where genre = 'retour'
)"""

# Cumuls of a quarter go on to the last one shown.
_TOUCHED = """
select
    complete, ouverture, territoires::text[], trimestres::text[],
    (select coalesce(max(trimestre), '') from entrepot.vigueur where genre = 'retour' and connu_au = 'infinity')
from touche
"""
# A whole mart was just written and has no statistics: the planner would loop over a million rows for each of a million.
PLANNING_OF_MANY_ROWS = {"enable_nestloop": "off", "enable_mergejoin": "off", "work_mem": "64MB"}


@dataclass(frozen=True)
class Audit:
    """Outcome of an audit: whether the release may be published, and what failed, in French sentences.

    `failures` are the reasons of a refusal; `warnings` are told and refuse nothing.
    """

    passed: bool
    failures: list[str]
    warnings: list[str]


def audit_candidate(url: str, schema: str, parution_id: int, suites: Suites) -> Audit:
    """Run every rule on the marts of a candidate release, and record what each came to (`quality.results`).

    Args:
        url: `postgresql://…` of the warehouse's owner.
        schema: schema that holds the candidate marts.
        parution_id: the release audited.
        suites: the rules.

    Raises:
        CheckError: a rule cannot be computed (a mart or a column is missing, a query is wrong); nothing is recorded.
    """
    # The marts are seen as the readers of that release will see them.
    parameters = {
        "search_path": f"{schema},preparation,reference,entrepot",
        "entrepot.parution": str(parution_id),
    }
    with psycopg.connect(url, application_name="entrepot-audit", options=options(parameters)) as connection:
        outcomes = list(_outcomes(connection, url, parameters, suites))
        record_audit(connection, suites, parution_id, [recorded for _, recorded in outcomes])
    failed = [(blocking, str(recorded.message)) for blocking, recorded in outcomes if not recorded.passed]
    failures = [message for blocking, message in failed if blocking]
    return Audit(not failures, failures, [message for blocking, message in failed if not blocking])


def _outcomes(
    connection: psycopg.Connection[Any], url: str, parameters: Mapping[str, str], suites: Suites
) -> Iterator[tuple[bool, RuleResult]]:
    """Whether a failure of a rule blocks, and what the rule came to, of every rule."""
    from entrepot.quality.gx import checker  # noqa: PLC0415 - takes seconds

    complete, scopes = _scopes(connection)
    queries = {
        suite.table: f"select * from {suite.table} where {scopes[suite.portee]}"  # noqa: S608 - names and codes of ours
        for suite in suites.marts
    }
    with ExitStack() as opened:
        looking_up = opened.enter_context(checker(url, parameters, queries))
        scanning = looking_up
        if complete:
            scanning = opened.enter_context(checker(url, {**parameters, **PLANNING_OF_MANY_ROWS}, queries))
        for suite in suites.marts:
            checks = looking_up if suite.a_la_volee else scanning
            scope = scopes[suite.portee]
            rules = {rule.code: rule for rule in suite.regles}
            minimum = minimum_rows(connection, suite.table, _filled(suite.minimum, scope), {})
            asked = [row_count_check(suite), *mart_checks(suite, scope)]
            results = checks.check(suite.table, asked, [], {"minimum": minimum})
            looked_at = counted(suite, results)
            for result in results:
                rule = rules.get(result.key)
                blocking = rule is None or rule.severite == "bloquant"
                said = written(result.observed), _message(suite, rule, result, minimum)
                failing = result.failing if rule else None
                yield blocking, RuleResult(result.key, None, suite.table, looked_at, failing, result.passed, *said)


def _scopes(connection: psycopg.Connection[Any]) -> tuple[bool, dict[str, str]]:
    """Whether everything is audited, and the condition on the rows audited of a mart, by its `portee`."""
    try:
        row = connection.execute(_TOUCHED).fetchone()
    except psycopg.Error as error:
        raise CheckError(f"What the release touches cannot be read: {error}") from error
    assert row is not None
    complete, opening, territories, quarters, last = row
    if complete:
        return True, dict.fromkeys(("retour", "territoire", "trimestre", "tout"), "true")
    of_territories, of_quarters = _among("territoire_id", territories), _among("trimestre", quarters)
    return False, {
        "retour": f"{of_territories} and {of_quarters}",
        # A quarter that opens has rows for every territory.
        "territoire": f"({of_territories} or {of_quarters})" if opening else of_territories,
        "trimestre": _among("trimestre", [*quarters, last]),
        "tout": "true",
    }


def _among(column: str, values: Sequence[str]) -> str:
    """Condition that a column holds one of some values."""
    if not values:
        return "false"
    # Written out: Great Expectations reads braces, those of an array as well, as placeholders.
    listed = sql.SQL(", ").join(map(sql.Literal, values))
    return sql.SQL("{} in ({})").format(sql.SQL(column), listed).as_string()


def mart_checks(suite: MartSuite, scope: str) -> Iterator[Check]:
    """The rules of a mart as they are checked within a scope, a condition on its rows."""
    for rule in suite.regles:
        kwargs = {
            name: _filled(value, scope) if isinstance(value, str) else value
            for name, value in rule.expectation.kwargs.items()
        }
        yield Check(rule.code, rule.expectation.model_copy(update={"kwargs": kwargs}))


def _filled(query: str, scope: str) -> str:
    return query.replace("{en_vigueur}", IN_FORCE).replace("{perimetre}", scope)


def _message(suite: MartSuite, rule: MartRule | None, result: Result, minimum: int) -> str:
    if rule is None:
        return f"{suite.table} : {written(result.observed)} lignes, au moins {minimum} sont attendues."
    return f"{suite.table} : {sentence(rule.message, {'observe': result.observed})}"
