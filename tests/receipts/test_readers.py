"""Readers: the same lines as in one process, bounds that hold against real files, and no process left behind."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from entrepot import pipeline
from entrepot.errors import ReadingError
from entrepot.forms.files.refusal import MAX_FILE_BYTES
from entrepot.forms.reader import ReadReturn, Reference, read_return
from entrepot.receipts import reader_process, readers
from entrepot.receipts.copytext import copy_lines
from entrepot.receipts.reader_process import Answer, File
from entrepot.receipts.readers import Readers
from entrepot.sample import write_sample
from entrepot.settings import PROJECT_DIR

from ..conftest import Warehouse
from ..forms.form import write_xlsx

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the warehouse runs on Linux and macOS")
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="a bound that only Linux keeps, or readers that are copies of the test, as patched"
)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.load(PROJECT_DIR / "dbt_project" / "seeds")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[File]:
    """Every file of a small sample, those it rejects included."""
    folder = tmp_path_factory.mktemp("sample") / "depot"
    write_sample(folder, territories=4, quarters=3)
    return [File(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file()]


@pytest.fixture(autouse=True)
def no_reader_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def read_all(reference: Reference, files: list[File]) -> list[Answer]:
    pool = Readers(reference)
    try:
        reading = pool.begin(files)
        return [reading.answer(number) for number in range(len(files))]
    finally:
        pool.close()


def zipped(members: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def endless() -> bytes:
    """A document of 9 kB in which an expression looks for the end of each of 200 000 cells up to the end."""
    cells = b"<a>table:formula=" + b"<table:table-cell" * 200_000 + b"</a>"
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": cells})


def devouring() -> bytes:
    """A workbook of 14 kB whose 1 000 cells hold one text of 10 MB, which a reader copies into each."""
    ours, theirs = "http://schemas.openxmlformats.org", "http://schemas.openxmlformats.org/officeDocument/2006"
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 1001))
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{ours}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{theirs}/relationships/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{ours}/spreadsheetml/2006/main" xmlns:r="{theirs}/relationships">'
        '<sheets><sheet name="Actions" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{ours}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{theirs}/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{theirs}/relationships/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{ours}/spreadsheetml/2006/main"><si><t>{"a" * 10_000_000}</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{ours}/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>'
        "</worksheet>",
    }
    return zipped({name: part.encode() for name, part in parts.items()})


def reader_that(monkeypatch: pytest.MonkeyPatch, does: Callable[[], object]) -> None:
    """Make readers do something when they meet the file « piège.xlsx »."""

    def read(content: bytes, filename: str, reference: Reference) -> ReadReturn:
        if filename == "piège.xlsx":
            does()
        return read_return(content, filename, reference)

    monkeypatch.setattr(reader_process, "read_return", read)


def test_readers_give_what_reading_here_gives_in_the_same_order(
    reference: Reference, files: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [read_return(file.content, file.name, reference) for file in files]
    for method in ("fork", "spawn") if sys.platform == "linux" else ("spawn",):
        monkeypatch.setattr(readers, "start_method", lambda method=method: method)
        there = read_all(reference, files)
        assert [answer.rows for answer in there] == [copy_lines(read.lignes) for read in here]
        for answer, read in zip(there, here, strict=True):
            assert answer.read is not None
            for what in (
                "genre",
                "constats",
                "format",
                "territoire_id",
                "trimestre",
                "millesime",
                "feuilles",
                "tableaux",
            ):
                assert getattr(answer.read, what) == getattr(read, what)


@on_linux
@pytest.mark.parametrize(
    "hostile",
    [
        ("a.ods", endless(), 2, "sa lecture dure plus de 2 secondes"),
        ("a.xlsx", devouring(), 60, "sa lecture demande plus de mémoire que celle d'aucun retour"),
    ],
    ids=["endless", "devouring"],
)
def test_a_file_that_passes_a_bound_is_refused_and_the_next_loads(
    warehouse: Warehouse,
    files: list[File],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    hostile: tuple[str, bytes, int, str],
) -> None:
    name, content, seconds, cause = hostile
    monkeypatch.setattr(readers, "MAX_READING_SECONDS", seconds)
    honest = next(file for file in files if file.name.endswith(".xlsx") and "cde-0" in file.name)
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "b.xlsx").write_bytes(honest.content)

    taken = pipeline.receive(warehouse.settings, [folder])

    assert [(outcome.name, outcome.verdict, outcome.motif) for outcome in taken.outcomes] == [
        (name, "rejete", f"Le fichier n'a pas pu être lu jusqu'au bout : {cause}."),
        ("b.xlsx", "accepte", None),
    ]
    assert warehouse.rows("select regle from entrepot.constat where severite = 'structure'") == [("STR-11",)]
    assert warehouse.rows("select distinct recepisse_id from brut.ligne") == [(taken.outcomes[1].recepisse_id,)]


@on_linux
@pytest.mark.parametrize(
    ("does", "cause"),
    [
        (lambda: os._exit(3), "il arrête le programme qui le lit"),
        (lambda: ctypes.string_at(0), "il arrête le programme qui le lit"),
        (lambda: bytearray(1 << 40), "sa lecture demande plus de mémoire que celle d'aucun retour"),
    ],
    ids=["exit", "segmentation fault", "memory"],
)
def test_a_file_that_ends_its_readers_is_refused(
    reference: Reference,
    files: list[File],
    monkeypatch: pytest.MonkeyPatch,
    does: Callable[[], object],
    cause: str,
) -> None:
    reader_that(monkeypatch, does)
    before = signal.signal(signal.SIGSEGV, lambda *_: None)  # as Airflow does in a process of its own
    try:
        refused, read = read_all(reference, [File("piège.xlsx", b""), files[0]])
    finally:
        signal.signal(signal.SIGSEGV, before)

    assert refused.read is not None
    assert [(constat.regle, constat.valeur) for constat in refused.read.constats] == [("STR-11", cause)]
    assert read.read is not None
    assert read.rows


@on_linux
def test_a_reader_lost_once_is_bad_luck(
    reference: Reference, files: list[File], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def is_the_end_once() -> None:
        mark = tmp_path / "once"
        if not mark.exists():
            mark.touch()
            os._exit(3)

    reader_that(monkeypatch, is_the_end_once)

    (answer,) = read_all(reference, [File("piège.xlsx", files[0].content)])

    assert answer.rows


@on_linux
def test_readers_ended_from_outside_say_nothing_about_a_file(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_that(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))

    (answer,) = read_all(reference, [File("piège.xlsx", b"")])

    assert answer.read is None
    assert "from outside" in answer.fault


@on_linux
def test_a_reader_that_does_not_start_is_the_fault_of_no_file(
    reference: Reference, files: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "serve", lambda *_, **__: os._exit(1))

    with pytest.raises(ReadingError, match="does not start"):
        read_all(reference, files)


def test_a_file_too_large_is_refused_by_its_size(reference: Reference) -> None:
    (answer,) = read_all(reference, [File("retour.xlsx", bytes(20 * MAX_FILE_BYTES))])

    assert answer.read is not None
    assert [constat.regle for constat in answer.read.constats] == ["STR-09"]


def test_files_no_longer_wanted_are_not_awaited(reference: Reference, files: list[File]) -> None:
    pool = Readers(reference)
    try:
        pool.begin(files).keep([])
        reading = pool.begin(files[:1])
        assert reading.answer(0).rows == copy_lines(read_return(files[0].content, files[0].name, reference).lignes)
    finally:
        pool.close()


@pytest.mark.parametrize("order", [range(6), range(5, -1, -1)], ids=["as given", "the last first"])
def test_answers_that_cannot_be_held_are_waited_for(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, order: range
) -> None:
    """Files are read no faster than they are loaded, in whatever order that is."""
    monkeypatch.setattr(readers, "MAX_HELD_BYTES", 1)
    monkeypatch.setattr(readers, "MAX_GIVEN", 1)
    books = [write_xlsx({"Feuille": [[f"texte {number}"]]}) for number in range(6)]
    pool = Readers(reference)
    try:
        reading = pool.begin([File(f"{number}.xlsx", book) for number, book in enumerate(books)])
        for number in order:
            assert f"texte {number}".encode() in reading.answer(number).rows
            assert len(reading.answers) <= readers.usable_cores()
    finally:
        pool.close()


_STARTS_READERS = """
import sys, time
from pathlib import Path
from entrepot.forms.reader import Reference
from entrepot.receipts import readers
readers.start_method = lambda: sys.argv[2]
pool = readers.Readers(Reference.load(Path(sys.argv[1])))
held = open(__import__("os").devnull)
reading = pool.begin([readers.File(name, b"") for name in "abcd"])
for number in range(4):
    reading.answer(number)
print("read", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"] if sys.platform == "linux" else ["spawn"])
def test_readers_end_with_the_process_that_started_them_and_hold_nothing_of_it(method: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _STARTS_READERS, str(PROJECT_DIR / "dbt_project" / "seeds"), method],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"read\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    if method == "fork":
        # Standard input, output, errors, and its pipe; a reader that was not needed may be starting still.
        patience = time.monotonic() + 20
        while (held := {child.num_fds() for child in children}) != {4}:
            assert time.monotonic() < patience, held
            time.sleep(0.05)
    parent.kill()
    parent.wait()

    _, alive = psutil.wait_procs(children, timeout=20)

    assert alive == []
