"""Filled forms for the tests (fictitious answers), as grids of values that several libraries write to files."""

import csv
import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import xlsxwriter
import xlwt
from odfdo import Cell, Document, Row, Table

from entrepot.forms.reader import ReadReturn
from entrepot.forms.vintage import Tableau, vintages

Value = str | int | float | date | bool | None
Book = dict[str, list[list[Value]]]

IDENTIFICATION: dict[str, Value] = {
    "territoire_id": "cde-045",
    "nom_cite": "Cité fictive",
    "arrete_au": date(2024, 1, 15),
    "structure_porteuse": "Structure fictive",
    "type_structure": "EPCI",
    "perimetre": "Commune",
    "qpv_couverts": "QP059001; QP059002",
    "version_gabarit": "2024",
}
ACTIONS: list[dict[str, Value]] = [
    {"numero": 1, "axe": "Recenser et fédérer", "intitule": "Groupe fictif", "occurrences": 3, "cout_total": 1200.5},
    {"numero": 2, "axe": "Innover", "intitule": "Permis fictif", "frein": "Mobilité", "date_fin": date(2023, 12, 1)},
]
GOUVERNANCE: dict[str, Value] = {"service_copilote": "DDETS", "etp": 1.5, "niveau_cooperation": 4}
INSTANCES: list[dict[str, Value]] = [{"instance": "Comité fictif", "niveau": "Suivi", "reunions": 2}]
PARTENAIRES: list[dict[str, Value]] = [{"partenaire": "Mission locale", "associe": "Oui"}, {"partenaire": "CAF"}]
PUBLICS = {
    "ensemble": "Ensemble", "femmes": "Femmes", "jeunes": "Jeunes 16-25 ans", "seniors": "Seniors 50 ans et plus",
    "deld": "Demandeurs d'emploi de longue durée", "rsa": "Bénéficiaires du RSA", "parents_isoles": "Parents isolés",
    "rqth": "RQTH", "primo_arrivants": "Primo-arrivants",
}  # fmt: skip


def filled(millesime: str, trimestre: str) -> Book:
    """The form of a vintage as the blank form lays it out, filled in."""
    vintage = next(vintage for vintage in vintages() if vintage.millesime == millesime)
    book: Book = {"Lisez-moi": [["Données fictives"]]}
    for tableau in vintage.tableaux:
        sheet = book.setdefault(tableau.feuille, [[tableau.feuille]])
        sheet += [[] for _ in range(tableau.ligne - 1 - len(sheet))]
        sheet += _table(tableau, trimestre)
    return book


def _table(tableau: Tableau, trimestre: str) -> list[list[Value]]:
    if tableau.genre == "fiche":
        answers = {**IDENTIFICATION, **GOUVERNANCE, "trimestre": trimestre}
        return [[champ.libelle, answers.get(champ.champ)] for champ in tableau.champs]
    header: list[Value] = [champ.libelle for champ in tableau.champs]
    if tableau.genre == "croise":
        key, *figures = tableau.champs
        return [header, *([PUBLICS[code], *range(100, 100 + len(figures))] for code in key.modalites)]
    records = {"actions": ACTIONS, "instances": INSTANCES, "partenaires": PARTENAIRES}[tableau.tableau]
    return [header, *([record.get(champ.champ) for champ in tableau.champs] for record in records)]


def place(book: Book, sheet: str, label: str) -> tuple[int, int]:
    """Row and column of a label, from 0."""
    return next((r, c) for r, row in enumerate(book[sheet]) for c, value in enumerate(row) if value == label)


def answer(book: Book, label: str, value: Value, sheet: str = "Identification") -> None:
    """Give another answer to a question."""
    row, column = place(book, sheet, label)
    book[sheet][row][column + 1] = value


def write_xlsx(book: Book) -> bytes:
    """As xlsxwriter writes it: shared strings."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in book.items():
            sheet = workbook.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    sheet.write(r, c, value, *([day] if isinstance(value, date) else []))
    return content.getvalue()


def in_openpyxl(book: Book) -> openpyxl.Workbook:
    """A workbook still open, to be adjusted."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in book.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return workbook


def saved(workbook: Any) -> bytes:
    """Bytes of a workbook of openpyxl, odfdo or xlwt."""
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def in_odfdo(book: Book) -> Document:
    """The same as an OpenDocument."""
    document = Document("spreadsheet")
    document.body.clear()
    for name, rows in book.items():
        table = Table(name)
        for values in rows:
            row = Row()
            for value in values:
                row.append_cell(Cell() if value is None else Cell(value))
            table.append_row(row)
        document.body.append(table)
    return document


def in_xlwt(book: Book) -> xlwt.Workbook:
    """The same in the format of Excel 97."""
    workbook = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for name, rows in book.items():
        sheet = workbook.add_sheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None:
                    sheet.write(r, c, value, *([day] if isinstance(value, date) else []))
    return workbook


def csv_text(rows: list[list[Value]], separator: str = ";") -> str:
    """A sheet as French spreadsheets save it as CSV."""
    text = io.StringIO()
    for row in rows:
        csv.writer(text, delimiter=separator).writerow([_typed(value) for value in row])
    return text.getvalue()


def _typed(value: Value) -> str:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value).replace(".", ",")


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def zipped_csv(book: Book, folder: str = "", encoding: str = "utf-8-sig", separator: str = ";") -> bytes:
    """One CSV file a sheet."""
    return zipped({f"{folder}{name}.csv": csv_text(rows, separator).encode(encoding) for name, rows in book.items()})


def rules(read: ReadReturn) -> list[str]:
    """Codes of what was found."""
    return sorted(constat.regle for constat in read.constats)


def lines(read: ReadReturn, tableau: str, nature: str = "donnee") -> list[dict[str, str | None]]:
    """Lines of a table by field, the way the database reads them; `repere` is what the line stands for."""
    columns = next(columns for name, _, _, columns in read.tableaux if name == tableau)
    return [
        {"repere": repere}
        | {champ: cells[column - 1] if column <= len(cells) else None for champ, column in columns.items()}
        for _, _, name, kind, repere, cells, _ in read.lignes
        if name == tableau and kind == nature
    ]


def answers(read: ReadReturn, tableau: str) -> dict[str | None, str | None]:
    """Answers of a fiche by field."""
    return {line["repere"]: line[line["repere"] or ""] for line in lines(read, tableau)}


def marks(read: ReadReturn, tableau: str) -> dict[int, dict[str, str]]:
    """Marks of a table's lines, by line and column."""
    return {line: marked for _, line, name, _, _, _, marked in read.lignes if name == tableau and marked}
