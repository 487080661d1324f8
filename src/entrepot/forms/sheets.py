"""Which sheet of a workbook is which sheet of the form, by their names."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from entrepot.forms.files.workbook import Sheet
from entrepot.forms.finding import Constat
from entrepot.forms.normalise import normalise

# Spreadsheets cut the names of sheets there.
LONGEST_NAME = 31
# « (2) », added by a spreadsheet to a name already in use, takes this many characters of it.
ROOM_FOR_A_NUMBER = 4

_NUMBER_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def match_sheets(sheets: Sequence[Sheet], names: Iterable[str]) -> tuple[dict[str, Sheet], list[Constat]]:
    """Match sheets with the names of the form.

    A name that differs by case, accents or spaces is the name. One that was cut short or numbered is close: it is read
    when there is no better, with a suspicion.

    Args:
        sheets: sheets of the workbook.
        names: sheets of the form.

    Returns:
        The sheet to read for each name found, and suspicions about names.
    """
    chosen: dict[str, Sheet] = {}
    constats: list[Constat] = []
    spelled = [(sheet, normalise(sheet.name)) for sheet in sheets]
    for name in names:
        wanted = normalise(name)
        exact = [sheet for sheet, spelling in spelled if spelling == wanted]
        close = [sheet for sheet, spelling in spelled if spelling != wanted and _is_close(sheet.name, name)]
        candidates = sorted(exact, key=lambda sheet: sheet.name != name) + close
        if not candidates:
            continue
        chosen[name] = candidates[0]
        if not exact:
            constats.append(Constat("SUS-01", feuille=close[0].name, contexte={"attendue": name}))
        constats += [
            Constat("SUS-02", feuille=other.name, contexte={"attendue": name, "lue": candidates[0].name})
            for other in candidates[1:]
        ]
    return chosen, constats


@lru_cache(maxsize=1 << 12)  # the same few dozen names in every workbook
def _is_close(name: str, expected: str) -> bool:
    bare = _NUMBER_AROUND.sub("", normalise(name))
    wanted = _NUMBER_AROUND.sub("", normalise(expected))
    if not bare:
        return False
    cut = len(name.strip()) >= LONGEST_NAME - ROOM_FOR_A_NUMBER and wanted.startswith(bare)
    return bare == wanted or cut
