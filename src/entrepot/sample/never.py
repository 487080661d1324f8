"""Rules that the sample plants no fault for, and why: a rule of neither list is a gap of the generator."""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from entrepot.quality.rules import CellRule, Rule, load_suites

REASONS = {
    "LEC-05": "no form has a field of a single code: codes in lists are said item by item (ELT-01, ELT-02)",
    "STR-09": "a file past the limits would weigh on every sample; tests and `make bench` have some",
    "STR-10": "the sample's only list is that of the pactes, whose counts are shown: its faults would change them",
    "STR-11": "a file whose reading never ends would hold every sample up for 30 seconds; tests have some",
}
REASONS_BY_PREFIX = {
    "COR": "the sample holds no ledger of corrections, which the national team writes",
    "PAC": "the list of pactes is written by the national team, and its counts are shown",
}
MART = "audits what the warehouse computes: failing would be a fault of ours"
INTERNAL = "a promise of our own staging: failing would be a fault of ours"
GAP = "no fault planted (it may need a larger sample)"


@dataclass(frozen=True)
class Unplanted:
    """Rules without a fault in the sample, for one reason."""

    why: str
    codes: list[str]


def never_planted(folder: Path, planted: Container[str]) -> list[Unplanted]:
    """Rules of a folder that are not among those planted, by reason.

    Args:
        folder: the folder `expectations/`.
        planted: codes of rules.
    """
    suites = load_suites(folder)
    marts = {rule.code for suite in suites.marts for rule in suite.regles}
    by_reason: dict[str, list[str]] = defaultdict(list)
    for rule in suites.rules():
        if rule.code not in planted:
            by_reason[_why(rule, marts)].append(rule.code)
    return [Unplanted(why, sorted(codes)) for why, codes in by_reason.items()]


def _why(rule: Rule, marts: Container[str]) -> str:
    if rule.code in marts:
        return MART
    if isinstance(rule, CellRule) and rule.severite == "interne":
        return INTERNAL
    return REASONS.get(rule.code) or REASONS_BY_PREFIX.get(rule.code[:3], GAP)
