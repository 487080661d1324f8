"""Which fields of the form each rule looks at, read from the rule itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.forms.vintage import Champ, Millesime, Tableau, lists, vintages
from entrepot.quality.rules import CellRule, CellSuite


@dataclass(frozen=True)
class Form:
    """A form, or a list of the national team: a key for anchors, a title, and its tables."""

    key: str
    title: str
    tables: tuple[Tableau, ...]
    vintage: Millesime | None = None


def forms() -> list[Form]:
    """Every vintage, the newest first, then the lists that the national team sends."""
    found = [Form(one.millesime, f"Gabarit {one.millesime}", one.tableaux, one) for one in reversed(vintages())]
    return [*found, Form("liste", "Listes de l'équipe nationale", tuple(lists().values()))]


def looks_at(suite: CellSuite, rule: CellRule, form: Form, tableau: Tableau, champ: Champ) -> bool:
    """Whether a rule looks at a field by name; a rule on every cell, whatever its field, looks at none by name."""
    if suite.tableau not in (None, tableau.tableau) or (form.vintage and rule.depuis > form.vintage.dernier_trimestre):
        return False
    if rule.champ is not None:
        return champ.champ in (*rule.fields, rule.cite)
    # The rows say which field they come from: the rule looks at those its condition lets through.
    known = {
        suite.reperes.champ: champ.champ,
        suite.reperes.tableau: tableau.tableau,
        "indicateur": champ.indicateur,
        "sexe": champ.sexe,
        "nature": tableau.nature if champ.indicateur else None,
    }
    conditions = {name: value for name, value in rule.expectation.row_condition.items() if name in known}
    if not conditions and (suite.tableau is None or suite.reperes.champ is None):
        return False
    if suite.tableau is not None and tableau.genre == "croise" and champ.indicateur is None:
        return False
    return all(known[name] in (value if isinstance(value, list) else [value]) for name, value in conditions.items())


def fields_of(suite: CellSuite, rule: CellRule) -> Iterator[tuple[Form, Tableau, Champ]]:
    """The fields that a rule looks at, form by form."""
    for form in forms():
        for tableau in form.tables:
            for champ in tableau.champs:
                if looks_at(suite, rule, form, tableau, champ):
                    yield form, tableau, champ
