"""Whose return it is: the cité and the quarter, in the forms senders type them."""

import re

from entrepot.forms.normalise import normalise

# `cde-45`, `CDE 045`, `Tours (cde-045)`; without the letters, nothing but a name set apart may follow the number.
_CITE = re.compile(
    r"(?:(?:(?:(?!cde).)*[^a-z0-9])?cde[\W_]*(?P<coded>\d{1,3})(?!\d)(?!.*cde)|(?P<bare>\d{1,3})(?=$| ?[-:(/])).*"
)
_CITE_DIGITS = 3

_YEAR = r"(?P<year>20\d\d|\d\d)"
_RANK = r"(?P<number>[1-4])(?:er|ere|e|eme|nd|nde|d|de|ieme|°|o)?"
_WORD = r"(?:t|tr|trim|trimestre|q)\b\.?"
_OF_YEAR = r"[ ./_-]*(?:de l'annee |de |annee )?"
_QUARTER_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:t|tr|trim|trimestre|q)[ ._-]*{_RANK}{_OF_YEAR}{_YEAR}",  # T4 2023, trimestre 4 de 2023
        rf"{_RANK} ?(?:t|q)[ ./_-]*{_YEAR}",  # 4T2023
        rf"{_RANK} ?{_WORD}{_OF_YEAR}{_YEAR}",  # 4e trimestre 2023, 4ème trim. 2023
        rf"{_YEAR}[ ./_-]*(?:t|tr|trim|trimestre|q)[ ._-]*{_RANK}",  # 2023-T4
        rf"{_YEAR}[ ./_-]*{_RANK} ?(?:t|q|{_WORD})",  # 2023 4T, 2023 4e trimestre
    )
)
_ORDINALS = {
    "premier": "1er", "deuxieme": "2e", "second": "2e", "troisieme": "3e", "quatrieme": "4e",
    "iv": "4", "iii": "3", "ii": "2", "i": "1",
}  # fmt: skip
_ORDINAL = re.compile("|".join(rf"(?<![a-z]){word}(?=$|er?\b|eme\b|[^a-z])" for word in _ORDINALS))
# Typed in front of a text, for a spreadsheet to keep it as such.
_APOSTROPHE = "' "


def read_cite(text: str) -> tuple[str, bool] | None:
    """Read the code of a cité.

    Args:
        text: what was typed, such as `cde-45`, `CDE 045`, `45`, `cde-045 - Tours`.

    Returns:
        The code in full (`cde-045`) and whether a leading zero had to be put back; None when there is no code.
    """
    found = _CITE.fullmatch(normalise(text).lstrip(_APOSTROPHE))
    if not found:
        return None
    digits = found["coded"] or found["bare"]
    return f"cde-{int(digits):03}", len(digits) < _CITE_DIGITS


def read_quarter(text: str) -> str | None:
    """Read a quarter.

    Args:
        text: what was typed, such as `T4 2023`, `4T2023`, `2023-T4`, `4e trimestre 2023`.

    Returns:
        The quarter as `2023-T4`; None when none can be read.
    """
    spelling = _ORDINAL.sub(lambda word: _ORDINALS[word[0]], normalise(text).lstrip(_APOSTROPHE))
    for form in _QUARTER_FORMS:
        if found := form.fullmatch(spelling):
            return f"20{found['year'][-2:]}-T{found['number']}"
    return None
