"""A minimal OLE compound file, the container in which spreadsheets put a workbook they encrypted ([MS-CFB])."""

import struct

SECTOR = 512
# Streams shorter than this would belong to a second allocation table; padding avoids it.
SMALLEST_STREAM = 4096
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NO_ENTRY = 0xFFFFFFFF
STREAM, ROOT = 2, 5


def compound_file(streams: dict[str, bytes]) -> bytes:
    """Bytes of a compound file.

    Args:
        streams: content by name, at most three, together at most 60 kB (one sector of allocation table and one of
            directory are written).
    """
    chains: list[int] = [FAT, END]
    body = b""
    starts = {}
    padded = {name: content.ljust(SMALLEST_STREAM, b"\0") for name, content in streams.items()}
    for name, content in padded.items():
        starts[name] = len(chains)
        sectors = -(-len(content) // SECTOR)
        chains += [*range(len(chains) + 1, len(chains) + sectors), END]
        body += content.ljust(sectors * SECTOR, b"\0")
    table = struct.pack(f"<{SECTOR // 4}I", *chains, *[FREE] * (SECTOR // 4 - len(chains)))
    names = sorted(padded, key=lambda name: (len(name), name.upper()))
    directory = _entry("Root Entry", ROOT, END, 0)
    for rank, name in enumerate(names, start=1):
        following = rank + 1 if rank < len(names) else NO_ENTRY
        directory += _entry(name, STREAM, starts[name], len(padded[name]), following)
    return _header() + table + directory.ljust(SECTOR, b"\0") + body


def _header() -> bytes:
    fixed = struct.pack(
        "<8s16s5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        1,
        0,
        SMALLEST_STREAM,
        END,
        0,
        END,
        0,
    )
    return fixed + struct.pack("<109I", 0, *[FREE] * 108)


def _entry(name: str, kind: int, start: int, size: int, following: int = NO_ENTRY) -> bytes:
    """A directory entry; the streams hang under the root as a chain, each to the right of the one before."""
    encoded = name.encode("utf-16-le")
    child = 1 if kind == ROOT else NO_ENTRY
    return struct.pack(
        "<64sHBB3I16xI8x8xIQ", encoded, len(encoded) + 2, kind, 1, NO_ENTRY, following, child, 0, start, size
    )
