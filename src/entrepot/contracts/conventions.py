"""Conventions of the dbt project that dbt itself does not ask for: layers, names, descriptions, keys, contracts, tests.

Each rule looks at what dbt read of the project and yields what breaks it; `conventions.yaml` holds the layers.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from entrepot.contracts.project import Project, is_mart
from entrepot.errors import EntrepotError
from entrepot.quality.rules import load_suites
from entrepot.settings import Settings
from entrepot.yamldata import Strict, load_yaml

LAYERS_FILE = Path(__file__).with_name("conventions.yaml")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 63  # of PostgreSQL
# Owners are roles; an address that leads nowhere shows that it is one.
NOWHERE = ("@exemple.invalid",)

Node = Mapping[str, Any]


class ConventionError(EntrepotError):
    """The dbt project breaks its own conventions."""


class Exemption(Strict):
    """What one model of a layer may read besides, and why."""

    modele: str
    lit: tuple[str, ...]
    raison: str


class Layer(Strict):
    """A layer: the folder of its models, how they are named, and what they may read, with the reason why no more."""

    nom: str
    chemin: str
    modeles: re.Pattern[str]
    lit: tuple[str, ...]
    raison: str
    sauf: tuple[Exemption, ...] = ()


class _File(Strict):
    couches: tuple[Layer, ...]


@dataclass(frozen=True)
class Fault:
    """A rule broken: its code, by what, and how."""

    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where}: {self.what}"


@dataclass(frozen=True)
class Looked:
    """What the rules look at."""

    project: Project
    settings: Settings
    layers: tuple[Layer, ...]

    @property
    def models(self) -> list[dict[str, Any]]:
        """Every model."""
        return [node for node in self.project.nodes.values() if node["resource_type"] == "model"]

    @property
    def marts(self) -> list[dict[str, Any]]:
        """Every mart."""
        return [node for node in self.models if is_mart(node)]

    @property
    def seeds(self) -> list[dict[str, Any]]:
        """Every seed."""
        return [node for node in self.project.nodes.values() if node["resource_type"] == "seed"]

    def layer(self, node: Node) -> Layer | None:
        """The layer of a model."""
        return next((layer for layer in self.layers if str(node["path"]).startswith(layer.chemin)), None)

    def room(self, node: Node) -> str:
        """What a node is for who reads it: its layer, the source it is of, or its kind."""
        if node["resource_type"] == "model":
            layer = self.layer(node)
            return layer.nom if layer else ""
        return str(node["source_name"] if node["resource_type"] == "source" else node["resource_type"])


Rule = Callable[[Looked], Iterator[tuple[str, str]]]
RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Rule], Rule]:
    """Make a function that yields what breaks a rule, and how, that rule."""

    def known(function: Rule) -> Rule:
        RULES[code] = function
        return function

    return known


@rule("LAY-1")
def _reads_what_its_layer_may(looked: Looked) -> Iterator[tuple[str, str]]:
    for model in looked.models:
        if layer := looked.layer(model):
            allowed = {*layer.lit, *(name for but in layer.sauf if but.modele == model["name"] for name in but.lit)}
            for read in _reads(looked, model):
                if (room := looked.room(read)) not in allowed:
                    yield model["name"], f"a model of {layer.nom} may not read {read['name']} ({room}). {layer.raison}"


@rule("LAY-2")
def _is_of_a_layer(looked: Looked) -> Iterator[tuple[str, str]]:
    for model in looked.models:
        if looked.layer(model) is None:
            yield model["name"], f"models/{model['path']} is in no layer of {LAYERS_FILE.name}."


@rule("LAY-3")
def _what_is_allowed_is_used(looked: Looked) -> Iterator[tuple[str, str]]:
    """A permission left behind would let the next fault through."""
    used = {
        (model["name"], layer.nom, looked.room(read))
        for model in looked.models
        if (layer := looked.layer(model))
        for read in _reads(looked, model)
    }
    by_layer = {(layer, room) for _, layer, room in used}
    for layer in looked.layers:
        for room in layer.lit:
            if (layer.nom, room) not in by_layer:
                yield layer.nom, f"no model of it reads {room} any more: take that out of {LAYERS_FILE.name}."
        for but in layer.sauf:
            for room in but.lit:
                if (but.modele, layer.nom, room) not in used:
                    yield but.modele, f"it does not read {room} any more: take its exception out of {LAYERS_FILE.name}."


@rule("NAM-1")
def _names_are_plain(looked: Looked) -> Iterator[tuple[str, str]]:
    for node in [*looked.project.nodes.values(), *_exposures(looked)]:
        for name in (node["name"], *node.get("columns", ())):
            if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
                yield (
                    node["name"],
                    f"{name!r} is no lower-case name without accents of {LONGEST_NAME} characters at most.",
                )


@rule("NAM-2")
def _names_say_the_layer(looked: Looked) -> Iterator[tuple[str, str]]:
    for model in looked.models:
        if (layer := looked.layer(model)) and not layer.modeles.search(model["name"]):
            yield model["name"], f"models of {layer.nom} are named {layer.modeles.pattern}."


@rule("NAM-3")
def _seeds_are_reference_data(looked: Looked) -> Iterator[tuple[str, str]]:
    for seed in looked.seeds:
        if not seed["name"].startswith("ref_"):
            yield seed["name"], "seeds are named ref_…"


@rule("DOC-1")
def _everything_is_described(looked: Looked) -> Iterator[tuple[str, str]]:
    for node in [*looked.project.nodes.values(), *_exposures(looked)]:
        if not node["description"].strip():
            yield node["name"], f"this {node['resource_type']} has no description."


@rule("DOC-2")
def _columns_are_described(looked: Looked) -> Iterator[tuple[str, str]]:
    for node in [*looked.models, *looked.seeds]:
        for column in node["columns"].values():
            if not column["description"].strip():
                yield node["name"], f"column {column['name']} has no description."


@rule("KEY-1")
def _marts_have_a_key(looked: Looked) -> Iterator[tuple[str, str]]:
    for node in looked.marts:
        mart = looked.project.marts[node["alias"]]
        if not mart.key and not node["config"]["meta"].get("sans_cle"):
            yield mart.name, "it has no primary key, and no `meta: {sans_cle: …}` says why."
        if unknown := [name for name in mart.key if name not in mart.columns]:
            yield mart.name, f"its key names {', '.join(unknown)}, which it does not have."


@rule("KEY-2")
def _incremental_models_have_a_key(looked: Looked) -> Iterator[tuple[str, str]]:
    """Without one, rows of a receipt that is staged again would be there twice."""
    for model in looked.models:
        if model["config"]["materialized"] == "incremental" and not model["config"]["unique_key"]:
            yield model["name"], "an incremental model names its unique_key."


@rule("CON-1")
def _marts_have_contracts(looked: Looked) -> Iterator[tuple[str, str]]:
    for mart in looked.marts:
        if not mart["config"]["contract"]["enforced"]:
            yield mart["alias"], "its contract is not enforced."
        if mart["access"] != "public":
            yield mart["alias"], f"its access is {mart['access']}, not public."


@rule("TST-1")
def _marts_are_audited_or_tested(looked: Looked) -> Iterator[tuple[str, str]]:
    audited = {suite.table for suite in load_suites(looked.settings.expectations_dir).marts if suite.regles}
    tested = {
        identifier
        for node in looked.project.manifest["nodes"].values()
        if node["resource_type"] == "test"
        for identifier in node["depends_on"]["nodes"]
    }
    for mart in looked.marts:
        if mart["alias"] not in audited and mart["unique_id"] not in tested:
            yield mart["alias"], f"no rule of expectations/{mart['alias']}.yaml and no data test looks at it."


@rule("SEE-1")
def _seeds_say_what_their_columns_are(looked: Looked) -> Iterator[tuple[str, str]]:
    """Left to guess, dbt reads codes as numbers, and their leading zeros are lost."""
    for seed in looked.seeds:
        header = _header(looked.settings.dbt_dir / seed["original_file_path"])
        for told, what in ((set(seed["columns"]), "described"), (set(seed["config"]["column_types"]), "typed")):
            for column in sorted(header - told):
                yield seed["name"], f"column {column} is not {what}."
            for column in sorted(told - header):
                yield seed["name"], f"column {column} is {what}, and not in the file."


@rule("EXP-1")
def _exposures_have_an_owner_and_read_something(looked: Looked) -> Iterator[tuple[str, str]]:
    for exposure in _exposures(looked):
        owner = exposure["owner"]
        if not owner.get("name"):
            yield exposure["name"], "no role is named as its owner."
        if owner.get("email") and not owner["email"].endswith(NOWHERE):
            yield exposure["name"], "the address of its owner is somebody's: name the role."
        if not exposure["depends_on"]["nodes"]:
            yield exposure["name"], "it reads nothing."
        if not exposure["maturity"] or not exposure["label"]:
            yield exposure["name"], "it has no label, or no maturity."


def check(project: Project, settings: Settings) -> None:
    """Check the project against every rule.

    Raises:
        ConventionError: with every fault found, one a line.
    """
    if found := list(faults(project, settings)):
        raise ConventionError("\n".join(map(str, found)))


def faults(project: Project, settings: Settings) -> Iterator[Fault]:
    """What breaks a rule, rule by rule."""
    looked = Looked(project, settings, layers())
    for code, broken in RULES.items():
        for where, what in broken(looked):
            yield Fault(code, where, what)


@cache
def layers() -> tuple[Layer, ...]:
    """The layers, as data.

    Raises:
        ConventionError: the file is not what it should be; the sentence names the line.
    """
    return load_yaml(LAYERS_FILE, TypeAdapter(_File), ConventionError).couches


def _reads(looked: Looked, model: Node) -> Iterator[dict[str, Any]]:
    for identifier in model["depends_on"]["nodes"]:
        yield looked.project.nodes[identifier]


def _exposures(looked: Looked) -> list[dict[str, Any]]:
    return list(looked.project.manifest["exposures"].values())


def _header(path: Path) -> set[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return set(next(csv.reader(file)))
