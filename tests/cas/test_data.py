"""The cases as data: a fault in them is told by file and line, and nothing of what senders do is left out."""

from pathlib import Path

import pytest

from .model import CASES, FOLDER, CaseError, all_cases, load_case_file, load_phrases
from .page import PAGE, page

GABARIT = Path(__file__).parents[3] / "shared" / "domaine" / "gabarit.md"
GOOD = "titre: T\ncas:\n  - {nom: n, source: ['`12,5`'], constats: [SUS-06]}\n"


def test_every_phrase_has_a_case() -> None:
    proven = {phrase for case in all_cases() for phrase in case.source} | set(load_phrases().ailleurs)
    assert set(load_phrases().all()) - proven == set()


def test_what_is_proven_elsewhere_is_there() -> None:
    for phrase, place in load_phrases().ailleurs.items():
        path, _, test = place.partition("::")
        assert f"def {test}(" in (FOLDER.parents[1] / path).read_text("utf-8"), phrase


@pytest.mark.skipif(not GABARIT.exists(), reason="the description of the domain is not beside this checkout")
def test_phrases_are_those_of_the_description() -> None:
    text = " ".join(GABARIT.read_text("utf-8").split())
    paragraph = text.split("loading must survive: ")[1].split(". ## Millésime")[0]
    for phrase in sorted(load_phrases().paragraphe, key=len, reverse=True):
        assert phrase in paragraph
        paragraph = paragraph.replace(phrase, "", 1)
    assert set(paragraph) <= set(" ,;.")
    table = GABARIT.read_text("utf-8").split("| doubt | ruling |")[1].split("\n\n")[0]
    doubts = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    assert list(load_phrases().arbitrages) == doubts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("SUS-06", "[SUS-06]"), "line 3: cas.0.constats.0"),
        (GOOD.replace("nom: n, ", ""), "line 3: cas.0.nom"),
        (GOOD.replace("`12,5`", "`12,6`"), "line 3: « `12,6` » is not in phrases.yaml"),
        (GOOD.replace(", constats: [SUS-06]", ""), "says what is read"),
        (GOOD.replace("constats: [SUS-06]", "changements: [{ordre: [A], fusionner: B}]"), "does one thing"),
        ("titre: [\n", "line 2"),
    ],
)
def test_a_wrong_file_of_cases_is_told_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "faux.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as error:
        load_case_file(path, load_phrases())
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_every_file_kept_belongs_to_a_case() -> None:
    names = tuple(case.nom for case in all_cases())
    assert [path.name for path in (FOLDER / "kept").iterdir() if not path.name.startswith(names)] == []
    assert len(list(CASES.glob("*.yaml"))) == 9


def test_the_page_shows_the_cases_as_they_are() -> None:
    again = "docs/ce-que-remplissent-les-cites.md is out of date: write it again with python -m tests.cas.page"
    assert PAGE.read_text("utf-8") == page(), again
