"""A real mail server for the tests, on a loopback port: STARTTLS, an account, and mail kept as it came."""

import datetime as dt
import ssl
from asyncio import Transport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from entrepot.settings import Settings
from entrepot.warehouse.postgres import free_port

ACCOUNT, PASSWORD = "entrepot", "s3cret/a:b@%"
QUOTED_PASSWORD = "s3cret%2Fa%3Ab%40%25"
SENDER = "entrepot@expediteur.test"


@dataclass
class Postbox:
    """What the server took, and how it behaves.

    Attributes:
        mail: messages, in order, each with the recipients of its envelope.
        refused: addresses it does not know.
        hang_up: it takes the text of a message, and is gone without a word.
    """

    port: int
    authority: Path
    scheme: str = "smtp"
    mail: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    hang_up: bool = False
    secured: list[bool] = field(default_factory=list)

    def settings(self, settings: Settings, **others: Any) -> Settings:
        """The same settings, with this server."""
        url = f"{self.scheme}://{ACCOUNT}:{QUOTED_PASSWORD}@127.0.0.1:{self.port}"
        said = {"smtp_url": SecretStr(url), "smtp_ca_file": str(self.authority), "mail_from": SENDER, **others}
        return settings.model_copy(update=said)

    def take(self) -> list[EmailMessage]:
        """Messages since the last time."""
        taken, self.mail = [message for _, message in self.mail], []
        return taken

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 Adresse inconnue"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hang_up:
            assert isinstance(server.transport, Transport)
            server.transport.abort()
            return "250 OK"
        assert isinstance(envelope.content, bytes)
        self.secured.append(session.ssl is not None or self.scheme == "smtps")
        self.mail.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object) -> AuthResult:
    assert isinstance(said, LoginPassword)
    known = (said.login, said.password) == (ACCOUNT.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)  # one that is not handled gets the answer 535


@contextmanager
def postbox(folder: Path, *, scheme: str = "smtp", secure: bool = True) -> Iterator[Postbox]:
    """Run a server for as long as the context lasts.

    Args:
        folder: where its certificate is written.
        scheme: `smtp`, with STARTTLS, or `smtps`.
        secure: it knows STARTTLS.
    """
    certificate, key = _certificate(folder)
    box = Postbox(free_port(), certificate, scheme)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    options: dict[str, Any] = {"authenticator": _authenticate, "auth_required": secure}
    if scheme == "smtps":
        options |= {"ssl_context": context, "auth_require_tls": False, "auth_required": False}
    elif secure:
        options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address that its own key signed, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificat.pem", folder / "cle.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
