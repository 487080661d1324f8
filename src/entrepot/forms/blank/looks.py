"""How the blank form looks: a few formats, told apart by frames, bold and hints as well as by colour."""

from math import ceil
from typing import Any

from entrepot.forms.vintage import Champ, FieldType

INK, PALE, GREY, LINE = "#1F3864", "#FFFFFF", "#E7E6E6", "#8497B0"

# A text cell keeps what is typed as it is: « 1/2 » is no date there, « = » begins no formula.
TEXT = "@"
NUMBER_FORMATS: dict[FieldType, str] = {
    "date": "dd/mm/yyyy",
    "entier": "#,##0",
    "montant": "#,##0.00",
    "decimal": "General",
    # A note is chosen as a number.
    "choix": "General",
}

_BASE = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
LOOKS: dict[str, dict[str, Any]] = {
    "plain": {**_BASE},
    "title": {**_BASE, "bold": True, "font_size": 16, "font_color": INK},
    "subtitle": {**_BASE, "font_size": 11, "font_color": INK},
    "section": {**_BASE, "bold": True, "font_size": 12, "font_color": INK, "bottom": 2, "bottom_color": LINE},
    "note": {**_BASE, "italic": True, "font_color": "#404040"},
    "hint": {**_BASE, "italic": True, "font_size": 9, "font_color": "#404040", "text_wrap": True, "valign": "bottom"},
    "header": {
        **_BASE, "bold": True, "font_color": "#FFFFFF", "bg_color": INK, "border": 1, "border_color": LINE,
        "text_wrap": True, "valign": "vcenter",
    },
    "label": {**_BASE, "bg_color": GREY, "border": 1, "border_color": LINE, "text_wrap": True},
    "required": {**_BASE, "bold": True, "bg_color": GREY, "border": 1, "border_color": LINE, "text_wrap": True},
    "fixed": {**_BASE, "bg_color": GREY, "border": 1, "border_color": LINE, "text_wrap": True},
    "line": {**_BASE, "text_wrap": True},
    "link": {**_BASE, "font_color": "#0563C1", "underline": 1},
    "listed": {**_BASE, "border": 1, "border_color": LINE, "text_wrap": True, "align": "left"},
    "counted": {**_BASE, "border": 1, "border_color": LINE, "num_format": "#,##0", "align": "right"},
}  # fmt: skip


def input_look(kind: FieldType) -> dict[str, Any]:
    """Format of a cell to fill."""
    return {
        **_BASE, "locked": False, "border": 1, "border_color": LINE, "bg_color": PALE, "text_wrap": True,
        "num_format": NUMBER_FORMATS.get(kind, TEXT),
        **({"align": "left"} if kind == "choix" else {}),
    }  # fmt: skip


WIDTHS: dict[FieldType, int] = {
    "date": 12,
    "choix": 19,
    "choix_multiple": 22,
    "codes_qpv": 16,
    "codes_contrat": 18,
    "texte": 26,
    "texte_libre": 34,
}
NARROWEST = 8


def width_of(champ: Champ) -> int:
    """Width of the column of a field, in characters; above numbers, the label takes three lines at most."""
    longest_word = max(len(word) for word in champ.libelle.split())
    return WIDTHS.get(champ.type, max(longest_word + 3, ceil(len(champ.libelle) / 3) + 3, NARROWEST))
