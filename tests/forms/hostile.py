"""Hand-made files that are made to harm, or that break what opens them: what each tries, and what must be said of it.

They are made when a test needs them, and none does anything but be read. Most are an honest return (fictitious) with
one part of its package replaced.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from .form import Value, csv_text, filled, in_xlwt, saved, zipped
from .mutants import archive, honest, members

ACCEPTED = "accepte"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


@dataclass(frozen=True)
class Hostile:
    """A file, and what must be said of it.

    Attributes:
        name: the name it comes under.
        tries: what it tries, in a few words.
        said: the rule that refuses it, or `accepte` where it is read as any return.
        also: another finding that it must get.
        makes: its bytes.
    """

    name: str
    tries: str
    said: str
    makes: Callable[[], bytes]
    also: str | None = None


def hostile_files() -> list[Hostile]:
    """All of them."""
    return [*_ARCHIVES, *_SIZES, *_XML, *_PACKAGES, *_OLD_WORKBOOKS, *_OTHERS, *_TEXTS]


def xlsx(**changed: bytes | None) -> bytes:
    """The honest return with parts replaced, added or (None) taken out; `__` stands for `/`, and `_dot_` for a dot."""
    parts: dict[str, bytes | None] = dict(members(honest()["xlsx-xlsxwriter"]))
    parts |= {name.replace("__", "/").replace("_dot_", "."): part for name, part in changed.items()}
    return archive([(name, part) for name, part in parts.items() if part is not None])


def _part(name: str) -> bytes:
    return members(honest()["xlsx-xlsxwriter"])[name]


def _with_rows(rows: bytes, around: bytes = b"") -> bytes:
    """The honest return whose first sheet, instructions that nobody counts, holds these rows; `around` follows them."""
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode() + rows + b"</sheetData>" + around + b"</worksheet>"
    return xlsx(xl__worksheets__sheet1_dot_xml=sheet)


def _with_more_rows(rows: bytes) -> bytes:
    """The honest return with rows after those of its actions."""
    return xlsx(
        xl__worksheets__sheet3_dot_xml=_part("xl/worksheets/sheet3.xml").replace(
            b"</sheetData>", rows + b"</sheetData>"
        )
    )


def _with_strings(strings: bytes, start: bytes = b"") -> bytes:
    """The honest return with texts after its own."""
    own = _part("xl/sharedStrings.xml")
    return xlsx(
        xl__sharedStrings_dot_xml=own.replace(b"</sst>", strings + b"</sst>").replace(b"<sst ", start or b"<sst ", 1)
    )


def _with_doctype(doctype: str, name: str = "xl/workbook.xml", text: str = "&x;") -> bytes:
    part = _part(name).replace(b'standalone="yes"?>', b'standalone="yes"?>' + doctype.encode(), 1)
    return xlsx(
        **{name.replace("/", "__").replace(".", "_dot_"): part.replace(b"</sheets>", text.encode() + b"</sheets>")}
    )


# Archives


def _overlapping() -> bytes:
    """Members that all are the same bytes of the file, as in D. Fifield's « A better zip bomb »."""
    packed = zlib.compress(bytes(900_000), 9)[2:-4]
    check = zlib.crc32(bytes(900_000))
    content, central = io.BytesIO(), io.BytesIO()
    name = b"xl/workbook.xml"
    content.write(
        struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, check, len(packed), 900_000, len(name), 0)
        + name
        + packed
    )
    for number in range(1_500):
        entry = name if number == 0 else b"xl/%d.xml" % number
        central.write(
            struct.pack(
                "<4s6H3I5H2I",
                b"PK\x01\x02",
                20,
                20,
                0,
                8,
                0,
                33,
                check,
                len(packed),
                900_000,
                len(entry),
                0,
                0,
                0,
                0,
                0,
                0,
            )
            + entry
        )
    return content.getvalue() + central.getvalue() + _end_of(1_500, len(central.getvalue()), len(content.getvalue()))


def _end_of(count: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def _lying(part: bytes, said: int) -> bytes:
    """The honest return whose first sheet is larger than its archive says."""
    whole = bytearray(xlsx(xl__worksheets__sheet1_dot_xml=part))
    true = struct.pack("<I", len(part))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := whole.find(signature, at + 1)) >= 0:
            if whole[at + place : at + place + 4] == true:
                whole[at + place : at + place + 4] = struct.pack("<I", said)
    return bytes(whole)


def _nested() -> bytes:
    """An archive of archives, the innermost of 90 MB."""
    inner = zipped({"0.csv": bytes(90_000_000)})
    for depth in range(5):
        inner = zipped({f"{depth}-{copy}.zip": inner for copy in range(10)})
    return inner


def _encrypted_member() -> bytes:
    content = bytearray(xlsx())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + place] |= 1
    return bytes(content)


def _named(*names: str) -> bytes:
    """The honest return with members of these names, which lead out of it or are met twice."""
    return archive([*members(xlsx()).items(), *((name, b"<x/>") for name in names)])


def _linked() -> bytes:
    """The honest return whose instructions are a symbolic link to a file of the system."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, part in members(xlsx(xl__worksheets__sheet1_dot_xml=b"/etc/passwd")).items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            if part == b"/etc/passwd":
                entry.create_system, entry.external_attr = 3, 0o120777 << 16
            written.writestr(entry, part)
    return content.getvalue()


def _lzma() -> bytes:
    whole = archive(list(members(xlsx()).items()), zipfile.ZIP_LZMA)
    return whole.replace(b"]\x00\x00", b"\xff\xff\xff", 1)


_ARCHIVES = [
    Hostile(
        "bombe.xlsx", "a part of 100 MB of zeros", "STR-09", lambda: xlsx(xl__media__bombe_dot_bin=bytes(100_000_000))
    ),
    Hostile(
        "chevauchement.xlsx", "1 500 members that are the same bytes (« A better zip bomb »)", "STR-09", _overlapping
    ),
    Hostile("poupees.zip", "archives in archives, 9 TB once all are unpacked", "STR-03", _nested),
    Hostile("membres.xlsx", "20 000 members", "STR-09", lambda: _named(*(f"x/{number}" for number in range(20_000)))),
    Hostile(
        "menteur.xlsx",
        "a sheet of 60 MB said to have 100 bytes",
        "STR-01",
        lambda: _lying(b"<a>" + b" " * 60_000_000, 100),
    ),
    Hostile("menteur-4go.xlsx", "a sheet said to have 4 GB", "STR-09", lambda: _lying(b"<a> </a>   ", 0xFFFFFFF0)),
    Hostile(
        "noms.xlsx",
        "members named ../, /, C:\\, NUL, in another case, 20 000 letters long",
        ACCEPTED,
        lambda: _named(
            "../../../tmp/mal",
            "/etc/cron.d/mal",
            "C:\\Windows\\mal",
            "..\\..\\mal",
            "mal\x00.xml",
            "é" * 20_000,
            "xl/./workbook.xml",
            "con",
            "\u202excod.lmx",
        ),
    ),
    Hostile("casse.xlsx", "members whose names differ by case only", "STR-01", lambda: _named("XL/WORKBOOK.XML")),
    Hostile(
        "doublon.xlsx",
        "two members named xl/workbook.xml, the second of which is empty",
        "STR-01",
        lambda: _named("xl/workbook.xml"),
    ),
    Hostile("lien.xlsx", "a sheet that is a symbolic link to /etc/passwd", "STR-01", _linked),
    Hostile("chiffre.xlsx", "members encrypted as WinZip does", "STR-02", _encrypted_member),
    Hostile("rares.xlsx", "members packed with LZMA, of which the first is damaged", "STR-01", _lzma),
]


# Sizes


def _cells(count: int, cell: bytes, per_row: int = 1_000) -> bytes:
    return b"".join(b"<row>" + cell * per_row + b"</row>" for _ in range(count // per_row))


def _ods(content: bytes) -> bytes:
    return archive(
        [
            *((name, part) for name, part in members(honest()["ods-odfdo"]).items() if name != "content.xml"),
            ("content.xml", content),
        ]
    )


def _ods_repeated(cell: bytes, columns: int, rows: int) -> bytes:
    """The honest .ods with a row after those of its first sheet, repeated."""
    times = b'table:number-rows-repeated="%d"><table:table-cell table:number-columns-repeated="%d"' % (rows, columns)
    row = b"<table:table-row " + times + cell + b"</table:table-row>"
    return _ods(members(honest()["ods-odfdo"])["content.xml"].replace(b"</table:table>", row + b"</table:table>", 1))


def _many_sheets(count: int) -> bytes:
    sheets = b"".join(b'<sheet name="%d" sheetId="%d" r:id="rId1"/>' % (number, number + 50) for number in range(count))
    return xlsx(xl__workbook_dot_xml=_part("xl/workbook.xml").replace(b"</sheets>", sheets + b"</sheets>"))


def _long_formula() -> bytes:
    return _with_rows(b'<row r="1"><c r="A1"><f>' + b"1+" * 2_000_000 + b"1</f><v>1</v></c></row>")


def _wide() -> bytes:
    """Dimensions that the sheet does not have."""
    sheet = _part("xl/worksheets/sheet3.xml")
    return xlsx(xl__worksheets__sheet3_dot_xml=sheet.replace(b'ref="A1:Q8"', b'ref="A1:XFD1048576"', 1))


def _beyond() -> bytes:
    """Cells that no sheet has."""
    places = (b"A0", b"XFE1", b"ZZZZZZZ1", b"A-1", b"A99999999999")
    return _with_more_rows(b"".join(b'<row><c r="%s"><v>1</v></c></row>' % place for place in places))


def _merged() -> bytes:
    """Ranges merged two by two."""
    ranges = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (row, row + 1) for row in range(1, 200_000, 2))
    return _with_rows(b"", b"<mergeCells>" + ranges + b"</mergeCells>")


def _ruled() -> bytes:
    """Rules over the whole sheet."""
    place = b'sqref="A1:XFD1048576"'
    rule = b'<cfRule type="expression" priority="1"><formula>1</formula></cfRule>'
    formats = b"<conditionalFormatting %s>%s</conditionalFormatting>" % (place, rule) * 30_000
    lists = b'<dataValidation type="list" %s><formula1>"a,b"</formula1></dataValidation>' % place * 30_000
    return _with_rows(b"", formats + b"<dataValidations>" + lists + b"</dataValidations>")


_FILLED_ODS = b' office:value-type="string"><text:p>x</text:p></table:table-cell>'
_SIZES = [
    Hostile("dimensions.xlsx", "a sheet said to span A1:XFD1048576", ACCEPTED, _wide),
    Hostile(
        "coins.xlsx",
        "a value in XFD1048576",
        "STR-09",
        lambda: _with_more_rows(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    ),
    Hostile("hors-feuille.xlsx", "values in A0, XFE1, ZZZZZZZ1, A-1 and A99999999999", "STR-09", _beyond),
    Hostile(
        "styles-vides.xlsx",
        "a million empty cells that have a style",
        ACCEPTED,
        lambda: _with_rows(_cells(300_000, b'<c s="1"/>')),
    ),
    Hostile(
        "lignes-vides.xlsx",
        "300 000 empty rows that have a style",
        ACCEPTED,
        lambda: _with_rows(b'<row s="1" customFormat="1"/>' * 300_000),
    ),
    Hostile(
        "cases.xlsx",
        "two million cells that hold one",
        "STR-09",
        lambda: _with_rows(_cells(2_000_000, b"<c><v>1</v></c>")),
    ),
    Hostile(
        "textes.xlsx",
        "300 000 texts that no cell shows",
        ACCEPTED,
        lambda: _with_strings(b"<si><t>x</t></si>" * 300_000),
    ),
    Hostile(
        "texte-long.xlsx",
        "a text of 50 MB in one cell",
        "STR-09",
        lambda: _with_rows(b'<row><c t="inlineStr"><is><t>' + b"x" * 50_000_000 + b"</t></is></c></row>"),
    ),
    Hostile(
        "compte-faux.xlsx",
        "texts said to be 2 billion",
        "STR-11",
        lambda: _with_strings(b"", b'<sst uniqueCount="2000000000" '),
    ),
    Hostile("fusions.xlsx", "100 000 merged ranges", ACCEPTED, _merged),
    Hostile("regles.xlsx", "30 000 drop-down lists and 30 000 conditional formats", ACCEPTED, _ruled),
    Hostile("feuilles.xlsx", "100 000 sheets that are one", "STR-09", lambda: _many_sheets(100_000)),
    Hostile("formule.xlsx", "a formula of 4 MB", ACCEPTED, _long_formula),
    Hostile(
        "repete-vide.ods",
        "an empty cell repeated 16 384 × 1 048 576 times",
        ACCEPTED,
        lambda: _ods_repeated(b"/>", 16_384, 1_048_576),
    ),
    Hostile(
        "repete.ods",
        "a text repeated 16 384 × 1 048 576 times",
        "STR-09",
        lambda: _ods_repeated(_FILLED_ODS, 16_384, 1_048_576),
    ),
    Hostile(
        "repete-fou.ods",
        "a text repeated as often as 40 digits say",
        "STR-09",
        lambda: _ods_repeated(_FILLED_ODS, 10**40, 1),
    ),
    Hostile(
        "repete-negatif.ods",
        "a formula repeated minus once on a million lines, 1 000 times",
        "STR-09",
        lambda: _ods_repeated(
            b' table:formula="of:=1"/><table:table-cell table:number-columns-repeated="-1"' * 1_000 + b"/>", 1, 10**6
        ),
    ),
    Hostile(
        "nom-de-feuille.xlsx",
        "a sheet with a name of 6 MB",
        "STR-09",
        lambda: xlsx(xl__workbook_dot_xml=_part("xl/workbook.xml").replace(b"Lisez-moi", b"Lisez " * 1_000_000)),
    ),
    Hostile("colonnes.csv", "a line of a million columns", "STR-09", lambda: b"x;" * 1_000_001),
    Hostile("ligne.csv", "a line of 19 MB", "STR-09", lambda: b"x" * 19_000_000),
    Hostile("guillemet.csv", "a quotation mark that never closes", "STR-01", lambda: b'"' + b"a;b\n" * 1_000_000),
    Hostile("gros.csv", "a file of 60 MB", "STR-09", lambda: b"a;b;c\n" * 10_000_000),
    Hostile(
        "colonnes-inconnues.xlsx",
        "3 000 columns that the form does not have",
        "STR-09",
        lambda: xlsx(xl__worksheets__sheet3_dot_xml=_unknown_columns(3_000)),
    ),
]


def _unknown_columns(count: int) -> bytes:
    """The sheet of actions with columns after those of its header, on its line."""
    sheet = _part("xl/worksheets/sheet3.xml")
    start = sheet.index(b'<row r="6"')
    end = sheet.index(b"</row>", start)
    added = b"".join(b'<c t="inlineStr"><is><t>Avis %d</t></is></c>' % number for number in range(count))
    return sheet[:end] + added + sheet[end:]


# XML


def _laughs(depth: int = 10) -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(depth))
    return f"<!DOCTYPE lolz [{entities}]>"


def _ods_doctype(doctype: bytes, text: bytes) -> bytes:
    content = members(honest()["ods-odfdo"])["content.xml"]
    start = content.index(b"<office:document-content")
    return _ods(
        content[:start]
        + doctype
        + content[start:].replace(b"</office:spreadsheet>", text + b"</office:spreadsheet>", 1)
    )


def _encoded(encoding: str, declared: str) -> bytes:
    text = _part("xl/workbook.xml").decode().partition("?>")[2]
    return xlsx(xl__workbook_dot_xml=f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(encoding))


def _laughs_in_texts() -> bytes:
    """A document type in a part that only the library reads."""
    texts = _part("xl/sharedStrings.xml").replace(b"<sst ", _laughs().encode() + b"<sst ", 1)
    return xlsx(xl__sharedStrings_dot_xml=texts.replace(b"</sst>", b"<si><t>&l9;</t></si></sst>"))


def _deep_ods() -> bytes:
    """Elements in one another, before what is read."""
    deep = b"<office:x>" + b"<x>" * 300_000 + b"</x>" * 300_000 + b"</office:x>"
    return _ods(members(honest()["ods-odfdo"])["content.xml"].replace(b"<office:body>", deep + b"<office:body>", 1))


_XML = [
    Hostile(
        "rires.xlsx",
        "entities that expand ten billion times (« billion laughs »)",
        "STR-01",
        lambda: _with_doctype(_laughs(), text="&l9;"),
    ),
    Hostile("rires.ods", "the same in an .ods", "STR-01", lambda: _ods_doctype(_laughs().encode(), b"&l9;")),
    Hostile(
        "quadratique.xlsx",
        "an entity of 30 kB used 10 000 times",
        "STR-01",
        lambda: _with_doctype(f'<!DOCTYPE a [<!ENTITY x "{"x" * 30_000}">]>', text="&x;" * 10_000),
    ),
    Hostile(
        "entite-fichier.xlsx",
        "an external entity that is file:///etc/passwd",
        "STR-01",
        lambda: _with_doctype('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    ),
    Hostile(
        "entite-reseau.ods",
        "an external entity on the network",
        "STR-01",
        lambda: _ods_doctype(b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>', b"&x;"),
    ),
    Hostile(
        "entite-parametre.xlsx",
        "a parameter entity that loads a document type",
        "STR-01",
        lambda: _with_doctype('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd">%x;]>', text=""),
    ),
    Hostile(
        "entite-textes.xlsx", "entities in the shared texts, which only the library reads", "STR-01", _laughs_in_texts
    ),
    Hostile(
        "profond.xlsx",
        "300 000 elements in one another",
        ACCEPTED,
        lambda: _with_rows(b"<g>" * 300_000 + b"</g>" * 300_000),
    ),
    Hostile("profond.ods", "the same in an .ods", ACCEPTED, _deep_ods),
    Hostile(
        "attributs.xlsx",
        "an element of 200 000 attributes",
        ACCEPTED,
        lambda: _with_rows(b"<row " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b"/>"),
    ),
    Hostile("utf7.xlsx", "XML said to be UTF-7", "STR-01", lambda: _encoded("utf-7", "UTF-7")),
    Hostile("utf16.xlsx", "XML in UTF-16, which is allowed", "STR-01", lambda: _encoded("utf-16", "UTF-16")),
    Hostile(
        "utf8-faux.xlsx",
        "bytes that are no UTF-8 in a text",
        "STR-01",
        lambda: _with_strings(b"<si><t>\xff\xfe\xc0\x80</t></si>"),
    ),
]


# Packages


def _workbook_relations(*targets: bytes) -> bytes:
    """The honest return whose sheets are somewhere else."""
    relations = b"".join(
        b'<Relationship Id="rId%d" Type="%s/worksheet" Target="%s"/>' % (n, _RELATIONS.encode(), target)
        for n, target in enumerate(targets, start=1)
    )
    return xlsx(
        xl___rels__workbook_dot_xml_dot_rels=b'<Relationships xmlns="%s">%s</Relationships>'
        % (_PACKAGE.encode(), relations)
    )


def _outside() -> bytes:
    """Sheets that are no parts of the package."""
    outside = (b"../../../../etc/passwd", b"/etc/passwd", b"file:///etc/passwd", b"http://127.0.0.1:9/")
    return _workbook_relations(*outside, b"nulle-part.xml", b"workbook.xml")


def _linked_outside() -> bytes:
    """Links that would run a program, and an object."""
    link = b'<externalLink xmlns="%s"><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>' % _MAIN.encode()
    return xlsx(xl__externalLinks__externalLink1_dot_xml=link, xl__embeddings__oleObject1_dot_bin=_OLE + bytes(5_000))


_PACKAGES = [
    Hostile("sans-types.xlsx", "no [Content_Types].xml", ACCEPTED, lambda: xlsx(**{"[Content_Types]_dot_xml": None})),
    Hostile(
        "sans-relations.xlsx",
        "no relationships of the workbook",
        "STR-01",
        lambda: xlsx(xl___rels__workbook_dot_xml_dot_rels=None),
    ),
    Hostile("relations-dehors.xlsx", "sheets said to be files of the system or of the network", "STR-01", _outside),
    Hostile(
        "relations-cercle.xlsx",
        "a workbook that is its own sheet",
        "STR-07",
        lambda: _workbook_relations(*[b"workbook.xml"] * 6),
    ),
    Hostile("liens-externes.xlsx", "links to another workbook, DDE and an OLE object", ACCEPTED, _linked_outside),
    Hostile("macros.xlsm", "macros", ACCEPTED, lambda: xlsx(xl__vbaProject_dot_bin=_OLE + bytes(5_000)), also="SUS-06"),
    Hostile(
        "binaire.xlsb",
        "a binary workbook",
        "STR-03",
        lambda: zipped({"[Content_Types].xml": b"", "xl/workbook.bin": bytes(100)}),
    ),
]


# Workbooks of Excel 97 and before


def _compound(
    fat: list[int], stream_start: int, stream: bytes, first_directory: int = 1, name: str = "Workbook"
) -> bytes:
    """A compound file of 512-byte sectors: allocation table, directory, then the stream.

    Args:
        fat: the allocation table.
        stream_start: first sector of the stream.
        stream: what its sectors hold.
        first_directory: sector where the directory begins.
        name: of the stream.
    """
    header = struct.pack(
        "<8s16x5H6xIIIIIIIII", _OLE, 0x3E, 3, 0xFFFE, 9, 6, 0, 1, first_directory, 0, 4096, _END, 0, _END, 0
    ) + struct.pack("<109I", 0, *[_FREE] * 108)
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))

    def entry(label: str, kind: int, child: int, start: int, size: int) -> bytes:
        spelled = (label + "\x00").encode("utf-16-le")
        return struct.pack("<64sHBBIII16x4x16xIQ", spelled, len(spelled), kind, 1, _FREE, _FREE, child, start, size)

    directory = (
        entry("Root Entry", 5, 1, _END, 0) + entry(name, 2, _FREE, stream_start, max(len(stream), 4096)) + bytes(256)
    )
    return header + table + directory + stream


def _loop() -> bytes:
    """The honest .xls, the last sector of whose stream is followed by its first."""
    content = bytearray(honest()["xls-xlwt"])
    (table,) = struct.unpack_from("<I", content, 0x4C)
    (directory,) = struct.unpack_from("<I", content, 0x30)
    entry = content.index("Workbook".encode("utf-16-le"), (directory + 1) * 512)
    (first,) = struct.unpack_from("<I", content, entry + 116)
    place, sector = (table + 1) * 512, first
    while (after := struct.unpack_from("<I", content, place + 4 * sector)[0]) != _END:
        sector = after
    struct.pack_into("<I", content, place + 4 * sector, first)
    return bytes(content)


def _directory_loop() -> bytes:
    """The directory never ends."""
    return _compound([_FAT, 1, _END], 2, bytes(512))


def _records(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)


def _old(version: int, bof: int) -> bytes:
    """A bare stream of Excel 2 to 4, which is no compound file: a cell that holds one."""
    return _records(
        (bof, struct.pack("<HH", version, 0x10).ljust(4 if bof == 0x0009 else 6, b"\x00")),
        (0x0003, struct.pack("<HH3xd", 0, 0, 1.0)),
        (0x000A, b""),
    )


def _xls_with(kind: int, body: bytes) -> bytes:
    """The honest .xls with the body of each record of a kind replaced by another of the same length."""
    content = bytearray(honest()["xls-xlwt"])
    at = content.index(struct.pack("<HHH", 0x0809, 16, 0x0600))
    while at + 4 <= len(content):
        found, size = struct.unpack_from("<HH", content, at)
        if found == kind:
            content[at + 4 : at + 4 + size] = body[:size].ljust(size, b"\x00")
        if not found and not size:
            break
        at += 4 + size
    return bytes(content)


def _xls_encrypted() -> bytes:
    """FILEPASS after the first record, as in a workbook encrypted with RC4."""
    content = honest()["xls-xlwt"]
    bof = content.index(struct.pack("<HH", 0x0809, 16))
    return content[: bof + 20] + struct.pack("<HH", 0x002F, 0) + content[bof + 24 :]


def _xls_with_macros() -> bytes:
    content = saved(in_xlwt(filled("2024", "T4 2024")))
    return content + "_VBA_PROJECT_CUR".encode("utf-16-le")


_OLD_WORKBOOKS = [
    Hostile("boucle.xls", "a stream whose sectors go round in circles", "STR-01", _loop),
    Hostile("boucle-repertoire.xls", "a directory whose sectors go round in circles", "STR-01", _directory_loop),
    Hostile(
        "secteurs.xls",
        "allocation tables said to fill 4 billion sectors",
        "STR-01",
        lambda: _OLE + bytes(36) + b"\xff" * 468 + bytes(512),
    ),
    Hostile(
        "dimensions.xls",
        "sheets said to have 4 billion rows",
        "STR-01",
        lambda: _xls_with(0x0200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0)),
    ),
    Hostile(
        "feuilles-folles.xls",
        "sheets that lie beyond the end of the file",
        "STR-01",
        lambda: _xls_with(0x0085, struct.pack("<IBB", 0x7FFFFFFF, 0, 0)),
    ),
    Hostile(
        "textes-faux.xls",
        "texts said to be 4 billion",
        "STR-01",
        lambda: _xls_with(0x00FC, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)),
    ),
    Hostile("rc4.xls", "encrypted with RC4", "STR-02", _xls_encrypted),
    Hostile(
        "chiffre-ole.xlsx",
        "an .xlsx encrypted by Excel, in a compound file",
        "STR-02",
        lambda: _compound([_FAT, _END, _END], 2, bytes(4096), name="EncryptedPackage"),
    ),
    Hostile("macros.xls", "macros in an .xls", ACCEPTED, _xls_with_macros, also="SUS-06"),
    Hostile("excel2.xls", "a workbook of Excel 2", "STR-03", lambda: _old(0x0002, 0x0009)),
    Hostile("excel4.xls", "a workbook of Excel 4", "STR-03", lambda: _old(0x0400, 0x0409)),
    Hostile(
        "message.xls",
        "a message of Outlook",
        "STR-03",
        lambda: _compound([_FAT, _END, _END], 2, bytes(4096), name="__properties_version1.0"),
    ),
]


# Files that are something else

_WHOLE = {"xlsx": "xlsx-xlsxwriter", "ods": "ods-odfdo", "xls": "xls-xlwt", "zip": "zip-csv"}


def _cut(kind: str, whole: str, tenths: int) -> Hostile:
    def cut() -> bytes:
        return honest()[whole][: len(honest()[whole]) * tenths // 10]

    return Hostile(f"tronque-{tenths}.{kind}", f"cut at {tenths} tenths", "STR-01", cut)


_OTHERS = [
    Hostile("vide.xlsx", "nothing", "STR-01", lambda: b""),
    Hostile("octet.xlsx", "one byte", "STR-03", lambda: b"\x00"),
    Hostile("une-lettre.xlsx", "one letter", "STR-07", lambda: b"a"),
    Hostile("document.xlsx", "a PDF", "STR-03", lambda: b"%PDF-1.7\n" + bytes(100)),
    Hostile(
        "page.xls",
        "a web page, as some programs write under .xls",
        "STR-03",
        lambda: b"<html><body><table><tr><td>1</td></tr></table></body></html>",
    ),
    Hostile("image.xlsx", "an image", "STR-03", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    Hostile("programme.xlsx", "a program of Windows", "STR-03", lambda: b"MZ" + bytes(100)),
    Hostile("elf.xlsx", "a program of Linux", "STR-03", lambda: b"\x7fELF" + bytes(100)),
    Hostile(
        "lettre.xlsx",
        "a Word document",
        "STR-03",
        lambda: zipped({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"}),
    ),
    Hostile("retour.xlsx.gz", "the return compressed once more", "STR-03", lambda: gzip.compress(xlsx(), mtime=0)),
    Hostile("retour.7z", "a 7-Zip archive", "STR-03", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100)),
    Hostile("retour.rar", "a RAR archive", "STR-03", lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100)),
    Hostile("bruit.xlsx", "noise", "STR-03", lambda: bytes((n * n * 31 + n) % 256 for n in range(50_000))),
    Hostile("nul.csv", "a CSV with NUL in its texts", "STR-03", lambda: b"a;b\x00;c\n" * 100),
    Hostile("extension.csv", "the return under another extension", ACCEPTED, xlsx, also="SUS-07"),
    *(_cut(kind, whole, tenth) for kind, whole in _WHOLE.items() for tenth in (1, 5, 9)),
]


# Texts


def _with_text(text: str) -> bytes:
    return _with_rows(
        b'<row><c t="inlineStr"><is><t xml:space="preserve">'
        + text.encode("utf-8", "surrogatepass")
        + b"</t></is></c></row>"
    )


def _injections() -> bytes:
    row: list[Value] = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "'; drop table x; --",
        "$(reboot)",
        "{{7*7}}",
        "\\N",
    ]
    return csv_text([row]).encode()


_TEXTS = [
    Hostile("nul-echappe.xlsx", "NUL in a text, as Excel escapes it", ACCEPTED, lambda: _with_text("a_x0000_b_x0001_")),
    Hostile("demi-caractere.xlsx", "half a character, as Excel escapes it", ACCEPTED, lambda: _with_text("a_xD800_b")),
    Hostile("demi-caractere-brut.xlsx", "half a character, as it is", "STR-01", lambda: _with_text("a\ud800b")),
    Hostile(
        "renverse.xlsx",
        "texts that turn round what follows them, invisible ones, and of many marks",
        ACCEPTED,
        lambda: _with_text("\u202e\u2066\u200b\ufeff" + "e" + "\u0301" * 5_000),
    ),
    Hostile("injections.csv", "formulas, HTML, SQL and commands", "STR-07", _injections),
]
