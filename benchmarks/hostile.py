"""What hostile files cost: a verdict for each, time and memory of what reads them, and the honest file after them.

The files are those of the tests: made by hand, mutants of honest ones, and two that only the bounds of a reader end.
"""

import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg
from measure import MAXRSS_UNIT, Clock, Table
from pydantic import SecretStr

from entrepot.forms.files.refusal import MAX_READING_BYTES, MAX_READING_SECONDS
from entrepot.forms.reader import Reference
from entrepot.quality.rules import load_suites
from entrepot.receipts.arrivals import Folder
from entrepot.receipts.intake import Intake
from entrepot.receipts.reader_process import File
from entrepot.receipts.readers import READERS_A_FILE_MAY_END, Readers
from entrepot.receipts.store import ByteStore
from entrepot.settings import PROJECT_DIR, Settings
from entrepot.warehouse.engine import migrate
from entrepot.warehouse.postgres import DATABASE, OWNER, Server, embedded_binaries

sys.path.insert(0, str(PROJECT_DIR))
from tests.forms.form import filled, write_xlsx
from tests.forms.hostile import hostile_files
from tests.forms.mutants import FOUND, SEEDS, mutant
from tests.receipts.test_readers import devouring, endless

T = TypeVar("T")
LAST = "zz-honnête.xlsx"
WORST = {"sans-fin.ods": endless, "devorant.xlsx": devouring}


@dataclass(frozen=True)
class Read:
    """Files read one by one, each as if it came alone.

    Attributes:
        slowest: the file that took longest.
        seconds: how long that was.
        peak: most memory that a reader added to what it started with, in bytes.
    """

    slowest: str
    seconds: float
    peak: int


@dataclass(frozen=True)
class Taken:
    """Files taken in at once, the honest one last.

    Attributes:
        verdicts: how many are accepted, or refused by each rule.
        faults: how many were the end of our own code.
        peak: most memory that the process which loads them added, in bytes.
        lines: lines loaded of the honest one.
    """

    verdicts: Counter[str]
    faults: int
    seconds: float
    peak: int
    lines: int


def measure() -> Table:
    """Read and take in each set of files."""
    sets = {
        "made by hand": [File(file.name, file.makes()) for file in hostile_files()],
        "mutants": [File(*mutant(number)) for number in (*SEEDS, *FOUND)],
        "that only bounds end": [File(name, makes()) for name, makes in WORST.items()],
    }
    rows: list[tuple[str, ...]] = []
    said = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        server = Server(work / "postgres", embedded_binaries())
        server.start()
        try:
            migrate(server.url())
            for number, (name, files) in enumerate(sets.items()):
                read = elsewhere(one_by_one, files)
                taken = elsewhere(all_at_once, server, files, work / str(number))
                said += taken.verdicts
                rows.append(
                    (
                        name,
                        f"{len(files)}",
                        f"{taken.verdicts['accepte']}",
                        f"{len(files) - taken.verdicts['accepte'] - taken.faults}",
                        f"{taken.faults}",
                        f"{read.seconds:.2f} ({read.slowest})",
                        f"{read.peak / 1e6:.0f}",
                        f"{taken.seconds:.1f}",
                        f"{taken.peak / 1e6:.0f}",
                        f"{taken.lines} lines",
                    )
                )
        finally:
            server.destroy()
    rules = ", ".join(f"{rule} {count}" for rule, count in sorted(said.items()))
    return Table(
        (
            "hostile files",
            "files",
            "accepted",
            "refused",
            "faults of ours",
            "longest alone, s",
            "memory of a reader, MB",
            "all at once, s",
            "memory of the loader, MB",
            "the honest file after them",
        ),
        rows,
        f"Verdicts: {rules}. Alone: from the start of a reader to its answer; memory is what was added to the process."
        f" A reader may add {MAX_READING_BYTES // 1_000_000} MB and read for {MAX_READING_SECONDS} s; a file ends"
        f" {READERS_A_FILE_MAY_END} of them before it is refused.",
    )


def elsewhere(work: Callable[..., T], *given: object) -> T:
    """Do some work in a copy of this process, whose memory and children are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(work, *given).result()


def one_by_one(files: Sequence[File]) -> Read:
    """Read each file in a reader of its own."""
    reference = Reference.load(Settings().seeds_dir)
    before = psutil.Process().memory_info().rss
    slowest = (0.0, "")
    for file in files:
        clock = Clock()
        pool = Readers(reference)
        try:
            pool.begin([file]).answer(0)
        finally:
            pool.close()
        slowest = max(slowest, (clock.spent().seconds, file.name))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * MAXRSS_UNIT - before
    return Read(slowest[1], slowest[0], peak)


def all_at_once(server: Server, files: Sequence[File], work: Path) -> Taken:
    """Take the files in, with an honest one after them, in a new database."""
    inbox = work / "inbox"
    inbox.mkdir(parents=True)
    for file in files:
        (inbox / file.name).write_bytes(file.content)
    (inbox / LAST).write_bytes(write_xlsx(filled("2024", "T4 2024")))
    database = f"bench_{work.name}"
    with server.superuser() as connection:
        connection.execute(f"create database {database} template {DATABASE} owner {OWNER}")
    url = server.url(OWNER, database)
    settings = Settings(database_url=SecretStr(url))
    reference, suites = Reference.load(settings.seeds_dir), load_suites(settings.expectations_dir)
    folder = Folder(str(inbox))
    before = psutil.Process().memory_info().rss
    with psycopg.connect(url) as connection:
        clock = Clock()
        with Intake(connection, ByteStore(str(work / "store")), reference, suites) as intake:
            outcomes = [one for batch in intake.take(folder.arrivals("commande"), folder.open) for one in batch]
            faults = len(intake.broken)
        seconds = clock.spent().seconds
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT - before
        refusals: dict[int, str] = dict(
            connection.execute(
                "select recepisse_id, min(regle) from entrepot.constat where severite = 'structure' group by 1"
            ).fetchall()
        )
        verdicts = Counter(refusals.get(one.recepisse_id, one.verdict) for one in outcomes[:-1])
        row = connection.execute(
            "select count(*) from brut.ligne where recepisse_id = %s", [outcomes[-1].recepisse_id]
        ).fetchone()
    assert row is not None
    verdicts.pop("recu", None)
    return Taken(verdicts, faults, seconds, peak, row[0])
