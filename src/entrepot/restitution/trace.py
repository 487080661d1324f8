"""`entrepot trace`: a figure, how it is computed, and every cell it is made of."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from entrepot.restitution import french
from entrepot.restitution.figures import Figure, Shape, catalogue, parse_figure
from entrepot.restitution.instant import Instant
from entrepot.restitution.lineage import Sum
from entrepot.restitution.marts import Row, read_published, release_of
from entrepot.restitution.sources import Cell, Leaf, Node, find_sources, leaves
from entrepot.settings import Settings

WORDS = {
    Sum.SUM: "leur somme",
    Sum.COUNT: "leur nombre",
    Sum.TERRITORIES: "le nombre de leurs cités",
    Sum.MEAN: "leur moyenne",
    Sum.PERCENTAGE: "leur moyenne, en %,",
    Sum.MEAN_BY_TERRITORY: "leur moyenne par cité",
    Sum.HIGHEST_BY_TERRITORY: "le plus grand total d’une cité",
    Sum.DIFFERENCE: "leur différence",
    Sum.RATIO: "leur rapport",
}


@dataclass(frozen=True)
class Line:
    """A cell behind a figure; a whole return when it has no address.

    `valeur_lue` is what the warehouse read in it, `compte_pour` what it brings to the figure, where that can be told.
    """

    cite: str | None
    trimestre: str | None
    recepisse: int | None
    fichier: str | None
    feuille: str | None
    cellule: str | None
    texte_saisi: str | None
    etat: str | None
    regle: str | None
    valeur_lue: str | None
    compte_pour: Decimal | None
    vient_de: str


@dataclass(frozen=True)
class Trace:
    """What is said of a figure; `unfilled` counts the values read that no filled cell gave."""

    figure: Figure
    node: Node
    shape: Shape
    release: Row
    instant: Instant | None
    lines: list[Line]
    unfilled: int

    @property
    def summary(self) -> dict[str, str]:
        """The figure in words, in French: what it is, its value, how it is computed and checked."""
        said = {
            "Chiffre": str(self.figure),
            "Sens": self.shape.descriptions.get(self.figure.column, ""),
            "Valeur": shown(self.node.value),
            "Connu": self._known(),
            "Calcul": self.node.lineage.text,
        }
        if self.node.reference:
            said["Source"] = self.node.reference
        if not self.node.lineage.sans:
            said |= {"Fait de": "".join(self._made_of())}
        if self.node.lineage.sources:
            said |= {"Vérification": self._verified()}
        return said

    def _known(self) -> str:
        said = f"le {french.day(self.release['connu_le'])}" if self.instant is None else f"au {self.instant.label}"
        if self.node.known_on:
            said += f" ; ses sources au {self.node.known_on.label}"
        return f"{said} (parution n° {self.release['parution_id']})"

    def _made_of(self) -> Iterator[str]:
        parts = Counter((part.node.figure.mart, part.node.figure.column) for part in self.node.parts)
        if parts:
            yield ", ".join(f"{french.number(number)} × {mart}.{column}" for (mart, column), number in parts.items())
            yield " ; "
        cells = sum(line.cellule is not None for line in self.lines)
        receipts = len({line.recepisse for line in self.lines if line.recepisse})
        yield french.plural(cells, "case", "cases") + ", " if cells else ""
        yield french.plural(receipts, "classeur reçu", "classeurs reçus")
        if self.unfilled:
            yield f" ; {french.plural(self.unfilled, 'valeur', 'valeurs')} sans case remplie"

    def _verified(self) -> str:
        if self.node.checks is None:
            return (
                "rien à recompter : ces lignes disent d’où vient le chiffre, il ne s’en déduit pas par un calcul simple"
            )
        computed = shown(self.node.computed if self.node.computed is not None else Decimal(0))
        way = f"{WORDS[self.node.lineage.calcul]} est {computed}"
        if not self.node.checks:
            return f"{way} : ce n’est pas le chiffre"
        brought = [line.compte_pour for line in self.lines if line.compte_pour is not None]
        if self.node.lineage.calcul is Sum.SUM and sum(brought) == self.node.value:
            return f"la somme des cases est {computed} : c’est le chiffre"
        return f"{way} : c’est le chiffre"


def trace(connection_url: str, settings: Settings, text: str, instant: Instant | None = None) -> Trace:
    """Trace a figure back to its cells.

    Args:
        connection_url: `postgresql://…` of an account that may read the marts; nothing else is read.
        text: the figure, as a person writes it.
        instant: when it is known; the present if None.

    Raises:
        FigureError: it names nothing; the sentence says what there is.
        ReportError: nothing is published, or the marts cannot be read.
    """
    figure = parse_figure(text, settings)

    def read(connection: psycopg.Connection[Row]) -> Trace:
        figure.value(connection)  # says what is wrong with the key, if anything
        node = find_sources(connection, settings, [figure], instant)[figure]
        lines, unfilled = _lines(node)
        return Trace(
            figure, node, catalogue(settings.dbt_dir)[figure.mart], release_of(connection), instant, lines, unfilled
        )

    return read_published(connection_url, read, instant)


def shown(value: Any) -> str:
    """A value as a French reader expects it."""
    if value is None:
        return "(vide)"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | Decimal):
        places = max(0, -int(Decimal(value).normalize().as_tuple().exponent))
        return french.number(value, min(places, 6))
    if isinstance(value, date | datetime):
        return french.day(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _lines(node: Node) -> tuple[list[Line], int]:
    lines: list[Line] = []
    unfilled = 0
    for leaf in sorted(leaves(node), key=_place):
        if not leaf.node.cells and not leaf.node.lineage.retour:
            unfilled += leaf.node.value is not None
            continue
        for rank, cell in enumerate(leaf.node.cells or [Cell(None)]):
            # Cells read together, such as a partner named on two lines, bring what they say once.
            lines.append(_line(leaf, cell, leaf.brings if rank == 0 else None))
    return lines, unfilled


def _place(leaf: Leaf) -> tuple[Any, ...]:
    node = leaf.node
    first = node.cells[0] if node.cells else Cell(None)
    receipt = node.recepisse_id or 0
    return node.territoire_id or "", node.trimestre or "", receipt, first.feuille or "", first.place, str(node.figure)


def _line(leaf: Leaf, cell: Cell, brings: Decimal | None) -> Line:
    node = leaf.node
    return Line(
        cite=node.territoire_id,
        trimestre=node.trimestre,
        recepisse=node.recepisse_id,
        fichier=cell.nom_fichier,
        feuille=cell.feuille,
        cellule=cell.cellule,
        texte_saisi=cell.texte_saisi,
        etat=cell.etat,
        regle=cell.regle,
        valeur_lue=None if node.value is None else shown(node.value),
        compte_pour=brings,
        vient_de=str(node.figure),
    )
