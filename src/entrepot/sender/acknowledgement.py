"""The answer to each file that comes: received, what became of it, what to do and by when; each once.

A file is answered when its verdict is whole: at once if it is rejected, else once its cells are checked. The same bytes
again are answered once more, in two lines: nothing changed, and their sender may think otherwise.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from psycopg.rows import class_row

from entrepot.inert import one_line
from entrepot.receipts.store import ByteStore
from entrepot.restitution import french
from entrepot.sender import ledger, letters
from entrepot.sender.calendar import today
from entrepot.sender.contacts import Contact, address, listed_contacts
from entrepot.sender.delivery import Report, deliver, interrupted_before, write_to
from entrepot.sender.letters import Attachment, Letter, Occasion
from entrepot.sender.marked_copy import marked_copy
from entrepot.sender.rules import Rules, Wording, load_rules
from entrepot.settings import Settings
from entrepot.warehouse.engine import Connection, connect

log = logging.getLogger(__name__)

_MEGABYTE = 1_000_000

# Lists of the national team are told of where they are taken in. A file is answered from `du` on, and never again once
# its answer went out, was interrupted, or was tried often enough.
_TO_ANSWER = """
with reponses as (
    select recepisse_id, etape, etat, resultat, resultat_le,
        resultat is distinct from 'echec' or essais >= %(essais_max)s as close
    from entrepot.courrier
    where etape = any(%(etapes)s)
),
arrivees as (
    select 'accuse' as etape, recepisse_id, nom_fichier as fichier, expediteur
    from entrepot.recepisse
    where recu_le >= %(du)s::date::timestamp at time zone 'Europe/Paris'
    union all
    (
        select distinct on (recepisse_id) 'deja_recu', recepisse_id, nom_fichier, expediteur
        from entrepot.presentation
        inner join reponses using (recepisse_id)
        where etape = 'accuse' and resultat = 'envoye' and presente_le > resultat_le
            and presente_le >= %(du)s::date::timestamp at time zone 'Europe/Paris'
        order by recepisse_id, presentation_id desc
    )
)
select
    arrivees.etape, recepisse_id, arrivees.fichier, arrivees.expediteur, verdict, motif,
    (
        select ligne.cellules[(tableau.colonnes ->> 'referent_courriel')::integer]
        from brut.tableau
        inner join brut.ligne using (recepisse_id, feuille, tableau)
        where tableau.recepisse_id = recepisse.recepisse_id
            and tableau = 'identification' and repere = 'referent_courriel'
        limit 1
    ) as saisi,
    (recu_le at time zone 'Europe/Paris')::date as recu_le,
    territoire_id, territoires.nom, trimestre, trimestres.echeance,
    (select count(*) from entrepot.constat
    where constat.recepisse_id = recepisse.recepisse_id and severite = 'valeur') as cases,
    (select count(*) from entrepot.constat
    where constat.recepisse_id = recepisse.recepisse_id and severite = 'suspicion') as questions,
    verdict = 'accepte' and exists (
        select from entrepot.recepisse as autre
        where autre.verdict = 'accepte' and autre.canal <> 'correction'
            and autre.territoire_id = recepisse.territoire_id and autre.trimestre = recepisse.trimestre
            and (autre.recu_le, autre.recepisse_id) > (recepisse.recu_le, recepisse.recepisse_id)
    ) as remplace
from arrivees
inner join entrepot.recepisse using (recepisse_id)
left join reference.ref_territoires as territoires using (territoire_id)
left join reference.ref_trimestres as trimestres using (trimestre)
where canal <> 'correction' and genre in ('retour', 'inconnu')
    and (
        verdict = 'rejete'
        or verdict = 'accepte' and exists (
            select from entrepot.traitement
            where traitement.recepisse_id = recepisse.recepisse_id and traitement.etape = 'controle')
    )
    and not exists (
        select from reponses
        where reponses.recepisse_id = recepisse.recepisse_id and reponses.etape = arrivees.etape
            and reponses.etat = recepisse.verdict and reponses.close
    )
order by recepisse_id
"""


@dataclass(frozen=True)
class _Arrival:
    """A file to be answered.

    Attributes:
        fichier: its name, as sent.
        expediteur: who sent it, where that is known.
        saisi: the address typed in it.
        echeance: when the return it is was due.
        cases: cells that are not counted.
        questions: suspicions.
        remplace: a file that arrived later is in force.
    """

    etape: str
    recepisse_id: int
    fichier: str
    expediteur: str | None
    verdict: str
    motif: str | None
    saisi: str | None
    recu_le: date
    territoire_id: str | None
    nom: str | None
    trimestre: str | None
    echeance: date | None
    cases: int
    questions: int
    remplace: bool


def acknowledge(settings: Settings, out: Path | None = None) -> Report:
    """Answer the files that came and were not answered yet.

    Args:
        settings: those of the warehouse and of the mail.
        out: a folder to write the mail to; nothing is sent then, and nothing is put on record.

    Raises:
        MailServerError: the mail server cannot be used; what was sent before is on record, the rest is not.
        EntrepotError: rules, contacts or settings cannot be used.
    """
    rules, report, day = load_rules(), Report(), today()
    with ledger.turn(settings, "accuses"), connect(settings) as connection:
        report.problems += interrupted_before(connection, "accuses")
        answers = _answers(connection, settings, rules, day, report)
        if out is not None:
            write_to(out, settings, answers, report)
        else:
            deliver(connection, settings, answers, report, day=day, most=rules.essais_max)
    return report


def _answers(connection: Connection, settings: Settings, rules: Rules, day: date, report: Report) -> Iterator[Letter]:
    """Letters, each written when the one before it is gone: a marked copy may be large."""
    known, store = listed_contacts(connection, settings.contacts), ByteStore(settings.store_url)
    wanted = {
        "essais_max": rules.essais_max, "etapes": ledger.ACKNOWLEDGEMENTS,
        "du": date.fromordinal(day.toordinal() - rules.accuse_max_jours),
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(_Arrival)) as cursor:
        arrivals = cursor.execute(_TO_ANSWER, wanted).fetchall()
    connection.commit()
    unanswerable = []
    for arrival in arrivals:
        to, cc = _recipients(arrival, known.get(arrival.territoire_id or ""))
        if not to:
            unanswerable.append(arrival.recepisse_id)
            continue
        try:
            attachment, said = _copy(connection, store, arrival, rules, settings.dictionary_url)
        except Exception:  # a fault of ours on one file must not keep the others from their answer
            connection.rollback()
            log.exception("The answer to receipt %s could not be written.", arrival.recepisse_id)
            report.broken.append(f"receipt {arrival.recepisse_id} ({one_line(arrival.fichier)})")
            continue
        connection.commit()
        wording = _wording(rules, arrival)
        facts = _facts(arrival, day) | {
            "piece_jointe": said, "dictionnaire": settings.dictionary_url, "repondre": bool(settings.mail_reply_to),
        }  # fmt: skip
        subject, text = letters.write(wording.modele, wording.objet, facts)
        yield Letter(_occasion(arrival), to, cc, subject, text, attachment)
    if unanswerable:
        report.problems.append(
            f"Nobody to answer for receipts {', '.join(map(str, unanswerable))}: no sender, and no address typed."
        )


def _recipients(arrival: _Arrival, contact: Contact | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who sent the file, and the contact of its territory, told whoever writes in its name; else who filled it in."""
    known = [sender] if (sender := address(arrival.expediteur)) else []
    known += contact.addresses if contact else ()
    if not known and (typed := address(arrival.saisi)):
        known = [typed]
    return tuple(known[:1]), tuple(one for one in dict.fromkeys(known[1:]) if one != known[0])


def _copy(
    connection: Connection, store: ByteStore, arrival: _Arrival, rules: Rules, dictionary: str
) -> tuple[Attachment | None, str | None]:
    """The marked copy that goes with an answer, if any, and what is said of it."""
    if arrival.etape != "accuse" or not (arrival.verdict == "rejete" or arrival.cases or arrival.questions):
        return None, None
    attachment = marked_copy_of(connection, store, arrival.recepisse_id, dictionary)
    if len(attachment.content) > rules.piece_jointe_max_mo * _MEGABYTE:
        return None, "trop_lourde"
    return attachment, "feuille" if attachment.alone else "jointe"


def _occasion(arrival: _Arrival) -> Occasion:
    return Occasion(arrival.etape, arrival.verdict, arrival.territoire_id, arrival.trimestre, arrival.recepisse_id)


def _wording(rules: Rules, arrival: _Arrival) -> Wording:
    if arrival.etape == "deja_recu":
        return rules.accuses.deja_recu
    return rules.accuses.accepte if arrival.verdict == "accepte" else rules.accuses.rejete


def _facts(arrival: _Arrival, day: date) -> dict[str, object]:
    """What the templates of answers may speak of, but for the marked copy."""
    return {
        "territoire_id": arrival.territoire_id,
        "nom": arrival.nom,
        "trimestre": french.quarter(arrival.trimestre) if arrival.trimestre else None,
        "fichier": one_line(arrival.fichier),
        "recu_le": letters.day(arrival.recu_le),
        "verdict": arrival.verdict,
        "motif": letters.reason(arrival.motif),
        "cases": arrival.cases,
        "questions": arrival.questions,
        "remplace": arrival.remplace,
        "delai": _by_when(arrival.echeance, day),
    }


def _by_when(due: date | None, day: date) -> str:
    if due is None:
        return "dès que possible"
    if day > due:
        return f"dès que possible : l'échéance était le {letters.day(due)}"
    return f"au plus tard le {letters.day(due)}"


def marked_copy_of(connection: Connection, store: ByteStore, recepisse_id: int, dictionary: str) -> Attachment:
    """The sender's own workbook with its faults marked."""
    copy = marked_copy(connection, store, recepisse_id, dictionary)
    return Attachment(copy.name, copy.content, copy.alone)
