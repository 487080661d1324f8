"""Telling what changed: one mail to each contact, one message to the webhook, whatever the number of rules.

A notice is put on record before it goes out, and is told once it is taken; one that is not taken is told next time. A
mail of which nobody knows whether it went out counts as told, as everywhere (`sender.ledger`); a message to the webhook
is posted again under the same key, by which its receiver knows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from entrepot.alerts import webhook
from entrepot.alerts.rules import AlertRules, load_alert_rules
from entrepot.alerts.states import Change, Followed, changes, current, last_told, silenced
from entrepot.errors import EntrepotError, ServerError
from entrepot.restitution import french
from entrepot.sender import ledger, letters
from entrepot.sender.contacts import Contact, listed_contacts
from entrepot.sender.delivery import Report, deliver, interrupted_before
from entrepot.sender.letters import Letter, Occasion
from entrepot.settings import Settings
from entrepot.warehouse.engine import Connection, connect

SCHEMA = "entrepot.alerte/1"
WEBHOOK = "webhook"
SUBJECT = (
    "Entrepôt des Cités de l'emploi : {{ changements | length | plural('règle change', 'règles changent') }} d'état"
)
TEMPLATE = "alerte.txt"
STATES = {"tenue": "tenue", "enfreinte": "enfreinte", "habituelle": "habituelle", "frequente": "fréquente"}

# Taken, or interrupted: neither is told again.
_TOLD_BY_MAIL = """
update entrepot.avis set dit_le = clock_timestamp()
from entrepot.courrier
where canal = 'courriel' and dit_le is null and courrier.etape = 'alerte' and courrier.etat = avis_id::text
    and courrier.resultat is distinct from 'echec'
"""
_PENDING = """
select avis_id, cree_le, array_agg(array[regle, trimestre, avant, apres] order by regle, trimestre)
from entrepot.avis inner join entrepot.avis_regle using (avis_id)
where canal = %s and destinataire = %s and dit_le is null
group by 1, 2
"""


@dataclass(frozen=True)
class Notice:
    """What one recipient is to be told.

    Attributes:
        canal: `courriel` or `webhook`.
        destinataire: a contact of `alertes.yaml`, or `webhook`.
    """

    canal: str
    destinataire: str
    changes: Sequence[Change]


@dataclass
class Sent:
    """What a run did; `posted` is how many changes the webhook took."""

    report: Report = field(default_factory=Report)
    posted: int = 0


def due(connection: Connection, settings: Settings, rules: AlertRules, day: date) -> list[Notice]:
    """What is to be told on a day, by recipient; nothing to those who are not set up."""
    now, told, silent = current(connection, rules), last_told(connection), silenced(connection, day)
    recipients: dict[tuple[str, str], list[Followed]] = {}
    for rule in now:
        owner = rules.destinataires[rule.qui_corrige]
        if owner.contact and settings.smtp_url.get_secret_value():
            recipients.setdefault(("courriel", owner.contact), []).append(rule)
        if owner.webhook and settings.webhook_url.get_secret_value():
            recipients.setdefault((WEBHOOK, WEBHOOK), []).append(rule)
    notices = []
    for (canal, who), concerned in recipients.items():
        known = [last for last in told if (last.canal, last.destinataire) == (canal, who)]
        notices.append(Notice(canal, who, list(changes(concerned, known, silent))))
    return notices


def send(settings: Settings, day: date) -> Sent:
    """Tell everybody what changed since they were last told.

    Args:
        settings: of the warehouse, the mail and the webhook.
        day: today; silences that end before it are over.

    Raises:
        ServerError: a server did not take what it was to be told, which is told next time; the other was told.
        EntrepotError: `alertes.yaml`, contacts or settings cannot be used.
    """
    rules, sent = load_alert_rules(), Sent()
    failures: list[ServerError] = []
    with ledger.turn(settings, "alertes"), connect(settings) as connection:
        sent.report.problems += interrupted_before(connection, "alertes")
        connection.execute(_TOLD_BY_MAIL)
        for notice in due(connection, settings, rules, day):
            opened = _open(connection, notice)
            if opened is None:
                continue
            try:
                if notice.canal == WEBHOOK:
                    _post(connection, settings, rules, notice, avis_id=opened[0], created=opened[1])
                    sent.posted += len(notice.changes)
                elif letter := _letter(connection, settings, rules, notice, avis_id=opened[0], report=sent.report):
                    deliver(connection, settings, [letter], sent.report, day=day, most=rules.essais_max)
                    connection.execute(_TOLD_BY_MAIL)
                    connection.commit()
            except ServerError as error:
                connection.rollback()
                failures.append(error)
    if failures:
        raise failures[0]
    return sent


def preview(connection: Connection, settings: Settings, day: date) -> list[tuple[str, str]]:
    """What a run would tell: to whom, and in which words; nothing is put on record."""
    rules = load_alert_rules()
    return [
        (f"{notice.canal} {notice.destinataire}", _written(settings, rules, notice)[1])
        for notice in due(connection, settings, rules, day)
        if notice.changes
    ]


def _open(connection: Connection, notice: Notice) -> tuple[int, datetime] | None:
    """Put a notice on record, and commit: the one that waits if it says the same; None if there is nothing to tell."""
    row = connection.execute(_PENDING, [notice.canal, notice.destinataire]).fetchone()
    wanted = sorted((list(change.key) for change in notice.changes), key=lambda key: (key[0], key[1] or ""))
    if row is not None and sorted(row[2], key=lambda key: (key[0], key[1] or "")) == wanted:
        connection.commit()
        return int(row[0]), row[1]
    if row is not None:
        connection.execute("delete from entrepot.avis where avis_id = %s", [row[0]])
    opened = None
    if notice.changes:
        opened = connection.execute(
            "insert into entrepot.avis (canal, destinataire) values (%s, %s) returning avis_id, cree_le",
            [notice.canal, notice.destinataire],
        ).fetchone()
        assert opened is not None
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into entrepot.avis_regle (avis_id, regle, trimestre, avant, apres) values (%s, %s, %s, %s, %s)",
                [(opened[0], *change.key) for change in notice.changes],
            )
    connection.commit()
    return opened


def _letter(
    connection: Connection, settings: Settings, rules: AlertRules, notice: Notice, *, avis_id: int, report: Report
) -> Letter | None:
    known: Mapping[str, Contact] = listed_contacts(connection, settings.contacts)
    connection.commit()
    contact = known.get(notice.destinataire)
    if contact is None:
        report.problems.append(
            f"No address is known for {notice.destinataire} (ENTREPOT_CONTACTS): {len(notice.changes)} changes of rules"
            " are not told there."
        )
        return None
    occasion = Occasion("alerte", str(avis_id), None, None, None)
    return Letter(occasion, (contact.courriel,), contact.copies, *_written(settings, rules, notice))


def _written(settings: Settings, rules: AlertRules, notice: Notice) -> tuple[str, str]:
    facts = {
        "changements": [_facts(settings, change) for change in notice.changes],
        "part": french.share(rules.frequente.part),
        "retours": rules.frequente.retours,
        "repondre": bool(settings.mail_reply_to),
    }
    return letters.write(TEMPLATE, SUBJECT, facts)


def _facts(settings: Settings, change: Change) -> dict[str, object]:
    rule = change.rule
    return {
        "regle": rule.regle,
        "trimestre": french.quarter(rule.trimestre) if rule.trimestre else None,
        "parution": rule.parution_id,
        "refusee": rule.parution_statut == "refusee",
        "avant": STATES[change.avant],
        "apres": STATES[rule.etat],
        "nombre": rule.nombre,
        "sur": rule.sur,
        "part_des_retours": french.share(rule.nombre / rule.sur) if rule.nombre is not None and rule.sur else None,
        "phrase": rule.message if rule.message and rule.etat == "enfreinte" else rule.phrase,
        "raison": rule.raison,
        "qui": "les cités" if rule.qui_corrige == "territoire" else f"l'{rule.qui_corrige}",
        "lien": f"{settings.dictionary_url}#{rule.regle}" if settings.dictionary_url else None,
    }


def _post(
    connection: Connection, settings: Settings, rules: AlertRules, notice: Notice, *, avis_id: int, created: datetime
) -> None:
    key = f"avis-{avis_id}-{created:%Y%m%d%H%M%S%f}"
    webhook.post(settings, _message(settings, rules, notice, key, created), key)
    connection.execute("update entrepot.avis set dit_le = clock_timestamp() where avis_id = %s", [avis_id])
    connection.commit()


def _message(
    settings: Settings, rules: AlertRules, notice: Notice, key: str, created: datetime
) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "avis": key,
        "cree_le": created.isoformat(timespec="seconds"),
        "seuils": {"part": rules.frequente.part, "retours": rules.frequente.retours},
        "changements": [
            {
                "regle": change.rule.regle,
                "trimestre": change.rule.trimestre,
                "parution": change.rule.parution_id,
                "parution_statut": change.rule.parution_statut,
                "avant": change.avant,
                "apres": change.rule.etat,
                "nombre": change.rule.nombre,
                "sur": change.rule.sur,
                "qui_corrige": change.rule.qui_corrige,
                "severite": change.rule.severite,
                "phrase": change.rule.phrase,
                "raison": change.rule.raison,
                "lien": _facts(settings, change)["lien"],
            }
            for change in notice.changes
        ],
    }


def nothing_set_up(settings: Settings) -> bool:
    """Whether nobody can be told: neither a mail server nor a webhook."""
    return not settings.smtp_url.get_secret_value() and not settings.webhook_url.get_secret_value()


def check(settings: Settings) -> None:
    """Make sure that somebody can be told.

    Raises:
        EntrepotError: nobody can.
    """
    if nothing_set_up(settings):
        raise EntrepotError("Nobody can be told: set ENTREPOT_SMTP_URL or ENTREPOT_WEBHOOK_URL, or use --dry-run.")
