"""What happens in the full sample, without writing a file."""

from collections import Counter
from datetime import timedelta

import pytest

from entrepot.sample import figures
from entrepot.sample.catalogue import Catalogue
from entrepot.sample.faults import FAULTS, Effect
from entrepot.sample.plan import (
    ACCIDENTS,
    CAMPAIGN_QUARTER,
    KNOWN_ON,
    KNOWN_QUARTER,
    PARIS,
    Plan,
    draw,
)


def test_every_kind_of_fault_and_accident_is_planted(full_plan: Plan) -> None:
    planted = {fault for sending in full_plan.sendings for fault in sending.faults}
    happened = Counter(sending.accident for sending in full_plan.sendings if sending.accident)
    assert planted == set(FAULTS)
    assert happened == {kind: count for kind, (count, _) in ACCIDENTS.items()}
    assert {sending.state for sending in full_plan.sendings} == {
        "final",
        "modele",
        "brouillon",
        "rectifie",
        "repete",
    }


def test_every_format_is_written(full_plan: Plan) -> None:
    assert {sending.maker for sending in full_plan.sendings} == {"xlsxwriter", "openpyxl", "ods", "xls", "csv"}


def test_most_returns_pass_and_a_few_do_not(full_plan: Plan) -> None:
    accepted = [sending for sending in full_plan.sendings if sending.accepted]
    spoilt = [s for s in accepted if any(FAULTS[name].effect is Effect.REJECTED for name in s.faults)]
    assert 0.10 < len(spoilt) / len(accepted) < 0.25
    assert 0.02 < 1 - len(accepted) / len(full_plan.sendings) < 0.06


def test_two_faults_of_one_file_never_strike_the_same_place(full_plan: Plan) -> None:
    for sending in full_plan.sendings:
        places = Counter(FAULTS[name].place for name in sending.faults)
        assert all(count == 1 for count in places.values()), sending


def test_81_of_84_answer_the_campaign_of_2023(full_plan: Plan) -> None:
    answered = [t for t in full_plan.territories if full_plan.in_force((t.id, CAMPAIGN_QUARTER))]
    assert len(answered) == 81
    silent_then = {t.id for t in full_plan.territories} - {t.id for t in answered}
    assert any(territory in silent_then for territory, quarter in full_plan.silent if quarter != CAMPAIGN_QUARTER)


def test_the_published_date_splits_arrivals_at_midnight_in_paris(full_plan: Plan) -> None:
    arrivals = [s.received_at for s in full_plan.sendings if s.quarter == KNOWN_QUARTER]
    assert any(KNOWN_ON - timedelta(hours=1) < moment <= KNOWN_ON for moment in arrivals)
    assert any(KNOWN_ON < moment < KNOWN_ON + timedelta(hours=1) for moment in arrivals)
    assert KNOWN_ON.astimezone(PARIS).date().isoformat() == "2024-03-26"


def test_what_was_known_then_differs_from_what_is_known_now(full_plan: Plan) -> None:
    pairs = [(t.id, KNOWN_QUARTER) for t in full_plan.territories]
    then = [full_plan.in_force(pair, KNOWN_ON) for pair in pairs]
    now = [full_plan.in_force(pair) for pair in pairs]
    assert sum(s is not None for s in then) < sum(s is not None for s in now)
    assert any(a and b and a is not b for a, b in zip(then, now, strict=True))


def test_a_good_file_follows_most_rejected_ones(full_plan: Plan) -> None:
    rejected = {s.pair for s in full_plan.sendings if not s.accepted}
    followed = [pair for pair in rejected if full_plan.in_force(pair)]
    assert 0 < len(rejected) - len(followed) < len(followed)


def test_some_returns_are_late_by_weeks_and_none_by_more_than_three_months_and_a_half(
    full_plan: Plan, catalogue: Catalogue
) -> None:
    last_days = {quarter.code: quarter.last_day for quarter in catalogue.quarters}
    delays = [(s.received_at.date() - last_days[s.quarter]).days for s in full_plan.sendings if s.number == 1]
    assert 0.08 < sum(delay > 45 for delay in delays) / len(delays) < 0.25
    assert max(delays) <= 105


def test_a_small_plan_still_holds_an_accident_and_a_correction(catalogue: Catalogue) -> None:
    plan = draw(catalogue, 1, territories=6, quarters=4)
    assert any(s.accident for s in plan.sendings)
    assert any(s.state == "brouillon" for s in plan.sendings)


@pytest.mark.parametrize(("territories", "quarters"), [(1, 1), (1, 12), (2, 3), (3, 8), (84, 1)])
def test_sets_of_any_size_can_be_drawn(catalogue: Catalogue, territories: int, quarters: int) -> None:
    plan = draw(catalogue, 1, territories, quarters)
    assert len(figures.draw(catalogue, plan).activity) == territories * quarters
