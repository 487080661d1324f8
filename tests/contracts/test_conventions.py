"""The project keeps its conventions, and every rule is seen to find the fault it is there for, and nothing else."""

import copy
import pickle
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from rich.console import Console

from entrepot import contract_cli
from entrepot.cli import app
from entrepot.contracts import conventions
from entrepot.contracts.conventions import ConventionError
from entrepot.contracts.project import Project
from entrepot.quality.rules import load_suites
from entrepot.settings import Settings

SETTINGS = Settings()
MODEL = "model.entrepot."
SEED = "seed.entrepot."
SOURCE = "source.entrepot.brut.ligne"
EXPOSURE = "exposure.entrepot.guide_de_l_analyste"

Manifest = dict[str, Any]


@pytest.fixture(autouse=True, scope="module")
def suites_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("entrepot.contracts.conventions.load_suites", cache(load_suites))
        yield


def again(real_project: Project) -> Manifest:
    """What dbt read, free to be changed."""
    looked_at = ("nodes", "sources", "functions", "exposures")
    manifest: Manifest = pickle.loads(pickle.dumps({kind: real_project.manifest[kind] for kind in looked_at}))
    return manifest


def reads(model: str, what: str) -> Callable[[Manifest], None]:
    return lambda manifest: manifest["nodes"][MODEL + model]["depends_on"]["nodes"].append(what)


def no_longer_reads(model: str, room: str) -> Callable[[Manifest], None]:
    def plant(manifest: Manifest) -> None:
        read = manifest["nodes"][MODEL + model]["depends_on"]
        read["nodes"] = [name for name in read["nodes"] if not name.startswith(room)]

    return plant


def with_(kind: str, identifier: str, /, **values: Any) -> Callable[[Manifest], None]:
    """Values of a node that are others; `a__b` is `b` of `a`."""

    def plant(manifest: Manifest) -> None:
        for place, value in values.items():
            *way, last = place.split("__")
            node = manifest[kind][identifier]
            for step in way:
                node = node[step]
            node[last] = value

    return plant


def without(name: str, *way: str) -> Callable[[Manifest], None]:
    def plant(manifest: Manifest) -> None:
        node = manifest["nodes"][name]
        for step in way[:-1]:
            node = node[step]
        del node[way[-1]]

    return plant


def new_mart(manifest: Manifest) -> None:
    mart = copy.deepcopy(manifest["nodes"][MODEL + "dim_frein"])
    manifest["nodes"][MODEL + "dim_neuf"] = mart | {
        "name": "dim_neuf",
        "alias": "dim_neuf",
        "unique_id": MODEL + "dim_neuf",
    }


def renamed_column(manifest: Manifest) -> None:
    columns = manifest["nodes"][MODEL + "dim_frein"]["columns"]
    columns["libellé"] = columns.pop("libelle")


FREIN = MODEL + "dim_frein"
PUBLIC = SEED + "ref_regions"
NO_MAIL = {"name": "Équipe nationale", "email": "jeanne.martin@exemple.fr"}

# Rule, what is wrong, and how it is planted in what dbt read.
FAULTS = [
    ("LAY-1", "a mart reads a list without its dates", reads("dim_frein", SEED + "ref_modalites")),
    ("LAY-1", "a mart reads cells that no check saw", reads("fct_actions", MODEL + "stg_actions")),
    ("LAY-1", "what a receipt says knows what is in force", reads("int_actions", MODEL + "int_en_vigueur")),
    ("LAY-1", "staging reads a mart", reads("stg_actions", FREIN)),
    (
        "LAY-2",
        "a model in a folder of its own",
        with_("nodes", MODEL + "ctl_identifications", path="brouillons/essai.sql"),
    ),
    ("LAY-3", "an exception that serves no more", no_longer_reads("corrections_anct", "source.entrepot.brut")),
    ("LAY-3", "a permission that serves no more", no_longer_reads("parts_trimestre_niveau_public", MODEL + "parts_")),
    ("NAM-1", "a column with an accent", renamed_column),
    ("NAM-2", "staging without its prefix", with_("nodes", MODEL + "stg_lectures", name="lectures")),
    ("NAM-3", "a seed without its prefix", with_("nodes", PUBLIC, name="regions")),
    ("DOC-1", "a model without description", with_("nodes", MODEL + "int_lot", description=" ")),
    ("DOC-1", "a seed without description", with_("nodes", PUBLIC, description="")),
    ("DOC-1", "a source without description", with_("sources", SOURCE, description="")),
    ("DOC-1", "a function without description", with_("functions", "function.entrepot.mots", description="")),
    ("DOC-1", "an exposure without description", with_("exposures", EXPOSURE, description="")),
    ("DOC-2", "a column without description", with_("nodes", FREIN, columns__rang__description="")),
    ("KEY-1", "a mart without key", with_("nodes", FREIN, constraints=[])),
    ("KEY-1", "a key without its column", without(FREIN, "columns", "frein")),
    ("KEY-1", "no reason for having none", with_("nodes", MODEL + "provenance", config__meta={})),
    ("KEY-2", "an incremental model without key", with_("nodes", MODEL + "stg_actions", config__unique_key=None)),
    ("CON-1", "a contract that nothing enforces", with_("nodes", FREIN, config__contract__enforced=False)),
    ("CON-1", "a mart that is not public", with_("nodes", FREIN, access="protected")),
    ("TST-1", "a mart that no rule looks at", new_mart),
    ("SEE-1", "a column of a seed left untold", without(PUBLIC, "columns", "nom")),
    ("SEE-1", "a code that would lose its zeros", without(PUBLIC, "config", "column_types", "code_region")),
    ("SEE-1", "a type for no column", with_("nodes", PUBLIC, config__column_types__ancien="text")),
    ("EXP-1", "an exposure of nobody", with_("exposures", EXPOSURE, owner={"name": None})),
    ("EXP-1", "an exposure of somebody", with_("exposures", EXPOSURE, owner=NO_MAIL)),
    ("EXP-1", "an exposure that reads nothing", with_("exposures", EXPOSURE, depends_on__nodes=[])),
    ("EXP-1", "an exposure without maturity", with_("exposures", EXPOSURE, maturity=None)),
]


def test_the_project_keeps_its_conventions(real_project: Project) -> None:
    assert [str(fault) for fault in conventions.faults(real_project, SETTINGS)] == []


@pytest.mark.parametrize(
    ("code", "plant"), [(code, plant) for code, _, plant in FAULTS], ids=[what for _, what, _ in FAULTS]
)
def test_a_planted_fault_is_found_by_its_rule_alone(
    real_project: Project, code: str, plant: Callable[[Manifest], None]
) -> None:
    manifest = again(real_project)
    plant(manifest)
    assert {fault.rule for fault in conventions.faults(Project(manifest), SETTINGS)} == {code}


def test_every_rule_is_seen_to_fail() -> None:
    assert {code for code, _, _ in FAULTS} == conventions.RULES.keys()


def test_a_name_is_plain_and_short(real_project: Project) -> None:
    for name in ("Libellé", "a" * 64, "libelle__court", "2024"):
        manifest = again(real_project)
        manifest["exposures"][EXPOSURE]["name"] = name
        assert {fault.rule for fault in conventions.faults(Project(manifest), SETTINGS)} == {"NAM-1"}


def test_layers_that_are_no_layers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "conventions.yaml"
    wrong.write_text("couches:\n  - nom: marts\n    chemin: marts/\n", "utf-8")
    monkeypatch.setattr(conventions, "LAYERS_FILE", wrong)
    conventions.layers.cache_clear()
    with pytest.raises(ConventionError, match=r"conventions\.yaml, line 2: couches\.0\.modeles: Field required"):
        conventions.layers()
    conventions.layers.cache_clear()


def test_the_command_says_what_is_wrong_or_that_nothing_is(
    real_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = typer.testing.CliRunner()
    monkeypatch.setattr("entrepot.contracts.project.read_project", lambda _: real_project)
    assert re.search(r"29 marts as announced", shown.invoke(app, ["contract", "check"]).output)
    monkeypatch.setattr(contract_cli, "console", Console(width=300))
    listed = shown.invoke(app, ["contract", "list"]).output
    assert re.search(r"fct_actions +│ 1 .*bilan_national_page.*guide_de_l_analyste", listed)

    manifest = again(real_project)
    del manifest["nodes"][FREIN]["columns"]["rang"]
    monkeypatch.setattr("entrepot.contracts.project.read_project", lambda _: Project(manifest))
    refused = shown.invoke(app, ["contract", "check"])
    assert "dim_frein: colonne `rang` retirée. REFUSED: It is read by chemin_d_un_chiffre" in str(refused.exception)
