"""The files of rules: read whole, refused with the file and line of what is wrong."""

import re
import shutil
from pathlib import Path
from string import Formatter

import pytest

from entrepot.forms.vintage import gabarit_rows, lists
from entrepot.quality.rules import RuleFileError, Suites, load_suites
from entrepot.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "expectations"


@pytest.fixture(scope="module")
def suites() -> Suites:
    return load_suites(FOLDER)


def test_every_type_of_field_of_the_form_says_what_it_expects(suites: Suites) -> None:
    types = {row[7] for row in gabarit_rows()}
    assert types <= set(suites.expected_by_type)


def test_every_field_that_a_rule_speaks_of_is_in_the_form(suites: Suites) -> None:
    fields = {(row[1], row[2]) for row in gabarit_rows()}
    fields |= {(name, champ) for name, liste in lists().items() for champ in liste.par_champ}
    spoken_of = {
        (suite.tableau, champ)
        for suite in suites.cells
        if suite.tableau
        for rule in suite.regles
        for champ in (*rule.fields, rule.cite)
        if champ
    }
    assert spoken_of <= fields


def test_sentences_are_french_sentences(suites: Suites) -> None:
    for rule in suites.rules():
        assert rule.message.endswith((".", "?")), rule.code
        assert "  " not in rule.message, rule.code


def test_every_required_field_has_a_rule(suites: Suites) -> None:
    """What the form calls required, less what already rejects the whole return or lays out its lines."""
    required = {(row[1], row[2]) for row in gabarit_rows() if row[9]}
    structural = {("identification", "territoire_id"), ("identification", "trimestre"), ("beneficiaires", "public")}
    guarded = {
        (suite.tableau, champ)
        for suite in suites.cells
        for rule in suite.regles
        if rule.si_seule
        for champ in rule.fields
    }
    assert required - structural <= guarded


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("severite: valeur", "severite: grave"), "severite"),
        (("    attendu:", "    atendu:"), "atendu"),
        (("code: PAR-01", "code: XXX-01"), "must start with PAR"),
        (("    expectation:\n", "    expectations:\n"), "expectation"),
        (('message: "Cette', 'message: "{ } Cette'), "braces"),
        (("reperes: {ligne: ligne}", "reperes: {ligne: ligne"), ""),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_line(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "stg_partenaires.yaml"
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(RuleFileError, match=rf"stg_partenaires\.yaml, line \d+: .*{complaint}"):
        load_suites(tmp_path)


def test_the_line_named_is_the_one_to_mend(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "ctl_actions.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = [number for number, line in enumerate(lines) if "severite: suspicion" in line][-1]
    lines[wrong] = "    severite: grave"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RuleFileError, match=rf"ctl_actions\.yaml, line {wrong + 1}: "):
        load_suites(tmp_path)


def test_two_rules_cannot_share_a_code(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "ctl_actions.yaml", tmp_path / "double.yaml")
    with pytest.raises(RuleFileError, match=r"ACT-00 is already in ctl_actions\.yaml"):
        load_suites(tmp_path)


def test_the_texts_say_what_they_are_missing(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match=r"attendus\.yaml is missing"):
        load_suites(tmp_path)


def test_every_rule_of_the_reader_is_emitted_with_what_its_sentence_quotes(suites: Suites) -> None:
    """Codes in the reader's source and rules of lecture.yaml are the same set."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT_DIR / "src/entrepot/forms").rglob("*.py"))
    emitted = set(re.findall(r"\b(?:STR|SUS|VAL)-\d{2}\b", source))
    assert emitted == set(suites.reader)


def test_sentences_of_the_reader_quote_only_places_values_and_labels(suites: Suites) -> None:
    for rule in suites.reader.values():
        quoted = {name for _, name, _, _ in Formatter().parse(rule.message) if name}
        assert quoted <= {"valeur", "feuille", "libelle"}, rule.code


def test_only_figures_that_others_published_are_told_without_stopping_a_release(suites: Suites) -> None:
    """A rule on marts that no longer stops a release, by mistake, would let wrong figures out."""
    told = {rule.code for suite in suites.marts for rule in suite.regles if rule.severite == "signalement"}
    assert told == {"CCP-03", "CCP-05"}


def test_only_what_nobody_could_mean_takes_a_cell_away(suites: Suites) -> None:
    """A suspicion keeps the value: the rulings of the form say which rules ask and which reject."""
    asked = {rule.code for suite in suites.cells for rule in suite.regles if rule.severite == "suspicion"}
    assert asked == {
        *("ACT-12", "ACT-13", "BEN-03", "BEN-04", "BEN-05", "BEN-06", "BEN-07", "COR-13"),
        *("ELT-05", "ELT-06", "ELT-07", "ELT-08", "EMP-01", "EMP-02", "GOU-01", "IDE-03", "IDE-04", "IDE-05"),
        *("LEC-20", "LEC-21", "LEC-22", "LEC-23", "LEC-24", "LEC-25", "LEC-26", "PAC-04"),
    }
