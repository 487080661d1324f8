"""The marts of quality on a published sample: the same counts as the findings themselves, now and in the past."""

from itertools import pairwise
from typing import Any

import psycopg
import pytest

from tests.conftest import Warehouse

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

COUNTED = """
select regle, trimestre, count(distinct recepisse_id), count(*)
from entrepot.constat inner join entrepot.vigueur using (recepisse_id)
where severite <> 'structure' and vigueur.connu_au = 'infinity' and vigueur.genre = 'retour'
group by 1, 2 order by 1, 2
"""


def test_rules_are_counted_as_their_findings_are(published_warehouse: Warehouse) -> None:
    assert published_warehouse.rows(
        "select regle, trimestre, nb_en_defaut, nb_constats from marts.qualite_regles"
        " where porte_sur = 'retours' and etat = 'enfreinte' order by 1, 2"
    ) == published_warehouse.rows(COUNTED)


def test_the_trend_is_that_of_the_quarter_before(published_warehouse: Warehouse) -> None:
    rows = published_warehouse.rows(
        "select regle, part, evolution, part_precedente, etat_precedent, etat from marts.qualite_regles"
        " where porte_sur = 'retours' order by regle, trimestre"
    )
    for (rule, part, *_), (same, now, change, before, state_before, _) in pairwise(rows):
        if rule == same:
            assert (before, change) == (part, pytest.approx(now - part, abs=2e-6))
            assert state_before == ("enfreinte" if part else "tenue")
    assert any(change for _, _, change, *_ in rows)


def test_audits_are_told_by_release_and_what_was_never_looked_at_is_said(published_warehouse: Warehouse) -> None:
    # On ten cités, published national figures cannot be reached: told, and refuses nothing.
    assert published_warehouse.rows(
        "select distinct parution_id, etat, case when etat <> 'tenue' then regle end from marts.qualite_regles"
        " where porte_sur = 'parution' order by 2"
    ) == [(1, "enfreinte", "CCP-03"), (1, "tenue", None)]
    # No ledger of corrections came: its rules kept nothing.
    assert published_warehouse.rows(
        "select distinct etat, nb_regardes from marts.qualite_regles where table_gardee = 'stg_corrections'"
    ) == [("jamais_controlee", 0)]


def test_returns_agree_with_the_findings_followed(published_warehouse: Warehouse) -> None:
    def both(query: str) -> list[tuple[Any, ...]]:
        return published_warehouse.rows(query)

    assert both(
        "select sum(nb_ouverts), sum(nb_corriges), sum(nb_structure) from marts.qualite_retours"
    ) == both(
        "select count(*) filter (where etat = 'ouvert'), count(*) filter (where etat = 'corrige'),"
        " count(*) filter (where severite = 'structure') from marts.suivi_constats"
        " where territoire_id is not null and trimestre is not null"
    )  # fmt: skip
    ((rows, least, most),) = both(
        "select count(*), min(part_sans_constat), max(nb_cellules) from marts.qualite_retours where etat = 'accepte'"
    )
    assert rows > 100 and 0.5 < least < 1 and most > 100


def test_the_past_is_told_as_it_was_known(published_warehouse: Warehouse) -> None:
    """At the end of March 2024, nothing of 2024 had come, and later files had mended nothing yet."""
    count = (
        "select max(trimestre), sum(nb_ouverts), sum(nb_corriges) from marts.qualite_retours",
        "select max(trimestre), count(*) filter (where etat = 'enfreinte') > 0 from marts.qualite_regles",
    )
    with psycopg.connect(published_warehouse.reader_url) as reader:
        now = [reader.execute(query).fetchone() for query in count]
        reader.execute("set entrepot.au = '2024-03-26'")
        then = [reader.execute(query).fetchone() for query in count]
    assert [row and row[0] for row in now] == ["2024-T4"] * 2
    assert [row and row[0] for row in then] == ["2023-T4"] * 2
    assert now[0] and then[0] and then[0][1] < now[0][1] and then[1] and then[1][1]
