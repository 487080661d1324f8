"""The long proofs of what is promised of the past, on a warehouse of 12 territories and 12 quarters.

1. Twelve releases, as a sample arrives; then every mart as known at fifty random moments.
2. Two hundred corrected returns, some said to have arrived years ago, in eight more releases; the fifty answers again.
3. A figure that changed between each of a hundred random pairs of releases: the parts of each change add up.
4. Every release made again from the receipts and compared row by row; the whole warehouse replayed.
"""

import csv
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from correction import write_copy
from history import WORK
from pydantic import SecretStr

from entrepot import pipeline
from entrepot.restitution.explain import NUMERIC, explain
from entrepot.restitution.figures import Shape, catalogue, parse_figure
from entrepot.sample import write_sample
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import OWNER, READER, Server, embedded_binaries
from entrepot.warehouse.published import differences

TERRITORIES, QUARTERS = 12, 12
FIRST_RELEASES, LATER_RELEASES, CORRECTED = 12, 8, 200
MOMENTS, PAIRS = 50, 100
# Marts whose figures are explained.
SUMMARIES = ("bilan", "controle")
SEED = 20240326

Answers = dict[tuple[str, str], tuple[Any, ...]]


def prove() -> Iterator[str]:
    """Build the warehouse and prove each point; a sentence for each, once it is proved.

    Raises:
        AssertionError: one does not hold.
    """
    draw = random.Random(SEED)  # noqa: S311 - draws what to prove
    home = WORK / "proofs"
    server = Server(home / "postgres", embedded_binaries())
    server.destroy()
    shutil.rmtree(home, ignore_errors=True)
    server.start()
    settings = Settings(state_dir=home / "state", database_url=SecretStr(server.url()))
    try:
        pipeline.open_warehouse(settings)
        with server.superuser() as connection:
            connection.execute(f"grant connect on database entrepot to {READER}")
            connection.execute(f"alter role {OWNER} createdb")
        write_sample(home / "sample", territories=TERRITORIES, quarters=QUARTERS)
        for folder in batches(home / "sample", FIRST_RELEASES):
            pipeline.receive(settings, [folder])
            pipeline.run(settings)
        moments = _moments(settings, draw)
        before = answers(server.url(READER), moments)
        for batch in corrections(settings, home / "corrected", draw):
            for path, arrival in batch:
                pipeline.receive(settings, [path], arrival)
            pipeline.run(settings)
        after = answers(server.url(READER), moments)
        changed = [place for place, found in before.items() if after[place] != found]
        assert not changed, changed[:5]
        ((receipts,),) = _rows(settings, "select count(*) from entrepot.recepisse")
        releases = _rows(settings, "select parution_id from entrepot.parution where statut = 'publiee' order by 1")
        yield f"{len(releases)} releases, {receipts} receipts."
        yield (
            f"{len(moments)} past moments x {len(before) // len(moments)} marts: {len(before)} answers,"
            f" none changed after {CORRECTED} more receipts."
        )
        yield _explained(settings, [row[0] for row in releases], draw)
        yield _command(settings, "release", "rebuild", "--all")
        yield _command(settings, "replay")
    finally:
        server.stop()


def batches(sample: Path, number: int) -> Iterator[Path]:
    """The files of a sample in so many folders, in the order in which they arrived, each with its manifest."""
    with (sample / "bordereau.csv").open(encoding="utf-8", newline="") as file:
        lines = sorted(csv.DictReader(file, delimiter=";"), key=lambda line: datetime.fromisoformat(line["recu_le"]))
    size = -(-len(lines) // number)
    for rank, first in enumerate(range(0, len(lines), size)):
        some = lines[first : first + size]
        folder = sample.with_name(f"{sample.name}-{rank:02}")
        folder.mkdir()
        for line in some:
            shutil.move(sample / line["fichier"], folder / line["fichier"])
        with (folder / "bordereau.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, lines[0], delimiter=";", lineterminator="\n")
            writer.writeheader()
            writer.writerows(some)
        yield folder


def corrections(settings: Settings, folder: Path, draw: random.Random) -> Iterator[list[tuple[Path, datetime]]]:
    """Returns in force with two cells changed, in as many batches as later releases; half arrived some time ago."""
    folder.mkdir()
    per_release = CORRECTED // LATER_RELEASES
    for release in range(LATER_RELEASES):
        cells = _rows(settings, _CELLS_TO_CHANGE)
        batch = []
        for number, (receipt, line, column, of_series, in_series) in enumerate(draw.sample(cells, per_release)):
            path = folder / f"correction-{release}-{number}.xlsx"
            with connect(settings) as connection:
                changes = {("actions", line, column): draw.randint(1, 400)}
                changes["beneficiaires", of_series, in_series] = draw.randint(1, 4000)
                write_copy(connection, receipt, path, changes)
            days = draw.randint(1, 1500) if number % 2 else 0
            batch.append((path, datetime.now(UTC) - timedelta(days=days, seconds=number)))
        yield batch


def answers(url: str, moments: Sequence[datetime]) -> Answers:
    """Every mart as known at some moments: number of rows, and a digest of them, whatever their order."""
    found: Answers = {}
    with psycopg.connect(url) as connection:
        marts = [row[0] for row in connection.execute(_MARTS)]
        for moment in moments:
            connection.execute("select set_config('entrepot.au', %s, false)", [moment.isoformat(sep=" ")])
            for mart in marts:
                query = f"select count(*), sum(hashtextextended(ligne::text, 0)::numeric) from marts.{mart} as ligne"  # noqa: S608
                row = connection.execute(query.encode()).fetchone()
                assert row is not None
                found[moment.isoformat(), mart] = row
    return found


def _moments(settings: Settings, draw: random.Random) -> list[datetime]:
    """Moments between the first receipt and the last, to the second."""
    ((first, last),) = _rows(settings, "select min(connu_le), max(connu_le) from entrepot.connaissance")
    return sorted(first + draw.random() * (last - first) for _ in range(MOMENTS))


def _explained(settings: Settings, releases: Sequence[int], draw: random.Random) -> str:
    """Explain a random figure of those that changed between random releases: the sum of the parts is the change."""
    shapes = {name: shape for name, shape in catalogue(settings.dbt_dir).items() if name.startswith(SUMMARIES)}
    slowest, moved, parts = 0.0, 0, 0
    causes: set[str] = set()
    with connect(settings) as connection:
        for _ in range(PAIRS):
            a, b = draw.sample(list(releases), 2)
            # One mart after another, in any order: comparing the largest takes most of the time.
            figures: list[str] = []
            for mart in draw.sample(list(shapes), len(shapes)):
                if figures := list(_changed_figures(connection, shapes[mart], a, b)):
                    break
            if not figures:
                continue
            figure = parse_figure(draw.choice(figures), settings)
            start = time.perf_counter()
            told = explain(connection, figure, a, b)
            slowest = max(slowest, time.perf_counter() - start)
            # From no value to 0, a figure changed, and its change is 0.
            assert told.before != told.after, told
            assert sum(part.amount for part in told.parts) == told.change, told
            moved += 1
            parts += len(told.parts)
            causes |= {part.cause for part in told.parts}
            connection.rollback()
    return (
        f"{PAIRS} random pairs of releases, a figure that changed in {moved} of them: the parts add up each time;"
        f" {parts} parts ({', '.join(sorted(causes))}), slowest {slowest:.1f} s."
    )


def _changed_figures(connection: psycopg.Connection[Any], shape: Shape, a: int, b: int) -> Iterator[str]:
    """Figures of a mart that differ from one release to another."""
    for row in differences(connection, {shape.mart: shape.key}, a, b).get(shape.mart, ()):
        if row.kind == "changee":
            for column in sorted(row.columns):
                if shape.types[column].split("(")[0] in NUMERIC:
                    yield f"{shape.mart}/{row.key}/{column}"


def _command(settings: Settings, *arguments: str) -> str:
    """Run a command of `entrepot` on this warehouse, and return what it said.

    Raises:
        AssertionError: it failed.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "entrepot.cli", *arguments],
        env=_environment(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.strip()
    return f"entrepot {' '.join(arguments)}, {time.perf_counter() - start:.0f} s:\n{said}"


def _environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url is not None
    return {
        **os.environ,
        "ENTREPOT_DATABASE_URL": settings.database_url.get_secret_value(),
        "ENTREPOT_STATE_DIR": str(settings.state_dir),
        "COLUMNS": "160",
    }


def _rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(query.encode()).fetchall()


_MARTS = "select viewname from pg_views where schemaname = 'marts' and viewname <> 'parution' order by 1"

# Of each return in force, an action that counts occurrences, and a count of beneficiaries: what adds up in marts.
_CELLS_TO_CHANGE = """
select vigueur.recepisse_id, action.ligne, action.colonne, serie.ligne, serie.colonne
from entrepot.vigueur
cross join lateral (
    select ligne.ligne, (tableau.colonnes ->> 'occurrences')::integer as colonne
    from brut.tableau
    inner join brut.ligne using (recepisse_id, tableau)
    where tableau.recepisse_id = vigueur.recepisse_id and tableau = 'actions' and ligne.nature = 'donnee'
        and ligne.cellules[(tableau.colonnes ->> 'occurrences')::integer] ~ '^[0-9]{1,4}$'
    order by ligne.ligne
    limit 1
) as action
cross join lateral (
    select ligne, colonne
    from preparation.stg_beneficiaires as lues
    where lues.recepisse_id = vigueur.recepisse_id and lues.valeur > 0
    order by lues.ligne, lues.colonne
    limit 1
) as serie
where vigueur.genre = 'retour' and vigueur.connu_au = 'infinity'
order by vigueur.recepisse_id
"""


if __name__ == "__main__":
    for proved in prove():
        print(proved, flush=True)
