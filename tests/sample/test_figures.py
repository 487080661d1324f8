"""National totals: allocated, then recomputed from the workbooks written."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.forms.reader import read_return
from entrepot.forms.reference import Reference
from entrepot.sample.catalogue import Catalogue
from entrepot.sample.figures import allocate, exploitable
from entrepot.sample.plan import KNOWN_ON
from entrepot.settings import Settings

from .conftest import Sample

Row = dict[str, str]
Tables = dict[str, list[Row]]
Pair = tuple[str, str]
Received = dict[Pair, list[tuple[datetime, Tables]]]


@given(st.integers(0, 5000), st.lists(st.floats(0.1, 10), min_size=1, max_size=60), st.integers(0, 3))
def test_allocation_adds_up_to_the_total(total: int, weights: list[float], floor: int) -> None:
    parts = allocate(total, weights, floor)
    assert sum(parts) == max(total, floor * len(weights))
    assert min(parts) >= floor


@given(st.integers(0, 500), st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_allocation_never_passes_a_cap(total: int, caps: list[int]) -> None:
    parts = allocate(total, [1.0] * len(caps), cap=caps)
    assert all(part <= cap for part, cap in zip(parts, caps, strict=True))
    assert sum(parts) == min(total, sum(caps))


@pytest.mark.parametrize(("known", "percent"), [(84, 62), (80, 62), (78, 67), (75, 67), (70, 62)])
def test_a_share_of_the_usable_answers_rounds_to_the_published_one(known: int, percent: int) -> None:
    denominator, count = exploitable(known, percent)
    assert denominator < known
    assert round(100 * count / denominator) == percent


# The same totals, counted in the files


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.load(Settings().seeds_dir)


@pytest.fixture(scope="module")
def accepted(published: Sample, reference: Reference) -> Received:
    """What each accepted file says, as typed, by territory and quarter, oldest first."""
    found: Received = defaultdict(list)
    for file in published.truth["fichiers"]:
        if file["verdict"] == "accepte" and file["trimestre"] and not file["memes_octets_que"]:
            content = (published.folder / file["fichier"]).read_bytes()
            tables = _tables(read_return(content, file["fichier"], reference))
            found[file["territoire_id"], file["trimestre"]].append((datetime.fromisoformat(file["recu_le"]), tables))
    return found


def _tables(read: object) -> Tables:
    """Lines of a read return by table and field, in text."""
    columns = {tableau: where for tableau, _, _, where in read.tableaux}  # type: ignore[attr-defined]
    tables: Tables = defaultdict(list)
    for _, _, tableau, nature, repere, cells, _ in read.lignes:  # type: ignore[attr-defined]
        if nature == "donnee":
            row = {champ: cells[c - 1] or "" for champ, c in columns[tableau].items() if c <= len(cells)}
            tables[tableau].append(row | {"repere": repere or ""})
    return tables


def _in_force(accepted: Received, on: datetime | None = None) -> dict[Pair, Tables]:
    kept = {
        pair: [tables for moment, tables in files if on is None or moment <= on] for pair, files in accepted.items()
    }
    return {pair: versions[-1] for pair, versions in kept.items() if versions}


@pytest.fixture(scope="module")
def first_year(accepted: Received) -> dict[Pair, Tables]:
    return {pair: tables for pair, tables in _in_force(accepted).items() if pair[1] <= "2022-T4"}


def _actions(returns: dict[Pair, Tables], axis: str) -> Iterator[Row]:
    for tables in returns.values():
        yield from (row for row in tables["actions"] if row["axe"].endswith(axis))


def _occurrences(returns: dict[Pair, Tables], axis: str) -> int:
    return sum(_whole(row["occurrences"]) for row in _actions(returns, axis))


def _whole(text: str) -> int:
    """A count as typed; what is no plain number counts for nothing, as its cell is rejected."""
    return int(text) if text.isdigit() else 0


def test_actions_add_up_to_the_published_totals(
    first_year: dict[Pair, Tables], published: Sample, catalogue: Catalogue
) -> None:
    counted = {
        "actions_coordination": _occurrences(first_year, "Recenser et fédérer"),
        "actions_evenements": sum(
            _whole(row["occurrences"]) for row in _actions(first_year, "Aller-vers et raccrocher")
        ),
        "actions_freins": sum(row["frein"].upper() != "AUCUN" for row in _actions(first_year, "Innover")),
    }
    for indicator, count in counted.items():
        assert count == published.truth["totaux"][indicator], indicator
        assert _rounds_to_published(count, indicator, catalogue), indicator


def test_people_add_up_to_the_published_totals(
    first_year: dict[Pair, Tables], published: Sample, catalogue: Catalogue
) -> None:
    """The last cumul told by each territory, carried forward when it is silent."""
    last = {territory: tables for (territory, _), tables in sorted(first_year.items())}
    assert len(last) == 84
    for column, indicator in (
        ("identifies", "beneficiaires_identifies"),
        ("touches_frein", "beneficiaires_touches_frein"),
    ):
        everyone = (row for tables in last.values() for row in tables["beneficiaires"] if row["repere"] == "ensemble")
        total = sum(int(row[column]) for row in everyone)
        assert total == published.truth["totaux"][indicator]
        assert _rounds_to_published(total, indicator, catalogue)


def _rounds_to_published(total: int, indicator: str, catalogue: Catalogue) -> bool:
    value, precision = catalogue.published[indicator]
    return round(total / precision) * precision == value and total != value


def test_shares_as_known_on_the_published_day(accepted: Received) -> None:
    shares = _governance_shares(_in_force(accepted, KNOWN_ON))
    assert [round(share) for share in shares] == [62, 67]


def test_shares_have_moved_since(accepted: Received) -> None:
    assert _governance_shares(_in_force(accepted)) != _governance_shares(_in_force(accepted, KNOWN_ON))


def _governance_shares(returns: dict[Pair, Tables]) -> tuple[float, float]:
    answers = [
        {row["repere"]: row[row["repere"]] for row in tables["gouvernance"]}
        for (_, quarter), tables in returns.items()
        if quarter == "2023-T4"
    ]
    leads = [a["animateur_volet_emploi"] for a in answers if a["animateur_volet_emploi"] in ("Oui", "Non", "En cours")]
    levels = [int(a["niveau_cooperation"]) for a in answers if a["niveau_cooperation"].isdigit()]
    return 100 * leads.count("Oui") / len(leads), 100 * sum(level >= 4 for level in levels) / len(levels)


def _of_a_partner(tables: Tables) -> list[dict[str, str]]:
    """Lines that say which partner they speak of; the others count for nobody."""
    return [row for row in tables["partenaires"] if row["partenaire"]]


def test_partners_associated(accepted: Received) -> None:
    counts = [
        sum(row["associe"] == "Oui" for row in _of_a_partner(tables))
        for (_, quarter), tables in _in_force(accepted, KNOWN_ON).items()
        if quarter == "2023-T4"
    ]
    assert round(mean(counts)) == 14
    assert max(counts) == 27


@pytest.mark.parametrize("on", [None, KNOWN_ON])
def test_satisfaction_rises_for_every_partner(accepted: Received, catalogue: Catalogue, on: datetime | None) -> None:
    notes = {label: int(code) for code, label in catalogue.lists["satisfaction"].items() if code.isdigit()}
    returns = _in_force(accepted, on)
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for territory in catalogue.territories:
        before, after = returns.get((territory.id, "2022-T4")), returns.get((territory.id, "2023-T4"))
        if before and after:
            # Partners are listed in the same order on every form, whatever name the sender gives them.
            for rank, (a, b) in enumerate(zip(_of_a_partner(before), _of_a_partner(after), strict=True)):
                if a["satisfaction"] in notes and b["satisfaction"] in notes:
                    pairs[rank].append((notes[a["satisfaction"]], notes[b["satisfaction"]]))
    assert len(pairs) == 27
    for rank, both in pairs.items():
        assert mean(b for _, b in both) > mean(a for a, _ in both), rank
        assert sum(b >= 3 for _, b in both) > sum(a >= 3 for a, _ in both), rank
