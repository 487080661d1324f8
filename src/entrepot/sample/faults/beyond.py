"""Figures that are plausible alone, and contradict another sheet or another quarter."""

from collections.abc import Sequence

from entrepot.sample.book import Record
from entrepot.sample.faults.kinds import Case, Effect, Touched, fault
from entrepot.sample.faults.pick import people

SUSPICION = Effect.SUSPICION
# From so many people up, so many times the most that an earlier quarter counted.
PEOPLE, CUMUL_TIMES, FLOW_TIMES = 50, 8, 5
# Cumuls of the first year are published: they stay those drawn.
PUBLISHED_YEAR = 2022


@fault(SUSPICION, "beneficiaires", "BEN-06", vintages={"2022"}, in_t4=True)
def cumul_multiplie(case: Case) -> Touched:
    """One public's cumul leaps in a quarter, the last one that tells cumuls: no later one falls back from it."""
    last = [quarter for quarter in case.catalogue.quarters if quarter.vintage == case.quarter.vintage][-1]
    if case.quarter.code != last.code or case.before() is None:
        return []
    return _leap(case, ("identifies",), CUMUL_TIMES)


@fault(SUSPICION, "beneficiaires", "BEN-07", vintages={"2024"})
def flux_multiplie(case: Case) -> Touched:
    return _leap(case, ("identifies_f", "identifies_h"), FLOW_TIMES)


def leaps(value: int, told: Sequence[int], times: int) -> bool:
    """Whether a number of people is out of all proportion with those told before."""
    return value >= PEOPLE and value > times * max(told)


def _leap(case: Case, fields: Sequence[str], times: int) -> Touched:
    """The least that leaps, where it still fits under the line of everybody."""
    told, cells = case.told(), people(case.book)
    for (rank, field), target in cells.items():
        if rank == 0 or field not in fields or not (before := told.get((rank, field))):
            continue
        everybody, value = cells[0, field].value, max(PEOPLE, times * max(before) + 1)
        if isinstance(everybody, int) and value <= everybody:
            target.value = value
            return [target]
    return []


@fault(SUSPICION, "beneficiaires", "EMP-01", vintages={"2022"}, in_t4=False)
def personnes_du_trimestre_precedent(case: Case) -> Touched:
    """The sheet of the people was not brought up to date; that of the actions was."""
    if case.quarter.year == PUBLISHED_YEAR or (before := case.before()) is None:
        return []
    same = people(before)
    for place, cell in people(case.book).items():
        cell.value, cell.look = same[place].value, same[place].look
    return [case.book.tables["beneficiaires"].sheet]


@fault(SUSPICION, "participants", "BEN-05", vintages={"2024"}, on_sheets=True)
def touches_sans_participants(case: Case) -> Touched:
    """One person more was reached by actions on a frein than took part in them, once all participants are in."""
    told, reached = case.told(), case.book.tables["beneficiaires"].lines[0]
    women, men = reached["touches_frein_f"], reached["touches_frein_h"]
    participants = _participants(case)
    if participants is None or not (isinstance(women.value, int) and isinstance(men.value, int)):
        return []
    missing = participants + 1 - women.value - men.value
    values = {"touches_frein_f": women.value + missing - missing // 2, "touches_frein_h": men.value + missing // 2}
    if missing <= 0 or any((0, f) in told and leaps(value, told[0, f], FLOW_TIMES) for f, value in values.items()):
        return []
    women.value, men.value = values.values()
    return [women]


def _participants(case: Case) -> int | None:
    """Participants of the actions on a frein that were not cancelled; None where a cell could be read otherwise."""
    vintage = case.book.vintage
    labels = [case.catalogue.label("freins", code, vintage) for code in case.catalogue.lists["freins"]]
    nothing, cancelled = (
        case.catalogue.label("freins", "aucun", vintage),
        case.catalogue.label("statuts_action", "annulee"),
    )
    lines: list[Record] = [line for line in case.book.tables["actions"].lines if line["statut"].value != cancelled]
    if not all(line["frein"].value in (None, *labels) for line in lines):
        return None
    counts = [line["participants"].value for line in lines if line["frein"].value not in (None, nothing)]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if len(known) == len(counts) else None
