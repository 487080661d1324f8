"""Styles that we add at the end of a workbook's own: none of theirs changes its number."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from entrepot.sender.ooxml import MAIN, WORKBOOK, Package, parse

_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
# Order of the parts of a style sheet (ECMA-376, CT_Stylesheet).
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
_EMPTY = f"""
<styleSheet xmlns="{MAIN}">
<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>
"""
_TEXT_FORMAT = 49  # « @ »: what is typed stays text, whatever it begins with


@dataclass(frozen=True)
class Look:
    """How cells look.

    Attributes:
        font: children of a font, as XML.
        fill: a patternFill, as XML.
        edge: style of the line around, or nothing.
        colour: of that line.
        centred: text in the middle of the cell's width.
        level: text in the middle of its height, not at its top.
        typed: cells that are typed in, where text is all there is.
    """

    font: str = ""
    fill: str = ""
    edge: str = ""
    colour: str = "FF7F7F7F"
    centred: bool = False
    level: bool = False
    typed: bool = False


# Told apart without any colour: the pattern, the line around, bold or italic.
ERROR = Look(
    "<b/>",
    '<patternFill patternType="lightUp"><fgColor rgb="FFC00000"/><bgColor rgb="FFFFD9D9"/></patternFill>',
    "thin",
    "FFC00000",
)
QUESTION = Look(
    "<i/>",
    '<patternFill patternType="gray125"><fgColor rgb="FF7F6000"/><bgColor rgb="FFFFF2CC"/></patternFill>',
    "dashed",
    "FF7F6000",
)
_BASE = '<sz val="{size}"/><color rgb="{colour}"/><name val="Calibri"/><family val="2"/>'


def _solid(colour: str) -> str:
    return f'<patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/></patternFill>'


def _font(marks: str = "", size: int = 10, colour: str = "FF000000") -> str:
    return marks + _BASE.format(size=size, colour=colour)


# Looks of the cells of our own sheet.
LOOKS: Mapping[str, Look] = {
    "titre": Look(_font("<b/>", 16)),
    "verdict": Look(_font("<b/>", 12)),
    "texte": Look(_font()),
    "entete": Look(_font("<b/>", colour="FFFFFFFF"), _solid("FF3A3A6A"), "thin", "FF3A3A6A", level=True),
    "groupe": Look(_font("<b/>"), _solid("FFE3E3F0"), level=True),
    "regle": Look(_font("<b/><u/>", colour="FF0000EE"), _solid("FFE3E3F0"), level=True),
    "adresse": Look(_font("<u/>", colour="FF0000EE")),
    "case": Look(_font(), edge="thin", colour="FFBFBFBF"),
    "valeur": Look(_font(), edge="thin", colour="FFBFBFBF", typed=True),
    "lien": Look(_font("<u/>", colour="FF0000EE"), edge="thin", colour="FFBFBFBF"),
    "reponse": Look(_font(), _solid("FFF5F9E9"), "medium", "FF5B7A1F", typed=True),
    "erreur": Look(_font("<b/>"), ERROR.fill, ERROR.edge, ERROR.colour, centred=True),
    "question": Look(_font("<i/>"), QUESTION.fill, QUESTION.edge, QUESTION.colour, centred=True),
}


class Styles:
    """The styles of a workbook, with ours added; `write` puts them in the package."""

    def __init__(self, package: Package) -> None:
        """Open the styles of a workbook, or make some for one that has none."""
        self._package = package
        self._part = package.related(WORKBOOK, "styles")
        self._root = package.tree(self._part) if self._part else parse(_EMPTY.encode())

    def differential(self, look: Look) -> int:
        """Number of a style that is laid over the cell's own (dxf)."""
        # In such a style, the colour of a font or a fill that is not given is the cell's.
        return self._add("dxfs", f"<dxf><font>{look.font}</font><fill>{look.fill}</fill>{_border(look)}</dxf>")

    def cell(self, look: Look) -> int:
        """Number of a style of cells (cellXfs)."""
        font = self._add("fonts", f"<font>{look.font}</font>")
        fill = self._add("fills", f"<fill>{look.fill}</fill>") if look.fill else 0
        border = self._add("borders", _border(look)) if look.edge else 0
        side = ' horizontal="center"' if look.centred else ' horizontal="left" indent="1"'
        return self._add(
            "cellXfs",
            f'<xf numFmtId="{_TEXT_FORMAT if look.typed else 0}" fontId="{font}" fillId="{fill}" borderId="{border}"'
            ' xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
            f' applyProtection="1"><alignment vertical="{"center" if look.level else "top"}" wrapText="1"{side}/>'
            '<protection locked="0"/></xf>',
        )

    def write(self) -> None:
        """Put the styles in the package."""
        if self._part is None:
            self._part = self._package.new_part("xl/styles{}.xml")
            self._package.declare(self._part, _STYLES_TYPE)
            self._package.relate(WORKBOOK, "styles", self._part)
        self._package.put(self._part, self._root)

    def _add(self, collection: str, fragment: str) -> int:
        """Add a style at the end of its collection, and return its number."""
        styles = self._collection(collection)
        styles.append(parse(f'<x xmlns="{MAIN}">{fragment}</x>'.encode())[0])
        styles.set("count", str(len(styles)))
        return len(styles) - 1

    def _collection(self, name: str) -> "etree._Element":
        if (found := self._root.find(f"{{{MAIN}}}{name}")) is not None:
            return found
        later = _ORDER[_ORDER.index(name) + 1 :]
        place = next(
            (n for n, child in enumerate(self._root) if etree.QName(child).localname in later), len(self._root)
        )
        self._root.insert(place, made := etree.Element(f"{{{MAIN}}}{name}"))
        return made


def _border(look: Look) -> str:
    line = f'style="{look.edge}"><color rgb="{look.colour}"/>'
    return "<border>" + "".join(f"<{side} {line}</{side}>" for side in ("left", "right", "top", "bottom")) + "</border>"
