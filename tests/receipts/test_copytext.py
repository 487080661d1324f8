"""What COPY is given is what the table holds, whatever a cell says."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.receipts.copytext import copy_line

from ..conftest import Warehouse

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
CELLS = st.lists(
    st.none() | TEXT | st.sampled_from(["\\N", "NULL", '"', "\\", "{a,b}", "a\tb\nc\rd", "\\."]), max_size=6
)
MARKS = st.none() | st.dictionaries(st.sampled_from(["1", "2"]), TEXT, min_size=1)


@given(number=st.integers(0, 10**9), cells=CELLS, marks=MARKS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_any_text_survives(
    warehouse: Warehouse, number: int, cells: list[str | None], marks: dict[str, str] | None
) -> None:
    connection = warehouse.connection
    connection.execute("create temp table if not exists lignes (numero int, vide text, cellules text[], marques jsonb)")
    connection.execute("truncate lignes")
    with connection.cursor().copy("copy lignes from stdin") as copy:
        copy.write(copy_line((number, None), cells, marks))
    assert connection.execute("select * from lignes").fetchall() == [(number, None, cells, marks)]
