"""The report as one workbook: a sheet to read first, then one sheet a table, the figures as numbers."""

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from entrepot.inert import looks_like_a_formula
from entrepot.restitution import french
from entrepot.restitution.chapters import Chapter
from entrepot.restitution.definitions import DEFINITIONS
from entrepot.restitution.instant import Instant
from entrepot.restitution.marts import Marts
from entrepot.restitution.tables import NUMERIC, Column, Kind, Table, cell

NUMBER_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.PEOPLE: "#,##0",
    Kind.SHARE: "0.0 %",
    Kind.NUMBER: "#,##0.##",
    Kind.MEAN: "0.00",
    Kind.CHANGE: "+0.00;-0.00;0.00",
    Kind.EUROS: '#,##0 "€"',
    Kind.DAY: "dd/mm/yyyy",
}
HEADER_ROW = 3
"""Rows above hold the title, the dates and a blank line."""
HEADER_HEIGHT, LINE_HEIGHT = 62, 15
"""Points. Every height is given: programs other than Excel do not work them out when they open a file."""
NUMBER_WIDTH, LEAST_TEXT_WIDTH, GREATEST_TEXT_WIDTH, READ_ME_WIDTH = 15, 12, 60, 110
"""Characters."""


def write(path: Path, marts: Marts, chapters: list[Chapter]) -> None:
    """Write the workbook of the report to `path`."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": f"Bilan national {marts.quarter['libelle']}", "created": marts.published_at})
        writer = _Writer(book, marts)
        tables = [exhibit.table for chapter in chapters for exhibit in chapter.exhibits]
        writer.write_read_me(tables)
        for table in tables:
            writer.write_table(table)
        writer.write_table(writer.paths())


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, marts: Marts) -> None:
        self._book = book
        self._marts = marts
        self._paths: list[dict[str, str]] = []
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._header = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bg_color": "#F6F6F6", "bottom": 2}
        )
        self._text = book.add_format({"valign": "top", "indent": 1})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        # A text that looks like a formula is marked as text for good: it stays one when someone edits the cell.
        self._quoted = book.add_format({"valign": "top", "indent": 1, "quote_prefix": True})
        self._right = book.add_format({"align": "right", "valign": "top"})
        self._numbers = {
            kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in NUMBER_FORMATS.items()
        }

    def write_read_me(self, tables: list[Table]) -> None:
        sheet = self._book.add_worksheet("Lisez-moi")
        sheet.set_column(0, 0, GREATEST_TEXT_WIDTH // 2)
        sheet.set_column(1, 1, READ_ME_WIDTH)
        sheet.write_string(0, 0, f"Bilan national – {self._marts.quarter['libelle']}", self._title)
        lines = {
            "Données": self._dates(),
            "Publié le": french.day(self._marts.published_at),
            "Récépissés en vigueur": french.number(self._marts.release["recepisses"]),
            "Version": self._marts.release["version_code"],
            **DEFINITIONS,
            **{f"Feuille « {table.sheet} »": " ".join([f"{table.title}.", table.note]).strip() for table in tables},
        }
        if self._marts.release["donnees_fictives"]:
            lines = {"DONNÉES FICTIVES": "Jeu d’exemple : aucun chiffre n’est réel.", **lines}
        for line, (term, text) in enumerate(lines.items(), start=2):
            sheet.set_row(line, LINE_HEIGHT * ceil(len(text) / READ_ME_WIDTH))
            sheet.write_string(line, 0, term, self._text)
            sheet.write_string(line, 1, text, self._wrapped)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def write_table(self, table: Table) -> None:
        sheet = self._book.add_worksheet(table.sheet)
        sheet.write_string(0, 0, table.title, self._title)
        sheet.write_string(1, 0, self._dates())
        sheet.set_row(HEADER_ROW, HEADER_HEIGHT)
        columns = [part for column in table.columns for part in _parts(column)]
        for position, column in enumerate(columns):
            sheet.write_string(HEADER_ROW, position, column.full_label, self._header)
            sheet.set_column(position, position, _width(column, table))
            for line, row in enumerate(table.rows, start=HEADER_ROW + 1):
                self._write_cell(sheet, line, position, column, row)
                if path := cell(column, row, table).figure:
                    place = xl_rowcol_to_cell(line, position)
                    self._paths.append({"feuille": table.sheet, "cellule": place, "chemin": path})
        sheet.freeze_panes(HEADER_ROW + 1, 1)
        last = HEADER_ROW + len(table.rows)
        if table.rows:
            sheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
        for line, note in enumerate(_notes(table), start=last + 2):
            sheet.write_string(line, 0, note)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)

    def paths(self) -> Table:
        """Path of every figure written so far."""
        instant = self._marts.instant or Instant.of_moment(self._marts.published_at)
        return Table(
            "chemins",
            "Chemins des chiffres",
            "Chemin de chaque chiffre de ce classeur, jusqu’aux cases dont il est fait",
            [Column("feuille", "Feuille"), Column("cellule", "Cellule"), Column("chemin", "Chemin du chiffre")],
            self._paths,
            note=f"Pour ses cases : entrepot trace CHEMIN --as-of {instant.setting}",
        )

    def _write_cell(self, sheet: Worksheet, line: int, position: int, column: Column, row: dict[str, Any]) -> None:
        written = cell(column, row)
        if written.value is None:
            sheet.write_string(line, position, written.text, self._right)
        elif written.kind is Kind.DAY:
            sheet.write_datetime(line, position, written.value, self._numbers[Kind.DAY])
        elif written.kind in NUMERIC:
            sheet.write_number(line, position, float(written.value), self._numbers[written.kind])
        else:
            self._write_text(sheet, line, position, written.text)

    def _write_text(self, sheet: Worksheet, line: int, position: int, text: str) -> None:
        sheet.write_string(line, position, text, self._quoted if looks_like_a_formula(text) else self._text)

    def _dates(self) -> str:
        fictitious = "DONNÉES FICTIVES – " if self._marts.release["donnees_fictives"] else ""
        instant = self._marts.instant
        known = (
            f"telles que connues au {instant.label}" if instant else f"connues au {french.day(self._marts.known_on)}"
        )
        return (
            f"{fictitious}Données {known} "
            f"(parution n° {self._marts.release['parution_id']}), comprenant le {self._marts.quarter['libelle']}"
        )


def _width(column: Column, table: Table) -> int:
    texts = [cell(column, row) for row in table.rows]
    if texts and texts[0].kind in NUMERIC:
        return NUMBER_WIDTH
    longest = max((len(written.text) + 2 for written in texts), default=0)
    return min(max(longest, LEAST_TEXT_WIDTH), GREATEST_TEXT_WIDTH)


def _parts(column: Column) -> list[Column]:
    """A value « 78 / 84 » of the page is two columns here, so that both are numbers."""
    if column.over is None:
        return [column]
    return [
        replace(column, over=None),
        Column(
            column.over,
            f"{column.label} : sur",
            Kind.COUNT,
            absent=column.absent,
            figure=column.figure and f"{column.figure.rpartition('/')[0]}/{column.over}",
        ),
    ]


def _notes(table: Table) -> list[str]:
    reasons = {cell(column, row).absent: column for column in table.columns for row in table.rows}
    notes = [f"n.d. : {reason} ({column.full_label})." for reason, column in reasons.items() if reason]
    return [*([table.note] if table.note else []), *([] if table.rows else [table.empty]), *notes]
