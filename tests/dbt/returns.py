"""Returns as the reader leaves them in schema `brut`, written from readable data: what staging is given in tests."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import psycopg

from entrepot.forms.vintage import Tableau, lists, vintages

# A cell: its text, or its text and the mark the reader puts on it.
Cell = str | tuple[str | None, str] | None
Line = Mapping[str, Cell]

NOTHING: Mapping[str, Any] = MappingProxyType({})


def deposit(
    connection: psycopg.Connection[Any],
    territoire_id: str,
    trimestre: str,
    *,
    recu_le: str = "2024-01-15 10:00+01",
    verdict: str = "accepte",
    identification: Line = NOTHING,
    actions: Sequence[Line] = (),
    beneficiaires: Mapping[str, Line] = NOTHING,
    gouvernance: Line = NOTHING,
    instances: Sequence[Line] = (),
    partenaires: Sequence[Line] = (),
) -> int:
    """Record a return and its cells; give its receipt.

    Args:
        identification, gouvernance: field -> cell.
        beneficiaires: public -> field -> cell (fields as in the map of the vintage).
        actions, instances, partenaires: a line each.
    """
    vintage = next(v for v in vintages() if v.serves(trimestre))
    receipt = _receipt(
        connection, "retour", recu_le,
        verdict=verdict, territoire_id=territoire_id, trimestre=trimestre, millesime=vintage.millesime,
    )  # fmt: skip
    if verdict != "accepte":
        return receipt
    tables: dict[str, Sequence[tuple[str | None, Line]]] = {
        "identification": [
            (champ, {champ: cell})
            for champ, cell in ({"territoire_id": territoire_id, "trimestre": trimestre} | dict(identification)).items()
        ],
        "actions": [(None, line) for line in actions],
        "beneficiaires": list(beneficiaires.items()),
        "gouvernance": [(champ, {champ: cell}) for champ, cell in gouvernance.items()],
        "instances": [(None, line) for line in instances],
        "partenaires": [(None, line) for line in partenaires],
    }
    for sheet, tableau in enumerate(vintage.tableaux, start=1):
        lines = tables[tableau.tableau]
        if lines or tableau.tableau in ("identification", "actions", "beneficiaires", "gouvernance"):
            _table(connection, receipt, sheet, tableau, lines)
    connection.commit()
    return receipt


def deposit_pactes(connection: psycopg.Connection[Any], *lines: Line, recu_le: str = "2025-03-01 10:00+01") -> int:
    """Record a list of labelled pactes; give its receipt."""
    receipt = _receipt(connection, "liste_pactes", recu_le)
    _table(connection, receipt, 1, lists()["pactes_liste"], [(None, line) for line in lines])
    connection.commit()
    return receipt


def mark(connection: psycopg.Connection[Any], step: str) -> None:
    """Mark every accepted receipt as gone through a step."""
    connection.execute(
        "insert into entrepot.traitement (recepisse_id, etape) select recepisse_id, %s from entrepot.recepisse"
        " where verdict = 'accepte' on conflict do nothing",
        [step],
    )
    connection.commit()


def _receipt(
    connection: psycopg.Connection[Any],
    genre: str,
    recu_le: str,
    *,
    verdict: str = "accepte",
    territoire_id: str | None = None,
    trimestre: str | None = None,
    millesime: str | None = None,
) -> int:
    name = f"{territoire_id}_{trimestre}_{recu_le}.xlsx"
    moment = datetime.fromisoformat(recu_le)
    row = connection.execute(
        "insert into entrepot.recepisse (empreinte, taille, nom_fichier, canal, recu_le, genre, format, territoire_id,"
        " trimestre, millesime, verdict, verdict_le, motif)"
        " values (%s, 1, %s, 'commande', %s, %s, 'xlsx', %s, %s, %s, %s, %s, %s) returning recepisse_id",
        [
            sha256(name.encode()).hexdigest(), name, moment, genre, territoire_id, trimestre, millesime, verdict,
            moment, None if verdict == "accepte" else "Fichier illisible.",
        ],
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def _table(
    connection: psycopg.Connection[Any],
    receipt: int,
    sheet: int,
    tableau: Tableau,
    lines: Sequence[tuple[str | None, Line]],
) -> None:
    fiche = tableau.genre == "fiche"
    columns = {champ.champ: 2 if fiche else rank for rank, champ in enumerate(tableau.champs, start=1)}
    connection.execute(
        "insert into brut.feuille (recepisse_id, feuille, nom, masquee) values (%s, %s, %s, false)",
        [receipt, sheet, tableau.feuille],
    )
    connection.execute(
        "insert into brut.tableau (recepisse_id, tableau, feuille, ligne_entete, colonnes) values (%s, %s, %s, %s, %s)",
        [receipt, tableau.tableau, sheet, tableau.ligne, json.dumps(columns)],
    )
    for number, (key, line) in enumerate(lines, start=tableau.ligne + 1):
        cells: list[str | None] = [None] * max(columns.values())
        marks = {}
        if tableau.genre == "croise":
            cells[0] = key
        for champ, cell in line.items():
            text, mark_ = cell if isinstance(cell, tuple) else (cell, None)
            cells[columns[champ] - 1] = text
            if mark_:
                marks[str(columns[champ])] = mark_
        connection.execute(
            "insert into brut.ligne (recepisse_id, feuille, ligne, tableau, nature, repere, cellules, marques)"
            " values (%s, %s, %s, %s, 'donnee', %s, %s, %s)",
            [receipt, sheet, number, tableau.tableau, key, cells, json.dumps(marks) if marks else None],
        )
