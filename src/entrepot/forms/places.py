"""Where the blank form puts things: one place, in rows and columns from 1, for each label and each answer.

Reading finds them wherever the sender moved them; writing puts them here, for blank forms and for sample returns.
"""

from collections.abc import Iterator
from typing import NamedTuple

from entrepot.forms.vintage import Champ, Tableau


class Place(NamedTuple):
    """A cell."""

    row: int
    column: int


def fields(tableau: Tableau) -> Iterator[tuple[Champ, Place]]:
    """Fields of a table, and where the label of each stands."""
    for rank, champ in enumerate(tableau.champs):
        down = tableau.genre == "fiche"
        yield champ, Place(tableau.ligne + rank, 1) if down else Place(tableau.ligne, 1 + rank)


def answer_place(tableau: Tableau, label: Place, line: int) -> Place:
    """Where an answer stands: beside its question, or under its header.

    Args:
        tableau: the table.
        label: place of the label.
        line: rank of the line under the header, from 1; of no effect in a fiche.
    """
    return Place(label.row, label.column + 1) if tableau.genre == "fiche" else Place(label.row + line, label.column)
