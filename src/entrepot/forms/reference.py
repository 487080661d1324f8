"""Reference data the reader needs, read from the dbt seeds (the only copy of it)."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.forms.normalise import normalise


class ReferenceDataError(EntrepotError):
    """A seed that the reader needs is missing or lacks a column."""


@dataclass(frozen=True)
class Reference:
    """What the reader compares a workbook with.

    Attributes:
        territoires: known cités (`cde-001`…).
        modalites: for each list, the code of every normalised spelling that means it.
        libelles: for each list, the printed label of every code.
    """

    territoires: frozenset[str]
    modalites: Mapping[str, Mapping[str, str]]
    libelles: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, seeds_dir: Path) -> "Reference":
        """Read the seeds.

        Raises:
            ReferenceDataError: a seed is missing or lacks a column.
        """
        modalites: dict[str, dict[str, str]] = defaultdict(dict)
        libelles: dict[str, dict[str, str]] = defaultdict(dict)
        for liste, variante, code, nature in seed_rows(
            seeds_dir, "ref_variantes", "liste", "variante", "code", "nature"
        ):
            if nature != "contient":  # holds inside a longer text, not as the whole cell
                modalites[liste][normalise(variante)] = code
        for liste, libelle, code in seed_rows(seeds_dir, "ref_modalites", "liste", "libelle", "code"):
            modalites[liste][normalise(libelle)] = code
            libelles[liste][code] = libelle
        return cls(
            territoires=frozenset(code for (code,) in seed_rows(seeds_dir, "ref_territoires", "territoire_id")),
            modalites=dict(modalites),
            libelles=dict(libelles),
        )


def seed_rows(seeds_dir: Path, seed: str, *columns: str) -> Iterator[tuple[str, ...]]:
    """Rows of a seed, as the texts of some of its columns.

    Raises:
        ReferenceDataError: the seed is missing or lacks a column.
    """
    path = seeds_dir / f"{seed}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield tuple(row[column] for column in columns)
    except FileNotFoundError:
        raise ReferenceDataError(f"{path}: this seed is missing; the reader cannot do without it.") from None
    except KeyError as missing:
        raise ReferenceDataError(f"{path}: column {missing} is missing.") from None
