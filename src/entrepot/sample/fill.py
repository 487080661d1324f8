"""Filling the blank form: from what a return says to a workbook in memory, everything where the form puts it."""

from datetime import date

from entrepot.forms.choices import Choices
from entrepot.forms.places import answer_place, fields
from entrepot.forms.vintage import Millesime, Tableau
from entrepot.sample.book import Book, Content, Line, Record, Sheet, Table

FICTITIOUS = "DONNÉES FICTIVES"
NOTICE = (
    "Ce classeur est un échantillon fabriqué pour essayer l'entrepôt : aucun chiffre n'a été déclaré par quiconque.",
    "Seuls les noms et les codes des territoires, des quartiers et des contrats de ville sont réels.",
    "Les structures, les équipes et les adresses électroniques sont inventées.",
)


def fill(form: Millesime, content: Content, choices: Choices) -> Book:
    """Write a return into a blank form.

    Args:
        form: vintage to fill.
        content: lines of each table; a table that is missing leaves its sheet out.
        choices: labels of the choice lists.
    """
    readme = Sheet("Lisez-moi")
    for row, text in enumerate((f"Remontée trimestrielle - {FICTITIOUS}", *NOTICE), start=1):
        readme.write(row, 1, text, "titre" if row == 1 else "")
    sheets: dict[str, Sheet] = {}
    tables = {}
    for table in form.tableaux:
        if table.tableau not in content:
            continue
        if table.feuille not in sheets:
            sheets[table.feuille] = Sheet(table.feuille)
            sheets[table.feuille].write(1, 1, f"{table.feuille} - {FICTITIOUS}", "titre")
        tables[table.tableau] = _table(sheets[table.feuille], table, content[table.tableau], choices, form.millesime)
    return Book(form.millesime, [readme, *sheets.values()], tables)


def _table(sheet: Sheet, table: Tableau, content: list[Line], choices: Choices, vintage: str) -> Table:
    headers: Record = {}
    lines: list[Record] = [{} for _ in content]
    for field, label in fields(table):
        headers[field.champ] = sheet.write(*label, field.libelle, "entete")
        for number, (line, answers) in enumerate(zip(lines, content, strict=True), start=1):
            value = choices.printed(answers.get(field.champ), field, vintage)
            look = "date" if isinstance(value, date) else ""
            line[field.champ] = sheet.write(*answer_place(table, label, number), value, look)
    return Table(sheet, headers, lines)
