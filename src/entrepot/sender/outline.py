"""An XML part edited in place: where its elements begin, and what is put between them; all else keeps its bytes."""

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from entrepot.forms.files.refusal import Refusal
from entrepot.forms.files.xml import parse
from entrepot.sender.ooxml import MAIN, RELATIONS, UnpatchableError

# Children of these elements, in the order that their schema wants (ECMA-376, CT_Worksheet and CT_Workbook).
WORKSHEET_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst",
)  # fmt: skip
WORKBOOK_ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches",
    "smartTagPr", "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip

# Encodings in which ASCII is written as it is: what we insert is ASCII.
_ASCII_AS_IT_IS = {"utf-8", "us-ascii", "ascii", "iso-8859-1"}
_BYTE_ORDER_MARKS_OF_16_BITS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")


@dataclass
class Element:
    """An element under the root: its name, attributes, first and last byte, and those of its own children."""

    name: str
    attributes: Mapping[str, str]
    start: int
    end: int = 0
    children: list["Element"] = field(default_factory=list)


class Outline:
    """A part, the elements under its root, and the edits to be made.

    Attributes:
        elements: elements under the root, in their order.
    """

    def __init__(self, xml: bytes, root: str, detailed: Sequence[str] = ()) -> None:
        """Read where elements begin.

        Args:
            xml: the part.
            root: name that its root must have, in the namespace of spreadsheets.
            detailed: elements whose own children are wanted.

        Raises:
            UnpatchableError: the XML is damaged, of an encoding we cannot write into, or of another kind.
        """
        self.elements: list[Element] = []
        self._xml = xml
        self._detailed = detailed
        self._depth = 0
        self._root = ""
        self._end = 0
        self._edits: list[tuple[int, int, bytes]] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._stop
        if xml.startswith(_BYTE_ORDER_MARKS_OF_16_BITS):
            raise UnpatchableError("une partie du classeur est écrite dans un encodage rare")
        try:
            parse(self._parser, xml)
        except Refusal:
            raise UnpatchableError("une partie du classeur est abîmée") from None
        if self._root != f"{MAIN} {root}" or not self.elements:
            # « Strict » workbooks have namespaces of their own; nobody sends them.
            raise UnpatchableError("le classeur est d'une variante d'Excel qui ne se complète pas")

    def find(self, name: str) -> Element | None:
        """The first element of that name."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[Element]:
        """Elements of that name."""
        return [element for element in self.elements if element.name == name]

    def text(self, element: Element) -> bytes:
        """Bytes of an element."""
        return self._xml[element.start : element.end]

    def insert(self, name: str, fragment: str, order: Sequence[str]) -> None:
        """Insert an element under the root, where its schema wants it, before its likes.

        Args:
            name: of the element.
            fragment: the element.
            order: names of the elements under the root, in their order.
        """
        rank = 0
        for element in self.elements:
            # What the schema does not name (extensions) stays with what it follows.
            rank = order.index(element.name) if element.name in order else rank
            if rank >= order.index(name):
                self.insert_at(element.start, fragment)
                return
        self.insert_at(self._end, fragment)

    def insert_at(self, place: int, fragment: str) -> None:
        """Insert text at a place."""
        self._edits.append((place, place, ascii_xml(fragment)))

    def remove(self, element: Element) -> None:
        """Take an element out."""
        self._edits.append((element.start, element.end, b""))

    def rewrite(self, element: Element, attribute: str, written: Callable[[str], str]) -> None:
        """Write another value of an attribute wherever it stands in an element."""
        expression = re.compile(rb"(\s" + attribute.encode() + rb"""\s*=\s*)(["'])([^"']*)\2""")
        for found in expression.finditer(self._xml, element.start, element.end):
            self._edits.append((found.start(3), found.end(3), ascii_xml(written(found[3].decode("ascii", "replace")))))

    def content(self) -> bytes:
        """The part with all edits made."""
        pieces, at = [], 0
        # Of edits at one place, those made first come first.
        for start, end, fragment in sorted(self._edits, key=lambda edit: edit[:2]):
            pieces += [self._xml[at:start], fragment]
            at = end
        return b"".join((*pieces, self._xml[at:]))

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in _ASCII_AS_IT_IS:
            raise UnpatchableError("une partie du classeur est écrite dans un encodage rare")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self._root = name
        elif self._depth == 2:  # noqa: PLR2004 - under the root
            self.elements.append(self._element(name, attributes))
        elif self._depth == 3 and self.elements[-1].name in self._detailed:  # noqa: PLR2004 - under one of these
            self.elements[-1].children.append(self._element(name, attributes))

    def _stop(self, _name: str) -> None:
        if self._depth == 1:
            self._end = self._parser.CurrentByteIndex
        elif self._depth == 2:  # noqa: PLR2004
            self._close(self.elements[-1])
        elif self._depth == 3 and self.elements[-1].name in self._detailed:  # noqa: PLR2004
            self._close(self.elements[-1].children[-1])
        self._depth -= 1

    def _element(self, name: str, attributes: dict[str, str]) -> Element:
        own = {key: value for key, value in attributes.items() if " " not in key}
        if (link := attributes.get(f"{RELATIONS} id")) is not None:
            own["r:id"] = link
        start = self._parser.CurrentByteIndex
        tag = _START_TAG.match(self._xml, start)
        assert tag is not None  # the parser has just read it
        # Of an element without content, the parser does not tell where it ends.
        end = tag.end() if tag[0].endswith(b"/>") else 0
        return Element(name.rpartition(" ")[2], own, start, end)

    def _close(self, element: Element) -> None:
        if not element.end:
            element.end = self._xml.index(b">", self._parser.CurrentByteIndex) + 1


def ascii_xml(text: str) -> bytes:
    """XML text in ASCII, which stands in any encoding we meet."""
    return text.encode("ascii", "xmlcharrefreplace")


def xml_text(text: str) -> str:
    """Text as the content of an element: escaped, without the characters that XML cannot hold."""
    return escape(holdable(text))


def xml_attribute(text: str) -> str:
    """Text as a quoted attribute."""
    return quoteattr(holdable(text))


# Spreadsheets read `_x0041_` in a text as the character of that code: what looks like one is written so itself.
_LOOKS_LIKE_A_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def holdable(text: str) -> str:
    """Text without what XML or a spreadsheet would not give back as it is."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LOOKS_LIKE_A_CODE.sub("_x005F_", _NOT_IN_XML.sub("\ufffd", lines))
