"""Mail as RFC 5322 has it, and the server that takes it: TLS always, nothing secret in what is said of a failure."""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from entrepot.errors import EntrepotError, ServerError
from entrepot.inert import one_line
from entrepot.sender import contacts
from entrepot.sender.letters import Letter, file_name
from entrepot.settings import Settings

TIMEOUT_SECONDS = 30.0
_PORTS = {"smtp": 587, "smtps": 465}
_FINE = 250
_WORKBOOK = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DRY_RUN_SENDER = "expediteur@entrepot.invalid"


class MailServerError(ServerError):
    """The mail server cannot be reached, or refuses us: nothing was sent, and it may be tried again."""


class MailInterruptedError(EntrepotError):
    """The connection was lost while a mail was handed over: nobody knows whether the server took it."""


@dataclass(frozen=True)
class Sender:
    """In whose name mail goes out.

    Attributes:
        reply_to: where answers go; None when they are not read.
    """

    author: Address
    reply_to: str | None

    @property
    def address(self) -> str:
        """The bare address."""
        return self.author.addr_spec

    def new_id(self) -> str:
        """A Message-ID that no other mail has."""
        return make_msgid(domain=self.author.domain)


def sender_of(settings: Settings, *, dry_run: bool = False) -> Sender:
    """In whose name this installation writes.

    Raises:
        EntrepotError: ENTREPOT_MAIL_FROM or ENTREPOT_MAIL_REPLY_TO is no address, or the first is needed and not set.
    """
    name, typed = parseaddr(settings.mail_from or (_DRY_RUN_SENDER if dry_run else ""))
    author = contacts.address(typed)
    if author is None:
        raise EntrepotError(
            "ENTREPOT_MAIL_FROM must be the address that mail is sent from: `address`, or `Name <address>`."
        )
    reply_to = contacts.address(settings.mail_reply_to)
    if settings.mail_reply_to and reply_to is None:
        raise EntrepotError("ENTREPOT_MAIL_REPLY_TO must be an e-mail address.")
    return Sender(Address(display_name=one_line(name), addr_spec=author), reply_to)


def compose(letter: Letter, sender: Sender, message_id: str, at: datetime) -> EmailMessage:
    """Write a letter as a message; lines of its text that are long are folded on the way, not in what people read.

    Args:
        letter: what it says, and to whom.
        sender: in whose name.
        message_id: its Message-ID.
        at: its date, with its offset.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.author
    message["To"] = ", ".join(letter.to)
    if letter.cc:
        message["Cc"] = ", ".join(letter.cc)
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    # A machine wrote it: no answering machine is to answer (RFC 3834, and what older servers look at).
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message["Content-Language"] = "fr"
    if attached := letter.attachment:
        name = file_name(attached.name)
        subtype = _WORKBOOK if name.lower().endswith(".xlsx") else "octet-stream"
        message.add_attachment(attached.content, maintype="application", subtype=subtype, filename=name)
    return message


class MailServer:
    """A mail server, connected to when it is first needed; a context, which takes leave of it."""

    def __init__(self, url: SecretStr, ca_file: str) -> None:
        """Connect to nothing yet.

        Args:
            url: `smtp://user:password@host:port`, where STARTTLS is required, or `smtps://…`.
            ca_file: PEM file of the authority to trust; empty for those of the system.

        Raises:
            EntrepotError: the URL cannot be read.
        """
        try:
            parts = urlsplit(url.get_secret_value())
            self._scheme, self._host = parts.scheme, parts.hostname or ""
            self._port = parts.port or _PORTS[parts.scheme]
            self._account = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        except (ValueError, KeyError):
            self._host = ""
        if not self._host:  # the URL itself holds a password, and is said nowhere
            raise EntrepotError(
                "ENTREPOT_SMTP_URL must read smtp://user:password@host:587 or smtps://user:password@host:465."
            )
        if self._account and not "".join(self._account).isascii():
            raise EntrepotError("ENTREPOT_SMTP_URL: mail servers are sent accounts and passwords in ASCII only.")
        self._ca_file = ca_file
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._hang_up()

    def connect(self) -> None:
        """Make sure that the server is there, before anything is put on record as sent to it.

        Raises:
            MailServerError: it is not, has no TLS, its certificate is not trusted, or it refuses the account.
        """
        if self._still_there():
            return
        try:
            self._connection = self._call()
            if self._account:
                self._connection.login(*self._account)
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailServerError(
                f"The mail server {self._host}:{self._port} cannot be used ({_said(error)}): nothing more was mailed;"
                " check ENTREPOT_SMTP_URL and ENTREPOT_SMTP_CA_FILE."
            ) from None

    def send(self, message: EmailMessage, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """Hand a message over.

        Args:
            message: as it is.
            sender: address to which the server complains of what it cannot deliver.
            recipients: who gets it, whatever its headers say.

        Returns:
            Recipients that the server refused, and why; the others have it.

        Raises:
            MailInterruptedError: the connection was lost, and it may or may not have been taken.
        """
        assert self._connection is not None
        try:
            refused: Mapping[str, tuple[int, bytes]] = self._connection.send_message(message, sender, recipients)
        except smtplib.SMTPRecipientsRefused as error:
            refused = {one: error.recipients.get(one, (421, b"connection closed")) for one in recipients}
        except smtplib.SMTPResponseException as error:
            return dict.fromkeys(recipients, _said(error))
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailInterruptedError(_said(error)) from None
        return {one: _reply(code, text) for one, (code, text) in refused.items()}

    def _still_there(self) -> bool:
        """Whether the server answers: one that hung up meanwhile must not be found out in the middle of a mail."""
        if self._connection is None:
            return False
        try:
            return self._connection.noop()[0] == _FINE
        except (smtplib.SMTPException, OSError):
            return False

    def _call(self) -> smtplib.SMTP:
        trust = ssl.create_default_context(cafile=self._ca_file or None)
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=trust)
        connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.starttls(context=trust)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _said(error: Exception) -> str:
    """What went wrong, as the server or the system says it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return one_line(f"{error}") or type(error).__name__


def _reply(code: int, text: bytes | str) -> str:
    return one_line(f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}")
