"""Every rule on candidate marts, broken once; what an audit records and when it refuses a release."""

from pathlib import Path
from typing import Any

import pytest

from entrepot.quality.audit import audit_candidate
from entrepot.quality.errors import CheckError
from entrepot.quality.rules import MartRule, MartSuite, Suites, load_suites
from entrepot.settings import PROJECT_DIR
from tests.quality.conftest import write_pactes

SUITES = load_suites(PROJECT_DIR / "expectations")
RELEASE = 1

# Statements that break one rule of a mart and no other rule of that mart. Keys and row counts need none here.
FAULTS = {
    "DTE-01": "insert into dim_territoire select * from dim_territoire limit 1",
    "RET-02": "update suivi_retours set etat = 'perdu' where etat = 'attendu'",
    "RET-03": "update suivi_retours set recu_le = recu_le - interval '1 day' where recepisse_id = 1",
    "RET-04": "update suivi_retours set etat = 'en_retard' where recepisse_id = 1",
    "RET-05": "update suivi_retours set territoire_id = 'cde-099' where etat = 'attendu' and territoire_id = 'cde-001'",
    "FGO-03": "update fct_gouvernance set valeur_nombre = 2 where question = 'etp' and territoire_id = 'cde-001'",
    "BGO-05": "update bilan_gouvernance set nombre = 0 where question = 'niveau_cooperation' and niveau = 'territoire'",
    "BPA-07": "update bilan_partenariats set nb_cofinanceurs = 1",
    "FAC-08": "update fct_actions set qpv_concernes = '{QP001001,QP001001}' where recepisse_id = 1 and ligne = 5",
    "CCP-04": "update controle_chiffres_publies set valeur_calculee = 2 where indicateur = 'qpv_2015_couverts'",
    "CCP-05": "update controle_chiffres_publies set accord = null where indicateur = 'actions_coordination'",
    "FIN-03": "update fct_instances set reunions = 3 where recepisse_id = 1",
    "FPA-04": "update fct_partenariats set associe = false where recepisse_id = 1",
    "FPE-02": "update fct_pactes set date_labellisation = date_labellisation + 1",
    "FIN-02": "update fct_instances set recepisse_id = 99 where recepisse_id = 1",
    "FPA-03": "update fct_partenariats set partenaire = 'plie' where recepisse_id = 1",
    "BRE-05": "update bilan_retours set part_acceptes = 50 where niveau = 'region'",
    "BPE-03": "insert into bilan_pactes values ('qpv_couverts', 2, 1)",
    "BPE-04": "update bilan_pactes set valeur = 2",
    "BPE-05": "insert into bilan_pactes values ('qpv_couverts', 1, 1.01)",
    "DQP-02": "insert into dim_qpv values ('QP001099', '2015')",
    "FAC-02": "update fct_actions set recepisse_id = 99 where recepisse_id = 1",
    "FAC-03": "update fct_actions set participants = 31 where recepisse_id = 1 and ligne = 5",
    "FAC-04": "update fct_actions set statut = 'annulee' where recepisse_id = 2 and ligne = 5",
    "FAC-05": "update fct_actions set participants_jeunes = 31 where recepisse_id = 1 and ligne = 5",
    "FAC-06": """update fct_actions set cout_cite = case ligne when 5 then -1 else 801 end where recepisse_id = 1""",
    "FAC-07": "update fct_actions set intitule = 'Écrire à personne@exemple.invalid' where ligne = 5",
    "FBE-02": "update fct_beneficiaires set valeur = 41 where recepisse_id = 1 and valeur = 40",
    "FBE-03": "insert into fct_beneficiaires (territoire_id, trimestre, public, indicateur, sexe, valeur)"
              " values ('cde-001', '2023-T3', 'rsa', 'identifies', 'T', -1)",
    "FBE-04": "update fct_beneficiaires set flux = -1 where recepisse_id = 1 and valeur = 40",
    # Typed so by the cité and accepted by mistake: the mart says what the return does.
    "FGO-02": "with typed as (update preparation.stg_gouvernance set valeur_nombre = 6"
              " where question = 'niveau_cooperation')"
              " update fct_gouvernance set valeur_nombre = 6 where question = 'niveau_cooperation'",
    "FPA-02": "with typed as (update preparation.stg_partenaires set satisfaction = 5 where territoire_id = 'cde-001')"
              " update fct_partenariats set satisfaction = 5 where territoire_id = 'cde-001'",
    "CAN-02": "insert into corrections_anct values (4, 3, 'perdue', null)",
    "CAN-03": "insert into corrections_anct values (4, 3, 'sans_effet', 1)",
    "CAN-04": "update corrections_anct set etat = 'sans_effet', recepisse_id = null where registre_id = 4",
    "BRE-02": "update bilan_retours set nb_hors_delai = nb_acceptes + 1 where niveau = 'region'",
    "BRE-03": "update bilan_retours set nb_attendus = nb_attendus + 1 where niveau = 'region'",
    "BRE-04": "update bilan_retours set nb_acceptes = nb_acceptes + 1, nb_attendus = nb_attendus + 1"
              " where niveau = 'france'",
    "BAX-02": "update bilan_axes set nb_repondants = 3 where niveau = 'france' and trimestre = '2023-T3'",
    "BAX-03": "update bilan_axes set valeur_trimestre = 3 where niveau = 'territoire' and valeur_cumul = 2",
    "BAX-04": "update bilan_axes set valeur_trimestre = 1 where niveau = 'france' and valeur_trimestre = 2",
    "BAX-05": "update bilan_axes set valeur_cumul = 9 where niveau = 'territoire' and valeur_cumul = 2",
    "BBE-02": "update bilan_beneficiaires set nb_repondants = -1 where niveau = 'france'",
    "BBE-03": "update bilan_beneficiaires set nb_reportes = 3 where niveau = 'france'",
    "BBE-04": "update bilan_beneficiaires set cumul = -1 where public = 'jeunes'",
    "BBE-05": "update bilan_beneficiaires set cumul = cumul + 1 where niveau = 'territoire' and public = 'jeunes'",
    "BGO-01": "insert into bilan_gouvernance select * from bilan_gouvernance limit 1",
    "BGO-02": "update bilan_gouvernance set nb_attendus = 0",
    "BGO-03": "update bilan_gouvernance set part = 1.01 where question = 'etp'",
    "BGO-04": "update bilan_gouvernance set nb_repondants = 0 where question = 'etp'",
    "BPA-02": "update bilan_partenariats set nb_attendus = 0",
    "BPA-03": "update bilan_partenariats set part_satisfaits = 62",
    "BPA-04": "update bilan_partenariats set nb_repondants = 0",
    "BPA-05": "update bilan_partenariats set note_moyenne = 4.1",
    "BPA-06": "update bilan_partenariats set nb_communs = 2",
    "BPS-02": "update bilan_partenariats_synthese set nb_repondants = 3",
    "BPS-03": "update bilan_partenariats_synthese set partenaires_associes_moyenne = 1.5",
    "BPE-02": "insert into bilan_pactes values ('cites_relayees', -1, 0)",
    "CCP-02": "update controle_chiffres_publies set accord = null where indicateur = 'territoires_labellises'",
    "CCP-03": "update controle_chiffres_publies set accord = false where indicateur = 'actions_coordination'",
    "PRO-01": "update provenance set recepisse_id = 99 where recepisse_id = 1",
    "PRO-02": "insert into entrepot.constat"
              " (recepisse_id, regle, severite, tableau, champ, feuille, ligne, message, qui_corrige)"
              " values (1, 'LEC-10', 'valeur', 'actions', 'intitule', 'Actions', 5, 'x', 'territoire')",
    "QRE-01": "insert into qualite_regles select * from qualite_regles limit 1",
    "QRE-02": "update qualite_regles set nb_en_defaut = 3, nb_constats = 3",
    "QRT-02": "update qualite_retours set nb_suspicion = 1 where recepisse_id = 1",
    "QRT-03": "update qualite_retours set part_sans_constat = 1.01",
    "SUI-02": "update suivi_constats set recepisse_id = 99",
    "SUI-03": "update suivi_constats set etat = 'leve'",
    "SUI-04": "update suivi_constats set constat = 'appeler le 06 12 34 56 78'",
}  # fmt: skip

# Staged tables that some of these faults change as well.
CHANGED_WITH_THEIR_MART = ("stg_gouvernance", "stg_partenaires")


def is_key(rule: MartRule) -> bool:
    """Whether a rule is a key: broken by doubling a row, it needs no statement of its own."""
    return rule.expectation.type.endswith("_to_be_unique")


@pytest.fixture
def candidate(staged: Any) -> Any:
    """The faultless returns of `staged`, and the faultless candidate marts that hold them."""
    staged.connection.execute(Path(__file__).with_name("candidat.sql").read_text(encoding="utf-8"))
    staged.connection.execute("set search_path = calcul, public")
    staged.connection.commit()
    return staged


def _audit(warehouse: Any, *suites: MartSuite) -> Any:
    chosen = Suites(SUITES.cells, suites or SUITES.marts, SUITES.reader, SUITES.expected_by_type)
    return audit_candidate(warehouse.url, "calcul", RELEASE, chosen)


def _failed(warehouse: Any, suite: MartSuite) -> list[str]:
    warehouse.connection.execute("delete from entrepot.passage")
    warehouse.connection.commit()
    _audit(warehouse, suite)
    return [code for (code,) in warehouse.rows("select regle from entrepot.resultat where not reussi order by 1")]


def test_a_faultless_candidate_passes_and_every_check_is_recorded(candidate: Any) -> None:
    audit = _audit(candidate)
    assert (audit.passed, audit.failures, audit.warnings) == (True, [], [])
    checks = sum(len(suite.regles) + 1 for suite in SUITES.marts)
    assert candidate.rows("select count(*), bool_and(reussi) from entrepot.resultat") == [(checks, True)]


def test_each_rule_is_broken_by_its_fault_and_no_other(candidate: Any) -> None:
    wrong = {}
    connection = candidate.connection
    for table in CHANGED_WITH_THEIR_MART:
        connection.execute(f"create table public.{table} as table preparation.{table}")
    for suite in SUITES.marts:
        connection.execute(f"create table public.sain as table calcul.{suite.table}")
        for rule in suite.regles:
            if is_key(rule):
                connection.execute(f"insert into {suite.table} select * from {suite.table} limit 1")
            else:
                assert connection.execute(FAULTS[rule.code]).rowcount, f"the case of {rule.code} changes nothing"
            connection.commit()
            failed = _failed(candidate, suite)
            # A doubled row also doubles sums: only the key is sure to be named.
            if rule.code not in failed or (failed != [rule.code] and not is_key(rule)):
                wrong[rule.code] = failed
            connection.execute(f"truncate {suite.table}")
            connection.execute(f"insert into {suite.table} table public.sain")
            for table in CHANGED_WITH_THEIR_MART:
                connection.execute(f"truncate preparation.{table}")
                connection.execute(f"insert into preparation.{table} table public.{table}")
        connection.execute(f"truncate {suite.table}")
        connection.commit()
        failed = _failed(candidate, suite)
        if suite.row_count_code not in failed:
            wrong[suite.row_count_code] = failed
        connection.execute(f"insert into {suite.table} table public.sain")
        connection.execute("drop table public.sain")
        connection.execute("delete from entrepot.constat where regle = 'LEC-10'")  # that of PRO-02
    assert wrong == {}


def test_a_blocking_failure_refuses_the_release_in_french(candidate: Any) -> None:
    candidate.connection.execute(FAULTS["FAC-03"])
    candidate.connection.commit()
    audit = _audit(candidate)
    assert not audit.passed
    assert audit.failures == [
        "fct_actions : 1 sommes (occurrences, participants, coûts) diffèrent de celles des cases acceptées des retours"
        " en vigueur."
    ]
    assert candidate.rows("select table_gardee, observe from entrepot.resultat where not reussi") == [
        ("fct_actions", "1")
    ]


def test_published_activity_figures_that_differ_are_told_and_refuse_nothing(candidate: Any) -> None:
    candidate.connection.execute(FAULTS["CCP-03"])
    candidate.connection.commit()
    audit = _audit(candidate)
    assert audit.passed
    assert len(audit.warnings) == 1


def test_a_rejected_cell_does_not_count_in_the_sums_due(candidate: Any) -> None:
    candidate.connection.execute(
        "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, ligne, message, qui_corrige)"
        " values (1, 'ACT-05', 'valeur', 'actions', 'occurrences', 5, 'x', 'territoire')"
    )
    candidate.connection.execute("update fct_actions set occurrences = null where recepisse_id = 1 and ligne = 5")
    candidate.connection.execute("update qualite_retours set nb_valeur = 2 where recepisse_id = 1")
    candidate.connection.commit()
    assert _audit(candidate).passed


@pytest.mark.parametrize(
    ("mart", "column", "cell"),
    [
        ("fct_partenariats", "satisfaction", (1, "partenaires", 5, "satisfaction")),
        ("fct_instances", "reunions", (1, "instances", 13, "reunions")),
        ("fct_pactes", "code_contrat", (3, "pactes_liste", 2, "contrat_ville")),
    ],
)
def test_a_rejected_cell_is_due_empty(candidate: Any, mart: str, column: str, cell: tuple[Any, ...]) -> None:
    candidate.connection.execute(
        "insert into entrepot.constat (recepisse_id, tableau, ligne, champ, regle, severite, message, qui_corrige)"
        " values (%s, %s, %s, %s, 'ACT-05', 'valeur', 'x', 'territoire')",
        cell,
    )
    candidate.connection.commit()
    suite = next(suite for suite in SUITES.marts if suite.table == mart)
    assert not _audit(candidate, suite).passed
    candidate.connection.execute(f"update {mart} set {column} = null where recepisse_id = {cell[0]}")
    candidate.connection.commit()
    assert _audit(candidate, suite).passed


def test_of_two_lists_that_name_a_pacte_the_last_is_due(candidate: Any) -> None:
    connection = candidate.connection
    write_pactes(connection, 5)
    connection.execute("update preparation.stg_pactes set date_labellisation = '2025-03-01' where recepisse_id = 5")
    connection.execute("update entrepot.recepisse set recu_le = recu_le + interval '1 day' where recepisse_id = 5")
    connection.execute("insert into entrepot.connaissance (recepisse_id, connu_le, parution_id) values (5, now(), 1)")
    connection.commit()
    suite = next(suite for suite in SUITES.marts if suite.table == "fct_pactes")
    assert not _audit(candidate, suite).passed
    connection.execute("update fct_pactes set recepisse_id = 5, date_labellisation = '2025-03-01'")
    connection.commit()
    assert _audit(candidate, suite).passed


def test_a_return_received_and_not_checked_yet_is_not_due(candidate: Any) -> None:
    candidate.connection.execute(
        "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre, format,"
        " territoire_id, trimestre, millesime, verdict, verdict_le) overriding system value"
        " values (9, repeat('9', 64), 1, 'correction.xlsx', 'depot', now(), 'retour', 'xlsx',"
        " 'cde-001', '2023-T3', '2022', 'accepte', now())"
    )
    candidate.connection.commit()
    assert _audit(candidate).passed


def test_a_release_that_touches_some_returns_is_audited_on_what_they_can_change(candidate: Any) -> None:
    candidate.connection.execute("update touche set complete = false")
    # Receipt 2 is of another territory and another quarter: the release that wrote its rows audited them.
    candidate.connection.execute("update fct_actions set participants = 31 where recepisse_id = 2")
    candidate.connection.execute("update fct_beneficiaires set valeur = 41 where territoire_id = 'cde-002'")
    candidate.connection.commit()
    assert _audit(candidate).passed
    for fault in ("FAC-02", "FBE-02", "FPA-04", "FIN-03", "BAX-04", "BAX-05", "BBE-05", "BGO-05"):
        candidate.connection.execute(FAULTS[fault])
    candidate.connection.commit()
    _audit(candidate)
    assert candidate.rows("select regle from entrepot.resultat where not reussi order by 1") == [
        (code,) for code in ("BAX-04", "BAX-05", "BBE-05", "BGO-05", "BPA-07", "FAC-02", "FBE-02", "FIN-03", "FPA-04")
    ]


def test_rows_looked_up_when_they_are_read_are_audited_by_loops(candidate: Any) -> None:
    """Over a whole history, the findings followed would else read every line received once for each return."""
    suite = next(suite for suite in SUITES.marts if suite.table == "suivi_constats")
    rule = next(rule for rule in suite.regles if rule.expectation.type == "unexpected_rows_expectation")
    no_loops = {"unexpected_rows_query": "select * from {batch} where current_setting('enable_nestloop') = 'off'"}
    rule = rule.model_copy(update={"expectation": rule.expectation.model_copy(update={"kwargs": no_loops})})
    suite = suite.model_copy(update={"regles": [rule]})
    assert _audit(candidate, suite).passed
    assert not _audit(candidate, suite.model_copy(update={"a_la_volee": False})).passed


@pytest.mark.parametrize(
    "change", ["drop table fct_actions cascade", "alter table fct_actions drop column comptee", "drop table bilan_axes"]
)
def test_a_missing_mart_or_column_is_our_fault(candidate: Any, change: str) -> None:
    candidate.connection.execute(change)
    candidate.connection.commit()
    with pytest.raises(CheckError):
        _audit(candidate)
    assert candidate.rows("select 1 from entrepot.resultat") == []
