"""From a grid to the bytes that each program would have written."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import xlsxwriter
import xlwt
from odfdo import Cell as OdsCell
from odfdo import Document
from odfdo import Row as OdsRow
from odfdo import Table as OdsTable
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, range_boundaries

from .book import Book, Page
from .model import FOLDER, Special, Typed

DAY, MOMENT, PERCENT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "0%"
COMMENT = "Commentaire fictif : 999"


def xlsxwriter_bytes(book: Book) -> bytes:
    """Shared strings, formulas with the value they had."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_urls": False, "in_memory": True}) as workbook:
        looks = {look: workbook.add_format({"num_format": look}) for look in (DAY, MOMENT, PERCENT)}
        looks |= {"gras": workbook.add_format({"bold": True}), "cite": workbook.add_format({"quote_prefix": True})}
        for name, page in book.items():
            sheet = workbook.add_worksheet(name)
            for r, c, value in _filled(page):
                _xlsxwriter_cell(workbook, sheet, (r, c), value, looks)
            for cells in page.coloured:
                colour = workbook.add_format({"bg_color": "#FFF2CC"})
                sheet.conditional_format(cells, {"type": "no_errors", "format": colour})
            for cells in page.merges:
                left, top, *_ = range_boundaries(cells)
                kept = page.rows[top - 1][left - 1]
                sheet.merge_range(cells, kept, looks[DAY] if isinstance(kept, date) else None)
            for row in page.hidden_rows:
                sheet.set_row(row - 1, None, None, {"hidden": True})
            for row in page.grouped_rows:
                sheet.set_row(row - 1, None, None, {"level": 1})
            for column in page.hidden_columns:
                sheet.set_column(column - 1, column - 1, None, None, {"hidden": True})
            if page.filtered:
                sheet.autofilter(page.filtered)
            if page.hidden:
                sheet.hide()
    return content.getvalue()


def _xlsxwriter_cell(workbook: Any, sheet: Any, at: tuple[int, int], value: Typed, looks: dict[str, Any]) -> None:
    if isinstance(value, Special):
        _xlsxwriter_special(workbook, sheet, at, value, looks)
    elif isinstance(value, date):
        sheet.write_datetime(*at, value, looks[MOMENT if isinstance(value, datetime) else DAY])
    elif isinstance(value, str):
        sheet.write_string(*at, value)
    else:
        sheet.write(*at, value)


def _xlsxwriter_special(workbook: Any, sheet: Any, at: tuple[int, int], value: Special, looks: dict[str, Any]) -> None:
    if value.formule is not None:
        sheet.write_formula(*at, value.formule, None, value.resultat)
    elif value.erreur is not None:
        sheet.write_formula(*at, "=1/0", None, value.erreur)
    elif value.pourcent is not None:
        sheet.write_number(*at, value.pourcent, looks[PERCENT])
    elif value.nombre is not None:
        sheet.write_number(*at, value.nombre, workbook.add_format({"num_format": value.format}))
    elif value.apostrophe is not None:
        sheet.write_string(*at, value.apostrophe, looks["cite"])
    elif value.riche is not None:
        first, *others = value.riche
        sheet.write_rich_string(*at, first, *(part for text in others for part in (looks["gras"], text)))
    elif value.lien is not None:
        sheet.write_url(*at, "https://exemple.fr/fictif", string=value.lien)
    else:
        sheet.write(*at, value.note)
        sheet.write_comment(*at, COMMENT)


def openpyxl_bytes(book: Book) -> bytes:
    """Shared strings, no formula with a value."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, page in book.items():
        sheet = workbook.create_sheet(name)
        for r, c, value in _filled(page):
            _openpyxl_cell(sheet.cell(r + 1, c + 1), value)
        for cells in page.coloured:
            for cell in (cell for row in sheet[cells] for cell in row):
                cell.fill = PatternFill("solid", fgColor="FFF2CC")
        for cells in page.merges:
            sheet.merge_cells(cells)
        for row in page.hidden_rows:
            sheet.row_dimensions[row].hidden = True
        for row in page.grouped_rows:
            sheet.row_dimensions[row].outlineLevel = 1
        for column in page.hidden_columns:
            sheet.column_dimensions[get_column_letter(column)].hidden = True
        if page.filtered:
            sheet.auto_filter.ref = page.filtered
        if page.hidden:
            sheet.sheet_state = "hidden"
    return _saved(workbook)


def _openpyxl_cell(cell: Any, value: Typed) -> None:
    if isinstance(value, Special):
        _openpyxl_special(cell, value)
    elif isinstance(value, date):
        cell.value, cell.number_format = value, MOMENT if isinstance(value, datetime) else DAY
    else:
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # never a formula


def _openpyxl_special(cell: Any, value: Special) -> None:
    if value.formule is not None:
        cell.value = value.formule
    elif value.erreur is not None:
        cell.value, cell.data_type = value.erreur, "e"
    elif value.pourcent is not None:
        cell.value, cell.number_format = value.pourcent, PERCENT
    elif value.nombre is not None:
        cell.value, cell.number_format = value.nombre, value.format
    elif value.apostrophe is not None:
        cell.value, cell.data_type = value.apostrophe, "s"
        cell.quotePrefix = True
    elif value.riche is not None:
        cell.value = CellRichText(*[TextBlock(InlineFont(b=True), text) for text in value.riche])
    elif value.lien is not None:
        cell.value, cell.hyperlink = value.lien, "https://exemple.fr/fictif"
    else:
        cell.value, cell.comment = value.note, Comment(COMMENT, "Fictif")


def odfdo_bytes(book: Book) -> bytes:
    """An OpenDocument, its values in attributes."""
    document = Document("spreadsheet")
    document.body.clear()
    for name, page in book.items():
        table = OdsTable(name)
        merged = {(top, left): (right, bottom) for left, top, right, bottom in map(range_boundaries, page.merges)}
        for number, values in enumerate(page.rows, start=1):
            row = OdsRow()
            for column, value in enumerate(values, start=1):
                cell = _ods_cell(value)
                if (number, column) in merged:
                    right, bottom = merged[number, column]
                    cell.set_attribute("table:number-rows-spanned", str(bottom - number + 1))
                    cell.set_attribute("table:number-columns-spanned", str(right - column + 1))
                row.append_cell(cell, clone=False)
            if number in page.hidden_rows:
                row.set_attribute("table:visibility", "filter" if page.filtered else "collapse")
            table.append_row(row, clone=False)
        document.body.append(table)
    return _saved(document)


def _ods_cell(value: Typed) -> OdsCell:
    if not isinstance(value, Special):
        return OdsCell() if value is None else OdsCell(value)
    if value.erreur is not None:
        cell = OdsCell(text=value.erreur)
        for name, text in (
            ("office:value-type", "string"), ("calcext:value-type", "error"), ("table:formula", "of:=1/0")
        ):  # fmt: skip
            cell.set_attribute(name, text)
    elif value.formule is not None:
        cell = OdsCell(value.resultat) if value.resultat is not None else OdsCell()
        cell.set_attribute("table:formula", f"of:{value.formule}")
    elif value.pourcent is not None:
        cell = OdsCell(value.pourcent, cell_type="percentage", text=f"{value.pourcent * 100:g} %")
    else:
        raise TypeError(f"{value} is written in .xlsx only")
    return cell


def xlwt_bytes(book: Book) -> bytes:
    """The format of Excel 97; formulas never computed."""
    workbook = xlwt.Workbook()
    looks = {look: xlwt.easyxf(num_format_str=look) for look in (DAY, MOMENT, PERCENT)}
    for name, page in book.items():
        sheet = workbook.add_sheet(name)
        for r, c, value in _filled(page):
            if isinstance(value, Special):
                _xlwt_special(sheet, r, c, value, looks)
            elif isinstance(value, date):
                sheet.write(r, c, value, looks[MOMENT if isinstance(value, datetime) else DAY])
            else:
                sheet.write(r, c, value)
        for cells in page.merges:
            left, top, right, bottom = range_boundaries(cells)
            sheet.merge(top - 1, bottom - 1, left - 1, right - 1)
        for row in page.hidden_rows:
            sheet.row(row - 1).hidden = True
        for column in page.hidden_columns:
            sheet.col(column - 1).hidden = True
        sheet.visibility = int(page.hidden)
    return _saved(workbook)


def _xlwt_special(sheet: Any, r: int, c: int, value: Special, looks: dict[str, Any]) -> None:
    if value.formule is not None:
        sheet.write(r, c, xlwt.Formula(value.formule.removeprefix("=")))
    elif value.erreur is not None:
        # Its name for this one is #N/A!
        sheet.row(r).set_cell_error(c, 0x2A if value.erreur == "#N/A" else value.erreur)
    elif value.pourcent is not None:
        sheet.write(r, c, value.pourcent, looks[PERCENT])
    else:
        raise TypeError(f"{value} is written in .xlsx only")


def csv_bytes(book: Book, *, separator: str = ";", encoding: str = "cp1252", folder: str = "") -> bytes:
    """One CSV file a sheet, zipped."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in book.items():
            text = io.StringIO()
            csv.writer(text, delimiter=separator).writerows([shown(value) for value in row] for row in page.rows)
            archive.writestr(f"{folder}{name}.csv", text.getvalue().encode(encoding))
    return content.getvalue()


def shown(value: Typed) -> str:
    """A value as a French spreadsheet shows it, which is what a CSV file keeps."""
    if isinstance(value, Special):
        text = _special_shown(value)
    elif isinstance(value, bool):
        text = "VRAI" if value else "FAUX"
    elif isinstance(value, date):
        text = value.strftime("%d/%m/%Y %H:%M" if isinstance(value, datetime) else "%d/%m/%Y")
    elif isinstance(value, float):
        text = str(value).replace(".", ",")
    else:
        text = "" if value is None else str(value)
    return text


def _special_shown(value: Special) -> str:
    if value.erreur is not None:
        return value.erreur
    if value.formule is not None:
        return shown(value.resultat)
    if value.pourcent is not None:
        return f"{value.pourcent * 100:g}%"
    raise TypeError(f"{value} is written in .xlsx only")


def _filled(page: Page) -> list[tuple[int, int, Typed]]:
    """Cells that hold something, at rows and columns from 0."""
    return [(r, c, value) for r, row in enumerate(page.rows) for c, value in enumerate(row) if value is not None]


def _saved(made: Any) -> bytes:
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


WRITERS: dict[str, tuple[str, Callable[[Book], bytes]]] = {
    "xlsxwriter": (".xlsx", xlsxwriter_bytes),
    "openpyxl": (".xlsx", openpyxl_bytes),
    "odfdo": (".ods", odfdo_bytes),
    "xlwt": (".xls", xlwt_bytes),
    "csv": (".zip", csv_bytes),
    "csv tabulations": (".zip", lambda book: csv_bytes(book, separator="\t", encoding="utf-8-sig")),
    "csv virgules": (".zip", lambda book: csv_bytes(book, separator=",", encoding="utf-8")),
    "csv utf-8": (".zip", lambda book: csv_bytes(book, encoding="utf-8")),
    "csv utf-16": (".zip", lambda book: csv_bytes(book, encoding="utf-16")),
    "csv mac": (".zip", lambda book: csv_bytes(book, encoding="mac_roman")),
    "csv dossier": (".zip", lambda book: csv_bytes(book, encoding="utf-8-sig", folder="Retour fictif/T4/")),
}
# Files that LibreOffice wrote, kept (`python -m tests.cas.libreoffice` writes them again).
KEPT = FOLDER / "kept"
