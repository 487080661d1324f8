"""What every column of every mart is made of, as data: `lignees.yaml`, typed and checked against the marts."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from entrepot.restitution.figures import FigureError, Shape, catalogue
from entrepot.yamldata import Strict

LINEAGE_FILE = Path(str(files(__package__).joinpath("lignees.yaml")))
ALL_COLUMNS = "*"
NUMBERS = ("bigint", "integer", "smallint", "numeric")


class Sum(Enum):
    """How a figure follows from the figures it is made of."""

    SUM = "somme"
    COUNT = "nombre"
    TERRITORIES = "cites"
    MEAN = "moyenne"
    PERCENTAGE = "pourcentage"
    MEAN_BY_TERRITORY = "moyenne_par_cite"
    HIGHEST_BY_TERRITORY = "maximum_par_cite"
    DIFFERENCE = "difference"
    RATIO = "rapport"
    NONE = "aucun"


class Source(Strict):
    """Rows of a mart, and the column of theirs that counts.

    Attributes:
        lignes: SQL condition on the rows (`fait`) and the row of the figure (`chiffre`).
        valeur: SQL value counted, where it is not that of the column.
        depuis: of these rows, keep those from the last one on of which this SQL condition is true.
        retranche: subtracted; `denominateur`: divided by.
    """

    mart: str
    colonne: str
    lignes: str
    valeur: str | None = None
    depuis: str | None = None
    retranche: bool = False
    denominateur: bool = False


class Lineage(Strict):
    """What some columns of a mart are made of; exactly one of `sources`, `cases`, `retour` and `sans` is given.

    Attributes:
        si: SQL condition on the row (`chiffre`) under which this lineage holds.
        connu_le: column of the row that holds the day at whose end its sources are read.
        personnes: counts of people, never printed by territory.
    """

    colonnes: tuple[str, ...]
    si: str = "true"
    definition: str = ""
    connu_le: str | None = None
    personnes: bool = False
    calcul: Sum = Sum.NONE
    sources: tuple[Source, ...] = ()
    cases: tuple[str, ...] | Literal["propre"] = ()
    cases_si: str = "true"
    retour: bool = False
    sans: Annotated[str, Field(pattern=r"^[A-ZÀ-Ý].*\.$|^$")] = ""
    reference: Annotated[str | None, Field(pattern="^https://")] = None
    reference_colonne: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.sources, self.cases, self.retour, self.sans))) != 1:
            raise ValueError("exactly one of sources, cases, retour and sans is needed")
        if not self.sans and not self.definition:
            raise ValueError("a definition is needed")
        return self

    @property
    def text(self) -> str:
        """How the figure is computed, or why nothing typed is in it."""
        return self.sans or self.definition

    def fields(self, column: str) -> list[str]:
        """Fields of the provenance whose cells the figure is read from."""
        return [column.removesuffix("_etat")] if self.cases == "propre" else list(self.cases)


class _File(Strict):
    conditions: dict[str, str]
    lignees: dict[str, tuple[Lineage, ...]]


class Lineages:
    """The lineages of every column of every mart."""

    def __init__(self, path: Path, shapes: Mapping[str, Shape]) -> None:
        text = path.read_text("utf-8")
        try:
            content = _File.model_validate(yaml.safe_load(text))
        except (yaml.YAMLError, ValidationError) as error:
            raise FigureError(f"{path}: {error}") from None
        self._conditions = content.conditions
        self._by_mart = content.lignees
        for mart, lineage in ((mart, lineage) for mart, found in self._by_mart.items() for lineage in found):
            if problem := next(self._problems(mart, lineage, shapes), None):
                line = next(number for number, start in enumerate(text.splitlines(), 1) if start == f"  {mart}:")
                raise FigureError(f"{path}, from line {line}: {problem}.")

    def of(self, mart: str, column: str) -> list[Lineage]:
        """Lineages of a column, in the order in which their conditions are tried."""
        return [lineage for lineage in self._by_mart.get(mart, ()) if {column, ALL_COLUMNS} & set(lineage.colonnes)]

    def condition(self, text: str) -> str:
        """A condition with the named ones it uses put in."""
        while "{" in text:
            text = text.format_map({name: f"({condition})" for name, condition in self._conditions.items()})
        return text

    def _problems(self, mart: str, lineage: Lineage, shapes: Mapping[str, Shape]) -> Iterator[str]:
        if mart not in shapes:
            yield f"{mart} is no mart"
            return
        for column in (*lineage.colonnes, lineage.connu_le, lineage.reference_colonne):
            if column not in (*shapes[mart].types, ALL_COLUMNS, None):
                yield f"{mart} has no column {column}"
        for source in lineage.sources:
            if source.mart not in shapes or source.colonne not in shapes[source.mart].types:
                yield f"{mart} is said to rest on {source.mart}.{source.colonne}, which does not exist"
            try:
                self.condition(source.lignes)
            except KeyError as unknown:
                yield f"{mart} uses the condition {unknown}, which is not among « conditions »"


@cache
def lineages(dbt_dir: Path) -> Lineages:
    """The lineages, checked against the marts declared in the dbt project."""
    return Lineages(LINEAGE_FILE, catalogue(dbt_dir))
