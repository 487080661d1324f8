"""Sheets, rows and columns moved about: what the form says is still there, elsewhere or under another name."""

from collections.abc import Callable

from entrepot.sample.book import Book, Cell, Line, Row, Sheet
from entrepot.sample.faults.kinds import OFFICE, XLSX, Case, Effect, Touched, fault
from entrepot.sample.fill import fill

SILENT, SUSPICION = Effect.SILENT, Effect.SUSPICION


def _form_sheets(book: Book) -> list[Sheet]:
    """Sheets of the form, each once, in order."""
    held = [table.sheet for table in book.tables.values()]
    return [sheet for sheet in book.sheets if sheet in held]


# Read without a word


@fault(SILENT, "ordre_feuilles", makers={"xlsxwriter", "openpyxl", "ods", "xls"}, on_sheets=True)
def feuilles_permutees(case: Case) -> Touched:
    case.rng.shuffle(case.book.sheets)
    return [case.book.sheets[0]]


@fault(SILENT, "noms_feuilles", on_sheets=True)
def noms_de_feuilles_negliges(case: Case) -> Touched:
    """Capitals, no accents, a trailing space."""
    first, second = case.rng.sample(_form_sheets(case.book), k=2)
    first.name = first.name.upper().replace("É", "E")
    second.name = f"{second.name} "
    return [first, second]


@fault(SILENT, "feuille_en_plus", on_sheets=True)
def feuille_en_plus(case: Case) -> Touched:
    sheet = Sheet("Brouillon")
    sheet.write(1, 1, "Notes de préparation (à supprimer)")
    sheet.write(3, 2, 12)
    case.book.sheets.insert(case.rng.randint(1, len(case.book.sheets)), sheet)
    return [sheet]


@fault(SILENT, "feuille_en_plus", makers=OFFICE, on_sheets=True)
def feuille_masquee_hors_du_formulaire(case: Case) -> Touched:
    sheet = Sheet("Listes", hidden=True)
    sheet.write(1, 1, "ne pas modifier")
    case.book.sheets.append(sheet)
    return [sheet]


@fault(SILENT, "lignes_au_dessus", on_sheets=True)
def lignes_inserees_au_dessus(case: Case) -> Touched:
    sheet = case.rng.choice(_form_sheets(case.book))
    for _ in range(case.rng.randint(1, 3)):
        sheet.rows.insert(1, Row([]))
    sheet.rows[1].cells = [Cell(), Cell("Merci de relire avant envoi")]
    return [sheet]


@fault(SILENT, "colonnes", on_sheets=True)
def colonne_inseree_a_gauche(case: Case) -> Touched:
    sheet = case.book.tables[case.rng.choice(("actions", "beneficiaires", "identification"))].sheet
    for row in sheet.rows:
        row.cells.insert(0, Cell())
    sheet.hidden_columns = {column + 1 for column in sheet.hidden_columns}
    return [sheet]


@fault(SILENT, "couleurs", makers=XLSX, on_sheets=True)
def cellules_colorees_et_titre_fusionne(case: Case) -> Touched:
    table = case.book.tables["actions"]
    for line in table.lines[::2]:
        for target in line.values():
            target.look = target.look or "couleur"
    title, right = table.sheet.rows[0].cells[0], table.sheet.write(1, 4, None)
    table.sheet.merges.append((title, right))
    return [table.sheet]


@fault(SILENT, "total", on_sheets=True)
def total_sous_le_tableau(case: Case) -> Touched:
    table = case.book.tables["actions"]
    row = table.row_of(table.lines[-1]) + 2
    label = table.sheet.write(row, table.sheet.place(table.headers["intitule"])[1], "TOTAL")
    total = sum(line["occurrences"].value for line in table.lines if isinstance(line["occurrences"].value, int))
    table.sheet.write(row, table.sheet.place(table.headers["occurrences"])[1], total)
    return [label]


@fault(SILENT, "fusion", on_sheets=True)
def lignes_vides_au_milieu(case: Case) -> Touched:
    table = case.book.tables["actions"]
    for _ in range(2):
        line = case.rng.choice(table.lines[1:])
        table.sheet.rows.insert(table.row_of(line) - 1, Row([]))
    return [table.sheet]


@fault(SILENT, "entetes", on_sheets=True)
def entetes_recopies_autrement(case: Case) -> Touched:
    """Line breaks, capitals and double spaces in headers."""
    headers = list(case.book.tables["actions"].headers.values())
    changes: tuple[Callable[[str], str], ...] = (
        str.upper,
        lambda text: text.replace(" ", "\n", 1),
        lambda text: f" {text.replace(' ', '  ')} ",
    )
    for header, change in zip(case.rng.sample(headers, k=len(changes)), changes, strict=True):
        header.value = change(str(header.value))
    return [headers[0]]


@fault(SILENT, "entetes", makers=XLSX, vintages={"2024"}, on_sheets=True)
def entetes_sur_deux_lignes(case: Case) -> Touched:
    """« Identifiés » merged over « F » and « H », « Public » over both lines."""
    table = case.book.tables["beneficiaires"]
    above = table.row_of(table.headers) - 1
    groups: dict[str, list[Cell]] = {}
    for champ in next(t for t in case.form.tableaux if t.tableau == "beneficiaires").champs:
        if champ.groupe:
            header = table.headers[champ.champ]
            header.value = champ.sous_libelles[0]
            column = table.sheet.place(header)[1]
            text = None if champ.groupe in groups else champ.groupe
            groups.setdefault(champ.groupe, []).append(table.sheet.write(above, column, text, "entete"))
    table.sheet.merges += [(cells[0], cells[-1]) for cells in groups.values()]
    key = table.headers["public"]
    top = table.sheet.write(above, table.sheet.place(key)[1], key.value, "entete")
    key.value = None
    table.sheet.merges.append((top, key))
    return [table.sheet]


# Read, with a question


@fault(SUSPICION, "noms_feuilles", "SUS-01", on_sheets=True)
def nom_de_feuille_numerote(case: Case) -> Touched:
    sheet = case.rng.choice(_form_sheets(case.book))
    sheet.name = f"{sheet.name} (2)"
    return [sheet]


@fault(SUSPICION, "feuille_en_plus", "SUS-02", on_sheets=True)
def deux_feuilles_candidates(case: Case) -> Touched:
    sheet = Sheet(f"{case.book.tables['actions'].sheet.name} (2)")
    sheet.write(1, 1, "Ancienne version")
    case.book.sheets.append(sheet)
    return [sheet]


@fault(SUSPICION, "masquage", "SUS-04", makers=OFFICE, on_sheets=True)
def feuille_du_formulaire_masquee(case: Case) -> Touched:
    sheet = case.book.tables["gouvernance"].sheet
    sheet.hidden = True
    return [sheet]


@fault(SUSPICION, "masquage", "SUS-03", makers=XLSX, on_sheets=True)
def lignes_masquees(case: Case) -> Touched:
    table = case.book.tables["actions"]
    for line in case.rng.sample(table.lines, k=2):
        table.sheet.rows[table.row_of(line) - 1].hidden = True
    return [table.sheet]


@fault(SUSPICION, "masquage", "SUS-03", makers=XLSX, on_sheets=True)
def colonne_masquee(case: Case) -> Touched:
    table = case.book.tables["actions"]
    table.sheet.hidden_columns.add(table.sheet.place(table.headers["participants_femmes"])[1])
    return [table.sheet]


@fault(SUSPICION, "colonnes", "SUS-08", on_sheets=True)
def colonne_en_plus(case: Case) -> Touched:
    table = case.book.tables["actions"]
    column = max(table.sheet.place(header)[1] for header in table.headers.values()) + 1
    header_row = table.row_of(table.headers)
    added = table.sheet.write(header_row, column, "Observations internes", "entete")
    table.sheet.write(table.row_of(table.lines[0]), column, "à revoir")
    return [added]


@fault(SUSPICION, "non_renseigne", "SUS-11", on_sheets=True)
def colonne_absente(case: Case) -> Touched:
    """An optional column was deleted."""
    table = case.book.tables["actions"]
    column = table.sheet.place(table.headers["participants_jeunes"])[1]
    for row in table.sheet.rows:
        if len(row.cells) >= column:
            del row.cells[column - 1]
    for record in (table.headers, *table.lines):
        del record["participants_jeunes"]
    return [table.sheet]


@fault(SUSPICION, "feuille_en_plus", "SUS-05", in_t4=False, on_sheets=True)
def partenaires_hors_t4(case: Case) -> Touched:
    """The sheet asked in T4 was filled in all the same."""
    answers: list[Line] = [
        {"partenaire": kind, "associe": "oui"} for kind in ("france_travail", "mission_locale", "caf")
    ]
    sheet = fill(case.form, {"partenaires": answers}, case.catalogue.choices).sheets[1]
    case.book.sheets.append(sheet)
    return [sheet]


@fault(SUSPICION, "fichier", "SUS-06", makers={"xlsxwriter"}, on_sheets=True)
def macros(case: Case) -> Touched:
    case.book.macros = True
    return [case.book]


@fault(SUSPICION, "fichier", "SUS-07", makers=OFFICE, on_sheets=True)
def mauvaise_extension(case: Case) -> Touched:
    """An .xlsx named .xls, or the reverse."""
    case.book.wrong_extension = True
    return [case.book]
