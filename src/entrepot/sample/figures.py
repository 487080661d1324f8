"""Figures behind the returns, drawn so that what is accepted rounds to what was published.

National totals come first: each is the published value moved a little within its rounding, then shared out over the
returns that will be in force, so nothing has to be searched for. A set with fewer territories or quarters gets its
share of the totals; shares and averages are then only as close as so few answers allow.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.sample.catalogue import Catalogue, Quarter
from entrepot.sample.plan import CAMPAIGN_QUARTER, KNOWN_ON, KNOWN_QUARTER, Pair, Plan, rng_for

# How far from the published value a national total may fall, relative to it: visible, yet rounding back.
SHIFT = (0.001, 0.004)
FIRST_YEAR = 2022
# The cités were operational from T1 2022: activity of that year grows from quarter to quarter.
RAMP_2022 = (0.75, 0.9, 1.1, 1.25)
# Activity goes on growing by this much of an average quarter of 2022, each quarter; nothing published constrains it.
QUARTERLY_GROWTH = 0.4
# A share this close to a whole percentage rounds to it by any convention.
ROUNDS_SAFELY = 0.49
SMALLEST_POPULARITY = 0.25
MOST_PARTNERS_BUT_ALL = 26
# Raises of a partner's note over falls, at least: a refused answer or two change nothing.
LEAST_RAISES = 4
# Chance that an associated partner also funds.
COFUNDING = 0.3


@dataclass(frozen=True)
class Activity:
    """What a territory does in a quarter.

    Attributes:
        coordination: occurrences of actions of axis 1.
        events: occurrences of actions of axis 2.
        obstacles: number of actions of axis 3 on a frein.
        reached: people newly identified (public Ensemble).
        helped: people newly reached by an action on a frein.
    """

    coordination: int
    events: int
    obstacles: int
    reached: int
    helped: int


@dataclass(frozen=True)
class Answers:
    """Governance answers; None where the sender gives none that can be used."""

    leads_employment: str | None
    cooperation: int | None


@dataclass(frozen=True)
class Partnership:
    """A partner kind seen by a cité: note 1 to 4, None for « sans objet »."""

    associated: bool
    cofunds: bool
    note: int | None


@dataclass(frozen=True)
class Figures:
    """All figures, by territory and quarter; `targets` are the national totals the accepted returns add up to."""

    activity: dict[Pair, Activity]
    answers: dict[Pair, Answers]
    partnerships: dict[Pair, dict[str, Partnership]]
    targets: dict[str, float]


def draw(catalogue: Catalogue, plan: Plan) -> Figures:
    """Draw every figure of a plan."""
    targets: dict[str, float] = {}
    return Figures(
        activity=_activity(catalogue, plan, targets),
        answers=_answers(catalogue, plan, targets),
        partnerships=_partnerships(catalogue, plan, targets),
        targets=targets,
    )


def allocate(total: int, weights: Sequence[float], floor: int = 0, cap: Sequence[int] | int | None = None) -> list[int]:
    """Share a total out in whole parts, in proportion to weights, by largest remainder.

    Args:
        total: what the parts add up to (as far as floor and cap allow).
        weights: one per part, positive.
        floor: least value of a part.
        cap: greatest value of each part, or of all.
    """
    if not weights:
        return []
    caps = [cap] * len(weights) if isinstance(cap, int) or cap is None else list(cap)
    parts = [floor if c is None else min(floor, c) for c in caps]
    while (left := total - sum(parts)) > 0:
        open_ = [i for i, c in enumerate(caps) if c is None or parts[i] < c]
        if not open_:
            break
        scale = left / sum(weights[i] for i in open_)
        shares = {i: weights[i] * scale for i in open_}
        whole = {i: int(share) for i, share in shares.items()}
        for i in sorted(open_, key=lambda i: whole[i] - shares[i])[: left - sum(whole.values())]:
            whole[i] += 1
        for i, share in whole.items():
            limit = caps[i]
            parts[i] = parts[i] + share if limit is None else min(parts[i] + share, limit)
    return parts


def exploitable(known: int, percent: float) -> tuple[int, int]:
    """The largest number of usable answers below `known` with a share that rounds to `percent`, and that count.

    Not every denominator has such a share (none of 77 answers round to 67 %): the others stay unanswered.
    """
    for denominator in range(known - 1, max(0, known - 1 - max(1, known // 10)), -1):
        count = round(denominator * percent / 100)
        if abs(100 * count / denominator - percent) < ROUNDS_SAFELY:
            return denominator, count
    return known, round(known * percent / 100)


def _activity(catalogue: Catalogue, plan: Plan, targets: dict[str, float]) -> dict[Pair, Activity]:
    rng = rng_for(plan.seed, "activity")
    first_year = [q for q in plan.quarters if q.year == FIRST_YEAR]
    share = len(plan.territories) / 84 * len(first_year) / 4

    def target(indicator: str) -> int:
        shift = rng.uniform(*SHIFT) * rng.choice((-1, 1))
        targets[indicator] = round(catalogue.published[indicator][0] * share * (1 + shift))
        return int(targets[indicator])

    pairs = [(t, q) for q in first_year for t in plan.territories]
    counted = [(t, q) for t, q in pairs if plan.in_force((t.id, q.code))]
    weights = [t.size * RAMP_2022[q.number - 1] * rng.uniform(0.7, 1.3) for t, q in counted]
    drawn: dict[Pair, list[int]] = {}
    for indicator, floor in (("actions_coordination", 3), ("actions_evenements", 2), ("actions_freins", 1)):
        for (t, q), part in zip(counted, allocate(target(indicator), weights, floor), strict=True):
            drawn.setdefault((t.id, q.code), []).append(part)
    people = _people(plan, first_year, target("beneficiaires_identifies"), target("beneficiaires_touches_frein"), rng)
    for territory in plan.territories:
        typical = [3 * territory.size, 2 * territory.size, territory.size]
        seen = [drawn[territory.id, q.code] for q in first_year if (territory.id, q.code) in drawn]
        if seen:
            typical = [sum(column) / len(column) for column in zip(*seen, strict=True)]
        for rank, quarter in enumerate(plan.quarters):
            growth = RAMP_2022[rank] if rank < len(RAMP_2022) else RAMP_2022[-1] + QUARTERLY_GROWTH * (rank - 3)
            drawn.setdefault(
                (territory.id, quarter.code), [max(3, round(v * growth * rng.uniform(0.8, 1.2))) for v in typical]
            )
    return {
        pair: Activity(coordination, events, obstacles, *people[pair])
        for pair, (coordination, events, obstacles) in drawn.items()
    }


def _people(
    plan: Plan, first_year: Sequence[Quarter], reached: int, helped: int, rng: random.Random
) -> dict[Pair, tuple[int, int]]:
    """New people of each quarter: the last cumul a territory told in 2022 adds up, over territories, to the totals."""
    told = {
        t.id: max((i + 1 for i, q in enumerate(first_year) if plan.in_force((t.id, q.code))), default=0)
        for t in plan.territories
    }
    told_by = [t for t in plan.territories if told[t.id]]
    totals = allocate(reached, [t.size * told[t.id] * rng.uniform(0.7, 1.4) for t in told_by], floor=20)
    flows: dict[Pair, int] = {}
    for territory, total in zip(told_by, totals, strict=True):
        ramp = [weight * rng.uniform(0.8, 1.2) for weight in RAMP_2022[: told[territory.id]]]
        for quarter, part in zip(first_year, allocate(total, ramp), strict=False):
            flows[territory.id, quarter.code] = part
    cells = list(flows)
    helped_parts = allocate(helped, [flows[c] * rng.uniform(0.75, 1.25) for c in cells], cap=[flows[c] for c in cells])
    people = {cell: (flows[cell], part) for cell, part in zip(cells, helped_parts, strict=True)}
    for territory in plan.territories:
        mean = sum(flows.get((territory.id, q.code), 0) for q in first_year) / (told[territory.id] or 1) or 40.0
        for quarter in plan.quarters:
            more = round(mean * rng.uniform(0.7, 1.3))
            people.setdefault((territory.id, quarter.code), (more, round(more * rng.uniform(0.2, 0.4))))
    return people


def _answers(catalogue: Catalogue, plan: Plan, targets: dict[str, float]) -> dict[Pair, Answers]:
    rng = rng_for(plan.seed, "answers")
    known = _known(plan)
    leaders, good = (
        exploitable(len(known), catalogue.published[name][0])
        for name in ("part_animateur_volet_emploi", "part_bonne_cooperation")
    )
    targets["part_animateur_volet_emploi"] = 100 * leaders[1] / leaders[0]
    targets["part_bonne_cooperation"] = 100 * good[1] / good[0]
    leads = dict.fromkeys((t.id for t in plan.territories), "oui")
    levels = dict.fromkeys((t.id for t in plan.territories), 3)
    unusable: dict[str, set[str]] = {"leads": set(), "level": set()}
    for rank, territory in enumerate(rng.sample(known, k=len(known))):
        leads[territory] = "oui" if rank < leaders[1] else rng.choice(("non", "en_cours"))
        if rank >= leaders[0]:
            unusable["leads"].add(territory)
    for rank, territory in enumerate(rng.sample(known, k=len(known))):
        levels[territory] = rng.choice((4, 4, 5)) if rank < good[1] else rng.choice((1, 2, 2, 3, 3, 3))
        if rank >= good[0]:
            unusable["level"].add(territory)
    return {
        (territory.id, quarter.code): Answers(
            None if at_date and territory.id in unusable["leads"] else _leads(leads[territory.id], start, distance),
            None if at_date and territory.id in unusable["level"] else _level(levels[territory.id], distance),
        )
        for territory in plan.territories
        for start in [rng.randint(1, 7)]
        for rank, quarter in enumerate(plan.quarters)
        for distance in [rank - 7]
        for at_date in [quarter.code == KNOWN_QUARTER]
    }


def _leads(answer: str, start: int, distance: int) -> str:
    """Answer `distance` quarters after 2023-T4: nobody leads from the first day."""
    if distance >= -start or answer == "non":
        return answer
    return "en_cours" if distance >= -start - 2 else "non"


def _level(level: int, distance: int) -> int:
    """Level `distance` quarters after 2023-T4: cooperation grows by a step every year or so."""
    return max(1, min(5, level + (distance // 4 if distance > 0 else -((-distance + 2) // 4))))


def _known(plan: Plan) -> list[str]:
    """Territories whose 2023-T4 answer was known at the published date (all, in a set too short to hold it)."""
    known = [t.id for t in plan.territories if plan.in_force((t.id, KNOWN_QUARTER), KNOWN_ON)]
    return known or [t.id for t in plan.territories]


def _partnerships(catalogue: Catalogue, plan: Plan, targets: dict[str, float]) -> dict[Pair, dict[str, Partnership]]:
    rng = rng_for(plan.seed, "partnerships")
    kinds = list(catalogue.lists["partenaires"])
    popularity = {kind: max(SMALLEST_POPULARITY, 0.97 - 0.03 * rank) for rank, kind in enumerate(kinds)}
    known = _known(plan)
    average = catalogue.published["partenaires_moyenne"][0] + rng.uniform(0.08, 0.3) * rng.choice((-1, 1))
    everyone = rng.choice([c for c in known if plan.in_force((c, KNOWN_QUARTER)) is None or _plain(plan, c)])
    rest = [c for c in known if c != everyone]
    total = round(average * len(known)) - len(kinds)
    counts = dict(
        zip(
            rest,
            allocate(total, [rng.uniform(0.5, 1.6) for _ in rest], floor=5, cap=MOST_PARTNERS_BUT_ALL),
            strict=True,
        )
    )
    counts[everyone] = len(kinds)
    targets["partenaires_moyenne"] = sum(counts[c] for c in known) / len(known)
    targets["partenaires_maximum"] = max(counts.values())
    second = {t.id: _sample(popularity, counts.get(t.id, rng.randint(9, 19)), rng) for t in plan.territories}
    first = {t: _kept(chosen, 0.88, rng) or chosen for t, chosen in second.items()}
    third = {t: _kept(chosen, 0.95, rng) | _sample(popularity, 1, rng) for t, chosen in second.items()}
    notes = _notes(plan, kinds, first, second, rng)
    tables: dict[Pair, dict[str, Partnership]] = {}
    for code, chosen, rank in ((CAMPAIGN_QUARTER, first, 0), (KNOWN_QUARTER, second, 1), ("2024-T4", third, 2)):
        for territory in plan.territories:
            tables[territory.id, code] = {
                kind: Partnership(
                    associated=kind in chosen[territory.id],
                    cofunds=kind in chosen[territory.id] and rng.random() < COFUNDING,
                    note=notes[territory.id, kind][rank] if kind in chosen[territory.id] else None,
                )
                for kind in kinds
            }
    return tables


def _plain(plan: Plan, territory: str) -> bool:
    """Whether a territory's 2023-T4 return is the same today as at the published date."""
    return plan.in_force((territory, KNOWN_QUARTER)) is plan.in_force((territory, KNOWN_QUARTER), KNOWN_ON)


def _sample(popularity: dict[str, float], count: int, rng: random.Random) -> set[str]:
    """So many different partner kinds, the popular ones more often."""
    ranked = sorted(popularity, key=lambda kind: rng.random() ** (1 / popularity[kind]), reverse=True)
    return set(ranked[:count])


def _kept(kinds: set[str], chance: float, rng: random.Random) -> set[str]:
    """Some of the kinds, each with the same chance; sorted first, since the order of a set changes from run to run."""
    return {kind for kind in sorted(kinds) if rng.random() < chance}


def _notes(
    plan: Plan, kinds: Sequence[str], first: dict[str, set[str]], second: dict[str, set[str]], rng: random.Random
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Notes of three campaigns: from the first to the second, every partner kind is rated higher on average.

    More cités raise a note than lower it; raises mostly cross from « peu satisfaisant » to « satisfaisant » and no fall
    crosses back, so that the share of satisfied cités rises too. Both hold with the late returns or without them.
    """
    notes: dict[tuple[str, str], tuple[int, int, int]] = {}
    known = set(_known(plan))
    for kind in kinds:
        for territory in plan.territories:
            same = rng.choices((4, 3, 2, 1), (25, 50, 20, 5))[0]
            notes[territory.id, kind] = (same, same, same)
        both = [
            t.id
            for t in plan.territories
            if t.id in known and kind in first[t.id] & second[t.id] and plan.in_force((t.id, CAMPAIGN_QUARTER))
        ]
        rng.shuffle(both)
        raised = min(len(both), max(LEAST_RAISES, round(len(both) * 0.3)))
        lowered = max(0, min(round(len(both) * 0.08), raised - LEAST_RAISES, len(both) - raised))
        for rank, territory_id in enumerate(both[: raised + lowered]):
            steps = ((2, 3), (2, 3), (3, 4))[rank % 3] if rank < raised else (4, 3)
            notes[territory_id, kind] = (*steps, steps[1])
    return notes
