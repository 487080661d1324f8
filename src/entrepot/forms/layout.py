"""Where the tables of the form are in a sheet: headers and labels found wherever the sender moved them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from entrepot.forms.files.workbook import Row, Sheet
from entrepot.forms.memo import Memo
from entrepot.forms.normalise import label_keys, normalise
from entrepot.forms.vintage import COUNTS_AND_AMOUNTS, Champ, Tableau

# A header is one when it holds two in five of the labels expected; titles and lines of data hold fewer.
HEADER_SHARE = 0.4
HEADER_MINIMUM = 2
# A line holding four labels in five is the header: no need to look further.
HEADER_CERTAIN = 0.8
# Lines typed under a list: « Total », « Sous-total actions », « Ensemble », « Somme ».
_TOTAL = re.compile(r"(?:sous[- ])?(?:total|totaux)\b.*|somme\b.*|ensemble ?:?")
_IS_TOTAL = Memo[str, bool](lambda text: _TOTAL.fullmatch(normalise(text)) is not None)
_NUMBER = re.compile(r"[\d\s.,]+")
# Sums of a spreadsheet differ from ours by the noise of its binary numbers.
_NOISE = 1e-6
# A single line, or a single figure, is no proof that it is a sum.
_SUMMED_LINES, _SUMMED_FIGURES = 2, 2


@dataclass(slots=True)
class Located:
    """A table found in a sheet; rows and columns count from 0.

    Attributes:
        header_rows: lines of the header, none for a fiche.
        columns: column of each field (fiche: of its answer).
        rows: for each line that belongs to the table, its nature and the field or the code that it stands for.
        labels_of_the_form: how many labels are those the blank form prints.
        sums: lines taken for totals because their figures are the sums of those above.
        unknown: header cells (fiche: questions) that are no field of the form.
    """

    tableau: Tableau
    sheet: Sheet
    header_rows: Sequence[int]
    columns: dict[str, int]
    labels_of_the_form: int
    rows: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    unknown: list[tuple[int, int, str]] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)

    def missing(self) -> Iterator[Champ]:
        """Fields of the form that the sheet does not have."""
        return (champ for champ in self.tableau.champs if champ.champ not in self.columns)

    def row_of(self, repere: str) -> int | None:
        """Line of a question (fiche) or of a code (cross table)."""
        return next((row for row, (_, what) in self.rows.items() if what == repere), None)

    def cell(self, row: int, champ: str) -> str | None:
        """What a line says of a field."""
        cells, column = self.sheet.rows[row], self.columns[champ]
        return cells[column] if column < len(cells) else None


def locate(sheet: Sheet, tableaux: Sequence[Tableau]) -> list[Located]:
    """Find the tables that a sheet is to hold, lists and cross tables first.

    Args:
        sheet: the sheet.
        tableaux: tables of the form that stand on it.

    Returns:
        The tables found; those whose header or labels are not there are left out.
    """
    listed = [found for tableau in tableaux if tableau.genre != "fiche" and (found := _by_header(sheet, tableau))]
    headers = {row for found in listed for row in found.header_rows}
    cards = [
        found for tableau in tableaux if tableau.genre == "fiche" and (found := _by_labels(sheet, tableau, headers))
    ]
    return listed + cards


def read_lines(tables: Sequence[Located], modalites: Mapping[str, Mapping[str, str]]) -> None:
    """Say of each line what it is in its table, and bring merged words down to the lines they hold for.

    Args:
        tables: what `locate` found on one sheet.
        modalites: codes by normalised spelling, for each list.
    """
    headers = {row for found in tables for row in found.header_rows}
    starts = sorted(headers.union(*(found.rows for found in tables)))
    for found in tables:
        if found.tableau.genre == "fiche":
            _note_unknown_questions(found, headers)
            continue
        first = found.header_rows[-1] + 1
        rows = range(first, _end(found.sheet, first, next((row for row in starts if row >= first), None)))
        _fill_down(found, rows)
        if found.tableau.genre == "croise":
            _read_cross_table(found, rows, modalites)
        else:
            _read_list(found, rows)


def _end(sheet: Sheet, first: int, next_table: int | None) -> int:
    """Where a table stops: at the end of its sheet, or above the title of the next table."""
    if next_table is None:
        return len(sheet.rows)
    last = next((row for row in range(next_table - 1, first - 1, -1) if sheet.rows[row]), first - 1)
    is_title = last >= first and sum(cell is not None for cell in sheet.rows[last]) == 1
    return last if is_title else last + 1


def _labelled(sheet: Sheet, row: int, labels: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """Cells of a row that are labels: column, field, key by which the label is known."""
    found = []
    for column, keys in sheet.labels(row):
        for key in keys:
            if key in labels:
                found.append((column, labels[key], key))
                break
    return found


def _by_header(sheet: Sheet, tableau: Tableau) -> Located | None:
    """The table whose header is the row that holds most of its labels."""
    best: Located | None = None
    expected = len(tableau.champs)
    for number in range(len(sheet.rows)):
        candidate = _header(sheet, tableau, number)
        if candidate and len(candidate.columns) > (len(best.columns) if best else 0):
            best = candidate
            if len(best.columns) >= HEADER_CERTAIN * expected:
                break
    if best is None or len(best.columns) < ceil(HEADER_SHARE * expected):
        return None
    if len(best.header_rows) == 1 and len(best.columns) < expected:
        _complete_labels(best)
    _note_unknown_columns(best)
    return best


def _header(sheet: Sheet, tableau: Tableau, number: int) -> Located | None:
    columns: dict[str, int] = {}
    of_the_form = 0
    for column, champ, key in _labelled(sheet, number, tableau.par_libelle):
        if champ not in columns:
            columns[champ] = column
            of_the_form += key in tableau.libelles_du_gabarit
    rows = [number]
    if tableau.par_groupe and len(columns) < len(tableau.champs) and (grouped := _grouped(sheet, tableau, number)):
        of_the_form += sum(champ not in columns for champ in grouped)
        columns = grouped | columns
        rows.append(number + 1)
        # A label may stand beside the groups or, its cell merged downwards, beside the labels under them.
        for column, champ, key in _labelled(sheet, number + 1, tableau.par_libelle):
            if champ not in columns:
                columns[champ] = column
                of_the_form += key in tableau.libelles_du_gabarit
    return Located(tableau, sheet, rows, columns, of_the_form) if len(columns) >= HEADER_MINIMUM else None


def _grouped(sheet: Sheet, tableau: Tableau, number: int) -> dict[str, int]:
    """Columns of a header on two lines: a label merged over several columns, and under it one label a column."""
    groups = {
        column: next((tableau.par_groupe[key] for key in keys if key in tableau.par_groupe), {})
        for column, keys in sheet.labels(number)
    }
    if not any(groups.values()) or number + 1 == len(sheet.rows):
        return {}
    columns: dict[str, int] = {}
    for column, keys in sheet.labels(number + 1):
        above = max((start for start in groups if start <= column), default=column)
        for key in keys:
            if key in groups.get(above, {}):
                columns.setdefault(groups[above][key], column)
    return columns


def _complete_labels(found: Located) -> None:
    """Labels cut over two lines: « Nombre » above « d'occurrences »."""
    sheet, (number,) = found.sheet, found.header_rows
    if number + 1 == len(sheet.rows):
        return
    above, under = sheet.rows[number], sheet.rows[number + 1]
    known = set(found.columns.values())
    completed = {}
    for column, (start, end) in enumerate(zip(above, under, strict=False)):
        if start and end and column not in known:
            for key in label_keys(f"{start} {end}"):
                champ = found.tableau.par_libelle.get(key)
                if champ and champ not in found.columns:
                    completed[champ] = column
                    found.labels_of_the_form += key in found.tableau.libelles_du_gabarit
                    break
    if completed:
        found.columns |= completed
        found.header_rows = [number, number + 1]


def _note_unknown_columns(found: Located) -> None:
    known = set(found.columns.values())
    for row in found.header_rows:
        for column, keys in found.sheet.labels(row):
            if column not in known and found.tableau.par_groupe.keys().isdisjoint(keys):
                found.unknown.append((row, column, found.sheet.rows[row][column] or ""))


def _by_labels(sheet: Sheet, tableau: Tableau, headers: set[int]) -> Located | None:
    """The card whose labels stand anywhere in the sheet, each with its answer to the right."""
    places: dict[str, tuple[int, int]] = {}
    taken: set[int] = set()
    of_the_form = 0
    for number in range(len(sheet.rows)):
        if number in headers:
            continue
        if len(places) == len(tableau.champs):
            break
        for column, champ, key in _labelled(sheet, number, tableau.par_libelle):
            # A raw line is known by one field: a second question on the same line cannot be told apart.
            if champ not in places and number not in taken:
                places[champ] = number, column
                taken.add(number)
                of_the_form += key in tableau.libelles_du_gabarit
    if len(places) < HEADER_MINIMUM:
        return None
    columns = _answer_columns(sheet, places)
    rows: dict[int, tuple[str, str | None]] = {row: ("donnee", champ) for champ, (row, _) in places.items()}
    return Located(tableau, sheet, (), columns, of_the_form, rows)


def _answer_columns(sheet: Sheet, places: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """Column of each answer: for labels of one column, the first column to their right that holds anything."""
    by_column: dict[int, list[int]] = defaultdict(list)
    for row, column in places.values():
        by_column[column].append(row)
    answers = {}
    for column, rows in by_column.items():
        width = max(len(sheet.rows[row]) for row in rows)
        answers[column] = next(
            (right for right in range(column + 1, width) if any(_holds(sheet, row, right) for row in rows)), column + 1
        )
    return {champ: answers[column] for champ, (_, column) in places.items()}


def _note_unknown_questions(found: Located, headers: set[int]) -> None:
    """Questions answered in the card that the form does not ask; they stand among its own or just below."""
    last = min((row for row in headers if row > min(found.rows)), default=len(found.sheet.rows))
    answer_columns = set(found.columns.values())
    for number in range(min(found.rows), last):
        if number in found.rows:
            continue
        row = found.sheet.rows[number]
        for column in answer_columns:
            label = row[column - 1] if column <= len(row) else None
            if label and _holds(found.sheet, number, column):
                found.unknown.append((number, column - 1, label))


def _holds(sheet: Sheet, row: int, column: int) -> bool:
    cells = sheet.rows[row]
    return (column < len(cells) and cells[column] is not None) or column in sheet.marks.get(row, ())


def _read_list(found: Located, rows: range) -> None:
    sheet, columns = found.sheet, tuple(found.columns.values())
    first = found.tableau.champs[0]
    numbered, first_column = first.type in COUNTS_AND_AMOUNTS, found.columns.get(first.champ)
    for number in rows:
        row = sheet.rows[number]
        if not (any(row[column] for column in columns if column < len(row)) or number in sheet.marks):
            continue
        if _IS_TOTAL[next(filter(None, row), "")]:
            found.rows[number] = "total", None
        elif _is_header_again(found, row):
            found.rows[number] = "entete", None
        elif not (numbered and _is_remark(row, first_column)):
            found.rows[number] = "donnee", None
    _set_sums_apart(found)


def _is_header_again(found: Located, row: Row) -> bool:
    """The header copied further down, as at the top of each printed page."""
    header = found.sheet.rows[found.header_rows[-1]]
    again = 0
    for column in found.columns.values():
        if column < len(row) and column < len(header) and row[column] == header[column] is not None:
            again += 1
        elif not again:
            return False  # lines of data end here
    return again >= max(HEADER_MINIMUM, HEADER_CERTAIN * len(found.columns))


def _set_sums_apart(found: Located) -> None:
    """A last line that holds nothing but the sums of the figures above it is a total, if nobody wrote the word."""
    lines = [row for row, (nature, _) in found.rows.items() if nature == "donnee"]
    if len(lines) < _SUMMED_LINES + 1:
        return
    *above, last = lines
    figures = {
        column for champ, column in found.columns.items() if found.tableau.par_champ[champ].type in COUNTS_AND_AMOUNTS
    }
    filled = {column for column, cell in enumerate(found.sheet.rows[last]) if cell}
    if len(filled) < _SUMMED_FIGURES or not filled <= figures or last in found.sheet.marks:
        return
    rows = found.sheet.rows
    sums = {column: sum(_figure(rows[row], column) for row in above) for column in filled}
    if all(
        sums[column] and abs(_figure(rows[last], column) - sums[column]) < _NOISE * sums[column] for column in filled
    ):
        found.rows[last] = "total", None
        found.sums.append(last)


def _figure(row: Row, column: int) -> float:
    """A number as spreadsheets store it or French senders type it; anything else adds nothing."""
    text = (row[column] if column < len(row) else None) or ""
    try:
        return float("".join(text.split()).replace(",", "."))
    except ValueError:
        return 0.0


def _is_remark(row: Row, number_column: int | None) -> bool:
    """A text alone on its line where the number of a line is expected: « * hors actions reportées »."""
    if number_column is None or any(row[number_column + 1 :]) or any(row[:number_column]):
        return False
    text = row[number_column] if number_column < len(row) else None
    return text is not None and not _NUMBER.fullmatch(text)


def _read_cross_table(found: Located, rows: range, modalites: Mapping[str, Mapping[str, str]]) -> None:
    sheet, key = found.sheet, found.tableau.champs[0]
    figures = [column for champ, column in found.columns.items() if champ != key.champ]
    key_column = found.columns.setdefault(key.champ, max(min(figures) - 1, 0))
    codes = modalites[key.liste or ""]
    for number in rows:
        row = sheet.rows[number]
        label = row[key_column] if key_column < len(row) else None
        answered = any(_holds(sheet, number, column) for column in figures)
        code = codes.get(normalise(label)) if label else None
        if code in key.modalites and found.row_of(code) is None:
            found.rows[number] = "donnee", code
        elif _IS_TOTAL[label or ""] and answered:
            found.rows[number] = "total", None
        elif answered:
            found.unknown.append((number, key_column, label or ""))


def _fill_down(found: Located, rows: range) -> None:
    """A word or code merged over several lines holds for each; a count stands on the first, marked."""
    by_column = {column: found.tableau.par_champ[champ] for champ, column in found.columns.items()}
    sheet = found.sheet
    for top, column, bottom in sheet.tall_merges:
        if column not in by_column or top not in rows or not _holds(sheet, top, column):
            continue
        if by_column[column].type in COUNTS_AND_AMOUNTS:
            sheet.marks.setdefault(top, {}).setdefault(column, "fusion")
            for row in sheet.rows[top + 1 : min(bottom + 1, rows.stop)]:
                if column < len(row):
                    row[column] = None  # some programs keep there what nobody sees
            continue
        for row in sheet.rows[top + 1 : min(bottom + 1, rows.stop)]:
            if row:  # lines with nothing of their own stay empty
                row.extend([None] * (column + 1 - len(row)))
                row[column] = sheet.rows[top][column]
