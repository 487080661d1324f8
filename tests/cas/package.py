"""What is done to the bytes of a workbook: other programs encode the same sheet otherwise, and files get spoiled."""

import io
import re
import zipfile
from collections.abc import Callable

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel

from entrepot.sample.accidents import PDF
from entrepot.sample.compound import compound_file

_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}
Members = dict[str, bytes]


def changed(content: bytes, change: str) -> bytes:
    """The bytes, as something else would have written them or left them."""
    if change in WHOLE:
        return WHOLE[change](content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if change == "macros":
        members["xl/vbaProject.bin"] = b"fictif"
    elif change == "strict":
        members = {name: _replaced(member, _STRICT) for name, member in members.items()}
    elif change == "calendrier_1904":
        members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
        members = _sheets(members, _four_years_less)
    elif change == "chaines_en_ligne":
        texts = [found.decode() for found in re.findall(rb"<si>(.*?)</si>", members["xl/sharedStrings.xml"], re.S)]
        members = _sheets(members, lambda xml: _INDEX.sub(lambda cell: _inline(cell, texts), xml))
    else:
        members = _sheets(members, SHEETS[change])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return made.getvalue()


_INDEX = re.compile(r'<c ([^>]*)t="s"([^>]*)><v>(\d+)</v></c>')
# The days that the calendar of 1904 counts less: only those cells hold dates, which a format shows.
_DATE = re.compile(r'(<c r="[A-Z]+\d+" s="1"><v>)(\d{5})(</v>)')
_DAYS_1904 = 1462


def _inline(cell: re.Match[str], texts: list[str]) -> str:
    return f'<c {cell[1]}t="inlineStr"{cell[2]}><is>{texts[int(cell[3])]}</is></c>'


def _four_years_less(xml: str) -> str:
    return _DATE.sub(lambda cell: f"{cell[1]}{int(cell[2]) - _DAYS_1904}{cell[3]}", xml)


def _iso_dates(xml: str) -> str:
    """Dates as a workbook of the strict kind may write them."""
    return _DATE.sub(
        lambda cell: cell[1].replace("><v>", ' t="d"><v>') + f"{from_excel(int(cell[2])).isoformat()}{cell[3]}", xml
    )


def _prefixed(xml: str) -> str:
    """Every element under a prefix, as some exporters write."""
    xml = re.sub(r"<(/?)([a-zA-Z]\w*)", r"<\1x:\2", xml)
    return xml.replace(" xmlns=", " xmlns:x=", 1)


def _unreferenced(xml: str) -> str:
    """Cells that do not say where they are: each stands after the one before, empty ones included."""
    lines, last = [], 0
    for row, cells in re.findall(r'<row r="(\d+)"[^>]*>(.*?)</row>', xml, re.S):
        lines += ["<row/>"] * (int(row) - last - 1)
        last, dense, column = int(row), [], 0
        for letters, rest in re.findall(r'<c r="([A-Z]+)\d+"(.*?(?:</c>|/>))', cells, re.S):
            dense += ["<c/>"] * (column_index_from_string(letters) - column - 1)
            dense.append(f"<c{rest}")
            column = column_index_from_string(letters)
        lines.append(f"<row>{''.join(dense)}</row>")
    return re.sub(r"<sheetData>.*</sheetData>", lambda _: f"<sheetData>{''.join(lines)}</sheetData>", xml, flags=re.S)


def _replaced(member: bytes, words: dict[str, str]) -> bytes:
    for old, new in words.items():
        member = member.replace(old.encode(), new.encode())
    return member


def _sheets(members: Members, change: Callable[[str], str]) -> Members:
    return {
        name: change(member.decode()).encode() if _SHEET.fullmatch(name) else member for name, member in members.items()
    }


SHEETS: dict[str, Callable[[str], str]] = {
    "sans_dimension": lambda xml: re.sub(r"<dimension[^>]*/>", "", xml),
    "espaces_conserves": lambda xml: xml.replace("<sheetData>", '<sheetData xml:space="preserve">'),
    "prefixe_x": _prefixed,
    "dates_iso": _iso_dates,
    "sans_references": _unreferenced,
}
WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "tronque": lambda content: content[: len(content) * 6 // 10],
    "chiffre": lambda _: compound_file({"EncryptionInfo": b"fictif", "EncryptedPackage": b"fictif" * 2000}),
    "pdf": lambda _: PDF,
}
