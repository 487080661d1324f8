"""Peculiarities of .ods sheets: one XML for the whole workbook, parsed only where a scan meets something odd."""

import re
from xml.parsers import expat

from entrepot.forms.files.peculiarities import Peculiarities
from entrepot.forms.files.refusal import MAX_SHEET_AREA, TOO_WIDE, too_large
from entrepot.forms.files.xml import check_start, parse

# Plain signs are searched first: expressions over a whole document cost as much as reading it. What they are the
# beginning or the end of is looked for only where they are.
_ODD = {
    b'calcext:value-type="error"': (b'calcext:value-type="error"',),
    b'visibility="': (b'visibility="collapse"', b'visibility="filter"'),
    b"-group": (b"table-row-group", b"table-column-group"),
}
_TALL = re.compile(rb'number-rows-spanned="(?!1")')
_FORMULA = re.compile(rb"<table:table-cell[^>]*table:formula=[^>]*>")
_MANY_TIMES = re.compile(rb'number-(?:rows|columns)-repeated="\d{4}')


def peculiarities(xml: bytes) -> list[Peculiarities]:
    """Scan the sheets of `content.xml`, in their order; an empty list when there is nothing to tell.

    Raises:
        Refusal: the XML is damaged, or cells repeated too many times.
    """
    check_start(xml)
    if not (
        any(sign in xml and any(whole in xml for whole in wholes) for sign, wholes in _ODD.items())
        or _unvalued(xml)
        or (b"number-rows-spanned=" in xml and _TALL.search(xml))
        or (b"-repeated=" in xml and _MANY_TIMES.search(xml))
    ):
        return []
    tables = _TableParser()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = tables.start, tables.end
    parser.CharacterDataHandler = tables.text
    parse(parser, xml)
    return tables.found


def _unvalued(xml: bytes) -> bool:
    return b"table:formula=" in xml and any(b"office:value-type=" not in tag for tag in _FORMULA.findall(xml))


class _TableParser:
    """Follows rows and cells, repeated ones included."""

    def __init__(self) -> None:
        self.found: list[Peculiarities] = []
        self._next_row = self._row = self._column = 0
        self._row_times = self._last_column = 1
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._row_filled = self._in_cell = self._paragraph = self._in_note = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.found.append(Peculiarities())
            self._next_row = 0
            self._last_column = 1
        elif not self.found:
            return
        elif tag == "table:table-row":
            self._row, self._column, self._row_filled = self._next_row, 0, False
            self._row_times = _times(attributes, "rows")
            self._next_row += self._row_times
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self._cell, self._text, self._in_cell, self._paragraph = attributes, [], True, False
        elif tag == "office:annotation":
            self._in_note = True
        elif tag == "text:p":
            self._paragraph |= not self._in_note
        if tag in {"table:table-row", "table:table-column"} and "table:visibility" in attributes:
            self.found[-1].partly_hidden |= attributes["table:visibility"] != "visible"
        elif tag in {"table:table-row-group", "table:table-column-group"}:
            self.found[-1].partly_hidden = True

    def text(self, text: str) -> None:
        if self._in_cell and not self._in_note:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag in {"table:table-cell", "table:covered-table-cell"} and self.found:
            self._in_cell = False
            self._note_cell()
        elif tag == "office:annotation":
            self._in_note = False
        elif tag == "table:table-row" and self.found and self._row_filled:
            self._bound(self._row + self._row_times)

    def _note_cell(self) -> None:
        attributes, found = self._cell, self.found[-1]
        times = _times(attributes, "columns")
        column, self._column = self._column, self._column + times
        kind = attributes.get("office:value-type")
        error = attributes.get("calcext:value-type") == "error"
        if not (kind or error or self._text or "table:formula" in attributes):
            return
        self._row_filled, self._last_column = True, max(self._last_column, self._column)
        self._bound(self._row + self._row_times)
        places = [
            (row, number)
            for row in range(self._row, self._row + self._row_times)
            for number in range(column, column + times)
        ]
        if error:
            found.errors |= dict.fromkeys(places, "".join(self._text) or "#ERREUR")
        elif "table:formula" in attributes and kind is None and not self._paragraph:  # else the computed text is empty
            found.unvalued += places
        last_row = self._row + int(attributes.get("table:number-rows-spanned", "1")) - 1
        if last_row > self._row:
            found.tall_merges.append((self._row, column, last_row))

    def _bound(self, rows: int) -> None:
        if rows * self._last_column > MAX_SHEET_AREA:
            raise too_large(TOO_WIDE)


def _times(attributes: dict[str, str], what: str) -> int:
    # Less than once would lead back over cells already counted.
    return max(int(attributes.get(f"table:number-{what}-repeated", "1")), 1)
