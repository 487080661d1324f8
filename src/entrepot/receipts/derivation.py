"""Derived receipts: returns as the ledgers of corrections leave them, receipts like any other.

For a territory and quarter, take each moment when a return or a ledger arrived: due is the last return sent by then,
with the lines of the ledgers known by then applied in order, each while the old value still holds. Where the receipt in
force says something else, a derived receipt is written, dated of that moment: files taken in out of order end the same.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import dict_row

from entrepot.forms.normalise import normalise
from entrepot.receipts.corrections import WHOLE_RETURN, WITHDRAWAL
from entrepot.receipts.store import ByteStore
from entrepot.warehouse.engine import Connection

RETURN = "retour"

_TOUCHED = """
select distinct correction.territoire_id, correction.trimestre
from entrepot.correction
inner join entrepot.recepisse as arrivee
    on arrivee.recepisse_id = correction.registre_id
    or arrivee.territoire_id = correction.territoire_id and arrivee.trimestre = correction.trimestre
        and arrivee.canal <> 'correction'
where correction.recevable and arrivee.verdict = 'accepte'
    and not exists (
        select from entrepot.traitement
        where traitement.recepisse_id = arrivee.recepisse_id and etape = 'preparation')
"""

_RECEIPTS = """
select recepisse_id, territoire_id, trimestre, empreinte, nom_fichier, recu_le, canal = 'correction' as derive
from entrepot.recepisse
where verdict = 'accepte' and genre in ('retour', 'retrait')
    and (territoire_id, trimestre) in (select * from unnest(%(territoires)s::text[], %(trimestres)s::text[]))
order by recu_le, recepisse_id
"""

# The first mention of each correction: a ledger kept over time says it again each time it is sent.
_CORRECTIONS = """
select registre_id, ligne, empreinte as registre, recu_le, territoire_id, trimestre, tableau, ancienne, nouvelle
from (
    select distinct on (identite) correction.*, registre.empreinte, registre.recu_le
    from entrepot.correction
    inner join entrepot.recepisse as registre on registre.recepisse_id = correction.registre_id
    where recevable and registre.verdict = 'accepte'
        and (correction.territoire_id, correction.trimestre)
        in (select * from unnest(%(territoires)s::text[], %(trimestres)s::text[]))
    order by identite, registre.recu_le, registre_id, ligne
) as premieres
order by recu_le, registre_id, ligne
"""

# The cell of each return sent that a line of a ledger aims at; none when the line is not there, or there twice.
_CELLS = """
select
    retour.recepisse_id, correction.registre_id, correction.ligne as registre_ligne,
    cellule.feuille, cellule.ligne, place.colonne,
    preparation.cle_valeur(cellule.cellules[place.colonne], champ.type, borne) as cle,
    preparation.cle_valeur(correction.ancienne, champ.type, borne) as cle_ancienne,
    preparation.cle_valeur(correction.nouvelle, champ.type, borne) as cle_nouvelle
from entrepot.correction
inner join entrepot.recepisse as retour
    on retour.territoire_id = correction.territoire_id and retour.trimestre = correction.trimestre
    and retour.verdict = 'accepte' and retour.canal <> 'correction'
inner join entrepot.champ_gabarit as champ
    on champ.millesime = retour.millesime and champ.tableau = correction.tableau and champ.champ = correction.champ
inner join entrepot.champ_gabarit as tete
    on tete.millesime = champ.millesime and tete.tableau = champ.tableau and tete.rang = 1
inner join brut.tableau on tableau.recepisse_id = retour.recepisse_id and tableau.tableau = correction.tableau
cross join lateral (
    select
        (tableau.colonnes ->> champ.champ)::integer as colonne,
        (tableau.colonnes ->> tete.champ)::integer as colonne_tete,
        coalesce(champ.attributs ->> 'borne', 'debut') as borne
) as place
inner join lateral (
    select candidate.feuille, candidate.ligne, candidate.cellules, count(*) over () as homonymes
    from brut.ligne as candidate
    where candidate.recepisse_id = retour.recepisse_id and candidate.feuille = tableau.feuille
        and candidate.tableau = tableau.tableau and candidate.nature = 'donnee'
        and case champ.genre
            when 'liste' then
                preparation.cle_valeur(candidate.cellules[place.colonne_tete], tete.type, 'debut')
                = preparation.cle_valeur(correction.repere, tete.type, 'debut')
                or exists (
                    select from preparation.ref_ecritures as ecrite
                    inner join preparation.ref_ecritures as visee using (liste, code)
                    where liste = tete.liste
                        and ecrite.cle = preparation.normaliser(candidate.cellules[place.colonne_tete])
                        and visee.cle = preparation.normaliser(correction.repere))
            else candidate.repere = coalesce(correction.repere, correction.champ)
        end
) as cellule on cellule.homonymes = 1
where correction.recevable and place.colonne is not null
    and (correction.territoire_id, correction.trimestre)
    in (select * from unnest(%(territoires)s::text[], %(trimestres)s::text[]))
"""

_RECORD = """
insert into entrepot.recepisse (
    empreinte, taille, nom_fichier, canal, expediteur, recu_le, genre, format, territoire_id, trimestre, millesime,
    verdict, verdict_le
)
select
    %(empreinte)s, %(taille)s, %(nom)s, 'correction', expediteur, %(recu_le)s, %(genre)s, 'json',
    territoire_id, trimestre, millesime, 'accepte', clock_timestamp()
from entrepot.recepisse where recepisse_id = %(origine)s
returning recepisse_id
"""

_COPIES = (
    "insert into brut.feuille (recepisse_id, feuille, nom, masquee)"
    " select %(derive)s, feuille, nom, masquee from brut.feuille where recepisse_id = %(origine)s",
    "insert into brut.tableau (recepisse_id, tableau, feuille, ligne_entete, colonnes)"
    " select %(derive)s, tableau, feuille, ligne_entete, colonnes from brut.tableau where recepisse_id = %(origine)s",
    "insert into brut.ligne (recepisse_id, feuille, ligne, tableau, nature, repere, cellules, marques)"
    " select %(derive)s, feuille, ligne, tableau, nature, repere, cellules, marques"
    " from brut.ligne where recepisse_id = %(origine)s",
    # What the reader said of the file holds of its corrected copy; the checks say the rest anew.
    "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, valeur,"
    " attendu, message, qui_corrige)"
    " select %(derive)s, regle, severite, tableau, champ, feuille, ligne, colonne, valeur, attendu, message,"
    " qui_corrige from entrepot.constat where recepisse_id = %(origine)s and regle = any(%(regles)s)",
)

# The value comes from the ledger: whatever was peculiar to the cell is gone with what stood there.
_REPLACE = """
update brut.ligne
set cellules[%(colonne)s] = %(nouvelle)s, marques = nullif(marques - %(colonne)s::text, '{}')
where recepisse_id = %(derive)s and feuille = %(feuille)s and ligne = %(ligne)s
"""

_APPLIED = """
insert into entrepot.correction_appliquee (
    recepisse_id, registre_id, registre_ligne, origine_id, tableau, feuille, ligne, colonne, ancienne, nouvelle
)
select
    %(derive)s, recepisse_id, %(registre_ligne)s, %(origine)s, %(tableau)s, %(feuille)s, %(ligne)s, %(colonne)s,
    %(ancienne)s, %(nouvelle)s
from entrepot.recepisse where empreinte = %(registre)s
"""

_SUFFIXES = {RETURN: " (corrigé par l'ANCT)", WITHDRAWAL: " (retiré par l'ANCT)"}
# A return taken in late, and older than a correction of the one before it, stands as it was sent.
_UNCHANGED = " (rétabli)"
_NO_CELL = {"feuille": None, "ligne": None, "colonne": None}


@dataclass(frozen=True)
class _Effect:
    """What a receipt puts in force: a return sent, as it is, with cells replaced, or withdrawn."""

    origine: str
    nature: str
    corrections: list[dict[str, Any]]


@dataclass(frozen=True)
class _Receipt:
    """A return sent, or a receipt derived from one."""

    recu_le: datetime
    recepisse_id: int
    empreinte: str
    nom_fichier: str
    derive: bool
    effect: _Effect

    @property
    def arrival(self) -> tuple[datetime, int]:
        """What orders receipts: the last to arrive is in force."""
        return self.recu_le, self.recepisse_id


def touched(connection: Connection) -> list[tuple[str, str]]:
    """Territories and quarters that a ledger names, where a return or a ledger is not staged yet."""
    return [(territory, quarter) for territory, quarter in connection.execute(_TOUCHED)]


def derive(
    connection: Connection, store: ByteStore, pairs: Sequence[tuple[str, str]], reading_rules: Sequence[str]
) -> None:
    """Write the derived receipts that are due for some territories and quarters; nothing is committed.

    Args:
        connection: on the warehouse.
        store: where their bytes are kept.
        pairs: territories and quarters.
        reading_rules: codes of the rules of the reader, whose findings a derived receipt keeps.
    """
    among = {"territoires": [pair[0] for pair in pairs], "trimestres": [pair[1] for pair in pairs]}
    with connection.cursor(row_factory=dict_row) as reading, connection.cursor() as writing:
        receipts = _by_pair(reading.execute(_RECEIPTS, among))
        corrections = _by_pair(reading.execute(_CORRECTIONS, among))
        cells = {
            (cell["recepisse_id"], cell["registre_id"], cell["registre_ligne"]): cell
            for cell in reading.execute(_CELLS, among)
        }
        for pair, lines in sorted(corrections.items()):
            known = [_receipt(row, store) for row in receipts[pair]]
            for moment in sorted({receipt.recu_le for receipt in known} | {line["recu_le"] for line in lines}):
                arrived = [receipt for receipt in known if receipt.recu_le <= moment]
                sent = [receipt for receipt in arrived if not receipt.derive]
                if not sent:
                    continue
                origin = max(sent, key=lambda receipt: receipt.arrival)
                in_force = max(arrived, key=lambda receipt: receipt.arrival)
                due = _due(origin, [line for line in lines if line["recu_le"] <= moment], cells)
                if due != in_force.effect:
                    content = _content(due, moment, in_force)
                    known.append(_write(writing, store, origin, content, reading_rules))


def load_again(connection: Connection, store: ByteStore, reading_rules: Sequence[str]) -> int:
    """Load the lines of every derived receipt from its bytes, where only their records are; return how many there are.

    The returns they come from and the lines of the ledgers they name must be there; nothing is committed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select recepisse_id, empreinte from entrepot.recepisse where canal = 'correction' order by recepisse_id"
        )
        derived = cursor.fetchall()
        for receipt, digest in derived:
            load(cursor, receipt, json.loads(store.get(digest)), reading_rules)
    return len(derived)


def load(cursor: Cursor[Any], recepisse_id: int, content: Mapping[str, Any], reading_rules: Sequence[str]) -> None:
    """Load the lines of a derived receipt from its content; those of the return it comes from must be there."""
    row = cursor.execute(
        "select recepisse_id from entrepot.recepisse where empreinte = %s", [content["origine"]]
    ).fetchone()
    assert row is not None
    places = {"derive": recepisse_id, "origine": row[0]}
    replaced = [{**places, **correction} for correction in content["corrections"]]
    if content["nature"] == RETURN:
        for copy in _COPIES:
            cursor.execute(copy, {**places, "regles": list(reading_rules)})
        cursor.executemany(_REPLACE, replaced)
    cursor.executemany(_APPLIED, replaced)


def _by_pair(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows by territory and quarter, in their order."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row.pop("territoire_id"), row.pop("trimestre")].append(row)
    return found


def _receipt(row: Mapping[str, Any], store: ByteStore) -> _Receipt:
    if not row["derive"]:
        return _Receipt(**row, effect=_Effect(row["empreinte"], RETURN, []))
    content = json.loads(store.get(row["empreinte"]))
    return _Receipt(**row, effect=_Effect(content["origine"], content["nature"], content["corrections"]))


def _due(
    origin: _Receipt, known: Sequence[Mapping[str, Any]], cells: Mapping[tuple[int, int, int], Mapping[str, Any]]
) -> _Effect:
    """What a return becomes by the lines known, in order: each finds what the ones before it left."""
    now: dict[tuple[int, int, int], str] = {}
    applied = []
    for line in known:
        said = {
            "registre": line["registre"],
            "registre_ligne": line["ligne"],
            "tableau": line["tableau"],
            "ancienne": line["ancienne"],
            "nouvelle": line["nouvelle"],
        }
        if line["tableau"] == WHOLE_RETURN:
            # Only a return that was there: one sent since, under the same name or not, is not what was withdrawn.
            there = origin.arrival < (line["recu_le"], line["registre_id"])
            if there and normalise(line["ancienne"]) == normalise(origin.nom_fichier):
                return _Effect(origin.empreinte, WITHDRAWAL, [{**said, **_NO_CELL}])
        elif cell := cells.get((origin.recepisse_id, line["registre_id"], line["ligne"])):
            place = cell["feuille"], cell["ligne"], cell["colonne"]
            if now.get(place, cell["cle"]) == cell["cle_ancienne"]:
                now[place] = cell["cle_nouvelle"]
                applied.append({**said, "feuille": place[0], "ligne": place[1], "colonne": place[2]})
    return _Effect(origin.empreinte, RETURN, applied)


def _content(effect: _Effect, moment: datetime, in_force: _Receipt) -> dict[str, Any]:
    return {
        "origine": effect.origine,
        "nature": effect.nature,
        "corrections": effect.corrections,
        "recu_le": moment.astimezone(UTC).isoformat(),
        # What was due at a moment, and is due again after something else was, is another receipt than the first time.
        "remplace": in_force.empreinte if in_force.derive and in_force.recu_le == moment else None,
    }


def _write(
    cursor: Cursor[Any], store: ByteStore, origin: _Receipt, content: Mapping[str, Any], reading_rules: Sequence[str]
) -> _Receipt:
    encoded = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    effect = _Effect(content["origine"], content["nature"], content["corrections"])
    recorded: dict[str, Any] = {
        "empreinte": store.put(encoded),
        "taille": len(encoded),
        "nom": origin.nom_fichier + (_SUFFIXES[effect.nature] if effect.corrections else _UNCHANGED),
        "recu_le": datetime.fromisoformat(content["recu_le"]),
        "genre": effect.nature,
        "origine": origin.recepisse_id,
    }
    row = cursor.execute(_RECORD, recorded).fetchone()
    assert row is not None
    load(cursor, row[0], content, reading_rules)
    return _Receipt(recorded["recu_le"], row[0], recorded["empreinte"], recorded["nom"], True, effect)
