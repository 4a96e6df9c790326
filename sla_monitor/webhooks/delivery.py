"""One message to one receiver: signed, posted, and whether it was taken."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from sla_monitor import __version__
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import SecretError
from sla_monitor.settings.webhooks import Webhook
from sla_monitor.webhooks.events import Message

if TYPE_CHECKING:
    from requests import Session

PREFIX = "whsec_"
LEAST, MOST = 24, 64
"""Bytes of a secret (Standard Webhooks, "Signature scheme")."""


class NotTaken(Exception):  # noqa: N818 - it is how things stand
    """The receiver did not take a message; the text says why."""


def key_of(secret: SecretReference) -> bytes:
    """The key that messages are signed with. Raises SecretError, which never carries it."""
    text = secret.reveal().strip()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not LEAST <= len(key) <= MOST:
        raise SecretError(f"{secret}: is no signing secret (write {PREFIX} and {LEAST} to {MOST} bytes in base64)")
    return key


def signature(key: bytes, message: Message, now_s: int) -> str:
    """`v1,…`: the HMAC of id, time and body (Standard Webhooks)."""
    signed = f"{message.id}.{now_s}.".encode() + message.body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


class Receiver:
    """A receiver, with a connection that is kept. For one thread at a time."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._session: Session | None = None

    def post(self, message: Message, now_ms: int) -> None:
        """Have a message taken. Raises NotTaken for everything but a status of 200 to 299."""
        now_s = now_ms // 1000
        try:
            headers = {
                "Content-Type": "application/json",
                "User-Agent": f"sla-monitor/{__version__}",
                "webhook-id": message.id,
                "webhook-timestamp": f"{now_s}",
                "webhook-signature": signature(key_of(self._webhook.secret), message, now_s),
            }
            with self._connected().post(
                self._webhook.url,
                data=message.body,
                headers=headers,
                timeout=self._webhook.timeout_ms / 1000,
                allow_redirects=False,  # a receiver that moved would lead a signed message anywhere
                stream=True,  # what it says beside its status is nobody's business
            ) as answer:
                status = answer.status_code
        except (OSError, SecretError, ValueError) as error:
            raise NotTaken(f"{type(error).__name__}: {error}"[:300]) from None
        if not 200 <= status < 300:
            raise NotTaken(f"status {status}" + (": a redirect is not followed" if 300 <= status < 400 else ""))

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _connected(self) -> Session:
        if self._session is None:
            from requests import Session  # a library that a daemon without webhooks need not hold

            self._session = Session()
            self._session.trust_env = False  # no proxy, CA bundle or password that nobody named here
            if self._webhook.ca_file is not None:
                self._session.verify = str(self._webhook.ca_file)
        return self._session
