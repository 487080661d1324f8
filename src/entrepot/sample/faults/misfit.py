"""Answers that do not fit what is asked: none where one is needed, several where one is, out of scale, out of time."""

from datetime import timedelta

from entrepot.sample.book import Cell
from entrepot.sample.faults.kinds import Case, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, extra_action, set_text

REJECTED, SUSPICION = Effect.REJECTED, Effect.SUSPICION
# A group of three digits after a point or a comma: thousands for some, decimals for others. Read as decimals, it stays
# under any cost from here up.
AMBIGUOUS = ("1.250", "1,750")
WORTH_A_PART = 2
MOST_FREQUENT_PUBLICS = ("jeunes", "deld")


@fault(REJECTED, "occurrences", "ACT-05")
def aucune_occurrence(case: Case) -> Touched:
    """An action that never took place, and is not said to be cancelled."""
    line = extra_action(case, 2)
    line["occurrences"].value = 0
    return [line["occurrences"]]


@fault(REJECTED, "dates", "ACT-10")
def action_du_trimestre_suivant(case: Case) -> Touched:
    line = action(case)
    for champ, days in (("date_debut", 1), ("date_fin", 15)):
        line[champ].value, line[champ].look = case.quarter.last_day + timedelta(days=days), "date"
    return [line["date_fin"]]


@fault(SUSPICION, "publics", "ACT-13", vintages={"2022"})
def plusieurs_publics(case: Case) -> Touched:
    """The form of 2022 asks for one."""
    labels = [case.catalogue.label("publics", code, case.book.vintage) for code in MOST_FREQUENT_PUBLICS]
    return [set_text(action(case)["publics"], "; ".join(labels))]


@fault(REJECTED, "publics", "ELT-03")
def public_inconnu(case: Case) -> Touched:
    """One unknown public among known ones: the others stay."""
    target = action(case)["publics"]
    return [set_text(target, f"{target.value}; Habitants du centre-ville")]


@fault(REJECTED, "structure", "IDE-01")
def porteur_non_dit(case: Case) -> Touched:
    champ = case.rng.choice(("structure_porteuse", "type_structure", "perimetre"))
    return [set_text(cell(case, "identification", champ), case.rng.choice(("n.d.", "s.o.", "")) or None)]


@fault(REJECTED, "cooperation", "GOU-02", in_t4=False)
def niveau_hors_de_l_echelle(case: Case) -> Touched:
    """Levels of T4 2023 are published: those are left alone."""
    target = cell(case, "gouvernance", "niveau_cooperation")
    target.value = case.rng.choice((0, 6, 10))
    return [target]


@fault(REJECTED, "cooperation", "LEC-08", in_t4=False)
def niveau_et_demi(case: Case) -> Touched:
    return [set_text(cell(case, "gouvernance", "niveau_cooperation"), "3,5")]


@fault(SUSPICION, "cout", "LEC-26")
def milliers_ou_decimales(case: Case) -> Touched:
    """« 1.250 » : one thousand, or one and a quarter."""
    lines = [line for line in actions(case) if _at_least(line["cout_total"], WORTH_A_PART)]
    return [set_text(case.rng.choice(lines)["cout_cite"], case.rng.choice(AMBIGUOUS))] if lines else []


def _at_least(cost: Cell, least: int) -> bool:
    return isinstance(cost.value, int | float) and cost.value >= least


@fault(REJECTED, "partenaire", "PAR-01", in_t4=True)
def partenaire_non_dit(case: Case) -> Touched:
    """A line more, whose answers are of nobody."""
    table = case.book.tables["partenaires"]
    row = table.row_of(table.lines[-1]) + 1
    last = table.lines[-1]
    added = {champ: table.sheet.write(row, table.sheet.place(model)[1], None) for champ, model in last.items()}
    set_text(added["associe"], case.catalogue.label("oui_non", "oui"))
    table.lines.append(added)
    return [added["partenaire"]]


@fault(SUSPICION, "total", "SUS-12", on_sheets=True)
def total_sans_son_nom(case: Case) -> Touched:
    """The sums of the columns of figures, and no word."""
    table = case.book.tables["actions"]
    row = table.row_of(table.lines[-1]) + 1
    columns = [
        [line[champ] for line in table.lines] for champ in ("occurrences", "participants", "participants_femmes")
    ]
    sums = [sum(figure.value for figure in column if isinstance(figure.value, int)) for column in columns]
    if not all(isinstance(figure.value, int) for column in columns for figure in column) or 0 in sums:
        return []
    for column, figure in zip(columns, sums, strict=True):
        table.sheet.write(row, table.sheet.place(column[0])[1], figure)
    return [table.sheet.rows[row - 1]]


@fault(REJECTED, "publics", "VAL-01", on_sheets=True)
def colonne_obligatoire_absente(case: Case) -> Touched:
    table = case.book.tables["actions"]
    column = table.sheet.place(table.headers["publics"])[1]
    for row in table.sheet.rows:
        if len(row.cells) >= column:
            del row.cells[column - 1]
    for record in (table.headers, *table.lines):
        del record["publics"]
    return [table.sheet]
