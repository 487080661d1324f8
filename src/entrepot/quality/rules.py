"""Rules as data: the files of `expectations/`, typed and checked when they are loaded.

Three kinds of file, told apart by their field `garde`: rules on the cells of staged returns (`retours`), rules on the
marts of a candidate release (`parution`), and rules that the reader checks by itself (`lecture`). One more file,
`attendus.yaml`, says in French what each type of field expects.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, field_validator, model_validator

from entrepot.errors import EntrepotError
from entrepot.yamldata import Strict, load_yaml

EXPECTED_BY_TYPE = "attendus.yaml"

# Placeholders that the warehouse fills for every cell; any other name is a column of the guarded table.
CELL_PLACEHOLDERS = frozenset({"valeur", "champ", "cite", "cite_libelle", "attendu", "attendu_du_type", "ligne"})

CODE = r"^[A-Z]{3}-\d{2}$"


class RuleFileError(EntrepotError):
    """A file of rules cannot be used; the message names the file and the line."""


def placeholders(sentence: str) -> set[str]:
    """Names between braces in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


class Rule(Strict):
    """What every rule says of itself, whoever checks it."""

    code: Annotated[str, Field(pattern=CODE, description="Never reused, even when the rule goes.")]
    message: Annotated[str, Field(min_length=10, description="French sentence, with placeholders in braces.")]
    attendu: Annotated[str | None, Field(description="What was expected, in French, likewise.")] = None
    qui_corrige: Literal["territoire", "équipe nationale", "équipe de l'entrepôt"]
    public: Literal["territoire", "analyste", "équipe de l'entrepôt"]
    raison: Annotated[str, Field(min_length=10, description="Why the rule exists.")]
    origine: Annotated[str, Field(description="Where it was decided.")]
    depuis: Annotated[str, Field(pattern=r"^20\d{2}-T[1-4]$", description="First quarter it applies to.")]

    @field_validator("message", "attendu")
    @classmethod
    def _well_formed(cls, sentence: str | None) -> str | None:
        if sentence is not None and (bad := [n for n in placeholders(sentence) if not n.isidentifier()]):
            raise ValueError(f"the braces hold {bad}, which is not a name")
        return sentence


class Expectation(Strict):
    """One expectation of Great Expectations: its registered type, its arguments, and the rows it looks at.

    `{champ}` inside an argument stands for the field of the rule, a threshold's name between braces inside a condition
    for its value. `row_condition` maps a column to the value, or the
    list of values, that the rows looked at must have.
    """

    type: Annotated[str, Field(pattern=r"^(expect_[a-z0-9_]+|unexpected_rows_expectation)$")]
    kwargs: dict[str, Any] = Field(default_factory=dict)
    row_condition: dict[str, str | list[str]] = Field(default_factory=dict)


class CellRule(Rule):
    """A rule on the cells of a return.

    `interne` is a promise of our own staging: when it fails, the fault is ours and the check stops.
    """

    severite: Literal["valeur", "suspicion", "interne"]
    champ: str | list[str] | None = None
    cite: str | None = None
    si_seule: Annotated[bool, Field(description="Silent on a cell that another rule already rejects.")] = False
    valeur_masquee: Annotated[bool, Field(description="What was typed is copied nowhere.")] = False
    expectation: Expectation

    @property
    def fields(self) -> Sequence[str | None]:
        """Fields the rule is checked on, one expectation each."""
        return [*self.champ] if isinstance(self.champ, list) else [self.champ]


class MartRule(Rule):
    """A rule on a mart of a candidate release: `bloquant` stops the publication, `signalement` is only told."""

    severite: Literal["bloquant", "signalement"]
    expectation: Expectation


class ReaderRule(Rule):
    """A rule that the reader of workbooks checks; it gives the placeholders with each finding."""

    severite: Literal["structure", "valeur", "suspicion"]


class Coordinates(Strict):
    """Columns of the guarded table that say where each row comes from in the workbook."""

    tableau: str | None = None
    champ: str | None = None
    ligne: str | None = None
    colonne: str | None = None
    valeur: str | None = None

    @property
    def columns(self) -> set[str]:
        """The columns named."""
        return set(self.model_dump(exclude_none=True).values())


class _Suite(Strict):
    table: Annotated[str, Field(pattern=r"^[a-z_0-9]+$")]
    prefixe: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    minimum: Annotated[str, Field(description="Query giving the least number of rows the table can hold.")]

    regles: Sequence[Rule]

    @model_validator(mode="after")
    def _prefixed(self) -> Self:
        for rule in self.regles:
            if not rule.code.startswith(self.prefixe):
                raise ValueError(f"rule {rule.code} must start with {self.prefixe}")
        return self

    @property
    def row_count_code(self) -> str:
        """Code of the check that opens the suite: without it, an empty table would pass every other."""
        return f"{self.prefixe}-00"

    def codes(self) -> list[str]:
        """Codes of every check of the suite."""
        return [self.row_count_code, *(rule.code for rule in self.regles)]


class CellSuite(_Suite):
    """Rules on one staged table (schema `preparation`)."""

    garde: Literal["retours"]
    tableau: Annotated[str | None, Field(description="Table of the form, when the rows do not name it.")] = None
    reperes: Coordinates
    seuils: dict[str, float] = Field(
        default_factory=dict, description="Named thresholds, for expectations and sentences."
    )
    regles: list[CellRule]

    @model_validator(mode="after")
    def _located(self) -> Self:
        if (self.tableau is None) == (self.reperes.tableau is None):
            raise ValueError("name the form's table either in tableau or in reperes, not both")
        return self

    def columns(self) -> list[str]:
        """Columns wanted back with each failing row: its coordinates, and what the sentences quote."""
        quoted = {
            name
            for rule in self.regles
            for name in placeholders(rule.message) | placeholders(rule.attendu or "")
            if name not in CELL_PLACEHOLDERS and name not in self.seuils
        }
        return ["recepisse_id", *sorted(self.reperes.columns | quoted)]


class MartSuite(_Suite):
    """Rules on one mart of the candidate release."""

    garde: Literal["parution"]
    portee: Annotated[
        Literal["retour", "territoire", "trimestre", "tout"],
        Field(description="Rows audited when a release touches some returns only: theirs, their territories', …"),
    ] = "tout"
    a_la_volee: Annotated[
        bool, Field(description="Its rows are looked up when read, not written: loops suit them, however many.")
    ] = False
    regles: list[MartRule]


class ReaderSuite(Strict):
    """Rules checked by the reader."""

    garde: Literal["lecture"]
    regles: list[ReaderRule]

    def codes(self) -> list[str]:
        """Codes of the rules."""
        return [rule.code for rule in self.regles]


AnySuite = Annotated[CellSuite | MartSuite | ReaderSuite, Field(discriminator="garde")]


@dataclass(frozen=True)
class Suites:
    """Every rule of the warehouse."""

    cells: tuple[CellSuite, ...]
    marts: tuple[MartSuite, ...]
    reader: dict[str, ReaderRule]
    expected_by_type: dict[str, str]

    def rules(self) -> Iterator[Rule]:
        """All rules, whoever checks them."""
        for suite in (*self.cells, *self.marts):
            yield from suite.regles
        yield from self.reader.values()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the rules say, whatever files they are in: other rules have another one."""
        said = [suite.model_dump(mode="json") for suite in (*self.cells, *self.marts)]
        said += [rule.model_dump(mode="json") for rule in self.reader.values()]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load_suites(folder: Path) -> Suites:
    """Read every suite of a folder.

    Args:
        folder: the folder `expectations/`.

    Raises:
        RuleFileError: a file is missing, is not YAML, or holds something a rule cannot be; names the file and line.
    """
    if not (folder / EXPECTED_BY_TYPE).is_file():
        raise RuleFileError(f"{folder / EXPECTED_BY_TYPE} is missing: {folder} must hold the rules of the warehouse.")
    expected = load_yaml(folder / EXPECTED_BY_TYPE, TypeAdapter(dict[str, str]), RuleFileError)
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.name != EXPECTED_BY_TYPE]
    suites = {path: load_yaml(path, TypeAdapter[Any](AnySuite), RuleFileError) for path in paths}
    owners: dict[str, Path] = {}
    for path, suite in suites.items():
        for code in suite.codes():
            if code in owners:
                raise RuleFileError(f"{path}: rule {code} is already in {owners[code].name}; give it another code.")
            owners[code] = path
    return Suites(
        cells=tuple(suite for suite in suites.values() if isinstance(suite, CellSuite)),
        marts=tuple(suite for suite in suites.values() if isinstance(suite, MartSuite)),
        reader={
            rule.code: rule for suite in suites.values() if isinstance(suite, ReaderSuite) for rule in suite.regles
        },
        expected_by_type=expected,
    )
