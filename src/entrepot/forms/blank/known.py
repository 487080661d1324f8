"""What is known of a territory and a quarter before anything is typed, from the reference data (the dbt seeds)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.forms.choices import Line
from entrepot.forms.reference import seed_rows
from entrepot.forms.vintage import Millesime, vintages

OVERSEAS = "97"
# The letters that codes of a contrat de ville begin with, by generation of the neighbourhoods.
CONTRACTS = {"2015": "CV", "2024": "CN"}


class UnknownForm(EntrepotError):  # noqa: N818 - it names what is missing
    """There is no form for this territory or this quarter."""


@dataclass(frozen=True)
class Suggestion:
    """A code with the name people know it by."""

    code: str
    nom: str
    communes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Code and name, the way a cell may hold them."""
        return f"{self.code} - {self.nom}"


@dataclass(frozen=True)
class Quarter:
    """A quarter: its days, the day its return is due, and the generation of neighbourhoods it asks for."""

    code: str
    first_day: date
    last_day: date
    due: date
    generation_mainland: str
    generation_overseas: str


@dataclass(frozen=True)
class Subject:
    """A territory in a quarter.

    Attributes:
        generation: neighbourhoods and contracts that its form asks for, `2015` or `2024`.
        qpv: neighbourhoods: the official list of the cité for 2015; for 2024, those that lie in its communes.
        qpv_official: whether these are its official list, to be stated, or a help to choose from.
        contrats: contrats de ville of its départements: no public table says which is its own.
    """

    territoire_id: str
    nom: str
    trimestre: Quarter
    generation: str
    qpv: tuple[Suggestion, ...]
    qpv_official: bool
    contrats: tuple[Suggestion, ...]


class Subjects:
    """Every territory in every quarter, from the seeds, read once.

    Raises:
        ReferenceDataError: a seed is missing or lacks a column.
    """

    def __init__(self, seeds_dir: Path) -> None:
        self.names: dict[str, str] = {}
        self._departments: dict[str, tuple[str, ...]] = {}
        for code, name, departments in seed_rows(seeds_dir, "ref_territoires", "territoire_id", "nom", "departements"):
            self.names[code], self._departments[code] = name, tuple(departments.split(";"))
        self._qpv = {"2015": _official_qpv(seeds_dir), "2024": _qpv_of_the_communes(seeds_dir)}
        self._contracts = _contracts(seeds_dir)
        self._quarters = _quarters(seeds_dir)

    def subject(self, territoire_id: str, trimestre: str) -> Subject:
        """What is known of a territory in a quarter.

        Raises:
            UnknownForm: there is no such territory or quarter.
        """
        if territoire_id not in self.names:
            first, last = min(self.names), max(self.names)
            raise UnknownForm(f"There is no territory {territoire_id!r}: give one from {first} to {last}.")
        quarter = self.quarter(trimestre)
        departments = self._departments[territoire_id]
        overseas = departments[0].startswith(OVERSEAS)
        generation = quarter.generation_overseas if overseas else quarter.generation_mainland
        return Subject(
            territoire_id=territoire_id,
            nom=self.names[territoire_id],
            trimestre=quarter,
            generation=generation,
            qpv=tuple(self._qpv[generation].get(territoire_id, ())),
            qpv_official=generation == "2015",
            contrats=tuple(
                contract
                for department in departments
                for contract in self._contracts[department]
                if contract.code.startswith(CONTRACTS[generation])
            ),
        )

    def quarter(self, trimestre: str) -> Quarter:
        """A quarter.

        Raises:
            UnknownForm: there is no such quarter.
        """
        if trimestre not in self._quarters:
            first, last = min(self._quarters), max(self._quarters)
            raise UnknownForm(f"There is no quarter {trimestre!r}: write it like 2024-T1, from {first} to {last}.")
        return self._quarters[trimestre]


def vintage_of(trimestre: str) -> Millesime:
    """The vintage of the form that serves a quarter.

    Raises:
        UnknownForm: none does.
    """
    vintage = next((vintage for vintage in vintages() if vintage.serves(trimestre)), None)
    if vintage is None:
        first, last = vintages()[0].premier_trimestre, vintages()[-1].dernier_trimestre
        raise UnknownForm(f"No form serves quarter {trimestre!r}: write it like 2024-T1, from {first} to {last}.")
    return vintage


def prefilled(subject: Subject, contrats: tuple[str, ...] = ()) -> Line:
    """Answers of Identification that are known: nothing that nobody has stated.

    Args:
        subject: territory and quarter.
        contrats: contracts that the territory itself declared in its last return.
    """
    return {
        "territoire_id": subject.territoire_id,
        "nom_cite": subject.nom,
        "trimestre": subject.trimestre.code,
        "qpv_couverts": tuple(qpv.code for qpv in subject.qpv) if subject.qpv_official else None,
        "contrats_ville": tuple(code for code in contrats if code.startswith(CONTRACTS[subject.generation])) or None,
        "version_gabarit": vintage_of(subject.trimestre.code).millesime,
    }


def _official_qpv(seeds_dir: Path) -> Mapping[str, list[Suggestion]]:
    found = defaultdict(list)
    for territory, code, name in seed_rows(
        seeds_dir, "ref_territoires_qpv2015", "territoire_id", "code_qpv", "nom_qpv"
    ):
        found[territory].append(Suggestion(code, name))
    return found


def _qpv_of_the_communes(seeds_dir: Path) -> Mapping[str, list[Suggestion]]:
    """Neighbourhoods of 2024 by cité: those that lie in one of its communes (codes of the COG 2025 on both sides)."""
    by_commune = defaultdict(list)
    columns = ("code_commune", "code_qpv", "nom_qpv", "nom_commune")
    for commune, code, name, commune_name in seed_rows(seeds_dir, "ref_qpv2024_communes", *columns):
        by_commune[commune].append((code, name, commune_name))
    found: dict[str, dict[str, Suggestion]] = defaultdict(dict)
    for territory, commune in seed_rows(seeds_dir, "ref_territoires_communes", "territoire_id", "code_commune_2025"):
        for code, name, commune_name in by_commune[commune]:
            known = found[territory].get(code)
            communes = known.communes if known else ()
            if commune_name not in communes:
                found[territory][code] = Suggestion(code, name, (*communes, commune_name))
    return {territory: [qpv[code] for code in sorted(qpv)] for territory, qpv in found.items()}


def _contracts(seeds_dir: Path) -> Mapping[str, list[Suggestion]]:
    found: dict[str, dict[str, Suggestion]] = defaultdict(dict)
    for code, name, department in seed_rows(seeds_dir, "ref_contrats_ville", "code_contrat", "nom", "departement"):
        found[department].setdefault(code, Suggestion(code, name))
    return defaultdict(list, {department: list(contracts.values()) for department, contracts in found.items()})


def _quarters(seeds_dir: Path) -> dict[str, Quarter]:
    columns = ("trimestre", "date_debut", "date_fin", "echeance", "qpv_metropole", "qpv_outre_mer")
    return {
        code: Quarter(
            code,
            date.fromisoformat(first),
            date.fromisoformat(last),
            date.fromisoformat(due),
            mainland,
            overseas,
        )
        for code, first, last, due, mainland, overseas in seed_rows(seeds_dir, "ref_trimestres", *columns)
    }
