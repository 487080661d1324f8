"""Blank forms filled the way a person does: each answer typed beside or under its label, in the form as we write it."""

import io
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter

from entrepot.forms.blank.declared import Declared
from entrepot.forms.blank.known import Subject, Subjects, vintage_of
from entrepot.forms.blank.workbook import FIXED, blank_form
from entrepot.forms.choices import Choices
from entrepot.forms.reader import ReadReturn
from entrepot.forms.vintage import Champ, Millesime, Tableau
from entrepot.settings import Settings

from .form import answers, lines

Value = str | int | float | date | None
# What is typed in each table: by question, by code of the line, or line by line.
Filling = Mapping[str, Sequence[Mapping[str, Value]]]

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# From which spreadsheets count days.
FIRST_DAY = date(1899, 12, 30)
# LibreOffice leaves out, without a word, what comes after some 250 arguments.
MOST_CONVERTED = 200
NO_ANSWER, NOT_CONCERNED = "n.d.", "s.o."
AWKWARD = (
    "=1+1", "+33 de plus", "-5 %", "@équipe", "'entre apostrophes'", "l’été d'Évian", "\"Chez\nnous\"",
    unicodedata.normalize("NFD", "Événement à l'Haÿ-les-Roses"), "👩🏽\u200d🏭 ateliers 🚲", "Œuvre : ½ journée, n° 3",
    "a" * 3000, "<b>&amp;</b>", "#N/A n'est pas une réponse", "1/2", "0012", "12,5", "TRUE", "deux  espaces",
    "2024-01-02",
)  # fmt: skip


@cache
def choices() -> Choices:
    return Choices.load(Settings().seeds_dir)


@cache
def known() -> Subjects:
    return Subjects(Settings().seeds_dir)


@dataclass(frozen=True)
class Form:
    """A blank form and how to fill it."""

    subject: Subject

    @property
    def vintage(self) -> Millesime:
        return vintage_of(self.subject.trimestre.code)

    @property
    def tables(self) -> list[Tableau]:
        number = int(self.subject.trimestre.code[-1])
        return [tableau for tableau in self.vintage.tableaux if number in tableau.trimestres]

    def blank(self, declared: Declared | None = None) -> bytes:
        return blank_form(self.subject, declared or Declared(), choices(), "l'équipe nationale (fictif)")

    def answers(self) -> st.SearchStrategy[Filling]:
        """Random answers to everything the form leaves to fill."""
        return st.fixed_dictionaries({tableau.tableau: self._lines(tableau) for tableau in self.tables})

    def _lines(self, tableau: Tableau) -> st.SearchStrategy[list[dict[str, Value]]]:
        asked = [champ for champ in tableau.champs if champ.champ not in FIXED and not champ.modalites]
        line = st.fixed_dictionaries({champ.champ: self._answer(champ) for champ in asked})
        if tableau.genre == "liste":
            first = tableau.champs[0].champ
            numbered = tableau.champs[0].type == "entier"
            lines = st.lists(line, max_size=3)
            # A line begins with its number or its name, here: what begins with nothing is another test's.
            return lines.map(
                lambda drawn: [
                    {**one, first: rank if numbered else (one[first] or f"{rank}")} for rank, one in enumerate(drawn, 1)
                ]
            )
        count = len(tableau.champs[0].modalites) if tableau.genre == "croise" else 1
        return st.lists(line, min_size=count, max_size=count)

    def _answer(self, champ: Champ) -> st.SearchStrategy[Value]:
        kinds: dict[str, Callable[[], st.SearchStrategy[Value]]] = {
            "entier": lambda: _whole(champ),
            "montant": lambda: st.integers(0, 10**9).map(lambda cents: cents / 100),
            "decimal": lambda: st.sampled_from([0, 0.5, 1.25, 3]),
            "date": lambda: st.dates(date(2000, 1, 1), date(2049, 12, 31)),
            "choix": lambda: st.sampled_from(self._labels(champ)),
            "choix_multiple": lambda: _several(self._labels(champ), champ),
            "codes_qpv": lambda: _several([qpv.code for qpv in self.subject.qpv], champ),
            "codes_contrat": lambda: _several([contrat.code for contrat in self.subject.contrats], champ),
        }
        given = kinds.get(champ.type, texts)()
        return given if champ.requis else given | st.sampled_from([None, NO_ANSWER, NOT_CONCERNED])

    def _labels(self, champ: Champ) -> list[Value]:
        labels = choices().of(champ.liste or "", self.vintage.millesime).values()
        return [int(label) if label.isdigit() else label for label in labels]


def texts() -> st.SearchStrategy[Value]:
    """Texts as senders type them, and worse."""
    letters = st.characters(categories=["L", "M", "N", "P", "S", "Zs"], include_characters="\n")
    random = st.text(letters, min_size=1, max_size=60).map(str.strip).filter(bool)
    return st.sampled_from(AWKWARD) | random


def _whole(champ: Champ) -> st.SearchStrategy[Value]:
    low, high = champ.attributs.min or 0, champ.attributs.max or 10**14
    remarkable = [number for number in (0, 1, 12, 1234, 10**9, 10**14) if low <= number <= high]
    return st.sampled_from(remarkable) | st.integers(low, min(high, 10**6))


def _several(items: Sequence[Value], champ: Champ) -> st.SearchStrategy[Value]:
    most = champ.attributs.elements_max or 3
    return st.lists(st.sampled_from(items), min_size=1, max_size=most, unique=True).map("; ".join)  # type: ignore[arg-type]


class Filler:
    """Fills copies of one blank form: values go in its cells as a spreadsheet puts them, in the format in place."""

    def __init__(self, form: Form, blank: bytes | None = None) -> None:
        self.form = form
        content = io.BytesIO(blank or form.blank())
        with zipfile.ZipFile(content) as archive:
            self._members = {name: archive.read(name) for name in archive.namelist()}
        workbook = openpyxl.load_workbook(content)
        self._parts = {
            sheet.title: f"xl/worksheets/sheet{rank}.xml" for rank, sheet in enumerate(workbook.worksheets, start=1)
        }
        # The last cell that bears a label: titles and instructions stand above.
        self._labels = {
            (sheet.title, cell.value): (cell.row, cell.column)
            for sheet in workbook.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }

    def filled(self, filling: Filling) -> bytes:
        """The form with answers typed in."""
        by_sheet: dict[str, dict[tuple[int, int], Value]] = {}
        for tableau in self.form.tables:
            cells = by_sheet.setdefault(tableau.feuille, {})
            for rank, line in enumerate(filling[tableau.tableau], start=1):
                for champ, value in line.items():
                    row, column = self._labels[tableau.feuille, tableau.par_champ[champ].libelle]
                    cells[(row, column + 1) if tableau.genre == "fiche" else (row + rank, column)] = value
        sheets = {
            self._parts[name]: typed_in(self._members[self._parts[name]], cells) for name, cells in by_sheet.items()
        }
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, member in (self._members | sheets).items():
                archive.writestr(name, member)
        return content.getvalue()


def filled_forms(form: Form, count: int, folder: Path) -> list[tuple[Filling, Path]]:
    """Forms with random answers, as files of a new folder."""
    folder.mkdir(parents=True)
    filler = Filler(form)
    made: list[tuple[Filling, Path]] = []

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate])
    @given(form.answers())
    def write(filling: Filling) -> None:
        path = folder / f"{folder.name} {len(made)}.xlsx"
        path.write_bytes(filler.filled(filling))
        made.append((filling, path))

    write()
    return made


def typed_in(sheet: bytes, cells: Mapping[tuple[int, int], Value]) -> bytes:
    """A sheet with values in some of its cells."""
    root = etree.fromstring(sheet)
    data = root.find(f"{MAIN}sheetData")
    styles = {
        column: col.get("style", "0")
        for col in root.iter(f"{MAIN}col")
        for column in range(int(col.get("min", "1")), int(col.get("max", "1")) + 1)
    }
    rows = {int(row.get("r", "0")): row for row in data}
    for (number, column), value in sorted(cells.items(), key=lambda place: place[0]):
        row = rows.get(number)
        if row is None:
            # Lines typed come after those of the form, or between two of them.
            row = etree.Element(f"{MAIN}row", r=str(number))
            data.insert(sum(other < number for other in rows), row)
            rows[number] = row
        reference = f"{get_column_letter(column)}{number}"
        cell = next((known for known in row if known.get("r") == reference), None)
        if cell is None:
            cell = etree.SubElement(row, f"{MAIN}c", r=reference, s=styles.get(column, "0"))
        for child in list(cell):
            cell.remove(child)
        _put(cell, value)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _put(cell: Any, value: Value) -> None:
    """Put a value in a cell that holds none; nothing is what a person leaves of a value already there."""
    cell.attrib.pop("t", None)
    if value is None:
        return
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, f"{MAIN}is"), f"{MAIN}t")
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text.text = value
    else:
        serial = (value - FIRST_DAY).days if isinstance(value, date) else value
        etree.SubElement(cell, f"{MAIN}v").text = repr(serial)


def typed(value: Value) -> str | None:
    """What reading is to find in a cell where this was typed."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def expected(form: Form, filling: Filling) -> dict[str, list[dict[str, str | None]]]:
    """Answers that reading is to find in each table, line by line."""
    return {
        tableau.tableau: [{champ: typed(value) for champ, value in line.items()} for line in filling[tableau.tableau]]
        for tableau in form.tables
    }


def found(form: Form, read: ReadReturn) -> dict[str, list[dict[str, str | None]]]:
    """Answers that reading found in each table, line by line, but for what the form states itself."""
    lines_by_table = {}
    for tableau in form.tables:
        asked = [champ.champ for champ in tableau.champs if champ.champ not in FIXED and not champ.modalites]
        if tableau.genre == "fiche":
            given = answers(read, tableau.tableau)
            lines_by_table[tableau.tableau] = [{champ: given[champ] for champ in asked}]
        else:
            read_lines = lines(read, tableau.tableau)
            lines_by_table[tableau.tableau] = [{champ: line[champ] for champ in asked} for line in read_lines]
    return lines_by_table


def converted(sources: Sequence[Path], kind: str, folder: Path) -> list[Path]:
    """The same files as LibreOffice writes them in another format; one start of it for as many as it takes."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind]
    for start in range(0, len(sources), MOST_CONVERTED):
        batch = map(str, sources[start : start + MOST_CONVERTED])
        subprocess.run([*command, "--outdir", str(folder), *batch], check=True, capture_output=True)
    return [folder / f"{source.stem}.{kind}" for source in sources]
