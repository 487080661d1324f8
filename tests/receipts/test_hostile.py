"""Hostile files go the whole way of a file: a verdict each, an answer each, and the honest one after them loads."""

import io
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console
from typer.testing import CliRunner

from entrepot import cli, pipeline
from entrepot.forms.files.refusal import MAX_FILE_BYTES
from entrepot.forms.reader import Reference, read_return
from entrepot.receipts import intake
from entrepot.receipts.store import ByteStore, digest_of
from entrepot.sender.marked_copy import marked_copy
from entrepot.sender.marked_workbook import SHEET
from entrepot.settings import Settings
from entrepot.warehouse.postgres import Server

from ..conftest import Warehouse, new_warehouse
from ..forms.form import filled, write_xlsx
from ..forms.hostile import ACCEPTED, hostile_files
from ..forms.mutants import FOUND, SEEDS, mutant

# Files do not depend on the server.
pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)
HOSTILE = {file.name: file for file in hostile_files()}
LAST = "zz-honnête.xlsx"


@dataclass
class Taken:
    """A warehouse in which files were taken in.

    Attributes:
        said: what was said of each file: `accepte` or the rules that refuse it, and why.
        also: what else was found in it.
    """

    warehouse: Warehouse
    said: dict[str, tuple[str, str | None]]
    also: dict[str, set[str]]


def take(warehouse: Warehouse, folder: Path) -> Taken:
    """Take a folder in, with an honest file last."""
    (folder / LAST).write_bytes(write_xlsx(filled("2024", "T4 2024")))
    taken = pipeline.receive(warehouse.settings, [folder])
    assert [outcome.name for outcome in taken.outcomes][-1] == LAST
    found: dict[int, set[str]] = {}
    refused: dict[int, str] = {}
    for receipt, rule, severity in warehouse.rows(
        "select recepisse_id, regle, severite from entrepot.constat order by regle desc"
    ):
        found.setdefault(receipt, set()).add(rule)
        if severity == "structure":
            refused[receipt] = rule
    return Taken(
        warehouse,
        {one.name: (refused.get(one.recepisse_id, one.verdict), one.motif) for one in taken.outcomes},
        {one.name: found.get(one.recepisse_id, set()) for one in taken.outcomes},
    )


@pytest.fixture(scope="module")
def hand_made(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    folder = tmp_path_factory.mktemp("hostiles")
    for file in HOSTILE.values():
        (folder / file.name).write_bytes(file.makes())
    with new_warehouse(server, tmp_path_factory.mktemp("entrepot"), template=template) as warehouse:
        yield take(warehouse, folder)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_the_verdict_that_it_deserves(hand_made: Taken, name: str) -> None:
    said, why = hand_made.said[name]
    if HOSTILE[name].said == "STR-11" and sys.platform != "linux":
        pytest.skip("a bound that only Linux keeps")

    assert (said, why is None) == (HOSTILE[name].said, said == ACCEPTED)
    assert HOSTILE[name].also in {None, *hand_made.also[name]}


def test_the_honest_file_after_them_loads(hand_made: Taken) -> None:
    assert hand_made.said[LAST] == (ACCEPTED, None)
    honest = read_return(write_xlsx(filled("2024", "T4 2024")), LAST, Reference.load(Settings().seeds_dir))
    ((lines,),) = hand_made.warehouse.rows(
        "select count(*) from brut.ligne inner join entrepot.recepisse using (recepisse_id) where nom_fichier = %s",
        LAST,
    )
    assert lines == len(honest.lignes)


def test_a_verdict_says_what_was_seen(hand_made: Taken) -> None:
    """One of each cause, as their senders read it."""
    wanted = {
        "tronque-5.xlsx": "Le fichier ne peut pas être lu : il est tronqué ou abîmé.",
        "vide.xlsx": "Le fichier ne peut pas être lu : il est vide.",
        "rires.xlsx": "Le fichier ne peut pas être lu : son contenu n'est pas celui d'un tableur.",
        "guillemet.csv": "Le fichier ne peut pas être lu : un guillemet ouvert n'est jamais refermé.",
        "rc4.xls": "Le fichier est protégé par un mot de passe : il ne peut pas être lu.",
        "excel4.xls": "Le fichier n'est pas un classeur : c'est un classeur d'une version d'Excel antérieure à 1995.",
        "bombe.xlsx": "Le fichier dépasse ce qu'un retour peut contenir : une fois décompressé, il dépasse 100 Mo.",
        "gros.csv": "Le fichier dépasse ce qu'un retour peut contenir : il dépasse 20 Mo.",
        "cases.xlsx": "Le fichier dépasse ce qu'un retour peut contenir : une feuille compte plus d'un million de"
        " cases, vides comprises.",
        "ligne.csv": "Le fichier dépasse ce qu'un retour peut contenir : une case contient plus de 32767 caractères.",
        "colonnes-inconnues.xlsx": "Le fichier dépasse ce qu'un retour peut contenir : trop de ses colonnes et de ses"
        " lignes ne sont pas du gabarit.",
    }
    if sys.platform == "linux":
        wanted["compte-faux.xlsx"] = (
            "Le fichier n'a pas pu être lu jusqu'au bout : sa lecture demande plus de mémoire que celle d'aucun retour."
        )
    assert {name: hand_made.said[name][1] for name in wanted} == wanted


def test_each_hostile_file_is_answered(hand_made: Taken) -> None:
    """With our sheet in front of theirs, or alone where there is nothing to stand behind it."""
    store = ByteStore(hand_made.warehouse.settings.store_url)
    with psycopg.connect(hand_made.warehouse.url) as connection:
        connection.execute(
            "insert into entrepot.traitement (recepisse_id, etape) select recepisse_id, 'controle'"
            " from entrepot.recepisse where verdict = 'accepte'"
        )
        receipts = connection.execute("select recepisse_id, nom_fichier, format from entrepot.recepisse").fetchall()
        for receipt, name, read in receipts:
            copy = marked_copy(connection, store, receipt)
            names = CalamineWorkbook.from_filelike(io.BytesIO(copy.content)).sheet_names
            assert (name, names[0], len(names) > 1) == (name, SHEET, read is not None)


def test_a_file_of_any_size_is_kept_whole_and_read_no_further_than_it_may_be(hand_made: Taken) -> None:
    content = HOSTILE["gros.csv"].makes()
    ((digest, size),) = hand_made.warehouse.rows(
        "select empreinte, taille from entrepot.recepisse where nom_fichier = 'gros.csv'"
    )
    assert (digest, size) == (digest_of(content), len(content))
    store = ByteStore(hand_made.warehouse.settings.store_url)
    assert store.get(digest) == content
    assert store.head(digest, MAX_FILE_BYTES) == content[:MAX_FILE_BYTES]


def test_what_was_interrupted_is_read_again_whatever_its_size(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "gros.csv").write_bytes(bytes(MAX_FILE_BYTES + 10))
    (folder / "zz.xlsx").write_bytes(write_xlsx(filled("2024", "T4 2024")))
    with monkeypatch.context() as patch:
        patch.setattr(intake.Intake, "_load", lambda *_: None)
        pipeline.receive(warehouse.settings, [folder])
    assert warehouse.rows("select distinct verdict from entrepot.recepisse") == [("recu",)]

    pipeline.receive(warehouse.settings, [])

    assert warehouse.rows("select nom_fichier, verdict from entrepot.recepisse order by 1") == [
        ("gros.csv", "rejete"),
        ("zz.xlsx", "accepte"),
    ]


def test_few_large_files_make_a_batch(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_BYTES", 2_500)
    folder = tmp_path / "depot"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.csv").write_bytes(b"%d;" % number * 500)

    seen: list[int] = []
    pipeline.receive(warehouse.settings, [folder], progress=lambda done, _: seen.append(done))

    assert seen == [3, 4]


def test_no_mutant_is_a_fault_of_ours_and_the_next_honest_file_loads(
    server: Server, template: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mutants"
    folder.mkdir()
    for number in (*SEEDS, *FOUND):
        name, content = mutant(number)
        (folder / name).write_bytes(content)

    with new_warehouse(server, tmp_path / "entrepot", template=template) as warehouse:
        taken = take(warehouse, folder)  # a fault of ours is an error here

    assert len(taken.said) == len(SEEDS) + len(FOUND) + 1
    assert {said for said, _ in taken.said.values()} >= {ACCEPTED, "STR-01", "STR-03", "STR-07", "STR-09"}
    assert all(why for said, why in taken.said.values() if said != ACCEPTED)
    assert taken.said[LAST] == (ACCEPTED, None)


HOSTILE_NAMES = [
    b"a\\..\\..\\etc\\passwd.xlsx",
    b"-rf.xlsx",
    b"$(reboot) ; rm *.xlsx",
    b"a\nrejete 12 b.xlsx",
    b"[red]b[dim]c[nothing].xlsx",
    b"\x1b]0;titre\x07\x1b[2J.xlsx",
    "\u202excod.xlsx".encode(),
    b"=cmd|' calc'!A0.xlsx",
    b"'; drop table x; --.xlsx",
    b"<img src=x onerror=alert(1)>.xlsx",
    "été.xlsx".encode("cp1252"),
    b"x" * 250 + b".xlsx",
]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS takes no names that are no UTF-8")
def test_hostile_names_are_kept_and_shown_as_one_harmless_line(
    server: Server, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    for number, name in enumerate(HOSTILE_NAMES):
        (Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))).write_bytes(b"a;%d" % number)  # noqa: PTH118
    os.mkfifo(folder / "tube.xlsx")
    (folder / "rompu.xlsx").symlink_to(tmp_path / "nulle-part.xlsx")

    with new_warehouse(server, tmp_path / "entrepot", template=template) as warehouse:
        monkeypatch.setenv("ENTREPOT_DATABASE_URL", warehouse.url)
        monkeypatch.setenv("ENTREPOT_STATE_DIR", str(warehouse.settings.state_dir))
        monkeypatch.setattr(cli, "console", Console(width=400, highlight=False))
        shown = CliRunner().invoke(cli.app, ["receive", str(folder)], catch_exceptions=False)
        kept = {name for (name,) in warehouse.rows("select nom_fichier from entrepot.recepisse")}

    assert shown.exit_code == 0
    assert kept == {name.decode() for name in HOSTILE_NAMES if b"\xe9" not in name} | {"été.xlsx"}
    lines = shown.output.splitlines()
    assert len([line for line in lines if line.startswith("rejete")]) == len(HOSTILE_NAMES)
    assert not set(shown.output) & set("\x1b\x07\u202e\r")
    assert "[red]b[dim]c[nothing].xlsx" in shown.output


def endless_drawing() -> bytes:
    """A return that reads well, whose drawing of comments is 200 000 shapes that never close."""
    with zipfile.ZipFile(io.BytesIO(write_xlsx(filled("2024", "T4 2024")))) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet = "xl/worksheets/sheet3.xml"
    parts[sheet] = parts[sheet].replace(b"</worksheet>", b'<legacyDrawing r:id="rId1"/></worksheet>')
    parts["xl/worksheets/_rels/sheet3.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kinds}/vmlDrawing" Target="../drawings/d.vml"/>'
        f'<Relationship Id="rId2" Type="{kinds}/comments" Target="../comments1.xml"/></Relationships>'
    ).encode()
    parts["xl/drawings/d.vml"] = b"<xml>" + b"<shape " * 200_000 + b"</xml>"
    comment = f'<comment ref="A1" authorId="0"><text><t>{"── Retour ANCT ──"}</t></text></comment>'
    parts["xl/comments1.xml"] = (
        '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>x</author>'
        f"</authors><commentList>{comment}</commentList></comments>"
    ).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def test_a_copy_that_would_never_end_is_our_sheet_alone(
    server: Server, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "retour.xlsx").write_bytes(endless_drawing())
    with new_warehouse(server, tmp_path / "entrepot", template=template) as warehouse:
        when = datetime(2025, 1, 20, tzinfo=UTC)
        (outcome,) = pipeline.receive(warehouse.settings, [tmp_path / "retour.xlsx"], when).outcomes
        assert outcome.verdict == ACCEPTED
        with psycopg.connect(warehouse.url) as connection:
            connection.execute(
                "insert into entrepot.traitement (recepisse_id, etape) values (%s, 'controle')", [outcome.recepisse_id]
            )
            connection.execute(
                "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne,"
                " message, qui_corrige) values (%s, 'ACT-06', 'valeur', 'actions', 'cout_total', 'Actions', 7, 9,"
                " 'Le coût est trop grand.', 'territoire')",
                [outcome.recepisse_id],
            )
            monkeypatch.setattr("entrepot.receipts.bounds.MAX_READING_SECONDS", 1)
            copy = marked_copy(connection, ByteStore(warehouse.settings.store_url), outcome.recepisse_id)

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(copy.content))
    assert workbook.sheet_names == [SHEET]
    said = " ".join(str(cell) for row in workbook.get_sheet_by_index(0).to_python() for cell in row)
    assert "Votre fichier n'est pas joint : sa copie dure plus de 1 secondes." in said
    assert "Corrigez dans votre fichier les cellules" in said
    assert "Le coût est trop grand." in said
