"""Make an SVG file a part of an HTML page: named for screen readers, scaled by the page, its ids its own."""

import re
import xml.etree.ElementTree as ET

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}"
DRAWN_FONT = "DejaVu Sans"
"""Font that measures the text when it is drawn: wider than those that show it, so that nothing overlaps."""
SHOWN_FONTS = "Marianne, Arial, 'Liberation Sans', sans-serif"


def inline(drawn: str, key: str, title: str, description: str) -> Markup:
    """Return the SVG element to put in a page.

    Args:
        drawn: the file, as matplotlib writes it.
        key: prefix of every id, unique in the page.
        title: accessible name.
        description: longer text alternative.
    """
    ET.register_namespace("", SVG)
    svg = ET.fromstring(drawn)  # noqa: S314 - matplotlib wrote it just now
    _drop(svg, "metadata")
    _drop(svg, "style")  # matplotlib's applies to the whole page: the page says the same for its charts only
    names = {element.attrib["id"]: f"{key}-{element.attrib['id']}" for element in svg.iter() if "id" in element.attrib}
    for element in svg.iter():
        for name, value in list(element.attrib.items()):
            del element.attrib[name]
            # A page needs no namespace on links, and would not know the one ElementTree makes up.
            element.set(name.removeprefix(XLINK), _renamed(name, value, names).replace(f"'{DRAWN_FONT}'", SHOWN_FONTS))
    del svg.attrib["width"], svg.attrib["height"]
    svg.set("role", "img")
    svg.set("aria-labelledby", f"{key}-titre {key}-desc")
    svg.insert(0, _text("title", f"{key}-titre", title))
    svg.insert(1, _text("desc", f"{key}-desc", description))
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704 - ElementTree escapes every text


def _drop(svg: ET.Element, tag: str) -> None:
    for parent in list(svg.iter()):
        for child in parent.findall(f"{{{SVG}}}{tag}"):
            parent.remove(child)


def _renamed(name: str, value: str, names: dict[str, str]) -> str:
    if name == "id":
        return names[value]
    if name == f"{XLINK}href":
        return f"#{names[value[1:]]}"
    return re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{names[match[1]]})", value)


def _text(tag: str, key: str, text: str) -> ET.Element:
    element = ET.Element(f"{{{SVG}}}{tag}", {"id": key})
    element.text = text
    return element
