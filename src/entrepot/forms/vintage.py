"""Vintages of the return form (millésimes) as data: one declarative map each, typed and checked when loaded.

A new vintage is a new file in `vintages/`; no code knows a vintage by name.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from entrepot.errors import EntrepotError
from entrepot.forms.normalise import label_keys
from entrepot.yamldata import Strict, load_yaml

VINTAGES_DIR = Path(__file__).parent / "vintages"
LISTS_DIR = Path(__file__).parent / "listes"

QUARTER = r"^20\d\d-T[1-4]$"

FieldType = Literal[
    "code_cite", "trimestre", "texte", "texte_libre", "contact", "date", "entier", "montant", "decimal", "choix",
    "choix_multiple", "codes_qpv", "codes_contrat",
]  # fmt: skip
COUNTS_AND_AMOUNTS = frozenset({"entier", "montant", "decimal"})


class MapError(EntrepotError):
    """A map of the form cannot be used; the message names the file and the line."""


class Attributs(Strict):
    """Bounds of a field's values.

    Attributes:
        borne: day meant by a month alone: the first (`debut`) or the last (`fin`).
        min, max: smallest and largest value.
        elements_max: largest number of items in a list.
    """

    borne: Literal["debut", "fin"] | None = None
    min: int | None = None
    max: int | None = None
    elements_max: int | None = None


class Champ(Strict):
    """A field of the form: a question, a column, or the column that names the lines of a cross table.

    Attributes:
        libelle: label on the blank form; `autres_libelles` are other labels read silently as this field.
        groupe, sous_libelles: label when it is split over two lines, a group over several columns.
        modalites: for the key of a cross table, codes of its lines in the order of the blank form.
        aide: what the blank form says of the field, in French, besides what its type says.
        au_moins, au_plus: field of the same line that a value may not be below, or above.
    """

    champ: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    libelle: str
    type: FieldType
    liste: str | None = None
    requis: bool = False
    indicateur: str | None = None
    sexe: Literal["F", "H", "T"] | None = None
    autres_libelles: tuple[str, ...] = ()
    groupe: str | None = None
    sous_libelles: tuple[str, ...] = ()
    modalites: tuple[str, ...] = ()
    attributs: Attributs = Attributs()
    aide: str | None = None
    au_moins: str | None = None
    au_plus: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Champ":
        if (self.liste is not None) != self.type.startswith("choix"):
            raise ValueError("a choice names its list, and only a choice does")
        if (self.type == "date") != (self.attributs.borne is not None):
            raise ValueError("a date says which day a month alone means (borne), and only a date does")
        if (self.groupe is None) != (not self.sous_libelles):
            raise ValueError("groupe and sous_libelles go together")
        return self


class Tableau(Strict):
    """A table of the form.

    Attributes:
        genre: `fiche` (label and value side by side), `liste` (a line per object), `croise` (lines known in advance).
        feuille: sheet where it stands; `ligne`: where the blank form puts its header, or its first question.
        nature: kind of count of a cross table.
        facultatif: its absence does not reject the return.
        trimestres: quarters of the year in which it is asked.
        consigne: what the blank form says of the table, in French.
    """

    tableau: str
    genre: Literal["fiche", "liste", "croise"]
    feuille: str
    ligne: Annotated[int, Field(ge=1)]
    nature: Literal["cumul", "flux", "stock"] | None = None
    facultatif: bool = False
    trimestres: tuple[Annotated[int, Field(ge=1, le=4)], ...] = (1, 2, 3, 4)
    consigne: str = ""
    champs: Annotated[tuple[Champ, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "Tableau":
        names = [champ.champ for champ in self.champs]
        if len(set(names)) < len(names):
            raise ValueError("a field is declared twice")
        if self.genre == "croise" and not self.champs[0].modalites:
            raise ValueError("the first field of a cross table lists the codes of its lines (modalites)")
        owners: dict[str, str] = {}
        for champ in self.champs:
            for other in (champ.au_moins, champ.au_plus):
                if other is not None and other not in names:
                    raise ValueError(f"« {champ.libelle} » is compared with {other}, which is no field of the table")
            for label in (champ.libelle, *champ.autres_libelles):
                if owners.setdefault(label_keys(label)[0], champ.champ) != champ.champ:
                    raise ValueError(f"« {label} » is a label of two fields")
        return self

    @cached_property
    def par_champ(self) -> Mapping[str, Champ]:
        """Fields by name."""
        return {champ.champ: champ for champ in self.champs}

    @cached_property
    def par_libelle(self) -> Mapping[str, str]:
        """Field of each label, by the keys of `normalise.label_keys`; a label in full wins over one cut short."""
        labels: dict[str, str] = {}
        for keep in (slice(1), slice(None)):
            for champ in self.champs:
                for label in (champ.libelle, *champ.autres_libelles):
                    for key in label_keys(label)[keep]:
                        labels.setdefault(key, champ.champ)
        return labels

    @cached_property
    def libelles_du_gabarit(self) -> frozenset[str]:
        """Keys of the labels printed on the blank form: they tell one vintage from another."""
        return frozenset(key for champ in self.champs for key in label_keys(champ.libelle))

    @cached_property
    def par_groupe(self) -> Mapping[str, Mapping[str, str]]:
        """Field of each group label, then of each label under it."""
        groups: dict[str, dict[str, str]] = defaultdict(dict)
        for champ in self.champs:
            if champ.groupe:
                for key in label_keys(champ.groupe):
                    groups[key] |= {sub: champ.champ for label in champ.sous_libelles for sub in label_keys(label)}
        return dict(groups)


class Liste(Tableau):
    """A list that the national team sends by itself, whatever the vintage; `recepisse` is the kind of its receipts."""

    recepisse: Literal["liste_pactes", "registre_corrections"]


class Millesime(Strict):
    """A vintage of the form, and the quarters it serves."""

    millesime: Annotated[str, Field(pattern=r"^20\d\d$")]
    premier_trimestre: Annotated[str, Field(pattern=QUARTER)]
    dernier_trimestre: Annotated[str, Field(pattern=QUARTER)]
    tableaux: Annotated[tuple[Tableau, ...], Field(min_length=1)]

    def serves(self, trimestre: str) -> bool:
        """Whether returns of this quarter use this vintage."""
        return self.premier_trimestre <= trimestre <= self.dernier_trimestre

    def attendus(self, trimestre: str | None) -> list[Tableau]:
        """Tables whose absence rejects a return of that quarter (unknown: those of every quarter)."""
        return [
            tableau
            for tableau in self.tableaux
            if not tableau.facultatif
            and (int(trimestre[-1]) in tableau.trimestres if trimestre else len(tableau.trimestres) == 4)  # noqa: PLR2004
        ]


@cache
def vintages() -> tuple[Millesime, ...]:
    """Every vintage, oldest first.

    Raises:
        MapError: a map is wrong, or two vintages serve the same quarter.
    """
    return load_vintages(VINTAGES_DIR)


def load_vintages(folder: Path) -> tuple[Millesime, ...]:
    """Load the vintages of a folder, oldest first.

    Raises:
        MapError: a map is wrong, or two vintages serve the same quarter.
    """
    loaded = [(path, load_yaml(path, TypeAdapter(Millesime), MapError)) for path in folder.glob("*.yaml")]
    loaded.sort(key=lambda pair: pair[1].premier_trimestre)
    for (_, earlier), (path, later) in pairwise(loaded):
        if later.premier_trimestre <= earlier.dernier_trimestre:
            raise MapError(f"{path}: serves quarters that vintage {earlier.millesime} already serves.")
    return tuple(vintage for _, vintage in loaded)


@cache
def lists() -> Mapping[str, Liste]:
    """The lists of the national team, by the name of their table.

    Raises:
        MapError: a map is wrong.
    """
    loaded = (load_yaml(path, TypeAdapter(Liste), MapError) for path in sorted(LISTS_DIR.glob("*.yaml")))
    return {liste.tableau: liste for liste in loaded}


def gabarit_rows() -> Iterator[tuple[object, ...]]:
    """Every field of every vintage, in the column order of `entrepot.champ_gabarit`."""
    for vintage in vintages():
        for tableau in vintage.tableaux:
            for rank, champ in enumerate(tableau.champs, start=1):
                attributs = champ.attributs.model_dump(exclude_none=True)
                if champ.modalites:
                    attributs["modalites"] = champ.modalites
                yield (
                    vintage.millesime, tableau.tableau, champ.champ, rank, tableau.feuille, tableau.genre,
                    champ.libelle, champ.type, champ.liste, champ.requis,
                    tableau.nature if champ.indicateur else None, champ.indicateur, champ.sexe, json.dumps(attributs),
                )  # fmt: skip
