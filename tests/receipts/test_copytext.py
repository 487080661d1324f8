"""What COPY is given is what the table holds, whatever a cell says."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.receipts.copytext import copy_lines, copy_row, of_receipt

from ..conftest import Warehouse

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
CELLS = st.lists(
    st.none() | TEXT | st.sampled_from(["\\N", "NULL", '"', "\\", "{a,b}", "a\tb\nc\rd", "\\."]), max_size=6
)
MARKS = st.none() | st.dictionaries(st.sampled_from(["1", "2"]), TEXT, min_size=1)


QUICK = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)


@given(number=st.integers(0, 10**9), table=st.none() | TEXT, cells=CELLS, marks=MARKS)
@QUICK
def test_any_line_survives(
    warehouse: Warehouse, number: int, table: str | None, cells: list[str | None], marks: dict[str, str] | None
) -> None:
    line = (1, 2, table, "donnee", None, cells, marks)
    connection = warehouse.connection
    connection.execute("create temp table if not exists lignes (like brut.ligne)")
    connection.execute("truncate lignes")
    with connection.cursor().copy("copy lignes from stdin") as copy:
        copy.write(of_receipt(number, copy_lines([line, line])))
    assert connection.execute("select * from lignes").fetchall() == [(number, *line)] * 2


@given(fields=st.lists(st.none() | TEXT | st.sampled_from(["\\N", "a\tb\nc\rd", "\\."]), min_size=2, max_size=2))
@QUICK
def test_any_field_survives(warehouse: Warehouse, fields: list[str | None]) -> None:
    connection = warehouse.connection
    connection.execute("create temp table if not exists champs (numero int, un text, deux text)")
    connection.execute("truncate champs")
    with connection.cursor().copy("copy champs from stdin") as copy:
        copy.write(copy_row((7, *fields)))
    assert connection.execute("select * from champs").fetchall() == [(7, *fields)]
