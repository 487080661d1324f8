"""Taking files in: nothing is lost, nothing counts twice, one bad file stops nothing else."""

import shutil
from pathlib import Path

import pytest

from entrepot import pipeline
from entrepot.errors import EntrepotError, ReadingError
from entrepot.forms.reader import ReadReturn, Reference, read_return
from entrepot.sample import write_sample

from ..conftest import Warehouse

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Sample returns of four territories for two quarters that the sample's own ledger says are accepted."""
    folder = tmp_path_factory.mktemp("sample") / "depot"
    write_sample(folder, territories=4, quarters=2)
    found = sorted(path for path in folder.glob("*.xlsx") if "cde-0" in path.name)
    return list({path.read_bytes(): path for path in found}.values())


def receipts(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.rows("select nom_fichier, verdict from entrepot.recepisse order by recepisse_id")


def test_the_same_bytes_are_the_same_receipt(warehouse: Warehouse, returns: list[Path], tmp_path: Path) -> None:
    renamed = tmp_path / "renvoi.xlsx"
    shutil.copy(returns[0], renamed)
    (first,) = pipeline.receive(warehouse.settings, [returns[0]]).outcomes
    before = warehouse.rows("select count(*), sum(cardinality(cellules)) from brut.ligne")

    again, by_another_name = pipeline.receive(warehouse.settings, [returns[0], renamed]).outcomes

    assert (again.recepisse_id, again.known) == (first.recepisse_id, True)
    assert (by_another_name.recepisse_id, by_another_name.known) == (first.recepisse_id, True)
    assert len(receipts(warehouse)) == 1
    assert warehouse.rows("select count(*), sum(cardinality(cellules)) from brut.ligne") == before
    assert warehouse.rows("select count(*) from entrepot.presentation") == [(3,)]


def test_an_unreadable_file_gets_a_verdict_in_french_and_stops_nothing_else(
    warehouse: Warehouse, returns: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(b"%PDF-1.7 ceci n'est pas un classeur")
    shutil.copy(returns[0], folder / "b.xlsx")
    (folder / "c.ods").write_bytes(returns[1].read_bytes()[:5000])

    taken = pipeline.receive(warehouse.settings, [folder])

    assert [outcome.verdict for outcome in taken.outcomes] == ["rejete", "accepte", "rejete"]
    assert "PDF" in (taken.outcomes[0].motif or "")
    assert warehouse.rows("select regle from entrepot.constat where severite = 'structure' order by 1") == [
        ("STR-01",),
        ("STR-03",),
    ]


def test_receipts_keep_the_bytes_as_sent(warehouse: Warehouse, returns: list[Path]) -> None:
    pipeline.receive(warehouse.settings, [returns[0]])
    ((digest,),) = warehouse.rows("select empreinte from entrepot.recepisse")
    stored = Path(warehouse.settings.store_url) / digest[:2] / digest
    assert stored.read_bytes() == returns[0].read_bytes()


def test_every_line_has_its_coordinates(warehouse: Warehouse, returns: list[Path]) -> None:
    pipeline.receive(warehouse.settings, returns)
    assert warehouse.rows("select count(*) from brut.ligne where tableau = 'actions' and nature = 'donnee'") > [(0,)]
    assert warehouse.rows(
        "select count(*) from brut.tableau inner join brut.ligne using (recepisse_id, tableau)"
        " where (colonnes ->> 'axe')::int not between 1 and cardinality(cellules) and nature = 'donnee'"
        " and tableau = 'actions'"
    ) == [(0,)]


def test_a_reader_that_breaks_on_one_file_loses_nothing_and_says_so(
    warehouse: Warehouse, returns: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_on_the_first(content: bytes, filename: str, reference: Reference) -> ReadReturn:
        if filename == returns[0].name:
            raise ZeroDivisionError("a fault of ours")
        return read_return(content, filename, reference)

    monkeypatch.setattr("entrepot.receipts.reader_process.read_return", breaks_on_the_first)
    with pytest.raises(ReadingError, match=f"{returns[0].name}.*a fault of ours"):
        pipeline.receive(warehouse.settings, returns[:2])
    assert receipts(warehouse) == [(returns[0].name, "recu"), (returns[1].name, "accepte")]

    monkeypatch.undo()
    pipeline.receive(warehouse.settings, [])
    assert receipts(warehouse) == [(returns[0].name, "accepte"), (returns[1].name, "accepte")]


def test_the_inbox_is_emptied_once_its_files_are_recorded(warehouse: Warehouse, returns: list[Path]) -> None:
    inbox = Path(warehouse.settings.inbox_url)
    inbox.mkdir(parents=True)
    for path in returns[:2]:
        shutil.copy(path, inbox)
    settings = warehouse.settings.model_copy(update={"inbox_quiet_seconds": 0})

    taken = pipeline.take_inbox(settings)

    assert len(taken.outcomes) == 2
    assert list(inbox.iterdir()) == []
    assert pipeline.take_inbox(settings).outcomes == []


def test_a_path_that_does_not_exist_is_one_clear_sentence(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(EntrepotError, match=r"rien\.xlsx does not exist: give a file"):
        pipeline.receive(warehouse.settings, [tmp_path / "rien.xlsx"])


def test_a_corrected_return_supersedes_and_an_older_one_says_it_is_superseded(
    warehouse: Warehouse, returns: list[Path]
) -> None:
    """The second file is taken in with an earlier arrival than the first: the first stays in force."""
    from datetime import UTC, datetime

    (newer,) = pipeline.receive(warehouse.settings, [returns[0]], datetime(2022, 6, 1, tzinfo=UTC)).outcomes
    altered = warehouse.settings.state_dir / "older.xlsx"
    altered.parent.mkdir(parents=True, exist_ok=True)
    _with_another_comment(returns[0], altered)
    (older,) = pipeline.receive(warehouse.settings, [altered], datetime(2022, 5, 1, tzinfo=UTC)).outcomes
    assert (newer.superseded, older.verdict, older.superseded) == (False, "accepte", True)


def _with_another_comment(source: Path, target: Path) -> None:
    """The same return in other bytes: a sheet of instructions says one thing more."""
    import openpyxl

    workbook = openpyxl.load_workbook(source)
    workbook.worksheets[0]["Z50"] = "relu"
    workbook.save(target)
