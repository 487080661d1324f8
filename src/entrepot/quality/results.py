"""What each run of the rules came to, kept in the database: a rule that found nothing differs from one that never ran.

The texts of the rules are kept beside, by the digest of all of them: they are written in `expectations/` and nowhere
else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from entrepot.dictionary.rules_shown import audiences, plain
from entrepot.forms.vintage import lists
from entrepot.quality.rules import Rule, Suites

_DECLARE = """
insert into entrepot.jeu_regles as jeux (empreinte) values (%s)
on conflict (empreinte) do update set applique_le = clock_timestamp()
where jeux.applique_le < (select max(applique_le) from entrepot.jeu_regles)
"""
_KNOWN = "select exists (select from entrepot.regle where empreinte = %s)"
_COPY_RULES = """
copy entrepot.regle (empreinte, regle, garde, table_gardee, severite, qui_corrige, phrase, raison, depuis) from stdin
"""
_COPY_RESULTS = """
copy entrepot.resultat (passage_id, regle, champ, table_gardee, lignes, en_defaut, reussi, observe, message) from stdin
"""
# An audit made again replaces what it had recorded.
_FORGET_AUDIT = "delete from entrepot.passage where parution_id = %s"
_OPEN = "insert into entrepot.passage (empreinte, parution_id, recepisses) values (%s, %s, %s) returning passage_id"

_CHECKED = """
insert into entrepot.retour_controle (recepisse_id, passage_id, cellules, lignes)
select lot.recepisse_id, %(passage)s, coalesce(cellules.nombre, 0), coalesce(lignes.nombres, '{{}}')
from unnest(%(lot)s::bigint[]) as lot (recepisse_id)
left join (
    select recepisse_id, count(*) as nombre from preparation.stg_cellules where recepisse_id = any(%(lot)s) group by 1
) as cellules using (recepisse_id)
left join (
    select recepisse_id, jsonb_object_agg(table_gardee, nombre) as nombres
    from ({}) as gardees (recepisse_id, table_gardee, nombre) group by 1
) as lignes using (recepisse_id)
on conflict (recepisse_id) do update
set passage_id = excluded.passage_id, cellules = excluded.cellules, lignes = excluded.lignes
"""


@dataclass(frozen=True)
class RuleResult:
    """What a rule came to in a run.

    Attributes:
        regle: code of the rule.
        champ: field of the form it looked at, if it looks at one.
        rows: rows of the guarded table that were looked at.
        failing: rows that break it; None where it counts none.
        observed: what an audit observed, and its sentence.
    """

    regle: str
    champ: str | None
    table: str
    rows: int
    failing: int | None
    passed: bool
    observed: str | None = None
    message: str | None = None


def record_checks(
    connection: psycopg.Connection[Any], suites: Suites, lot: Sequence[int], results: Iterable[RuleResult]
) -> None:
    """Record a run on staged receipts, and what it looked at of each, in the caller's transaction.

    Args:
        connection: on the warehouse.
        suites: the rules.
        lot: the receipts checked.
        results: what each rule and field came to.
    """
    passage = _record(connection, suites, results, recepisses=len(lot))
    counts = " union all ".join(
        f"select recepisse_id, '{suite.table}', count(*) from preparation.{suite.table}"  # noqa: S608 - our names
        " where recepisse_id = any(%(lot)s) group by 1"
        for suite in suites.cells
    )
    connection.execute(_CHECKED.format(counts).encode(), {"passage": passage, "lot": list(lot)})


def record_audit(
    connection: psycopg.Connection[Any], suites: Suites, parution_id: int, results: Iterable[RuleResult]
) -> None:
    """Record the audit of a release, instead of what an earlier audit of it recorded, in the caller's transaction."""
    connection.execute(_FORGET_AUDIT, [parution_id])
    _record(connection, suites, results, parution_id=parution_id)


def _record(
    connection: psycopg.Connection[Any],
    suites: Suites,
    results: Iterable[RuleResult],
    *,
    parution_id: int | None = None,
    recepisses: int | None = None,
) -> int:
    _declare(connection, suites)
    row = connection.execute(_OPEN, [suites.digest, parution_id, recepisses]).fetchone()
    assert row is not None
    with connection.cursor() as cursor, cursor.copy(_COPY_RESULTS) as copy:
        for one in results:
            said = (one.rows, one.failing, one.passed, one.observed, one.message)
            copy.write_row((row[0], one.regle, one.champ, one.table, *said))
    return int(row[0])


def _declare(connection: psycopg.Connection[Any], suites: Suites) -> None:
    """Keep the texts of the rules, and that they are those of today."""
    connection.execute(_DECLARE, [suites.digest])
    if connection.execute(_KNOWN, [suites.digest]).fetchone() == (True,):
        return
    with connection.cursor() as cursor, cursor.copy(_COPY_RULES) as copy:
        for row in _rules(suites):
            copy.write_row((suites.digest, *row))


def _rules(suites: Suites) -> Iterator[tuple[str | None, ...]]:
    """Each rule, and the row count that opens each suite, as the dictionary shows them."""
    shown = {rule.code: rule for audience in audiences(suites) for group in audience.groups for rule in group.rules}
    guarded: Mapping[str, tuple[str, str | None]] = {
        **{
            code: ("listes" if suite.tableau in lists() else suite.garde, suite.table)
            for suite in suites.cells
            for code in suite.codes()
        },
        **{code: (suite.garde, suite.table) for suite in suites.marts for code in suite.codes()},
    }
    written: Mapping[str, Rule] = {rule.code: rule for rule in suites.rules()}
    for code, rule in shown.items():
        garde, table = guarded.get(code, ("lecture", None))
        since = written[code].depuis if code in written else min(one.depuis for one in written.values())
        who = written[code].qui_corrige if code in written else "équipe de l'entrepôt"
        yield code, garde, table, rule.severity, who, plain(rule.sentence), rule.why, since
