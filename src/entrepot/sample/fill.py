"""Filling the blank form: from what a return says to a workbook in memory, everything where the form puts it."""

from datetime import date

from entrepot.forms.vintage import Champ, Millesime, Tableau
from entrepot.sample.book import Answer, Book, Content, Record, Sheet, Table, Value
from entrepot.sample.catalogue import Catalogue

FICTITIOUS = "DONNÉES FICTIVES"
NOTICE = (
    "Ce classeur est un échantillon fabriqué pour essayer l'entrepôt : aucun chiffre n'a été déclaré par quiconque.",
    "Seuls les noms et les codes des territoires, des quartiers et des contrats de ville sont réels.",
    "Les structures, les équipes et les adresses électroniques sont inventées.",
)


def fill(form: Millesime, content: Content, catalogue: Catalogue) -> Book:
    """Write a return into a blank form.

    Args:
        form: vintage to fill.
        content: lines of each table; a table that is missing leaves its sheet out.
        catalogue: labels of the choice lists.
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
        tables[table.tableau] = _table(sheets[table.feuille], table, content, catalogue, form.millesime)
    return Book(form.millesime, [readme, *sheets.values()], tables)


def _table(sheet: Sheet, table: Tableau, content: Content, catalogue: Catalogue, vintage: str) -> Table:
    headers: Record = {}
    lines: list[Record] = [{} for _ in content[table.tableau]]
    for rank, field in enumerate(table.champs):
        row, column = (table.ligne + rank, 1) if table.genre == "fiche" else (table.ligne, 1 + rank)
        headers[field.champ] = sheet.write(row, column, field.libelle, "entete")
        for number, (line, answers) in enumerate(zip(lines, content[table.tableau], strict=True), start=1):
            place = (row, 2) if table.genre == "fiche" else (row + number, column)
            value = printed(answers.get(field.champ), field, catalogue, vintage)
            line[field.champ] = sheet.write(*place, value, "date" if isinstance(value, date) else "")
    return Table(sheet, headers, lines)


def printed(answer: Answer, field: Champ, catalogue: Catalogue, vintage: str) -> Value:
    """An answer as the form asks for it: labels for codes, « T4 2023 » for a quarter, several items with `; `."""
    if isinstance(answer, tuple):
        items = [catalogue.label(field.liste, item, vintage) if field.liste else item for item in answer]
        return "; ".join(items) or None
    if field.type == "trimestre":
        return f"{str(answer)[5:]} {str(answer)[:4]}"
    if field.liste and answer is not None:
        label = catalogue.label(field.liste, str(answer), vintage)
        return int(label) if label.isdigit() else label
    return answer
