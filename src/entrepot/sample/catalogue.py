"""Reference data the sample draws on: real territories, neighbourhoods and contracts, read from the dbt seeds.

Everything a blank form prints (labels, lists) comes from there too, so that a sample return can never
disagree with the form it claims to be.
"""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.forms.choices import Choices

LAST_QUARTER_OF_YEAR = 4
OVERSEAS = ("971", "972", "973", "974", "976")


class SampleError(EntrepotError):
    """Sample returns cannot be written: reference data or arguments do not allow it."""


@dataclass(frozen=True)
class Quarter:
    """A quarter of the experiment: code `2023-T4`, first and last day, form vintage."""

    code: str
    first_day: date
    last_day: date
    vintage: str

    @property
    def year(self) -> int:
        """Calendar year."""
        return self.first_day.year

    @property
    def number(self) -> int:
        """1 to 4."""
        return int(self.code[-1])

    @property
    def asks_partners(self) -> bool:
        """The sheet Partenaires is asked in the last quarter of the year only."""
        return self.number == LAST_QUARTER_OF_YEAR


@dataclass(frozen=True)
class Contract:
    """A contrat de ville: code `CN…` (2024) or `CV…` (2015, and overseas)."""

    code: str
    name: str
    department: str
    place: str


@dataclass(frozen=True)
class Territory:
    """A cité with what its form needs: official lists of neighbourhoods in both generations, contracts, size."""

    id: str
    name: str
    departments: tuple[str, ...]
    wave: str
    communes: tuple[str, ...]
    old_qpv: tuple[tuple[str, str], ...]
    new_qpv: tuple[tuple[str, str], ...]
    contracts: tuple[Contract, ...]

    @property
    def overseas(self) -> bool:
        """Overseas cités stay on QPV 2015 and CV contracts through 2024."""
        return self.departments[0] in OVERSEAS

    @property
    def size(self) -> float:
        """Relative weight of the territory: activity grows slower than its number of neighbourhoods."""
        return math.pow(len(self.old_qpv), 0.55)

    def qpv(self, vintage: str) -> tuple[tuple[str, str], ...]:
        """Codes and names of its neighbourhoods in the generation a form vintage asks for."""
        return self.old_qpv if vintage == "2022" or self.overseas or not self.new_qpv else self.new_qpv


@dataclass(frozen=True)
class Catalogue:
    """What a return can speak of.

    Attributes:
        choices: labels of the lists of the form.
        axis_of_type: type of action -> axis (types that agree with every axis are absent).
        published: indicator -> published value and the unit it was rounded to.
    """

    territories: tuple[Territory, ...]
    quarters: tuple[Quarter, ...]
    contracts: tuple[Contract, ...]
    choices: Choices
    axis_of_type: dict[str, str]
    published: dict[str, tuple[float, float]]

    @property
    def lists(self) -> Mapping[str, Mapping[str, str]]:
        """List -> code -> printed label."""
        return self.choices.lists

    def label(self, name: str, code: str, vintage: str = "2022") -> str:
        """Label of a code of a list as a vintage of the form prints it."""
        return self.choices.label(name, code, vintage)


def load(seeds_dir: Path) -> Catalogue:
    """Read the reference data.

    Args:
        seeds_dir: folder of the dbt seeds (`ref_*.csv`).

    Raises:
        SampleError: a seed is missing.
    """
    qpv = _grouped(seeds_dir, "ref_territoires_qpv2015", "territoire_id", ("code_qpv", "nom_qpv"))
    communes = _grouped(seeds_dir, "ref_territoires_communes", "territoire_id", ("code_commune_2025",))
    new_by_commune = _grouped(seeds_dir, "ref_qpv2024_communes", "code_commune", ("code_qpv", "nom_qpv"))
    contracts = tuple(
        Contract(row["code_contrat"], row["nom"], row["departement"], row["code_geo"])
        for row in _rows(seeds_dir, "ref_contrats_ville")
    )
    territories = []
    for row in _rows(seeds_dir, "ref_territoires"):
        code, departments = row["territoire_id"], tuple(row["departements"].split(";"))
        places = tuple(place for (place,) in communes[code])
        new = sorted({pair for place in places for pair in new_by_commune.get(place, [])})
        territories.append(
            Territory(
                id=code,
                name=row["nom"],
                departments=departments,
                wave=row["vague"],
                communes=places,
                old_qpv=tuple((a, b) for a, b in qpv[code]),
                new_qpv=tuple((a, b) for a, b in new),
                contracts=_contracts_of(row["nom"], departments, places, contracts),
            )
        )
    return Catalogue(
        territories=tuple(territories),
        quarters=tuple(_quarters(seeds_dir)),
        contracts=contracts,
        choices=Choices.load(seeds_dir),
        axis_of_type={
            row["code"]: row["axe"]
            for row in _rows(seeds_dir, "ref_modalites")
            if row["liste"] == "types_action" and row["axe"]
        },
        published={
            row["indicateur"]: (float(row["valeur"]), float(row["precision"]))
            for row in _rows(seeds_dir, "ref_chiffres_publies")
        },
    )


def _quarters(seeds_dir: Path) -> Iterator[Quarter]:
    for row in _rows(seeds_dir, "ref_trimestres"):
        if row["millesime"]:
            first, last = date.fromisoformat(row["date_debut"]), date.fromisoformat(row["date_fin"])
            yield Quarter(row["trimestre"], first, last, row["millesime"])


def _contracts_of(
    name: str, departments: tuple[str, ...], communes: tuple[str, ...], all_: tuple[Contract, ...]
) -> tuple[Contract, ...]:
    """The contract of one of its communes or of its name where there is one, else the first of its département.

    No public table links cités to contracts: this is a plausible choice, not a fact.
    """
    generation = "CV" if departments[0] in OVERSEAS else "CN"
    near = [c for c in all_ if c.department in departments and c.code.startswith(generation)]
    if not near:
        raise SampleError(
            f"ref_contrats_ville.csv holds no {generation} contract for départements {departments} ({name})."
        )
    words = _words(name)
    alike = {c.code: len(words & _words(c.name)) + 3 * (c.place in communes) for c in near}
    best = max(alike.values())
    return tuple([c for c in near if alike[c.code] == best][: 2 if best else 1])


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w{4,}", name.lower())) - {"saint", "métropole", "grand", "seine", "agglomération"}


def _grouped(seeds_dir: Path, seed: str, key: str, columns: tuple[str, ...]) -> dict[str, list[tuple[str, ...]]]:
    groups: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for row in _rows(seeds_dir, seed):
        groups[row[key]].append(tuple(row[column] for column in columns))
    return groups


def _rows(seeds_dir: Path, seed: str) -> Iterator[dict[str, str]]:
    path = seeds_dir / f"{seed}.csv"
    if not path.exists():
        raise SampleError(f"{path} is missing: sample returns are drawn from the reference data of the dbt project.")
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
