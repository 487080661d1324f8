"""Sheets, rows and columns moved about: what the form says is still there, elsewhere or under another name."""

import random

from entrepot.sample.book import Book, Cell, Row, Sheet
from entrepot.sample.faults.kinds import OFFICE, XLSX, Context, Effect, Touched, fault
from entrepot.sample.fill import fill

SILENT, SUSPICION = Effect.SILENT, Effect.SUSPICION


def _form_sheets(book: Book) -> list[Sheet]:
    """Sheets of the form, each once, in order."""
    held = [table.sheet for table in book.tables.values()]
    return [sheet for sheet in book.sheets if sheet in held]


# Read without a word


@fault(SILENT, "ordre_feuilles", makers={"xlsxwriter", "openpyxl", "ods", "xls"}, on_sheets=True)
def feuilles_permutees(book: Book, context: Context, rng: random.Random) -> Touched:
    rng.shuffle(book.sheets)
    return [book.sheets[0]]


@fault(SILENT, "noms_feuilles", on_sheets=True)
def noms_de_feuilles_negliges(book: Book, context: Context, rng: random.Random) -> Touched:
    """Capitals, no accents, a trailing space."""
    first, second = rng.sample(_form_sheets(book), k=2)
    first.name = first.name.upper().replace("É", "E")
    second.name = f"{second.name} "
    return [first, second]


@fault(SILENT, "feuille_en_plus", on_sheets=True)
def feuille_en_plus(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = Sheet("Brouillon")
    sheet.write(1, 1, "Notes de préparation (à supprimer)")
    sheet.write(3, 2, 12)
    book.sheets.insert(rng.randint(1, len(book.sheets)), sheet)
    return [sheet]


@fault(SILENT, "feuille_en_plus", makers=OFFICE, on_sheets=True)
def feuille_masquee_hors_du_formulaire(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = Sheet("Listes", hidden=True)
    sheet.write(1, 1, "ne pas modifier")
    book.sheets.append(sheet)
    return [sheet]


@fault(SILENT, "lignes_au_dessus", on_sheets=True)
def lignes_inserees_au_dessus(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = rng.choice(_form_sheets(book))
    for _ in range(rng.randint(1, 3)):
        sheet.rows.insert(1, Row([]))
    sheet.rows[1].cells = [Cell(), Cell("Merci de relire avant envoi")]
    return [sheet]


@fault(SILENT, "colonnes", on_sheets=True)
def colonne_inseree_a_gauche(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = book.tables[rng.choice(("actions", "beneficiaires", "identification"))].sheet
    for row in sheet.rows:
        row.cells.insert(0, Cell())
    sheet.hidden_columns = {column + 1 for column in sheet.hidden_columns}
    return [sheet]


@fault(SILENT, "couleurs", makers=XLSX, on_sheets=True)
def cellules_colorees_et_titre_fusionne(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    for line in table.lines[::2]:
        for target in line.values():
            target.look = target.look or "couleur"
    title = table.sheet.rows[0].cells
    while len(title) < 4:
        title.append(Cell())
    table.sheet.merges.append((title[0], title[3]))
    return [table.sheet]


@fault(SILENT, "total", on_sheets=True)
def total_sous_le_tableau(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    row = table.row_of(table.lines[-1]) + 2
    label = table.sheet.write(row, table.sheet.place(table.headers["intitule"])[1], "TOTAL")
    total = sum(line["occurrences"].value for line in table.lines if isinstance(line["occurrences"].value, int))
    table.sheet.write(row, table.sheet.place(table.headers["occurrences"])[1], total)
    return [label]


@fault(SILENT, "fusion", on_sheets=True)
def lignes_vides_au_milieu(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    for _ in range(2):
        line = rng.choice(table.lines[1:])
        table.sheet.rows.insert(table.row_of(line) - 1, Row([]))
    return [table.sheet]


@fault(SILENT, "entetes", on_sheets=True)
def entetes_recopies_autrement(book: Book, context: Context, rng: random.Random) -> Touched:
    """Line breaks, capitals and double spaces in headers."""
    headers = list(book.tables["actions"].headers.values())
    for header, change in zip(
        rng.sample(headers, k=3),
        (str.upper, lambda text: text.replace(" ", "\n", 1), lambda text: f" {text.replace(' ', '  ')} "),
        strict=True,
    ):
        header.value = change(str(header.value))
    return [headers[0]]


# Read, with a question


@fault(SUSPICION, "noms_feuilles", "SUS-01", on_sheets=True)
def nom_de_feuille_numerote(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = rng.choice(_form_sheets(book))
    sheet.name = f"{sheet.name} (2)"
    return [sheet]


@fault(SUSPICION, "feuille_en_plus", "SUS-02", on_sheets=True)
def deux_feuilles_candidates(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = Sheet(f"{book.tables['actions'].sheet.name} (2)")
    sheet.write(1, 1, "Ancienne version")
    book.sheets.append(sheet)
    return [sheet]


@fault(SUSPICION, "masquage", "SUS-04", makers=OFFICE, on_sheets=True)
def feuille_du_formulaire_masquee(book: Book, context: Context, rng: random.Random) -> Touched:
    sheet = book.tables["gouvernance"].sheet
    sheet.hidden = True
    return [sheet]


@fault(SUSPICION, "masquage", "SUS-03", makers=XLSX, on_sheets=True)
def lignes_masquees(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    for line in rng.sample(table.lines, k=2):
        table.sheet.rows[table.row_of(line) - 1].hidden = True
    return [table.sheet]


@fault(SUSPICION, "masquage", "SUS-03", makers=XLSX, on_sheets=True)
def colonne_masquee(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    table.sheet.hidden_columns.add(table.sheet.place(table.headers["participants_femmes"])[1])
    return [table.sheet]


@fault(SUSPICION, "colonnes", "SUS-08", on_sheets=True)
def colonne_en_plus(book: Book, context: Context, rng: random.Random) -> Touched:
    table = book.tables["actions"]
    column = max(table.sheet.place(header)[1] for header in table.headers.values()) + 1
    header_row = table.row_of(table.headers)
    added = table.sheet.write(header_row, column, "Observations internes", "entete")
    table.sheet.write(table.row_of(table.lines[0]), column, "à revoir")
    return [added]


@fault(SUSPICION, "non_renseigne", "SUS-11", on_sheets=True)
def colonne_absente(book: Book, context: Context, rng: random.Random) -> Touched:
    """An optional column was deleted."""
    table = book.tables["actions"]
    column = table.sheet.place(table.headers["participants_jeunes"])[1]
    for row in table.sheet.rows:
        if len(row.cells) >= column:
            del row.cells[column - 1]
    for record in (table.headers, *table.lines):
        del record["participants_jeunes"]
    return [table.sheet]


@fault(SUSPICION, "feuille_en_plus", "SUS-05", in_t4=False, on_sheets=True)
def partenaires_hors_t4(book: Book, context: Context, rng: random.Random) -> Touched:
    """The sheet asked in T4 was left in, empty."""
    sheet = fill(context.form, {"partenaires": []}, context.catalogue).sheets[1]
    book.sheets.append(sheet)
    return [sheet]


@fault(SUSPICION, "fichier", "SUS-06", makers={"xlsxwriter"}, on_sheets=True)
def macros(book: Book, context: Context, rng: random.Random) -> Touched:
    book.macros = True
    return [book.sheets[0]]


@fault(SUSPICION, "fichier", "SUS-07", makers=OFFICE, on_sheets=True)
def mauvaise_extension(book: Book, context: Context, rng: random.Random) -> Touched:
    """An .xlsx named .xls, or the reverse."""
    book.wrong_extension = True
    return [book.sheets[0]]
