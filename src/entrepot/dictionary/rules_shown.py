"""The rules as their readers are shown them: by who reads them, then by table."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from string import Formatter
from typing import Any

from entrepot.dictionary.scope import fields_of, forms
from entrepot.dictionary.words import words
from entrepot.forms.normalise import normalise
from entrepot.forms.vintage import Champ, vintages
from entrepot.quality.rules import CellRule, CellSuite, MartRule, MartSuite, ReaderRule, Suites
from entrepot.quality.wording import written
from entrepot.restitution import french


@dataclass(frozen=True)
class Part:
    """A piece of a sentence; `example` when a finding has a value of its own there."""

    text: str
    example: bool = False


Sentence = Sequence[Part]


def plain(sentence: Sentence) -> str:
    """A sentence without its examples, which would read as what was found."""
    return "".join("…" if part.example else part.text for part in sentence)


@dataclass(frozen=True)
class Link:
    """A text that leads to an anchor of the page."""

    text: str
    anchor: str


@dataclass(frozen=True)
class FieldShown:
    """A field that a rule looks at: its table, its label, and where the page describes it, vintage by vintage."""

    table: str
    label: str
    links: Sequence[Link]


@dataclass(frozen=True)
class RuleShown:
    """A rule.

    Attributes:
        severity: as the files of rules name it; `words().gravites` says it in French.
        thresholds: name and value of each number that the rule compares with.
        notes: what else its readers must know.
    """

    code: str
    severity: str
    audience: str
    sentence: Sentence
    expected: Sentence
    fields: Sequence[FieldShown]
    who: str
    why: str
    origin: str
    since: str
    thresholds: Sequence[tuple[str, str]]
    notes: Sequence[str]


@dataclass(frozen=True)
class Group:
    """The rules of a table that the same people read."""

    key: str
    title: str
    table: str
    rules: Sequence[RuleShown]


@dataclass(frozen=True)
class Audience:
    """All that the same people read."""

    key: str
    title: str
    text: str
    groups: Sequence[Group]


@dataclass(frozen=True)
class Known:
    """What fields say of the placeholders of a rule; `facts`: those that read the same in every finding."""

    given: Mapping[str, str]
    facts: Set[str]


NOTHING = Known({}, frozenset())


def field_anchor(form: str, tableau: str, champ: str) -> str:
    """Anchor of a field on the page."""
    return f"champ-{form}-{tableau}-{champ}"


def audiences(suites: Suites) -> list[Audience]:
    """Every rule once, the checks that open the suites included."""
    groups = list(_groups(suites))
    found = []
    for rank, (name, said) in enumerate(words().publics.items(), start=1):
        of_audience = [
            Group(f"groupe-{rank}-{table}", title, table, rules)
            for title, table, all_rules in groups
            if (rules := [rule for rule in all_rules if rule.audience == name])
        ]
        found.append(Audience(f"public-{rank}", said.titre, said.texte, of_audience))
    return found


def _groups(suites: Suites) -> Iterator[tuple[str, str, list[RuleShown]]]:
    """Title, name and rules of each table."""
    yield words().lecture, "lecture", [_shown(rule) for rule in suites.reader.values()]
    for cells in suites.cells:
        yield (
            _title(cells),
            cells.table,
            [_row_count(cells), *(_cell_rule(cells, rule, suites) for rule in cells.regles)],
        )
    for marts in suites.marts:
        yield marts.table, marts.table, [_row_count(marts), *(_shown(rule) for rule in marts.regles)]


def _title(suite: CellSuite) -> str:
    if suite.tableau is None:
        return words().tables.get(suite.table, suite.table)
    titles = {table.tableau: table_title(table.feuille, table.tableau) for form in forms() for table in form.tables}
    return titles.get(suite.tableau, suite.tableau)


def table_title(sheet: str, tableau: str) -> str:
    """Title of a table: its sheet, and its own name where the sheet bears that of another."""
    others = {one.tableau for form in forms() for one in form.tables if one.feuille == sheet and one.tableau != tableau}
    return f"{sheet} : {tableau}" if normalise(sheet) in others else sheet


def _row_count(suite: CellSuite | MartSuite) -> RuleShown:
    said, marts = words().au_moins_une_ligne, isinstance(suite, MartSuite)
    since = min((rule.depuis for rule in suite.regles), default=vintages()[0].premier_trimestre)
    return RuleShown(
        code=suite.row_count_code,
        severity="bloquant" if marts else "interne",
        audience="analyste" if marts else "équipe de l'entrepôt",
        sentence=[Part(said.constat.format(table=suite.table))],
        expected=[],
        fields=[],
        who=words().qui["équipe de l'entrepôt"],
        why=said.raison,
        origin=said.origine,
        since=french.quarter(since),
        thresholds=[],
        notes=[],
    )


def _cell_rule(suite: CellSuite, rule: CellRule, suites: Suites) -> RuleShown:
    looked_at = list(fields_of(suite, rule))
    shown: dict[tuple[str, str], list[Link]] = {}
    for form, tableau, champ in looked_at:
        key = table_title(tableau.feuille, tableau.tableau), champ.libelle
        shown.setdefault(key, []).append(Link(form.key, field_anchor(form.key, tableau.tableau, champ.champ)))
    fields = [FieldShown(*key, links) for key, links in shown.items()]
    return _shown(rule, suite.seuils, fields, _known(rule, [champ for _, _, champ in looked_at], suites))


def _known(rule: CellRule, looked_at: Sequence[Champ], suites: Suites) -> Known:
    """What the fields of a rule say of its placeholders."""
    known: dict[str, str] = {}
    facts: set[str] = set()
    own = [champ for champ in looked_at if rule.champ is None or champ.champ in rule.fields]
    if own and rule.champ is not None:
        known["champ"] = own[0].libelle
        facts |= {"champ"} if len(set(rule.fields)) == 1 else set()
    if len({champ.type for champ in own}) == 1:
        known["attendu_du_type"] = suites.expected_by_type[own[0].type]
    if cited := [champ.libelle for champ in looked_at if champ.champ == rule.cite]:
        known["cite_libelle"] = cited[0]
        known["cite"] = f"valeur de « {cited[0]} »"
    return Known(known, facts | {"cite_libelle", "attendu_du_type"})


def _shown(
    rule: CellRule | MartRule | ReaderRule,
    thresholds: Mapping[str, float] | None = None,
    fields: Sequence[FieldShown] = (),
    known: Known = NOTHING,
) -> RuleShown:
    given = {**words().mots, **known.given, **words().exemples.get(rule.code, {})}
    thresholds = thresholds or {}
    notes = []
    if isinstance(rule, CellRule) and rule.si_seule:
        notes.append("Muette sur une case qu'une autre règle rejette déjà.")
    if isinstance(rule, CellRule) and rule.valeur_masquee:
        notes.append("Ce qui a été saisi n'est recopié nulle part.")
    used = _parameters(rule.expectation.kwargs) if isinstance(rule, CellRule) else set()
    used |= {name for _, name, _, _ in Formatter().parse(f"{rule.message} {rule.attendu or ''}") if name}
    return RuleShown(
        code=rule.code,
        severity=rule.severite,
        audience=rule.public,
        sentence=_sentence(rule.message, thresholds, given, known.facts),
        expected=_sentence(rule.attendu, thresholds, given, known.facts) if rule.attendu else [],
        fields=fields,
        who=words().qui[rule.qui_corrige],
        why=rule.raison,
        origin=rule.origine,
        since=french.quarter(rule.depuis),
        thresholds=[(name.replace("_", " "), written(value)) for name, value in thresholds.items() if name in used],
        notes=notes,
    )


def _parameters(arguments: Any) -> set[str]:
    """Names of the thresholds that the arguments of an expectation refer to."""
    match arguments:
        case {"$PARAMETER": str(name)}:
            return {name}
        case dict():
            return {name for value in arguments.values() for name in _parameters(value)}
        case list():
            return {name for value in arguments for name in _parameters(value)}
        case _:
            return set()


def _sentence(template: str, thresholds: Mapping[str, float], given: Mapping[str, str], facts: Set[str]) -> list[Part]:
    """A sentence in parts: what is said for the example's sake is told from what every finding says (`facts`)."""
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        if text:
            parts.append(Part(text))
        if name and name in thresholds:
            parts.append(Part(written(thresholds[name])))
        elif name:
            parts.append(Part(given.get(name, name.replace("_", " ")), example=name not in facts))
    return parts
