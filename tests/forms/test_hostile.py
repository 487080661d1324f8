"""Files that are broken, disguised or made to harm get a verdict, and never an exception."""

import struct
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.forms.files import refusal
from entrepot.forms.reader import ReadReturn, Reference, read_return

from .form import filled, in_odfdo, in_xlwt, rules, saved, write_xlsx, zipped, zipped_csv
from .mutants import SEEDS, mutant
from .test_files import with_cells

BOOK = filled("2024", "T4 2024")
XLSX, ODS, XLS, ZIP = write_xlsx(BOOK), saved(in_odfdo(BOOK)), saved(in_xlwt(BOOK)), zipped_csv(BOOK)
WHOLE = {"xlsx": XLSX, "ods": ODS, "xls": XLS, "csv": ZIP}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def verdict(reference: Reference, content: bytes, name: str = "retour.xlsx") -> tuple[str, str | None]:
    """The only finding about a file refused as a whole."""
    read = read_return(content, name, reference)
    (constat,) = read.constats
    assert (read.genre, read.lignes) == ("inconnu", ())
    return constat.regle, constat.valeur


@pytest.mark.parametrize("content", [b"", *(whole[: len(whole) // 2] for whole in (XLSX, ODS, XLS, ZIP))])
def test_empty_and_truncated_files(reference: Reference, content: bytes) -> None:
    assert verdict(reference, content)[0] == "STR-01"


def test_a_member_whose_bytes_are_spoiled(reference: Reference) -> None:
    place = XLSX.index(b"xl/worksheets/sheet3.xml") + 60
    spoiled = XLSX[:place] + b"\xff" * 40 + XLSX[place + 40 :]

    assert verdict(reference, spoiled)[0] == "STR-01"


def encrypted_zip_member() -> bytes:
    content = bytearray(zipped({"Actions.csv": b"a;b\n"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def encrypted_ods() -> bytes:
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": b"chiffr\xc3\xa9"})


def encrypted_xls() -> bytes:
    """The globals of a workbook begin with BOF; FILEPASS follows it in an encrypted one."""
    bof = XLS.index(struct.pack("<HH", 0x0809, 16))
    return XLS[: bof + 20] + struct.pack("<HH", 0x002F, 0) + XLS[bof + 24 :]


@pytest.mark.parametrize(
    "content",
    [
        OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        encrypted_zip_member(),
        encrypted_ods(),
        encrypted_xls(),
    ],
    ids=["xlsx", "zip", "ods", "xls"],
)
def test_files_behind_a_password(reference: Reference, content: bytes) -> None:
    assert verdict(reference, content) == ("STR-02", None)


@pytest.mark.parametrize(
    ("content", "nature"),
    [
        (b"%PDF-1.7\n...", "un document PDF"),
        (b"\x89PNG\r\n\x1a\n...", "une image"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "un document Word"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "un classeur Excel binaire (.xlsb)"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "un document texte (ODT)"),
        (zipped({"photo.jpg": b""}), "une archive zip sans fichier CSV"),
        (OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "un document Word"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "une page web ou un document XML"),
        (bytes(range(256)), "un fichier binaire d'un genre inconnu"),
    ],
)
def test_files_that_are_no_spreadsheet_are_said_to_be_what_they_are(
    reference: Reference, content: bytes, nature: str
) -> None:
    assert verdict(reference, content) == ("STR-03", nature)


def zip_bomb() -> bytes:
    return zipped({"xl/workbook.xml": b"<workbook/>", "xl/bomb.xml": bytes(refusal.MAX_UNPACKED_BYTES + 1)})


def far_cell(reference_of_the_cell: str) -> bytes:
    return with_cells(f'<row><c r="A1"><v>1</v></c><c r="{reference_of_the_cell}"><v>1</v></c></row>')


def repeated_cells() -> bytes:
    source = zipfile.ZipFile(BytesIO(ODS))
    members = {name: source.read(name) for name in source.namelist()}
    repeated = members["content.xml"].replace(
        b"<table:table-row>", b'<table:table-row table:number-rows-repeated="2000000">', 1
    )
    return zipped({**members, "content.xml": repeated})


@pytest.mark.parametrize(
    "content",
    [
        bytes(refusal.MAX_FILE_BYTES + 1),
        zip_bomb(),
        zipped({f"{number}.csv": b"a;b\n" for number in range(refusal.MAX_SHEETS + 1)}),
        far_cell("XFD1048576"),
        far_cell("ZZ9999"),
        repeated_cells(),
    ],
    ids=["bytes", "bomb", "sheets", "last cell", "far cell", "repeated"],
)
def test_files_larger_than_any_return(reference: Reference, content: bytes) -> None:
    assert verdict(reference, content)[0] == "STR-09"


def test_styled_cells_far_away_are_no_harm(reference: Reference) -> None:
    read = read_return(
        with_cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'),
        "f.xlsx",
        reference,
    )

    assert set(rules(read)) == {"STR-07"}


def test_entities_are_never_expanded(reference: Reference) -> None:
    laughs = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '">]><workbook><sheets>&b;</sheets></workbook>'

    assert verdict(reference, zipped({"xl/workbook.xml": laughs.encode()}))[0] == "STR-01"


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    place=st.floats(0, 0.999),
    noise=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
)
def test_any_damage_gets_a_verdict(reference: Reference, kind: str, place: float, noise: bytes, cut: bool) -> None:
    whole = WHOLE[kind]
    offset = int(place * len(whole))
    damaged = whole[:offset] + noise + (b"" if cut else whole[offset + len(noise) :])

    assert isinstance(read_return(damaged, "retour.xlsx", reference), ReadReturn)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_get_a_verdict(reference: Reference, content: bytes) -> None:
    assert read_return(content, "retour.xlsx", reference).constats


def test_a_mutant_is_the_same_each_time() -> None:
    assert [mutant(number) for number in SEEDS[:20]] == [mutant(number) for number in SEEDS[:20]]
    assert len({content for _, content in map(mutant, SEEDS[:20])}) == 20
