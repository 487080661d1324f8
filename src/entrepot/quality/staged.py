"""Checks staged returns: every rule of `expectations/` on the receipts not checked yet, one finding per faulty cell.

Great Expectations gives the keys of the failing rows; the database finds the cell each came from and what was typed
there; the sentence is written; findings and marks of the receipts checked are committed together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import namedtuple_row

from entrepot.quality.errors import CheckError
from entrepot.quality.plan import Result, counted, minimum_rows, planned
from entrepot.quality.results import RuleResult, record_checks
from entrepot.quality.rules import CellRule, CellSuite, Suites
from entrepot.quality.wording import sentence, written

if TYPE_CHECKING:
    from entrepot.quality.gx import Checker

MASKED = "(texte masqué)"
# A longer list of allowed answers would hide the sentence; the drop-down list of the form shows it.
MOST_CHOICES_SAID = 12

_PENDING = """
select recepisse_id from entrepot.recepisse
where verdict = 'accepte'
    and exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation')
    and not exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'controle')
order by recepisse_id
limit %s
for update skip locked
"""
# Receipts checked at a time: bounds what Great Expectations gives back.
BATCH = 5000

_HITS = """
create temporary table releve (
    rang integer, recepisse_id bigint, tableau text, champ text, cite text, ligne integer, colonne integer, valeur text
) on commit drop
"""

# A row without a line (a sheet of labels and answers) finds it by the field that the line holds.
_LOCATE = """
select
    releve.rang,
    releve.champ,
    feuille.nom as feuille,
    coalesce(releve.ligne, ligne.ligne) as ligne,
    place.colonne,
    coalesce(releve.valeur, ligne.cellules[place.colonne]) as valeur,
    ligne_citee.cellules[(tableau.colonnes ->> releve.cite)::integer] as cite,
    gabarit.libelle,
    gabarit_cite.libelle as cite_libelle,
    gabarit.type,
    choix.libelles as choix
from releve
inner join entrepot.recepisse using (recepisse_id)
left join brut.tableau using (recepisse_id, tableau)
left join brut.feuille on feuille.recepisse_id = releve.recepisse_id and feuille.feuille = tableau.feuille
cross join lateral (
    select coalesce(releve.colonne, (tableau.colonnes ->> releve.champ)::integer) as colonne
) as place
left join lateral (
    select candidate.ligne, candidate.cellules from brut.ligne as candidate
    where candidate.recepisse_id = releve.recepisse_id and candidate.feuille = tableau.feuille
        and case when releve.ligne is null
            then candidate.tableau = releve.tableau and candidate.repere = releve.champ
            else candidate.ligne = releve.ligne end
    limit 1
) as ligne on true
left join lateral (
    select candidate.cellules from brut.ligne as candidate
    where candidate.recepisse_id = releve.recepisse_id and candidate.feuille = tableau.feuille
        and releve.cite is not null
        and case when releve.ligne is null
            then candidate.tableau = releve.tableau and candidate.repere = releve.cite
            else candidate.ligne = releve.ligne end
    limit 1
) as ligne_citee on true
left join entrepot.champ_gabarit as gabarit
    on gabarit.millesime = recepisse.millesime and gabarit.tableau = releve.tableau and gabarit.champ = releve.champ
left join entrepot.champ_gabarit as gabarit_cite
    on gabarit_cite.millesime = recepisse.millesime and gabarit_cite.tableau = releve.tableau
    and gabarit_cite.champ = releve.cite
left join (
    select liste, array_agg(libelle order by rang) as libelles from reference.ref_modalites group by liste
) as choix on choix.liste = gabarit.liste
order by releve.rang
"""

_ABSENT = """
select recepisse_id, tableau, champ from entrepot.constat
where recepisse_id = any(%s) and champ is not null and ligne is null
"""

_COPY_FINDINGS = """
copy entrepot.constat (
    recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, valeur, attendu, message, qui_corrige
) from stdin
"""


@dataclass(frozen=True)
class Checked:
    """What a check did: receipts checked, findings recorded."""

    receipts: int
    findings: int


@dataclass(frozen=True)
class _Hit:
    """A row that breaks a rule, before its cell is found."""

    rule: CellRule
    recepisse_id: int
    tableau: str
    champ: str | None
    row: Mapping[str, Any]
    suite: CellSuite

    def coordinate(self, name: str) -> Any:
        column = getattr(self.suite.reperes, name)
        return None if column is None else self.row[column]


def check_staged(url: str, suites: Suites) -> Checked:
    """Check every staged receipt that is not checked yet, and record a finding for each faulty cell.

    Args:
        url: `postgresql://…` of the warehouse's owner.
        suites: the rules.

    Raises:
        CheckError: a rule cannot be computed, or staging broke one of its promises; nothing is recorded of the receipts
            that were being checked together.
    """
    receipts = findings = 0
    with psycopg.connect(url, application_name="entrepot-checks") as connection:
        while lot := [receipt for (receipt,) in connection.execute(_PENDING, [BATCH])]:
            found = _check(connection, url, lot, suites)
            connection.commit()
            receipts, findings = receipts + len(lot), findings + found
    return Checked(receipts, findings)


def _check(connection: psycopg.Connection[Any], url: str, lot: Sequence[int], suites: Suites) -> int:
    """Record the findings of some receipts, and that they are checked; return how many findings."""
    results: list[RuleResult] = []
    findings = _findings(connection, lot, list(_hits(connection, url, lot, suites, results)), suites)
    record_checks(connection, suites, lot, results)
    with connection.cursor() as cursor, cursor.copy(_COPY_FINDINGS) as copy:
        for finding in findings:
            copy.write_row(finding)
    connection.execute(
        "insert into entrepot.traitement (recepisse_id, etape) select unnest(%s::bigint[]), 'controle'", [lot]
    )
    return len(findings)


def _hits(
    connection: psycopg.Connection[Any], url: str, lot: Sequence[int], suites: Suites, recorded: list[RuleResult]
) -> Iterator[_Hit]:
    """Rows that break a rule; what each rule came to is added to `recorded`."""
    from entrepot.quality.gx import checker  # noqa: PLC0415 - takes seconds

    # Great Expectations takes no parameters; these are a table's name from our files and numbers.
    receipts = ", ".join(map(str, lot))
    queries = {
        suite.table: f"select * from {suite.table} where recepisse_id in ({receipts})"  # noqa: S608
        for suite in suites.cells
    }
    with checker(url, {"search_path": "preparation"}, queries) as checks:
        for suite in suites.cells:
            minimum = minimum_rows(connection, suite.table, suite.minimum, {"lot": list(lot)})
            yield from _suite_hits(checks, suite, minimum, recorded)


def _suite_hits(checks: "Checker", suite: CellSuite, minimum: int, recorded: list[RuleResult]) -> Iterator[_Hit]:
    checked = list(planned(suite))
    results = checks.check(
        suite.table,
        [check for check, _, _ in checked],
        suite.columns(),
        {**suite.seuils, "minimum": minimum},
    )
    by_key = {check.key: (rule, champ) for check, rule, champ in checked}
    looked_at = counted(suite, results)
    for result in results:
        rule, champ = by_key[result.key]
        code = rule.code if rule else result.key
        failing = result.failing if rule else None
        recorded.append(RuleResult(code, champ, suite.table, looked_at, failing, result.passed))
        if rule is None or rule.severite == "interne":
            if not result.passed:
                raise _broken_promise(suite, rule, result, minimum)
            continue
        for row in result.rows:
            tableau = suite.tableau or row[suite.reperes.tableau or ""]
            yield _Hit(rule, row["recepisse_id"], tableau, champ, row, suite)


def _broken_promise(suite: CellSuite, rule: CellRule | None, result: Result, minimum: int) -> CheckError:
    if rule is None:
        return CheckError(
            f"{suite.table} holds {result.observed} rows for the receipts to check, at least {minimum} are expected:"
            " staging left some behind, so nothing was checked."
        )
    return CheckError(f"{rule.code} on {suite.table}: {rule.message} First rows: {list(result.rows[:3])}")


def _findings(
    connection: psycopg.Connection[Any], lot: Sequence[int], hits: Sequence[_Hit], suites: Suites
) -> list[tuple[Any, ...]]:
    cells = _located(connection, hits)
    rejected = {
        (hit.recepisse_id, hit.tableau, cell.champ, cell.ligne)
        for hit, cell in zip(hits, cells, strict=True)
        if hit.rule.severite == "valeur" and not hit.rule.si_seule
    }
    absent = set(connection.execute(_ABSENT, [list(lot)]))
    findings = {}
    for hit, cell in zip(hits, cells, strict=True):
        place = (hit.recepisse_id, hit.tableau, cell.champ)
        if hit.rule.si_seule and ((*place, cell.ligne) in rejected or place in absent):
            continue
        finding = _finding(hit, cell, suites.expected_by_type)
        # Two items of one cell can carry the same fault and the same text: one finding.
        findings[(hit.rule.code, *place, cell.ligne, cell.colonne, finding[8])] = finding
    return list(findings.values())


def _located(connection: psycopg.Connection[Any], hits: Iterable[_Hit]) -> list[Any]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        cursor.execute(_HITS)
        with cursor.copy("copy releve from stdin") as copy:
            for rank, hit in enumerate(hits):
                champ = hit.champ or hit.coordinate("champ")
                place = (hit.coordinate("ligne"), hit.coordinate("colonne"), hit.coordinate("valeur"))
                copy.write_row((rank, hit.recepisse_id, hit.tableau, champ, hit.rule.cite, *place))
        cursor.execute("analyze releve")
        return cursor.execute(_LOCATE).fetchall()


def _finding(hit: _Hit, cell: Any, expected_by_type: Mapping[str, str]) -> tuple[Any, ...]:
    rule = hit.rule
    value = MASKED if rule.valeur_masquee else cell.valeur
    values = {
        **hit.suite.seuils,
        **hit.row,
        "valeur": value,
        "champ": cell.libelle or cell.champ,
        "cite": cell.cite,
        "cite_libelle": cell.cite_libelle or rule.cite,
        "ligne": cell.ligne,
        "attendu_du_type": _expected(cell, expected_by_type),
    }
    expected = sentence(rule.attendu, values) if rule.attendu else None
    message = sentence(rule.message, {**values, "attendu": expected})
    return (
        hit.recepisse_id, rule.code, rule.severite, hit.tableau, cell.champ, cell.feuille, cell.ligne, cell.colonne,
        value, expected, message, rule.qui_corrige,
    )  # fmt: skip


def _expected(cell: Any, expected_by_type: Mapping[str, str]) -> str:
    """What a field expects, in French: by its type, with the allowed answers where there are few."""
    if cell.type is None:
        return "une valeur du gabarit"
    phrase = expected_by_type[cell.type]
    if not cell.choix:
        return phrase
    if len(cell.choix) > MOST_CHOICES_SAID:
        return f"{phrase} (l'une des {len(cell.choix)} réponses de la liste déroulante)"
    return f"{phrase} : {' · '.join(written(choice) for choice in cell.choix)}"
