"""What the ledger promises is what readers of a published sample get: columns in type, filled where promised, keys."""

import re

import pytest

from entrepot.contracts import ledger
from entrepot.contracts.ledger import Entry
from entrepot.settings import Settings

from ..conftest import Warehouse

EMPTY = {"corrections_anct"}  # the sample has none
LEDGER = ledger.load(Settings())
TYPES = """
select attname, format_type(atttypid, -1) from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""
# A view over functions keeps no number of places; values are rounded to it.
PLACES = re.compile(r"\(\d+, (\d+)\)$")
# As PostgreSQL writes what is declared in short.
NAMES = {"timestamptz": "timestamp with time zone"}


@pytest.mark.parametrize(("mart", "entry"), LEDGER.items(), ids=LEDGER)
def test_readers_get_what_is_promised(published_warehouse: Warehouse, mart: str, entry: Entry) -> None:
    declared = {name: kind.removesuffix(" not null") for name, kind in entry.colonnes.items()}
    types = {name: PLACES.sub("", kind) for name, kind in declared.items()}
    shown = dict(published_warehouse.rows(TYPES, f"marts.{mart}"))
    assert shown == {name: NAMES.get(kind, kind) for name, kind in types.items()}
    wrong = {name: f"{name} is null" for name, kind in entry.colonnes.items() if kind.endswith(" not null")}
    wrong |= {
        f"{name}, places": f"scale({name}) > {places[1]}"
        for name, kind in declared.items()
        if (places := PLACES.search(kind))
    }
    key = ", ".join(entry.cle or declared)
    counts = ", ".join(
        ["count(*)", f"count(distinct ({key}))", *(f"count(*) filter (where {w})" for w in wrong.values())]
    )
    ((rows, keys, *found),) = published_warehouse.rows(f"select {counts} from marts.{mart}")
    assert {name: count for name, count in zip(wrong, found, strict=True) if count} == {}
    assert keys == rows or not entry.cle
    assert rows > 0 or mart in EMPTY


def test_every_mart_published_is_in_the_ledger(published_warehouse: Warehouse) -> None:
    views = {name for (name,) in published_warehouse.rows("select viewname from pg_views where schemaname = 'marts'")}
    assert views - {"parution"} == LEDGER.keys()
