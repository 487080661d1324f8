"""Staging and marts on a few readable returns, through the commands that production runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot.settings import Settings
from entrepot.warehouse import releases
from entrepot.warehouse.dbt import run_dbt
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.dbt.returns import deposit, deposit_pactes, mark

pytestmark = pytest.mark.every_server

STEPS = ["identifies", "accompagnes", "touches_frein", "entres_formation", "acces_emploi", "creation_activite"]


@pytest.fixture(scope="module")
def staged(template: str, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Four returns and a list of pactes, staged, with one cell rejected, and the marts built on them."""
    with new_warehouse(server, tmp_path_factory.mktemp("staged"), template=template) as warehouse:
        with psycopg.connect(warehouse.url) as connection:
            _deposits(connection)
        prepare(warehouse.settings)
        with psycopg.connect(warehouse.url) as connection:
            mark(connection, "preparation")
            mark(connection, "controle")
            connection.execute(
                "insert into entrepot.constat"
                " (recepisse_id, regle, severite, tableau, champ, ligne, message, qui_corrige)"
                " select recepisse_id, 'ACT-06', 'valeur', 'actions', 'participants_femmes', ligne, '', 'territoire'"
                " from preparation.stg_actions where participants_femmes > participants"
            )
        build(warehouse.settings)
        yield warehouse


def prepare(settings: Settings) -> None:
    with connect(settings) as connection:
        connection.execute(
            "insert into entrepot.lot_preparation select recepisse_id from entrepot.recepisse where verdict = 'accepte'"
            " on conflict do nothing"
        )
    run_dbt(settings, "build", "--selector", "preparation")


def build(settings: Settings) -> None:
    """Fill a room, and show its release without an audit: these tests read the room itself."""
    with connect(settings) as connection:
        release = releases.open_release(
            connection, releases.content(connection, settings), settings, releases.Due("a test", True, True)
        )
        run_dbt(settings, "build", "--selector", "salle", parution_id=release)
        connection.execute("insert into entrepot.parution_montree values (%s, 'calcul')", [release])


def _deposits(connection: psycopg.Connection[Any]) -> None:
    deposit(
        connection, "cde-001", "2022-T4", recu_le="2023-01-20 10:00+01",
        identification={
            "nom_cite": "Angers Loire Metropole", "arrete_au": "déc. 2022", "structure_porteuse": "Aldev",
            "type_structure": "EPCI", "perimetre": "Agglo",
            "qpv_couverts": "QP049001 - Belle Beille ; QP49002, Roseraie\nQP999999",
        },
        actions=[
            {
                "numero": "1", "axe": "Recenser et fédérer", "type_action": "groupe de travail", "intitule": "Forum",
                "frein": "Aucun", "publics": "Tous publics", "qpv_concernes": "QP049001 / QP092013", "occurrences": "3",
                "date_debut": "44900", "date_fin": "31/12/22", "participants": "1\u202f234",
                "participants_femmes": "2000", "cout_total": "1 500,50 €",
                "cofinanceurs": "Mission locale de Creil, Pôle emploi / C.A.F. ; Les Amis du tram",
            },
            {
                "numero": "2", "axe": "3 - Innover", "type_action": "Création d’offre", "frein": "F.L.E.",
                "intitule": "Inscriptions : marie@exemple.fr", "publics": "BRSA", "occurrences": "2,5",
                "participants": ("12", "fusion"), "cout_total": "n.d.", "cout_cite": "s.o.",
            },
            {
                "numero": "3", "axe": "Autre chose", "occurrences": ("#REF!", "erreur_tableur"),
                "participants": (None, "formule_sans_valeur"),
            },
        ],
        beneficiaires={"ensemble": dict(zip(STEPS, ["100", "80", "0", "n.d.", "S.O.", "12 à 13"], strict=True))},
        gouvernance={"etp": "62 %", "animateur_volet_emploi": "Oui", "niveau_cooperation": "4"},
        instances=[{"instance": "COPIL", "niveau": "Stratégique", "presidence": "06 12 34 56 78"}],
        partenaires=[{"partenaire": "Pôle emploi", "associe": "Oui", "satisfaction": "Très satisfaisant"}],
    )  # fmt: skip
    deposit(
        connection, "cde-017", "2024-T4", recu_le="2025-01-20 10:00+01",
        identification={"nom_cite": "Creil", "qpv_couverts": "QP974001", "contrats_ville": "CV386, CN97101I"},
        actions=[
            {
                "numero": "1", "axe": "2 - Aller-vers et raccrocher", "publics": "Femmes ; Jeunes 16-25 ans / RQTH",
                "occurrences": "4", "qpv_concernes": "QP974001",
            },
            {"numero": "2", "axe": "Innover", "frein": "Mobilité", "occurrences": "0", "statut": "Annulée"},
        ],
        beneficiaires={"ensemble": {"identifies_f": "10", "identifies_h": "7"}, "jeunes": {"identifies_f": "3"}},
        partenaires=[{"partenaire": "Pole  emploi", "associe": "Oui", "satisfaction": "4"}],
    )  # fmt: skip
    deposit(
        connection, "cde-001", "2023-T1", actions=[{"numero": "1", "axe": "Innover"}], recu_le="2023-05-10 10:00+02"
    )
    deposit(
        connection, "cde-001", "2023-T2", actions=[{"numero": "1", "axe": "Innover"}], recu_le="2023-08-10 10:00+02"
    )
    deposit_pactes(
        connection,
        {"territoire": "Creil", "departement": "60", "contrat_ville": "CN06001M", "date_labellisation": "01/02/2025"},
        {
            "territoire": "Bourg",
            "departement": "1 - Ain",
            "contrat_ville": "CN99999Z",
            "date_labellisation": "mars 2025",
        },
    )


@pytest.mark.parametrize(
    ("columns", "line", "expected"),
    [
        ("axe, type_action, frein", 5, ("recenser_federer", "groupe_travail", "aucun")),
        ("axe, type_action, frein", 6, ("innover", "creation_offre", "francais")),
        ("axe, axe_etat", 7, (None, "non_renseigne")),
        ("participants, participants_etat", 5, (1234, "saisi")),
        ("occurrences, occurrences_etat", 6, (None, "non_renseigne")),
        ("cout_total, cout_total_etat, cout_cite_etat", 6, (None, "non_renseigne", "non_concerne")),
        ("intitule, intitule_etat", 6, (None, "non_renseigne")),
        ("publics, qpv_concernes", 5, (["tous_publics"], ["QP049001", "QP092013"])),
        ("cofinanceurs, cofinanceurs_etat", 5, (["caf", "france_travail", "mission_locale"], "saisi")),
        ("date_debut::text, date_fin::text", 5, ("2022-12-05", "2022-12-31")),
        ("participants, participants_etat", 7, (None, "non_renseigne")),
    ],
)
def test_an_action_is_read_cell_by_cell(
    staged: Warehouse, columns: str, line: int, expected: tuple[object, ...]
) -> None:
    query = f"select {columns} from preparation.stg_actions where trimestre = '2022-T4' and ligne = %s"
    assert staged.rows(query, line) == [expected]


def test_the_five_states_of_a_count(staged: Warehouse) -> None:
    rows = staged.rows(
        "select indicateur, valeur, valeur_etat from preparation.stg_beneficiaires"
        " where trimestre = '2022-T4' and indicateur <> 'sorties_positives' order by colonne"
    )
    assert rows == [
        ("identifies", 100, "saisi"), ("accompagnes", 80, "saisi"), ("touches_frein", 0, "zero"),
        ("entres_formation", None, "non_renseigne"), ("acces_emploi", None, "non_concerne"),
        ("creation_activite", None, "non_renseigne"),
    ]  # fmt: skip


def test_only_what_is_worth_a_remark_is_remarked(staged: Warehouse) -> None:
    rows = staged.rows("select champ, texte, lecture from preparation.stg_lectures where trimestre = '2022-T4'")
    assert set(rows) == {
        ("arrete_au", "déc. 2022", "mois_seul"),
        ("qpv_couverts", "QP49002", "zero_perdu"),
        ("qpv_couverts", "QP999999", "code_inconnu"),
        ("cofinanceurs", "Les Amis du tram", "modalite_inconnue"),
        ("axe", "3 - Innover", "autre_millesime"),
        ("intitule", None, "donnee_personnelle"),
        ("occurrences", "2,5", "decimal_pour_entier"),
        ("participants", "12", "fusion"),
        ("axe", "Autre chose", "modalite_inconnue"),
        ("occurrences", "#REF!", "erreur_tableur"),
        ("participants", None, "formule_sans_valeur"),
        ("creation_activite", "12 à 13", "nombres_multiples"),
        ("etp", "62 %", "pourcentage_en_texte"),
        ("presidence", None, "donnee_personnelle"),
    }


def test_items_say_where_they_belong(staged: Warehouse) -> None:
    rows = staged.rows(
        "select champ, code, dans_cite, dans_couverts, generation, generation_attendue from preparation.stg_elements"
        " where champ in ('qpv_concernes', 'contrats_ville') order by champ, code"
    )
    assert rows == [
        ("contrats_ville", "CN97101I", None, None, "2024", "2015"),
        ("contrats_ville", "CV386", None, None, "2015", "2015"),
        ("qpv_concernes", "QP049001", True, True, "2015", "2015"),
        ("qpv_concernes", "QP092013", False, False, "2015", "2015"),
        ("qpv_concernes", "QP974001", True, True, "2015", "2015"),
    ]


def test_a_return_that_looks_like_another(staged: Warehouse) -> None:
    rows = staged.rows(
        "select territoire_id, trimestre, nom_ressemblant, jumeau_trimestre"
        " from preparation.ctl_identifications order by 1, 2"
    )
    assert rows == [
        ("cde-001", "2022-T4", None, None),
        ("cde-001", "2023-T1", None, None),
        ("cde-001", "2023-T2", None, "2023-T1"),
        ("cde-017", "2024-T4", "cde-077", None),
    ]


def test_no_personal_data_is_kept_past_the_raw_cells(staged: Warehouse) -> None:
    for table in (
        "preparation.stg_cellules",
        "preparation.stg_lectures",
        "calcul.provenance",
        "calcul.fct_instances",
    ):
        found = staged.rows(f"select * from {table} as t where t::text ~ 'marie@exemple|06 12 34'")
        assert found == [], table


def test_a_rejected_cell_gives_nothing_and_says_why(staged: Warehouse) -> None:
    assert staged.rows(
        "select participants, participants_femmes, participants_femmes_etat from calcul.fct_actions"
        " where trimestre = '2022-T4' and ligne = 5"
    ) == [(1234, None, "non_renseigne")]
    assert staged.rows(
        "select feuille, cellule, texte_saisi, etat, regle from calcul.provenance"
        " where mart = 'fct_actions' and champ = 'participants_femmes'"
    ) == [("Actions", "L5", "2000", "non_renseigne", "ACT-06")]


def test_every_cell_of_a_mart_is_traced_once(staged: Warehouse) -> None:
    query = "select mart, cle, champ, cellule from calcul.provenance group by 1, 2, 3, 4 having count(*) > 1"
    assert staged.rows(query) == []


def test_series_go_from_the_form_of_2022_to_that_of_2024(staged: Warehouse) -> None:
    rows = staged.rows(
        "select public, sexe, valeur, cumul, cumul_complet from calcul.fct_beneficiaires"
        " where territoire_id = 'cde-017' and trimestre = '2024-T4' and indicateur = 'identifies'"
        " and valeur is not null order by 1, 2"
    )
    assert rows == [
        ("ensemble", "F", 10, 10, False),
        ("ensemble", "H", 7, 7, False),
        ("ensemble", "T", 17, 17, False),
        ("femmes", "T", 10, 10, False),
        ("jeunes", "F", 3, 3, False),
    ]


def test_pactes_and_what_they_take_over(staged: Warehouse) -> None:
    assert staged.rows(
        "select nom, departement, code_contrat, date_labellisation::text, cite_id from calcul.fct_pactes order by nom"
    ) == [("Bourg", "01", None, "2025-03-01", None), ("Creil", "60", "CN06001M", "2025-02-01", "cde-077")]


def test_published_facts_about_the_reference_data_agree(staged: Warehouse) -> None:
    rows = staged.rows(
        "select indicateur, accord from calcul.controle_chiffres_publies where compare_a = 'Données de référence'"
    )
    assert len(rows) == 9
    assert all(agrees for _, agrees in rows)


def test_every_column_of_the_marts_is_described(staged: Warehouse) -> None:
    rows = staged.rows(
        "select attrelid::regclass::text, attname from pg_attribute inner join pg_class on pg_class.oid = attrelid"
        " where relnamespace = 'calcul'::regnamespace and relkind in ('r', 'v') and relname !~ '__calcul$|^con_'"
        " and attnum > 0"
        " and (col_description(attrelid, attnum) is null or obj_description(attrelid) is null)"
    )
    assert rows == []


def test_staging_again_after_a_failure_midway_changes_nothing(template: str, server: Server, tmp_path: Path) -> None:
    with new_warehouse(server, tmp_path, template=template) as warehouse:
        with psycopg.connect(warehouse.url) as connection:
            deposit(connection, "cde-001", "2022-T4", actions=[{"numero": "1", "axe": "Innover"}])
        prepare(warehouse.settings)
        once = warehouse.rows("select * from preparation.stg_cellules order by ligne, champ")
        with psycopg.connect(warehouse.url) as connection:
            deposit(connection, "cde-002", "2022-T4", actions=[{"numero": "2", "axe": "Innover"}])
        prepare(warehouse.settings)
        rows = warehouse.rows(
            "select * from preparation.stg_cellules where territoire_id = 'cde-001' order by ligne, champ"
        )
        assert rows == once
        assert warehouse.rows("select territoire_id, numero from preparation.stg_actions order by 1") == [
            ("cde-001", 1),
            ("cde-002", 2),
        ]


def test_unit_tests_and_data_tests_of_the_project_pass(staged: Warehouse) -> None:
    run_dbt(staged.settings, "test")
