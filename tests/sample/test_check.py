"""Findings beside the ledger: what is planted and found, missed, or false; seen to fail for each."""

import json
from pathlib import Path
from typing import Any

import pytest

from entrepot.quality.rules import load_suites
from entrepot.sample import SampleError
from entrepot.sample.check import compare
from entrepot.sample.never import GAP, never_planted
from entrepot.settings import PROJECT_DIR

FILES = {"retour.xlsx": "a" * 64, "coupe.xlsx": "b" * 64, "coupe_aussi.xlsx": "b" * 64}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A return with two faults and a silent cell, a copy of it, and two files of the same bytes sent back whole."""
    faults = [
        ("retour.xlsx", "Actions", "K5", "LEC-01"),
        ("retour.xlsx", "Actions", "9:9", "SUS-12"),
        ("retour.xlsx", "Actions", "K6", ""),
        ("coupe.xlsx", "", "", "STR-01"),
        ("coupe_aussi.xlsx", "", "", "STR-01"),
    ]
    files = [{"fichier": name, "empreinte": digest, "memes_octets_que": ""} for name, digest in FILES.items()]
    files.append({"fichier": "Copie.xlsx", "empreinte": "a" * 64, "memes_octets_que": "retour.xlsx"})
    path = tmp_path / "verite.json"
    keys = ("fichier", "feuille", "cellule", "regle")
    path.write_text(
        json.dumps({"fichiers": files, "fautes": [dict(zip(keys, fault, strict=True)) for fault in faults]}),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def checked(warehouse: Any) -> Any:
    """A warehouse that took the files in and found all that was planted in them."""
    connection = warehouse.connection
    for receipt, digest, verdict in ((1, "a" * 64, "accepte"), (2, "b" * 64, "rejete")):
        connection.execute(
            "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre,"
            " format, verdict, verdict_le, motif) overriding system value"
            " values (%s, %s, 1, 'x.xlsx', 'depot', now(), 'liste_pactes', 'xlsx', %s, now(), 'x')",
            [receipt, digest, verdict],
        )
    connection.execute("insert into entrepot.traitement (recepisse_id, etape) values (1, 'controle')")
    _find(connection, 1, "LEC-01", "Actions", 5, 11)
    _find(connection, 1, "SUS-12", "Actions", 9, None)
    _find(connection, 2, "STR-01", None, None, None)
    return warehouse


def _find(connection: Any, receipt: int, rule: str, *place: str | int | None) -> None:
    connection.execute(
        "insert into entrepot.constat (recepisse_id, regle, severite, feuille, ligne, colonne, message, qui_corrige)"
        " values (%s, %s, 'valeur', %s, %s, %s, 'x', 'territoire')",
        [receipt, rule, *place],
    )


def test_everything_planted_is_found_and_nothing_else(checked: Any, ledger: Path) -> None:
    comparison = compare(checked.connection, ledger)
    assert comparison.exact
    assert str(comparison) == "Planted faults: 4 of 4 found, 0 false findings."
    assert {rule: (score.planted, score.precision, score.recall) for rule, score in comparison.scores.items()} == {
        "LEC-01": (1, 1, 1),
        "STR-01": (2, 1, 1),
        "SUS-12": (1, 1, 1),
    }
    assert comparison.silent == 1


def test_the_right_rule_in_another_cell_is_a_miss_and_a_false_finding(checked: Any, ledger: Path) -> None:
    checked.connection.execute("update entrepot.constat set ligne = 6 where regle = 'LEC-01'")
    score = compare(checked.connection, ledger).scores["LEC-01"]
    assert (score.found, score.precision, score.recall) == (0, 0, 0)
    assert [str(finding) for finding in score.missed] == ["retour.xlsx · Actions · K5"]
    assert [str(finding) for finding in score.false] == ["retour.xlsx · Actions · K6"]


def test_another_rule_on_a_planted_cell_is_a_false_finding(checked: Any, ledger: Path) -> None:
    _find(checked.connection, 1, "ACT-01", "Actions", 5, 11)
    comparison = compare(checked.connection, ledger)
    assert not comparison.exact
    assert (comparison.scores["ACT-01"].precision, comparison.scores["ACT-01"].recall) == (0, None)
    assert str(comparison) == "Planted faults: 4 of 4 found, 1 false findings."


def test_a_fault_nobody_found_is_missed(checked: Any, ledger: Path) -> None:
    checked.connection.execute("delete from entrepot.constat where regle = 'STR-01'")
    score = compare(checked.connection, ledger).scores["STR-01"]
    assert (score.precision, score.recall, len(score.missed)) == (None, 0, 2)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("delete from entrepot.traitement", "1 files are not checked yet"),
        (
            "delete from entrepot.constat; delete from entrepot.recepisse where recepisse_id = 2",
            "2 files of",
        ),
    ],
)
def test_a_sample_not_taken_in_whole_is_no_success(checked: Any, ledger: Path, change: str, complaint: str) -> None:
    checked.connection.execute(change)
    with pytest.raises(SampleError, match=complaint):
        compare(checked.connection, ledger)


def test_a_file_that_is_no_ledger_is_refused(checked: Any, tmp_path: Path) -> None:
    path = tmp_path / "verite.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(SampleError, match="is not the ledger of a sample"):
        compare(checked.connection, path)


def test_rules_never_planted_say_why() -> None:
    folder = PROJECT_DIR / "expectations"
    reasons = {code: group.why for group in never_planted(folder, {"ACT-01"}) for code in group.codes}
    assert set(reasons) == {rule.code for rule in load_suites(folder).rules()} - {"ACT-01"}
    assert "fault of ours" in reasons["FAC-01"]
    assert "national team" in reasons["COR-01"]
    assert reasons["ACT-02"] == GAP
