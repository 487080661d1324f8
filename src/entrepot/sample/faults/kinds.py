"""What a fault is: a name, what it must lead to, where it strikes, and the function that plants it."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from entrepot.forms.vintage import Millesime
from entrepot.sample.book import Book, Cell, Row, Sheet
from entrepot.sample.catalogue import Catalogue, Quarter, Territory

EVERY_MAKER = frozenset({"xlsxwriter", "openpyxl", "ods", "xls", "csv"})
OFFICE = frozenset({"xlsxwriter", "openpyxl", "xls"})
XLSX = frozenset({"xlsxwriter", "openpyxl"})
BOTH_VINTAGES = frozenset({"2022", "2024"})

# Figures of the cross table told in earlier quarters, oldest first, by rank of the line and field.
Told = Mapping[tuple[int, str], Sequence[int]]


class Effect(StrEnum):
    """What the warehouse must make of a fault; the values are what the ledger says."""

    SILENT = "accepte_sans_constat"
    SUSPICION = "accepte_avec_suspicion"
    REJECTED = "cellule_rejetee"
    RETURNED = "retour_rejete"


@dataclass(frozen=True)
class Case:
    """A filled workbook about to be spoiled: whose it is, and the generator to draw from.

    `told` gives the people counted by the cité's earlier files in this form, when this one arrives. `before` gives its
    file of the quarter before, in force then, unless something is to be said of the people it counts.
    `spoilt` are the cells that a finding is expected on already (by `id`): a line that has one takes no other fault,
    which could hide the first.
    """

    book: Book
    territory: Territory
    quarter: Quarter
    catalogue: Catalogue
    form: Millesime
    rng: random.Random
    told: Callable[[], Told]
    before: Callable[[], Book | None]
    spoilt: set[int] = field(default_factory=set)


# Where a finding is expected: a cell, a line, a sheet, or the whole file.
Place = Cell | Row | Sheet | Book


@dataclass(frozen=True)
class Brought:
    """One more finding that a fault must bring, or one whose rule depends on the book."""

    place: Place
    rule: str
    effect: Effect


# The spoilt places: those that stand alone bring the rule of their fault.
Touched = Sequence[Place | Brought]
Plant = Callable[[Case], Touched]


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Attributes:
        name: French, as the ledger shows it.
        effect: what must come of it.
        rule: code of the rule that must find it (`expectations/`), '' when nothing may be said.
        place: two faults of the same place are never planted in one file.
        makers: libraries able to write it.
        vintages: forms it exists in.
        in_t4: True only in T4, False never in T4, None anywhere.
        on_sheets: moves rows, columns or sheets about: planted after those that change a cell.
        plant: spoils the book, returns what it touched (nothing when this book offers no place for it).
    """

    name: str
    effect: Effect
    rule: str
    place: str
    makers: Collection[str]
    vintages: Collection[str]
    in_t4: bool | None
    on_sheets: bool
    plant: Plant

    def suits(self, maker: str, quarter: Quarter) -> bool:
        """Whether a file of this maker for this quarter can carry it."""
        return maker in self.makers and quarter.vintage in self.vintages and self.in_t4 in (None, quarter.asks_partners)


FAULTS: dict[str, Fault] = {}


def fault(
    effect: Effect,
    place: str,
    rule: str = "",
    *,
    makers: Collection[str] = EVERY_MAKER,
    vintages: Collection[str] = BOTH_VINTAGES,
    in_t4: bool | None = None,
    on_sheets: bool = False,
) -> Callable[[Plant], Plant]:
    """Register the decorated function as a kind of fault named after it."""

    def register(plant: Plant) -> Plant:
        name = plant.__name__
        FAULTS[name] = Fault(name, effect, rule, place, makers, vintages, in_t4, on_sheets, plant)
        return plant

    return register
