"""Reminders of returns that are owed: which are due on a day, and sending them, each once."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.inert import one_line
from entrepot.restitution import french
from entrepot.sender import ledger, letters
from entrepot.sender.calendar import Owed, calendar, today, unread
from entrepot.sender.contacts import NATIONAL, Contact, all_contacts
from entrepot.sender.delivery import Report, deliver, interrupted_before, write_to
from entrepot.sender.letters import Letter, Occasion
from entrepot.sender.rules import Rules, Step, load_rules
from entrepot.settings import Settings
from entrepot.warehouse.engine import Connection, connect


def remind(settings: Settings, day: date, out: Path | None = None) -> Report:
    """Remind territories of the returns they owe.

    Args:
        settings: those of the warehouse and of the mail.
        day: receipts that arrived by the end of it count, Europe/Paris.
        out: a folder to write the mail to; nothing is sent then, and nothing is put on record.

    Raises:
        MailServerError: the mail server cannot be used; what was sent before is on record, the rest is not.
        EntrepotError: the day has not come and mail would be sent, or rules, contacts or settings cannot be used.
    """
    if out is None and day > today():
        raise EntrepotError(f"{day} has not come yet: look at it with --dry-run.")
    rules, report = load_rules(), Report()
    with ledger.turn(settings, "relances"), connect(settings) as connection:
        if waiting := unread(connection):
            report.problems.append(
                f"{waiting} receipts have no verdict: whose they are is not known, and their senders may be reminded."
            )
        report.problems += interrupted_before(connection, "relances")
        due = list(_due(connection, settings, rules, day, report))
        connection.commit()
        if out is not None:
            write_to(out, settings, due, report)
        else:
            deliver(connection, settings, due, report, day=day, most=rules.essais_max)
    return report


def _due(connection: Connection, settings: Settings, rules: Rules, day: date, report: Report) -> Iterator[Letter]:
    """The letter that each return has come to and that was not sent yet."""
    settled = ledger.settled(connection, rules.essais_max)
    known = all_contacts(connection, settings.contacts)
    unknown = set()
    for owed in calendar(connection, day):
        step = _step(rules, owed, day)
        if step is None or (occasion := _occasion(step, owed)) in settled:
            continue
        own, above = owed.territoire_id, [owed.region if level == "region" else NATIONAL for level in step.copies]
        unknown |= {who for who in (own, *above) if who not in known}
        to, cc = _recipients(known.get(own), [known[who] for who in above if who in known])
        if not to:
            continue
        facts = _facts(owed, day) | {
            "joignable": own in known,
            "en_copie": any(who in known for who in above),
            "repondre": bool(settings.mail_reply_to),
        }
        yield Letter(occasion, to, cc, *letters.write(step.modele, step.objet, facts))
    if unknown:
        report.problems.append(f"No address is known for {', '.join(sorted(unknown))} (ENTREPOT_CONTACTS).")


def _step(rules: Rules, owed: Owed, day: date) -> Step | None:
    """The last step that a return has come to on a day."""
    late = (day - owed.echeance).days
    if late > rules.anciennete_max_jours:
        return None
    if owed.etat == "rejete" and owed.recu_le and (day - owed.recu_le).days < rules.repit_rejet_jours:
        return None
    reached = [
        step
        for step in rules.relances
        if owed.etat in step.etats and step.jours <= (day - owed.since).days and (step.jours > 0) == (late > 0)
    ]
    return max(reached, key=lambda step: step.jours, default=None)


def _occasion(step: Step, owed: Owed) -> Occasion:
    """Another file that is rejected is another state."""
    rejected = owed.recepisse_id if owed.etat == "rejete" else None
    return Occasion(step.etape, owed.etat, owed.territoire_id, owed.trimestre, rejected)


def _recipients(own: Contact | None, above: Sequence[Contact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who is written to, and who gets a copy: those above a territory, when nobody is known there, are written to."""
    asked = [one for contact in above for one in contact.addresses]
    if own is None:
        return tuple(dict.fromkeys(asked)), ()
    return (own.courriel,), tuple(one for one in dict.fromkeys([*own.copies, *asked]) if one != own.courriel)


def _facts(owed: Owed, day: date) -> dict[str, object]:
    """What the templates of reminders may speak of about a return."""
    return {
        "territoire_id": owed.territoire_id,
        "nom": owed.nom,
        "region": owed.region,
        "trimestre": french.quarter(owed.trimestre),
        "echeance": letters.day(owed.echeance),
        "jours_retard": (day - owed.echeance).days,
        "etat": owed.etat,
        "fichier": one_line(owed.fichier or ""),
        "recu_le": letters.day(owed.recu_le) if owed.recu_le else None,
        "motif": letters.reason(owed.motif),
    }
