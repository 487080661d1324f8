"""Since when receipts are known, and which return is in force when."""

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.warehouse import releases

from ..conftest import Warehouse
from ..dbt.returns import deposit, mark

DUE = releases.Due("a test", complete=False, new_receipts=True)


def known(warehouse: Warehouse, *, published: bool = True) -> int:
    """Build what a release needs to know of the receipts, without marts; publish it or leave it unpublished."""
    connection = warehouse.connection
    mark(connection, "controle")
    connection.commit()
    release = releases.open_release(
        connection, releases.content(connection, warehouse.settings), warehouse.settings, DUE
    )
    if published:
        connection.execute("update entrepot.parution set statut = 'publiee' where parution_id = %s", [release])
        connection.commit()
    return release


def in_force(warehouse: Warehouse, moment: str) -> list[int]:
    return [
        receipt
        for (receipt,) in warehouse.rows(
            "select recepisse_id from entrepot.vigueur"
            " where genre = 'retour' and connu_du <= %s and connu_au > %s order by 1",
            moment,
            moment,
        )
    ]


def receive(warehouse: Warehouse, territory: str, arrival: str, verdict: str = "accepte") -> int:
    receipt = deposit(warehouse.connection, territory, "2023-T4", recu_le=arrival, verdict=verdict)
    # The stand-in for the bytes is made from where and when: two files of the same second are two receipts.
    warehouse.connection.execute(
        "update entrepot.recepisse set empreinte = md5(%s::text) || md5('') where recepisse_id = %s", [receipt, receipt]
    )
    warehouse.connection.commit()
    return receipt


def test_the_last_to_arrive_is_in_force_from_its_arrival(warehouse: Warehouse) -> None:
    first = receive(warehouse, "cde-001", "2024-01-10 10:00+01")
    second = receive(warehouse, "cde-001", "2024-04-02 10:00+02")
    receive(warehouse, "cde-001", "2024-06-02 10:00+02", verdict="rejete")
    same_second = [receive(warehouse, "cde-002", "2024-01-10 10:00+01") for _ in range(2)]
    known(warehouse)

    assert in_force(warehouse, "2024-01-10 09:59+01") == []
    assert in_force(warehouse, "2024-01-10 10:00+01") == [first]  # those of the same second come microseconds apart
    assert in_force(warehouse, "2024-01-10 10:00:01+01") == [first, same_second[1]]
    assert in_force(warehouse, "2024-04-02 10:00+02") == [second, same_second[1]]
    assert in_force(warehouse, "2030-01-01") == [second, same_second[1]]


def test_what_turns_up_late_is_known_late_and_old_answers_stay(warehouse: Warehouse) -> None:
    first = receive(warehouse, "cde-001", "2024-01-10 10:00+01")
    last = receive(warehouse, "cde-002", "2024-05-02 10:00+02")
    known(warehouse)
    found = receive(warehouse, "cde-001", "2024-02-01 10:00+01")
    known(warehouse)

    assert in_force(warehouse, "2024-02-02") == [first]
    assert in_force(warehouse, "2024-06-01") == [first, last]
    assert in_force(warehouse, "2100-01-01") == [last, found]
    ((known_at,),) = warehouse.rows("select connu_le from entrepot.connaissance where recepisse_id = %s", found)
    assert known_at > datetime(2024, 5, 2, tzinfo=UTC)


def test_nothing_is_known_before_the_last_cut_off_even_if_the_clock_was_set_back(warehouse: Warehouse) -> None:
    first = receive(warehouse, "cde-001", "2024-01-10 10:00+01")
    known(warehouse)
    ahead = datetime.now(UTC) + timedelta(days=400)
    warehouse.connection.execute("update entrepot.connaissance set connu_le = %s", [ahead])
    warehouse.connection.execute("update entrepot.parution set arretee_le = %s", [ahead])
    second = receive(warehouse, "cde-001", "2024-02-10 10:00+01")
    known(warehouse)

    ((known_at,),) = warehouse.rows("select connu_le from entrepot.connaissance where recepisse_id = %s", second)
    assert known_at == ahead + timedelta(microseconds=1)
    assert in_force(warehouse, ahead.isoformat()) == [first]


def test_an_older_file_found_late_does_not_replace_the_newer_one(warehouse: Warehouse) -> None:
    newer = receive(warehouse, "cde-001", "2024-04-02 10:00+02")
    known(warehouse)
    receive(warehouse, "cde-001", "2024-01-10 10:00+01")
    known(warehouse)

    assert in_force(warehouse, "2100-01-01") == [newer]


def test_what_an_unpublished_release_had_learnt_is_learnt_again_by_the_next(warehouse: Warehouse) -> None:
    first = receive(warehouse, "cde-001", "2024-01-10 10:00+01")
    known(warehouse)
    second = receive(warehouse, "cde-001", "2024-02-10 10:00+01")
    known(warehouse, published=False)
    third = receive(warehouse, "cde-001", "2024-03-10 10:00+01")
    release = known(warehouse)

    assert [in_force(warehouse, f"2024-0{month}-20") for month in (1, 2, 3)] == [[first], [second], [third]]
    assert warehouse.rows("select recepisse_id, parution_id from entrepot.connaissance order by 1") == [
        (first, 1),
        (second, release),
        (third, release),
    ]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("", None),
        ("2024-03-26", datetime(2024, 3, 26, 22, 59, 59, 999999, tzinfo=UTC)),
        ("2024-07-01", datetime(2024, 7, 1, 21, 59, 59, 999999, tzinfo=UTC)),
        ("2024-03-26 12:00", datetime(2024, 3, 26, 11, 0, tzinfo=UTC)),
        ("2024-03-26T12:00:00Z", datetime(2024, 3, 26, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end_in_paris(warehouse: Warehouse, asked: str, answer: datetime | None) -> None:
    connection = warehouse.connection
    connection.execute("select set_config('entrepot.au', %s, false)", [asked])
    assert connection.execute("select entrepot.instant()").fetchone() == (answer,)


@pytest.mark.parametrize("asked", ["mars 2024", "26/03/2024", "2024-13-01"])
def test_what_is_no_date_is_said_so(warehouse: Warehouse, asked: str) -> None:
    connection = warehouse.connection
    connection.execute("select set_config('entrepot.au', %s, false)", [asked])
    with pytest.raises(Exception, match=r"n'est pas une date|out of range"):
        connection.execute("select entrepot.instant()")
