"""Precision and recall by rule: what a warehouse found in a sample, beside the ledger of what was planted in it.

A finding is the right one when file (by its bytes), sheet, cell and rule are those of the ledger, and the ledger holds
all that may be said: anything else found in a file of the sample is false.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pydantic import BaseModel, ValidationError

from entrepot.sample.book import column_letters
from entrepot.sample.catalogue import SampleError

_RECEIPTS = """
select
    empreinte,
    verdict <> 'accepte' or exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'controle') as checked
from entrepot.recepisse
where empreinte = any(%s)
"""
_FINDINGS = """
select distinct empreinte, regle, coalesce(feuille, ''), ligne, colonne
from entrepot.constat
inner join entrepot.recepisse using (recepisse_id)
where empreinte = any(%s)
"""


@dataclass(frozen=True, order=True)
class Finding:
    """A rule at a place: `cellule` is `B5`, `12:12` for a line, empty for a whole sheet; `feuille` empty for a file."""

    regle: str
    fichier: str
    feuille: str
    cellule: str

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.fichier, self.feuille, self.cellule)))


@dataclass(frozen=True)
class RuleScore:
    """What became of the faults planted for a rule; `missed` and `false` are in the order of files."""

    planted: int
    found: int
    missed: list[Finding]
    false: list[Finding]

    @property
    def precision(self) -> float | None:
        """Share of the findings that were planted, 0 to 1; None without any finding."""
        findings = self.found + len(self.false)
        return self.found / findings if findings else None

    @property
    def recall(self) -> float | None:
        """Share of what was planted that was found, 0 to 1; None when nothing was."""
        return self.found / self.planted if self.planted else None


@dataclass(frozen=True)
class Comparison:
    """Scores by rule, for rules that were planted or that found something; how many cells had to stay unmentioned."""

    scores: dict[str, RuleScore]
    silent: int

    @property
    def exact(self) -> bool:
        """Whether everything planted was found, and nothing else."""
        return not any(score.missed or score.false for score in self.scores.values())

    def __str__(self) -> str:
        planted = sum(score.planted for score in self.scores.values())
        found = sum(score.found for score in self.scores.values())
        false = sum(len(score.false) for score in self.scores.values())
        return f"Planted faults: {found} of {planted} found, {false} false findings."


class _File(BaseModel):
    fichier: str
    empreinte: str
    memes_octets_que: str


class _Fault(BaseModel):
    fichier: str
    feuille: str
    cellule: str
    regle: str


class _Ledger(BaseModel):
    fichiers: list[_File]
    fautes: list[_Fault]


def compare(connection: psycopg.Connection[Any], ledger: Path) -> Comparison:
    """Compare what was found in the files of a sample with what was planted in them.

    Args:
        connection: to the warehouse that took the sample in.
        ledger: `verite.json`, as the sample was written with.

    Raises:
        SampleError: the file is no ledger, or the sample is not taken in and checked.
    """
    try:
        truth = _Ledger.model_validate(json.loads(ledger.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise SampleError(
            f"{ledger} is not the ledger of a sample ({str(error).splitlines()[0]}):"
            " give the `verite.json` that `entrepot sample` wrote."
        ) from None
    names = defaultdict(list)
    for file in truth.fichiers:
        if not file.memes_octets_que:  # a copy is the receipt of what it copies
            names[file.empreinte].append(file.fichier)
    _all_checked(connection, names)
    planted = {Finding(f.regle, f.fichier, f.feuille, f.cellule) for f in truth.fautes if f.regle}
    found = {
        Finding(rule, name, sheet, _address(row, column))
        for digest, rule, sheet, row, column in connection.execute(_FINDINGS, [list(names)])
        for name in names[digest]
    }
    silent = sum(not fault.regle for fault in truth.fautes)
    return Comparison(dict(_scores(planted, found)), silent)


def _all_checked(connection: psycopg.Connection[Any], names: dict[str, list[str]]) -> None:
    known = dict(connection.execute(_RECEIPTS, [list(names)]).fetchall())
    if missing := [name for digest in names if digest not in known for name in names[digest]]:
        raise SampleError(
            f"{len(missing)} files of the sample are not in the warehouse ({missing[0]}…):"
            " `entrepot receive` takes them in."
        )
    if waiting := [name for digest in names if not known[digest] for name in names[digest]]:
        raise SampleError(f"{len(waiting)} files are not checked yet ({waiting[0]}…): `entrepot run` checks them.")


def _scores(planted: set[Finding], found: set[Finding]) -> Iterator[tuple[str, RuleScore]]:
    for rule in sorted({finding.regle for finding in planted | found}):
        due = {finding for finding in planted if finding.regle == rule}
        said = {finding for finding in found if finding.regle == rule}
        yield rule, RuleScore(len(due), len(due & said), sorted(due - said), sorted(said - due))


def _address(row: int | None, column: int | None) -> str:
    if row is None:
        return ""
    return f"{row}:{row}" if column is None else f"{column_letters(column)}{row}"
