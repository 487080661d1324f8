"""What one corrected return costs, from its file to the release that counts it, on histories of growing size."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from history import History, Size, Times, history, timed
from measure import Table
from picture import draw

from entrepot import pipeline

SIZES = tuple(Size(quarters, 300) for quarters in (4, 12, 160))
STEPS = ("receive", "prepare", "check", "publish")


def measure(sizes: Sequence[Size]) -> Table:
    """Correct one cell of a return of the newest quarter, then of the oldest, on each history."""
    rows = []
    least: dict[str, float] = {}
    rebuilds, corrections = [], []
    for size in sizes:
        with history(size) as known:
            rebuild = sum(known.build.values())
            rebuilds.append((known.counts["facts"], rebuild))
            for which, quarter in (("newest", known.quarters[-1]), ("oldest", known.quarters[0])):
                times = correct(known, quarter)
                total = sum(times.values())
                least.setdefault(which, total)
                if which == "newest":
                    corrections.append((known.counts["facts"], total))
                rows.append(
                    (
                        f"{size}, {which} quarter",
                        *(f"{times[step]:.2f}" for step in STEPS),
                        f"{total:.2f}",
                        f"{total / least[which]:.2f}",
                        f"1/{rebuild / total:.1f}",
                    )
                )
    draw(
        "correction",
        "One corrected return, and everything computed again",
        ("facts in the history", "seconds"),
        {"one corrected return": corrections, "full rebuild": rebuilds},
    )
    return Table(
        ("quarters × territories", *STEPS, "seconds in all", "× smallest history", "of a full rebuild"),
        rows,
        "One workbook with one cell changed, received and published by itself; libraries imported.",
    )


def correct(known: History, quarter: str) -> Times:
    """Send a return of a quarter again with one cell changed; seconds of each step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "retour_corrige.xlsx"
        write_corrected(known, quarter, path)
        accepted, published = known.rows(_ACCEPTED), known.rows(_LAST_RELEASE)
        # Long histories go past today: a correction arrives after what it corrects.
        ((arrival,),) = known.rows("select greatest(now(), max(recu_le) + interval '1 second') from entrepot.recepisse")
        times = timed(
            (
                ("receive", lambda: pipeline.receive(known.settings, [path], arrival)),
                ("prepare", lambda: pipeline.prepare(known.settings)),
                ("check", lambda: pipeline.check(known.settings)),
                ("publish", lambda: pipeline.publish(known.settings)),
            )
        )
    assert known.rows(_ACCEPTED) > accepted, "the corrected return was not accepted"
    assert known.rows(_LAST_RELEASE) > published, "the corrected return was not published"
    return times


def write_corrected(known: History, quarter: str, path: Path) -> None:
    """Write the first return in force of a quarter as a workbook again; its first action took place once more."""
    receipt, line, column, count = known.rows(_CELL_TO_CHANGE, quarter)[0]
    with psycopg.connect(known.server.url()) as connection:
        write_copy(connection, receipt, path, {("actions", line, column): int(count) + 1})


def write_copy(
    connection: psycopg.Connection[Any], receipt: int, path: Path, changes: Mapping[tuple[str, int, int], int]
) -> None:
    """Write a return as a workbook again, from the lines that were read.

    Args:
        connection: as the owner of the warehouse.
        receipt: the return.
        path: file to write (.xlsx).
        changes: values to put in its place, by table, line and column (both from 1).
    """
    workbook = xlsxwriter.Workbook(path, {"strings_to_numbers": True})
    sheets = {
        number: workbook.add_worksheet(name)
        for number, name in connection.execute(
            "select feuille, nom from brut.feuille where recepisse_id = %s order by feuille", [receipt]
        )
    }
    for number, line, tableau, cells in connection.execute(
        "select feuille, ligne, tableau, cellules from brut.ligne where recepisse_id = %s", [receipt]
    ):
        for column, text in enumerate(cells, start=1):
            value = changes.get((tableau, line, column), text)
            if value is not None:
                sheets[number].write(line - 1, column - 1, value)
    workbook.close()


_ACCEPTED = "select count(*) from entrepot.recepisse where verdict = 'accepte'"
_LAST_RELEASE = "select max(parution_id) from entrepot.parution where statut = 'publiee'"

_CELL_TO_CHANGE = """
select en_vigueur.recepisse_id, ligne.ligne, (tableau.colonnes ->> 'occurrences')::integer,
    ligne.cellules[(tableau.colonnes ->> 'occurrences')::integer]
from entrepot.vigueur as en_vigueur
inner join brut.tableau on tableau.recepisse_id = en_vigueur.recepisse_id and tableau.tableau = 'actions'
inner join brut.ligne
    on ligne.recepisse_id = en_vigueur.recepisse_id and ligne.tableau = 'actions' and ligne.nature = 'donnee'
where en_vigueur.trimestre = %s and en_vigueur.genre = 'retour' and en_vigueur.connu_au = 'infinity'
    and ligne.cellules[(tableau.colonnes ->> 'occurrences')::integer] ~ '^[0-9]{1,4}$'
order by en_vigueur.territoire_id, ligne.ligne
limit 1
"""
