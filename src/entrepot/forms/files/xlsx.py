"""Peculiarities of .xlsx sheets, found by scanning their XML; it is parsed only where the scan meets something odd."""

import posixpath
import re
import zipfile
from collections.abc import Callable
from xml.parsers import expat

from entrepot.forms.files.container import read_member
from entrepot.forms.files.peculiarities import Peculiarities
from entrepot.forms.files.refusal import MAX_SHEET_AREA, TOO_WIDE, too_large
from entrepot.forms.files.xml import check_start, parse

_MERGE = re.compile(rb'mergeCell [^>]*?ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
# Expressions that begin with one letter, rare in a sheet, are found several times faster than plain texts: what must
# stand before the letter is looked at afterwards. These mean `t="e"`, `f>` or `<f `, and the two attributes.
_ERROR = re.compile(rb'e(?<=t="e)"')
_FORMULA = re.compile(rb"f(?:>|(?<=<f) )")
_HIDDEN = re.compile(rb'h(?<= h)idden="(?:1|true)"')
_GROUPED = re.compile(rb'o(?<= o)utlineLevel="[1-7]"')
# A formula's end not followed by a value that holds something.
_UNVALUED = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)(?!<(?:\w+:)?v>[^<])")
# Columns of three letters, of two from row 1 000 on, any from row 10 000 on: nearer, the area is below the bound.
_FAR_CELL = re.compile(rb' r="(?:[A-Z](?:[A-Z](?:[A-Z]|\d{4})|\d{5})|\d{5})')
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Member of the archive that holds each sheet, by name of the sheet.

    Raises:
        Refusal: the workbook is damaged.
    """
    targets: dict[str, str] = {}
    parts: dict[str, str] = {}

    def relationship(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and "Id" in attributes and "Target" in attributes:
            targets[attributes["Id"]] = _part(attributes["Target"])

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet" and "name" in attributes:
            link = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            if link in targets:
                parts[attributes["name"]] = targets[link]

    names = set(archive.namelist())
    if "xl/_rels/workbook.xml.rels" in names:
        _parse(read_member(archive, "xl/_rels/workbook.xml.rels"), relationship)
    _parse(read_member(archive, "xl/workbook.xml"), sheet)
    return {name: part for name, part in parts.items() if part in names}


def peculiarities(xml: bytes) -> Peculiarities:
    """Scan a sheet.

    Raises:
        Refusal: its XML is damaged, or its cells lie too far apart.
    """
    check_start(xml)
    found = Peculiarities()
    if _ERROR.search(xml) or (_FORMULA.search(xml) and _UNVALUED.search(xml)) or _FAR_CELL.search(xml):
        _parse_cells(xml, found)
    if b"mergeCell " in xml:
        found.tall_merges = [
            (int(first) - 1, _column(column.decode()), int(last) - 1)
            for column, first, last in _MERGE.findall(xml)
            if first != last
        ]
    found.partly_hidden = bool(_HIDDEN.search(xml) or _GROUPED.search(xml))
    return found


class _CellParser:
    """Follows rows and cells of a sheet, noting errors and formulas without value."""

    def __init__(self, found: Peculiarities) -> None:
        self._found = found
        self._row = self._column = -1
        self._type = ""
        self._formula = False
        self._text: list[str] | None = None
        self._value = ""
        self._last_row = self._last_column = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif tag == "c":
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(reference[1]) if reference else self._column + 1
            if reference:
                self._row = int(reference[2]) - 1
            self._type, self._formula, self._value = attributes.get("t", ""), False, ""
        elif tag == "f":
            self._formula = True
        elif tag in {"v", "t"}:
            self._text = []

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in {"v", "t"} and self._text is not None:
            self._value, self._text = "".join(self._text), None
        elif tag == "c":
            self._cell()

    def _cell(self) -> None:
        place = self._row, self._column
        if self._type == "e" and self._value:
            self._found.errors[place] = self._value
        elif self._formula and not self._value and self._type != "str":  # `str`: the computed text is empty
            self._found.unvalued.append(place)
        elif not self._value:
            return
        self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
        if (self._last_row + 1) * (self._last_column + 1) > MAX_SHEET_AREA:
            raise too_large(TOO_WIDE)


def _parse_cells(xml: bytes, found: Peculiarities) -> None:
    cells = _CellParser(found)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = cells.start, cells.end
    parser.CharacterDataHandler = cells.text
    parse(parser, xml)


def _parse(xml: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parse(parser, xml)


def _part(target: str) -> str:
    """Member that a relationship of the workbook points to: relative to `xl/`, unless it starts with a slash."""
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(f"xl/{target}") if ".." in target else f"xl/{target}"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
