"""What the form prints: the labels of its lists, and answers the way it asks for them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from entrepot.forms.reference import seed_rows
from entrepot.forms.vintage import Champ
from entrepot.restitution import french

# An answer as it is known, before it is written: codes, several of them in a tuple, numbers, dates, texts.
Answer = str | int | float | date | tuple[str, ...] | None
Line = Mapping[str, Answer]
Printed = str | int | float | date | None


@dataclass(frozen=True)
class Choices:
    """Labels of the lists, in the order in which they are printed.

    Attributes:
        lists: list -> code -> label.
        by_vintage: (vintage, list) -> code -> label, where a vintage prints its own.
    """

    lists: Mapping[str, Mapping[str, str]]
    by_vintage: Mapping[tuple[str, str], Mapping[str, str]]

    @classmethod
    def load(cls, seeds_dir: Path) -> "Choices":
        """Read the seeds `ref_modalites` and `ref_variantes`.

        Raises:
            ReferenceDataError: a seed is missing or lacks a column.
        """
        lists: dict[str, dict[str, str]] = defaultdict(dict)
        for liste, code, label in seed_rows(seeds_dir, "ref_modalites", "liste", "code", "libelle"):
            lists[liste][code] = label
        by_vintage: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        columns = ("liste", "code", "variante", "nature", "millesimes")
        for liste, code, label, nature, vintages in seed_rows(seeds_dir, "ref_variantes", *columns):
            for vintage in vintages.split(";") if nature == "autre_millesime" else ():
                by_vintage[vintage.strip(), liste].setdefault(code, label)
        return cls(dict(lists), dict(by_vintage))

    def of(self, liste: str, millesime: str) -> dict[str, str]:
        """Label of each code of a list, as a vintage prints it."""
        return {**self.lists[liste], **self.by_vintage.get((millesime, liste), {})}

    def label(self, liste: str, code: str, millesime: str) -> str:
        """Label of a code, as a vintage prints it."""
        return self.by_vintage.get((millesime, liste), {}).get(code) or self.lists[liste][code]

    def printed(self, answer: Answer, champ: Champ, millesime: str) -> Printed:
        """An answer as the form asks for it: labels for codes, « T4 2023 » for a quarter, several items with `; `."""
        if isinstance(answer, tuple):
            items = [self.label(champ.liste, item, millesime) if champ.liste else item for item in answer]
            return "; ".join(items) or None
        if answer is None:
            return None
        if champ.type == "trimestre":
            return french.quarter(str(answer))
        if champ.liste:
            return as_typed(self.label(champ.liste, str(answer), millesime))
        return answer


def as_typed(label: str) -> str | int:
    """A label as a spreadsheet keeps it: a note is a number."""
    return int(label) if label.isdigit() else label
