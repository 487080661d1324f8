"""A figure, written `mart/key values in the order of the mart's primary key/column`.

`bilan_axes/2023-T4/france/FR/recenser_federer/occurrences/valeur_trimestre` names one cell of one published mart. What
can be asked is read from the marts' own declaration, `marts.yml`, and from `rapport.yml` for the few figures that the
report adds up by itself.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import psycopg
import yaml
from psycopg import sql
from psycopg.rows import tuple_row
from pydantic import BaseModel, ConfigDict, ValidationError

from entrepot.errors import EntrepotError
from entrepot.settings import Settings
from entrepot.warehouse.releases import FORMER_VERSION

REPORT_SHAPES = "rapport.yml"
UNIQUE_KEY = re.compile(r"^unique (?:nulls not distinct )?\(([^)]+)\)$")
WHOLE_NUMBERS = {"bigint", "integer", "smallint"}
KNOWN_SHOWN = 12
"""How many of the values that would do are named in an error."""


class FigureError(EntrepotError):
    """A figure is not written as one, or names nothing that is published."""


class _Declared(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Constraint(_Declared):
    type: str
    columns: tuple[str, ...] = ()
    expression: str = ""


class _Column(_Declared):
    name: str
    description: str
    data_type: str


class _VersionColumn(_Declared):
    """A column of a version, or which of the model's own columns it has."""

    name: str = ""
    description: str = ""
    data_type: str = ""
    include: tuple[str, ...] | Literal["all", "*"] = ()
    exclude: tuple[str, ...] = ()


class _Version(_Declared):
    v: int
    constraints: tuple[_Constraint, ...] = ()
    columns: tuple[_VersionColumn, ...] = (_VersionColumn(include="all"),)


class _Model(_Declared):
    name: str
    constraints: tuple[_Constraint, ...] = ()
    columns: tuple[_Column, ...]
    latest_version: int | None = None
    versions: tuple[_Version, ...] = ()

    @property
    def in_versions(self) -> Iterator["_Model"]:
        """The model as readers see it, and each of its former versions, as dbt understands their declaration."""
        if not self.versions:
            yield self
        latest = self.latest_version or max((version.v for version in self.versions), default=1)
        for version in self.versions:
            own = {column.name: column for column in self.columns}
            columns: dict[str, _Column] = {}
            for told in version.columns:
                if told.include:
                    kept = own if isinstance(told.include, str) else told.include
                    columns |= {name: own[name] for name in kept if name not in told.exclude}
                else:
                    columns[told.name] = _Column(**told.model_dump(include={"name", "description", "data_type"}))
            yield _Model(
                name=self.name if version.v == latest else f"{self.name}_v{version.v}",
                constraints=version.constraints or self.constraints,
                columns=tuple(columns.values()),
            )


class _Models(_Declared):
    models: tuple[_Model, ...]


@dataclass(frozen=True)
class Shape:
    """What can be asked of a mart: its key, in order, and its columns with their types and descriptions."""

    mart: str
    key: tuple[str, ...]
    types: dict[str, str]
    descriptions: dict[str, str]

    @property
    def relation(self) -> sql.Composable:
        """What stands after « from »: the published view, or the report's own query."""
        if self.mart.startswith("rapport_"):
            return sql.SQL("({})").format(sql.SQL(report_query(self.mart)))
        return sql.Identifier("marts", self.mart)

    def figure(self, key: Iterable[str | None], column: str) -> "Figure":
        """The figure of a row given by the values of its key."""
        return Figure(self.mart, dict(zip(self.key, (value or "" for value in key), strict=True)), column)


@dataclass(frozen=True)
class Figure:
    """One cell of a mart; an empty key value stands for a null one."""

    mart: str
    key: dict[str, str]
    column: str

    def __hash__(self) -> int:
        return hash((self.mart, self.row, self.column))

    def __str__(self) -> str:
        return "/".join([self.mart, *self.key.values(), self.column])

    @property
    def row(self) -> tuple[str, ...]:
        """Values of the key, in order."""
        return tuple(self.key.values())

    def value(self, connection: psycopg.Connection[Any]) -> Any:
        """The figure as published, or as known at the instant set on the connection (`entrepot.au`).

        Raises:
            FigureError: the mart has no such row; the sentence names the key values that it has.
        """
        shape = Shape(self.mart, tuple(self.key), {}, {})
        statement = sql.SQL("select {} from {} as chiffre where {}").format(
            sql.Identifier(self.column), shape.relation, _matches(self.key)
        )
        with connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(statement, self.key).fetchone()
            if row is None:
                raise FigureError(_no_such_row(self, shape, cursor))
        return row[0]


def parse_figure(text: str, settings: Settings) -> Figure:
    """Read a figure as a person writes it.

    Raises:
        FigureError: unknown mart, wrong number of key values, unknown column; the sentence names those there are.
    """
    shapes = catalogue(settings.dbt_dir)
    mart, *parts = text.strip().split("/")
    shape = shapes.get(mart)
    if shape is None:
        raise FigureError(f"There is no mart {mart!r}: give one of {', '.join(shapes)}.")
    if (version := FORMER_VERSION.fullmatch(mart)) and version[1] in shapes:
        raise FigureError(f"{mart} is a former version of {version[1]}: ask for the figure of the latter.")
    if len(parts) != len(shape.key) + 1:
        raise FigureError(
            f"{text!r}: a figure of {mart} is written {mart}/{'/'.join(name.upper() for name in shape.key)}/COLUMN, "
            f"that is {len(shape.key)} key values and a column; here are {len(parts)} parts after the mart."
        )
    *values, column = parts
    if column not in shape.types:
        raise FigureError(f"{mart} has no column {column!r}: give one of {', '.join(shape.types)}.")
    figure = shape.figure(values, column)
    for name, value in figure.key.items():
        if shape.types[name] in WHOLE_NUMBERS and not re.fullmatch(r"\d{1,9}", value):
            raise FigureError(f"{text!r}: {name} is a whole number, not {value!r}.")
    return figure


@cache
def catalogue(dbt_dir: Path) -> dict[str, Shape]:
    """Every mart that has figures, by name: those with a key.

    Raises:
        FigureError: a declaration cannot be used; the sentence names the file and what is wrong.
    """
    declared = dbt_dir / "models" / "marts" / "marts.yml"
    own = Path(str(files(__package__).joinpath(REPORT_SHAPES)))
    return {shape.mart: shape for path in (declared, own) for shape in _shapes(path)}


def report_query(name: str) -> str:
    """Text of the query `queries/<name>.sql`."""
    return files(__package__).joinpath("queries", f"{name}.sql").read_text("utf-8").rstrip().rstrip(";")


def _shapes(path: Path) -> Iterable[Shape]:
    try:
        models = _Models.model_validate(yaml.safe_load(path.read_text("utf-8"))).models
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise FigureError(f"{path} does not say what the marts are: {error}") from None
    for model in chain.from_iterable(model.in_versions for model in models):
        types = {column.name: column.data_type for column in model.columns}
        key = _key(model)
        if unknown := [name for name in key if name not in types]:
            raise FigureError(f"{path}: the key of {model.name} names {unknown}, which it does not have as columns.")
        if key:
            yield Shape(model.name, key, types, {column.name: column.description for column in model.columns})


def _key(model: _Model) -> tuple[str, ...]:
    for constraint in model.constraints:
        if constraint.type == "primary_key":
            return constraint.columns
        # A key with a value that may be null cannot be declared as primary.
        if constraint.type == "custom" and (unique := UNIQUE_KEY.match(constraint.expression)):
            return tuple(name.strip() for name in unique[1].split(","))
    return ()


def _matches(key: dict[str, str]) -> sql.Composable:
    return sql.SQL(" and ").join(
        sql.SQL("chiffre.{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        if value
        else sql.SQL("chiffre.{} is null").format(sql.Identifier(name))
        for name, value in key.items()
    )


def _no_such_row(figure: Figure, shape: Shape, cursor: psycopg.Cursor[Any]) -> str:
    """Say which key value is the first that no row has, after those before it, and which would do."""
    before: dict[str, str] = {}
    for name, value in figure.key.items():
        condition = _matches(before) if before else sql.SQL("true")
        statement = sql.SQL("select distinct coalesce({}::text, '') from {} as chiffre where {} order by 1").format(
            sql.Identifier(name), shape.relation, condition
        )
        known = [row[0] for row in cursor.execute(statement, before)]
        if value not in known:
            return f"{figure}: no row has {name} = {value!r}; there is {_some(known) or 'no row at all yet'}."
        before[name] = value
    return f"{figure}: there is no such row."


def _some(values: Sequence[str]) -> str:
    shown = [value or "(empty)" for value in values[:KNOWN_SHOWN]]
    more = len(values) - len(shown)
    return ", ".join([*shown, f"… and {more} more"] if more else shown)
