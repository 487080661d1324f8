"""Comments on cells, beside those that are there: the text in one part, the box that shows it (VML) in another.

What we say stands between two lines of ours, so that it can be taken out when the workbook comes back.
"""

import re
from collections.abc import Mapping, Sequence
from math import ceil

from lxml import etree  # type: ignore[import-untyped]
from openpyxl.utils import column_index_from_string, get_column_letter

from entrepot.sender.ooxml import MAIN, Package, UnpatchableError, parse
from entrepot.sender.outline import ascii_xml, holdable

AUTHOR = "ANCT"
HEAD, FOOT = "── Retour ANCT ──", "─────────────────"
_OURS = re.compile(rf"\n*{HEAD}.*?(?:{FOOT}|$)", re.DOTALL)
# Excel holds no more in a comment.
LONGEST = 32_000

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_EMPTY = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode()
_COMMENT, _TEXT, _RUN, _RUN_LOOK, _T = (f"{{{MAIN}}}{name}" for name in ("comment", "text", "r", "rPr", "t"))
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

# Declared by each box of ours: other libraries call these namespaces otherwise.
_NAMES = " ".join(
    f'xmlns:{prefix}="urn:schemas-microsoft-com:{name}"'
    for prefix, name in (("v", "vml"), ("o", "office:office"), ("x", "office:excel"))
)
_EMPTY_VML = (
    f'<xml {_NAMES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
).encode()
_BOX_TYPE = """<v:shapetype {names} id="_x0000_t202" coordsize="21600,21600" o:spt="202"\
 path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>\
<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>"""
_BOX = """<v:shape {names} id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden"\
 fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>\
<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>\
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>\
<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"""
_ANY_BOX = re.compile(rb"<((?:\w+:)?)shape\s.*?</\1shape>", re.DOTALL)
_BOX_NUMBER = re.compile(rb'id="_x0000_s(\d{1,9})"')
_BOX_ROW, _BOX_COLUMN = (re.compile(rb"<(?:\w+:)?%s>\s*(\d{1,9})\s*<" % name) for name in (b"Row", b"Column"))
_FIRST_NUMBER = 1024
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")

# A box is some columns wide, which hold about so many letters a line; a row of the sheet holds a line.
_COLUMNS_WIDE, _LETTERS_A_LINE, _MOST_LINES = 4, 44, 30
_LAST_COLUMN, _LAST_ROW = 16_383, 1_048_575

Place = tuple[int, int]
"""Row and column, from 1."""


class Notes:
    """Comments of one sheet of a package."""

    def __init__(self, package: Package, sheet: str, drawing: str | None) -> None:
        """Open the comments of a sheet.

        Args:
            package: the workbook.
            sheet: part of the sheet.
            drawing: identifier of the relationship to the drawing that shows its comments, if it has one.

        Raises:
            UnpatchableError: they are damaged, or written in a way that nothing can be added to.
        """
        self._package = package
        self._sheet = sheet
        self._part = package.related(sheet, "comments")
        self._root = package.tree(self._part) if self._part else parse(_EMPTY)
        self._authors, self._list = (self._root.find(f"{{{MAIN}}}{name}") for name in ("authors", "commentList"))
        if self._authors is None or self._list is None:
            raise UnpatchableError("les commentaires du classeur sont abîmés")
        self._drawing = next((r.target for r in package.relations(sheet) if r.id == drawing), None)
        if drawing is not None and self._drawing not in package:
            raise UnpatchableError("les commentaires du classeur sont abîmés")
        self._vml = package.read(self._drawing) if self._drawing else _EMPTY_VML

    def clear(self) -> bool:
        """Take out what an earlier copy of ours said; return whether it said anything."""
        cleared = False
        for comment in self._list.findall(_COMMENT):
            texts = list(comment.iter(_T))
            whole = "".join(text.text or "" for text in texts)
            spans = [found.span() for found in _OURS.finditer(whole)]
            if not spans:
                continue
            cleared = True
            if _OURS.sub("", whole).strip():
                _cut(texts, spans)
            else:
                self._list.remove(comment)
                self._remove_box(_cell(comment))
        return cleared

    def add(self, notes: Mapping[Place, str]) -> None:
        """Write comments, each after what its cell says already."""
        author = self._author()
        known = {_cell(comment): comment for comment in self._list.findall(_COMMENT)}
        for place, text in sorted(notes.items()):
            said = f"{HEAD}\n{holdable(text)[:LONGEST]}\n{FOOT}"
            if place in known:
                _append(known[place], f"\n{said}")
            else:
                ref = f"{get_column_letter(place[1])}{place[0]}"
                comment = etree.SubElement(self._list, _COMMENT, ref=ref, authorId=author)
                etree.SubElement(comment, _TEXT)
                _append(comment, said)

    def write(self) -> str | None:
        """Put the comments in the package.

        Returns:
            Identifier of the relationship to their drawing, when the sheet had none until now.
        """
        if self._part is None:
            self._part = self._package.new_part("xl/comments-anct{}.xml")
            self._package.declare(self._part, _COMMENTS_TYPE)
            self._package.relate(self._sheet, "comments", self._part)
        self._package.put(self._part, self._root)
        self._draw()
        if self._drawing is not None:
            self._package.put(self._drawing, self._vml)
            return None
        part = self._package.new_part("xl/drawings/vmlDrawing-anct{}.vml")
        self._package.declare_extension("vml", _VML_TYPE)
        self._package.put(part, self._vml)
        return self._package.relate(self._sheet, "vmlDrawing", part)

    def _author(self) -> str:
        names = [author.text for author in self._authors]
        if AUTHOR not in names:
            etree.SubElement(self._authors, f"{{{MAIN}}}author").text = AUTHOR
            names.append(AUTHOR)
        return str(names.index(AUTHOR))

    def _remove_box(self, place: Place | None) -> None:
        self._vml = _ANY_BOX.sub(lambda box: b"" if _place(box[0]) == place else box[0], self._vml)

    def _draw(self) -> None:
        """Give a box to each comment that has none."""
        drawn = {_place(box[0]) for box in _ANY_BOX.finditer(self._vml)}
        number = max((int(found) for found in _BOX_NUMBER.findall(self._vml)), default=_FIRST_NUMBER)
        boxes = []
        for comment in self._list.findall(_COMMENT):
            place = _cell(comment)
            if place and place not in drawn:
                number += 1
                text = "".join(text.text or "" for text in comment.iter(_T))
                anchor = _anchor(*place, text)
                row, column = place[0] - 1, place[1] - 1
                boxes.append(_BOX.format(names=_NAMES, number=number, anchor=anchor, row=row, column=column))
        if not boxes:
            return
        if b'id="_x0000_t202"' not in self._vml:
            boxes.insert(0, _BOX_TYPE.format(names=_NAMES))
        # What Excel writes here is not always sound XML: it is completed as text.
        end = self._vml.rfind(b"</xml>")
        if end < 0:
            raise UnpatchableError("les commentaires du classeur sont écrits d'une façon rare")
        self._vml = self._vml[:end] + ascii_xml("".join(boxes)) + self._vml[end:]


def _cell(comment: "etree._Element") -> Place | None:
    """The cell of a comment."""
    reference = _REFERENCE.fullmatch(comment.get("ref", ""))
    return (int(reference[2]), column_index_from_string(reference[1])) if reference else None


def _append(comment: "etree._Element", said: str) -> None:
    """Write more at the end of a comment; a text without looks becomes the first piece of a text with looks."""
    text = comment.find(_TEXT)
    if text is None:
        text = etree.SubElement(comment, _TEXT)
    if (plain := text.find(_T)) is not None:
        first = etree.Element(_RUN)
        text.replace(plain, first)
        first.append(plain)
    run = etree.Element(_RUN)
    look = etree.SubElement(run, _RUN_LOOK)
    for name, value in (("sz", "9"), ("color", "FF000000"), ("rFont", "Tahoma"), ("family", "2")):
        etree.SubElement(look, f"{{{MAIN}}}{name}", {"rgb" if name == "color" else "val": value})
    piece = etree.SubElement(run, _T)
    piece.text = said
    piece.set(_SPACE, "preserve")
    # Phonetic readings stand last.
    runs = [child for child in text if child.tag == _RUN]
    text.insert(text.index(runs[-1]) + 1 if runs else 0, run)


def _cut(texts: "Sequence[etree._Element]", spans: Sequence[tuple[int, int]]) -> None:
    """Take parts out of a text that stands in several elements."""
    start = 0
    for element in texts:
        text = element.text or ""
        element.text = "".join(
            letter
            for place, letter in enumerate(text, start)
            if not any(first <= place < last for first, last in spans)
        )
        start += len(text)


def _place(box: bytes) -> Place | None:
    """The cell whose comment a box shows."""
    row, column = _BOX_ROW.search(box), _BOX_COLUMN.search(box)
    return (int(row[1]) + 1, int(column[1]) + 1) if row and column and b'"Note"' in box else None


def _anchor(row: int, column: int, text: str) -> str:
    """Where a box stands, right of its cell or, at the edge of the sheet, left of it: column, row of two corners."""
    lines = min(sum(max(1, ceil(len(line) / _LETTERS_A_LINE)) for line in text.split("\n")) + 1, _MOST_LINES)
    left = column if column + _COLUMNS_WIDE <= _LAST_COLUMN else column - 1 - _COLUMNS_WIDE
    top = max(0, min(row - 2, _LAST_ROW - lines))
    return f"{left}, 15, {top}, 2, {left + _COLUMNS_WIDE}, 15, {top + lines}, 4"
