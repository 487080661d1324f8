"""Posting JSON to an address of the installation, signed: the schema is in docs/alertes.md."""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from entrepot.errors import EntrepotError, ServerError
from entrepot.settings import Settings

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 3
WAIT = wait_exponential(multiplier=0.5, max=4)
_TOO_MANY, _SERVER_FAULTS = 429, 500


class WebhookError(ServerError):
    """The webhook did not take what was posted; it is told again next time."""


class _Again(Exception):  # noqa: N818 - not an error yet
    """Worth another try at once."""


def check_url(url: str) -> None:
    """Make sure that an address is one to post to.

    Raises:
        EntrepotError: it is not https (http is for this machine alone), or holds an account.
    """
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname))):
        raise EntrepotError("ENTREPOT_WEBHOOK_URL must be https://…; http:// is for this machine alone.")
    if parts.username or parts.password:
        raise EntrepotError("ENTREPOT_WEBHOOK_URL holds an account: sign with ENTREPOT_WEBHOOK_SECRET instead.")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of the timestamp, a point and the body: who knows the secret can tell that both are ours."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(settings: Settings, said: Mapping[str, object], key: str) -> None:
    """Post a message, trying again at once where the server asks for it or fails.

    Args:
        settings: address and secret.
        said: the message.
        key: the same whenever this message is posted: a receiver that has it leaves it.

    Raises:
        EntrepotError: the address or the secret cannot be used.
        WebhookError: the server is away, fails, refuses, or leads elsewhere.
    """
    url, secret = settings.webhook_url.get_secret_value(), settings.webhook_secret.get_secret_value()
    check_url(url)
    if not secret:
        raise EntrepotError("ENTREPOT_WEBHOOK_SECRET is empty: a receiver could not tell our messages from others.")
    body = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    # Addresses of webhooks are secrets themselves: only the host is ever said.
    host = urlsplit(url).hostname
    # It logs addresses whole, at INFO.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    again = Retrying(retry=retry_if_exception_type(_Again), stop=stop_after_attempt(ATTEMPTS), wait=WAIT, reraise=True)
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            again(_post, client, url, body, secret, key)
    except (_Again, httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error) if isinstance(error, _Again) else type(error).__name__
        raise WebhookError(
            f"The webhook at {host} did not take what was posted ({why}): told again next time."
        ) from None


def _post(client: httpx.Client, url: str, body: bytes, secret: str, key: str) -> None:
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": key,
        "X-Entrepot-Timestamp": timestamp,
        "X-Entrepot-Signature": signature(secret, timestamp, body),
    }
    try:
        answer = client.post(url, content=body, headers=headers)
    except httpx.TransportError as error:
        raise _Again(type(error).__name__) from None
    if answer.status_code == _TOO_MANY or answer.status_code >= _SERVER_FAULTS:
        raise _Again(f"HTTP {answer.status_code}")
    if not answer.is_success:
        raise WebhookError(
            f"The webhook at {urlsplit(url).hostname} answered HTTP {answer.status_code}"
            f"{', which leads elsewhere and is not followed' if answer.is_redirect else ''}: told again next time."
        )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
