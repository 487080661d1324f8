"""Open what a sender sent as sheets of text cells, at the coordinates they have on screen."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from entrepot.forms.files import ods, text, xls, xlsx
from entrepot.forms.files.container import Container, Format, identify, read_member
from entrepot.forms.files.peculiarities import ERROR, NO_VALUE, Peculiarities
from entrepot.forms.files.refusal import (
    MAX_CELL_CHARACTERS,
    MAX_SHEET_AREA,
    MAX_SHEET_NAME,
    MAX_SHEETS,
    TOO_MANY_SHEETS,
    TOO_WIDE,
    damaged,
    encrypted,
    too_large,
)
from entrepot.forms.memo import Memo
from entrepot.forms.normalise import label_keys

Row = list[str | None]

# Longer texts are instructions or answers, never labels.
LONGEST_LABEL = 120

# What spreadsheets in French and English show in a cell whose formula failed, where only the text is left of it (CSV).
# LibreOffice numbers its own; a column too narrow for a number shows signs only.
_ERROR_TEXT = re.compile(
    r"#(REF|N/A|DIV/0|VALUE|NAME|NUM|NULL|SPILL|CALC|N/D|VALEUR|NOM|NOMBRE|NUL|EPARS)[!?]?|Err:\d{3}|#{2,}"
)


@dataclass(slots=True)
class Sheet:
    """A sheet; rows and columns count from 0.

    Attributes:
        rows: text of each cell, None when empty; a row stops at its last filled cell.
        marks: peculiarity of a cell (`erreur_tableur`, `formule_sans_valeur`), by row then column.
        tall_merges: ranges merged over several lines: first row, first column, last row.
    """

    name: str
    rows: list[Row]
    hidden: bool = False
    partly_hidden: bool = False
    marks: dict[int, dict[int, str]] = field(default_factory=dict)
    tall_merges: Sequence[tuple[int, int, int]] = ()
    _labels: dict[int, list[tuple[int, tuple[str, ...]]]] = field(default_factory=dict)

    def labels(self, row: int) -> list[tuple[int, tuple[str, ...]]]:
        """Column and keys of each text of a row that may be a label; kept, for every vintage asks."""
        if row not in self._labels:
            self._labels[row] = [
                (column, label_keys(cell))
                for column, cell in enumerate(self.rows[row])
                if cell and len(cell) <= LONGEST_LABEL and not cell.isdigit()
            ]
        return self._labels[row]

    def tidy(self) -> None:
        """Cut rows after their last filled cell, and look for what may hide in texts.

        Raises:
            Refusal: a cell, or its name, holds more text than any spreadsheet writes.
        """
        self.name = self.name.replace("\x00", "")
        if len(self.name) > MAX_SHEET_NAME:
            raise too_large(f"une feuille a un nom de plus de {MAX_SHEET_NAME} caractères")
        for row in self.rows:
            while row and row[-1] is None:
                row.pop()
        texts = list(filter(None, chain.from_iterable(self.rows)))
        if max(map(len, texts), default=0) > MAX_CELL_CHARACTERS:
            raise too_large(f"une case contient plus de {MAX_CELL_CHARACTERS} caractères")
        everything = "\n".join(texts)
        if "\x00" in everything:  # no database text can hold it; .xlsx can, as _x0000_
            self.rows = [[cell.replace("\x00", "") or None if cell else None for cell in row] for row in self.rows]
        # Plain signs are found many times faster than an expression.
        if "#" in everything or "Err:" in everything:
            for number, row in enumerate(self.rows):
                for column, cell in enumerate(row):
                    if cell and ("#" in cell or "Err:" in cell) and _ERROR_TEXT.fullmatch("".join(cell.split())):
                        self.marks.setdefault(number, {})[column] = ERROR


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened file.

    Attributes:
        expected_extension: whether its name ends the way its content does.
        macros: whether it carries macros (never run).
    """

    format: Format
    sheets: list[Sheet]
    expected_extension: bool
    macros: bool


def open_workbook(content: bytes, filename: str) -> Workbook:
    """Open a file for what it is, whatever its name says.

    Args:
        content: the bytes.
        filename: its name; names the only sheet of a lone CSV file.

    Raises:
        Refusal: it is damaged, encrypted, too large, or no spreadsheet.
    """
    container = identify(content)
    path = PurePosixPath(filename.replace("\\", "/"))
    sheets = _csv_sheets(container, path.stem) if container.format == "csv" else _calamine_sheets(container)
    for sheet in sheets:
        sheet.tidy()
    return Workbook(
        format=container.format,
        sheets=sheets,
        expected_extension=path.suffix.lower() in container.extensions,
        macros=container.macros,
    )


def _csv_sheets(container: Container, name: str) -> list[Sheet]:
    if container.archive is None:
        return [Sheet(name[:MAX_SHEET_NAME], text.read_csv(container.content))]
    return [Sheet(member, rows) for member, rows in text.read_csv_members(container.archive).items()]


def _calamine_sheets(container: Container) -> list[Sheet]:
    peculiar = _PECULIARITIES[container.format](container)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(container.content))
        metadata = workbook.sheets_metadata
        if len(metadata) > MAX_SHEETS:
            raise too_large(TOO_MANY_SHEETS)
        sheets = []
        for number, sheet in enumerate(metadata):
            found = peculiar(number, sheet.name)
            rows = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
            if rows and len(rows) * len(rows[0]) > MAX_SHEET_AREA:  # cells that do not say where they are
                raise too_large(TOO_WIDE)
            sheets.append(
                Sheet(
                    name=sheet.name,
                    rows=_texts(rows),
                    hidden=sheet.visible is not SheetVisibleEnum.Visible,
                    partly_hidden=found.partly_hidden,
                    tall_merges=found.tall_merges,
                )
            )
            _mark(sheets[-1], found)
    except PasswordError:
        raise encrypted() from None
    except CalamineError:
        raise damaged("il est tronqué ou abîmé") from None
    except BaseException as error:
        # Some damaged files make the library's Rust code panic, which is no `Exception`.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise damaged("il est tronqué ou abîmé") from None
    return sheets


Peculiar = Callable[[int, str], Peculiarities]


def _xlsx_peculiarities(container: Container) -> Peculiar:
    assert container.archive is not None
    archive, parts = container.archive, xlsx.sheet_parts(container.archive)
    return lambda _, name: xlsx.peculiarities(read_member(archive, parts[name])) if name in parts else Peculiarities()


def _ods_peculiarities(container: Container) -> Peculiar:
    assert container.archive is not None
    return _by_number(ods.peculiarities(read_member(container.archive, "content.xml")))


def _xls_peculiarities(container: Container) -> Peculiar:
    return _by_number(xls.peculiarities(container.content))


def _by_number(found: list[Peculiarities]) -> Peculiar:
    return lambda number, _: found[number] if number < len(found) else Peculiarities()


_PECULIARITIES: dict[str, Callable[[Container], Peculiar]] = {
    "xlsx": _xlsx_peculiarities,
    "ods": _ods_peculiarities,
    "xls": _xls_peculiarities,
}


def _number(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    shortest = repr(value)
    return format(Decimal(shortest), "f") if "e" in shortest else shortest


def _day(value: datetime | date) -> str:
    return value.isoformat()[:10]


_TEXT_OF: dict[type, Callable[[Any], str]] = {
    float: _number,
    int: str,
    bool: lambda value: "VRAI" if value else "FAUX",
    datetime: _day,
    date: _day,
    time: time.isoformat,
    timedelta: str,
}


def _text(value: Any) -> str | None:
    if type(value) is str:
        return value if value.strip() else None
    return _TEXT_OF[type(value)](value)


_KNOWN = Memo(_text)


def _texts(rows: Sequence[Sequence[Any]]) -> list[Row]:
    """Rows as text, None for an empty cell."""
    # As keys of a memo, true and 1 are the same.
    text_of = _text if bool in set(map(type, chain.from_iterable(rows))) else _KNOWN.__getitem__
    return [list(map(text_of, row)) for row in rows]


def _mark(sheet: Sheet, found: Peculiarities) -> None:
    for (row, column), error in found.errors.items():
        _put(sheet, row, column, error)
        sheet.marks.setdefault(row, {})[column] = ERROR
    for row, column in found.unvalued:
        _put(sheet, row, column, None)
        sheet.marks.setdefault(row, {})[column] = NO_VALUE


def _put(sheet: Sheet, row: int, column: int, value: str | None) -> None:
    sheet.rows.extend([] for _ in range(row + 1 - len(sheet.rows)))
    cells = sheet.rows[row]
    cells.extend([None] * (column + 1 - len(cells)))
    cells[column] = value
