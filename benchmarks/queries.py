"""What answers cost readers: the report's queries, and an analyst's, on the present and on the past, by pgbench.

pgbench runs one file of queries per kind of question as the read-only account and logs each of them. Questions on one
quarter and series over all of them are measured apart; so are an analyst's, which add up thousands of rows.
"""

import itertools
import math
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from history import History, Size, history
from measure import Table
from psycopg import sql

from entrepot.restitution import marts
from entrepot.warehouse.postgres import READER, embedded_binaries

SIZES = (Size(4, 300), Size(12, 300), Size(160, 300))
SECONDS = 10
MANY = 50
# Those called rapport_… are parts of others, never asked by themselves.
REPORT_QUERIES = sorted(
    path.stem
    for path in (Path(marts.__file__).parent / "queries").glob("*.sql")
    if not path.stem.startswith("rapport_")
)
# Queries of the report that answer for all quarters up to the one asked for.
SERIES = ("axes_series", "beneficiaires_series", "couverture", "partenariats_synthese")

# What an analyst asks of a quarter.
ANALYST = {
    "analyst_public": "select region, sum(fct.flux) as flux, sum(fct.cumul) as cumul"
    " from marts.fct_beneficiaires as fct"
    " inner join marts.dim_territoire as territoire on fct.territoire_id = territoire.territoire_id and est_actuel"
    " where fct.trimestre = %(trimestre)s and public = 'jeunes' and indicateur = 'identifies' and sexe = 'T'"
    " group by region order by region",
    "analyst_axis": "select type_action, count(*) as actions, sum(participants) as participants, sum(cout_cite) as cout"
    " from marts.fct_actions where trimestre = %(trimestre)s and axe = 'innover' and comptee"
    " group by type_action order by 2 desc",
    "analyst_territory": "select indicateur, valeur_trimestre, valeur_cumul from marts.bilan_axes"
    " where niveau = 'territoire' and code = 'cde-007' and trimestre = %(trimestre)s order by 1",
}


@dataclass(frozen=True)
class Question:
    """A kind of question: its queries, asked by so many clients, as known at a moment (none: the present)."""

    name: str
    queries: Mapping[str, str]
    clients: int
    au: str | None


def measure(sizes: Sequence[Size]) -> Table:
    """Median and 95th percentile of one query, by kind of question, size and number of clients."""
    rows: list[tuple[str, ...]] = []
    for size in sizes:
        with history(size) as known:
            for question in questions(known):
                times = pgbench(known, question)
                slowest = max(times, key=lambda name: _rank(times[name], 0.95))
                all_times = sorted(itertools.chain.from_iterable(times.values()))
                rows.append(
                    (
                        f"{size}, {question.name}",
                        str(question.clients),
                        str(len(all_times)),
                        f"{_rank(all_times, 0.5):.1f}",
                        f"{_rank(all_times, 0.95):.1f}",
                        f"{slowest} {_rank(times[slowest], 0.95):.1f}",
                    )
                )
    return Table(
        ("quarters × territories, question", "clients", "queries", "p50, ms", "p95, ms", "slowest query, p95"),
        rows,
        f"pgbench on the same machine as the server, read-only account, {SECONDS} s each, each query as likely; a"
        " statement is prepared once per connection, as drivers do of those that come again.",
    )


def questions(known: History) -> list[Question]:
    """The kinds of questions asked of a history: the past is the middle of it."""
    quarters = known.quarters
    past = quarters[len(quarters) // 2]
    au = str(known.rows("select (echeance + 30)::text from marts.dim_trimestre where trimestre = %s", past)[0][0])
    report = {name: text for name in REPORT_QUERIES if (text := _text(name))}
    one_quarter = {name: text for name, text in report.items() if name not in SERIES}
    series = {name: report[name] for name in SERIES}
    now, then = quarters[-1], past
    return [
        Question("a quarter, the present", _asked(one_quarter, now), 1, None),
        Question("a quarter, the present", _asked(one_quarter, now), MANY, None),
        Question("a quarter as known then", _asked(one_quarter, then), 1, au),
        Question("a quarter as known then", _asked(one_quarter, then), MANY, au),
        Question("a series, the present", _asked(series, now), 1, None),
        Question("a series as known then", _asked(series, then), 1, au),
        Question("an analyst's, the present", _asked(ANALYST, now), 1, None),
        Question("an analyst's as known then", _asked(ANALYST, then), 1, au),
    ]


def pgbench(known: History, question: Question) -> dict[str, list[float]]:
    """Milliseconds of every run of each query, in order."""
    url = urlsplit(known.server.url(READER))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = []
        for query, text in question.queries.items():
            path = folder / f"{query}.sql"
            path.write_text(f"{text.replace(chr(10), ' ').rstrip(' ;')};\n", encoding="utf-8")
            files += ["-f", str(path)]
        settings = f"-c entrepot.au={question.au}" if question.au else ""
        command = [
            str(embedded_binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared", "--log",
            f"--log-prefix={folder / 'log'}", f"--client={question.clients}",
            f"--jobs={min(question.clients, os.cpu_count() or 1)}", f"--time={SECONDS}", *files,
        ]  # fmt: skip
        connection = {
            "PGHOST": url.hostname, "PGPORT": str(url.port), "PGUSER": url.username, "PGPASSWORD": url.password,
            "PGDATABASE": url.path.lstrip("/"), "PGOPTIONS": settings,
        }  # fmt: skip
        done = subprocess.run(
            command,
            env={**os.environ, **{name: value or "" for name, value in connection.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"pgbench failed: {done.stderr[-1500:]}")
        names = list(question.queries)
        times: dict[str, list[float]] = {}
        for log in folder.glob("log.*"):
            for line in log.read_text(encoding="utf-8").splitlines():
                _, _, microseconds, script, *_ = line.split()
                times.setdefault(names[int(script)], []).append(int(microseconds) / 1000)
    return {name: sorted(found) for name, found in times.items()}


def _text(name: str) -> str:
    """A query of the report, without its comments: pgbench is given it on one line."""
    return re.sub(r"--[^\n]*", "", marts.statement_of(name))


def _asked(queries: Mapping[str, str], quarter: str) -> dict[str, str]:
    """Queries with their parameters written out, as pgbench sends them."""
    values = {**marts.ORDERS, "trimestre": quarter}
    literals = {name: sql.Literal(value).as_string() for name, value in values.items()}
    return {name: text % literals for name, text in queries.items()}


def _rank(times: Sequence[float], share: float) -> float:
    """The time that this share of sorted times does not exceed."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
