"""The dictionary as one HTML page that needs nothing else: no script, no font, no image from elsewhere."""

from datetime import date
from pathlib import Path

from entrepot.dictionary.form_shown import forms_shown, general_rules
from entrepot.dictionary.rules_shown import audiences
from entrepot.dictionary.words import words
from entrepot.errors import EntrepotError
from entrepot.forms.choices import Choices
from entrepot.quality.rules import load_suites
from entrepot.restitution import french
from entrepot.restitution.html import templates
from entrepot.settings import Settings
from entrepot.warehouse.releases import code_version

PAGE = "index.html"


def write_dictionary(settings: Settings, out: Path, day: date) -> Path:
    """Write the page, and return it.

    Args:
        settings: where the rules and the lists of answers are.
        out: folder of the page, made if missing.
        day: the date that the page bears.

    Raises:
        RuleFileError: the rules cannot be used.
        EntrepotError: the page cannot be written.
    """
    page = render(settings, day)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(page, "utf-8")
    except OSError as error:
        raise EntrepotError(f"{out / PAGE} cannot be written: {error.strerror or error}.") from None
    return out / PAGE


def render(settings: Settings, day: date) -> str:
    """The page as text."""
    suites = load_suites(settings.expectations_dir)
    environment = templates(__package__)
    environment.globals["plural"] = french.plural
    shown, forms = audiences(suites), forms_shown(suites, Choices.load(settings.seeds_dir))
    codes = sorted(rule.code for audience in shown for group in audience.groups for rule in group.rules)
    labels: dict[str, list[tuple[str, str]]] = {}
    for form in forms:
        for table in form.tables:
            for column in table.columns:
                place = f"{form.title.split()[-1] if form.served else 'liste'}, {table.title}"
                labels.setdefault(column.label, []).append((place, column.anchor))
    return environment.get_template("dictionnaire.html.j2").render(
        audiences=shown,
        forms=forms,
        general=general_rules(suites),
        words=words(),
        codes=codes,
        labels=french.alphabetical([{"label": label, "places": places} for label, places in labels.items()], "label"),
        day=day,
        version=code_version(settings),
    )
