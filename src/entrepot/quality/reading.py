"""Findings of the reader: given their severity and their French sentence, and recorded with the receipt."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import psycopg

from entrepot.quality.rules import Suites
from entrepot.quality.wording import sentence


class Finding(Protocol):
    """What the reader says of a workbook (`forms.reader.Constat`)."""

    @property
    def regle(self) -> str: ...
    @property
    def tableau(self) -> str | None: ...
    @property
    def champ(self) -> str | None: ...
    @property
    def feuille(self) -> str | None: ...
    @property
    def ligne(self) -> int | None: ...
    @property
    def colonne(self) -> int | None: ...
    @property
    def valeur(self) -> str | None: ...
    @property
    def contexte(self) -> dict[str, Any]: ...


def record_reading_findings(
    cursor: psycopg.Cursor[Any], constats: Mapping[int, Iterable[Finding]], suites: Suites
) -> None:
    """Record what the reader found in some receipts, in the caller's transaction.

    Args:
        cursor: a cursor on the warehouse.
        constats: findings of the reader by receipt; each names a rule of `lecture.yaml`.
        suites: the rules.

    Raises:
        KeyError: a finding names a rule that does not exist, or lacks what its sentence quotes.
    """
    # The same fault said twice of the same place is one finding.
    rows = {}
    for recepisse_id, finding in ((receipt, finding) for receipt, found in constats.items() for finding in found):
        rule = suites.reader[finding.regle]
        coordinates = (finding.tableau, finding.champ, finding.feuille, finding.ligne, finding.colonne, finding.valeur)
        said = (_filled(rule.attendu, finding), _filled(rule.message, finding), rule.qui_corrige)
        rows[(recepisse_id, finding.regle, *coordinates)] = (
            recepisse_id,
            finding.regle,
            rule.severite,
            *coordinates,
            *said,
        )
    with cursor.copy(
        "copy entrepot.constat (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, valeur,"
        " attendu, message, qui_corrige) from stdin"
    ) as copy:
        for row in rows.values():
            copy.write_row(row)


def structure_message(constats: Iterable[Finding], suites: Suites) -> str:
    """The reasons why a file is rejected whole, in French sentences; empty when nothing rejects it."""
    sentences = [
        _filled(suites.reader[finding.regle].message, finding)
        for finding in constats
        if suites.reader[finding.regle].severite == "structure"
    ]
    return " ".join(str(text) for text in dict.fromkeys(sentences))


def _filled(template: str | None, finding: Finding) -> str | None:
    if template is None:
        return None
    place = {name: getattr(finding, name) for name in ("tableau", "champ", "feuille", "ligne", "valeur")}
    return sentence(template, {**finding.contexte, **place})
