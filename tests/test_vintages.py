"""Forms of every vintage through the commands that people type, a third one (2025, fictitious) among them.

The project is copied and the third vintage added to the copy as data files alone.
"""

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from entrepot.forms.places import answer_place, fields
from entrepot.forms.vintage import Champ
from entrepot.settings import PROJECT_DIR
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.forms.filling import (
    AWKWARD,
    NO_ANSWER,
    NOT_CONCERNED,
    Filling,
    Form,
    Value,
    choices,
    filled_forms,
    known,
)

EMBEDDED = pytest.mark.parametrize("server", ["embedded"], indirect=True)

EXAMPLE = PROJECT_DIR / "docs/exemples/millesime-2025"
# Columns that tell which line of a seed a line of the example replaces.
KEYS = {"ref_trimestres": 1, "ref_modalites": 2, "ref_variantes": 2}

CARD = {
    "Date d'arrêté des données": "15/04/2025",
    "Structure porteuse": "Structure fictive",
    "Type de structure porteuse": "EPCI",
    "Périmètre d'intervention": "EPCI",
    "QPV couverts": "QN03702M",
}
ACTION = {
    "N°": 1, "Axe": "1 - Recenser et fédérer", "Type d'action": "Groupe de travail", "Intitulé": "Groupe fictif",
    "Publics visés": "Femmes; Parents isolés", "QPV concernés": "QN03702M", "Date de début": "01/02/2025",
    "Date de fin": "28/02/2025", "Nb de séances": 3, "Statut": "Réalisée",
}  # fmt: skip
ENSEMBLE = {
    "Identifiés F": 30, "Identifiés H": 20, "Entrés en formation certifiante F": 4,
    "Entrés en formation certifiante H": 0, "Entrés en formation de remise à niveau F": 2,
}  # fmt: skip
STEERING = {"Service de l'État copilote": "DDETS", "Convention signée avec France Travail": "En projet"}


FORMS = [Form(known().subject("cde-045", quarter)) for quarter in ("2023-T4", "2024-T4")]
# Random fillings of each, staged.
FILLED = 5


@dataclass(frozen=True)
class Loaded:
    """What was taken in and published by the copy: the words of the commands, and what each random file holds."""

    warehouse: Warehouse
    said: str
    sent: dict[str, tuple[Form, Filling]]


def with_the_example(folder: Path) -> Path:
    """A copy of the project with the lines and files of the example, as `docs/ajouter-un-millesime.md` says."""
    for part in ("src", "dbt_project", "expectations"):
        shutil.copytree(
            PROJECT_DIR / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    for added in (path for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".md"):
        target = folder / added.relative_to(EXAMPLE)
        if added.suffix == ".csv":
            _merge(target, added)
        else:
            assert not target.exists()
            shutil.copy(added, target)
    return folder


def _merge(seed: Path, added: Path) -> None:
    with seed.open(encoding="utf-8") as old, added.open(encoding="utf-8") as new:
        (header, *kept), (same_header, *lines) = csv.reader(old), csv.reader(new)
    assert header == same_header
    replaced = {tuple(line[: KEYS[seed.stem]]) for line in lines}
    kept = [line for line in kept if tuple(line[: KEYS[seed.stem]]) not in replaced]
    with seed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *kept, *lines])


def test_the_example_is_data_and_nothing_else() -> None:
    kinds = {path.suffix for path in EXAMPLE.rglob("*") if path.is_file()}
    folders = {path.parent.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*.*") if path.suffix != ".md"}

    assert kinds == {".yaml", ".csv", ".md"}
    assert folders - {"src/entrepot/forms"} == {"src/entrepot/forms/vintages", "dbt_project/seeds"}


@pytest.fixture(scope="module")
def loaded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A return of 2025, and forms of 2022 and 2024 with random answers, taken in and published by the copy."""
    folder = tmp_path_factory.mktemp("millesime")
    project = with_the_example(folder / "projet")
    with new_warehouse(server, folder / "etat") as warehouse:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")} | {
            "PYTHONPATH": str(project / "src"),
            "ENTREPOT_PROJECT_DIR": str(project),
            "ENTREPOT_STATE_DIR": str(folder / "etat"),
            "ENTREPOT_DATABASE_URL": warehouse.url,
        }

        def entrepot(*arguments: str) -> str:
            command = [sys.executable, "-m", "entrepot.cli", *arguments]
            done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, cwd=folder)
            assert done.returncode == 0, done.stderr
            return done.stdout

        inbox = folder / "recus"
        sent = {
            path.name: (form, filling)
            for form in FORMS
            for filling, path in filled_forms(form, FILLED, inbox / form.vintage.millesime)
        }
        entrepot("form", "--territoire", "cde-045", "--trimestre", "2025-T1", "--out", f"{inbox}/2025-T1.xlsx")
        fill(inbox / "2025-T1.xlsx")
        folders = [str(inbox), *(str(inbox / form.vintage.millesime) for form in FORMS)]
        yield Loaded(warehouse, entrepot("receive", *folders) + entrepot("run"), sent)


def fill(path: Path) -> None:
    """Type answers beside and under the labels that the blank form prints."""
    workbook = openpyxl.load_workbook(path)
    for sheet, answers, down in (
        ("La cité", CARD, 0), ("Plan d'actions", ACTION, 1), ("Personnes", ENSEMBLE, 1), ("Pilotage", STEERING, 0),
    ):  # fmt: skip
        labels = {cell.value: cell for row in workbook[sheet].iter_rows() for cell in row if cell.value}
        for label, value in answers.items():
            labels[label].offset(down, 0 if down else 1).value = value
    workbook.save(path)


def rows(loaded: Loaded, query: str) -> list[tuple[Any, ...]]:
    return loaded.warehouse.rows(query)


@EMBEDDED
def test_returns_of_every_vintage_are_accepted_and_published(loaded: Loaded) -> None:
    found = rows(loaded, "select millesime, verdict, count(*) from entrepot.recepisse group by 1, 2 order by 1")

    assert found == [("2022", "accepte", FILLED), ("2024", "accepte", FILLED), ("2025", "accepte", 1)]
    assert "published" in loaded.said


@EMBEDDED
def test_nothing_in_the_new_form_is_a_fault(loaded: Loaded) -> None:
    found = rows(
        loaded,
        "select regle, champ, valeur, message from entrepot.constat"
        " inner join entrepot.recepisse using (recepisse_id) where trimestre = '2025-T1'",
    )

    assert found == []


@EMBEDDED
def test_a_renamed_sheet_gives_the_same_facts(loaded: Loaded) -> None:
    query = "select axe, type_action, publics, qpv_concernes, occurrences, statut from marts.fct_actions"

    assert rows(loaded, f"{query} where trimestre = '2025-T1'") == [
        ("recenser_federer", "groupe_travail", ["femmes", "parents_isoles"], ["QN03702M"], 3, "realisee")
    ]


@EMBEDDED
def test_the_parts_of_a_split_column_are_series_of_their_own(loaded: Loaded) -> None:
    found = rows(
        loaded,
        "select indicateur, sexe, valeur, etat from marts.fct_beneficiaires where trimestre = '2025-T1'"
        " and territoire_id = 'cde-045'"
        " and public = 'ensemble' and indicateur ~ 'formation' order by indicateur, sexe",
    )

    assert found == [
        ("entres_formation", "F", None, "non_renseigne"),
        ("entres_formation", "H", None, "non_renseigne"),
        ("entres_formation", "T", None, "non_renseigne"),
        ("formation_certifiante", "F", 4, "saisi"),
        ("formation_certifiante", "H", 0, "zero"),
        ("formation_certifiante", "T", 4, "saisi"),
        ("formation_remise_a_niveau", "F", 2, "saisi"),
        ("formation_remise_a_niveau", "H", None, "non_renseigne"),
        ("formation_remise_a_niveau", "T", None, "non_renseigne"),
    ]


@EMBEDDED
def test_a_new_question_is_answered_and_a_dropped_one_is_not_asked(loaded: Loaded) -> None:
    found = rows(
        loaded,
        "select question, valeur_code, libelle_valeur, etat from marts.fct_gouvernance where trimestre = '2025-T1'"
        " and territoire_id = 'cde-045'",
    )

    answers = {question: answer for question, *answer in found}
    assert answers["service_copilote"] == ["ddets", "DDETS", "saisi"]
    assert answers["convention_france_travail"] == ["en_projet", "En projet", "saisi"]
    assert "copilotage_equilibre" not in answers


@EMBEDDED
def test_what_is_typed_in_a_form_is_what_is_staged(loaded: Loaded) -> None:
    staged = {
        (name, tableau, champ, line): (state, number, day, code, text)
        for name, tableau, champ, line, state, number, day, code, text in rows(
            loaded,
            "select nom_fichier, tableau, champ, ligne, etat, valeur_nombre, valeur_date, valeur_code, valeur_texte"
            " from preparation.stg_cellules inner join entrepot.recepisse using (recepisse_id)",
        )
    }

    wrong, compared = [], 0
    for name, (form, filling) in loaded.sent.items():
        for tableau in form.tables:
            for champ, label in fields(tableau):
                for rank, line in enumerate(filling[tableau.tableau], start=1):
                    if champ.champ not in line or not comparable(champ, line[champ.champ]):
                        continue
                    row = answer_place(tableau, label, rank).row
                    found = staged.get((name, tableau.tableau, champ.champ, row))
                    meant = meaning(form, champ, line[champ.champ])
                    compared += 1
                    if found != meant:
                        wrong.append((name, tableau.tableau, champ.champ, row, line[champ.champ], found, meant))
    assert wrong == []
    assert compared > 100 * len(loaded.sent)


def comparable(champ: Champ, value: Value) -> bool:
    """Lists are read item by item, and random texts may mean anything: the others are compared."""
    plain = ("entier", "montant", "decimal", "date", "choix")
    return champ.type in plain or (champ.type in ("texte", "texte_libre") and value in AWKWARD)


def meaning(form: Form, champ: Champ, value: Value) -> tuple[Any, ...] | None:
    """State, number, day, code and text that staging is to give."""
    labels = choices().of(champ.liste, form.vintage.millesime) if champ.liste else {}
    code = next((code for code, label in labels.items() if label == str(value)), None)
    if value is None:
        return None
    state = "saisi"
    number, day, answer, text = None, None, None, None
    if value == NO_ANSWER:
        state = "non_renseigne"
    elif value == NOT_CONCERNED or (champ.liste and code == "sans_objet"):
        state = "non_concerne"
    elif isinstance(value, date):
        day = value
    elif champ.liste:
        answer = code
    elif isinstance(value, str):
        text = " ".join(value.split())
    else:
        state, number = "saisi" if value else "zero", Decimal(str(value))
    return state, number, day, answer, text
