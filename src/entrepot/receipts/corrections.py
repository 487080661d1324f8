"""Ledgers of corrections by the ANCT: what each line aims at, why it cannot be applied, and what became of it.

A line that lacks something, or names what does not exist, is kept with its faults and is not applied; the others are.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from entrepot.forms.files.peculiarities import ERROR, NO_VALUE
from entrepot.forms.identity import read_cite, read_quarter
from entrepot.forms.normalise import label_keys, normalise
from entrepot.forms.reference import Reference
from entrepot.forms.vintage import COUNTS_AND_AMOUNTS, Champ, Tableau, vintages
from entrepot.warehouse.engine import Connection

# « Retour » and « Retrait » in the place of a table and a field: the whole return is withdrawn.
WHOLE_RETURN = "retour"
WITHDRAWAL = "retrait"

# Whose return it is cannot be corrected cell by cell, and contacts serve the answer to the sender only.
NOT_CORRECTED = frozenset({"code_cite", "trimestre", "contact"})

_UNREAD_LINES = """
select ligne.recepisse_id, ligne.ligne, tableau.colonnes, ligne.cellules, coalesce(ligne.marques, '{}')
from entrepot.recepisse
inner join brut.tableau using (recepisse_id)
inner join brut.ligne using (recepisse_id, feuille, tableau)
where genre = 'registre_corrections' and verdict = 'accepte' and nature = 'donnee'
    and not exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation')
"""

# The same correction in two states of a ledger kept over time is one: same target, values and day, and same rank among
# its likes in its own ledger.
_RECORD = r"""
insert into entrepot.correction (
    registre_id, ligne, territoire_id, trimestre, tableau, repere, champ, ancienne, nouvelle,
    motif, piece, auteur, date_decision, identite, defauts
)
select
    registre_id, ligne, territoire_id, trimestre, tableau, repere, champ, ancienne, nouvelle,
    case when not motif_personnel then motif end,
    case when not piece_personnel then piece end,
    case when not auteur_personnel then auteur end,
    jour,
    md5(cible::text || row_number() over (partition by registre_id, cible order by ligne)),
    array_remove(defauts || array[
        case when motif is null then 'motif' end,
        case when auteur is null then 'auteur' end,
        case when jour is null then 'date_decision' end,
        case when motif_personnel then 'motif_personnel' end,
        case when piece_personnel then 'piece_personnel' end,
        case when auteur_personnel then 'auteur_personnel' end
    ], null)
from (
    select
        lue.*,
        date_lue.valeur as jour,
        jsonb_build_array(
            territoire_id, trimestre, tableau, preparation.normaliser(repere), champ,
            preparation.normaliser(ancienne), preparation.normaliser(nouvelle), date_lue.valeur
        ) as cible,
        coalesce(preparation.contient_donnee_personnelle(motif), false) as motif_personnel,
        coalesce(preparation.contient_donnee_personnelle(piece), false) as piece_personnel,
        -- A service decides, not a person: a form of address announces a name.
        coalesce(
            preparation.contient_donnee_personnelle(auteur)
            or preparation.normaliser(auteur) ~ '\m(m\.|mr|mme|mlle|monsieur|madame|mademoiselle) ',
            false
        ) as auteur_personnel
    from jsonb_to_recordset(%s::jsonb) as lue (
        registre_id bigint, ligne integer, territoire_id text, trimestre text, tableau text, repere text, champ text,
        ancienne text, nouvelle text, motif text, piece text, auteur text, date_decision text, defauts text[]
    )
    cross join lateral preparation.lire_date(lue.date_decision, 'debut') as date_lue
) as lues
on conflict (registre_id, ligne) do update set
    territoire_id = excluded.territoire_id, trimestre = excluded.trimestre, tableau = excluded.tableau,
    repere = excluded.repere, champ = excluded.champ, ancienne = excluded.ancienne, nouvelle = excluded.nouvelle,
    motif = excluded.motif, piece = excluded.piece, auteur = excluded.auteur, date_decision = excluded.date_decision,
    identite = excluded.identite, defauts = excluded.defauts
"""

# As the mart `corrections_anct` says it of what is published, but of the receipts of this moment.
_STATES = """
select correction.registre_id,
    case
        when not correction.recevable then 'rejetee'
        when exists (
            select from entrepot.correction_appliquee as appliquee
            inner join entrepot.correction as premiere
                on premiere.registre_id = appliquee.registre_id and premiere.ligne = appliquee.registre_ligne
            where premiere.identite = correction.identite
                and (correction.tableau = 'retour' or appliquee.recepisse_id = dernier.recepisse_id)
        ) then 'appliquee'
        when dernier.genre is distinct from 'retour' then 'en_attente'
        else 'sans_effet'
    end
from entrepot.correction
left join lateral (
    select recepisse_id, genre from entrepot.recepisse
    where verdict = 'accepte' and recepisse.territoire_id = correction.territoire_id
        and recepisse.trimestre = correction.trimestre
    order by recu_le desc, recepisse_id desc
    limit 1
) as dernier on true
where correction.registre_id = any(%s)
"""


def record(connection: Connection, seeds_dir: Path) -> None:
    """Understand the lines of accepted ledgers that are not staged yet, and keep them in `entrepot.correction`."""
    if not (unread := connection.execute(_UNREAD_LINES).fetchall()):
        return
    reference = Reference.load(seeds_dir)
    lines = []
    for registre, number, columns, cells, marks in unread:
        typed = {champ: _cell(cells, column) for champ, column in columns.items()}
        marked = {champ: marks[str(column)] for champ, column in columns.items() if str(column) in marks}
        lines.append({"registre_id": registre, "ligne": number, **_understood(typed, marked, reference)})
    connection.execute(_RECORD, [json.dumps(lines)])


def states(connection: Connection, registres: Sequence[int]) -> dict[int, Counter[str]]:
    """How many lines of each ledger are `appliquee`, `sans_effet`, `en_attente` and `rejetee` right now."""
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for registre, state in connection.execute(_STATES, [list(registres)]):
        counted[registre][state] += 1
    return counted


def _cell(cells: Sequence[str | None], column: int) -> str | None:
    return cells[column - 1] if column <= len(cells) else None


def _understood(typed: Mapping[str, str | None], marked: Mapping[str, str], reference: Reference) -> dict[str, Any]:
    """What a line aims at, and the fields in which it cannot be understood."""
    cite = read_cite(typed["cite"] or "")
    territory = cite[0] if cite and cite[0] in reference.territoires else None
    quarter = read_quarter(typed["trimestre"] or "")
    if not any(vintage.serves(quarter) for vintage in vintages() if quarter):
        quarter = None
    tableau, repere, champ, faults = _target(typed, quarter, reference)
    old, new = typed["ancienne_valeur"], typed["nouvelle_valeur"]
    if tableau == WHOLE_RETURN:
        faults += [] if old else ["ancienne_valeur"]
    elif normalise(old or "") == normalise(new or ""):
        faults.append("nouvelle_valeur")
    # A formula never computed looks empty, and would empty the cell of the return; an error may be what is corrected.
    if marked.get("ancienne_valeur") == NO_VALUE:
        faults.append("ancienne_valeur_erreur")
    if marked.get("nouvelle_valeur") in (NO_VALUE, ERROR):
        faults.append("nouvelle_valeur_erreur")
    faults += [] if territory else ["cite"]
    faults += [] if quarter else ["trimestre"]
    return {
        "territoire_id": territory,
        "trimestre": quarter,
        "tableau": tableau,
        "repere": repere,
        "champ": champ,
        "ancienne": old,
        "nouvelle": new,
        "motif": typed["motif"],
        "piece": typed.get("piece"),
        "auteur": typed["auteur"],
        "date_decision": typed["date_decision"],
        "defauts": faults,
    }


def _target(
    typed: Mapping[str, str | None], quarter: str | None, reference: Reference
) -> tuple[str | None, str | None, str | None, list[str]]:
    """Table, line and field that a line names, and which of the three cannot be told."""
    name = normalise(typed["tableau"] or "")
    if name == WHOLE_RETURN:
        withdrawn = WITHDRAWAL in (normalise(typed["champ"] or ""), normalise(typed["repere"] or ""))
        return WHOLE_RETURN, None, WITHDRAWAL if withdrawn else None, [] if withdrawn else ["champ"]
    known = [tableau for vintage in vintages() for tableau in vintage.tableaux if tableau.tableau == name]
    if not known:
        return None, None, None, ["tableau"]
    tableau = next(
        (t for v in vintages() if quarter and v.serves(quarter) for t in v.tableaux if t.tableau == name), None
    )
    if tableau is None:  # without its quarter, nobody knows which fields the table has
        return name, None, None, []
    labels = [typed["champ"], typed["repere"]] if tableau.genre == "fiche" else [typed["champ"]]
    champ = next((found for label in labels if label and (found := _champ(label, tableau, known))), None)
    repere = _repere(typed["repere"], tableau, reference)
    faults = [] if champ else ["champ"]
    faults += ["repere"] if repere is None and tableau.genre != "fiche" else []
    return name, repere, champ.champ if champ else None, faults


def _champ(label: str, tableau: Tableau, same_in_vintages: Sequence[Tableau]) -> Champ | None:
    """The field of a table that a label of any vintage names, if it can be corrected."""
    for candidate in (tableau, *same_in_vintages):
        for key in label_keys(label):
            champ = tableau.par_champ.get(candidate.par_libelle.get(key, ""))
            # The key of a cross table says which line it is, and corrects none of its figures.
            if champ and champ.type not in NOT_CORRECTED and not champ.modalites:
                return champ
    return None


def _repere(text: str | None, tableau: Tableau, reference: Reference) -> str | None:
    """What tells the line: the code of a cross table's line, the first field of a list; none for a fiche."""
    if not text or tableau.genre == "fiche":
        return None
    key = tableau.champs[0]
    if tableau.genre == "liste":
        if key.type not in COUNTS_AND_AMOUNTS:
            return text
        number = re.search(r"\d+", text)  # « 12 », « n° 12 »
        return number[0] if number else None
    code = reference.modalites[key.liste or ""].get(normalise(text))
    return code if code in key.modalites else None
