"""The list annexed to the labelling order, as senders of the national team save it (fictitious pactes)."""

from datetime import date

import pytest

from entrepot.forms.reader import Reference, read_return

from .form import Book, Value, csv_text, lines, rules, write_xlsx

HEADER: list[Value] = ["Territoire", "Département", "Contrat de ville", "Date", "Vague"]
PACTE: list[Value] = ["Pacte fictif", "59", "CN05901I", date(2025, 3, 1), "2025-1"]
READ = {
    "repere": None, "territoire": "Pacte fictif", "departement": "59", "contrat_ville": "CN05901I",
    "date_labellisation": "2025-03-01", "vague": "2025-1",
}  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [HEADER, PACTE],
        [["Annexe (données fictives)"], [], [None, *HEADER], [None, *PACTE], [None, "Total", 1]],
        [["territoire labellisé", "DEPARTEMENT", "Contrat(s) de ville", "Date de labellisation", "vague "], PACTE],
    ],
)
def test_the_list_is_found_on_any_sheet(reference: Reference, rows: list[list[Value]]) -> None:
    book: Book = {"Lisez-moi": [["Données fictives"]], "Annexe 1": rows}

    read = read_return(write_xlsx(book), "annexe.xlsx", reference)

    assert (read.genre, read.constats, lines(read, "pactes_liste")) == ("liste_pactes", [], [READ])


def test_the_list_as_csv(reference: Reference) -> None:
    read = read_return(csv_text([HEADER, PACTE]).encode("cp1252"), "annexe.csv", reference)

    assert (read.genre, read.format, read.constats) == ("liste_pactes", "csv", [])
    assert lines(read, "pactes_liste") == [{**READ, "date_labellisation": "01/03/2025"}]


def test_a_list_without_a_column_it_cannot_do_without(reference: Reference) -> None:
    read = read_return(write_xlsx({"Annexe": [HEADER[:3], PACTE[:3]]}), "annexe.xlsx", reference)

    assert (read.genre, rules(read)) == ("liste_pactes", ["STR-10", "SUS-11"])
    assert next(constat.champ for constat in read.constats if constat.regle == "STR-10") == "date_labellisation"
