"""What an event of the plan brings besides itself: findings that follow from sending another quarter's or cité's file.

Each is worked out from what the workbook says and from the reference data, by the rulings of the form, never from what
the warehouse finds.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from entrepot.sample.book import Book, Cell
from entrepot.sample.catalogue import Quarter, Territory
from entrepot.sample.faults.accepted import EXCEL_EPOCH
from entrepot.sample.faults.beyond import FLOW_TIMES, leaps
from entrepot.sample.faults.kinds import Brought, Effect, Told
from entrepot.sample.faults.pick import people
from entrepot.sample.faults.suspicious import MONTHS

# Findings of a file that its repetition does not bring: what they compare with has moved on with the quarter.
NOT_REPEATED = frozenset({"ACT-09", "ACT-10", "BEN-04"})
REPEATED = "IDE-05"


def of_repeating(book: Book, quarter: Quarter) -> Iterator[Brought]:
    """Of a file sent again for the next quarter: it repeats, and what it dates lies before that quarter."""
    identity = book.tables["identification"]
    yield Brought(identity.sheet, REPEATED, Effect.SUSPICION)
    if "partenaires" in book.tables and not quarter.asks_partners:
        yield Brought(book.tables["partenaires"].sheet, "SUS-05", Effect.SUSPICION)
    closing = identity.lines[0]["arrete_au"]
    if isinstance(closing.value, date) and closing.value < quarter.first_day:
        yield Brought(closing, "IDE-02", Effect.REJECTED)
    for line in book.tables["actions"].lines:
        start, end = _meant(line["date_debut"]), _meant(line["date_fin"], last=True)
        if end and end < quarter.first_day and not (start and end < start):
            yield Brought(line["date_fin"], "ACT-09", Effect.REJECTED)


def of_another_cite(book: Book, declared: Territory, told: Told, *, own: bool) -> Iterator[Brought]:
    """Of a file in the form of 2024 under another cité's identifier: that cité's name and neighbourhoods are others.

    Args:
        book: the file.
        declared: the cité it names.
        told: the people that cité counted in earlier quarters.
        own: whether the same sheets came under the right identifier before.
    """
    identity = book.tables["identification"].lines[0]
    # The name is what betrays it, and where the question is asked.
    yield Brought(identity["nom_cite"], "IDE-03", Effect.SUSPICION)
    codes = {code for code, _ in declared.qpv(book.vintage)}
    rule = "ELT-05" if declared.overseas else "ELT-06"
    for cell in (identity["qpv_couverts"], *(line["qpv_concernes"] for line in book.tables["actions"].lines)):
        if not codes.issuperset(str(cell.value).split("; ")):
            yield Brought(cell, rule, Effect.SUSPICION)
    for place, cell in people(book).items():
        if isinstance(cell.value, int) and place in told and leaps(cell.value, told[place], FLOW_TIMES):
            yield Brought(cell, "BEN-07", Effect.SUSPICION)
    if own:
        yield from (
            Brought(book.tables[table].sheet, "EMP-02", Effect.SUSPICION) for table in ("actions", "beneficiaires")
        )


def _meant(cell: Cell, *, last: bool = False) -> date | None:
    """The day a cell means, however a fault made it be typed: a month is its first day, or its last one."""
    match cell.value:
        case date():
            return cell.value
        case int():
            return EXCEL_EPOCH + timedelta(days=cell.value)
        case str() as text if text.split(" ")[0] in MONTHS:
            month, year = text.split(" ")
            number = MONTHS.index(month) + 1
            first = date(int(year), number, 1)
            return first if not last else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case str() as text:
            try:
                return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no time zone
            except ValueError:
                return None
        case _:
            return None
