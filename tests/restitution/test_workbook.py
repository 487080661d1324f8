"""The workbook holds the same figures as the page, as numbers, and no formula."""

from datetime import datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from .conftest import Report

HEADER = 4


@pytest.fixture(scope="module")
def book(report: Report) -> openpyxl.Workbook:
    return openpyxl.load_workbook(report.files.xlsx)


def rows(sheet: Worksheet) -> list[list[object]]:
    """Rows under the header, down to the first empty line."""
    found: list[list[object]] = []
    for line in sheet.iter_rows(min_row=HEADER + 1, values_only=True):
        if not any(value is not None for value in line):
            break
        found.append(list(line))
    return found


def test_one_sheet_a_subject_after_the_one_to_read_first(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        *["Lisez-moi", "Chiffres clés", "Couverture", "Retours absents", "Retours hors délai"],
        *["Axes", "Axes par région", "Bénéficiaires", "Bénéficiaires par public", "Bénéficiaires par région"],
        *["Gouvernance", "Gouvernance, moyennes", "Instances", "Partenariats", "Satisfaction sur un an", "Partenaires"],
        *["Pactes", "Séries bénéficiaires", "Séries axes", "Chiffres publiés", "Sources"],
        "Chemins des chiffres",
    ]


def test_read_me_gives_dates_and_definitions(book: openpyxl.Workbook) -> None:
    read_me = {row[0]: row[1] for row in book["Lisez-moi"].iter_rows(values_only=True)}
    assert "DONNÉES FICTIVES" in read_me
    assert "Données connues au 20/06/2024 (parution n° 7), comprenant le T1 2024" in str(read_me["Données"])
    assert "Un vide ne devient jamais 0." in str(read_me["Cinq états d’une valeur"])


def test_figures_are_numbers_with_their_denominators(book: openpyxl.Workbook) -> None:
    assert rows(book["Couverture"]) == [
        ["T4 2023", 2, 3, 0, 2, 1, 3, 0, 3],
        ["T1 2024", 2, 3, 1, 2, 0, 3, 1, 3],
    ]
    assert rows(book["Séries bénéficiaires"]) == [
        ["T4 2023", "Déduit", 2101, 30101, -12, 9102, 2, 3, 1, 3, 1, 3, 1, 2],
        ["T1 2024", "Déclaré", 2201, 32302, 2202, 11304, 2, 3, 1, 3, 1, 3, 0, 2],
    ]
    share = book["Gouvernance"]["E5"]
    assert (share.value, share.number_format) == (0.5, "0.0 %")


def test_dates_are_dates(book: openpyxl.Workbook) -> None:
    due = book["Retours absents"]["D5"]
    assert (due.value, due.number_format) == (datetime(2024, 5, 15), "dd/mm/yyyy")  # noqa: DTZ001


def test_small_counts_and_missing_values_are_words(book: openpyxl.Workbook) -> None:
    assert rows(book["Bénéficiaires par public"])[1:] == [
        ["Jeunes 16-25 ans", 2301, 12301, "n.d.", "n.d.", 2, 3],
        ["RQTH", "<\u202f5", 41, "<\u202f5", "<\u202f5", 2, 3],
    ]
    texts = [row[0] for row in book["Bénéficiaires par public"].iter_rows(values_only=True)]
    assert any("aucun retour du trimestre ne permet de le calculer" in str(text) for text in texts)


def test_no_text_becomes_a_formula(book: openpyxl.Workbook) -> None:
    suspicious = book["Partenaires"]["A5"]
    assert (suspicious.value, suspicious.data_type, suspicious.quotePrefix) == ("=1+1", "s", True)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_each_figure_has_its_path(book: openpyxl.Workbook) -> None:
    paths = {(sheet, cell): path for sheet, cell, path in rows(book["Chemins des chiffres"])}
    assert paths["Axes", "C5"] == "bilan_axes/2024-T1/france/FR/recenser_federer/occurrences/valeur_trimestre"
    assert paths["Gouvernance", "D5"] == "bilan_gouvernance/2024-T1/france/FR/animateur_volet_emploi/oui/denominateur"
    assert paths["Gouvernance, moyennes", "B6"] == "bilan_gouvernance/2024-T1/france/FR/etp//moyenne"
    numbers = {
        (sheet.title, cell.coordinate)
        for sheet in book
        for line in sheet.iter_rows(min_row=HEADER + 1)
        for cell in line
        if cell.data_type == "n" and cell.value is not None
    }
    assert numbers <= paths.keys()


def test_headers_stay_in_sight(book: openpyxl.Workbook) -> None:
    assert book["Axes par région"].freeze_panes == "B5"
    assert all(sheet.freeze_panes == "B5" for sheet in book if sheet.title != "Lisez-moi")
