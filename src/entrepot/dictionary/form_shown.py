"""The form as those who fill it are shown it: vintage by vintage, field by field, with the rules that look at each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrepot.dictionary.rules_shown import field_anchor, table_title
from entrepot.dictionary.scope import Form, forms, looks_at
from entrepot.dictionary.words import words
from entrepot.forms.blank.texts import texts
from entrepot.forms.choices import Choices
from entrepot.forms.vintage import Champ, Tableau
from entrepot.quality.rules import Suites
from entrepot.restitution import french


@dataclass(frozen=True)
class Column:
    """A field.

    Attributes:
        other_labels: labels that are read as this one.
        kind: what its type expects.
        answers: anchor of the list that its answers come from.
        expected: what else is expected, a sentence each.
        rules: codes of the rules that look at it by name.
    """

    anchor: str
    label: str
    other_labels: Sequence[str]
    kind: str
    required: bool
    answers: str | None
    expected: Sequence[str]
    rules: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table of a form: where it stands, when it is asked for, what is said of it."""

    anchor: str
    title: str
    sheet: str
    facts: Sequence[str]
    columns: Sequence[Column]


@dataclass(frozen=True)
class Answers:
    """A list of answers, as a form prints it; its title is the labels of the fields that it answers."""

    anchor: str
    title: str
    labels: Sequence[str]


@dataclass(frozen=True)
class FormShown:
    """A form, or the lists of the national team."""

    anchor: str
    title: str
    served: str
    tables: Sequence[Table]
    answers: Sequence[Answers]


def forms_shown(suites: Suites, choices: Choices) -> list[FormShown]:
    """Every form.

    Args:
        suites: the rules.
        choices: the lists of answers, as each vintage prints them.
    """
    return [_form(form, suites, choices) for form in forms()]


def general_rules(suites: Suites) -> list[str]:
    """Codes of the rules that look at every cell of a return, whatever its field."""
    return [
        rule.code
        for suite in suites.cells
        if suite.tableau is None
        for rule in suite.regles
        if rule.severite != "interne" and rule.champ is None and not rule.expectation.row_condition
    ]


def _form(form: Form, suites: Suites, choices: Choices) -> FormShown:
    used: dict[str, dict[str, None]] = {}
    for champ in (champ for tableau in form.tables for champ in tableau.champs if champ.liste):
        used.setdefault(champ.liste or "", {})[champ.libelle] = None
    vintage = form.vintage
    return FormShown(
        anchor=f"gabarit-{form.key}",
        title=form.title,
        served=f"Sert du {french.quarter(vintage.premier_trimestre)} au {french.quarter(vintage.dernier_trimestre)}."
        if vintage
        else "",
        tables=[_table(form, tableau, suites) for tableau in form.tables],
        answers=[
            Answers(_list_anchor(form, name), ", ".join(labels), list(choices.of(name, form.key).values()))
            for name, labels in used.items()
        ],
    )


def _table(form: Form, tableau: Tableau, suites: Suites) -> Table:
    facts = [tableau.consigne] if tableau.consigne else []
    if tableau.nature:
        facts.append(words().natures[tableau.nature])
    if len(tableau.trimestres) < 4:  # noqa: PLR2004 - quarters of a year
        facts.append(f"Demandé aux seuls {', '.join(f'T{number}' for number in tableau.trimestres)}.")
    if tableau.facultatif:
        facts.append("Facultatif : son absence ne rejette pas le retour.")
    return Table(
        anchor=f"tableau-{form.key}-{tableau.tableau}",
        title=table_title(tableau.feuille, tableau.tableau),
        sheet=tableau.feuille,
        facts=facts,
        columns=[_column(form, tableau, champ, suites) for champ in tableau.champs],
    )


def _column(form: Form, tableau: Tableau, champ: Champ, suites: Suites) -> Column:
    return Column(
        anchor=field_anchor(form.key, tableau.tableau, champ.champ),
        label=champ.libelle,
        other_labels=champ.autres_libelles,
        kind=suites.expected_by_type[champ.type],
        required=champ.requis,
        answers=_list_anchor(form, champ.liste) if champ.liste else None,
        expected=list(_expected(tableau, champ)),
        rules=[
            rule.code for suite in suites.cells for rule in suite.regles if looks_at(suite, rule, form, tableau, champ)
        ],
    )


def _expected(tableau: Tableau, champ: Champ) -> Iterator[str]:
    bounds, said = champ.attributs, texts().messages
    if bounds.min is not None or bounds.max is not None:
        name = "_".join(side for side in ("min", "max") if getattr(bounds, side) is not None)
        phrase = said[name].format(min=bounds.min, max=bounds.max).removeprefix(", ")
        yield f"{phrase[0].upper()}{phrase[1:]}."
    if bounds.elements_max is not None:
        yield f"{bounds.elements_max} réponses au plus."
    for side, other in (("au_moins", champ.au_moins), ("au_plus", champ.au_plus)):
        if other is not None:
            yield said[side].format(autre=tableau.par_champ[other].libelle)
    if champ.aide:
        yield champ.aide


def _list_anchor(form: Form, liste: str) -> str:
    return f"reponses-{form.key}-{liste}"
