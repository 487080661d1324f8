"""The ledger: what was planted in which cell, and what the warehouse must make of it."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Planted:
    """A finding that a planted fault must bring, or a cell that must be read without one.

    Together the lines of a file are all that may be said of it.

    Attributes:
        fichier, feuille, cellule: where (`cellule` is `B5`, `12:12` for a line, empty for a whole sheet; `feuille` is
            empty as well for a whole file).
        faute: kind of fault.
        effet: `accepte_sans_constat`, `accepte_avec_suspicion`, `cellule_rejetee` or `retour_rejete`.
        regle: code of the rule that must find it (`expectations/`); empty when nothing may be said.
        ecrit: what the cell shows.
    """

    fichier: str
    feuille: str
    cellule: str
    faute: str
    effet: str
    regle: str
    ecrit: str


@dataclass(frozen=True)
class Written:
    """A file of the sample.

    Attributes:
        fichier: name in the drop folder.
        territoire_id, trimestre: what a reader finds inside; empty where it cannot.
        cite_expeditrice: who sends it.
        recu_le: arrival, ISO 8601 with offset.
        etat: `final`, `modele`, `brouillon`, `rectifie` or `repete`.
        verdict: `accepte` or `rejete`.
        en_vigueur: whether it counts today for its territory and quarter.
        memes_octets_que: file with the same bytes, sent before.
        empreinte: SHA-256 of its bytes, as its receipt bears it.
        cellules: filled cells written.
    """

    fichier: str
    territoire_id: str
    trimestre: str
    cite_expeditrice: str
    recu_le: str
    ecrit_par: str
    etat: str
    verdict: str
    en_vigueur: bool
    memes_octets_que: str
    empreinte: str
    cellules: int


def as_json(
    files: Iterable[Written], planted: Iterable[Planted], targets: dict[str, float], silent: list[list[str]]
) -> str:
    """The whole ledger."""
    ledger = {
        "avertissement": "Échantillon fictif : aucun chiffre n'a été déclaré par quiconque.",
        "totaux": targets,
        "jamais_envoyes": silent,
        "fichiers": [asdict(file) for file in files],
        "fautes": [asdict(fault) for fault in planted],
    }
    return json.dumps(ledger, ensure_ascii=False, indent=1) + "\n"


def as_csv(planted: Iterable[Planted]) -> str:
    """The faults alone, one per line."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(Planted)], delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(fault) for fault in planted)
    return buffer.getvalue()
