"""Sending letters, each once, or writing them to a folder; one that fails stops no other."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.sender import contacts, ledger
from entrepot.sender.letters import Letter, Occasion
from entrepot.sender.mail import MailInterruptedError, MailServer, compose, sender_of
from entrepot.settings import Settings
from entrepot.warehouse.engine import Connection

log = logging.getLogger(__name__)


class MailError(EntrepotError):
    """A fault of ours kept some letters from being written; the others went out."""


@dataclass
class Report:
    """What a run did.

    Attributes:
        written: letters sent, or written to a folder.
        problems: one sentence for each letter that did not reach everybody, or for what else is to be looked at.
        held: addresses of sample data that were left out.
        broken: letters that a fault of ours kept from being written.
    """

    written: list[Letter] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """What a person is to know beside the number of letters."""
        told = list(self.problems)
        if self.held:
            told.append(
                f"Held back: {len(self.held)} addresses of sample data that nobody can have"
                f" ({min(self.held)}…; ENTREPOT_MAIL_FICTITIOUS)."
            )
        return told

    def check(self) -> None:
        """Fail if a fault of ours kept letters from being written.

        Raises:
            MailError: it did.
        """
        if self.broken:
            raise MailError(
                f"{len(self.broken)} letters could not be written for a fault of ours: {'; '.join(self.broken[:5])}."
            )


def interrupted_before(connection: Connection, kind: ledger.Kind) -> list[str]:
    """A sentence for each mail of which nobody knows whether it went out; to be asked in one's turn."""
    return [_interrupted(entry.occasion, entry.courrier_id) for entry in ledger.interrupted(connection, kind)]


def deliver(
    connection: Connection, settings: Settings, letters: Iterable[Letter], report: Report, *, day: date, most: int
) -> None:
    """Send letters, in the order they come.

    The server is connected to before a letter is put on record, so that one that is away uses up no attempt. To be
    called in one's turn (`ledger.turn`).

    Args:
        connection: on the warehouse; committed after each letter.
        settings: the mail server, and in whose name it is.
        letters: what is to be sent.
        report: is told what became of each.
        day: for which they are due.
        most: how often a letter may be tried.

    Raises:
        MailServerError: the server cannot be used; what was sent before is on record.
        EntrepotError: settings of the mail cannot be used.
    """
    sender = sender_of(settings)
    with MailServer(settings.smtp_url, settings.smtp_ca_file) as server:
        for whole in letters:
            letter = _held_back(whole, settings, report)
            if letter is None:
                continue
            server.connect()
            claim = ledger.claim(connection, letter, day, sender.new_id(), most)
            if claim is None:
                continue
            message = compose(letter, sender, claim.message_id, datetime.now(UTC))
            missing = [one for one in letter.recipients if one not in claim.served]
            try:
                refused = server.send(message, sender.address, missing)
            except MailInterruptedError as error:
                report.problems.append(f"{_interrupted(letter.occasion, claim.courrier_id)} {error}")
                continue
            ledger.conclude(connection, claim, [one for one in missing if one not in refused], refused)
            if refused:
                # Logs are read by many: addresses, and what a server says of them, are in the ledger only.
                report.problems.append(
                    f"Refused: {letter.occasion} (mail {claim.courrier_id}), attempt {claim.attempt} of {most}, by"
                    f" {len(refused)} of {len(missing)} addresses (`entrepot mail list --problems`)."
                )
            else:
                report.written.append(letter)


def write_to(folder: Path, settings: Settings, letters: Iterable[Letter], report: Report) -> None:
    """Write letters as `.eml` files, which mail programs open; nothing is sent, and nothing is put on record.

    Raises:
        EntrepotError: settings of the mail cannot be used.
    """
    sender = sender_of(settings, dry_run=True)
    folder.mkdir(parents=True, exist_ok=True)
    for letter in letters:
        report.held.update(filter(contacts.fictitious, letter.recipients) if not settings.mail_fictitious else ())
        message = compose(letter, sender, sender.new_id(), datetime.now(UTC))
        about = letter.occasion
        parts = [about.trimestre, about.territoire_id, about.etape, about.recepisse_id and str(about.recepisse_id)]
        name = "-".join(part for part in parts if part)
        (folder / f"{name}.eml").write_bytes(message.as_bytes())
        report.written.append(letter)


def _interrupted(occasion: Occasion, number: int) -> str:
    return (
        f"Interrupted: {occasion} (mail {number}) may or may not have gone out; `entrepot mail retry {number}` sends it"
        " again."
    )


def _held_back(letter: Letter, settings: Settings, report: Report) -> Letter | None:
    """The letter without the addresses of sample data; None when the one it is for is among them."""
    if settings.mail_fictitious:
        return letter
    held = set(filter(contacts.fictitious, letter.recipients))
    report.held |= held
    if held & set(letter.to):
        return None
    return replace(letter, cc=tuple(one for one in letter.cc if one not in held))
