"""The Data Docs of Great Expectations: every suite, in our sentences, and what the published release came to.

Nothing is checked again: results are those that were recorded when the release was audited and its returns checked.
Pages hold counts only: what a check observed is shown where it is a number, and nowhere is a cell quoted.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from entrepot.dictionary.rules_shown import RuleShown, audiences, plain
from entrepot.dictionary.words import words
from entrepot.errors import EntrepotError, ServerError
from entrepot.quality.plan import Check, planned, row_count_check
from entrepot.quality.rules import CellSuite, MartSuite, Suites, load_suites
from entrepot.settings import Settings
from entrepot.warehouse.engine import owner_url

READ_ONLY = "-c default_transaction_read_only=on"
_NUMBER = re.compile(r"-?\d+(,\d+)?")

_RELEASE = """
select parution_id, achevee_le, coalesce(donnees_fictives, false)
from entrepot.parution inner join entrepot.parution_montree using (parution_id)
"""
_AUDIT = """
select table_gardee, regle, reussi, observe
from entrepot.resultat inner join entrepot.passage using (passage_id) where parution_id = %s
"""
# What the release knows of returns in force, and of the lists of the national team.
_FINDINGS = """
select constat.regle, coalesce(constat.champ, ''), count(*)
from entrepot.constat
inner join entrepot.recepisse using (recepisse_id)
inner join entrepot.connaissance using (recepisse_id)
left join entrepot.vigueur using (recepisse_id)
where connaissance.parution_id <= %s and (vigueur.connu_au = 'infinity' or recepisse.genre not in ('retour', 'retrait'))
group by 1, 2
"""


@dataclass(frozen=True)
class Outcome:
    """What a check came to: whether it passed, and the number observed, if it is one."""

    passed: bool
    observed: int | str | None


@dataclass(frozen=True)
class Documented:
    """A check, what it says, and why; `outcome` as the published release recorded it."""

    check: Check
    sentence: str
    notes: Sequence[str]
    outcome: Outcome | None


@dataclass(frozen=True)
class SuitePage:
    """A suite: its table, and its checks."""

    table: str
    checks: Sequence[Documented]


@dataclass(frozen=True)
class Recorded:
    """What the published release recorded.

    Attributes:
        audit: outcome of each check of a mart, by mart and key.
        findings: by rule and field.
    """

    release: int
    published_at: datetime
    fictitious: bool
    audit: Mapping[tuple[str, str], Outcome]
    findings: Mapping[tuple[str, str], int]


def write_data_docs(settings: Settings, out: Path) -> Path:
    """Write the site, and return its first page.

    Args:
        settings: where the rules and the warehouse are.
        out: folder of the site, made if missing.

    Raises:
        ServerError: the warehouse cannot be read.
        CheckError: a page could not be made.
        EntrepotError: the folder holds something else, or cannot be written.
    """
    suites = load_suites(settings.expectations_dir)
    recorded = _recorded(settings)
    pages = list(_pages(suites, recorded))
    from entrepot.quality.gx_site import build  # noqa: PLC0415 - takes seconds

    if out.exists() and any(out.iterdir()) and not (out / "expectations").is_dir():
        raise EntrepotError(f"{out} holds other files: give an empty folder, or that of earlier Data Docs.")
    return build(pages, recorded, out)


def _recorded(settings: Settings) -> Recorded | None:
    """What was recorded of the release that readers see; None before the first."""
    try:
        with psycopg.connect(owner_url(settings), application_name="entrepot-data-docs", options=READ_ONLY) as reading:
            release = reading.execute(_RELEASE).fetchone()
            if release is None:
                return None
            audit = reading.execute(_AUDIT, [release[0]]).fetchall()
            findings = reading.execute(_FINDINGS, [release[0]]).fetchall()
    except psycopg.Error as error:
        raise ServerError(f"The warehouse cannot be read: {str(error).splitlines()[0]}.") from None
    number, published_at, fictitious = release
    return Recorded(
        number,
        published_at,
        fictitious,
        audit={(mart, rule): Outcome(passed, _number(observed)) for mart, rule, passed, observed in audit},
        findings={(rule, champ): count for rule, champ, count in findings},
    )


def _number(observed: str | None) -> str | None:
    """What was observed, if it is a number: anything else could quote a cell."""
    return observed if observed is not None and _NUMBER.fullmatch(observed) else None


def _pages(suites: Suites, recorded: Recorded | None) -> Iterator[SuitePage]:
    shown = {rule.code: rule for audience in audiences(suites) for group in audience.groups for rule in group.rules}
    for cells in suites.cells:
        checks = [(check, check.key.split()[0]) for check, _, _ in planned(cells)]
        yield SuitePage(cells.table, [_documented(cells, check, shown[code], recorded) for check, code in checks])
    for marts in suites.marts:
        rules = [row_count_check(marts), *(Check(rule.code, rule.expectation) for rule in marts.regles)]
        yield SuitePage(marts.table, [_documented(marts, check, shown[check.key], recorded) for check in rules])


def _documented(suite: CellSuite | MartSuite, check: Check, rule: RuleShown, recorded: Recorded | None) -> Documented:
    notes = [rule.why, f"À corriger par {rule.who}. Origine : {rule.origin}. Depuis le {rule.since}."]
    if rule.expected:
        notes.insert(0, f"Attendu : {plain(rule.expected)}")
    said = f"{check.key} – {words().gravites[rule.severity].titre} – {plain(rule.sentence)}"
    return Documented(check, said, notes, _outcome(suite, check, rule, recorded) if recorded else None)


def _outcome(suite: CellSuite | MartSuite, check: Check, rule: RuleShown, recorded: Recorded) -> Outcome | None:
    if isinstance(suite, MartSuite):
        return recorded.audit.get((suite.table, check.key))
    if rule.severity == "interne":  # had it failed, the check would have stopped
        return None
    found = sum(
        count
        for (code, champ), count in recorded.findings.items()
        if code == rule.code and check.champ in (None, champ)
    )
    return Outcome(found == 0, found)
