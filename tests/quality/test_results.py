"""What each run of the rules leaves: a rule that found nothing is told from one that never ran."""

from dataclasses import replace
from typing import Any

import pytest

from entrepot.quality.audit import audit_candidate
from entrepot.quality.rules import Suites, load_suites
from entrepot.quality.staged import check_staged
from entrepot.settings import PROJECT_DIR
from tests.quality.test_audit import candidate

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)
__all__ = ["candidate"]

SUITES = load_suites(PROJECT_DIR / "expectations")
OF_RETURNS = "select {} from entrepot.resultat inner join entrepot.passage using (passage_id) where recepisses > 0 {}"


def without(code: str) -> Suites:
    """The rules, as they were before one of them was written."""
    cells = [
        suite.model_copy(update={"regles": [rule for rule in suite.regles if rule.code != code]})
        for suite in SUITES.cells
    ]
    return replace(SUITES, cells=tuple(cells))


def test_a_rule_that_found_nothing_is_told_from_one_that_never_ran(staged: Any) -> None:
    check_staged(staged.url, without("GOU-01"))
    said = OF_RETURNS.format("regle, champ, lignes, en_defaut, reussi", "and regle like 'GOU-%%' order by 1, 2")
    before = staged.rows(said)
    assert ("GOU-00", None, 4, None, True) in before  # two rows for each return
    assert not [row for row in before if row[0] == "GOU-01"]

    staged.connection.execute("delete from entrepot.traitement where etape = 'controle'")
    staged.connection.execute(
        "update preparation.stg_gouvernance set valeur_nombre = 40 where recepisse_id = 1 and question = 'etp'"
    )
    staged.connection.commit()
    check_staged(staged.url, SUITES)
    latest = said.replace("where", "where passage_id = (select max(passage_id) from entrepot.passage) and", 1)
    assert [row for row in staged.rows(latest) if row[0] == "GOU-01"] == [("GOU-01", None, 4, 1, False)]
    assert [row for row in staged.rows(latest) if row[0] == "GOU-02"] == [("GOU-02", None, 4, 0, True)]


def test_what_was_looked_at_of_each_return_is_kept(staged: Any) -> None:
    staged.connection.execute(
        "insert into preparation.stg_cellules select 1, 'actions', numero from generate_series(1, 7) as numero"
    )
    staged.connection.commit()
    check_staged(staged.url, SUITES)
    assert staged.rows(
        "select recepisse_id, recepisses, cellules, lignes ->> 'stg_gouvernance', lignes ->> 'stg_pactes'"
        " from entrepot.retour_controle inner join entrepot.passage using (passage_id) order by 1"
    ) == [(1, 4, 7, "2", None), (2, 4, 0, "2", None), (3, 4, 0, None, "1"), (4, 4, 0, None, None)]


def test_the_texts_of_the_rules_are_kept_once_by_what_they_say(staged: Any) -> None:
    check_staged(staged.url, SUITES)
    staged.connection.execute("delete from entrepot.traitement where etape = 'controle'")
    staged.connection.commit()
    check_staged(staged.url, SUITES)
    opened = [suite.row_count_code for suite in (*SUITES.cells, *SUITES.marts)]
    assert staged.rows("select regle from entrepot.regle order by 1") == sorted(
        (code,) for code in [*opened, *(rule.code for rule in SUITES.rules())]
    )
    assert staged.rows(
        "select garde, table_gardee, severite, qui_corrige, phrase from entrepot.regle where regle = 'ACT-06'"
    ) == [
        (
            "retours", "ctl_actions", "valeur", "territoire",
            "« … » (…) dépasse « Participants » (…) : une partie ne peut dépasser le tout.",
        )
    ]  # fmt: skip
    staged.connection.execute("delete from entrepot.traitement where etape = 'controle'")
    staged.connection.commit()
    check_staged(staged.url, without("GOU-01"))
    newest = "select empreinte from entrepot.jeu_regles order by applique_le desc limit 1"
    assert staged.rows(newest) == [(without("GOU-01").digest,)] != [(SUITES.digest,)]
    kept = "select count(*) from entrepot.regle where regle = 'GOU-01'"
    assert staged.rows(kept) == [(1,)]


def test_an_audit_made_again_replaces_what_it_had_recorded(candidate: Any) -> None:
    for _ in range(2):
        audit_candidate(candidate.url, "calcul", 1, SUITES)
    checks = sum(len(suite.regles) + 1 for suite in SUITES.marts)
    assert candidate.rows("select count(*), count(distinct passage_id), min(lignes) > 0 from entrepot.resultat") == [
        (checks, 1, True)
    ]
