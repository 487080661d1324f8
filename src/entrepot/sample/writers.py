"""From a workbook in memory to bytes, by five libraries; the same book always gives the same bytes."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import xlsxwriter
import xlwt
from odfdo import Cell as OdsCell
from odfdo import Document
from odfdo import Row as OdsRow
from odfdo import Table as OdsTable
from openpyxl.styles import Font, PatternFill

from entrepot.sample.book import Book, Cell, Failure, Formula, Sheet, Value
from entrepot.sample.fill import FICTITIOUS

# Written wherever a library would put the time of day.
FROZEN = datetime(2024, 1, 1)  # noqa: DTZ001 - workbooks hold no time zone
DATE_FORMAT = "dd/mm/yyyy"
PROPERTIES = {
    "title": f"Remontée trimestrielle - {FICTITIOUS}",
    "subject": FICTITIOUS,
    "author": "Échantillon (fictif)",
    "comments": "Classeur fabriqué pour essayer l'entrepôt : aucun chiffre n'a été déclaré par quiconque.",
}
COLOUR = "FFF2CC"
# What a workbook with macros carries; these are no macros, only the part that says so.
MACRO_PART = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def xlsxwriter_bytes(book: Book) -> bytes:
    """An .xlsx (or .xlsm) by xlsxwriter."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_urls": False})
    workbook.set_properties({**PROPERTIES, "created": FROZEN})
    if book.macros:
        workbook.add_vba_project(io.BytesIO(MACRO_PART), is_stream=True)
    looks = {
        "": None,
        "titre": workbook.add_format({"bold": True, "font_size": 14}),
        "entete": workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True}),
        "date": workbook.add_format({"num_format": DATE_FORMAT}),
        "pourcent": workbook.add_format({"num_format": "0%"}),
        "couleur": workbook.add_format({"bg_color": f"#{COLOUR}"}),
    }
    for sheet in book.sheets:
        worksheet = workbook.add_worksheet(sheet.name)
        for first, last in sheet.merges:
            (top, left), (bottom, right) = sheet.place(first), sheet.place(last)
            worksheet.merge_range(top - 1, left - 1, bottom - 1, right - 1, "", looks[first.look])
        for r, row in enumerate(sheet.rows):
            if row.hidden:
                worksheet.set_row(r, None, None, {"hidden": True})
            for c, cell in enumerate(row.cells):
                _xlsxwriter_cell(worksheet, r, c, cell.value, looks[cell.look])
        for column in sheet.hidden_columns:
            worksheet.set_column(column - 1, column - 1, None, None, {"hidden": True})
        if sheet.hidden:
            worksheet.hide()
    next(s for s, sheet in zip(workbook.worksheets(), book.sheets, strict=True) if not sheet.hidden).activate()
    workbook.close()
    return buffer.getvalue()


def _xlsxwriter_cell(worksheet: "xlsxwriter.worksheet.Worksheet", r: int, c: int, value: Value, look: object) -> None:
    match value:
        case None:
            return
        case str():
            worksheet.write_string(r, c, value, look)
        case int() | float():
            worksheet.write_number(r, c, value, look)
        case date():
            worksheet.write_datetime(r, c, value, look)
        case Formula():
            worksheet.write_formula(r, c, value.text, look, value.cached)
        case Failure():
            worksheet.write_formula(r, c, "=1/0" if value.text == "#DIV/0!" else "=#REF!", look, value.text)


def openpyxl_bytes(book: Book) -> bytes:
    """An .xlsx by openpyxl; its formulas have no computed value."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    properties = workbook.properties
    properties.title, properties.subject = PROPERTIES["title"], PROPERTIES["subject"]
    properties.creator, properties.description = PROPERTIES["author"], PROPERTIES["comments"]
    properties.created = FROZEN
    bold, colour = Font(bold=True), PatternFill("solid", fgColor=COLOUR)
    for sheet in book.sheets:
        worksheet = workbook.create_sheet(sheet.name)
        for r, row in enumerate(sheet.rows, start=1):
            if row.hidden:
                worksheet.row_dimensions[r].hidden = True
            for c, cell in enumerate(row.cells, start=1):
                if cell.value is None:
                    continue
                target = worksheet.cell(r, c, _openpyxl_value(cell.value))
                if cell.look == "date":
                    target.number_format = DATE_FORMAT
                elif cell.look == "pourcent":
                    target.number_format = "0%"
                elif cell.look == "couleur":
                    target.fill = colour
                elif cell.look:
                    target.font = bold
        for first, last in sheet.merges:
            (top, left), (bottom, right) = sheet.place(first), sheet.place(last)
            worksheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        for column in sheet.hidden_columns:
            worksheet.column_dimensions[openpyxl.utils.get_column_letter(column)].hidden = True
        if sheet.hidden:
            worksheet.sheet_state = "hidden"
    workbook.active = next(rank for rank, sheet in enumerate(book.sheets) if not sheet.hidden)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return _without_clock(buffer.getvalue())


def _openpyxl_value(value: Value) -> str | int | float | date | None:
    return value.text if isinstance(value, Formula | Failure) else value


def ods_bytes(book: Book) -> bytes:
    """An .ods by odfdo."""
    document = Document("spreadsheet")
    document.body.clear()
    meta = document.meta
    meta.title, meta.subject, meta.description = PROPERTIES["title"], PROPERTIES["subject"], PROPERTIES["comments"]
    meta.initial_creator = meta.creator = PROPERTIES["author"]
    meta.creation_date = meta.date = FROZEN
    for sheet in book.sheets:
        table = OdsTable(sheet.name)
        table.set_attribute("table:name", sheet.name)  # the library takes spaces off its ends
        for row in sheet.rows:
            line = OdsRow()
            for cell in row.cells:
                line.append_cell(_ods_cell(cell.value), clone=False)
            table.append_row(line, clone=False)
        document.body.append(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def _ods_cell(value: Value) -> OdsCell:
    if isinstance(value, Formula | Failure):
        raise TypeError("formulas and errors are planted in .xlsx workbooks only")
    return OdsCell(value)


def xls_bytes(book: Book) -> bytes:
    """An .xls (Excel 97-2003) by xlwt, which has no document properties: the owner says it is fictitious."""
    workbook = xlwt.Workbook()
    workbook.owner = "Echantillon fictif"  # this record takes ASCII only
    plain, bold, dates = xlwt.XFStyle(), xlwt.easyxf("font: bold on"), xlwt.easyxf(num_format_str=DATE_FORMAT)
    styles = {"": plain, "date": dates, "titre": bold, "entete": bold}
    for sheet in book.sheets:
        worksheet = workbook.add_sheet(sheet.name)
        for r, row in enumerate(sheet.rows):
            for c, cell in enumerate(row.cells):
                if cell.value is not None:
                    worksheet.write(r, c, cell.value, styles[cell.look])
        for first, last in sheet.merges:
            (top, left), (bottom, right) = sheet.place(first), sheet.place(last)
            worksheet.merge(top - 1, bottom - 1, left - 1, right - 1)
        worksheet.visibility = int(sheet.hidden)
    workbook.set_active_sheet(next(rank for rank, sheet in enumerate(book.sheets) if not sheet.hidden))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def csv_bytes(book: Book) -> bytes:
    """A zip of one `;` CSV per sheet, in Windows-1252, or in UTF-8 with BOM where that cannot write a character."""
    members = {f"{sheet.name}.csv": _csv_text(sheet) for sheet in book.sheets}
    try:
        files = {name: text.encode("cp1252") for name, text in members.items()}
    except UnicodeEncodeError:
        files = {name: text.encode("utf-8-sig") for name, text in members.items()}
    return zipped(files)


def _csv_text(sheet: Sheet) -> str:
    width = max((len(row.cells) for row in sheet.rows), default=0)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    for row in sheet.rows:
        texts = [_csv_cell(cell) for cell in row.cells]
        writer.writerow(texts + [""] * (width - len(texts)))
    return buffer.getvalue()


def _csv_cell(cell: Cell) -> str:
    match cell.value:
        case None:
            return ""
        case date():
            return f"{cell.value:%d/%m/%Y}"
        case float():
            return str(cell.value).replace(".", ",")
        case _:
            return str(cell.value)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip whose entries bear a fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_entry(name), content)
    return buffer.getvalue()


def _entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, FROZEN.timetuple()[:6])
    entry.compress_type = compression
    return entry


def _without_clock(content: bytes) -> bytes:
    """Rewrite a zipped workbook without the time it was saved at, which its library insists on putting in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as archive:
        for item in source.infolist():
            member = source.read(item)
            if item.filename == "docProps/core.xml":
                member = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2024-01-01T00:00:00Z", member)
            archive.writestr(_entry(item.filename, item.compress_type), member)
    return buffer.getvalue()


WRITERS: dict[str, tuple[Callable[[Book], bytes], str]] = {
    "xlsxwriter": (xlsxwriter_bytes, ".xlsx"),
    "openpyxl": (openpyxl_bytes, ".xlsx"),
    "ods": (ods_bytes, ".ods"),
    "xls": (xls_bytes, ".xls"),
    "csv": (csv_bytes, ".zip"),
}
