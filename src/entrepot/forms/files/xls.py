"""Peculiarities of .xls sheets, found by walking the records of the workbook stream (BIFF, [MS-XLS])."""

import struct
from collections.abc import Iterator
from io import BytesIO

from entrepot.forms.files.peculiarities import Peculiarities
from entrepot.forms.files.refusal import MAX_SHEET_AREA, damaged, encrypted, not_a_spreadsheet, too_large

# Record types, [MS-XLS] 2.3.
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_ROW, _COLINFO, _BOOLERR, _FORMULA, _MERGED = 0x0208, 0x007D, 0x0205, 0x0006, 0x00E5
_CELLS = frozenset({0x0203, 0x0204, 0x00FD, 0x027E, 0x00BD, _BOOLERR, _FORMULA})

_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_ROW_HIDDEN_OR_GROUPED = 0x20 | 0x07
_COLUMN_HIDDEN_OR_GROUPED = 0x0001 | 0x0700
_CALCULATE_ON_LOAD = 0x0002


def peculiarities(content: bytes) -> list[Peculiarities]:
    """Walk the sheets of a workbook, in the order of its tabs.

    Raises:
        Refusal: the workbook is damaged, encrypted, or its cells lie too far apart.
    """
    try:
        stream = _workbook_stream(content)
        found = []
        for kind, body in _records(stream, 0):
            if kind == _FILEPASS:
                raise encrypted()
            if kind == _BOUNDSHEET:
                found.append(_sheet(stream, struct.unpack_from("<I", body)[0]))
    except struct.error:
        raise damaged("il est tronqué ou abîmé") from None
    return found


def _workbook_stream(content: bytes) -> bytes:
    import olefile  # noqa: PLC0415 - few senders still use .xls

    try:
        with olefile.OleFileIO(BytesIO(content)) as ole:
            for name in ("Workbook", "Book"):
                if ole.exists(name):
                    return bytes(ole.openstream(name).read())
    except (OSError, IndexError, ValueError):
        raise damaged("il est tronqué ou abîmé") from None
    raise not_a_spreadsheet("un fichier d'un ancien logiciel, sans feuille de calcul")


def _records(stream: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """Records of one substream, from its BOF to its EOF; those of charts embedded in it are passed over."""
    depth = 0
    while offset < len(stream):
        kind, size = struct.unpack_from("<HH", stream, offset)
        body = stream[offset + 4 : offset + 4 + size]
        offset += 4 + size
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        if depth == 1:
            yield kind, body


def _sheet(stream: bytes, offset: int) -> Peculiarities:
    found = Peculiarities()
    last_row = last_column = 0
    for kind, body in _records(stream, offset):
        if kind in _CELLS:
            row, column = struct.unpack_from("<HH", body)
            last_row, last_column = max(last_row, row), max(last_column, column)
            if kind == _BOOLERR and body[7]:
                found.errors[row, column] = _ERRORS.get(body[6], "#ERREUR")
            elif kind == _FORMULA:
                _formula(body, row, column, found)
        elif kind == _ROW:
            found.partly_hidden |= bool(body[12] & _ROW_HIDDEN_OR_GROUPED)
        elif kind == _COLINFO:
            found.partly_hidden |= bool(struct.unpack_from("<H", body, 8)[0] & _COLUMN_HIDDEN_OR_GROUPED)
        elif kind == _MERGED:
            found.tall_merges += _tall_merges(body)
    if (last_row + 1) * (last_column + 1) > MAX_SHEET_AREA:
        raise too_large("une feuille s'étend sur trop de lignes et de colonnes")
    return found


def _formula(body: bytes, row: int, column: int, found: Peculiarities) -> None:
    result, options = body[6:14], struct.unpack_from("<H", body, 14)[0]
    is_special = result[6:8] == b"\xff\xff"
    if is_special and result[0] == 2:  # noqa: PLR2004 - [MS-XLS] 2.5.133: 2 stands for an error
        found.errors[row, column] = _ERRORS.get(result[2], "#ERREUR")
    elif options & _CALCULATE_ON_LOAD and not any(result):
        # Libraries that write formulas without computing them leave a zero and ask for a calculation.
        found.unvalued.append((row, column))


def _tall_merges(body: bytes) -> Iterator[tuple[int, int, int]]:
    (count,) = struct.unpack_from("<H", body)
    for number in range(count):
        first_row, last_row, first_column, _ = struct.unpack_from("<HHHH", body, 2 + 8 * number)
        if last_row > first_row:
            yield first_row, first_column, last_row
