"""What taking a quarter's returns in costs, against the least any loader must do and against usual loaders.

The floor is that least: python-calamine reads every sheet, COPY loads bytes prepared beforehand.
"""

import io
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import pandas
import psycopg
import sqlalchemy
from measure import Clock, Spent, Table, Way, in_turn
from pydantic import SecretStr
from python_calamine import CalamineWorkbook

from entrepot.forms.normalise import normalise
from entrepot.forms.reader import Reference
from entrepot.forms.vintage import lists, vintages
from entrepot.quality.rules import load_suites
from entrepot.receipts.arrivals import Folder
from entrepot.receipts.intake import Intake
from entrepot.receipts.readers import MAX_READERS, usable_cores
from entrepot.receipts.store import ByteStore
from entrepot.sample import SampleReport, write_sample
from entrepot.settings import Settings
from entrepot.warehouse.engine import migrate, with_driver
from entrepot.warehouse.postgres import DATABASE, OWNER, Server, embedded_binaries

WORKBOOKS = 84
# Workbooks grow with time; those of the seventh quarter (2023-T3) hold some 1 100 cells each.
QUARTERS_WRITTEN = 7
# The quick ones decide the ratio: they get more rounds.
ROUNDS, ROUNDS_OF_SLOW_WAYS = 15, 3

FLOOR, OURS = "floor: calamine, COPY of prepared bytes", "entrepot: store, record, read, load, verdicts"

Sheets = list[tuple[str, list[list[Any]]]]


@dataclass(frozen=True)
class Case:
    """The workbooks to take in, in a folder and in memory, and what the floor prepares beforehand."""

    inbox: Path
    contents: list[bytes]
    prepared: bytes


def measure() -> Table:
    """Time each way of bringing one quarter's workbooks into PostgreSQL, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        workbooks = returns_in_force(write_sample(work / "sample", quarters=QUARTERS_WRITTEN))
        contents = [path.read_bytes() for path in workbooks]
        inbox = work / "inbox"
        inbox.mkdir()
        for path, content in zip(workbooks, contents, strict=True):
            (inbox / path.name).write_bytes(content)
        sheets = [read_with_calamine(content) for content in contents]
        cells = sum(cell != "" for workbook in sheets for _, rows in workbook for row in rows for cell in row)
        case = Case(inbox, contents, copy_bytes(sheets))
        readers = min(usable_cores(), MAX_READERS, len(workbooks))
        server = Server(work / "postgres", embedded_binaries())
        server.start()
        try:
            migrate(server.url())
            best = in_turn(
                {
                    FLOOR: Way(on_new_database(server, floor, case), ROUNDS),
                    OURS: Way(on_new_database(server, ours, case), ROUNDS, helpers=readers),
                    "pandas (calamine) + `to_sql`": Way(
                        on_new_database(server, with_pandas_and_calamine, case), ROUNDS_OF_SLOW_WAYS
                    ),
                    "pandas (its default readers) + `to_sql`": Way(
                        on_new_database(server, with_pandas, case), ROUNDS_OF_SLOW_WAYS
                    ),
                    "dlt (calamine)": Way(on_new_database(server, with_dlt, case), ROUNDS_OF_SLOW_WAYS),
                }
            )
        finally:
            server.destroy()
    least, own = best[FLOOR].seconds, best[OURS].seconds
    return Table(
        (
            "way",
            "seconds",
            "× floor",
            "× entrepot",
            "CPU s",
            "× floor",
            "ms per workbook",
            "first round, s",
            "memory, MB",
        ),
        [
            (
                name,
                f"{found.seconds:.3f}",
                f"{found.seconds / least:.1f}",
                f"{found.seconds / own:.1f}",
                f"{found.cpu:.3f}",
                f"{found.cpu / best[FLOOR].cpu:.1f}",
                f"{found.seconds * 1000 / len(workbooks):.1f}",
                f"{found.first:.3f}",
                f"{found.peak / 1e6:.0f}",
            )
            for name, found in best.items()
        ],
        f"{len(workbooks)} workbooks (.xlsx, .ods, .xls), {cells} filled cells; best of {ROUNDS} rounds in turn"
        f" ({ROUNDS_OF_SLOW_WAYS} for pandas and dlt), each way in a process of its own; in its first round it"
        " remembers nothing. CPU is that of the loader, its readers included, without the server's; memory is what the"
        f" work added to its processes. Ours reads in {readers} processes, started and ended in each round, so each"
        " round of it remembers nothing; every other way computes in one process.",
    )


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


def on_new_database(server: Server, way: Callable[[str, Case], Spent], case: Case) -> Callable[[], Spent]:
    """A way that finds a new, migrated database each time."""

    def run() -> Spent:
        with server.superuser() as connection:
            connection.execute(f"create database bench template {DATABASE} owner {OWNER}")
        try:
            return way(server.url(OWNER, "bench"), case)
        finally:
            with server.superuser() as connection:
                connection.execute("drop database bench with (force)")

    return run


def read_with_calamine(content: bytes) -> Sheets:
    """Every sheet of a workbook, as python-calamine gives it."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in workbook.sheet_names]


def copy_bytes(workbooks: list[Sheets]) -> bytes:
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


def floor(url: str, case: Case) -> Spent:
    """Read with python-calamine, load bytes prepared beforehand."""
    with psycopg.connect(url) as connection:
        connection.execute("create table plancher (recepisse_id bigint, feuille int, ligne int, cellules text[])")
        connection.commit()
        clock = Clock()
        for content in case.contents:
            read_with_calamine(content)
        with connection.cursor().copy("copy plancher from stdin") as copy:
            copy.write(case.prepared)
        connection.commit()
        return clock.spent()


def ours(url: str, case: Case) -> Spent:
    """Store under SHA-256, record, read with structure and coordinates, load, give verdicts."""
    settings = Settings(database_url=SecretStr(url))
    reference, suites = Reference.load(settings.seeds_dir), load_suites(settings.expectations_dir)
    vintages(), lists()  # what a process loads once
    folder = Folder(str(case.inbox))
    with tempfile.TemporaryDirectory(dir=case.inbox.parent) as store, psycopg.connect(url) as connection:
        clock = Clock()
        with Intake(connection, ByteStore(store), reference, suites) as intake:
            taken = sum(len(batch) for batch in intake.take(folder.arrivals("commande"), folder.open))
        spent = clock.spent()
    assert taken == len(case.contents) and not intake.broken
    return spent


def with_pandas(url: str, case: Case, engine: Any = None) -> Spent:
    """Read each sheet into a DataFrame of text, one table per sheet of the form, and append it with to_sql."""
    database = sqlalchemy.create_engine(with_driver(url))
    clock = Clock()
    frames: dict[str, list[pandas.DataFrame]] = defaultdict(list)
    for number, content in enumerate(case.contents, start=1):
        sheets = pandas.read_excel(io.BytesIO(content), sheet_name=None, header=None, dtype=str, engine=engine)
        for name, frame in sheets.items():
            lines = range(1, len(frame) + 1)
            frames[normalise(name)].append(frame.assign(recepisse_id=number, ligne=lines))
    with database.begin() as connection:
        for name, group in frames.items():
            whole = pandas.concat(group)
            whole.columns = [f"c{column}" for column in whole.columns]
            whole.to_sql(f"pandas_{name}", connection, index=False)
    spent = clock.spent()
    database.dispose()
    return spent


def with_pandas_and_calamine(url: str, case: Case) -> Spent:
    """The same with the quickest reader that pandas knows."""
    return with_pandas(url, case, "calamine")


def with_dlt(url: str, case: Case) -> Spent:
    """Read with python-calamine, run one pipeline with a resource of text rows per sheet of the form."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with tempfile.TemporaryDirectory() as state:
        pipeline = dlt.pipeline(
            "bench", pipelines_dir=state, destination=dlt.destinations.postgres(url), dataset_name="dlt"
        )
        clock = Clock()
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for number, content in enumerate(case.contents, start=1):
            for name, lines in read_with_calamine(content):
                rows[normalise(name)] += _records(number, lines)
        pipeline.run([dlt.resource(records, name=name) for name, records in rows.items()])
        return clock.spent()


def _records(number: int, lines: list[list[Any]]) -> Iterator[dict[str, Any]]:
    for line, cells in enumerate(lines, start=1):
        texts = {f"c{column}": str(cell) for column, cell in enumerate(cells) if cell != ""}
        yield {"recepisse_id": number, "ligne": line, **texts}
