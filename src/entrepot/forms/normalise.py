"""One spelling for texts that differ only by case, accents, quotes, dashes or spaces.

`dbt_project/functions/normaliser.sql` does the same in the database; a test holds the two together. That is why only
ASCII letters are lowered (`lower` under the "C" collation does no more).
"""

import re
import unicodedata
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

# NFKD would turn the acute accent standing alone into a space and a combining mark.
_ACUTE_ACCENT = "\u00b4"
_COMBINING_MARKS = {chr(code): "" for code in range(0x0300, 0x0370)}
# Soft hyphens, joiners, marks of direction: pasted from web pages and word processors.
_INVISIBLE = dict.fromkeys(
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff", ""
)
_LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"}
_QUOTES = dict.fromkeys("’‘ʼ`", "'")
_DASHES = dict.fromkeys("‐‑‒–—−", "-")
_LOWER = dict(zip(ascii_uppercase, ascii_lowercase, strict=True))
_SPELLING = str.maketrans({**_COMBINING_MARKS, **_INVISIBLE, **_LIGATURES, **_QUOTES, **_DASHES, **_LOWER})

_PARENTHESES = re.compile(r"\([^)]*\)")
_PUNCTUATION = re.compile(r"[\W_]+")


# Names of sheets, labels and codes come back in every workbook.
_KEPT = 1 << 15


@lru_cache(maxsize=_KEPT)
def normalise(text: str) -> str:
    """Bring a text to the spelling in which it is compared.

    Args:
        text: any text.

    Returns:
        Lower case, without accents, ligatures opened, one kind of apostrophe and of dash, single spaces.
    """
    decomposed = unicodedata.normalize("NFKD", text.replace(_ACUTE_ACCENT, "'"))
    return " ".join(decomposed.translate(_SPELLING).split())


@lru_cache(maxsize=_KEPT)
def label_keys(text: str) -> tuple[str, ...]:
    """Keys under which a label may be known: as written, then without what stands in parentheses.

    Punctuation is dropped, so that « Coût total (€) : » and « Coût total » have a key in common.
    """
    spelling = normalise(text)
    keys = (_words(spelling), _words(_PARENTHESES.sub(" ", spelling)))
    return tuple(key for key in dict.fromkeys(keys) if key)


def _words(spelling: str) -> str:
    return _PUNCTUATION.sub(" ", spelling).strip()
