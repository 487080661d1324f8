"""`make bench`: what taking a quarter's returns in costs, as ratios of ways measured in turn in one run.

The floor is the least any loader must do: python-calamine reads every sheet, COPY loads bytes prepared beforehand. Each
way is timed several times in turn, so that a slow moment of the machine falls on all of them, and the best is kept.
"""

import io
import json
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import psycopg
import sqlalchemy
from pydantic import SecretStr
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from entrepot.forms.normalise import normalise
from entrepot.forms.reader import Reference
from entrepot.quality.rules import load_suites
from entrepot.receipts.arrivals import Folder
from entrepot.receipts.intake import Intake
from entrepot.receipts.store import ByteStore
from entrepot.sample import SampleReport, write_sample
from entrepot.settings import Settings
from entrepot.warehouse.engine import migrate, with_driver
from entrepot.warehouse.postgres import DATABASE, OWNER, Server, embedded_binaries

ROUNDS = 7
WORKBOOKS = 84
# Workbooks grow with time; those of the seventh quarter (2023-T3) hold some 1 100 cells each.
QUARTERS_WRITTEN = 7

console = Console(highlight=False)


def main() -> None:
    """Measure the intake of one quarter and print the table that docs/performance.md keeps."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        workbooks = returns_in_force(write_sample(work / "sample", quarters=QUARTERS_WRITTEN))
        server = Server(work / "postgres", embedded_binaries())
        server.start()
        try:
            migrate(server.url())
            intake(server, work, workbooks)
        finally:
            server.destroy()


def returns_in_force(sample: SampleReport) -> list[Path]:
    """As many workbooks as there are territories, the latest in force, in every format but CSV."""
    files = json.loads(sample.truth.read_text(encoding="utf-8"))["fichiers"]
    chosen = [
        file
        for file in files
        if file["en_vigueur"] and not file["fichier"].endswith((".zip", "pactes_labellises.xlsx"))
    ]
    chosen.sort(key=lambda file: (file["trimestre"], file["fichier"]), reverse=True)
    return [sample.inbox / file["fichier"] for file in chosen[:WORKBOOKS]]


def intake(server: Server, work: Path, workbooks: list[Path]) -> None:
    """Time each way of bringing the workbooks' cells into PostgreSQL, in turn."""
    inbox = work / "inbox"
    inbox.mkdir()
    for path in workbooks:
        (inbox / path.name).write_bytes(path.read_bytes())
    contents = [path.read_bytes() for path in workbooks]
    sheets = [read_with_calamine(content) for content in contents]
    cells = sum(1 for workbook in sheets for _, rows in workbook for row in rows for cell in row if cell != "")
    prepared = copy_bytes(sheets)
    ways: dict[str, Callable[[str, int], float]] = {
        "floor: calamine + COPY of prepared bytes": lambda url, _: floor(url, contents, prepared),
        "entrepot: store, read, load": lambda url, turn: ours(url, inbox, work / f"store{turn}"),
        "pandas (calamine) + to_sql": lambda url, _: with_pandas(url, contents, "calamine"),
    }
    best: dict[str, float] = {}
    for turn in range(ROUNDS):
        for name, way in ways.items():
            with server.superuser() as connection:
                connection.execute(f"create database bench template {DATABASE} owner {OWNER}")
            try:
                best[name] = min(best.get(name, float("inf")), way(server.url(OWNER, "bench"), turn))
            finally:
                with server.superuser() as connection:
                    connection.execute("drop database bench with (force)")
    table = Table(
        "way", "seconds", "x floor", title=f"Intake of {len(workbooks)} workbooks, {cells} cells", title_justify="left"
    )
    reference = next(iter(best.values()))
    for name, seconds in best.items():
        table.add_row(name, f"{seconds:.3f}", f"{seconds / reference:.1f}")
    console.print(table)
    console.print(f"best of {ROUNDS}; {platform.python_version()}, {platform.machine()}, PostgreSQL embedded")


def read_with_calamine(content: bytes) -> list[tuple[str, list[list[Any]]]]:
    """Every sheet of a workbook, as python-calamine gives it."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in workbook.sheet_names]


def copy_bytes(workbooks: list[list[tuple[str, list[list[Any]]]]]) -> bytes:
    """The lines of all workbooks in COPY's text format, one array of cells a line."""
    lines = []
    for number, workbook in enumerate(workbooks, start=1):
        for sheet, (_, rows) in enumerate(workbook, start=1):
            for line, row in enumerate(rows, start=1):
                cells = ",".join(
                    '"' + str(cell).replace("\\", "").replace('"', "").replace("\n", " ").replace("\t", " ") + '"'
                    for cell in row
                )
                lines.append(f"{number}\t{sheet}\t{line}\t{{{cells}}}\n")
    return "".join(lines).encode()


def floor(url: str, contents: list[bytes], prepared: bytes) -> float:
    """Read with python-calamine, load bytes prepared beforehand."""
    with psycopg.connect(url) as connection:
        connection.execute("create table plancher (recepisse_id bigint, feuille int, ligne int, cellules text[])")
        connection.commit()
        start = time.perf_counter()
        for content in contents:
            read_with_calamine(content)
        with connection.cursor().copy("copy plancher from stdin") as copy:
            copy.write(prepared)
        connection.commit()
        return time.perf_counter() - start


def ours(url: str, inbox: Path, store: Path) -> float:
    """Store under SHA-256, record, read with structure and coordinates, load, give verdicts."""
    settings = Settings(database_url=SecretStr(url))
    reference, suites = Reference.load(settings.seeds_dir), load_suites(settings.expectations_dir)
    folder = Folder(str(inbox))
    with psycopg.connect(url) as connection:
        start = time.perf_counter()
        take = Intake(connection, ByteStore(str(store)), reference, suites)
        outcomes = [outcome for batch in take.take(folder.arrivals("commande"), folder.read) for outcome in batch]
        elapsed = time.perf_counter() - start
    assert outcomes
    return elapsed


def with_pandas(url: str, contents: list[bytes], engine: str) -> float:
    """Read each sheet into a DataFrame of text, one table per sheet of the form, and append it with to_sql."""
    database = sqlalchemy.create_engine(with_driver(url))
    start = time.perf_counter()
    frames: dict[str, list[pandas.DataFrame]] = defaultdict(list)
    for number, content in enumerate(contents, start=1):
        sheets = pandas.read_excel(io.BytesIO(content), sheet_name=None, header=None, dtype=str, engine=engine)
        for name, frame in sheets.items():
            lines = range(1, len(frame) + 1)
            frames[normalise(name)].append(frame.assign(recepisse_id=number, ligne=lines))
    with database.begin() as connection:
        for name, group in frames.items():
            whole = pandas.concat(group)
            whole.columns = [f"c{column}" for column in whole.columns]
            whole.to_sql(f"pandas_{name}", connection, index=False)
    elapsed = time.perf_counter() - start
    database.dispose()
    return elapsed


if __name__ == "__main__":
    main()
