"""Texts from outside, written so that no program that opens what we write takes them for anything but text.

Which rule holds where:

- .xlsx: a cell is written with the type of text, so opening it computes nothing, and what would be a formula once
  someone edits it is marked as text for good (`quotePrefix`, the apostrophe that Excel shows in its edit line);
- CSV: there are no types, so such a text gets an apostrophe in front;
- HTML: templates escape every text (`restitution/page.py`);
- mail: plain text, and nothing from outside in a header but on one line (`sender/letters.py`);
- terminal and logs: one line, without control characters; Rich is never given a text from outside as markup.
"""

import re
import unicodedata

from rich.markup import escape

_FORMULA_STARTS = frozenset("=+-@−")  # the last is the minus sign of typographers
# What could end a line or a header, move the cursor of a terminal, or turn round what is read after it.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST_LINE = 150


def looks_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula.

    It begins with one of `=`, `+`, `-`, `@`, full-width ones too, after blanks or signs that are not seen; or with a
    tab or a line break, after which some look for one (OWASP, « CSV Injection »).
    """
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    # Compatibility forms: full-width and small signs are those they stand for.
    for sign in unicodedata.normalize("NFKC", text[:_LONGEST_LINE]):
        if sign.isspace() or unicodedata.category(sign) in {"Cf", "Cc"}:
            continue
        return sign in _FORMULA_STARTS
    return False


def csv_cell(text: str) -> str:
    """A text as a cell of a CSV file."""
    return f"'{text}" if looks_like_a_formula(text) else text


def one_line(text: str, length: int = _LONGEST_LINE) -> str:
    """A text as one line of so many characters at most, without control characters nor what changes its direction."""
    line = " ".join(CONTROLS.sub(" ", text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def in_terminal(text: str, length: int = _LONGEST_LINE) -> str:
    """A text as one line of a terminal, where it is no markup of Rich and no command of the terminal."""
    return escape(one_line(text, length))
