"""The files written: the same for the same seed, what the ledger says, marked as fictitious."""

import csv
import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.cell import get_column_letter, range_boundaries

from entrepot.forms.reader import read_return
from entrepot.forms.reference import Reference
from entrepot.quality.rules import load_suites
from entrepot.sample import SampleError, write_sample
from entrepot.sample.accidents import RULES
from entrepot.sample.faults import FAULTS
from entrepot.settings import PROJECT_DIR, Settings

from .conftest import SEED, Sample

EXPECTATIONS = PROJECT_DIR / "expectations"

WRITE = """
import pathlib, sys
from entrepot.sample import write_sample
write_sample(pathlib.Path(sys.argv[1]), int(sys.argv[2]), territories=2, quarters=12)
"""


def _in_another_process(folder: Path, seed: int, hash_seed: str) -> dict[str, str]:
    """Fingerprints of a sample written by an interpreter that orders its sets its own way."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", WRITE, str(folder / "depot"), str(seed)], check=True, env=environment)
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    once = _in_another_process(tmp_path / "once", 1, "1")
    again = _in_another_process(tmp_path / "again", 1, "2")
    other = _in_another_process(tmp_path / "other", 2, "1")
    assert once == again
    assert len(once) > 20
    assert set(once.values()).isdisjoint(other.values())


def test_the_ledger_says_what_the_cells_hold(small: Sample) -> None:
    """Compared with an .xlsx reader of another make, wherever the sheet shows a plain text."""
    compared = 0
    opened = cache(openpyxl.load_workbook)
    for fault in small.truth["fautes"]:
        path = small.folder / fault["fichier"]
        if path.suffix != ".xlsx" or not fault["cellule"] or fault["effet"] == "retour_rejete":
            continue
        if ":" in fault["cellule"] or not path.read_bytes().startswith(b"PK"):
            continue
        cell = opened(path)[fault["feuille"]][fault["cellule"]]
        if isinstance(cell.value, str) and not cell.value.startswith(("=", "#")):
            assert cell.value == fault["ecrit"], fault
            compared += 1
    assert compared > 20


def test_every_planted_address_is_an_address(small: Sample) -> None:
    cells = [fault["cellule"] for fault in small.truth["fautes"] if fault["cellule"]]
    assert cells
    for cell in cells:
        range_boundaries(cell)


def test_the_ledger_speaks_the_language_of_the_rules(published: Sample) -> None:
    """Every expectation is the code of a rule, and its effect is what the severity of that rule does."""
    severities = {rule.code: str(getattr(rule, "severite", "")) for rule in load_suites(EXPECTATIONS).rules()}
    effects = {"suspicion": "accepte_avec_suspicion", "valeur": "cellule_rejetee", "structure": "retour_rejete"}
    expected = {(fault["regle"], fault["effet"]) for fault in published.truth["fautes"]}
    silent = {effect for rule, effect in expected if not rule}
    assert silent == {"accepte_sans_constat"}
    for rule, effect in expected:
        assert not rule or effects[severities[rule]] == effect, rule


def test_the_generator_knows_no_rule_that_does_not_exist() -> None:
    codes = {rule.code for rule in load_suites(EXPECTATIONS).rules()}
    assert {fault.rule for fault in FAULTS.values() if fault.rule} | set(RULES.values()) <= codes


def _address(row: int | None, column: int | None) -> str:
    if row is None:
        return ""
    return f"{row}:{row}" if column is None else f"{get_column_letter(column)}{row}"


def test_the_reader_agrees_with_the_ledger(small: Sample) -> None:
    """Verdicts, territories, quarters, and every finding made when a return is read."""
    reference = Reference.load(Settings().seeds_dir)
    planted: dict[str, set[tuple[str, str, str]]] = {}
    for fault in small.truth["fautes"]:
        if fault["regle"].startswith(("STR", "SUS", "VAL")):
            place = (fault["regle"], fault["feuille"], fault["cellule"])
            planted.setdefault(fault["fichier"], set()).add(place)
    for file in small.truth["fichiers"]:
        read = read_return((small.folder / file["fichier"]).read_bytes(), file["fichier"], reference)
        found = {(c.regle, c.feuille or "", _address(c.ligne, c.colonne)) for c in read.constats}
        original = file["memes_octets_que"] or file["fichier"]
        assert found == planted.get(original, set()), file["fichier"]
        if file["verdict"] == "accepte" and file["trimestre"]:
            assert (read.territoire_id, read.trimestre) == (file["territoire_id"], file["trimestre"])


def test_the_manifest_lists_every_file_once_and_nothing_else_lies_in_the_folder(small: Sample) -> None:
    with (small.folder / "bordereau.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert sorted(row["fichier"] for row in rows) == sorted(
        path.name for path in small.folder.iterdir() if path.name != "bordereau.csv"
    )
    assert all(row["expediteur"].endswith(".exemple.invalid") for row in rows)
    assert len(rows) == small.report.files


def test_twice_sent_files_have_the_same_bytes(published: Sample) -> None:
    twins = [file for file in published.truth["fichiers"] if file["memes_octets_que"]]
    assert twins
    for file in twins:
        copy, original = (published.folder / file[key] for key in ("fichier", "memes_octets_que"))
        assert copy.read_bytes() == original.read_bytes()


def test_one_file_at_most_counts_for_a_territory_and_a_quarter(published: Sample) -> None:
    in_force = [(f["territoire_id"], f["trimestre"]) for f in published.truth["fichiers"] if f["en_vigueur"]]
    assert len(in_force) == len(set(in_force))


def test_workbooks_say_they_are_fictitious(small: Sample) -> None:
    path = next(path for path in sorted(small.folder.glob("*.xlsx")) if path.read_bytes().startswith(b"PK"))
    workbook = openpyxl.load_workbook(path)
    assert workbook.properties.subject == "DONNÉES FICTIVES"
    assert "FICTIVES" in workbook["Lisez-moi"]["A1"].value
    assert "FICTIF" in small.report.truth.with_name("LISEZ-MOI.txt").read_text(encoding="utf-8")


def test_the_list_of_pactes_says_it_is_fictitious_and_is_read_as_one(small: Sample) -> None:
    path = small.folder / "liste_fictive_pactes_labellises.xlsx"
    read = read_return(path.read_bytes(), path.name, Reference.load(Settings().seeds_dir))
    lines = [ligne for ligne in read.lignes if ligne[3] == "donnee"]
    assert read.genre == "liste_pactes"
    assert not read.constats
    assert len(lines) == 130
    assert "FICTIVE" in str(openpyxl.load_workbook(path).worksheets[0]["A1"].value)


def test_an_expected_effect_is_known_for_every_fault(small: Sample) -> None:
    effects = {"accepte_sans_constat", "accepte_avec_suspicion", "cellule_rejetee", "retour_rejete"}
    assert {fault["effet"] for fault in small.truth["fautes"]} <= effects
    assert len(FAULTS) > 80


@pytest.mark.parametrize(
    ("territories", "quarters", "sentence"), [(85, 12, "choose from 1 to 84"), (84, 0, "choose from 1 to 12")]
)
def test_a_wrong_size_is_refused(tmp_path: Path, territories: int, quarters: int, sentence: str) -> None:
    with pytest.raises(SampleError, match=sentence):
        write_sample(tmp_path / "depot", SEED, territories, quarters)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "retour.xlsx").write_bytes(b"mine")
    with pytest.raises(SampleError, match="holds files already"):
        write_sample(tmp_path)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_sample(
        tmp_path / "depot", SEED, territories=1, quarters=2, progress=lambda done, total: told.append((done, total))
    )
    assert told
    assert told[-1][0] == told[-1][1]
