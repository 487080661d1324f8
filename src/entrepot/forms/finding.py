"""What the reader has to say of a file."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Constat:
    """A finding of the reader; rows and columns count from 1.

    Attributes:
        regle: code of a rule of `expectations/lecture.yaml`, which holds its severity and its sentence.
        contexte: what the sentence quotes besides the place and the value.
    """

    regle: str
    tableau: str | None = None
    champ: str | None = None
    feuille: str | None = None
    ligne: int | None = None
    colonne: int | None = None
    valeur: str | None = None
    contexte: dict[str, Any] = field(default_factory=dict)
