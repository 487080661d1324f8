"""What the dictionary says by itself, in French: `dictionnaire.yaml`, typed and checked when it is loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from entrepot.errors import EntrepotError
from entrepot.yamldata import Strict, load_yaml

WORDS_FILE = Path(__file__).with_name("dictionnaire.yaml")


class WordsError(EntrepotError):
    """The file of words cannot be used; the message names the file and the line."""


class Said(Strict):
    """A word, and the sentence that explains it."""

    titre: str
    texte: str


class RowCount(Strict):
    """What is said of the check that opens every suite."""

    constat: str
    raison: str
    origine: str


class Words(Strict):
    """Every word.

    Attributes:
        gravites: what each severity does, in the words of whoever suffers it.
        publics: who reads a finding: title of their part, and what stands in it.
        qui: who corrects.
        tables: titles of the suites whose rows come from several tables of the form.
        mots: what a placeholder stands for, where no example says it better.
        exemples: rule -> placeholder -> an example (fictitious).
    """

    gravites: Mapping[str, Said]
    publics: Mapping[str, Said]
    qui: Mapping[str, str]
    tables: Mapping[str, str]
    lecture: str
    au_moins_une_ligne: RowCount
    natures: Mapping[str, str]
    mots: Mapping[str, str]
    exemples: Mapping[str, Mapping[str, str]]


@cache
def words() -> Words:
    """The words.

    Raises:
        WordsError: the file cannot be used.
    """
    return load_yaml(WORDS_FILE, TypeAdapter(Words), WordsError)
