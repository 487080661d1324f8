"""French sentences of findings: placeholders filled, values written as a reader in France writes them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

# A sentence stays readable when someone typed a paragraph in a cell.
LONGEST_QUOTE = 80


def sentence(template: str, values: Mapping[str, object]) -> str:
    """Fill the placeholders of a sentence.

    Raises:
        KeyError: a placeholder has no value: the rule and whoever checks it disagree.
    """
    return template.format_map({name: written(value) for name, value in values.items()})


def written(value: object) -> str:
    """A value as French text: `31/12/2023`, `12,5`, `vide` when there is none."""
    match value:
        case None:
            return "vide"
        case date():
            return value.strftime("%d/%m/%Y")
        case float() | Decimal():
            return f"{value:f}".rstrip("0").rstrip(".").replace(".", ",") if value % 1 else str(int(value))
        case list() | tuple():
            return ", ".join(written(item) for item in value)
        case _:
            text = _as_shown(str(value).strip())
            return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE].rstrip()}…"


def _as_shown(text: str) -> str:
    """Text of a cell as its spreadsheet shows it: the reader writes numbers and dates in one neutral way."""
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        return f"{match[3]}/{match[2]}/{match[1]}"
    if match := re.fullmatch(r"(\d{4})-(T[1-4])", text):
        return f"{match[2]} {match[1]}"
    return text.replace(".", ",") if re.fullmatch(r"-?\d+\.\d+", text) else text
