"""Who sends what, when, and what is wrong with it: the whole story of the sample, drawn from one seed.

The plan knows no figure and opens no file. Quantities below describe the full set (84 territories, 12
quarters); smaller sets get their share of each.
"""

import random
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from entrepot.sample.catalogue import Catalogue, Quarter, Territory
from entrepot.sample.faults import FAULTS, Effect, Fault

PARIS = ZoneInfo("Europe/Paris")
FULL_PAIRS = 84 * 12

# The published page of 26/03/2024 « comprenant le T4 2023 »: the whole day is in.
KNOWN_QUARTER = "2023-T4"
KNOWN_ON = datetime(2024, 3, 26, 23, 59, 59, 999999, tzinfo=PARIS)
# Campaign 2023 is the T4 of 2022: 81 of 84 answered.
CAMPAIGN_QUARTER = "2022-T4"
SILENT_IN_CAMPAIGN = 3

# A return is expected 45 days after its quarter (echeance of ref_trimestres).
DUE_DAYS = 45
LATE_SHARE = 0.14

MAKERS = {"xlsxwriter": 0.80, "openpyxl": 0.08, "ods": 0.04, "xls": 0.04, "csv": 0.04}

# What becomes of a whole file. Value: how many in the full set, of which followed by a good second file.
ACCIDENTS = {
    "chiffre": (4, 3),
    "tronque": (4, 3),
    "pdf_renomme": (4, 4),
    "mauvais_millesime": (6, 5),
    "feuille_absente": (6, 5),
    "partenaires_absente": (3, 3),
    "cite_inconnue": (5, 4),
    "trimestre_absent": (3, 2),
    "trimestre_hors_millesimes": (3, 2),
}
CORRECTIONS = 30
TWICE_SENT = 8
OLDER_CLOSING = 2
RESENT_AFTER_CORRECTION = 2
REPEATED_QUARTERS = 6
WRONG_TERRITORY = 4
OCCASIONAL_SILENCES = 10

# Around the published date of 26/03/2024: arrivals just inside, just outside, and after.
LAST_INSIDE = datetime(2024, 3, 26, 23, 15, tzinfo=PARIS)
FIRST_OUTSIDE = datetime(2024, 3, 27, 0, 20, tzinfo=PARIS)
LAST_KNOWN_CORRECTION = datetime(2024, 3, 25, 17, 40, tzinfo=PARIS)
KNOWN_SILENT, KNOWN_TOO_LATE, KNOWN_RECTIFIED = 2, 4, 3


@dataclass(frozen=True)
class Profile:
    """How dirty an accepted return is: share of returns, and the least and most faults of each effect."""

    share: float
    faults: dict[Effect, tuple[int, int]]


PROFILES = (
    Profile(0.45, {}),
    Profile(0.38, {Effect.SILENT: (2, 6), Effect.SUSPICION: (0, 1)}),
    Profile(0.17, {Effect.SILENT: (1, 4), Effect.SUSPICION: (0, 1), Effect.REJECTED: (1, 4)}),
)

Pair = tuple[str, str]


@dataclass(frozen=True)
class Sending:
    """One file sent.

    Attributes:
        territory, quarter: what the file is meant to be.
        number: 1 for the first file of that territory and quarter.
        received_at: arrival, Europe/Paris.
        maker: which library writes it.
        state: which figures it shows: `final`, `brouillon` (before the sender corrected it), `rectifie` (changed after
            publication), `modele` (the final ones, without a fault: another file is made from it), `repete` (the
            previous quarter's file with only the quarter changed).
        closing: date d'arrêté typed inside.
        accident: what makes the whole file unusable, or None.
        faults: names of the faults planted in its cells and sheets.
        declared: territory typed inside, where it is another one.
        same_bytes_as: number of the sending whose bytes these are.
    """

    territory: str
    quarter: str
    number: int
    received_at: datetime
    maker: str
    closing: date
    state: str = "final"
    accident: str | None = None
    faults: tuple[str, ...] = ()
    declared: str | None = None
    same_bytes_as: int | None = None

    @property
    def pair(self) -> Pair:
        """Territory and quarter the file is meant for."""
        return self.territory, self.quarter

    @property
    def target(self) -> Pair:
        """Territory and quarter the warehouse reads in it."""
        return self.declared or self.territory, self.quarter

    @property
    def accepted(self) -> bool:
        """Whether a reader may take it in."""
        return self.accident is None


@dataclass(frozen=True)
class Plan:
    """Every sending, oldest arrival first, and the pairs nobody ever sent."""

    seed: int
    territories: tuple[Territory, ...]
    quarters: tuple[Quarter, ...]
    sendings: tuple[Sending, ...]
    silent: frozenset[Pair]
    _by_target: dict[Pair, list[Sending]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for sending in self.sendings:
            if sending.accepted and sending.same_bytes_as is None:
                self._by_target.setdefault(sending.target, []).append(sending)

    def in_force(self, pair: Pair, on: datetime | None = None) -> Sending | None:
        """The accepted sending that counts for a pair, today or as known at an instant."""
        known = [s for s in self._by_target.get(pair, []) if on is None or s.received_at <= on]
        return known[-1] if known else None


def rng_for(seed: int, *names: object) -> random.Random:
    """A generator of its own for each purpose, so that a change in one place moves nothing elsewhere."""
    return random.Random("|".join(map(str, (seed, *names))))  # noqa: S311


def draw(catalogue: Catalogue, seed: int, territories: int, quarters: int) -> Plan:
    """Draw the plan.

    Args:
        catalogue: reference data.
        seed: the same seed gives the same plan.
        territories: the first so many of the list.
        quarters: the first so many of the experiment.
    """
    drawer = _Drawer(seed, catalogue.territories[:territories], catalogue.quarters[:quarters])
    return drawer.plan()


class _Drawer:
    """Deals events to pairs one after the other; a pair takes part in one event at most."""

    def __init__(self, seed: int, territories: Sequence[Territory], quarters: Sequence[Quarter]) -> None:
        self.seed = seed
        self.territories = tuple(territories)
        self.quarters = tuple(quarters)
        self.calendar = {quarter.code: quarter for quarter in quarters}
        self.share = len(territories) * len(quarters) / FULL_PAIRS
        self.territory_share = len(territories) / 84
        self.rng = rng_for(seed, "plan")
        # Shuffled once: each event takes the next free pairs that suit it.
        self.free: list[Pair] = [(t.id, q.code) for q in quarters for t in territories]
        self.rng.shuffle(self.free)
        self.silent: set[Pair] = set()
        self.sendings: list[Sending] = []

    def plan(self) -> Plan:
        self._silences()
        self._around_the_published_date()
        self._wrong_territories()
        self._repeated_quarters()
        self._accidents()
        self._corrections()
        self._plain()
        faulty = _deal_faults(self.sendings, self.calendar, self.seed)
        arrived = sorted(faulty, key=lambda s: (s.received_at, s.territory, s.quarter, s.number))
        return Plan(self.seed, self.territories, self.quarters, tuple(arrived), frozenset(self.silent))

    # Events

    def _silences(self) -> None:
        """Three cités silent in the campaign, some of them more than once, and a few silences elsewhere."""
        silent = self._take(round(SILENT_IN_CAMPAIGN * self.territory_share), [CAMPAIGN_QUARTER])
        for (territory, _), other in zip(list(silent), ("2023-T1", "2022-T3"), strict=False):
            silent += self._take(1, [other], among=[territory])
        silent += self._take(round(OCCASIONAL_SILENCES * self.share), self._unpublished())
        self.silent.update(silent)

    def _around_the_published_date(self) -> None:
        self.silent.update(self._take(round(KNOWN_SILENT * self.territory_share), [KNOWN_QUARTER]))
        for rank, pair in enumerate(self._take(round(KNOWN_TOO_LATE * self.territory_share), [KNOWN_QUARTER])):
            self._send(pair, FIRST_OUTSIDE + timedelta(days=4 * rank, hours=9 * min(rank, 1)))
        for pair in self._take(round(self.territory_share), [KNOWN_QUARTER]):
            self._send(pair, LAST_INSIDE)
        for rank, pair in enumerate(self._take(round(KNOWN_RECTIFIED * self.territory_share), [KNOWN_QUARTER])):
            self._send(pair, self._arrival(pair))
            self._send(pair, FIRST_OUTSIDE + timedelta(days=2 + 16 * rank, hours=10), state="rectifie")

    def _wrong_territories(self) -> None:
        """A cité types the identifier of another: the other's own return, sent later, stays in force.

        Every second one had sent its file under its own identifier first.
        """
        codes = [q.code for q in self.quarters if q.vintage == "2024" and not q.asks_partners]
        for rank, first in enumerate(self._take(round(WRONG_TERRITORY * self.share), codes)):
            others = self._take(1, [first[1]], among=self._alike(first[0]))
            if not others:
                self._send(first, self._arrival(first))
                continue
            when = self._arrival(first, late=False)
            closing = self.calendar[first[1]].last_day
            if rank % 2:
                self._send(first, when, state="modele", closing=closing)
            self._send(first, when + timedelta(days=2), declared=others[0][0], closing=closing)
            if not rank % 2:
                self._send(first, when + timedelta(days=9, hours=2))
            self._send(others[0], when + timedelta(days=5, hours=3))

    def _alike(self, territory: str) -> list[str]:
        """Cités whose neighbourhoods and contracts are of the same generation."""
        overseas = {t.id: t.overseas for t in self.territories}
        return [other for other in overseas if overseas[other] == overseas[territory]]

    def _repeated_quarters(self) -> None:
        """The previous quarter's file with only the quarter changed; corrected later where figures are published."""
        followed = {
            after.code: before.code
            for before, after in zip(self.quarters, self.quarters[1:], strict=False)
            if before.vintage == after.vintage and not after.asks_partners
        }
        wanted, done = round(REPEATED_QUARTERS * self.share), 0
        for territory, quarter in list(self.free):
            before = (territory, followed.get(quarter, ""))
            if done == wanted:
                break
            if before not in self.free or (territory, quarter) not in self.free:
                continue
            self.free.remove(before)
            self.free.remove((territory, quarter))
            repeated = self._send(before, self._arrival(before, late=False))
            when = self._arrival((territory, quarter), late=False)
            self._send((territory, quarter), when, state="repete", maker=repeated.maker)
            if quarter.startswith("2022") or done % 2:
                self._send((territory, quarter), when + timedelta(days=self.rng.randint(6, 30), hours=1))
            done += 1

    def _accidents(self) -> None:
        wanted = [
            (kind, followed)
            for kind, (count, good_second) in ACCIDENTS.items()
            for followed in [True] * good_second + [False] * (count - good_second)
        ]
        self.rng.shuffle(wanted)
        for kind, followed in wanted[: self._scaled(len(wanted))]:
            for pair in self._take(1, self._quarters_for(kind, followed)):
                # The old form was still in use when the new one had just come out: those files arrive on time.
                when = self._arrival(pair, late=False)
                self._send(pair, when, accident=kind)
                if followed:
                    self._send(pair, when + timedelta(days=self.rng.randint(2, 25), minutes=self.rng.randint(1, 90)))

    def _quarters_for(self, accident: str, followed: bool) -> list[str]:
        """Quarters an accident may strike; published ones only when a good file follows."""
        codes = [q.code for q in self.quarters]
        if accident == "partenaires_absente":
            codes = [q.code for q in self.quarters if q.asks_partners]
        elif accident == "mauvais_millesime":
            codes = [code for code in codes if code in ("2023-T4", "2024-T1", "2024-T2")] or codes
        return codes if followed else [code for code in codes if code in self._unpublished()]

    def _unpublished(self) -> list[str]:
        """Quarters no published figure counts the answers of."""
        return [q.code for q in self.quarters if q.code not in (CAMPAIGN_QUARTER, KNOWN_QUARTER)]

    def _corrections(self) -> None:
        for pair in self._take(self._scaled(CORRECTIONS)):
            when = self._arrival(pair)
            self._send(pair, when, state="brouillon")
            self._send(pair, self._later(pair, when))
        for pair in self._take(round(OLDER_CLOSING * self.share)):
            when = self._arrival(pair, late=False)
            closing = self.calendar[pair[1]].last_day
            self._send(pair, when, state="brouillon", closing=closing + timedelta(days=7))
            self._send(pair, self._later(pair, when), closing=closing)
        for pair in self._take(round(RESENT_AFTER_CORRECTION * self.share)):
            when = self._arrival(pair, late=False)
            self._send(pair, when, state="brouillon")
            second = self._later(pair, when)
            self._send(pair, second)
            self._send(pair, second + timedelta(days=2, hours=1), same_bytes_as=1)
        for pair in self._take(self._scaled(TWICE_SENT)):
            when = self._arrival(pair)
            self._send(pair, when)
            self._send(pair, self._later(pair, when), same_bytes_as=1)

    def _plain(self) -> None:
        for pair in list(self.free):
            self.free.remove(pair)
            self._send(pair, self._arrival(pair))

    # Tools

    def _scaled(self, count: int) -> int:
        """The set's share of a count, one at least: a small set must still show what happens most."""
        return max(1, round(count * self.share))

    def _take(
        self, count: int, quarters: Collection[str] | None = None, among: Collection[str] | None = None
    ) -> list[Pair]:
        """The next free pairs, of some quarters and of some territories where they are given."""
        taken = [
            pair
            for pair in self.free
            if (quarters is None or pair[1] in quarters) and (among is None or pair[0] in among)
        ][:count]
        for pair in taken:
            self.free.remove(pair)
        return taken

    def _arrival(self, pair: Pair, late: bool | None = None) -> datetime:
        """Some time after the quarter's end; late ones come weeks to three months after."""
        if late is None:
            late = self.rng.random() < LATE_SHARE
        # Two days short of 26/03/2024, so that what is too late for the published page is so by plan only.
        days = self.rng.randint(DUE_DAYS + 1, 84) if late else self.rng.randint(8, DUE_DAYS - 2)
        return self._at(self.calendar[pair[1]].last_day + timedelta(days=days))

    def _later(self, pair: Pair, first: datetime) -> datetime:
        """A second file, some weeks after; in time for the published page where it speaks of that quarter."""
        later = self._at(first.date() + timedelta(days=self.rng.randint(3, 45)))
        return (
            min(later, max(LAST_KNOWN_CORRECTION, first + timedelta(minutes=20))) if pair[1] == KNOWN_QUARTER else later
        )

    def _at(self, day: date) -> datetime:
        clock = time(self.rng.randint(8, 18), self.rng.randint(0, 59), self.rng.randint(0, 59))
        return datetime.combine(day, clock, tzinfo=PARIS)

    def _send(
        self,
        pair: Pair,
        when: datetime,
        *,
        state: str = "final",
        accident: str | None = None,
        declared: str | None = None,
        closing: date | None = None,
        same_bytes_as: int | None = None,
        maker: str | None = None,
    ) -> Sending:
        earlier = [s for s in self.sendings if s.pair == pair]
        if accident in ("chiffre", "tronque"):
            maker = "xlsxwriter"
        # A second file closes its data no earlier than the first, unless the plan says so.
        since = max((s.closing for s in earlier), default=self.calendar[pair[1]].last_day)
        sending = Sending(
            territory=pair[0],
            quarter=pair[1],
            number=len(earlier) + 1,
            received_at=when,
            maker=maker or self.rng.choices(list(MAKERS), list(MAKERS.values()))[0],
            closing=closing or since + timedelta(days=self.rng.randint(0, 3)),
            state=state,
            accident=accident,
            declared=declared,
            same_bytes_as=same_bytes_as,
        )
        self.sendings.append(sending)
        return sending


def _deal_faults(sendings: Iterable[Sending], calendar: dict[str, Quarter], seed: int) -> list[Sending]:
    """Give each accepted file its faults, going round each deck so that every kind comes up."""
    rng = rng_for(seed, "faults")
    decks = {effect: deque(fault for fault in FAULTS.values() if fault.effect is effect) for effect in Effect}
    for deck in decks.values():
        rng.shuffle(deck)
    return [_with_faults(sending, calendar[sending.quarter], decks, rng) for sending in sendings]


def _with_faults(sending: Sending, quarter: Quarter, decks: dict[Effect, deque[Fault]], rng: random.Random) -> Sending:
    plain = sending.accepted and sending.state == "final" and not sending.declared and not sending.same_bytes_as
    if not plain:
        return sending
    profile = rng.choices(PROFILES, [profile.share for profile in PROFILES])[0]
    dealt: list[Fault] = []
    for effect, (least, most) in profile.faults.items():
        for _ in range(rng.randint(least, most)):
            dealt += _next(decks[effect], sending.maker, quarter, dealt)
    return replace(sending, faults=tuple(fault.name for fault in dealt))


def _next(deck: deque[Fault], maker: str, quarter: Quarter, dealt: list[Fault]) -> list[Fault]:
    """The first fault of the deck that suits this file and touches nothing already touched; it goes to the bottom."""
    touched = Counter(fault.place for fault in dealt)
    for fault in deck:
        if fault.suits(maker, quarter) and not touched[fault.place]:
            deck.remove(fault)
            deck.append(fault)
            return [fault]
    return []
