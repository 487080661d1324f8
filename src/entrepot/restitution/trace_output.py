"""A trace, written: on the terminal, cut at a readable length; whole, as CSV or as a workbook."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from entrepot.errors import EntrepotError
from entrepot.inert import csv_cell, looks_like_a_formula, one_line
from entrepot.restitution import french
from entrepot.restitution.trace import Line, Trace, shown

LINES_SHOWN = 40
COLUMNS = [field.name for field in fields(Line)]
SHEET_LINES = 1_048_576
"""Lines of a sheet: xlsxwriter drops those beyond without a word."""
HEADINGS = ("Case", "Texte saisi", "État", "Règle", "Compte pour")


class OutputError(EntrepotError):
    """A trace cannot be written where it was asked for."""


def on_terminal(trace: Trace) -> RenderableType:
    """The summary, then the cells, workbook by workbook."""
    summary = Table.grid(padding=(0, 2))
    for term, text in trace.summary.items():
        summary.add_row(Text(term, style="bold"), Text(text))
    if not trace.lines:
        return summary
    table = Table(*HEADINGS)
    table.columns[0].overflow = "fold"
    table.columns[-1].justify = "right"
    for place, group in groupby(trace.lines[:LINES_SHOWN], key=_workbook):
        lines = list(group)
        table.add_section()
        if len(lines) > 1:
            table.add_row(Text(place, style="bold"))
        for line in lines:
            alone = f"{place}, {line.cellule}" if line.cellule else place
            table.add_row(
                Text(f"  {line.cellule}" if len(lines) > 1 else alone),
                Text(one_line(line.texte_saisi or "")),
                Text(line.etat or ""),
                Text(line.regle or "", style="red"),
                Text("" if line.compte_pour is None else shown(line.compte_pour)),
            )
    more = len(trace.lines) - LINES_SHOWN
    said = french.plural(len(trace.lines), "ligne", "lignes")
    if more > 0:
        said = f"{LINES_SHOWN} lignes sur {french.number(len(trace.lines))} ; toutes avec --out trace.csv (ou .xlsx)."
    return Group(summary, table, Text(said, style="dim"))


def _workbook(line: Line) -> str:
    """Where a line comes from: what repeats from one line to the next is written once."""
    quarter = french.quarter(line.trimestre) if line.trimestre else None
    if line.recepisse is None:
        return " ".join(filter(None, (line.cite, quarter, ": aucun retour accepté")))
    sheet = line.feuille and f"feuille {line.feuille.strip()}"
    known = one_line(", ".join(filter(None, (f"récépissé {line.recepisse}", line.fichier, sheet))))
    return " ".join(filter(None, (line.cite, quarter, f": {known}")))


def write(trace: Trace, path: Path) -> None:
    """Write every cell to a `.csv` or `.xlsx` file, by its name.

    Raises:
        OutputError: the name says neither, or the file cannot be written.
    """
    check_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        WRITERS[path.suffix.lower()](trace, path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from None


def check_name(path: Path) -> None:
    """Refuse a name that says no format, before any work is done.

    Raises:
        OutputError: the name ends neither in `.csv` nor in `.xlsx`.
    """
    if path.suffix.lower() not in WRITERS:
        raise OutputError(f"{path}: give a name that ends in .csv or .xlsx.")


def _write_csv(trace: Trace, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_neutral(astuple(line)) for line in trace.lines)


def _neutral(values: tuple[Any, ...]) -> Iterator[Any]:
    """Values of which no text is a formula to the program that opens the file."""
    for value in values:
        yield csv_cell(value) if isinstance(value, str) else value


def _write_xlsx(trace: Trace, path: Path) -> None:
    summary = trace.summary
    header = len(summary) + 1
    if header + 1 + len(trace.lines) > SHEET_LINES:
        raise OutputError(f"{path}: a sheet holds {SHEET_LINES} lines, the trace has more: ask for a .csv file.")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        quoted = book.add_format({"quote_prefix": True})
        sheet = book.add_worksheet("Trace")
        for number, (term, text) in enumerate(summary.items()):
            sheet.write_string(number, 0, term, bold)
            sheet.write_string(number, 1, text)
        sheet.write_row(header, 0, COLUMNS, bold)
        for number, line in enumerate(trace.lines, start=header + 1):
            for column, value in enumerate(astuple(line)):
                if isinstance(value, str):
                    sheet.write_string(number, column, value, quoted if looks_like_a_formula(value) else None)
                elif value is not None:
                    sheet.write_number(number, column, float(value))
        sheet.freeze_panes(header + 1, 0)
        sheet.autofit(400)


WRITERS = {".csv": _write_csv, ".xlsx": _write_xlsx}
