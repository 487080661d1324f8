"""What reading workbooks costs, structure and coordinates included, against the floor and usual readers; its memory.

The floor is python-calamine giving every cell of every sheet. Nothing is written: taking files in is another part.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import openpyxl
import pandas
from intake import read_with_calamine
from measure import Clock, Spent, Table, Way, in_turn
from picture import draw

from entrepot.forms.reader import Reference, read_return
from entrepot.forms.vintage import lists, vintages
from entrepot.sample import SampleReport, write_sample
from entrepot.settings import Settings

WORKBOOKS = 84
ROUNDS, ROUNDS_OF_SLOW_WAYS = 15, 3
# Files read one after another by one process, and its peak memory told after so many of them.
TOLD_AFTER = (84, 300, 1000)
SUFFIXES = {".xlsx", ".xlsm", ".ods", ".xls", ".zip"}
MEMORY = Path(__file__).with_name("reader_memory.py")

FLOOR, OURS = "floor: calamine, every cell", "entrepot: cells, tables, fields, coordinates"

Files = Sequence[tuple[str, bytes]]


def measure() -> Table:
    """Time each way of reading the workbooks of each format, in turn; then watch the memory of a long reading."""
    with tempfile.TemporaryDirectory() as folder:
        sample = write_sample(Path(folder) / "sample")
        peaks = _peaks(sorted(path for path in sample.inbox.iterdir() if path.suffix in SUFFIXES))
        paths = _returns(sample)
        by_format = {kind: _contents(paths, kind) for kind in ("xlsx", "ods", "xls")}
        cells = {kind: _cells(files) for kind, files in by_format.items()}
        best = in_turn({(kind, name): way for kind in by_format for name, way in _ways(kind, by_format[kind]).items()})
    draw(
        "reading", "Peak memory of one reader", ("files read", "MB"),
        {"entrepot": [(float(files), peak / 1e6) for files, peak in peaks]},
    )  # fmt: skip
    told = ", ".join(f"{peak / 1e6:.0f} MB after {files}" for files, peak in peaks)
    return Table(
        (
            "format",
            "way",
            "CPU, × floor",
            "× floor",
            "CPU ms per workbook",
            "CPU s per million cells",
            "ms per workbook",
        ),
        [
            (
                f".{kind}, {len(by_format[kind])} workbooks",
                name,
                f"{found.cpu / best[kind, FLOOR].cpu:.1f}",
                f"{found.seconds / best[kind, FLOOR].seconds:.1f}",
                f"{found.cpu * 1000 / len(by_format[kind]):.2f}",
                f"{found.cpu * 1e6 / cells[kind]:.2f}",
                f"{found.seconds * 1000 / len(by_format[kind]):.2f}",
            )
            for (kind, name), found in best.items()
        ],
        f"{', '.join(f'{cells[kind]} filled cells in .{kind}' for kind in cells)}; best of {ROUNDS} rounds in turn"
        f" ({ROUNDS_OF_SLOW_WAYS} for openpyxl and pandas), each way in a process of its own, on one core. CPU"
        " depends less on what else runs on the machine. Peak memory of a process that reads one file after another:"
        f" {told}.",
    )


def _returns(sample: SampleReport) -> list[Path]:
    """Returns in force, the latest first."""
    files = json.loads(sample.truth.read_text(encoding="utf-8"))["fichiers"]
    kept = [file for file in files if file["en_vigueur"] and not file["fichier"].endswith("pactes_labellises.xlsx")]
    kept.sort(key=lambda file: (file["trimestre"], file["fichier"]), reverse=True)
    return [sample.inbox / file["fichier"] for file in kept]


def _contents(paths: Iterable[Path], kind: str) -> Files:
    """The latest workbooks of a format, as many as there are territories."""
    return [(path.name, path.read_bytes()) for path in [p for p in paths if p.suffix == f".{kind}"][:WORKBOOKS]]


def _cells(files: Files) -> int:
    return sum(
        cell != "" for _, content in files for _, rows in read_with_calamine(content) for row in rows for cell in row
    )


def _ways(kind: str, files: Files) -> dict[str, Way]:
    reference = Reference.load(Settings().seeds_dir)
    vintages(), lists()  # what a process loads once
    ways = {
        FLOOR: Way(_each(files, lambda _, content: read_with_calamine(content)), ROUNDS),
        OURS: Way(_each(files, lambda name, content: read_return(content, name, reference)), ROUNDS),
        "pandas (calamine)": Way(_each(files, lambda _, content: _pandas(content, "calamine")), ROUNDS_OF_SLOW_WAYS),
        "pandas (its default reader)": Way(_each(files, lambda _, content: _pandas(content)), ROUNDS_OF_SLOW_WAYS),
    }
    if kind == "xlsx":
        ways["openpyxl (read_only)"] = Way(_each(files, lambda _, content: _openpyxl(content)), ROUNDS_OF_SLOW_WAYS)
    return ways


def _each(files: Files, read: Callable[[str, bytes], object]) -> Callable[[], Spent]:
    def run() -> Spent:
        clock = Clock()
        for name, content in files:
            read(name, content)
        return clock.spent()

    return run


def _pandas(content: bytes, engine: str | None = None) -> object:
    return pandas.read_excel(io.BytesIO(content), sheet_name=None, header=None, dtype=str, engine=engine)


def _openpyxl(content: bytes) -> object:
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return [list(sheet.iter_rows(values_only=True)) for sheet in workbook]


def _peaks(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Peak memory of a new process after so many files."""
    if len(paths) < TOLD_AFTER[-1]:
        raise SystemExit(f"The sample has {len(paths)} files: too few to read {TOLD_AFTER[-1]}.")
    # A copy of this process would begin with all that it holds.
    told = subprocess.run(
        [sys.executable, MEMORY, *map(str, TOLD_AFTER)],
        input="".join(f"{path}\n" for path in paths), text=True, capture_output=True, check=True,
    )  # fmt: skip
    return [(int(files), int(peak)) for files, peak in (line.split() for line in told.stdout.splitlines())]
