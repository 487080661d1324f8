"""The calendar of what is owed: the state of each return, on a day of Paris."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.sender import mail_cli
from entrepot.sender.calendar import Owed, calendar, parse_day, unread
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse

from .office import DUE, QUARTER, QUARTERS, TERRITORIES, Office, a_return, clear, open_office

DAY_AFTER = DUE + timedelta(days=1)


@pytest.fixture(scope="module")
def opened(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(server, tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(opened: Office) -> Iterator[Office]:
    clear(opened)
    yield opened


def owed(office: Office, territory: str, day: date, quarter: str = QUARTER) -> Owed:
    with connect(office.settings) as connection:
        (found,) = [one for one in calendar(connection, day, quarter) if one.territoire_id == territory]
    return found


def state(office: Office, territory: str, day: date, quarter: str = QUARTER) -> str:
    return owed(office, territory, day, quarter).etat


def test_every_territory_owes_every_quarter(office: Office) -> None:
    with connect(office.settings) as connection:
        returns = calendar(connection, DUE)
    assert [(one.territoire_id, one.trimestre, one.echeance) for one in returns] == [
        (territory, quarter, due) for quarter, due in QUARTERS.items() for territory in TERRITORIES
    ]


def test_a_return_is_expected_until_its_due_date_and_late_from_the_day_after(office: Office) -> None:
    assert state(office, "cde-001", DUE) == "attendu"
    assert state(office, "cde-001", DAY_AFTER) == "en_retard"
    assert state(office, "cde-001", DUE, "2024-T3") == "en_retard"


def test_a_return_is_received_until_it_is_published(office: Office) -> None:
    receipt = office.receipt("cde-001", "2025-02-10 09:00", steps=("controle",))
    waiting = owed(office, "cde-001", DAY_AFTER)
    assert (waiting.etat, waiting.recepisse_id, waiting.recu_le) == ("recu", receipt, date(2025, 2, 10))
    office.execute("insert into entrepot.traitement (recepisse_id, etape) values (%s, 'publication')", receipt)
    assert state(office, "cde-001", DAY_AFTER) == "accepte"
    assert state(office, "cde-002", DAY_AFTER) == "en_retard"  # another territory's is its own affair


def test_a_day_is_one_of_paris(office: Office) -> None:
    office.receipt("cde-001", "2025-02-14 23:59")
    office.receipt("cde-002", "2025-02-15 00:00")
    assert state(office, "cde-001", DUE) == "accepte"
    assert state(office, "cde-002", DUE) == "attendu"
    assert state(office, "cde-002", DAY_AFTER) == "accepte"


def test_a_rejected_file_leaves_the_return_owed_and_says_why(office: Office) -> None:
    office.receipt("cde-001", "2025-02-10 09:00", "rejete", motif="C'est un PDF.")
    last = office.receipt("cde-001", "2025-02-12 09:00", "rejete", motif="La feuille Actions manque.")
    rejected = owed(office, "cde-001", DAY_AFTER)
    assert (rejected.etat, rejected.recepisse_id, rejected.motif) == ("rejete", last, "La feuille Actions manque.")
    assert rejected.since == DUE
    office.receipt("cde-001", "2025-02-20 09:00", "rejete")
    assert owed(office, "cde-001", date(2025, 2, 21)).since == date(2025, 2, 20)
    office.receipt("cde-001", "2025-02-22 09:00")
    office.receipt("cde-001", "2025-02-23 09:00", "rejete")  # a bad file takes nothing from the good one before it
    assert state(office, "cde-001", date(2025, 2, 24)) == "accepte"


def test_a_return_that_is_withdrawn_is_owed_again(office: Office) -> None:
    office.receipt("cde-001", "2025-02-10 09:00")
    office.receipt("cde-001", "2025-02-12 09:00", kind="retrait")
    assert state(office, "cde-001", date(2025, 2, 11)) == "accepte"
    assert state(office, "cde-001", DUE) == "attendu"
    assert state(office, "cde-001", DAY_AFTER) == "en_retard"


def test_an_exemption_counts_from_its_decision_and_for_its_quarters_only(office: Office) -> None:
    office.exempt("cde-001", date(2025, 2, 20))
    office.exempt("cde-001", date(2025, 3, 1))  # said twice, it is one
    assert state(office, "cde-001", date(2025, 2, 19)) == "en_retard"
    exempted = owed(office, "cde-001", date(2025, 2, 20))
    assert (exempted.etat, exempted.motif) == ("dispense", "Fusion de deux cités (exemple fictif).")
    assert state(office, "cde-001", date(2025, 2, 20), "2024-T3") == "en_retard"
    office.receipt("cde-001", "2025-02-21 09:00", "rejete")
    assert state(office, "cde-001", date(2025, 2, 21)) == "dispense"
    office.receipt("cde-001", "2025-02-22 09:00")
    assert state(office, "cde-001", date(2025, 2, 22)) == "accepte"


def test_what_no_reader_could_read_yet_is_told_of(office: Office) -> None:
    office.receive(a_return())
    with connect(office.settings) as connection:
        assert unread(connection) == 0
    office.execute("update entrepot.recepisse set verdict = 'recu', verdict_le = null, motif = null")
    with connect(office.settings) as connection:
        assert unread(connection) == 1


def test_a_quarter_or_a_day_that_does_not_exist_is_refused(office: Office) -> None:
    with connect(office.settings) as connection, pytest.raises(EntrepotError, match="from 2024-T3 to 2024-T4"):
        calendar(connection, DUE, "2031-T1")
    with pytest.raises(EntrepotError, match="2025-02-30"):
        parse_day("2025-02-30", "--on")


def test_the_calendar_agrees_with_the_marts_and_is_printed(
    published_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((day,),) = published_warehouse.rows(
        "select (max(recu_le) at time zone 'Europe/Paris')::date from entrepot.recepisse"
    )
    with connect(published_warehouse.settings) as connection:
        ours = {(one.territoire_id, one.trimestre): (one.etat, one.echeance) for one in calendar(connection, day)}
    theirs = published_warehouse.rows("select territoire_id, trimestre, etat, echeance from marts.suivi_retours")
    assert {(territory, quarter): (etat, due) for territory, quarter, etat, due in theirs} == ours
    assert {etat for etat, _ in ours.values()} == {"accepte", "en_retard"}

    monkeypatch.setenv("ENTREPOT_DATABASE_URL", published_warehouse.url)
    monkeypatch.setenv("ENTREPOT_STATE_DIR", str(published_warehouse.settings.state_dir))
    monkeypatch.setattr(mail_cli.console, "width", 200)
    said = CliRunner().invoke(app, ["calendar", "--trimestre", QUARTER, "--on", f"{day}"])
    assert said.exit_code == 0, said.output
    assert "accepté et publié" in said.stdout
    assert "en retard" in said.stdout
    by_quarter = CliRunner().invoke(app, ["calendar", "--on", f"{day}"])
    assert "2022-T1" in by_quarter.stdout


def test_an_option_is_needed_with_the_other(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["remind", "--out", str(tmp_path)])
    assert isinstance(said.exception, EntrepotError)
