"""Ledgers of corrections, written from readable lines (fictitious decisions)."""

from datetime import date
from typing import Any

from tests.forms.form import Value, answer, csv_text, filled, place, write_xlsx

HEADER: list[Value] = [
    "Cité", "Trimestre", "Tableau", "Repère", "Champ", "Ancienne valeur", "Nouvelle valeur", "Motif",
    "Pièce justificative", "Auteur", "Date de décision",
]  # fmt: skip
WHY: list[Value] = ["Erreur de saisie (exemple fictif)", "Note 12", "Pôle emploi et territoires – ANCT"]
CITE, QUARTER = "cde-045", "2023-T4"


def line(
    tableau: str,
    repere: Value,
    champ: str | None,
    old: Value,
    new: Value,
    *,
    cite: str = CITE,
    quarter: str = QUARTER,
    day: date = date(2024, 3, 15),
) -> list[Value]:
    """A line that wants nothing."""
    return [cite, quarter, tableau, repere, champ, old, new, *WHY, day]


def ledger(*lines: list[Value]) -> bytes:
    """A ledger as a workbook."""
    return write_xlsx({"Registre": [["Registre des corrections (fictif)"], [], HEADER, *lines]})


def ledger_csv(*lines: list[Value]) -> bytes:
    """A ledger as French spreadsheets save it as CSV."""
    return csv_text([HEADER, *lines]).encode("cp1252")


def a_return(cite: str = CITE, quarter: str = QUARTER, **answers: Any) -> bytes:
    """A return of a cité; an answer other than the usual one is given by the cell that holds it.

    Args:
        answers: `occurrences` of the first action, `etp`, `identifies` (women and men alike, of the whole public).
    """
    book = filled("2024" if quarter >= "2024" else "2022", quarter)
    answer(book, "Identifiant de la cité", cite)
    if "etp" in answers:
        answer(book, "ETP d'ingénierie dédiés", answers["etp"], "Gouvernance")
    for field, sheet, label in (
        ("occurrences", "Actions", "Nombre d'occurrences"),
        ("identifies", "Bénéficiaires", "Identifiés"),
    ):
        if field in answers:
            row, column = place(book, sheet, label)
            book[sheet][row + 1][column] = answers[field]
    return write_xlsx(book)
