"""Failures in the closed set of reasons, with words in plain English.

A probe that fails is a result: every exception that a supplier can cause ends here.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException

from requests import RequestException
from urllib3.exceptions import DecodeError, HTTPError

from sla_monitor.probe.connections.channel import LocalRefusal
from sla_monitor.probe.stopwatch import Stopwatch, TooMuch
from sla_monitor.probe.verdict import Failure, Verdict, day_of
from sla_monitor.sla.observation import Reason

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
    errno.EPERM: Reason.INTERNAL_ERROR,
}
"""What only our own host says, before anything has left it: no supplier is charged for that."""

REFUSED_HERE: dict[int | None, Reason] = {
    errno.EACCES: Reason.INTERNAL_ERROR,
    errno.ENETDOWN: Reason.MONITOR_OFFLINE,
    errno.ENETUNREACH: Reason.MONITOR_OFFLINE,
    errno.EHOSTUNREACH: Reason.MONITOR_OFFLINE,
}
"""What is ours where our own routing table says it. From an ICMP message it proves nothing: the witnesses are asked."""


FAILURES = (Failure, TooMuch, OSError, RequestException, HTTPError, HTTPException)
"""What a supplier can cause: our own two, and what the network and the libraries raise."""


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
    ours = {**OURS, **REFUSED_HERE} if isinstance(error, LocalRefusal) else OURS
    if error.errno in ours:
        return Verdict(ours[error.errno], f"on our side: {error.strerror} while {watch.doing}")
    for kind, reason, words in _NETWORK:
        if isinstance(error, kind) and (error.errno or kind is not OSError):
            return Verdict(reason, words.format(why=error.strerror, doing=watch.doing))
    return None


def _tls(error: ssl.SSLError, watch: Stopwatch) -> Verdict:
    if isinstance(error, ssl.SSLCertVerificationError):
        words = CERTIFICATE.get(error.verify_code, error.verify_message)
        until = f" (it is valid until {day_of(watch.expires_at_s)})" if watch.expires_at_s else ""
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
