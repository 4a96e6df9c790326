"""What went wrong, in the closed set of reasons and in plain English.

A probe that fails is a result: every exception that a supplier can cause ends here. What a supplier sent is
hostile text; it is cut short and loses its control characters, and secrets of ours that it echoes are hidden.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

from requests import RequestException
from urllib3.exceptions import DecodeError, HTTPError

from sla_monitor.probe.deadline import Stopwatch, TooMuch
from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Finding, Outcome, Reason

_UNSEEN = frozenset({Reason.MONITOR_OFFLINE, Reason.INTERNAL_ERROR, Reason.CLOCK_STEPPED, Reason.NOT_YET_SEEN})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

CERTIFICATE = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate's chain ends in one that we do not trust",
    20: "the certificate's issuer is not one that we trust",
    21: "the certificate's issuer is not one that we trust",
    23: "the certificate has been revoked",
    62: "the certificate is for another host name",
    64: "the certificate is for another IP address",
}
"""OpenSSL's X509_V_ERR codes in words; the rest are told in its own."""


_NETWORK: tuple[tuple[type[OSError], Reason, str], ...] = (
    (socket.gaierror, Reason.DNS_FAILED, "the name cannot be resolved: {why}"),
    (TimeoutError, Reason.TIMEOUT, "the time was up while {doing}"),
    (ConnectionRefusedError, Reason.CONNECTION_REFUSED, "the connection was refused: nothing listens there"),
    (ConnectionResetError, Reason.CONNECTION_RESET, "the server broke the connection off while {doing}"),
    (BrokenPipeError, Reason.CONNECTION_RESET, "the server broke the connection off while {doing}"),
    (OSError, Reason.CONNECTION_FAILED, "{why} while {doing}"),
)
"""The first that fits decides; an OSError without a number is a library's, not the system's."""


OURS: dict[int | None, Reason] = {
    errno.EMFILE: Reason.INTERNAL_ERROR,
    errno.ENFILE: Reason.INTERNAL_ERROR,
    errno.ENOMEM: Reason.INTERNAL_ERROR,
    errno.ENOBUFS: Reason.INTERNAL_ERROR,
    errno.EADDRNOTAVAIL: Reason.INTERNAL_ERROR,
    errno.EAFNOSUPPORT: Reason.INTERNAL_ERROR,
    errno.EACCES: Reason.INTERNAL_ERROR,
    errno.EPERM: Reason.INTERNAL_ERROR,
    errno.ENETDOWN: Reason.MONITOR_OFFLINE,
    errno.ENETUNREACH: Reason.MONITOR_OFFLINE,
}
"""What our own host refuses before anything has left it: no supplier is charged for that."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a look was not UP."""

    reason: Reason
    detail: str

    @property
    def outcome(self) -> Outcome:
        """DEGRADED for a certificate that will expire, UNKNOWN for what is our side, DOWN for the rest."""
        if self.reason is Reason.CERTIFICATE_EXPIRING:
            return Outcome.DEGRADED
        return Outcome.UNKNOWN if self.reason in _UNSEEN else Outcome.DOWN


class Failure(Exception):  # noqa: N818 - the supplier's, not ours
    """A look that cannot go on; it carries its verdict."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(reason, detail)


FAILURES = (Failure, TooMuch, OSError, RequestException, HTTPError, HTTPException)
"""What a supplier can cause: our own two, and what the network and the libraries raise."""


class Secrets:
    """The secrets that an endpoint's probe knows, to be hidden wherever a supplier echoes them."""

    __slots__ = ("_known",)

    def __init__(self, *known: str) -> None:
        # The longest first, for one may be part of another.
        self._known = sorted({secret for secret in known if secret}, key=len, reverse=True)

    def hide(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, "***")
        return text

    def hide_bytes(self, data: bytes) -> bytes:
        for secret in self._known:
            data = data.replace(secret.encode(), b"***")
        return data


NO_SECRETS = Secrets()


def plain(text: str) -> str:
    """A detail line: one line, without control characters, at most DETAIL_LIMIT characters."""
    return _CONTROL.sub(" ", text).strip()[:DETAIL_LIMIT]


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
        outcome, reason, detail = verdict.outcome, verdict.reason, plain(secrets.hide(verdict.detail))
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
        evidence=secrets.hide_bytes(evidence or watch.seen)[:EVIDENCE_LIMIT] if down else b"",
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
        f"a certificate of the chain expires in {left}, on {_day(watch.expires_at_s)} (wanted: {days_left} days)",
    )


def _day(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def verdict_on(error: BaseException, watch: Stopwatch) -> Verdict:
    """The reason and the words for what was raised, looking through the libraries' wrappings."""
    causes = list(_causes(error))
    for judge in (_own, _network):
        # The innermost is what happened; the others are what was made of it on the way up.
        for cause in reversed(causes):
            found = judge(cause, watch)
            if found is not None:
                return found
    if isinstance(error, DecodeError):
        return Verdict(Reason.PROTOCOL_ERROR, "the body is not in the encoding that its header claims")
    return Verdict(Reason.PROTOCOL_ERROR, f"{causes[-1]}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, and the ones it was made from: requests and urllib3 hold them as arguments."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        cause = todo.pop(0)
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            todo += [part for part in (*cause.args, cause.__cause__) if isinstance(part, BaseException)]


def _own(error: BaseException, _: Stopwatch) -> Verdict | None:
    """The verdict on what we raised ourselves."""
    if isinstance(error, Failure):
        return error.verdict
    if isinstance(error, TooMuch):
        return Verdict(Reason.TOO_LARGE, f"the server sent more than {error.limit} bytes")
    return None


def _network(error: BaseException, watch: Stopwatch) -> Verdict | None:
    """The verdict on an error of the network; None for what is none."""
    if isinstance(error, ssl.SSLError):
        return _tls(error, watch)
    if not isinstance(error, OSError):
        return None
    if error.errno in OURS:
        return Verdict(OURS[error.errno], f"on our side: {error.strerror} while {watch.doing}")
    for kind, reason, words in _NETWORK:
        if isinstance(error, kind) and (error.errno or kind is not OSError):
            return Verdict(reason, words.format(why=error.strerror, doing=watch.doing))
    return None


def _tls(error: ssl.SSLError, watch: Stopwatch) -> Verdict:
    if isinstance(error, ssl.SSLCertVerificationError):
        words = CERTIFICATE.get(error.verify_code, error.verify_message)
        until = f" (it is valid until {_day(watch.expires_at_s)})" if watch.expires_at_s else ""
        return Verdict(Reason.CERTIFICATE_INVALID, words + until)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Verdict(Reason.TLS_FAILED, "the server ended the connection in the middle of TLS")
    words = (error.reason or str(error)).replace("_", " ").lower()
    if "wrong version number" in words or "http request" in words:
        words = "the server does not speak TLS on this port"
    elif "protocol version" in words or "unsupported protocol" in words:
        words = "the server offers no version of TLS that we accept"
    elif "certificate required" in words or "handshake failure" in words:
        words = f"the server refused us: {words}"
    return Verdict(Reason.TLS_FAILED, words)
