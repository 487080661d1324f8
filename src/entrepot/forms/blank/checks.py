"""What a cell of the blank form offers and accepts, and says of it: lists, formulas and messages, from its field.

A cell refuses what reading would reject, warns where reading would ask, and accepts « n.d. » and « s.o. » wherever an
answer is not required: a form that refuses « n.d. » gets a zero instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from entrepot.forms.blank.known import Subject
from entrepot.forms.blank.texts import FormTexts
from entrepot.forms.vintage import Champ
from entrepot.restitution import french

# What spreadsheets allow in a message, and in its title.
LONGEST_MESSAGE = 255
LONGEST_TITLE = 32
# Dates that reading takes for a date (`lire_date`).
FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Asked:
    """A cell, or the first of a column of cells, that asks for a field.

    Attributes:
        cell: its reference, `B7`.
        peers: reference of each field of the same line, its column fixed.
        labels: label of each field of the table.
        lists: names of the ranges that hold the choices of the form.
        earlier: cumul declared last, and its quarter.
    """

    champ: Champ
    cell: str
    peers: Mapping[str, str]
    labels: Mapping[str, Champ]
    lists: frozenset[str]
    subject: Subject
    earlier: tuple[str, int] | None = None


def range_name(champ: Champ) -> str | None:
    """Name of the range that holds the choices of a field."""
    if champ.liste is None:
        return {"codes_qpv": "liste_qpv", "codes_contrat": "liste_contrats"}.get(champ.type)
    return f"liste_{champ.liste}" if champ.requis or several(champ) else f"liste_{champ.liste}_ou_rien"


def several(champ: Champ) -> bool:
    """Whether a cell may hold several items."""
    return champ.type.startswith("codes_") or (champ.type == "choix_multiple" and champ.attributs.elements_max != 1)


def check(asked: Asked, texts: FormTexts) -> dict[str, Any]:
    """The validation of a cell, as xlsxwriter takes it.

    Args:
        asked: the cell and what it asks for.
        texts: words of the messages.
    """
    champ = asked.champ
    rule: dict[str, Any] = {
        "input_title": cut(champ.libelle, LONGEST_TITLE),
        "input_message": cut(_message(asked, texts), LONGEST_MESSAGE),
    }
    name = range_name(champ)
    if name:
        if name not in asked.lists:
            return rule | {"validate": "any"}
        rule |= {"validate": "list", "source": f"={name}", "show_error": not several(champ)}
    elif formula := _formula(asked, texts):
        rule |= {"validate": "custom", "value": f"={formula}"}
    else:
        return rule | {"validate": "any"}
    rule |= {
        "error_title": cut(champ.libelle, LONGEST_TITLE),
        "error_message": cut(f"{texts.refus.format(champ=champ.libelle)} {rule['input_message']}", LONGEST_MESSAGE),
    }
    if asked.earlier:
        quarter, value = asked.earlier
        rule |= {
            "error_type": "warning",
            "error_title": texts.doute.titre,
            "error_message": texts.doute.texte.format(trimestre=french.quarter(quarter), valeur=french.number(value)),
        }
    return rule


def _formula(asked: Asked, texts: FormTexts) -> str | None:
    """What must hold of a number or a date; a text is one of the two words, where no answer is required."""
    champ, cell = asked.champ, asked.cell
    if champ.type == "date":
        first = asked.subject.trimestre.first_day if _from_the_quarter(asked) else FIRST_DATE
        conditions = [f"{cell}>={_date(first)}", f"{cell}<={_date(LAST_DATE)}"]
    elif champ.type in ("entier", "montant", "decimal"):
        low, high = champ.attributs.min, champ.attributs.max
        conditions = [f"INT({cell})={cell}"] if champ.type == "entier" else [f"ABS({cell})<1E15"]
        if asked.earlier:
            low = max(low or 0, asked.earlier[1])
        conditions += [f"{cell}>={low}"] if low is not None else []
        conditions += [f"{cell}<={high}"] if high is not None else []
    else:
        return None
    for other, sign in ((champ.au_plus, "<="), (champ.au_moins, ">=")):
        if other and not _from_the_quarter(asked):
            conditions.append(f"OR(NOT(ISNUMBER({asked.peers[other]})),{cell}{sign}{asked.peers[other]})")
    words = ",".join(f'{cell}="{word}"' for word in texts.mots)
    otherwise = "FALSE" if champ.requis else f"OR({words})"
    return f"IF(ISNUMBER({cell}),AND({','.join(conditions)}),{otherwise})"


def _message(asked: Asked, texts: FormTexts) -> str:
    champ, words = asked.champ, texts.messages
    bounds = {key: value for key in ("min", "max") if (value := getattr(champ.attributs, key)) is not None}
    subject = asked.subject
    suggestions = subject.qpv if champ.type == "codes_qpv" else subject.contrats
    kind = "choix" if champ.type == "choix_multiple" and not several(champ) else champ.type
    parts = [
        words[kind].format(
            exemple=french.day(subject.trimestre.last_day),
            bornes=words["_".join(bounds)].format(**bounds) if bounds else "",
            generation=subject.generation,
            code=suggestions[0].code if suggestions else "",
        )
    ]
    if champ.aide:
        parts.append(champ.aide)
    for other, key in ((champ.au_plus, "au_plus"), (champ.au_moins, "au_moins")):
        if other and not _from_the_quarter(asked):
            parts.append(words[key].format(autre=asked.labels[other].libelle))
    if asked.earlier:
        quarter, value = asked.earlier
        parts.append(words["cumul"].format(trimestre=french.quarter(quarter), valeur=french.number(value)))
    parts.append(words["obligatoire"] if champ.requis else words["mots"])
    return " ".join(parts)


def _from_the_quarter(asked: Asked) -> bool:
    """Whether the date is compared with the quarter itself."""
    return asked.champ.au_moins is not None and asked.labels[asked.champ.au_moins].type == "trimestre"


def cut(text: str, longest: int) -> str:
    """A text that a spreadsheet takes whole."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _date(day: date) -> str:
    return f"DATE({day.year},{day.month},{day.day})"
