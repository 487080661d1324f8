"""An .xlsx with the values of a file of another kind: the same sheets, each value in its cell, of its type."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from entrepot.forms.files.container import Container
from entrepot.forms.files.peculiarities import ERROR
from entrepot.forms.files.refusal import MAX_CELL_CHARACTERS
from entrepot.forms.files.workbook import Sheet, open_workbook
from entrepot.inert import looks_like_a_formula

# What Excel takes as the name of a sheet.
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# What it takes as a date.
# Of a column made as wide as what it holds, in pixels.
_WIDEST = 300
_FIRST_YEAR = 1900
_DATE, _MOMENT, _TIME, _DURATION = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "hh:mm:ss", "[h]:mm:ss"
_QUOTED = "texte"


@dataclass(frozen=True)
class Copy:
    """A copy, and the name that each sheet has there."""

    content: bytes
    names: dict[str, str]


def copy_values(container: Container, filename: str) -> Copy:
    """Copy the values of a file that was read before.

    Args:
        container: the file, of any kind.
        filename: its name; names the only sheet of a lone CSV file.
    """
    sheets = open_workbook(container.content, filename).sheets
    values = _values(container, sheets)
    names = _names([sheet.name for sheet in sheets])
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        # A copy made again is the same, byte for byte.
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - workbooks hold no time zone
        formats = {code: book.add_format({"num_format": code}) for code in (_DATE, _MOMENT, _TIME, _DURATION)}
        formats[_QUOTED] = book.add_format({"quote_prefix": True})
        for sheet, rows in zip(sheets, values, strict=True):
            target = book.add_worksheet(names[sheet.name])
            if sheet.hidden:
                target.hide()
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    _write(target, r, c, value, formats)
            target.autofit(_WIDEST)
    return Copy(buffer.getvalue(), names)


def _values(container: Container, sheets: Sequence[Sheet]) -> list[list[list[Any]]]:
    """Values of each sheet, with their types where the file has any; the text of errors stands for them."""
    if container.format == "csv":
        return [sheet.rows for sheet in sheets]
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(container.content))
    found = []
    for number, sheet in enumerate(sheets):
        rows: list[list[Any]] = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
        for r, marked in sheet.marks.items():
            for c in [column for column, mark in marked.items() if mark == ERROR]:
                rows.extend([] for _ in range(r + 1 - len(rows)))
                rows[r].extend([""] * (c + 1 - len(rows[r])))
                rows[r][c] = sheet.rows[r][c]
        found.append(rows)
    return found


def _names(originals: Sequence[str]) -> dict[str, str]:
    """Names that Excel takes, as near the originals as can be; it does not tell case apart."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for original in originals:
        base = _NOT_IN_NAMES.sub("_", original).strip("'")[:_LONGEST_NAME] or "Feuille"
        name, number = base, 1
        while name.lower() in used:
            number += 1
            suffix = f" ({number})"
            name = base[: _LONGEST_NAME - len(suffix)] + suffix
        used.add(name.lower())
        names[original] = name
    return names


def _write(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> None:
    match value:
        case None | "":
            return
        case str():
            sheet.write_string(
                row, column, value[:MAX_CELL_CHARACTERS], formats[_QUOTED] if looks_like_a_formula(value) else None
            )
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float():
            sheet.write_number(row, column, value)
        case datetime():
            _write_day(sheet, row, column, value, formats[_DATE if value.time() == time() else _MOMENT])
        case date():
            _write_day(sheet, row, column, value, formats[_DATE])
        case time():
            sheet.write_datetime(row, column, value, formats[_TIME])
        case timedelta():
            sheet.write_datetime(row, column, value, formats[_DURATION])
        case _:
            raise TypeError(f"a cell holds {type(value)}, which no reader of ours gives")


def _write_day(sheet: Any, row: int, column: int, value: date, look: Any) -> None:
    if value.year < _FIRST_YEAR:  # no date of Excel: a slip such as 0023
        sheet.write_string(row, column, value.isoformat()[:10])
    else:
        sheet.write_datetime(row, column, value, look)


def blank(name: str) -> bytes:
    """A workbook of one empty sheet."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001
        book.add_worksheet(name)
    return buffer.getvalue()
