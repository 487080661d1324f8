"""What the blank form says, in French: `gabarit.yaml`, typed and checked when it is loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from entrepot.errors import EntrepotError
from entrepot.yamldata import Strict, load_yaml

TEXTS_FILE = Path(__file__).with_name("gabarit.yaml")


class FormTextsError(EntrepotError):
    """The file of texts cannot be used; the message names the file and the line."""


class Section(Strict):
    """A title of the page of instructions, and the lines under it."""

    titre: str
    lignes: tuple[str, ...]


class Doubt(Strict):
    """A warning that the person who types may overrule."""

    titre: str
    texte: str


class Pages(Strict):
    """What the sheets that nobody fills are for."""

    quartiers: str
    listes: str
    rappel: str


class FormTexts(Strict):
    """Every sentence, with placeholders in braces."""

    titre: str
    objet: str
    lisez_moi: str
    quartiers: str
    listes: str
    rappel: str
    instructions: tuple[Section, ...]
    contact: str
    contact_adresse: str
    feuilles: Pages
    qpv_officiels: str
    qpv_aide: str
    communes: str
    contrats: str
    rappel_titre: str
    aucun_rappel: str
    pied: str
    non_disponible: str
    sans_objet: str
    attendus: Mapping[str, str]
    messages: Mapping[str, str]
    refus: str
    doute: Doubt

    @property
    def mots(self) -> tuple[str, str]:
        """The words for « not known » and « not concerned »."""
        return self.non_disponible, self.sans_objet


@cache
def texts() -> FormTexts:
    """The texts.

    Raises:
        FormTextsError: the file cannot be used.
    """
    return load_yaml(TEXTS_FILE, TypeAdapter(FormTexts), FormTextsError)


def contact(address: str) -> str:
    """Whom to ask, in French.

    Args:
        address: where answers to the mail go (setting `mail_reply_to`); empty: no address is given.
    """
    return texts().contact_adresse.format(adresse=address) if address else texts().contact
