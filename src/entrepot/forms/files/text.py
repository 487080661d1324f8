"""CSV files as senders save them: encoding and separator are found out, never asked."""

import codecs
import csv
import io
import posixpath
import re
import zipfile

from entrepot.forms.files.container import read_member
from entrepot.forms.files.refusal import (
    MAX_CELL_CHARACTERS,
    MAX_SHEET_AREA,
    MAX_SHEETS,
    TOO_WIDE,
    damaged,
    not_a_spreadsheet,
    too_large,
)

_SEPARATORS = (";", "\t", ",")
_LINES_TO_JUDGE, _LETTERS_TO_JUDGE = 50, 10_000
_TEXT_TO_JUDGE = _LINES_TO_JUDGE * _LETTERS_TO_JUDGE
# How exports keep a spreadsheet from taking a code for a number: `="0123"`.
_PROTECTED = re.compile(r'^="([^"]*)"$')
# Signs frequent in French that stand at other places in Windows-1252 and MacRoman.
_FRENCH = frozenset("éèêëàâùûîïôçœ’«»°€–…É")
_BINARY = frozenset(map(chr, (*range(9), *range(14, 32), 127))) - {"\x1c", "\x1d", "\x1e", "\x1f"}

Rows = list[list[str | None]]


def read_csv(content: bytes) -> Rows:
    """Read one CSV file.

    Raises:
        Refusal: it is no text, its quotes never close, or it holds more than any return.
    """
    text = _decode(content)
    if not _BINARY.isdisjoint(text):
        raise not_a_spreadsheet("un fichier binaire d'un genre inconnu")
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise not_a_spreadsheet("une page web ou un document XML")
    rows: Rows = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)):
            cells += max(len(row), 1)
            if cells > MAX_SHEET_AREA:
                raise too_large(TOO_WIDE)
            rows.append([_PROTECTED.sub(r"\1", cell) if cell.strip() else None for cell in row])
    except csv.Error:  # a cell longer than the library reads
        if '"' in text:
            raise damaged("un guillemet ouvert n'est jamais refermé") from None
        raise too_large(f"une case contient plus de {MAX_CELL_CHARACTERS} caractères") from None
    return rows


def read_csv_members(archive: zipfile.ZipFile) -> dict[str, Rows]:
    """Read the CSV files of an archive, whatever folder they are in, by name without extension.

    Raises:
        Refusal: a member is damaged or no text, or there are too many.
    """
    members = [
        member
        for member in archive.infolist()
        if member.filename.lower().endswith(".csv") and not posixpath.basename(member.filename).startswith("._")
    ]
    if len(members) > MAX_SHEETS:
        raise too_large(f"il contient plus de {MAX_SHEETS} fichiers")
    return {
        posixpath.basename(_member_name(member))[: -len(".csv")]: read_csv(read_member(archive, member.filename))
        for member in members
    }


def _member_name(member: zipfile.ZipInfo) -> str:
    """Name of a member; archives that do not say their encoding hold UTF-8 or what French Windows uses (CP 850)."""
    declared_utf8 = 0x800
    if member.flag_bits & declared_utf8:
        return member.filename
    raw = member.filename.encode("cp437")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp850")


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        readings = [content.decode(encoding, "replace") for encoding in ("cp1252", "mac_roman")]
        return max(readings, key=lambda text: sum(character in _FRENCH for character in text))


def _separator(text: str) -> str:
    """The separator that splits most lines; decimal commas split fewer."""
    head = [line[:_LETTERS_TO_JUDGE] for line in text[:_TEXT_TO_JUDGE].splitlines(keepends=True)[:_LINES_TO_JUDGE]]
    return max(_SEPARATORS, key=lambda separator: sum(len(row) > 1 for row in csv.reader(head, delimiter=separator)))
