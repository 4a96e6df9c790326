"""The verdict of a probe in words, and the finding made of it.

What a supplier sent is hostile text: it is cut short and loses its control characters, and secrets of ours that it
echoes are hidden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Self
from urllib.parse import quote, quote_plus

from sla_monitor.probe.stopwatch import SEEN_LIMIT, Stopwatch
from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Finding, Outcome, Reason

UNSEEN = frozenset(
    {
        Reason.MONITOR_OFFLINE,
        Reason.MONITOR_MISCONFIGURED,
        Reason.INTERNAL_ERROR,
        Reason.CLOCK_STEPPED,
        Reason.NOT_YET_SEEN,
        Reason.TOO_FEW_PLACES,
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a probe was not UP."""

    reason: Reason
    detail: str

    @property
    def outcome(self) -> Outcome:
        """DEGRADED for a certificate that will expire, UNKNOWN for what is our side, DOWN for the rest."""
        if self.reason is Reason.CERTIFICATE_EXPIRING:
            return Outcome.DEGRADED
        return Outcome.UNKNOWN if self.reason in UNSEEN else Outcome.DOWN


class Failure(Exception):  # noqa: N818 - the supplier's, not ours
    """A probe that cannot go on; it carries its verdict."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(reason, detail)

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(verdict.reason, verdict.detail)


SHORTEST = 4
"""A shorter secret is not hidden: it is none, and hiding every such letter would make the evidence unreadable."""

MASK = "***"

_CREDENTIAL = re.compile(r"(?:^[A-Za-z-]+ +|= *)([^\s;,]{8,})")
"""What counts in the secret value of a header: the token behind `Bearer`, the value of a cookie. A server may complain
of it alone."""


class Secrets:
    """The secrets that an endpoint's probe knows, to be hidden wherever a supplier echoes them: as they are, and as
    forms, addresses, JSON and HTML spell them."""

    __slots__ = ("_known",)

    def __init__(self, *known: str) -> None:
        several = {part for secret in known for part in (secret, *_CREDENTIAL.findall(secret))}
        spelled = {way for secret in several if len(secret) >= SHORTEST for way in _spellings(secret)}
        # The longest first, for one may be part of another.
        self._known = sorted(spelled, key=len, reverse=True)

    def hide(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, MASK)
        return text

    def hide_bytes(self, data: bytes) -> bytes:
        """Also the first part of one that the data ends with: what was received is kept up to a limit."""
        for secret in self._known:
            whole = secret.encode()
            data = _without_end(data.replace(whole, MASK.encode()), whole)
        return data


def _without_end(data: bytes, secret: bytes) -> bytes:
    at = data.find(secret[:SHORTEST], max(0, len(data) - len(secret) + 1))
    while at >= 0 and not secret.startswith(data[at:]):
        at = data.find(secret[:SHORTEST], at + 1)
    return data if at < 0 else data[:at] + MASK.encode()


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield escape(secret)


NO_SECRETS = Secrets()


def plain(text: str) -> str:
    """A detail line: one line, without control characters, at most DETAIL_LIMIT characters."""
    return _CONTROL.sub(" ", text).strip()[:DETAIL_LIMIT]


def is_plain(text: str) -> bool:
    """Whether it could be one."""
    return len(text) <= DETAIL_LIMIT and _CONTROL.search(text) is None


def finding(
    watch: Stopwatch,
    verdict: Verdict | None,
    evidence: bytes = b"",
    secrets: Secrets = NO_SECRETS,
    *,
    status: int | None = None,
    body_bytes: int | None = None,
) -> Finding:
    """What the stopwatch and the verdict come to; no verdict is UP.

    Evidence is kept of a DOWN only, and is what was received where the kind of probe has nothing better.
    """
    outcome, reason, detail = Outcome.UP, None, ""
    if verdict is not None:
        outcome, reason, detail = verdict.outcome, verdict.reason, plain(secrets.hide(watch.where + verdict.detail))
    down = outcome is Outcome.DOWN
    return Finding(
        outcome,
        reason,
        detail,
        phases=watch.phases(),
        address=watch.address,
        status=status,
        body_bytes=body_bytes,
        certificate_expires_at_s=watch.expires_at_s,
        evidence=secrets.hide_bytes((evidence or watch.seen)[:SEEN_LIMIT])[:EVIDENCE_LIMIT] if down else b"",
    )


def expiring(watch: Stopwatch, days_left: int | None, now_ms: int) -> Verdict | None:
    """Whether the certificate chain expires within `days_left` days."""
    if days_left is None or watch.expires_at_s is None:
        return None
    seconds = watch.expires_at_s - now_ms // 1000
    if seconds >= days_left * 86_400:
        return None
    left = f"{seconds // 86_400} days" if seconds >= 172_800 else f"{seconds // 3600} hours"
    return Verdict(
        Reason.CERTIFICATE_EXPIRING,
        f"a certificate of the chain expires in {left}, on {day_of(watch.expires_at_s)} (wanted: {days_left} days)",
    )


def day_of(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
