"""What senders read in the answer to a file: `retour.yaml`, typed and checked when it is loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from entrepot.errors import EntrepotError
from entrepot.sender.findings import Severity, State
from entrepot.yamldata import Strict, load_yaml

TEXTS_FILE = Path(__file__).with_name("retour.yaml")


Verdict = Literal["sans_constat", "accepte", "rejete", "retire"]
ToDo = Literal["constats", "illisible", "sans_copie", "rien"]


class TextsError(EntrepotError):
    """The file of texts cannot be used; the message names the file and the line."""


class Column(Strict):
    """A column of the table of findings; its width in characters."""

    titre: str
    largeur: Annotated[int, Field(ge=5, le=80)]


class Texts(Strict):
    """Every sentence, with placeholders in braces."""

    titre: str
    fichier: str
    contact: str
    verdicts: Mapping[Verdict, str]
    objets: Mapping[str, str]
    que_faire: Mapping[ToDo, str]
    gravites: Mapping[Severity, str]
    colonnes: Annotated[tuple[Column, ...], Field(min_length=9, max_length=9)]
    groupe: str
    qui: Mapping[str, str]
    aucun: str
    regles_repondues: str
    etats: Mapping[State, str]
    saisie: Mapping[Literal["titre", "texte", "refus"], str]
    tableaux: Mapping[str, str]
    lu: Mapping[Literal["titre", "tableau", "rejetees", "rien"], str]
    lecture: Mapping[Literal["titre", "erreur", "question", "commentaire", "dictionnaire"], str]
    notes: Mapping[
        Literal[
            "intact", "copie", "copie_obligee", "illisible", "sans_copie", "macros", "corrections", "remplace", "suite"
        ],
        str,
    ]
    commentaire: str


@cache
def texts() -> Texts:
    """The texts.

    Raises:
        TextsError: the file cannot be used.
    """
    return load_yaml(TEXTS_FILE, TypeAdapter(Texts), TextsError)
