"""What commands say of a warehouse where nothing was received or published yet: a sentence, never a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from entrepot import pipeline
from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.sample import write_sample
from tests.conftest import Warehouse

FIGURE = "bilan_axes/2023-T4/france/FR/recenser_federer/occurrences/valeur_trimestre"


def _told(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, command: str) -> str:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", warehouse.url)
    monkeypatch.setenv("ENTREPOT_READER_URL", warehouse.reader_url)
    monkeypatch.setenv("ENTREPOT_STATE_DIR", str(warehouse.settings.state_dir))
    done = CliRunner().invoke(app, command.split(), env={"COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, EntrepotError | SystemExit), done.exception
    return f"{done.output}{done.exception or ''}"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("status", "Releases"),
        ("status", "Freshness"),
        ("release list", "Releases"),
        ("release show 1", "There is no release 1"),
        ("report bilan 2023-T4 --out {folder}", "publish first with `entrepot run`"),
        (f"trace {FIGURE}", "publish first with `entrepot run`"),
        (f"explain {FIGURE} --from 1 --to 2", "There is no release 1"),
        ("form --territoire cde-001 --trimestre 2023-T4 --out {folder}/vierge.xlsx", "Nothing is published yet"),
        ("answer 1 --out {folder}/retour.xlsx", "There is no receipt 1"),
        ("finding lift R1-AAAAAAAAAA --reason essai", "There is no finding"),
        ("mail retry 1", "not in the ledger"),
        ("replay", "Nothing is published yet"),
        ("data-docs --out {folder}/docs", "index.html"),
    ],
)
def test_an_empty_warehouse_answers_with_a_sentence(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, sentence: str
) -> None:
    assert sentence in _told(warehouse, monkeypatch, command.format(folder=tmp_path))


def test_coverage_is_told_of_files_received_before_anything_else(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_sample(tmp_path / "sample", territories=2, quarters=1)
    pipeline.receive(warehouse.settings, [tmp_path / "sample"])
    assert "/84" in _told(warehouse, monkeypatch, "status")
