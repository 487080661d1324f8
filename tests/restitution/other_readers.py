"""Cells of a workbook as other libraries than ours see them: openpyxl, xlrd, lxml, the csv module."""

import csv
import io
import re
import zipfile
from datetime import date, datetime
from pathlib import PurePosixPath

import openpyxl
import xlrd  # type: ignore[import-untyped]
from lxml import etree  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter

Sheets = dict[str, dict[str, object]]
"""Values by sheet, then by address."""

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
END_OF_SHEET = 500
"""Repetitions beyond this are the empty rest of a sheet."""


def read_cells(content: bytes) -> Sheets:
    """Values of a workbook, whatever it is."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _xls(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if "content.xml" in names:
            return _ods(archive.read("content.xml"))
        if "[Content_Types].xml" not in names:
            return {PurePosixPath(name).stem: _csv(archive.read(name)) for name in names if name.endswith(".csv")}
    return _xlsx(content)


def _xlsx(content: bytes) -> Sheets:
    sheets: Sheets = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets:
        cells = {one.coordinate: one.value for line in sheet.iter_rows() for one in line if one.value is not None}
        for merged in sheet.merged_cells.ranges:
            value = sheet.cell(merged.min_row, merged.min_col).value
            cells |= {sheet.cell(*place).coordinate: value for place in merged.cells}
        sheets[sheet.title] = cells
    return sheets


def _xls(content: bytes) -> Sheets:
    book = xlrd.open_workbook(file_contents=content)
    return {
        sheet.name: {
            f"{get_column_letter(column + 1)}{line + 1}": (
                xlrd.xldate_as_datetime(one.value, book.datemode) if one.ctype == xlrd.XL_CELL_DATE else one.value
            )
            for line in range(sheet.nrows)
            for column, one in enumerate(sheet.row(line))
        }
        for sheet in book.sheets()
    }


def _ods(content: bytes) -> Sheets:
    sheets: Sheets = {}
    for table in etree.fromstring(content).iter(f"{TABLE}table"):
        cells: dict[str, object] = {}
        line = 0
        for row in table.iter(f"{TABLE}table-row"):
            rows = int(row.get(f"{TABLE}number-rows-repeated", 1))
            column = 0
            for one in row.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                columns = int(one.get(f"{TABLE}number-columns-repeated", 1))
                if (value := _ods_value(one)) != "" and max(rows, columns) < END_OF_SHEET:
                    for down in range(rows):
                        for right in range(columns):
                            cells[f"{get_column_letter(column + right + 1)}{line + down + 1}"] = value
                column += columns
            line += rows
        sheets[table.get(f"{TABLE}name")] = cells
    return sheets


def _ods_value(cell: etree._Element) -> object:
    if (number := cell.get(f"{OFFICE}value")) is not None:
        return float(number)
    if (day := cell.get(f"{OFFICE}date-value")) is not None:
        return datetime.fromisoformat(day)
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.iterchildren(f"{TEXT}p"))


def _csv(content: bytes) -> dict[str, object]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return {
        f"{get_column_letter(column)}{line}": value
        for line, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=";"), start=1)
        for column, value in enumerate(row, start=1)
        if value
    }


def same(typed: str, value: object) -> bool:
    """Whether a text of ours and a value of another library are the same cell."""
    if isinstance(value, datetime | date):
        return typed[:10] == value.isoformat()[:10]
    if isinstance(value, int | float):
        return re.fullmatch(r"[-+0-9.eE]+", typed) is not None and abs(float(typed) - value) < 1e-9
    return " ".join(typed.split()) == " ".join(str(value).split())
