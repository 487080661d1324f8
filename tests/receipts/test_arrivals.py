"""The drop folder: what is taken, when it arrived, what is left alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.errors import EntrepotError
from entrepot.receipts.arrivals import Folder, parse_instant


def drop(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")


def test_the_manifest_dates_and_signs_a_load_of_history(tmp_path: Path) -> None:
    drop(
        tmp_path,
        b__xlsx="2",
        a__xlsx="1",
        bordereau__csv="fichier;recu_le;expediteur\na.xlsx;2022-05-02T10:00:00+02:00;equipe@exemple.invalid\n"
        "b.xlsx;2022-04-20T10:00:00+02:00;\n",
    )
    arrivals = Folder(str(tmp_path)).arrivals("depot")
    assert [(a.name, a.origin.received_at.isoformat(), a.origin.sender) for a in arrivals] == [
        ("b.xlsx", "2022-04-20T10:00:00+02:00", None),
        ("a.xlsx", "2022-05-02T10:00:00+02:00", "equipe@exemple.invalid"),
    ]


def test_without_a_manifest_a_file_arrives_now(tmp_path: Path) -> None:
    drop(tmp_path, a__xlsx="1")
    (arrival,) = Folder(str(tmp_path)).arrivals("depot")
    assert datetime.now(UTC) - arrival.origin.received_at < timedelta(minutes=1)


def test_a_file_still_being_written_is_left_for_the_next_round(tmp_path: Path) -> None:
    drop(tmp_path, a__xlsx="1")
    assert Folder(str(tmp_path)).arrivals("depot", quiet_seconds=3600) == []


def test_hidden_files_are_not_returns(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("x")
    assert Folder(str(tmp_path)).arrivals("depot") == []


def test_the_manifest_goes_with_the_last_file(tmp_path: Path) -> None:
    drop(tmp_path, a__xlsx="1", b__xlsx="2", bordereau__csv="fichier;recu_le;expediteur\n")
    folder = Folder(str(tmp_path))
    first, second = folder.arrivals("depot")
    folder.remove([first])
    assert (tmp_path / "bordereau.csv").exists()
    folder.remove([second])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("fichier,recu_le\n", "first line must be"),
        ("fichier;recu_le;expediteur\na.xlsx;hier;\n", "line 2: « hier »"),
        ("fichier;recu_le;expediteur\na.xlsx;2022-05-02T10:00:00;\n", "lacks its offset"),
        ("fichier;recu_le;expediteur\na.xlsx;2999-01-01T10:00:00+01:00;\n", "lies in the future"),
        ("fichier;recu_le;expediteur\na.xlsx\n", "line 2: «  » is not"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_stops_the_round_and_says_where(
    tmp_path: Path, content: str, message: str
) -> None:
    drop(tmp_path, a__xlsx="1", bordereau__csv=content)
    with pytest.raises(EntrepotError, match=message):
        Folder(str(tmp_path)).arrivals("depot")


def test_a_manifest_of_another_encoding_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "bordereau.csv").write_bytes("fichier;recu_le;expediteur\né.xlsx;;\n".encode("cp1252"))
    with pytest.raises(EntrepotError, match="is not UTF-8"):
        Folder(str(tmp_path)).arrivals("depot")


def test_an_instant_needs_its_offset() -> None:
    assert parse_instant("2024-03-26T18:30:00+01:00", "x").utcoffset() == timedelta(hours=1)
