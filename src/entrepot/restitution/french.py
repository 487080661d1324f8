"""Figures and dates written the French way: « 1 234,5 », « 62,5 % », « 26/03/2024 »."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

LOCALE = "fr_FR"
THIN_SPACE = "\u202f"
Number = int | float | Decimal


def number(value: Number, decimals: int = 0) -> str:
    """Write a number with `decimals` decimals, rounding half away from zero as people do by hand."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_HALF_UP")
    return format_decimal(rounded, format=pattern, locale=LOCALE).replace("-", "−")


def signed(value: Number, decimals: int) -> str:
    """Write a change with its sign, zero included, so that a rise never looks like a level."""
    text = number(value, decimals)
    return text if text.startswith("−") or not text.strip("0,") else f"+{text}"


def share(fraction: Number) -> str:
    """Write a fraction between 0 and 1 as a percentage with one decimal."""
    return f"{number(Decimal(str(fraction)) * 100, 1)}{THIN_SPACE}%"


def euros(value: Number) -> str:
    """Write an amount in whole euros."""
    return f"{number(value)}{THIN_SPACE}€"


def day(value: date | datetime) -> str:
    """Write a day as JJ/MM/AAAA."""
    return format_date(value, format="dd/MM/yyyy", locale=LOCALE)


def quarter(code: str) -> str:
    """Write `2023-T4` as « T4 2023 »."""
    return f"{code[5:]} {code[:4]}"


def plural(count: int, one: str, several: str) -> str:
    """Write a count and its noun; in French, 0 and 1 take the singular."""
    return f"{number(count)} {several if abs(count) > 1 else one}"


def unbroken(text: str) -> str:
    """Put no-break spaces where a French line never breaks: before « : ; ! ? », inside « », between T4 and its year."""
    text = re.sub(r" ([;!?»])", f"{THIN_SPACE}\\1", re.sub(r" :", "\u00a0:", text))
    return re.sub(r"\b(T[1-4]|n°) (?=\d)", "\\1\u00a0", text.replace("« ", f"«{THIN_SPACE}"))


def alphabetical(rows: Iterable[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Sort rows by a text as a French reader expects, accents set aside: « Île-de-France » stands between H and L."""
    return sorted(rows, key=lambda row: unicodedata.normalize("NFKD", row[key]).encode("ascii", "ignore").lower())
