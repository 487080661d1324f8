"""Audits the candidate marts before they are published, and keeps what each check observed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from entrepot.quality.plan import Check, Result, minimum_rows, row_count_check
from entrepot.quality.rules import Expectation, MartRule, MartSuite, Suites
from entrepot.quality.wording import sentence, written

# Stands for `{en_vigueur}` in the queries of the rules: the receipts whose figures the marts must hold, computed here
# from the receipts themselves so that the audit does not lean on the models it audits.
IN_FORCE = """(
    select distinct on (territoire_id, trimestre) recepisse_id, territoire_id, trimestre, recu_le
    from entrepot.recepisse
    where verdict = 'accepte' and genre = 'retour'
        and exists (
            select from entrepot.traitement
            where traitement.recepisse_id = recepisse.recepisse_id and etape = 'controle')
    order by territoire_id, trimestre, recu_le desc, recepisse_id desc
)"""

_RECORD = """
insert into entrepot.controle_audit (parution_id, regle, mart, reussi, observe, message)
values (%s, %s, %s, %s, %s, %s)
on conflict (parution_id, regle, mart) do update
set reussi = excluded.reussi, observe = excluded.observe, message = excluded.message
"""


@dataclass(frozen=True)
class Audit:
    """Outcome of an audit: whether the release may be published, and what failed, in French sentences.

    `failures` are the reasons of a refusal; `warnings` are told and refuse nothing.
    """

    passed: bool
    failures: list[str]
    warnings: list[str]


def audit_candidate(url: str, schema: str, parution_id: int, suites: Suites) -> Audit:
    """Run every rule on the marts of a candidate release, and record each in `entrepot.controle_audit`.

    Args:
        url: `postgresql://…` of the warehouse's owner.
        schema: schema that holds the candidate marts.
        parution_id: the release audited.
        suites: the rules.

    Raises:
        CheckError: a rule cannot be computed (a mart or a column is missing, a query is wrong); nothing is recorded.
    """
    search_path = f"{schema},preparation,reference,entrepot"
    with psycopg.connect(url, application_name="entrepot-audit", options=f"-c search_path={search_path}") as connection:
        outcomes = list(_outcomes(connection, url, search_path, suites))
        with connection.cursor() as cursor:
            cursor.executemany(
                _RECORD,
                [
                    (parution_id, code, mart, result.passed, written(result.observed), message)
                    for code, mart, _, result, message in outcomes
                ],
            )
    failed = [(blocking, message) for _, _, blocking, result, message in outcomes if not result.passed]
    failures = [message for blocking, message in failed if blocking]
    return Audit(not failures, failures, [message for blocking, message in failed if not blocking])


def _outcomes(
    connection: psycopg.Connection[Any], url: str, search_path: str, suites: Suites
) -> Iterator[tuple[str, str, bool, Result, str]]:
    """Code, mart, whether a failure blocks, result and sentence of every rule."""
    from entrepot.quality.gx import checker  # noqa: PLC0415 - takes seconds

    with checker(url, search_path) as checks:
        for suite in suites.marts:
            rules = {rule.code: rule for rule in suite.regles}
            minimum = minimum_rows(connection, suite.table, suite.minimum.replace("{en_vigueur}", IN_FORCE), {})
            for result in checks.check_table(suite.table, _checks(suite), {"minimum": minimum}):
                rule = rules.get(result.key)
                blocking = rule is None or rule.severite == "bloquant"
                yield result.key, suite.table, blocking, result, _message(suite, rule, result, minimum)


def _checks(suite: MartSuite) -> Iterator[Check]:
    yield row_count_check(suite)
    for rule in suite.regles:
        yield Check(rule.code, _in_force(rule.expectation))


def _in_force(expectation: Expectation) -> Expectation:
    kwargs = {
        name: value.replace("{en_vigueur}", IN_FORCE) if isinstance(value, str) else value
        for name, value in expectation.kwargs.items()
    }
    return expectation.model_copy(update={"kwargs": kwargs})


def _message(suite: MartSuite, rule: MartRule | None, result: Result, minimum: int) -> str:
    if rule is None:
        return f"{suite.table} : {written(result.observed)} lignes, au moins {minimum} sont attendues."
    return f"{suite.table} : {sentence(rule.message, {'observe': result.observed})}"
