"""What a server says in plain text when TLS begins, looked at before OpenSSL has it.

OpenSSL does what a server asks of it: a key exchange over finite fields takes it up to 180 ms, a long chain of large
certificates more than a millisecond a link, and empty records it reads for as long as they come. All of that can be
seen coming, except the chain in TLS 1.3, which is counted when it is there (`channel.py`).
"""

from __future__ import annotations

from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

MOST_RECORDS = 200
"""Of a handshake. A chain of 16 kB in the smallest records that anybody sends takes 32."""

MOST_CERTIFICATES = 16
"""Of one chain. Public ones have up to five."""

_CHANGE, _HANDSHAKE = 20, 22
_KINDS = range(20, 24)
_SERVER_HELLO, _CERTIFICATE = 2, 11
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another key share (RFC 8446, 4.1.3)."""

_KEY_SHARE = 51
_FINITE = range(0x0100, 0x0200)
"""Groups over finite fields: ffdhe2048 and its larger siblings."""


class Opening:
    """Fed with what the server sends until the handshake is done; `feed` raises Failure for what costs too much.

    What cannot be read is no matter here: OpenSSL will say so.
    """

    __slots__ = ("_is_plain", "_is_retried", "_messages", "_records", "_unread")

    def __init__(self) -> None:
        self._unread = bytearray()
        self._messages = bytearray()
        self._records = 0
        self._is_plain = True
        self._is_retried = False

    def feed(self, data: bytes) -> None:
        unread, at = self._unread, 0
        unread += data
        while len(unread) - at >= 5 and unread[at] in _KINDS:
            end = at + 5 + int.from_bytes(unread[at + 3 : at + 5])
            if len(unread) < end:
                break
            self._records += 1
            if self._records > MOST_RECORDS:
                raise _too_much(f"more than {MOST_RECORDS} records in its handshake")
            if self._is_plain:
                self._read(unread[at], unread[at + 5 : end])
            at = end
        del unread[:at]

    def _read(self, kind: int, payload: bytearray) -> None:
        if kind == _CHANGE and self._is_retried:
            return  # TLS 1.3 says nothing by it, and its second ServerHello is still to come
        if kind != _HANDSHAKE:
            self._is_plain = False
            return
        messages = self._messages
        messages += payload
        while len(messages) >= 4:
            end = 4 + int.from_bytes(messages[1:4])
            if len(messages) < end:
                return
            self._judge(messages[0], messages[4:end])
            del messages[:end]

    def _judge(self, kind: int, body: bytearray) -> None:
        if kind == _CERTIFICATE:
            judge_chain(_certificates(body))
        elif kind == _SERVER_HELLO and body[2:34] == _RETRY:
            self._is_retried = True
            if _wanted_group(body) in _FINITE:
                what = "the server insists on a key exchange over finite fields (ffdhe), which we refuse"
                raise Failure(Reason.TLS_FAILED, what)


def judge_chain(count: int) -> None:
    """Raises Failure where a server sends too many certificates."""
    if count > MOST_CERTIFICATES:
        raise _too_much(f"{count} certificates, more than {MOST_CERTIFICATES}")


def _certificates(body: bytearray) -> int:
    """How many there are in a Certificate of TLS 1.2: a length for all of them, then one for each."""
    count, at = 0, 3
    while at + 3 <= len(body):
        at += 3 + int.from_bytes(body[at : at + 3])
        count += 1
    return count


def _wanted_group(body: bytearray) -> int | None:
    """The group of the key share that a ServerHello asks for."""
    at = 35 + (body[34] if len(body) > 34 else 0) + 3  # version, random, session, cipher, compression
    at += 2  # the length of the extensions
    while at + 4 <= len(body):
        kind, size = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
        if kind == _KEY_SHARE:
            return int.from_bytes(body[at + 4 : at + 6])
        at += 4 + size
    return None


def _too_much(what: str) -> Failure:
    return Failure(Reason.TOO_LARGE, f"the server sent {what}")
