"""Honest workbooks, each spoiled in one way or three by the number it is made from: the same number, the same file.

Ways of spoiling are named functions from bytes to bytes; those for a format know its structure (members of a zip, tags
of an XML, records of an .xls), and so reach code that noise alone never reaches.
"""

import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

from .form import filled, in_odfdo, in_openpyxl, in_xlwt, saved, write_xlsx, zipped_csv

SEEDS = range(500)
"""Numbers of the mutants that every run of the tests reads."""

FOUND = {
    1222: "a damaged LZMA member was a fault of ours",
    2316: "the same, in an archive of CSV",
    29554: "options of LZMA that do not exist were one too",
    2117: "sectors of an .xls that go round in circles filled the memory of two readers",
    41161: "the same, by two scribbles over its allocation table",
    6937: "a count of styles that asks for 50 GB ends two readers, and is refused by that bound",
}
"""Numbers of others that found something, among the first 80 000, and what."""

Spoil = Callable[[random.Random, bytes], bytes]

# What a hostile or broken writer puts where a number, a place, a name or a text is expected.
EVIL = (
    "", " ", "0", "-1", "1", "65536", "2147483648", "4294967296", "18446744073709551616", "9" * 40, "9" * 5000,
    "1e309", "-1e309", "NaN", "INF", "1.5", "0x10", "١٢", "A0", "A1", "XFD1048576", "XFE1048577", "ZZZZZZ1", "A-1",
    "A1:XFD1048576", "A1:A0", "rId1", "rId999", "../../../etc/passwd", "/xl/workbook.xml", "file:///etc/passwd",
    "http://exemple.invalid/x", "C:\\x", "&amp;", "&#65;", "&#0;", "&#xD800;", "&x;", "_x0000_", "_xD800_", "<",
    "]]>", "\"", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\uffff", "é" * 300, "=cmd|' /C calc'!A0", "true", "e",
    "s", "str", "inlineStr", "date", "percentage", "n", "b", "d", "2024-02-30", "0000-00-00", "9999-12-31T99:99:99",
    "-5000-01-01", "PT99999999999H", "PT1H-2M", "P", "T", "veryHidden", "collapse",
)  # fmt: skip
_TAG = re.compile(rb"<[^<>]{1,400}>")
_ATTRIBUTE = re.compile(rb'[\w:]+="[^"<>]{0,400}"')
_TEXT = re.compile(rb">([^<>]{1,400})<")
_DECLARATION = re.compile(rb"^<\?xml[^>]*\?>")
_ENCODINGS = (
    b"UTF-16",
    b"UTF-7",
    b"ISO-8859-1",
    b"Windows-1252",
    b"Shift_JIS",
    b"IBM037",
    b"no-such-thing",
    b"US-ASCII",
)
_DATE = (2024, 1, 1, 0, 0, 0)


def mutant(number: int) -> tuple[str, bytes]:
    """A spoiled workbook: its name, which tells its format and what was done to it, and its bytes."""
    rng = random.Random(number)
    kinds = sorted(honest())
    kind = kinds[rng.randrange(len(kinds))]
    content, done = honest()[kind], []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        spoil = rng.choice(_WAYS[kind.partition("-")[0]])
        content = spoil(rng, content)
        done.append(spoil.__name__)
    extension = kind.partition("-")[0]
    return f"{number}-{'-'.join(done)}.{extension}", content


@cache
def honest() -> dict[str, bytes]:
    """The workbooks that are spoiled, by format and writer (fictitious answers)."""
    book = filled("2024", "T4 2024")
    return {
        "xlsx-xlsxwriter": _undated(write_xlsx(book)),
        "xlsx-openpyxl": _undated(saved(in_openpyxl(book))),
        "xlsx-libreoffice": _undated((Path(__file__).parents[1] / "sender" / "libreoffice.xlsx").read_bytes()),
        "ods-odfdo": _undated(saved(in_odfdo(book))),
        "xls-xlwt": saved(in_xlwt(book)),
        "zip-csv": _undated(zipped_csv(book)),
    }


def members(content: bytes) -> dict[str, bytes]:
    """Members of an archive, by name."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(parts: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these members, which may share names; the same bytes each time."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, part in parts:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = compression
            with warnings.catch_warnings():  # of names met twice
                warnings.simplefilter("ignore")
                written.writestr(entry, part)
    return content.getvalue()


def _undated(content: bytes) -> bytes:
    """The same archive without what says when it was written."""
    return archive(
        [(name, part) for name, part in members(content).items() if name not in {"docProps/core.xml", "meta.xml"}]
    )


def _place(rng: random.Random, content: bytes) -> int:
    return rng.randrange(len(content)) if content else 0


def flip_bits(rng: random.Random, content: bytes) -> bytes:
    """Some bits turned over."""
    spoiled = bytearray(content)
    for _ in range(rng.choice((1, 2, 8, 64)) if content else 0):
        spoiled[_place(rng, content)] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def truncate(rng: random.Random, content: bytes) -> bytes:
    """The end is missing."""
    return content[: _place(rng, content)]


def cut_out(rng: random.Random, content: bytes) -> bytes:
    """A piece is missing."""
    start = _place(rng, content)
    return content[:start] + content[start + rng.choice((1, 16, 512, 5000)) :]


def repeat(rng: random.Random, content: bytes) -> bytes:
    """A piece comes twice."""
    start = _place(rng, content)
    end = start + rng.choice((1, 16, 512, 5000))
    return content[:end] + content[start:end] + content[end:]


def scribble(rng: random.Random, content: bytes) -> bytes:
    """Noise, or zeros, or ones, over a piece."""
    start, length = _place(rng, content), rng.choice((1, 4, 40, 512))
    noise = rng.choice((rng.randbytes(length), bytes(length), b"\xff" * length))
    return content[:start] + noise + content[start + length :]


def insert_evil(rng: random.Random, content: bytes) -> bytes:
    """A hostile text in the middle of whatever it is."""
    start = _place(rng, content)
    return content[:start] + rng.choice(EVIL).encode("utf-8", "surrogatepass") + content[start:]


def _in_zip(spoil: Callable[[random.Random, list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> Spoil:
    """Make a spoiling of members one of archives; what is no archive any more gets its bits turned over."""

    def spoiled(rng: random.Random, content: bytes) -> bytes:
        try:
            parts = list(members(content).items())
        except Exception:  # an earlier mutation has spoiled the archive itself
            return flip_bits(rng, content)
        if not parts:
            return flip_bits(rng, content)
        compression = rng.choice(
            (zipfile.ZIP_DEFLATED,) * 8 + (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        )
        return archive(spoil(rng, parts), compression)

    spoiled.__name__ = spoil.__name__
    return spoiled


def _in_member(spoil: Spoil, *, xml_only: bool = False) -> Spoil:
    """Make a spoiling of bytes one of a member, written again with a sound checksum."""

    def spoiled(rng: random.Random, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        chosen = [n for n, (_, part) in enumerate(parts) if part.lstrip()[:1] == b"<" or not xml_only]
        if chosen:
            number = rng.choice(chosen)
            parts[number] = parts[number][0], spoil(rng, parts[number][1])
        return parts

    spoiled.__name__ = f"{spoil.__name__}_of_a_member"
    return _in_zip(spoiled)


def drop_member(rng: random.Random, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """A member is missing."""
    parts.pop(rng.randrange(len(parts)))
    return parts


def swap_members(rng: random.Random, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Two members have each other's content."""
    a, b = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[a], parts[b] = (parts[a][0], parts[b][1]), (parts[b][0], parts[a][1])
    return parts


def rename_member(rng: random.Random, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """A member has a hostile name."""
    number = rng.randrange(len(parts))
    name = parts[number][0]
    names = (
        name.upper(),
        f"../{name}",
        f"/{name}",
        f"C:\\{name}",
        name.replace("/", "\\"),
        f"{name}/",
        name * 50,
        f"{name}é\u202e",
    )
    parts[number] = rng.choice(names), parts[number][1]
    return parts


def double_member(rng: random.Random, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Two members of one name, with different contents."""
    name, part = parts[rng.randrange(len(parts))]
    return [*parts, (name, rng.choice((b"", part[: len(part) // 2], part[::-1])))]


def change_attribute(rng: random.Random, content: bytes) -> bytes:
    """An attribute has a hostile value."""
    return _replaced(rng, content, _ATTRIBUTE, lambda found: found.partition(b"=")[0] + b'="' + _evil(rng) + b'"')


def rename_attribute(rng: random.Random, content: bytes) -> bytes:
    """An attribute is missing: it has another name."""
    return _replaced(rng, content, _ATTRIBUTE, lambda found: b"x" + found)


def change_text(rng: random.Random, content: bytes) -> bytes:
    """A text is a hostile one."""
    return _replaced(rng, content, _TEXT, lambda _: b">" + _evil(rng) + b"<")


def drop_tag(rng: random.Random, content: bytes) -> bytes:
    """A tag is missing, which leaves its partner alone unless it had none."""
    return _replaced(rng, content, _TAG, lambda _: b"")


def drop_element(rng: random.Random, content: bytes) -> bytes:
    """What stands between two tags is missing."""
    found = [match.start() for match in _TAG.finditer(content)] or [0]
    start = rng.randrange(len(found))
    end = found[min(start + rng.choice((1, 2, 3, 8, 50)), len(found) - 1)]
    return content[: found[start]] + content[max(end, found[start]) :]


def repeat_element(rng: random.Random, content: bytes) -> bytes:
    """What stands between two tags comes many times."""
    found = [match.start() for match in _TAG.finditer(content)] or [0]
    start = rng.randrange(len(found))
    end = found[min(start + rng.choice((1, 2, 3, 8)), len(found) - 1)]
    piece = content[found[start] : max(end, found[start])]
    return content[: found[start]] + piece * rng.choice((2, 3, 400)) + content[found[start] :]


def change_tag(rng: random.Random, content: bytes) -> bytes:
    """An element becomes another of the same document."""
    names = sorted(
        {match[0].strip(b"</>").split()[0] for match in _TAG.finditer(content) if match[0].strip(b"</>").split()}
    )
    if not names:
        return content
    old, new = rng.choice(names), rng.choice(names)
    return re.sub(
        rb"(</?)" + re.escape(old) + rb"(?=[\s/>])", lambda match: match[1] + new, content, count=rng.choice((0, 2))
    )


def nest(rng: random.Random, content: bytes) -> bytes:
    """Elements in elements, some thousands deep."""
    deep = rng.choice((100, 5000))
    return _replaced(rng, content, _TAG, lambda found: b"<g>" * deep + b"</g>" * deep + found)


def declare_encoding(rng: random.Random, content: bytes) -> bytes:
    """Another encoding is declared than the one used."""
    return b'<?xml version="1.0" encoding="' + rng.choice(_ENCODINGS) + b'"?>' + _DECLARATION.sub(b"", content)


def declare_entities(rng: random.Random, content: bytes) -> bytes:
    """A document type with entities, used in a text."""
    kinds = (
        b'<!ENTITY x "xx">',
        b'<!ENTITY x SYSTEM "file:///etc/passwd">',
        b'<!ENTITY % x SYSTEM "http://exemple.invalid/x">%x;',
    )
    doctype = b"<!DOCTYPE a [" + rng.choice(kinds) + b"]>"
    found = _DECLARATION.match(content)
    start = found.end() if found else 0
    return content[:start] + doctype + _replaced(rng, content[start:], _TEXT, lambda _: b">&x;<")


def change_record(rng: random.Random, content: bytes) -> bytes:
    """A record of an .xls has another kind, length or content; the stream lies in one piece in what xlwt writes."""
    start = content.find(struct.pack("<HHH", 0x0809, 16, 0x0600))
    places = []
    while 0 <= start <= len(content) - 4:
        places.append(start)
        start += 4 + struct.unpack_from("<H", content, start + 2)[0]
    if not places:
        return flip_bits(rng, content)
    place = rng.choice(places)
    (size,) = struct.unpack_from("<H", content, place + 2)
    spoiled = bytearray(content)
    match rng.randrange(4):
        case 0:
            others = [struct.unpack_from("<H", content, other)[0] for other in places]
            struct.pack_into(
                "<H", spoiled, place, rng.choice((*others, 0x002F, 0x0205, 0x0006, 0x00E5, 0x0200, 0xFFFF))
            )
        case 1:
            struct.pack_into(
                "<H", spoiled, place + 2, rng.choice((0, 1, max(size - 1, 0), min(size + 1, 0xFFFF), 0xFFFF))
            )
        case 2 if size:
            at = place + 4 + rng.randrange(size)
            spoiled[at : at + 2] = rng.choice((b"\x00\x00", b"\xff\xff", b"\xff\x7f", b"\x00\x80", rng.randbytes(2)))
        case _:
            spoiled[place + 4 : place + 4 + size] = rng.randbytes(size)
    return bytes(spoiled)


def change_cell(rng: random.Random, content: bytes) -> bytes:
    """A cell of a CSV holds a hostile text."""
    cells = content.split(b";")
    cells[rng.randrange(len(cells))] = rng.choice(EVIL).encode("utf-8", "surrogatepass")
    return b";".join(cells)


def change_signs(rng: random.Random, content: bytes) -> bytes:
    """Signs that mean something in a CSV mean it elsewhere."""
    signs = (b";", b",", b"\t", b'"', b"\r\n", b"\r", b"\n", b"\x1a", b"\xff\xfe", b"\xef\xbb\xbf")
    return content.replace(rng.choice(signs[:6]), rng.choice(signs), rng.choice((-1, 1, 7)))


def _evil(rng: random.Random) -> bytes:
    return rng.choice(EVIL).encode("utf-8", "surrogatepass")


def _replaced(
    rng: random.Random, content: bytes, expression: re.Pattern[bytes], new: Callable[[bytes], bytes]
) -> bytes:
    found = list(expression.finditer(content))
    if not found:
        return content
    match = rng.choice(found)
    return content[: match.start()] + new(match[0]) + content[match.end() :]


_NOISE = (flip_bits, truncate, cut_out, repeat, scribble, insert_evil)
_MEMBERS = (
    *map(_in_zip, (drop_member, swap_members, rename_member, double_member)),
    *map(_in_member, (truncate, scribble, insert_evil, cut_out)),
)
_XML = tuple(
    _in_member(spoil, xml_only=True)
    for spoil in (
        change_attribute, change_attribute, change_attribute, rename_attribute, change_text, change_text, drop_tag,
        drop_element, repeat_element, change_tag, nest, declare_encoding, declare_entities,
    )
)  # fmt: skip
_WAYS: dict[str, tuple[Spoil, ...]] = {
    "xlsx": (*_NOISE, *_MEMBERS, *_XML, *_XML),
    "ods": (*_NOISE, *_MEMBERS, *_XML, *_XML),
    "xls": (*_NOISE, *(change_record,) * 8),
    "zip": (
        *_NOISE,
        *_MEMBERS,
        *(_in_member(spoil) for spoil in (change_cell, change_cell, change_signs, flip_bits, repeat)),
    ),
}
