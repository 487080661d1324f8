"""Cases as data, checked when they are loaded; an error names the file and the line.

A case is one workbook, or one for each cell it tries where a sheet holds one answer: what is changed in a faultless
return (`socle.yaml`), who writes the file, and what must come out: values, states, findings, verdict.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from entrepot.errors import EntrepotError
from entrepot.yamldata import load_yaml

FOLDER = Path(__file__).parent
CASES = FOLDER / "cases"

State = Literal["saisi", "zero", "non_renseigne", "non_concerne"]
Writer = Literal[
    "xlsxwriter", "openpyxl", "odfdo", "xlwt", "csv", "csv tabulations", "csv virgules", "csv utf-8", "csv utf-16",
    "csv mac", "csv dossier", "libreoffice.xlsx", "libreoffice.ods", "libreoffice.xls",
]  # fmt: skip
# What is done to the bytes of an .xlsx once it is written (`package.py`).
Bytes = Literal[
    "chaines_en_ligne", "sans_references", "sans_dimension", "espaces_conserves", "strict", "calendrier_1904",
    "prefixe_x", "dates_iso", "macros", "tronque", "chiffre", "pdf",
]  # fmt: skip


class CaseError(EntrepotError):
    """A file of cases cannot be used; the message names the file and the line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Special(_Strict):
    """What a cell holds besides a plain value; the first field given says which kind it is.

    Attributes:
        formule, resultat: a formula and what its spreadsheet computed (nothing: never computed).
        erreur: an error of the spreadsheet.
        pourcent: a number shown as a percentage; nombre, format: a number shown in another format.
        apostrophe: a text typed after an apostrophe, as spreadsheets keep it.
        riche: a text in pieces of several looks; lien: a text with a link; note: a value with a comment.
    """

    formule: str | None = None
    resultat: int | float | str | None = None
    erreur: str | None = None
    pourcent: float | None = None
    nombre: float | None = None
    format: str | None = None
    apostrophe: str | None = None
    riche: tuple[str, ...] | None = None
    lien: str | None = None
    note: int | float | str | None = None


Typed = bool | int | float | str | datetime | date | Special | None
Read = bool | int | float | str | date | list[str] | None


class Insertion(_Strict):
    """Lines or columns put into a sheet before a line (a column), or after the last."""

    feuille: str
    avant: int | str | None = None
    lignes: tuple[tuple[Typed, ...], ...] = ()
    combien: int = 1


class NewSheet(_Strict):
    """A sheet that the form does not have."""

    nom: str
    lignes: tuple[tuple[Typed, ...], ...] = ()


class Change(_Strict):
    """One thing done to the workbook; places are A1 references in the workbook as the changes before left it."""

    mettre: dict[str, Typed] | None = None
    inserer_lignes: Insertion | None = None
    inserer_colonnes: Insertion | None = None
    supprimer_lignes: str | None = None
    supprimer_colonne: str | None = None
    renommer: dict[str, str] | None = None
    ajouter_feuille: NewSheet | None = None
    retirer_feuille: str | None = None
    ordre: tuple[str, ...] | None = None
    masquer_feuille: str | None = None
    masquer_lignes: str | None = None
    masquer_colonnes: str | None = None
    grouper_lignes: str | None = None
    filtrer: str | None = None
    fusionner: str | None = None
    colorer: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a change does one thing")
        return self


class Cell(_Strict):
    """A cell tried: what is put there, what is read of it, its state, and the findings it carries."""

    saisi: Typed = None
    lu: Read = None
    etat: State
    constats: tuple[str, ...] = ()
    remarque: str = ""


class Place(Cell):
    """A cell looked at in a workbook changed otherwise: `actions.2.participants`, `gouvernance.etp`."""

    ou: Annotated[str, Field(pattern=r"^[a-z]+(\.\w+)+$")]
    fait: str = ""


class Column(_Strict):
    """The field that the cells of a case are put in, and what the other fields of their lines hold."""

    tableau: str
    champ: str
    avec: dict[str, Typed] = {}


class Case(_Strict):
    """A case.

    Attributes:
        nom: what happens, in French.
        source: phrases of `phrases.yaml` that it proves.
        ecrivains: who writes the file; one file for each.
        fichier: name of the file where it matters.
        dans, cellules: cells tried, one a line (a file each where the sheet has one answer).
        changements, octets: what else is done to the workbook, and to its bytes.
        precedents: cases sent before for the same territory and quarter, by name; `renvoi`: the same bytes again.
        constats: findings about the file: « SUS-03 Actions ».
    """

    nom: str
    source: Annotated[tuple[str, ...], Field(min_length=1)]
    millesime: str = "2022"
    reponses: dict[str, Typed] = {}
    ecrivains: tuple[Writer, ...] = ("xlsxwriter",)
    fichier: str | None = None
    dans: Column | None = None
    cellules: tuple[Cell, ...] = ()
    changements: tuple[Change, ...] = ()
    octets: tuple[Bytes, ...] = ()
    precedents: tuple[str, ...] = ()
    renvoi: bool = False
    lus: tuple[Place, ...] = ()
    fait: str = ""
    constats: tuple[str, ...] = ()
    verdict: Literal["accepte", "rejete"] = "accepte"
    remarque: str = ""

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if (self.dans is None) != (not self.cellules):
            raise ValueError("dans and cellules go together")
        if self.verdict == "accepte" and not (self.cellules or self.lus or self.constats):
            raise ValueError("a case that is accepted says what is read (cellules, lus or constats)")
        return self


class CaseFile(_Strict):
    """Cases of one kind, with the heading they have on the page."""

    titre: str
    texte: str = ""
    cas: Annotated[tuple[Case, ...], Field(min_length=1)]


class Phrases(_Strict):
    """What the cases must prove: phrases of the domain's description, and what was asked besides.

    Attributes:
        ailleurs: phrases that another test proves, and that test.
    """

    paragraphe: tuple[str, ...]
    arbitrages: tuple[str, ...]
    demandes: tuple[str, ...]
    ailleurs: dict[str, str]

    def all(self) -> list[str]:
        """Every phrase."""
        return [*self.paragraphe, *self.arbitrages, *self.demandes]


def load_case_file(path: Path, phrases: Phrases) -> CaseFile:
    """Read one file of cases.

    Raises:
        CaseError: it is not one, or names a phrase that is not in `phrases.yaml`; names the file and the line.
    """
    loaded = load_yaml(path, TypeAdapter(CaseFile), CaseError)
    lines = path.read_text(encoding="utf-8").splitlines()
    known = set(phrases.all())
    for case in loaded.cas:
        for phrase in case.source:
            if phrase not in known:
                line = next((number for number, text in enumerate(lines, start=1) if phrase in text), 1)
                raise CaseError(f"{path}, line {line}: « {phrase} » is not in phrases.yaml.")
    return loaded


@cache
def load_phrases() -> Phrases:
    """What the cases must prove."""
    return load_yaml(FOLDER / "phrases.yaml", TypeAdapter(Phrases), CaseError)


@cache
def load_cases() -> tuple[CaseFile, ...]:
    """Every file of cases, in the order of their names.

    Raises:
        CaseError: a file is wrong, or two cases have one name.
    """
    files = tuple(load_case_file(path, load_phrases()) for path in sorted(CASES.glob("*.yaml")))
    names: set[str] = set()
    for case in (case for file in files for case in file.cas):
        if case.nom in names:
            raise CaseError(f"two cases are called « {case.nom} »")
        names.add(case.nom)
    return files


def all_cases() -> Iterator[Case]:
    """Every case."""
    return (case for file in load_cases() for case in file.cas)


@cache
def base() -> dict[str, Any]:
    """Answers of a faultless return, by vintage."""
    return load_yaml(FOLDER / "socle.yaml", TypeAdapter(dict[str, Any]), CaseError)
