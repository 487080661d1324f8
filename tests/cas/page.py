"""The page that shows every case as a row, in French: `python -m tests.cas.page` writes it again."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from entrepot.quality.rules import load_suites
from entrepot.settings import Settings

from .model import FOLDER, Case, Cell, Place, Read, Special, Typed, load_cases

PAGE = Path(__file__).parents[2] / "docs" / "ce-que-remplissent-les-cites.md"

_HEAD = "| fichier | écrit par | dans la cellule | lu | état | constat |\n| --- | --- | --- | --- | --- | --- |\n"
# At the edges of a text, or several in a row.
_SPACES = re.compile(r"^ +| +$| {2,}")
# Signs that look like another, or like nothing.
_UNSEEN = {"\u2212", "\u2011"}


def page() -> str:
    """The page in Markdown."""
    parts = [(FOLDER / "introduction.md").read_text(encoding="utf-8")]
    for file in load_cases():
        parts.append("\n\n".join(filter(None, [f"\n## {file.titre}", file.texte.strip(), _HEAD])))
        parts += [row for case in file.cas for row in _rows(case)]
    return "".join(parts) + _rules()


def _rows(case: Case) -> Iterator[str]:
    writers = ", ".join(case.ecrivains)
    if case.constats or not (case.lus or case.cellules):
        codes = ", ".join(case.constats)
        verdict = "rejeté" if case.verdict == "rejete" else "accepté"
        yield _row(case.nom, writers, f"(le fichier) {case.fait}".strip(), verdict, "", codes)
    for cell in (*case.cellules, *case.lus):
        typed = _typed(cell.saisi) if not isinstance(cell, Place) or "saisi" in cell.model_fields_set else ""
        where = f"`{cell.ou}`" if isinstance(cell, Place) else f"`{case.dans.champ}`" if case.dans else ""
        said = " ; ".join(filter(None, [typed, _done(case, cell), cell.remarque]))
        yield _row(
            case.nom, writers, f"{where} : {said}" if said else where, _read(cell), cell.etat, ", ".join(cell.constats)
        )


def _done(case: Case, cell: Cell) -> str:
    return (cell.fait or case.fait) if isinstance(cell, Place) else ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") or " " for cell in cells) + " |\n"


def _typed(value: Typed) -> str:
    """What is typed, its kind said where a reader would not guess it."""
    if isinstance(value, Special):
        return _special(value)
    if value is None or value == "":
        return "vide"
    if isinstance(value, str):
        return f"« {_seen(value)} »"
    return (
        f"{_said(value)} ({'date' if isinstance(value, date) else 'booléen' if isinstance(value, bool) else 'nombre'})"
    )


def _special(value: Special) -> str:
    if value.formule is not None:
        result = "jamais calculée" if value.resultat is None else f"résultat {_said(value.resultat)}"
        return f"formule `{value.formule}`, {result}"
    if value.erreur is not None:
        return f"erreur `{value.erreur}`"
    if value.pourcent is not None:
        return f"{_said(value.pourcent)} au format pourcentage"
    if value.nombre is not None:
        return f"{_said(value.nombre)} au format `{value.format}`"
    return f"« {_seen(str(value.apostrophe or value.lien or value.note or ''.join(value.riche or ())))} »"


def _read(cell: Cell) -> str:
    return "—" if cell.lu is None else _said(cell.lu)


def _said(value: Read) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _seen(text: str) -> str:
    """A text whose invisible signs are named, and whose spaces are seen where they are too many."""
    text = _SPACES.sub(lambda found: "␣" * len(found[0]), text)
    return "".join(
        "↵" if sign == "\n"
        else f"⟨U+{ord(sign):04X}⟩"
        if sign in _UNSEEN or (sign != " " and unicodedata.category(sign) in {"Zs", "Cf", "Mn", "Cc"})
        else sign
        for sign in text
    )  # fmt: skip


def _rules() -> str:
    """The sentence of each rule that a case names."""
    named = {
        rule.split()[0]
        for file in load_cases()
        for case in file.cas
        for rule in (*case.constats, *(rule for cell in (*case.cellules, *case.lus) for rule in cell.constats))
    }
    rules = {rule.code: rule for rule in load_suites(Settings().expectations_dir).rules()}
    grave = {"structure": "fichier rejeté", "valeur": "valeur rejetée", "suspicion": "question"}
    rows = (_row(code, grave[rules[code].model_dump()["severite"]], rules[code].message) for code in sorted(named))
    return "\n## Ce que dit chaque constat\n\n| règle | effet | phrase |\n| --- | --- | --- |\n" + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
