"""What a file is, told by its content and never by its name."""

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Literal

from entrepot.forms.files.refusal import (
    MAX_FILE_BYTES,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    damaged,
    encrypted,
    not_a_spreadsheet,
    too_large,
)

Format = Literal["xlsx", "ods", "xls", "csv"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ENCRYPTED_MEMBER = 0x1
# What the library says of archives that are damaged, or packed in a way that it does not know; RuntimeError is of a
# member encrypted by its own word only, KeyError of one that is listed under another name than its own.
_NOT_READABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, KeyError, ValueError,
    OverflowError,
)  # fmt: skip
# Where an OLE header counts the sectors of its two allocation tables; readers ask for memory by these counts.
_OLE_SECTOR, _OLE_COUNTS = 512, 0x2C

# First bytes of the files that get renamed to .xlsx or .csv, said in the sender's words.
_OTHER_FILES = (
    (b"%PDF", "un document PDF"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
    (b"GIF8", "une image"),
    (b"{\\rtf", "un document texte (RTF)"),
    (b"\x1f\x8b", "une archive compressée (gzip)"),
    (b"7z\xbc\xaf", "une archive compressée (7-Zip)"),
    (b"Rar!", "une archive compressée (RAR)"),
    (b"MZ", "un programme"),
    (b"\x7fELF", "un programme"),
    # The first record of a workbook of Excel 2, 3 and 4, which were no compound files.
    *(
        (start, "un classeur d'une version d'Excel antérieure à 1995")
        for start in (b"\t\0\4\0", b"\t\2\6\0", b"\t\4\6\0")
    ),
)
_OTHER_ZIPS = (
    ("word/", "un document Word"),
    ("ppt/", "une présentation PowerPoint"),
    ("xl/workbook.bin", "un classeur Excel binaire (.xlsb)"),
    ("Index/Document.iwa", "un classeur Numbers"),
)
_OTHER_OLE = (
    ("WordDocument", "un document Word"),
    ("PowerPoint Document", "une présentation PowerPoint"),
    ("__properties_version1.0", "un message Outlook"),
)
_OTHER_ODF = {
    "application/vnd.oasis.opendocument.text": "un document texte (ODT)",
    "application/vnd.oasis.opendocument.presentation": "une présentation (ODP)",
}
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Container:
    """A file whose kind is known.

    Attributes:
        format: kind of spreadsheet.
        content: the bytes.
        archive: the opened zip, for the kinds that are one.
        macros: whether it carries macros.
    """

    format: Format
    content: bytes
    archive: zipfile.ZipFile | None = None
    macros: bool = False

    @property
    def extensions(self) -> frozenset[str]:
        """Extensions under which such a file is expected."""
        if self.format == "csv":
            return frozenset({".zip"}) if self.archive else frozenset({".csv"})
        if self.format == "xlsx":
            return frozenset({".xlsx", ".xlsm"})
        return frozenset({f".{self.format}"})


def identify(content: bytes) -> Container:
    """Tell what a file is.

    Raises:
        Refusal: it is damaged, encrypted, too large, or no spreadsheet.
    """
    if not content:
        raise damaged("il est vide")
    if len(content) > MAX_FILE_BYTES:
        raise too_large(f"il dépasse {MAX_FILE_BYTES // 1_000_000} Mo")
    if content.startswith((_ZIP, _EMPTY_ZIP)):
        return _zip(content)
    if content.startswith(_OLE):
        return _ole(content)
    for start, nature in _OTHER_FILES:
        if content.startswith(start):
            raise not_a_spreadsheet(nature)
    return Container("csv", content)


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read one member of an archive.

    Raises:
        Refusal: the member is damaged.
    """
    try:
        return archive.read(name)
    except _NOT_READABLE:
        raise damaged("son contenu est abîmé") from None


def _zip(content: bytes) -> Container:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _NOT_READABLE:
        raise damaged("il est tronqué ou abîmé") from None
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise too_large(f"il contient plus de {MAX_MEMBERS} éléments")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise too_large(f"une fois décompressé, il dépasse {MAX_UNPACKED_BYTES // 1_000_000} Mo")
    if any(member.flag_bits & _ENCRYPTED_MEMBER for member in members):
        raise encrypted()
    names = {member.filename for member in members}
    if "xl/workbook.xml" in names:
        return Container("xlsx", content, archive, macros="xl/vbaProject.bin" in names)
    if "mimetype" in names:
        return _open_document(content, archive, names)
    for part, nature in _OTHER_ZIPS:
        if any(name.startswith(part) for name in names):
            raise not_a_spreadsheet(nature)
    if any(name.lower().endswith(".csv") for name in names):
        return Container("csv", content, archive)
    raise not_a_spreadsheet("une archive zip sans fichier CSV")


def _open_document(content: bytes, archive: zipfile.ZipFile, names: set[str]) -> Container:
    kind = read_member(archive, "mimetype").decode("ascii", "replace").strip()
    if not kind.startswith(_ODS):
        raise not_a_spreadsheet(_OTHER_ODF.get(kind, "un document OpenDocument d'un autre genre"))
    if "META-INF/manifest.xml" in names and b"encryption-data" in read_member(archive, "META-INF/manifest.xml"):
        raise encrypted()
    if "content.xml" not in names:
        raise damaged("son contenu manque")
    return Container("ods", content, archive, macros=any(name.startswith("Basic/") for name in names))


def _ole(content: bytes) -> Container:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    sectors = len(content) // _OLE_SECTOR
    if len(content) < _OLE_SECTOR or any(
        count > sectors for count in struct.unpack_from("<I16xI", content, _OLE_COUNTS)
    ):
        raise damaged("il est tronqué ou abîmé")
    if holds("EncryptedPackage"):
        raise encrypted()
    for stream, nature in _OTHER_OLE:
        if holds(stream):
            raise not_a_spreadsheet(nature)
    return Container("xls", content, macros=holds("_VBA_PROJECT_CUR"))
