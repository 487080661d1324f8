"""Finding the cell to spoil."""

from entrepot.sample.book import Book, Cell, Record
from entrepot.sample.faults.kinds import Case, Touched


def actions(case: Case) -> list[Record]:
    """Lines of the sheet Actions that nothing is to be said of yet."""
    lines = case.book.tables["actions"].lines
    return [line for line in lines if case.spoilt.isdisjoint(map(id, line.values()))]


def of_axis(case: Case, rank: int) -> list[Record]:
    """Those of an axis, by its rank in the form, 1 to 3."""
    label = case.catalogue.label("axes", list(case.catalogue.lists["axes"])[rank - 1], case.book.vintage)
    return [line for line in actions(case) if line["axe"].value == label]


def action(case: Case) -> Record:
    """One action, whichever."""
    return case.rng.choice(actions(case))


def cell(case: Case, table: str, champ: str) -> Cell:
    """The answer to a label of Identification or a question of Gouvernance."""
    return case.book.tables[table].lines[0][champ]


def people(book: Book) -> dict[tuple[int, str], Cell]:
    """Cells of the cross table, by rank of the line and field."""
    lines = book.tables["beneficiaires"].lines
    return {(rank, field): cell for rank, line in enumerate(lines) for field, cell in line.items() if field != "public"}


def set_text(target: Cell, text: str | None) -> Cell:
    """Replace what a cell holds by a text, as typed."""
    target.value, target.look = text, ""
    return target


def swapped(case: Case, table: str, champ: str, texts: dict[str, str]) -> Touched:
    """Replace printed labels of a list by other texts; `texts` goes from code to text."""
    labels = {case.catalogue.label(table, code): text for code, text in texts.items()}
    return [
        set_text(line[champ], labels[str(line[champ].value)])
        for line in case.book.tables[table].lines
        if line[champ].value in labels
    ]


def extra_action(case: Case, axis_rank: int) -> Record:
    """Add a copy of an action of axis 1 or 2 under the list, with a number of its own.

    Faults that take a counted figure away strike such an extra line, so that the accepted totals stay those drawn.
    """
    table = case.book.tables["actions"]
    model = case.rng.choice(of_axis(case, axis_rank) or of_axis(case, 3 - axis_rank))
    row = table.row_of(table.lines[-1]) + 1
    added = {}
    for champ, original in model.items():
        column = table.sheet.place(original)[1]
        added[champ] = table.sheet.write(row, column, original.value, original.look)
    added["numero"].value = len(table.lines) + 1
    table.lines.append(added)
    return added
