"""A faultless return as a grid of values, where the blank form puts them, and what cases change in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import column_index_from_string, range_boundaries

from entrepot.forms.vintage import Millesime, Tableau, vintages

from .model import Case, CaseError, Change, Typed, base

PUBLICS = {
    "ensemble": "Ensemble", "femmes": "Femmes", "jeunes": "Jeunes 16-25 ans", "seniors": "Seniors 50 ans et plus",
    "deld": "Demandeurs d'emploi de longue durée", "rsa": "Bénéficiaires du RSA", "parents_isoles": "Parents isolés",
    "rqth": "RQTH", "primo_arrivants": "Primo-arrivants",
}  # fmt: skip
LISTS = ("actions", "instances", "partenaires")
_REFERENCE = re.compile(r"(.+)!([A-Z]+)(\d+)")


@dataclass
class Page:
    """A sheet; rows and columns count from 1, as its reader sees them."""

    rows: list[list[Typed]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    grouped_rows: set[int] = field(default_factory=set)
    filtered: str | None = None
    merges: list[str] = field(default_factory=list)
    coloured: list[str] = field(default_factory=list)

    def put(self, row: int, column: int, value: Typed) -> None:
        """Put a value somewhere, growing the sheet as needed."""
        self.rows += [[] for _ in range(row - len(self.rows))]
        cells = self.rows[row - 1]
        cells += [None] * (column - len(cells))
        cells[column - 1] = value


Book = dict[str, Page]


def vintage_of(case: Case) -> Millesime:
    """The vintage of the form that a case fills in."""
    return next(vintage for vintage in vintages() if vintage.millesime == case.millesime)


def table_of(case: Case, name: str) -> Tableau:
    """A table of that vintage."""
    return next(tableau for tableau in vintage_of(case).tableaux if tableau.tableau == name)


def book_of(case: Case, answers: Mapping[str, Typed], lines: Mapping[str, Sequence[Mapping[str, Typed]]]) -> Book:
    """The form filled in, then changed.

    Args:
        case: what is changed.
        answers: of this file only, by field, where a sheet has one answer.
        lines: likewise, lines of a list instead of those of the faultless return.
    """
    said = base()[case.millesime]
    book: Book = {"Lisez-moi": Page([["Données fictives"]])}
    for tableau in vintage_of(case).tableaux:
        page = book.setdefault(tableau.feuille, Page([[tableau.feuille]]))
        page.rows += [[] for _ in range(tableau.ligne - 1 - len(page.rows))]
        page.rows += _table(tableau, said[tableau.tableau], {**case.reponses, **answers}, lines.get(tableau.tableau))
    for change in case.changements:
        apply(book, change, case)
    return book


def _table(
    tableau: Tableau, said: Any, answers: Mapping[str, Typed], lines: Sequence[Mapping[str, Typed]] | None
) -> list[list[Typed]]:
    if tableau.genre == "fiche":
        given = {**said, **{champ: value for champ, value in answers.items() if champ in tableau.par_champ}}
        return [[champ.libelle, given.get(champ.champ)] for champ in tableau.champs]
    header: list[Typed] = [champ.libelle for champ in tableau.champs]
    if tableau.genre == "croise":
        key, *figures = tableau.champs
        return [header, *([PUBLICS[code], *(said[code] for _ in figures)] for code in key.modalites)]
    return [header, *([line.get(champ.champ) for champ in tableau.champs] for line in lines or said)]


def apply(book: Book, change: Change, case: Case) -> None:  # noqa: PLR0912 - one branch for each kind of change
    """Do one thing to a workbook."""
    (kind,) = change.model_fields_set
    what: Any = getattr(change, kind)
    match kind:
        case "mettre":
            for place, value in what.items():
                sheet, row, column = _place(book, place, case)
                book[sheet].put(row, column, value)
        case "inserer_lignes":
            added: list[list[Typed]] = [list(row) for row in what.lignes] or [[] for _ in range(what.combien)]
            at = len(book[what.feuille].rows) if what.avant is None else int(what.avant) - 1
            book[what.feuille].rows[at:at] = added
        case "inserer_colonnes":
            at = column_index_from_string(what.avant) - 1
            for number, cells in enumerate(book[what.feuille].rows):
                if cells or what.lignes:
                    cells.extend([None] * (at - len(cells)))
                    cells[at:at] = what.lignes[number] if number < len(what.lignes) else [None] * what.combien
        case "supprimer_lignes":
            page, (_, first, _, last) = _range(book, what, case)
            del page.rows[first - 1 : last]
        case "supprimer_colonne":
            page, (column, *_) = _range(book, what, case)
            for cells in page.rows:
                del cells[column - 1 : column]
        case "renommer":
            renamed = {what.get(name, name): page for name, page in book.items()}
            book.clear()
            book.update(renamed)
        case "ajouter_feuille":
            book[what.nom] = Page([list(row) for row in what.lignes])
        case "retirer_feuille":
            del book[what]
        case "ordre":
            for name in what:
                book[name] = book.pop(name)
        case "masquer_feuille":
            book[what].hidden = True
        case "fusionner" | "colorer":
            page, _ = _range(book, what, case)
            (page.merges if kind == "fusionner" else page.coloured).append(what.rpartition("!")[2])
        case _:
            page, (left, top, right, bottom) = _range(book, what, case)
            if kind == "masquer_colonnes":
                page.hidden_columns.update(range(left, right + 1))
            elif kind == "grouper_lignes":
                page.grouped_rows.update(range(top, bottom + 1))
            else:
                page.hidden_rows.update(range(top, bottom + 1))
                if kind == "filtrer":
                    page.filtered = f"A{top - 1}:P{bottom}"


def _place(book: Book, reference: str, case: Case) -> tuple[str, int, int]:
    found = _REFERENCE.fullmatch(reference)
    if not found or found[1] not in book:
        raise CaseError(f"case « {case.nom} »: « {reference} » is no cell of its workbook.")
    return found[1], int(found[3]), column_index_from_string(found[2])


def _range(book: Book, reference: str, case: Case) -> tuple[Page, tuple[int, int, int, int]]:
    sheet, _, cells = reference.rpartition("!")
    if sheet not in book:
        raise CaseError(f"case « {case.nom} »: « {reference} » names no sheet of its workbook.")
    left, top, right, bottom = range_boundaries(cells)
    return book[sheet], (left or 1, top or 1, right or left or 1, bottom or top or 1)
