"""What python-calamine does not tell of a sheet: errors, formulas never computed, merges, hidden parts."""

from dataclasses import dataclass, field

ERROR = "erreur_tableur"
NO_VALUE = "formule_sans_valeur"


@dataclass(slots=True)
class Peculiarities:
    """Peculiarities of one sheet; rows and columns count from 0.

    Attributes:
        errors: text of each error cell (`#REF!`), by row and column.
        unvalued: formulas without a cached value.
        tall_merges: ranges merged over several lines: first row, first column, last row.
        partly_hidden: some rows or columns are hidden, grouped or filtered out.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unvalued: list[tuple[int, int]] = field(default_factory=list)
    tall_merges: list[tuple[int, int, int]] = field(default_factory=list)
    partly_hidden: bool = False
