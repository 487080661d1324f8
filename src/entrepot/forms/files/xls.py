"""Peculiarities of .xls sheets, found by walking the records of the workbook stream (BIFF, [MS-XLS])."""

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO

from entrepot.forms.files.peculiarities import Peculiarities
from entrepot.forms.files.refusal import MAX_SHEET_AREA, TOO_WIDE, damaged, encrypted, not_a_spreadsheet, too_large

_WORKBOOK_STREAMS = ("Workbook", "Book")

# Record types, [MS-XLS] 2.3.
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_DIMENSIONS, _ROW, _COLINFO, _BOOLERR, _FORMULA, _MERGED = 0x0200, 0x0208, 0x007D, 0x0205, 0x0006, 0x00E5
_CELLS = frozenset({0x0203, 0x0204, 0x00FD, 0x027E, 0x00BD, _BOOLERR, _FORMULA})

_MAX_ROWS, _MAX_COLUMNS = 65_536, 256
_LONG_DIMENSIONS = 12  # Excel 97 counts rows on four bytes, Excel 95 on two

_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_ROW_HIDDEN_OR_GROUPED = 0x20 | 0x07
_COLUMN_HIDDEN_OR_GROUPED = 0x0001 | 0x0700
# Results of formulas that are no number, [MS-XLS] 2.5.133.
_NOT_A_NUMBER = b"\xff\xff"
_RESULT_IS_ERROR, _RESULT_IS_EMPTY = 2, 3


def peculiarities(content: bytes) -> list[Peculiarities]:
    """Walk the sheets of a workbook, in the order of its tabs.

    Raises:
        Refusal: the workbook is damaged, encrypted, or its cells lie too far apart.
    """
    try:
        stream = _workbook_stream(content)
        found = []
        computed = False
        for kind, body in _records(stream, 0):
            if kind == _FILEPASS:
                raise encrypted()
            if kind == _BOUNDSHEET:
                sheet, computed_here = _sheet(stream, struct.unpack_from("<I", body)[0])
                found.append(sheet)
                computed |= computed_here
    except (struct.error, IndexError):
        raise damaged("il est tronqué ou abîmé") from None
    if computed:
        # An empty text and a formula never computed look the same, but a program computes every formula or none.
        for sheet in found:
            sheet.unvalued.clear()
    return found


def _workbook_stream(content: bytes) -> bytes:
    import olefile  # noqa: PLC0415 - few senders still use .xls

    try:
        with olefile.OleFileIO(BytesIO(content)) as ole:
            _check_chains(ole.fat)  # type: ignore[attr-defined]
            for name in _WORKBOOK_STREAMS:
                if ole.exists(name):
                    return bytes(ole.openstream(name).read())
    except (OSError, IndexError, ValueError):
        raise damaged("il est tronqué ou abîmé") from None
    if any(name.encode("utf-16-le") in content for name in _WORKBOOK_STREAMS):
        raise damaged("il est tronqué ou abîmé")
    raise not_a_spreadsheet("un fichier d'un ancien logiciel, sans feuille de calcul")


def _check_chains(successors: Sequence[int]) -> None:
    """Make sure that no chain of sectors goes round in circles: python-calamine would follow it without end.

    Args:
        successors: for each sector, the one that follows it; numbers beyond the last sector end a chain.
    """
    looked_at: dict[int, int] = {}
    for start in range(len(successors)):
        sector = start
        while sector < len(successors) and sector not in looked_at:
            looked_at[sector] = start
            sector = successors[sector]
            if looked_at.get(sector) == start:
                raise damaged("il est tronqué ou abîmé")


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


def _sheet(stream: bytes, offset: int) -> tuple[Peculiarities, bool]:
    """Peculiarities of a sheet, its formulas without result included, and whether any other formula has one."""
    found = Peculiarities()
    computed = False
    last_row = last_column = 0
    for kind, body in _records(stream, offset):
        if kind in _CELLS:
            row, column = struct.unpack_from("<HH", body)
            last_row, last_column = max(last_row, row), max(last_column, column)
            if kind == _BOOLERR and body[7]:
                found.errors[row, column] = _ERRORS.get(body[6], "#ERREUR")
            elif kind == _FORMULA:
                computed |= _formula(body, row, column, found)
        elif kind == _DIMENSIONS:
            _check_declared(body)
        elif kind == _ROW:
            found.partly_hidden |= bool(body[12] & _ROW_HIDDEN_OR_GROUPED)
        elif kind == _COLINFO:
            found.partly_hidden |= bool(struct.unpack_from("<H", body, 8)[0] & _COLUMN_HIDDEN_OR_GROUPED)
        elif kind == _MERGED:
            found.tall_merges += _tall_merges(body)
    if (last_row + 1) * (last_column + 1) > MAX_SHEET_AREA:
        raise too_large(TOO_WIDE)
    return found, computed


def _check_declared(dimensions: bytes) -> None:
    """python-calamine asks for as much memory as a sheet declares cells: no more than the format can have."""
    fields = "<IIHH" if len(dimensions) >= _LONG_DIMENSIONS else "<HHHH"
    first_row, end_row, _, end_column = struct.unpack_from(fields, dimensions)
    if not (first_row <= end_row <= _MAX_ROWS and end_column <= _MAX_COLUMNS):
        raise damaged("ses feuilles se disent plus grandes que ce format ne le permet")


def _formula(body: bytes, row: int, column: int, found: Peculiarities) -> bool:
    """Note the result of a formula; say whether it has one."""
    result = body[6:14]
    if result[6:8] != _NOT_A_NUMBER:
        return True
    if result[0] == _RESULT_IS_ERROR:
        found.errors[row, column] = _ERRORS.get(result[2], "#ERREUR")
    elif result[0] == _RESULT_IS_EMPTY:
        found.unvalued.append((row, column))
        return False
    return True


def _tall_merges(body: bytes) -> Iterator[tuple[int, int, int]]:
    (count,) = struct.unpack_from("<H", body)
    for number in range(count):
        first_row, last_row, first_column, _ = struct.unpack_from("<HHHH", body, 2 + 8 * number)
        if last_row > first_row:
            yield first_row, first_column, last_row
