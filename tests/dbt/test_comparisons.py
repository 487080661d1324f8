"""What rules between sheets, quarters and territories compare, on readable returns."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.dbt.returns import Line, deposit
from tests.dbt.test_models import prepare

PUBLICS = ("ensemble", "femmes", "jeunes", "seniors", "deld", "rsa")
STEPS = ("identifies", "accompagnes", "touches_frein", "entres_formation", "acces_emploi", "sorties_positives")


def people(first: int) -> Mapping[str, Line]:
    """A sheet of 36 different numbers."""
    return {
        public: {step: str(first + 6 * row + column) for column, step in enumerate(STEPS)}
        for row, public in enumerate(PUBLICS)
    }


def action(**said: str) -> Line:
    return {"numero": "1", "axe": "Innover", "frein": "Mobilité", "intitule": "Permis fictif"} | said


@pytest.fixture(scope="module")
def compared(template: str, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with new_warehouse(server, tmp_path_factory.mktemp("compared"), template=template) as warehouse:
        with psycopg.connect(warehouse.url) as connection:
            _deposits(connection)
        prepare(warehouse.settings)
        yield warehouse


def _deposits(connection: psycopg.Connection[Any]) -> None:
    day = "2022-05-{} 10:00+02"
    two = [action(participants="30"), {"numero": "2", "axe": "Recenser et fédérer", "participants": "900"}]
    deposit(connection, "cde-001", "2022-T1", recu_le=day.format("01"), actions=two, beneficiaires=people(100))
    # The people of T1 again, other actions.
    deposit(
        connection, "cde-001", "2022-T2", recu_le=day.format("02"), actions=[action(participants="")],
        beneficiaires=people(100),
    )  # fmt: skip
    # The whole file of T2 again, for T1 of the next year: two quarters are missing between.
    deposit(
        connection, "cde-001", "2023-T1", recu_le=day.format("03"), actions=[action(participants="")],
        beneficiaires=people(100),
    )  # fmt: skip
    # Under the name of cde-002 by mistake, replaced, then sent by whose it is.
    deposit(connection, "cde-002", "2022-T1", recu_le=day.format("04"), actions=[action()], beneficiaires=people(500))
    deposit(connection, "cde-002", "2022-T1", recu_le=day.format("05"), actions=[action()], beneficiaires=people(300))
    deposit(connection, "cde-003", "2022-T1", recu_le=day.format("06"), actions=[action()], beneficiaires=people(500))
    # The people of cde-003 in the return of another, then a quarter sent late: earlier than what it repeats.
    deposit(connection, "cde-004", "2022-T2", recu_le=day.format("07"), actions=[action()], beneficiaires=people(500))
    deposit(connection, "cde-004", "2022-T1", recu_le=day.format("08"), actions=[action()], beneficiaires=people(500))
    for rank, (quarter, women, men) in enumerate(
        (("2024-T1", "10", "20"), ("2024-T2", "40", "5"), ("2024-T3", "1", ""))
    ):
        deposit(
            connection, "cde-005", quarter, recu_le=f"2024-1{rank}-01 10:00+02",
            actions=[
                {"numero": "1", "axe": "Innover", "frein": "Mobilité", "participants": "7"},
                {"numero": "2", "axe": "Innover", "frein": "Aucun", "participants": "70"},
                {"numero": "3", "axe": "Innover", "frein": "Santé", "participants": "700", "statut": "Annulée"},
            ],
            beneficiaires={"ensemble": {"touches_frein_f": women, "touches_frein_h": men}},
        )  # fmt: skip


def test_people_reached_are_compared_with_participants(compared: Warehouse) -> None:
    rows = compared.rows(
        "select territoire_id, trimestre, sexe, touches_trimestre::integer, participants_freins::integer"
        " from preparation.ctl_beneficiaires where public = 'ensemble' and indicateur = 'touches_frein'"
        " and territoire_id in ('cde-001', 'cde-005') order by 1, 2, 3"
    )
    assert rows == [
        ("cde-001", "2022-T1", "T", 102, 30),  # the first cumul is the quarter's own
        ("cde-001", "2022-T2", "T", 0, None),  # an action does not say its participants
        ("cde-001", "2023-T1", "T", None, None),  # a cumul over several quarters
        ("cde-005", "2024-T1", "F", 30, 7),
        ("cde-005", "2024-T1", "H", None, 7),
        ("cde-005", "2024-T2", "F", 45, 7),
        ("cde-005", "2024-T2", "H", None, 7),
        ("cde-005", "2024-T3", "F", None, 7),
        ("cde-005", "2024-T3", "H", None, 7),
    ]


def test_a_flow_is_compared_with_flows(compared: Warehouse) -> None:
    rows = compared.rows(
        "select trimestre, valeur_precedente::integer, trimestre_precedent, valeur_haute::integer, trimestres_ecoules"
        " from preparation.ctl_beneficiaires where territoire_id = 'cde-005' and champ = 'touches_frein_h' order by 1"
    )
    assert rows == [
        ("2024-T1", None, None, None, 0),
        ("2024-T2", 20, "2024-T1", 20, 1),
        ("2024-T3", 5, "2024-T2", 20, 1),
    ]


def test_a_sheet_that_serves_twice(compared: Warehouse) -> None:
    rows = compared.rows(
        "select territoire_id, trimestre, jumelle_trimestre, ailleurs_territoire, ailleurs_trimestre"
        " from preparation.ctl_empreintes where tableau = 'beneficiaires' and territoire_id < 'cde-005'"
        " order by recepisse_id"
    )
    assert rows == [
        ("cde-001", "2022-T1", None, None, None),
        ("cde-001", "2022-T2", "2022-T1", None, None),
        ("cde-001", "2023-T1", "2022-T1", None, None),
        ("cde-002", "2022-T1", None, None, None),
        ("cde-002", "2022-T1", None, None, None),
        ("cde-003", "2022-T1", None, None, None),
        ("cde-004", "2022-T2", None, "cde-003", "2022-T1"),
        ("cde-004", "2022-T1", None, "cde-003", "2022-T1"),
    ]


def test_a_file_sent_again_for_another_quarter_is_told_once(compared: Warehouse) -> None:
    rows = compared.rows(
        "select territoire_id, trimestre, jumeau_trimestre from preparation.ctl_identifications"
        " where jumeau_trimestre is not null and territoire_id < 'cde-005' order by recepisse_id"
    )
    assert rows == [("cde-001", "2023-T1", "2022-T2"), ("cde-004", "2022-T1", "2022-T2")]


def test_what_a_sheet_says_in_free_answers_is_counted(compared: Warehouse) -> None:
    rows = compared.rows(
        "select tableau, reponses_libres, valeurs_differentes from preparation.stg_empreintes"
        " where territoire_id = 'cde-003' and reponses_libres > 0 order by 1"
    )
    assert rows == [("actions", 2, 2), ("beneficiaires", 36, 36)]
