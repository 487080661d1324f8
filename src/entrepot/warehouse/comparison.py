"""Two databases compared mart by mart: how many rows, and a digest that no order of rows changes.

Each side is a connection on which `marts` answer as they are to be compared: a release shown, an instant set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from psycopg import sql

from entrepot.warehouse.engine import Connection

# As many differing rows of a mart as a person looks at.
EXAMPLES = 5
MISSING = "(missing)"
PRESENT = "(there)"

_COLUMNS = """
select attname from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
order by attname
"""

# Both halves of each row's digest, added up: the same rows give the same sums, in any order, on any server.
_MEASURE = """
select
    count(*),
    sum(('x' || left(h, 16))::bit(64)::bigint::numeric),
    sum(('x' || right(h, 16))::bit(64)::bigint::numeric)
from (select md5({row}) as h from marts.{mart} as lignes) as hachees
"""

_ROWS = """
select {key} as cle, md5({row}) as empreinte, count(*) as exemplaires from marts.{mart} as lignes group by 1, 2
"""
_ORIGINAL = "create temporary table lignes_original (cle text, empreinte text, exemplaires bigint) on commit drop"

_DIFFERING = """
with differentes as (
    (table lignes_original except table lignes_rejeu) union all (table lignes_rejeu except table lignes_original)
)
select count(distinct cle), (array_agg(distinct cle order by cle))[:%s] from differentes
"""


@dataclass(frozen=True)
class Measure:
    """What one side shows of a mart."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Example:
    """A value that the two sides do not show alike.

    Attributes:
        key: values of the mart's key, joined by `/` as in a figure; the whole row where a mart has no key.
        column: the column, or nothing when a side lacks the row.
        original: the value in the original.
        replay: the value in the replay.
    """

    key: str
    column: str
    original: str
    replay: str


@dataclass(frozen=True)
class Comparison:
    """A mart on both sides.

    Attributes:
        mart: its name.
        original: what the original shows, or None when it has no such mart.
        replay: what the replay shows, or None when it has no such mart.
        differing: how many rows differ.
        examples: the first differences.
    """

    mart: str
    original: Measure | None
    replay: Measure | None
    differing: int
    examples: tuple[Example, ...]

    @property
    def equal(self) -> bool:
        """Whether both sides show the same rows, in the same columns."""
        return self.original == self.replay and not self.examples


def compare(original: Connection, replay: Connection, mart: str, key: Sequence[str]) -> Comparison:
    """Compare a mart; both connections are left in the transaction they are in.

    Args:
        original: the warehouse.
        replay: the other side; temporary tables are made there when rows differ.
        mart: name of the mart.
        key: columns that tell its rows apart; none means the whole row does.
    """
    for side in (original, replay):
        # Moments are compared as text.
        side.execute("set local timezone to 'UTC'")
    columns = {side: [name for (name,) in side.execute(_COLUMNS, [f"marts.{mart}"])] for side in (original, replay)}
    if not (columns[original] and columns[replay]):
        first, second = (_measure(side, mart, columns[side]) if columns[side] else None for side in (original, replay))
        said = (PRESENT, MISSING) if first else (MISSING, PRESENT)
        return Comparison(mart, first, second, (first or second or Measure(0, "")).rows, (Example("", "", *said),))
    common = [name for name in columns[original] if name in columns[replay]]
    one_sided = tuple(
        Example("", name, *((PRESENT, MISSING) if name in columns[original] else (MISSING, PRESENT)))
        for name in sorted({*columns[original], *columns[replay]} - {*common})
    )
    measures = _measure(original, mart, common), _measure(replay, mart, common)
    if measures[0] == measures[1]:
        return Comparison(mart, *measures, 0, one_sided)
    differing, examples = _differences(original, replay, mart, common, [name for name in key if name in common])
    return Comparison(mart, *measures, differing, one_sided + examples)


def _measure(side: Connection, mart: str, columns: Sequence[str]) -> Measure:
    row = side.execute(sql.SQL(_MEASURE).format(row=_row(columns), mart=sql.Identifier(mart))).fetchone()
    assert row is not None
    return Measure(row[0], sha256(f"{row[1]} {row[2]}".encode()).hexdigest()[:16])


def _differences(
    original: Connection, replay: Connection, mart: str, columns: Sequence[str], key: Sequence[str]
) -> tuple[int, tuple[Example, ...]]:
    rows = sql.SQL(_ROWS).format(key=_key(key or columns), row=_row(columns), mart=sql.Identifier(mart))
    replay.execute("drop table if exists lignes_original, lignes_rejeu")
    replay.execute(_ORIGINAL)
    replay.execute(sql.SQL("create temporary table lignes_rejeu on commit drop as {}").format(rows))
    with (
        original.cursor().copy(sql.SQL("copy ({}) to stdout").format(rows)) as source,
        replay.cursor().copy("copy lignes_original from stdin") as target,
    ):
        for block in source:
            target.write(block)
    counted = replay.execute(_DIFFERING, [EXAMPLES]).fetchone()
    assert counted is not None
    differing, keys = counted
    there, again = (_shown(side, mart, columns, key or columns, keys or []) for side in (original, replay))
    examples = []
    for name in keys or []:
        if name not in there or name not in again:
            examples.append(Example(name, "", *(PRESENT if name in side else MISSING for side in (there, again))))
        else:
            examples += [
                Example(name, column, str(there[name][column]), str(again[name][column]))
                for column in columns
                if there[name][column] != again[name][column]
            ]
    return differing, tuple(examples[:EXAMPLES])


def _shown(
    side: Connection, mart: str, columns: Sequence[str], key: Sequence[str], wanted: Sequence[str]
) -> dict[str, dict[str, Any]]:
    query = sql.SQL("select {}, {} from marts.{} as lignes where {} = any(%s)").format(
        _key(key), sql.SQL(", ").join(_column(name) for name in columns), sql.Identifier(mart), _key(key)
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in side.execute(query, [list(wanted)])}


def _column(name: str) -> sql.Composable:
    return sql.Identifier("lignes", name)


def _row(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL("row({})::text").format(sql.SQL(", ").join(_column(name) for name in columns))


def _key(columns: Sequence[str]) -> sql.Composable:
    parts = (sql.SQL("coalesce({}::text, '')").format(_column(name)) for name in columns)
    return sql.SQL("concat_ws('/', {})").format(sql.SQL(", ").join(parts))
