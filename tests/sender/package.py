"""What Excel asks of a workbook before it opens it without a word: no Excel is here to say so."""

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Elements of a sheet in the order of its schema (ECMA-376 part 1, 18.3.1.99).
ORDER = re.findall(
    r"\w+",
    """
    sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
    scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting
    dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks
    customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture
    oleObjects controls webPublishItems tableParts extLst
    """,
)
BOOK_ORDER = re.findall(
    r"\w+",
    """
    fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences
    definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing
    fileRecoveryPr webPublishObjects extLst
    """,
)
REPEATED = {"conditionalFormatting"}


class Package:
    """The parts of an .xlsx."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.names = archive.namelist()
            self.parts = {name: archive.read(name) for name in self.names}

    def tree(self, part: str) -> Any:
        return etree.fromstring(self.parts[part])

    def relations(self, part: str) -> list[tuple[str, str, str | None]]:
        """Identifier, kind and target of each relationship; no target when it leads outside."""
        folder, name = posixpath.split(part)
        own = posixpath.join(folder, "_rels", f"{name}.rels")
        if own not in self.parts:
            return []
        return [
            (
                one.get("Id"),
                one.get("Type").rpartition("/")[2],
                None if one.get("TargetMode") == "External" else _resolved(folder, one.get("Target")),
            )
            for one in self.tree(own)
        ]

    def sheets(self) -> dict[str, str]:
        """Part of each sheet, by name, in their order."""
        targets = {identifier: target for identifier, _, target in self.relations("xl/workbook.xml")}
        listed = self.tree("xl/workbook.xml").find(f"{MAIN}sheets")
        return {sheet.get("name"): targets[sheet.get(LINK)] or "" for sheet in listed}


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def sheet_data(content: bytes) -> dict[str, bytes]:
    """The element that holds the cells of each sheet, byte for byte."""
    package = Package(content)
    found = {}
    for name, part in package.sheets().items():
        if match := re.search(
            rb"<(\w+:)?sheetData\b.*</(\w+:)?sheetData>|<(\w+:)?sheetData\s*/>", package.parts[part], re.S
        ):
            found[name] = match[0]
    return found


def faults(content: bytes) -> list[str]:
    """Everything that Excel would want to repair."""
    return list(_faults(Package(content)))


def _faults(package: Package) -> Iterator[str]:
    yield from _type_faults(package)
    yield from _relation_faults(package)
    yield from _book_faults(package)
    styles = next((target for _, kind, target in package.relations("xl/workbook.xml") if kind == "styles"), None)
    looks = package.tree(styles) if styles else None
    for collection in () if looks is None else looks:
        if collection.get("count") not in (None, str(len(collection))):
            yield f"{collection.tag} says {collection.get('count')} and holds {len(collection)}"
    for name, part in package.sheets().items():
        if package.tree(part).tag == f"{MAIN}worksheet":
            yield from (f"{name}: {fault}" for fault in _sheet_faults(package, part, looks))


def _type_faults(package: Package) -> Iterator[str]:
    for name, times in Counter(name.lower() for name in package.names).items():
        if times > 1:
            yield f"{name} is there {times} times"
    declared = package.tree("[Content_Types].xml")
    overrides = [one.get("PartName") for one in declared if one.tag.endswith("Override")]
    extensions = {one.get("Extension").lower() for one in declared if one.tag.endswith("Default")}
    for name, times in Counter(overrides).items():
        if times > 1 or name.lstrip("/") not in package.parts:
            yield f"{name} has a type {times} times, or is not there"
    for name in package.names:
        if f"/{name}" not in overrides and name.rpartition(".")[2].lower() not in extensions and "[" not in name:
            yield f"{name} has no type"
        if name.endswith((".xml", ".rels")):
            try:
                package.tree(name)
            except etree.XMLSyntaxError as error:
                yield f"{name}: {error}"


def _relation_faults(package: Package) -> Iterator[str]:
    for source in ["", *(name for name in package.names if "_rels/" not in name)]:
        relations = package.relations(source)
        for identifier, times in Counter(identifier for identifier, _, _ in relations).items():
            if times > 1:
                yield f"{source}: {identifier} is there {times} times"
        for identifier, _, target in relations:
            if target is not None and target not in package.parts:
                yield f"{source}: {identifier} leads to {target}, which is not there"


def _in_order(root: Any, order: list[str]) -> Iterator[str]:
    names = [name for child in root if (name := etree.QName(child).localname) != "AlternateContent"]
    for name in names:
        if name not in order:
            yield f"{name} has no place here"
    ranks = [order.index(name) for name in names if name in order]
    for (first, second), name in zip(pairwise(ranks), names[1:], strict=False):
        if second < first or (second == first and name not in REPEATED):
            yield f"{name} is not where the schema wants it"


def _book_faults(package: Package) -> Iterator[str]:
    book = package.tree("xl/workbook.xml")
    yield from (f"workbook: {name}" for name in _in_order(book, BOOK_ORDER) if "revisionPtr" not in name)
    sheets = list(book.find(f"{MAIN}sheets"))
    for key in ("name", "sheetId", LINK):
        values = [sheet.get(key).lower() for sheet in sheets]
        if len(set(values)) < len(values):
            yield f"two sheets have one {key}"
    for name in book.iter(f"{MAIN}definedName"):
        if int(name.get("localSheetId", "0")) >= len(sheets):
            yield f"{name.get('name')} belongs to no sheet"
    for view in book.iter(f"{MAIN}workbookView"):
        active = int(view.get("activeTab", "0"))
        if active >= len(sheets) or sheets[active].get("state", "visible") != "visible":
            yield "the sheet shown first is hidden, or not there"
    selected = [
        name
        for name, part in package.sheets().items()
        if any(view.get("tabSelected") in ("1", "true") for view in package.tree(part).iter(f"{MAIN}sheetView"))
    ]
    if len(selected) > 1:
        yield f"{selected} are selected together"


def _sheet_faults(package: Package, part: str, looks: Any) -> Iterator[str]:
    sheet = package.tree(part)
    yield from _in_order(sheet, ORDER)
    relations = {identifier: (kind, target) for identifier, kind, target in package.relations(part)}
    for element in sheet.iter():
        if isinstance(element.tag, str) and element.get(LINK) not in (None, *relations):
            yield f"{element.tag} has no relationship {element.get(LINK)}"
    if looks is not None:
        cells, differential = (len(looks.findall(f"{MAIN}{name}/*")) for name in ("cellXfs", "dxfs"))
        if any(int(cell.get("s", "0")) >= max(cells, 1) for cell in sheet.iter(f"{MAIN}c")):
            yield "a cell has a look that is not there"
        if any(
            int(rule.get("dxfId", "0")) >= differential for rule in sheet.iter(f"{MAIN}cfRule") if rule.get("dxfId")
        ):
            yield "a rule has a look that is not there"
    for rule in sheet.iter(f"{MAIN}cfRule"):
        if int(rule.get("priority")) < 1:
            yield "a rule has no rank"
    for validation in sheet.iter(f"{MAIN}dataValidation"):
        if len(validation.get("prompt", "")) > 255 or len(validation.get("promptTitle", "")) > 32:
            yield "the message of a cell is too long"
    comments = next((target for kind, target in relations.values() if kind == "comments"), None)
    shown = sheet.find(f"{MAIN}legacyDrawing")
    if comments:
        yield from _comment_faults(package, comments, relations[shown.get(LINK)][1] if shown is not None else None)


def _comment_faults(package: Package, part: str, drawing: str | None) -> Iterator[str]:
    comments = package.tree(part)
    authors = len(comments.find(f"{MAIN}authors"))
    refs = [comment.get("ref") for comment in comments.iter(f"{MAIN}comment")]
    if len(set(refs)) < len(refs):
        yield "a cell has two comments"
    if any(int(comment.get("authorId")) >= authors for comment in comments.iter(f"{MAIN}comment")):
        yield "a comment has no author"
    if drawing is None:
        yield "comments are not drawn"
        return
    boxes = package.parts[drawing]
    # LibreOffice calls all boxes alike, which Excel does not mind; its own names are numbers.
    identifiers = re.findall(rb'\bid="(_x0000_s\d+)"', boxes)
    if len(set(identifiers)) < len(identifiers):
        yield "two boxes have one name"
    if len(re.findall(rb'ObjectType="Note"', boxes)) != len(refs):
        yield f"{len(refs)} comments have another number of boxes"
