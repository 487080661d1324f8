"""Findings of the reader: recorded with their sentence, and the reasons of a rejection."""

from typing import Any

import pytest

from entrepot.forms.finding import Constat
from entrepot.quality.reading import record_reading_findings, structure_message
from entrepot.quality.rules import load_suites
from entrepot.settings import PROJECT_DIR

SUITES = load_suites(PROJECT_DIR / "expectations")


def _record(warehouse: Any, *constats: Constat) -> list[tuple[Any, ...]]:
    connection = warehouse.connection
    connection.execute(
        "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le)"
        " overriding system value values (1, repeat('0', 64), 1, 'retour.xlsx', 'commande', now())"
    )
    with connection.cursor() as cursor:
        record_reading_findings(cursor, {1: constats}, SUITES)
    connection.commit()
    rows: list[tuple[Any, ...]] = warehouse.rows(
        "select regle, severite, feuille, valeur, message from entrepot.constat"
    )
    return rows


def test_a_finding_is_recorded_with_its_severity_and_its_sentence(warehouse: Any) -> None:
    unknown = Constat("SUS-08", "actions", feuille="Actions", ligne=4, colonne=9, valeur="Ma colonne")
    assert _record(warehouse, unknown) == [
        (
            "SUS-08", "suspicion", "Actions", "Ma colonne",
            "La colonne, la question ou la ligne « Ma colonne » n'est pas dans le gabarit ; elle n'est pas lue.",
        )
    ]  # fmt: skip


def test_the_same_fault_said_twice_is_one_finding(warehouse: Any) -> None:
    assert len(_record(warehouse, Constat("SUS-03", feuille="Actions"), Constat("SUS-03", feuille="Actions"))) == 1


def test_only_structure_rejects_a_file() -> None:
    assert structure_message([Constat("SUS-06"), Constat("VAL-01", contexte={"libelle": "Axe"})], SUITES) == ""


def test_a_rejection_gives_each_reason_once() -> None:
    faults = [Constat("STR-02"), Constat("STR-03", valeur="un document PDF"), Constat("STR-02")]
    message = structure_message(faults, SUITES)
    assert message == (
        "Le fichier est protégé par un mot de passe : il ne peut pas être lu."
        " Le fichier n'est pas un classeur : c'est un document PDF."
    )


def test_a_reading_given_up_says_why() -> None:
    given_up = Constat("STR-11", valeur="sa lecture dure plus de 30 secondes")
    assert structure_message([given_up], SUITES) == (
        "Le fichier n'a pas pu être lu jusqu'au bout : sa lecture dure plus de 30 secondes."
    )


def test_a_code_without_a_rule_is_our_fault() -> None:
    with pytest.raises(KeyError, match="STR-99"):
        structure_message([Constat("STR-99")], SUITES)
