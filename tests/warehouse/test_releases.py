"""A release is seen whole or not at all, and what readers built on the marts survives it."""

import psycopg
import pytest
from psycopg import sql

from entrepot.errors import SwapError
from entrepot.warehouse import releases
from entrepot.warehouse.engine import connect

from ..conftest import Warehouse

DUE = releases.Due("a test", complete=True, new_receipts=True)


@pytest.fixture(autouse=True)
def one_mart(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the marts, of which the stand-in candidate has one."""
    names = ["bilan_test"]
    monkeypatch.setattr(releases, "mart_names", lambda _: names)
    return names


def build_candidate(warehouse: Warehouse, columns: str, values: str) -> int:
    """Stand in for dbt: a candidate with one mart `bilan_test`, described in French."""
    with connect(warehouse.settings) as connection:
        release = releases.open_release(
            connection, releases.content(connection, warehouse.settings), warehouse.settings, DUE
        )
        connection.execute("create schema calcul")
        connection.execute("create view calcul.arrete as select parution_id from entrepot.parution_montree")
        connection.execute(sql.SQL(f"create table calcul.bilan_test ({columns})"))
        connection.execute("comment on table calcul.bilan_test is 'Un bilan'")
        connection.execute("comment on column calcul.bilan_test.valeur is 'La valeur'")
        connection.execute(sql.SQL(f"insert into calcul.bilan_test values {values}"))
        connection.commit()
        return release


def publish(warehouse: Warehouse, release: int) -> None:
    with connect(warehouse.settings) as connection:
        releases.publish_candidate(connection, release, warehouse.settings)


def test_a_release_becomes_the_marts_with_its_descriptions(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1), ('b', 2)"))

    assert warehouse.rows("select * from marts.bilan_test order by cle") == [("a", 1), ("b", 2)]
    assert warehouse.rows("select col_description('marts.bilan_test'::regclass, 2)") == [("La valeur",)]
    assert warehouse.rows("select parution_id, recepisses from marts.parution") == [(1, 0)]


def test_an_open_reader_sees_the_old_release_until_its_transaction_ends(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    second = build_candidate(warehouse, "cle text, valeur int", "('a', 2)")
    with psycopg.connect(warehouse.url) as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select valeur from calcul_avant_00002.bilan_test").fetchall() == [(1,)]
        publish(warehouse, second)
        assert reader.execute("select valeur from calcul_avant_00002.bilan_test").fetchall() == [(1,)]
    assert warehouse.rows("select valeur from marts.bilan_test") == [(2,)]


def test_an_analysts_view_follows_the_release(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    warehouse.connection.execute("create view public.mine as select valeur * 10 as dix from marts.bilan_test")
    warehouse.connection.commit()

    publish(warehouse, build_candidate(warehouse, "cle text, valeur int, ajout text", "('a', 2, 'x')"))

    assert warehouse.rows("select dix from public.mine") == [(20,)]


def test_a_release_that_drops_a_column_an_analyst_uses_is_refused_and_changes_nothing(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    warehouse.connection.execute("create view public.mine as select cle from marts.bilan_test")
    warehouse.connection.commit()
    release = build_candidate(warehouse, "valeur int", "(2)")

    with pytest.raises(SwapError, match=r"view mine depends on view marts\.bilan_test"):
        publish(warehouse, release)

    assert warehouse.rows("select cle, valeur from marts.bilan_test") == [("a", 1)]


def test_changed_columns_are_taken_when_nobody_rests_on_them(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    publish(warehouse, build_candidate(warehouse, "valeur text", "('deux')"))
    assert warehouse.rows("select * from marts.bilan_test") == [("deux",)]


def test_a_mart_that_is_gone_leaves_the_marts(warehouse: Warehouse, one_mart: list[str]) -> None:
    release = build_candidate(warehouse, "cle text, valeur int", "('a', 1)")
    warehouse.connection.execute("create table calcul.ancien (x int)")
    warehouse.connection.commit()
    one_mart.append("ancien")
    publish(warehouse, release)
    one_mart.remove("ancien")
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    assert warehouse.rows("select viewname from pg_views where schemaname = 'marts' order by 1") == [
        ("bilan_test",),
        ("parution",),
    ]


def test_a_reader_who_holds_the_marts_delays_but_does_not_lose_the_release(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "SWAP_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(releases, "SWAP_PAUSE_SECONDS", 0.01)
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    release = build_candidate(warehouse, "cle text, valeur int", "('a', 2)")
    with psycopg.connect(warehouse.url) as reader:
        reader.execute("select * from marts.bilan_test")
        with pytest.raises(SwapError, match="waited in vain"):
            publish(warehouse, release)
    publish(warehouse, release)
    assert warehouse.rows("select valeur from marts.bilan_test") == [(2,)]


def test_rooms_of_former_methods_go_and_their_releases_stay_recorded(warehouse: Warehouse) -> None:
    for value in range(5):
        publish(warehouse, build_candidate(warehouse, "cle text, valeur int", f"('a', {value})"))
    rooms = warehouse.rows("select nspname from pg_namespace where nspname ~ '^calcul' order by 1")
    assert rooms == [("calcul",), ("calcul_avant_00005",)]
    assert warehouse.rows("select count(*) from entrepot.parution where statut = 'publiee'") == [(5,)]


def test_a_method_put_back_finds_its_room_again(warehouse: Warehouse) -> None:
    publish(warehouse, build_candidate(warehouse, "cle text, valeur int", "('a', 1)"))
    with connect(warehouse.settings) as connection:
        connection.execute(
            "create function calcul.lire() returns setof integer language plpgsql"
            """ as 'begin return query select valeur from "calcul"."bilan_test"; end'"""
        )
        connection.execute("create view public.lecteur as select * from calcul.lire()")
    build_candidate(warehouse, "cle text, valeur int", "('a', 2)")
    assert warehouse.rows("select * from public.lecteur") == [(1,)]
    assert warehouse.rows("select salle from entrepot.parution_montree") == [("calcul_avant_00002",)]
    with connect(warehouse.settings) as connection:
        due = releases.Due("the method is what it was", complete=False, new_receipts=True)
        releases.open_release(connection, releases.content(connection, warehouse.settings), warehouse.settings, due)
    assert warehouse.rows("select * from public.lecteur") == [(1,)]
    assert warehouse.rows("select nspname from pg_namespace where nspname ~ '^calcul' order by 1") == [("calcul",)]
