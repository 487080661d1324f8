"""The analysts' guide says what is there, and its queries run as its readers would run them."""

import re
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import tuple_row

from ..conftest import Warehouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guide-analyste.md").read_text("utf-8")
TITLES = re.findall(r"^### (\d+)\. ", GUIDE, re.MULTILINE)
BLOCKS = re.findall(r"^#{2,3} ([^\n]+)$(?:(?!^#).)*?^```sql\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_guide_has_twelve_queries_and_no_block_left_untested() -> None:
    assert [int(number) for number in TITLES] == list(range(1, 13))
    assert GUIDE.count("```sql") == len(BLOCKS) > len(TITLES)


@pytest.mark.parametrize("block", [block for _, block in BLOCKS], ids=[title for title, _ in BLOCKS])
def test_every_block_answers_with_rows(published_warehouse: Warehouse, block: str) -> None:
    with psycopg.connect(published_warehouse.reader_url, row_factory=tuple_row) as connection:
        cursor = connection.execute(block.encode())
        answers = [result.fetchall() for result in cursor.results() if result.description]
    assert answers
    assert all(answers)


def test_the_guide_names_every_mart_and_no_other(published_warehouse: Warehouse) -> None:
    rows = published_warehouse.rows("select viewname from pg_views where schemaname = 'marts'")
    (section,) = re.findall(r"^## Les marts\n(.*?)^## ", GUIDE, re.MULTILINE | re.DOTALL)
    rows_of_table = [line.partition(" | ")[0] for line in section.splitlines() if line.startswith("|")]
    named = {name for first_cell in rows_of_table for name in re.findall(r"`(\w+)`", first_cell)}
    assert named == {name for (name,) in rows}
