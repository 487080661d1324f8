"""An .xlsx as the package it is: parts in a zip, relationships between them, a content type each.

Parts are changed one by one, and every other part keeps its bytes: what a library would read, and write again in its
own way, is lost to nobody. XML comes from outside: no entity is expanded, nothing is fetched, sizes are bounded.
"""

import io
import posixpath
import zipfile
from dataclasses import dataclass
from itertools import count

from lxml import etree  # type: ignore[import-untyped]

from entrepot.forms.files.container import read_member
from entrepot.forms.files.refusal import Refusal

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES_PART = "[Content_Types].xml"
WORKBOOK = "xl/workbook.xml"
ROOT = ""
"""The package itself, as the source of relationships."""

# Of styles, comments, relationships and content types, honest workbooks hold some hundred kB; as a tree, XML takes ten
# times its size. Sheets are never made a tree.
MAX_TREE_BYTES = 10_000_000


class UnpatchableError(Exception):
    """A workbook that reads well, and cannot be changed part by part; the text says why, in French."""


@dataclass(frozen=True)
class Relation:
    """A relationship of a part: its identifier, its kind (the last word of its type), and the part it leads to.

    Attributes:
        target: part of the package, or None when it leads outside.
    """

    id: str
    kind: str
    target: str | None


class Package:
    """The parts of an .xlsx, to be read and changed."""

    def __init__(self, content: bytes) -> None:
        """Open a package.

        Args:
            content: an .xlsx whose sizes were checked (`forms.files.container.identify`).

        Raises:
            UnpatchableError: it has no content types, or is not a transitional .xlsx.
        """
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        # Of two members of one name readers take the last; a name that leads out of the archive names no part.
        self._members = {member.filename: member for member in self._archive.infolist() if _is_part(member.filename)}
        self._by_lower = {name.lower(): name for name in self._members}
        self._changed: dict[str, bytes] = {}
        self._types = self.tree(_TYPES_PART)

    def __contains__(self, part: str | None) -> bool:
        return part in self._changed or part in self._members

    def read(self, part: str) -> bytes:
        """Bytes of a part.

        Raises:
            UnpatchableError: it is missing or damaged.
        """
        if part in self._changed:
            return self._changed[part]
        if part not in self._members:
            raise UnpatchableError("une partie du classeur manque")
        try:
            return read_member(self._archive, part)
        except Refusal:
            raise UnpatchableError("une partie du classeur est abîmée") from None

    def tree(self, part: str) -> "etree._Element":
        """A part as a tree.

        Raises:
            UnpatchableError: it is missing, too large, or no sound XML.
        """
        content = self.read(part)
        if len(content) > MAX_TREE_BYTES:
            raise UnpatchableError("une partie du classeur est démesurée")
        return parse(content)

    def put(self, part: str, content: "bytes | etree._Element") -> None:
        """Write a part, new or not."""
        if not isinstance(content, bytes):
            content = etree.tostring(content, xml_declaration=True, encoding="UTF-8", standalone=True)
        self._changed[part] = content
        self._by_lower.setdefault(part.lower(), part)

    def drop(self, part: str) -> None:
        """Take a part out, with its content type and its own relationships."""
        for name in (part, _relations_part(part)):
            self._members.pop(name, None)
            self._changed.pop(name, None)
            self._by_lower.pop(name.lower(), None)
        for declared in self._types.findall(f"{{{_TYPES}}}Override"):
            if declared.get("PartName", "").lower() == f"/{part}".lower():
                self._types.remove(declared)

    def new_part(self, pattern: str) -> str:
        """A name that no part has.

        Args:
            pattern: with a place for a number, such as `xl/comments-anct{}.xml`.
        """
        return next(name for n in count(1) if (name := pattern.format(n)).lower() not in self._by_lower)

    def declare(self, part: str, content_type: str) -> None:
        """Declare the content type of a part, in the place of any other."""
        for declared in self._types.findall(f"{{{_TYPES}}}Override"):
            if declared.get("PartName", "").lower() == f"/{part}".lower():
                declared.set("ContentType", content_type)
                return
        etree.SubElement(self._types, f"{{{_TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)

    def declare_extension(self, extension: str, content_type: str) -> None:
        """Declare the content type of the parts of an extension, if none is declared."""
        known = (declared.get("Extension", "").lower() for declared in self._types.findall(f"{{{_TYPES}}}Default"))
        if extension not in known:
            default = etree.Element(f"{{{_TYPES}}}Default", Extension=extension, ContentType=content_type)
            self._types.insert(0, default)

    def relations(self, part: str) -> list[Relation]:
        """Relationships of a part."""
        if (own := _relations_part(part)) not in self:
            return []
        found = []
        for element in self.tree(own).iter(f"{{{_PACKAGE_RELATIONS}}}Relationship"):
            target = None
            if element.get("TargetMode") != "External":
                path = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), element.get("Target", "")))
                target = self._by_lower.get(path.lstrip("/").lower(), path.lstrip("/"))
            found.append(Relation(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], target))
        return found

    def related(self, part: str, kind: str) -> str | None:
        """The part that a relationship of that kind leads to, if there is one."""
        return next((r.target for r in self.relations(part) if r.kind == kind and r.target in self), None)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relationship between two parts, and return its identifier."""
        return self._relate(part, kind, Target=f"/{target}")

    def relate_address(self, part: str, address: str) -> str:
        """Add a link from a part to an address outside of the workbook, and return its identifier."""
        return self._relate(part, "hyperlink", Target=address, TargetMode="External")

    def _relate(self, part: str, kind: str, **target: str) -> str:
        own = _relations_part(part)
        root = self.tree(own) if own in self else etree.Element(f"{{{_PACKAGE_RELATIONS}}}Relationships")
        used = {element.get("Id") for element in root}
        identifier = next(name for n in count(1) if (name := f"rIdAnct{n}") not in used)
        etree.SubElement(
            root, f"{{{_PACKAGE_RELATIONS}}}Relationship", Id=identifier, Type=f"{RELATIONS}/{kind}", **target
        )
        self.put(own, root)
        return identifier

    def sever(self, part: str, kind: str) -> bool:
        """Take out what the relationships of a kind lead to, and what that leads to; return whether there was any."""
        gone = [relation for relation in self.relations(part) if relation.kind == kind]
        if gone:
            root = self.tree(own := _relations_part(part))
            for element in [one for one in root if one.get("Id") in {relation.id for relation in gone}]:
                root.remove(element)
            self.put(own, root)
        for target in [relation.target for relation in gone if relation.target]:
            for further in [relation.target for relation in self.relations(target) if relation.target]:
                self.drop(further)
            self.drop(target)
        return bool(gone)

    def forget_relations(self, part: str) -> None:
        """Take away all relationships of a part; what they led to stays."""
        self.drop(_relations_part(part))

    def content(self) -> bytes:
        """The package as a file: parts in their order, then the new ones."""
        self.put(_TYPES_PART, self._types)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in dict.fromkeys((*self._members, *self._changed)):
                # Without a date of its own, a part would bear that of the moment: the same copy, other bytes.
                moment = self._members[name].date_time if name in self._members else (1980, 1, 1, 0, 0, 0)
                entry = zipfile.ZipInfo(name, moment)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, self.read(name))
        return buffer.getvalue()


def parse(content: bytes) -> "etree._Element":
    """XML from outside as a tree.

    Raises:
        UnpatchableError: it is no sound XML, or declares a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise UnpatchableError("une partie du classeur est abîmée") from None
    if root.getroottree().docinfo.doctype:
        raise UnpatchableError("une partie du classeur n'est pas celle d'un tableur")
    return root


def _is_part(name: str) -> bool:
    return not (name.endswith("/") or name.startswith("/") or "\\" in name or ".." in name.split("/"))


def _relations_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")
