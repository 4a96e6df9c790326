"""Heartbeats: a supplier's batch job reports with its endpoint's token.

A right token always gets in, whatever others behind the same address do: refusing it would make a DOWN of our
own making, and charge it to the supplier. Guessing is met by tokens that cannot be guessed (MIN_TOKEN).
"""

from __future__ import annotations

import hmac
import logging
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sla_monitor.contract.reading.secret import MIN_TOKEN, SecretReference, heartbeat_token
from sla_monitor.errors import SecretError

log = logging.getLogger(__name__)

REMEMBERED = 10_000
"""Keys that a limit keeps apart; beyond them the longest unused is forgotten."""


@dataclass
class Limit:
    """At most `per_minute` events for each key; `window_s`: in so many seconds in place of a minute's."""

    per_minute: int
    window_s: float = 60
    _counts: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def take(self, key: str, now_s: float) -> int:
        """Count one event. 0 when it may happen, otherwise the seconds after which the next one may."""
        wait_s = self.wait_s(key, now_s)
        began, count = self._running(key, now_s)
        self._counts[key] = (began, min(count + 1, self.per_minute + 1))
        self._counts.move_to_end(key)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return wait_s

    def wait_s(self, key: str, now_s: float) -> int:
        """What `take` would answer, without counting an event."""
        began, count = self._running(key, now_s)
        return 0 if count < self.per_minute else max(1, math.ceil(began + self.window_s - now_s))

    def give_back(self, key: str) -> None:
        """Count one event less: it was none that the limit is about."""
        if key in self._counts:
            began, count = self._counts[key]
            self._counts[key] = (began, max(0, count - 1))

    def _running(self, key: str, now_s: float) -> tuple[float, int]:
        """When the key's minute began, and the events in it."""
        began, count = self._counts.get(key, (now_s, 0))
        return (began, count) if now_s - began < self.window_s else (now_s, 0)


class Tokens:
    """The tokens of the heartbeat endpoints, read anew for each comparison."""

    def __init__(self, references: Callable[[], Mapping[str, SecretReference]]) -> None:
        self._references = references
        self._key = secrets.token_bytes(32)

    def fits(self, endpoint: str, token: str) -> bool:
        """Whether this is the endpoint's token. An unknown endpoint takes the same steps as a wrong token."""
        references = self._references()
        stand_in = next(iter(references.values()), None)
        expected = self._reveal(endpoint, references.get(endpoint, stand_in))
        is_equal = hmac.compare_digest(self._digest(token), self._digest(expected))
        return is_equal and endpoint in references and len(expected) >= MIN_TOKEN

    def _digest(self, text: str) -> bytes:
        """Of one length whatever the text's, so that the comparison tells nothing about it."""
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")

    def _reveal(self, endpoint: str, reference: SecretReference | None) -> str:
        if reference is None:
            return ""
        try:
            return heartbeat_token(reference)
        except SecretError as error:
            log.error("nobody can be let in with this token: %s", error)
            return ""


def bearer(authorization: str) -> str:
    """The token of an RFC 6750 header; empty when it is no such header."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
