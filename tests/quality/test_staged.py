"""Every rule on returns, broken once and alone; what a check records, and what it refuses to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from entrepot.quality.errors import CheckError
from entrepot.quality.rules import CellRule, CellSuite, Suites, load_suites
from entrepot.quality.staged import MASKED, check_staged

SUITES = load_suites(Path(__file__).parents[2] / "expectations")


class Fault(NamedTuple):
    """A change to one return (receipt `%(r)s`) that breaks one rule, and the cell that must be found."""

    statement: str
    millesime: str
    ligne: int | None
    colonne: int | None


def _identification(change: str, ligne: int | None, colonne: int | None = 2) -> Fault:
    statement = f"update preparation.ctl_identifications set {change} where recepisse_id = %(r)s"
    return Fault(statement, "2022", ligne, colonne)


def _action(change: str, colonne: int, millesime: str = "2022") -> Fault:
    return Fault(
        f"update preparation.ctl_actions set {change} where recepisse_id = %(r)s and ligne = 5", millesime, 5, colonne
    )


def _item(champ: str, change: str, colonne: int, millesime: str = "2022") -> Fault:
    ligne = 3 if champ == "contrats_ville" else 5
    return Fault(
        f"update preparation.stg_elements set {change}"
        f" where recepisse_id = %(r)s and champ = '{champ}' and ligne = {ligne}",
        millesime, ligne, colonne,
    )  # fmt: skip


def _helped(change: str, public: str = "jeunes", millesime: str = "2022") -> Fault:
    return Fault(
        f"update preparation.ctl_beneficiaires set {change}"
        f" where recepisse_id = %(r)s and public = '{public}' and indicateur = 'accompagnes'",
        millesime, 6 if public == "jeunes" else 5, 3,
    )  # fmt: skip


def _answer(question: str, value: float, ligne: int) -> Fault:
    return Fault(
        f"update preparation.stg_gouvernance set valeur_nombre = {value}"
        f" where recepisse_id = %(r)s and question = '{question}'",
        "2022", ligne, 2,
    )  # fmt: skip


def _sheet(tableau: str, change: str) -> Fault:
    statement = f"update preparation.ctl_empreintes set {change} where recepisse_id = %(r)s and tableau = '{tableau}'"
    return Fault(statement, "2022", None, None)


def _pacte(change: str, colonne: int) -> Fault:
    return Fault(f"update preparation.stg_pactes set {change} where recepisse_id = %(r)s", "pactes", 2, colonne)


def _correction(fault: str, colonne: int) -> Fault:
    statement = f"update preparation.stg_corrections set defauts = '{{{fault}}}' where recepisse_id = %(r)s"
    return Fault(statement, "corrections", 2, colonne)


# A rule checked on several fields has a fault for each. Rules that only forbid a state or a reading need none here.
FAULTS = {
    "IDE-02 arrete_au": _identification("arrete_au = '2023-06-30'", 4),
    "IDE-03 nom_cite": _identification("nom_ressemblant = 'cde-050'", 3),
    "IDE-04 arrete_au": _identification("date_arrete_precedente = arrete_au + 1", 4),
    "IDE-05": _identification("jumeau_trimestre = '2023-T2'", None, None),
    "ACT-02 frein": _action("frein = null, frein_manquant = true", 5),
    "ACT-03 type_action": _action("type_action_axe = 'innover'", 3),
    "ACT-04 numero": _action("numero_rang = 2", 1),
    "ACT-05 occurrences": _action("occurrences = 0", 10),
    "ACT-06 participants_femmes": _action("participants_femmes = 31", 12),
    "ACT-06 participants_jeunes": _action("participants_jeunes = 31", 13),
    "ACT-07 cout_cite": _action("cout_cite = 1000.01", 15),
    "ACT-08 date_fin": _action("date_fin = '2023-06-30'", 9),
    "ACT-09 date_fin": _action("date_debut = null, date_fin = '2023-06-30'", 9),
    "ACT-10 date_fin": _action("date_debut = '2023-10-01', date_fin = null", 9),
    "ACT-11 date_fin": _action("date_fin = null, date_fin_etat = 'non_renseigne'", 9, "2024"),
    "ACT-12 date_fin": _action("date_fin = null, date_fin_etat = 'non_renseigne'", 9),
    "ACT-13 publics": _action("publics_max = 1, publics = '{femmes,jeunes}'", 6),
    "BEN-01": _helped("valeur = 81, valeur_identifies = 100"),
    "BEN-02": _helped("valeur = 51"),
    "BEN-03": _helped("valeur = 51", millesime="2024"),
    "BEN-04": _helped("valeur = 39"),
    "BEN-05": _helped("touches_trimestre = 61, indicateur = 'touches_frein'", public="ensemble"),
    "BEN-06": _helped("valeur = 50, valeur_haute = 6, valeur_precedente = 6"),
    "BEN-07": _helped("valeur = 50, valeur_haute = 9", millesime="2024"),
    "EMP-01": _sheet("beneficiaires", "jumelle_trimestre = '2023-T1'"),
    "EMP-02": _sheet("actions", "ailleurs_territoire = 'cde-050', ailleurs_trimestre = '2023-T1'"),
    "GOU-01": _answer("etp", 20.5, 4),
    "GOU-02": _answer("niveau_cooperation", 6, 5),
    "PAC-01 territoire": _pacte("territoire_etat = 'non_renseigne'", 1),
    "PAC-02 date_labellisation": _pacte("date_labellisation_etat = 'non_renseigne'", 4),
    "PAC-03 contrat_ville": _pacte("code_contrat = null", 3),
    "PAC-04 departement": _pacte("departement = null", 2),
    "COR-01 cite": _correction("cite", 1),
    "COR-02 trimestre": _correction("trimestre", 2),
    "COR-03 tableau": _correction("tableau", 3),
    "COR-04 repere": _correction("repere", 4),
    "COR-05 champ": _correction("champ", 5),
    "COR-06 ancienne_valeur": _correction("ancienne_valeur", 6),
    "COR-07 nouvelle_valeur": _correction("nouvelle_valeur", 7),
    "COR-08 ancienne_valeur": _correction("ancienne_valeur_erreur", 6),
    "COR-08 nouvelle_valeur": _correction("nouvelle_valeur_erreur", 7),
    "COR-09 motif": _correction("motif", 8),
    "COR-09 auteur": _correction("auteur", 10),
    "COR-10 date_decision": _correction("date_decision", 11),
    "COR-11 motif": _correction("motif_personnel", 8),
    "COR-11 piece": _correction("piece_personnel", 9),
    "COR-12 auteur": _correction("auteur_personnel", 10),
    "COR-13 piece": Fault(
        "update preparation.stg_corrections set piece_absente = true where recepisse_id = %(r)s", "corrections", 2, 9
    ),
    "ELT-01": _item("qpv_concernes", "connu = false, code = null, dans_cite = null, dans_couverts = null", 7),
    "ELT-02": _item("contrats_ville", "connu = false, code = null, generation = null", 2, "2024"),
    "ELT-03": _item("publics", "connu = false, code = null", 6),
    "ELT-04": _item("cofinanceurs", "connu = false, code = null", 16),
    "ELT-05": _item("qpv_concernes", "dans_cite = false", 7),
    "ELT-06": _item("qpv_concernes", "dans_cite = false, generation = '2024', generation_attendue = '2024'", 7, "2024"),
    "ELT-07": _item("qpv_concernes", "dans_couverts = false", 7),
    "ELT-08": _item("contrats_ville", "generation = '2015'", 2, "2024"),
}


# Other edges of the same rules: without them, a rule that forgets one would not be noticed.
MORE_FAULTS = {
    "ACT-09 date_fin": [_action("date_debut = '2023-06-30', date_fin = '2023-06-30'", 9)],
    "ACT-10 date_fin": [_action("date_debut = '2023-10-01', date_fin = '2023-10-01'", 9)],
    "ACT-12 date_fin": [_action("date_fin = null, date_fin_etat = 'non_concerne'", 9)],
    "BEN-06": [_helped("valeur = 57, valeur_haute = 7, valeur_precedente = 7, valeur_identifies = 57")],
    "BEN-07": [_helped("valeur = 51, valeur_haute = 10, valeur_identifies = 51", millesime="2024")],
    "GOU-02": [_answer("niveau_cooperation", 0, 5)],
    "PAC-01 territoire": [_pacte("territoire_etat = 'non_concerne'", 1)],
    "PAC-02 date_labellisation": [_pacte("date_labellisation_etat = 'non_concerne'", 4)],
}


def _reading(lecture: str) -> Fault:
    return Fault(
        "insert into preparation.stg_lectures (recepisse_id, territoire_id, trimestre, millesime, feuille, ligne,"
        " tableau, champ, colonne, texte, lecture, type)"
        " values (%(r)s, 'cde-001', '2023-T3', '2022', 'Actions', 5, 'actions', 'participants', 11, '30 env.',"
        f" '{lecture}', 'entier')",
        "2022", 5, 11,
    )  # fmt: skip


# Line and column of the required answers.
REQUIRED = {
    "arrete_au": (4, 2), "structure_porteuse": (5, 2), "type_structure": (6, 2), "perimetre": (7, 2),
    "axe": (5, 2), "type_action": (5, 3), "intitule": (5, 4), "publics": (5, 6), "occurrences": (5, 10),
    "partenaire": (5, 1),
}  # fmt: skip


def _empty(suite: CellSuite, champ: str, column: str, state: str) -> Fault:
    ligne, colonne = REQUIRED[champ]
    only = f" and ligne = {ligne}" if suite.reperes.ligne else ""
    return Fault(
        f"update preparation.{suite.table} set {column} = '{state}' where recepisse_id = %(r)s{only}",
        "2024", ligne, colonne,
    )  # fmt: skip


def _faults(suite: CellSuite, rule: CellRule, champ: str | None) -> list[Fault]:
    """The faults that break a rule: read off the rule where it only forbids values, else written above."""
    key = f"{rule.code} {champ or ''}".strip()
    kwargs = rule.expectation.kwargs
    column = str(kwargs.get("column", "")).replace("{champ}", champ or "")
    if key in FAULTS:
        return [FAULTS[key], *MORE_FAULTS.get(key, ())]
    if column == "lecture":
        return [_reading(item) for item in kwargs["value_set"]]
    if "lecture <> '" in kwargs.get("condition", ""):
        return [_reading(kwargs["condition"].split("'")[1])]
    if champ and column.endswith("_etat"):
        return [_empty(suite, champ, column, state) for state in kwargs["value_set"]]
    raise LookupError(f"{key} has no case that breaks it: add one to FAULTS")


# Code, field, and the rank of the case where a rule has several.
CASES = {
    " ".join(filter(None, (rule.code, champ, f"#{rank}" if rank > 1 else None))): (rule, champ, fault)
    for suite in SUITES.cells
    for rule in suite.regles
    if rule.severite != "interne"
    for champ in rule.fields
    for rank, fault in enumerate(_faults(suite, rule, champ), start=1)
}


def test_no_case_is_of_a_rule_or_field_that_is_gone() -> None:
    """A field that a rule no longer looks at, by mistake, would take its case away with it."""
    checked = {f"{rule.code} {champ or ''}".strip() for rule, champ, _ in CASES.values()}
    assert set(FAULTS) <= checked
    assert set(MORE_FAULTS) <= set(FAULTS)
    assert {champ for rule, champ, _ in CASES.values() if rule.code in ("IDE-01", "ACT-01", "PAR-01")} == set(REQUIRED)


def _do(warehouse: Any, statement: str) -> None:
    warehouse.connection.execute(statement)
    warehouse.connection.commit()


def _change_action(warehouse: Any, change: str, receipt: int, ligne: int) -> None:
    _do(warehouse, f"update preparation.ctl_actions set {change} where recepisse_id = {receipt} and ligne = {ligne}")


def _findings(warehouse: Any) -> list[tuple[Any, ...]]:
    return warehouse.rows(  # type: ignore[no-any-return]
        "select recepisse_id, regle, champ, ligne, colonne, valeur from entrepot.constat order by constat_id"
    )


def test_faultless_returns_give_no_finding_and_are_marked_as_checked(staged: Any) -> None:
    checked = check_staged(staged.url, SUITES)
    assert (checked.receipts, checked.findings) == (4, 0)
    assert _findings(staged) == []
    assert staged.rows("select recepisse_id from entrepot.traitement where etape = 'controle' order by 1") == [
        (1,),
        (2,),
        (3,),
        (4,),
    ]


def test_each_rule_finds_its_own_fault_and_no_other(staged: Any, add_return: Callable[[int, str], None]) -> None:
    expected = {}
    for receipt, (case, (rule, _, fault)) in enumerate(CASES.items(), start=101):
        add_return(receipt, fault.millesime)
        changed = staged.connection.execute(fault.statement, {"r": receipt}).rowcount
        assert changed == 1, f"the case of {case} changes nothing"
        expected[receipt] = [(rule.code, rule.severite, fault.ligne, fault.colonne)]
    staged.connection.commit()

    check_staged(staged.url, SUITES)

    found: dict[int, list[tuple[Any, ...]]] = {}
    for receipt, code, severity, line, column in staged.rows(
        "select recepisse_id, regle, severite, ligne, colonne from entrepot.constat order by constat_id"
    ):
        found.setdefault(receipt, []).append((code, severity, line, column))
    assert found == expected


def test_a_rule_made_weaker_lets_its_fault_pass(staged: Any) -> None:
    """The guard guards: the same fault is found with the rule as written, and not with a laxer one."""
    _do(staged, FAULTS["GOU-01"].statement % {"r": 1})
    laxer = [
        suite.model_copy(update={"seuils": {"etp_plausible": 50}}) if suite.table == "stg_gouvernance" else suite
        for suite in SUITES.cells
    ]
    weakened = Suites(tuple(laxer), SUITES.marts, SUITES.reader, SUITES.expected_by_type)
    assert check_staged(staged.url, weakened).findings == 0
    _do(staged, "delete from entrepot.traitement where etape = 'controle'")
    assert check_staged(staged.url, SUITES).findings == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("ctl_empreintes", "reponses_libres = 29, ailleurs_territoire = 'cde-050', jumelle_trimestre = '2023-T1'"),
        ("ctl_empreintes", "valeurs_differentes = 11, ailleurs_territoire = 'cde-050', jumelle_trimestre = '2023-T1'"),
        ("ctl_beneficiaires", "valeur = 49, valeur_haute = 1, valeur_precedente = 1, valeur_identifies = 49,"
                              " valeur_ensemble = 49"),
        ("ctl_beneficiaires", "valeur_haute = null, valeur_precedente = null"),
        # A quarter is missing in between.
        ("ctl_beneficiaires", "valeur = 96, valeur_haute = 6, valeur_precedente = 6, trimestres_ecoules = 2,"
                              " nature = 'cumul', valeur_identifies = 96, valeur_ensemble = 96"),
        ("ctl_beneficiaires", "touches_trimestre = 61, participants_freins = null, indicateur = 'touches_frein'"),
        ("ctl_beneficiaires", "touches_trimestre = 60, indicateur = 'touches_frein'"),
    ],
)  # fmt: skip
def test_what_says_too_little_is_no_question(staged: Any, table: str, said: str) -> None:
    _do(staged, f"update preparation.{table} set {said}")
    assert check_staged(staged.url, SUITES).findings == 0


def test_a_finding_says_where_what_was_typed_and_what_was_expected(staged: Any) -> None:
    _do(staged, FAULTS["ACT-06 participants_femmes"].statement % {"r": 1})
    _do(staged, "update brut.ligne set cellules[12] = ' 31 ' where recepisse_id = 1 and ligne = 5 and feuille = 2")
    check_staged(staged.url, SUITES)
    assert staged.rows(
        "select severite, tableau, champ, feuille, ligne, colonne, valeur, attendu, message, qui_corrige"
        " from entrepot.constat"
    ) == [
        (
            "valeur", "actions", "participants_femmes", "Actions", 5, 12, " 31 ", "au plus 30",
            "« dont femmes » (31) dépasse « Participants » (30) : une partie ne peut dépasser le tout.", "territoire",
        )
    ]  # fmt: skip


def test_the_allowed_answers_are_said(staged: Any) -> None:
    _change_action(staged, "axe_etat = 'non_renseigne'", receipt=1, ligne=5)
    check_staged(staged.url, SUITES)
    assert staged.rows("select attendu from entrepot.constat") == [
        ("une réponse de la liste : Recenser et fédérer · Aller-vers et raccrocher",)
    ]


def test_personal_data_is_copied_nowhere(staged: Any) -> None:
    _do(staged, _reading("donnee_personnelle").statement % {"r": 1})
    check_staged(staged.url, SUITES)
    assert staged.rows("select valeur, strpos(message || coalesce(attendu, ''), '30 env.') from entrepot.constat") == [
        (MASKED, 0)
    ]


def test_a_cell_rejected_by_its_reading_is_not_also_called_missing(staged: Any) -> None:
    _do(staged, _reading("illisible").statement.replace("'participants', 11", "'occurrences', 10") % {"r": 1})
    _change_action(staged, "occurrences_etat = 'non_renseigne'", receipt=1, ligne=5)
    check_staged(staged.url, SUITES)
    assert [row[1] for row in _findings(staged)] == ["LEC-01"]


def test_a_column_that_the_reader_missed_is_not_called_missing_on_each_line(staged: Any) -> None:
    _do(staged, "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, message, qui_corrige)"
                " values (1, 'VAL-01', 'valeur', 'actions', 'axe', 'absente', 'territoire')")  # fmt: skip
    _do(staged, "update preparation.ctl_actions set axe_etat = 'non_renseigne' where recepisse_id = 1")
    check_staged(staged.url, SUITES)
    assert [row[1] for row in _findings(staged)] == ["VAL-01"]


def test_an_action_cancelled_or_still_going_on_may_lack_what_others_need(staged: Any) -> None:
    _change_action(staged, "occurrences = 0, statut = 'annulee'", receipt=2, ligne=5)
    _change_action(staged, "date_fin = null, date_fin_etat = 'non_renseigne', statut = 'en_cours'", receipt=2, ligne=6)
    assert check_staged(staged.url, SUITES).findings == 0


def test_rules_that_rest_on_a_rejected_cell_stay_silent(staged: Any) -> None:
    _change_action(staged, "axe = null, frein = null, frein_manquant = null", receipt=1, ligne=5)
    _change_action(staged, "participants = null, participants_femmes = 99, cout_total = null", receipt=1, ligne=5)
    assert check_staged(staged.url, SUITES).findings == 0


def test_more_faults_than_great_expectations_gives_by_default_are_all_found(staged: Any) -> None:
    _do(staged, "insert into preparation.ctl_actions (recepisse_id, millesime, ligne, occurrences)"
                " select 1, '2022', 100 + n, 0 from generate_series(1, 300) as n")  # fmt: skip
    assert check_staged(staged.url, SUITES).findings == 300


def test_checking_again_adds_nothing(staged: Any) -> None:
    _do(staged, FAULTS["BEN-04"].statement % {"r": 1})
    assert check_staged(staged.url, SUITES).findings == 1
    assert check_staged(staged.url, SUITES).receipts == 0
    assert len(_findings(staged)) == 1


def test_receipts_already_checked_or_not_staged_are_left_alone(staged: Any) -> None:
    for receipt in (1, 2):
        _do(staged, FAULTS["BEN-01"].statement % {"r": receipt})
    _do(staged, "insert into entrepot.traitement (recepisse_id, etape) values (1, 'controle')")
    _do(staged, "delete from entrepot.traitement where recepisse_id in (2, 3, 4)")
    assert check_staged(staged.url, SUITES).receipts == 0


@pytest.mark.parametrize("table", [suite.table for suite in SUITES.cells if suite.table != "stg_lectures"])
def test_an_empty_table_is_our_fault_and_nothing_is_recorded(staged: Any, table: str) -> None:
    _do(staged, FAULTS["GOU-01"].statement % {"r": 1})
    _do(staged, f"truncate preparation.{table}")
    with pytest.raises(CheckError, match=f"{table} holds 0 rows"):
        check_staged(staged.url, SUITES)
    assert _findings(staged) == []
    assert staged.rows("select 1 from entrepot.traitement where etape = 'controle'") == []


def test_a_spreadsheet_error_that_staging_lost_is_our_fault(staged: Any) -> None:
    where = "recepisse_id = 1 and feuille = 2 and ligne = 5"
    _do(staged, f"""update brut.ligne set marques = '{{"11": "erreur_tableur"}}' where {where}""")
    with pytest.raises(CheckError, match="stg_lectures holds 0 rows"):
        check_staged(staged.url, SUITES)


def test_a_reading_that_no_rule_knows_is_our_fault(staged: Any) -> None:
    _do(staged, _reading("inconnue").statement % {"r": 1})
    with pytest.raises(CheckError, match="LEC-90"):
        check_staged(staged.url, SUITES)


@pytest.mark.parametrize("column", ["participants", "frein_manquant", "trimestre_fin"])
def test_a_missing_column_is_our_fault(staged: Any, column: str) -> None:
    _do(staged, f"alter table preparation.ctl_actions drop column {column}")
    with pytest.raises(CheckError, match=column):
        check_staged(staged.url, SUITES)
    assert staged.rows("select 1 from entrepot.traitement where etape = 'controle'") == []
