"""Hostile suppliers: what each of them does, and what a probe at it must find.

A row is a server's conduct with the terms that lead to it and the finding that they must end in.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.servers import OK, Conduct, Peer, page

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SHORT = HEAD + b"Content-Length: 99\r\n\r\n"
PLENTY = b"x" * 65_536


@dataclass(frozen=True)
class Hostile:
    """`bad`: how its certificate is bad, for TLS; empty: no TLS, `good`: a good one."""

    name: str
    conduct: Conduct
    reason: Reason | None
    terms: dict[str, Any] = field(default_factory=dict)
    kind: str = "http"
    tls: str = ""

    def terms_at(self, port: int, ca_file: Path) -> dict[str, Any]:
        trust = {"ca_file": ca_file} if self.tls else {}
        if self.kind not in {"http", "journey"}:
            return {"host": "127.0.0.1", "port": port, **trust, **self.terms}
        address = f"{'https' if self.tls else 'http'}://127.0.0.1:{port}"
        return {**({"base": address} if self.kind == "journey" else {"url": f"{address}/"}), **trust, **self.terms}

    @property
    def outcome(self) -> Outcome:
        return Outcome.UP if self.reason is None else Outcome.DOWN


def asked(act: Callable[[Peer], None]) -> Conduct:
    """Hear the request first."""

    def conduct(peer: Peer) -> None:
        peer.request()
        act(peer)

    return conduct


def says(answer: bytes) -> Conduct:
    return asked(lambda peer: peer.send(answer))


def says_and(answer: bytes, act: Callable[[Peer], None]) -> Conduct:
    def conduct(peer: Peer) -> None:
        peer.send(answer)
        act(peer)

    return asked(conduct)


def drips(answer: bytes, piece: bytes) -> Conduct:
    return says_and(answer, lambda peer: peer.drip(piece))


def floods(answer: bytes, piece: bytes) -> Conduct:
    return says_and(answer, lambda peer: peer.flood(piece))


def redirects(location: str, status: str = "302 Found") -> Conduct:
    return says(page(b"", status, f"Location: {location}"))


def hangs_up_one_way(peer: Peer) -> None:
    peer.sock.shutdown(socket.SHUT_WR)
    peer.wait()


def drips_after_a_redirect(peer: Peer) -> None:
    """The redirect's body never ends; the page that it leads to is fine."""
    if b"GET /there" in peer.request():
        peer.send(OK)
    else:
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 99999\r\n\r\n")
        peer.drip(b"x")


def greeted(act: Callable[[Peer], object]) -> Conduct:
    """Hear the beginning of a TLS handshake first, and leave the rest unread."""

    def conduct(peer: Peer) -> None:
        peer.sock.recv(9)
        act(peer)

    return conduct


def drips_a_record(peer: Peer) -> None:
    peer.send(b"\x16\x03\x03\x40\x00")
    peer.drip(b"\x02")


def hangs_up_in_the_handshake(peer: Peer) -> None:
    peer.sock.recv(65_536)


def sends_garbage_inside_tls(peer: Peer) -> None:
    socket.socket.sendall(peer.sock, b"\x17\x03\x03\x00\x20" + bytes(32))


@cache
def bomb(layers: int = 1) -> bytes:
    """64 MB of nothing, compressed once or twice."""
    body = gzip.compress(bytes(64 << 20), 9)
    for _ in range(layers - 1):
        body = gzip.compress(body, 9)
    return page(body, "200 OK", "Content-Encoding: " + ", ".join(["gzip"] * layers))


def much_ado() -> bytes:
    """2 MB of gzip, in chunks, that decompress to nothing at all."""
    head, empty_block, last_block = gzip.compress(b"")[:10], b"\0\0\0\xff\xff", b"\1\0\0\xff\xff"
    body = head + empty_block * 400_000 + last_block + bytes(8)
    return CHUNKED[:-2] + b"Content-Encoding: gzip\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def circles_with_cookies() -> Conduct:
    lines = [f"Set-Cookie: c{number}=" + "x" * 200 for number in range(200)]
    return says(page(b"", "302 Found", "Location: /", *lines))


def drips_gzip() -> Conduct:
    head = page(bytes(99), "200 OK", "Content-Encoding: gzip")[:-99]
    return drips(head + gzip.compress(b"")[:10], b"\0")


def bombs(layers: int) -> Conduct:
    return asked(lambda peer: peer.send(bomb(layers)))


FOLLOW = {"redirects": {"follow": 3}}
BODY = {"expect": {"body_contains": ["hello"]}}

SLOW = [
    Hostile("takes the connection and says nothing", Peer.wait, Reason.TIMEOUT),
    Hostile("drips its status line", drips(b"", b"H"), Reason.TIMEOUT),
    Hostile("never ends its headers", drips(HEAD, b"X: y\r\n"), Reason.TIMEOUT),
    Hostile("drips one header for ever", drips(HEAD + b"X: ", b"y"), Reason.TIMEOUT),
    Hostile("promises an answer again and again", drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), Reason.TIMEOUT),
    Hostile("drips its body", drips(SHORT, b"x"), Reason.TIMEOUT),
    Hostile("drips a body without an end", drips(HEAD + b"\r\n", b"x"), Reason.TIMEOUT),
    Hostile("drips a chunk's size", drips(CHUNKED, b"0"), Reason.TIMEOUT),
    Hostile("drips small chunks", drips(CHUNKED, b"1\r\nx\r\n"), Reason.TIMEOUT),
    Hostile("drips trailers", drips(CHUNKED + b"0\r\n", b"X: y\r\n"), Reason.TIMEOUT),
    Hostile("stops in the middle of its body", says_and(SHORT + b"x", Peer.wait), Reason.TIMEOUT),
    Hostile(
        "never takes the request",
        lambda peer: peer.drip(b""),
        Reason.TIMEOUT,
        {"method": "PUT", "body": "x" * (8 << 20)},
    ),
    Hostile("drips a redirect's body and is well where it leads", drips_after_a_redirect, None, FOLLOW),
]

BROKEN_OFF = [
    Hostile("hangs up at once", lambda _: None, Reason.CONNECTION_RESET),
    Hostile("hangs up when asked", asked(lambda _: None), Reason.CONNECTION_RESET),
    Hostile("closes its side only and stays", asked(hangs_up_one_way), Reason.CONNECTION_RESET),
    Hostile("resets when asked", asked(Peer.reset), Reason.CONNECTION_RESET),
    Hostile("resets within its headers", says_and(HEAD, Peer.reset), Reason.CONNECTION_RESET),
    Hostile("resets within its body", says_and(SHORT + b"x", Peer.reset), Reason.CONNECTION_RESET),
    Hostile("ends within its headers", says(HEAD + b"X: y\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("ends before its length", says(SHORT + b"x"), Reason.PROTOCOL_ERROR),
    Hostile("ends within its chunks", says(CHUNKED + b"5\r\nhello\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("ends within a chunk", says(CHUNKED + b"50\r\nhello\r\n"), Reason.PROTOCOL_ERROR),
]

WRONG = [
    Hostile("speaks another protocol", says(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("speaks another version", says(b"HTTP/2 200\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has a status of one digit", says(b"HTTP/1.1 2 OK\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has a status line of spaces", says(b"HTTP/1.1 " + b" " * 60_000 + b"\r\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has a header of spaces", says(HEAD + b"X:" + b" " * 60_000 + b"\r\r\n\r\n"), None),
    Hostile("has a header without a colon", says(HEAD + b"nonsense\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has NUL bytes in a header", says(HEAD + b"X: a\0b\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has NUL bytes in its body", says(page(b"\0hello\0")), None, BODY),
    Hostile(
        "has invalid UTF-8 everywhere", says(page(b"\xff\xffhello\xc3", "200 \xff\xfe", "X-\xff: \xc3(")), None, BODY
    ),
    Hostile("has a negative length", says(HEAD + b"Content-Length: -5\r\n\r\nhello"), Reason.PROTOCOL_ERROR),
    Hostile(
        "has two lengths", says(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), Reason.PROTOCOL_ERROR
    ),
    Hostile("has a chunk size that is no number", says(CHUNKED + b"zz\r\nhello\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("has a negative chunk size", says(CHUNKED + b"-5\r\nhello\r\n"), Reason.PROTOCOL_ERROR),
    Hostile(
        "has a length and chunks", says(CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), None, BODY
    ),
    Hostile(
        "has an unknown transfer encoding", says(HEAD + b"Transfer-Encoding: cipher\r\n\r\n"), Reason.PROTOCOL_ERROR
    ),
    Hostile("claims gzip and is not", says(page(b"hello", "200 OK", "Content-Encoding: gzip")), Reason.PROTOCOL_ERROR),
    Hostile("has a body that is not what was agreed", says(page(b"\xffgoodbye")), Reason.BODY_UNEXPECTED, BODY),
]

LARGE = [
    Hostile("has a header of 10 MB", says(HEAD + b"X: " + b"y" * 10_000_000 + b"\r\n\r\n"), Reason.TOO_LARGE),
    Hostile("floods headers", floods(HEAD, b"X: y\r\n" * 1_000), Reason.TOO_LARGE),
    Hostile("floods promises", floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000), Reason.TOO_LARGE),
    Hostile("floods a status line", floods(b"HTTP/1.1 200 ", PLENTY), Reason.TOO_LARGE),
    Hostile("has 300 headers", says(HEAD + b"X: y\r\n" * 300 + b"\r\n"), Reason.TOO_LARGE),
    Hostile("floods a body without an end", floods(HEAD + b"\r\n", PLENTY), Reason.TOO_LARGE),
    Hostile("floods chunks", floods(CHUNKED, b"10000\r\n" + PLENTY + b"\r\n"), Reason.TOO_LARGE),
    Hostile("floods trailers", floods(CHUNKED + b"0\r\n", b"X: y\r\n" * 1_000), Reason.TOO_LARGE),
    Hostile("announces 16 EB in one chunk", floods(CHUNKED + b"f" * 16 + b"\r\n", PLENTY), Reason.TOO_LARGE),
    Hostile("sends a gzip bomb", bombs(1), Reason.TOO_LARGE),
    Hostile("sends a gzip bomb in a gzip", bombs(2), Reason.TOO_LARGE),
    Hostile("sends much gzip of nothing", says(much_ado()), Reason.TOO_LARGE),
    Hostile(
        "announces a body of 9 EB", drips(HEAD + b"Content-Length: 9000000000000000000\r\n\r\n", b"x"), Reason.TOO_LARGE
    ),
    Hostile(
        "redirects with a flood", floods(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", PLENTY), Reason.STATUS_UNEXPECTED
    ),
]


LIST = {"expect": {"json": [{"path": "$.items[*].status", "equals": "ok"}]}}
DESCENT = {"expect": {"json": [{"path": "$..status", "exists": False}]}}
NUMBER = {"expect": {"json": [{"path": "$.n", "at_least": 1}]}}

DEAR = [
    Hostile("sends a megabyte of empty objects", says(page(b"[" + b"{}," * 349_000 + b"{}]")), Reason.TOO_COSTLY, LIST),
    Hostile("sends a megabyte of opening brackets", says(page(b"[" * 1_000_000)), Reason.TOO_COSTLY, LIST),
    Hostile("nests JSON a little too deeply", says(page(b"[" * 5_000 + b"]" * 5_000)), Reason.TOO_COSTLY, LIST),
    Hostile("nests JSON too deeply for a descent", says(page(b"[" * 200 + b"]" * 200)), Reason.TOO_COSTLY, DESCENT),
    Hostile(
        "sends one long key over many values",
        says(page(b'{"%b": [%b{}]}' % (b"k" * 131_072, b"{}," * 20_000))),
        None,
        DESCENT,
    ),
    Hostile("sends a number beyond all numbers", says(page(b'{"n": 1e400}')), None, NUMBER),
    Hostile("sends a number of a hundred thousand digits", says(page(b'{"n": ' + b"9" * 100_000 + b"}")), None, NUMBER),
    Hostile(
        "sends a thousand such numbers",
        says(page(b"[" + b"9" * 900 + b",1" * 9_000 + b"]")),
        Reason.BODY_UNEXPECTED,
        NUMBER,
    ),
    Hostile("sends what is no number", says(page(b'{"n": NaN}')), Reason.BODY_UNEXPECTED, NUMBER),
    Hostile("sends half a surrogate pair", says(page(b'{"n": "\\ud800"}')), Reason.BODY_UNEXPECTED, NUMBER),
    Hostile(
        "names a charset that takes the square of the time",
        says(page(b"\xff" * 900_000, "200 OK", "Content-Type: text/plain; charset=punycode")),
        Reason.BODY_UNEXPECTED,
        BODY,
    ),
    Hostile("begins pages without an end", says(page(b"<meta " * 150_000, "200 OK")), Reason.BODY_UNEXPECTED, BODY),
]


def strays(name: str, location: str, reason: Reason = Reason.REDIRECT_REFUSED, tls: str = "") -> Hostile:
    return Hostile(f"redirects {name}", redirects(location), reason, FOLLOW, tls=tls)


ASTRAY = [
    strays("in a circle", "/", Reason.REDIRECT_LIMIT),
    strays("to file:", "file:///etc/passwd"),
    strays("to ftp:", "ftp://127.0.0.1/"),
    strays("to javascript:", "javascript:alert(1)"),
    strays("to another host", "http://localhost/"),
    strays("to another host without a scheme", "//localhost/"),
    strays("to half an address", "http://[::1"),
    strays("to a port that is none", "http://127.0.0.1:99999/"),
    strays("to bytes", "http://\xff\xfe/"),
    strays("from https to http", "http://127.0.0.1/", tls="good"),
]


def in_tls(name: str, conduct: Conduct, reason: Reason | None, tls: str, kind: str = "http") -> Hostile:
    return Hostile(name, conduct, reason, kind=kind, tls=tls)


TLS = [
    in_tls("says nothing where TLS should be", Peer.wait, Reason.TIMEOUT, "none"),
    in_tls("drips where TLS should be", drips(b"", b"\x16"), Reason.TIMEOUT, "none"),
    in_tls("drips a TLS record", drips_a_record, Reason.TIMEOUT, "none"),
    in_tls(
        "speaks no TLS", greeted(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")), Reason.TLS_FAILED, "none"
    ),
    in_tls("hangs up in the handshake", hangs_up_in_the_handshake, Reason.TLS_FAILED, "none"),
    in_tls("resets in the handshake", greeted(Peer.reset), Reason.CONNECTION_RESET, "none"),
    in_tls("has an expired certificate", says(OK), Reason.CERTIFICATE_INVALID, "expired"),
    in_tls("has a certificate for later", says(OK), Reason.CERTIFICATE_INVALID, "later"),
    in_tls("has a self-signed certificate", says(OK), Reason.CERTIFICATE_INVALID, "self-signed"),
    in_tls("has another host's certificate", says(OK), Reason.CERTIFICATE_INVALID, "wrong host"),
    in_tls("has a certificate of somebody unknown", says(OK), Reason.CERTIFICATE_INVALID, "unknown issuer"),
    in_tls("speaks old TLS only", says(OK), Reason.TLS_FAILED, "old"),
    Hostile(
        "speaks TLS 1.2 where 1.3 was agreed", says(OK), Reason.TLS_FAILED, {"min_tls_version": "TLSv1.3"}, tls="1.2"
    ),
    in_tls("wants a certificate that we do not have", says(OK), Reason.TLS_FAILED, "mutual"),
    in_tls("drips inside TLS", drips(SHORT, b"x"), Reason.TIMEOUT, "good"),
    in_tls("floods headers inside TLS", floods(HEAD, b"X: y\r\n" * 1_000), Reason.TOO_LARGE, "good"),
    in_tls("resets inside TLS", says_and(HEAD, Peer.reset), Reason.CONNECTION_RESET, "good"),
    in_tls("sends garbage inside TLS", asked(sends_garbage_inside_tls), Reason.TLS_FAILED, "good"),
    in_tls("has an expired certificate (tls)", Peer.wait, Reason.CERTIFICATE_INVALID, "expired", "tls"),
    in_tls("says nothing where TLS should be (tls)", Peer.wait, Reason.TIMEOUT, "none", "tls"),
]

WANT = {"expect": "ready"}

TCP = [
    Hostile("says nothing (tcp)", Peer.wait, Reason.TIMEOUT, WANT, "tcp"),
    Hostile("drips something else (tcp)", lambda peer: peer.drip(b"x"), Reason.TIMEOUT, WANT, "tcp"),
    Hostile("floods something else (tcp)", lambda peer: peer.flood(PLENTY), Reason.TOO_LARGE, WANT, "tcp"),
    Hostile("hangs up (tcp)", lambda _: None, Reason.ANSWER_UNEXPECTED, WANT, "tcp"),
    Hostile("resets (tcp)", Peer.reset, Reason.CONNECTION_RESET, WANT, "tcp"),
    Hostile(
        "says invalid UTF-8 and NUL bytes (tcp)",
        lambda peer: peer.send(b"\xff\0\xfe"),
        Reason.ANSWER_UNEXPECTED,
        WANT,
        "tcp",
    ),
]

HELLO_REQUEST = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
WARNING = b"\x15\x03\x03\x00\x02\x01\x5a"
CHANGE_OF_CIPHERS = b"\x14\x03\x03\x00\x01\x01"


def greets(name: str, answer: bytes, reason: Reason, act: Callable[[Peer, bytes], object]) -> Hostile:
    """In the clear, after the client's first words."""
    return in_tls(name, greeted(lambda peer: act(peer, answer)), reason, "none")


def sends(peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    peer.wait()


HANDSHAKES = [
    greets("floods HelloRequests", HELLO_REQUEST * 1_000, Reason.TOO_LARGE, Peer.flood),
    greets("drips HelloRequests", HELLO_REQUEST, Reason.TIMEOUT, Peer.drip),
    greets("floods warnings", WARNING * 1_000, Reason.TOO_LARGE, Peer.flood),
    greets("floods changes of ciphers", CHANGE_OF_CIPHERS * 1_000, Reason.TOO_LARGE, Peer.flood),
    greets("floods empty records", b"\x16\x03\x03\x00\x00" * 1_000, Reason.TOO_LARGE, Peer.flood),
    greets("floods zeros where TLS should be", bytes(65_536), Reason.TLS_FAILED, Peer.flood),
    greets("announces a record of 64 kB", b"\x16\x03\x03\xff\xff" + PLENTY, Reason.TLS_FAILED, sends),
    greets(
        "announces a greeting of 16 MB",
        b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(16_380),
        Reason.TLS_FAILED,
        sends,
    ),
    greets("begins a greeting that never ends", b"\x16\x03\x03\x00\x04\x02\x00\x40\x00", Reason.TIMEOUT, sends),
    in_tls("insists on finite fields", says(OK), Reason.TLS_FAILED, "finite fields"),
    in_tls("has sixty large intermediates, TLS 1.2", says(OK), Reason.TOO_LARGE, "long chain 1.2"),
    in_tls("has sixty large intermediates, TLS 1.3", says(OK), Reason.TOO_LARGE, "long chain"),
    in_tls("has a certificate of 64 kB", says(OK), Reason.TOO_LARGE, "huge"),
    in_tls("floods session tickets", says(OK), Reason.TOO_LARGE, "tickets"),
    in_tls("has a certificate that ends in a thirteenth month", says(OK), Reason.CERTIFICATE_INVALID, "odd date"),
    in_tls("floods a body inside TLS", floods(HEAD + b"\r\n", PLENTY), Reason.TOO_LARGE, "good"),
    in_tls("drips tiny records", drips(SHORT, b"x"), Reason.TIMEOUT, "1.2"),
    in_tls("answers twice inside TLS", says(OK + OK), None, "good"),
    in_tls("hangs up inside TLS", asked(lambda _: None), Reason.CONNECTION_RESET, "good"),
]

ODD = [
    Hostile("has a blank line before its outage", says(b"\r\nHTTP/1.1 503 Down\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("floods blank lines", floods(b"", b"\r\n" * 10_000), Reason.PROTOCOL_ERROR),
    Hostile("floods spaces", floods(b"", b" " * 10_000), Reason.TOO_LARGE),
    Hostile("floods carriage returns", floods(HEAD, b"\r" * 10_000), Reason.TOO_LARGE),
    Hostile("floods continued lines", floods(HEAD + b"X: y\r\n", b" z\r\n" * 1_000), Reason.TOO_LARGE),
    Hostile("continues a line 200 times", says(HEAD + b"X: y\r\n" + b" z\r\n" * 200 + b"\r\n"), None),
    Hostile("continues a line 10,000 times", says(HEAD + b"X: y\r\n" + b" z\r\n" * 10_000 + b"\r\n"), Reason.TOO_LARGE),
    Hostile("has 60,000 bytes of colons", says(HEAD + b":" * 60_000 + b"\r\n\r\n"), None),
    Hostile("has 200 odd names", says(HEAD + b"(): y\r\n" * 200 + b"\r\n"), None),
    Hostile("speaks HTTP/0.9", says(b"hello"), Reason.PROTOCOL_ERROR),
    Hostile("has a status that is none", says(b"HTTP/1.1 099 No\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("switches protocols", says(b"HTTP/1.1 101 Yes\r\n\r\n"), Reason.STATUS_UNEXPECTED),
    Hostile("announces and hangs up", says(b"HTTP/1.1 100 Continue\r\n\r\n"), Reason.PROTOCOL_ERROR),
    Hostile("floods a chunk's extension", floods(CHUNKED + b"5;", PLENTY), Reason.TOO_LARGE),
    Hostile("drips a chunk's extension", drips(CHUNKED + b"5;", b"x"), Reason.TIMEOUT),
    Hostile("floods chunks of one byte", floods(CHUNKED, b"1\r\nx\r\n" * 10_000), Reason.TOO_LARGE, {"timeout": "5s"}),
    Hostile(
        "has a length of 400 digits", says(HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n"), Reason.TOO_LARGE
    ),
    Hostile("ends after its last chunk's size", says(CHUNKED + b"5\r\nhello\r\n0\r\n"), Reason.PROTOCOL_ERROR),
    Hostile(
        "has a length of 9 PB and chunks",
        says(CHUNKED[:-2] + b"Content-Length: 9" + b"0" * 15 + b"\r\n\r\n0\r\n\r\n"),
        None,
    ),
    Hostile(
        "leads in a circle with cookies", circles_with_cookies(), Reason.REDIRECT_LIMIT, {"redirects": {"follow": 9}}
    ),
    Hostile("drips gzip", drips_gzip(), Reason.TIMEOUT),
]


def again_and_again(answer: bytes) -> Conduct:
    """The same on a kept connection, for as long as somebody asks."""

    def conduct(peer: Peer) -> None:
        while peer.request():
            peer.send(answer)

    return conduct


def well_at_first(act: Callable[[Peer], None]) -> Conduct:
    """A good answer to the first request of a journey, and then this."""

    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.request()
        act(peer)

    return conduct


def resets_in_its_head(peer: Peer) -> None:
    peer.send(HEAD)
    peer.reset()


def steps(count: int, **first: Any) -> dict[str, Any]:
    return {"steps": [{"id": f"s{number}", "url": "/", **({} if number else first)} for number in range(count)]}


def capturing(**how: str) -> dict[str, Any]:
    """Two steps: the first captures a value, the second sends it in a header."""
    terms = steps(2, capture={"v": how})
    terms["steps"][1]["headers"] = {"X-Value": "${v}"}
    return terms


def walk(name: str, conduct: Conduct, reason: Reason | None, terms: dict[str, Any]) -> Hostile:
    return Hostile(f"{name} (journey)", conduct, reason, terms, "journey")


COOKIES = [f"Set-Cookie: cookie-{number}={'x' * 200}; Path=/; Max-Age=99" for number in range(200)]

LONG_TEXT = again_and_again(page(b'"' + b"x" * 1_000_000 + b'"'))
LONG_LIST = again_and_again(page(b"[" + b"{}," * 300_000 + b"0]"))
CIRCLE = again_and_again(page(b"", "302 Found", "Location: /", *COOKIES))
TWO_LINES = again_and_again(page(b'"a\\r\\nX: y"'))
DRIPS_A_BODY = well_at_first(drips(HEAD + b"\r\n", b"x"))

JOURNEYS = [
    walk("drips its second answer", well_at_first(lambda peer: peer.drip(b"HTTP/1.1 ")), Reason.TIMEOUT, steps(3)),
    walk("never ends its second answer", DRIPS_A_BODY, Reason.TIMEOUT, steps(2)),
    walk("resets in its second answer", well_at_first(resets_in_its_head), Reason.CONNECTION_RESET, steps(2)),
    walk("hangs up when asked on a kept connection", well_at_first(lambda _: None), None, steps(2)),
    walk("floods cookies at 20 steps", again_and_again(page(b"", "200 OK", *COOKIES)), None, steps(20)),
    walk("leads 20 steps in circles", CIRCLE, Reason.REDIRECT_LIMIT, steps(20, redirects={"follow": 20})),
    walk("breaks a line in a value", TWO_LINES, Reason.BODY_UNEXPECTED, capturing(json="$")),
    walk("has a value of 1 MB", LONG_TEXT, Reason.TOO_LARGE, capturing(json="$")),
    walk("has a value of 1 MB for a pattern", LONG_TEXT, Reason.TOO_LARGE, capturing(matches='"([^"]*)"')),
    walk("has 300,000 values", LONG_LIST, Reason.TOO_COSTLY, capturing(json="$[-1:]")),
]

ALL = [*SLOW, *BROKEN_OFF, *WRONG, *LARGE, *DEAR, *ASTRAY, *TLS, *HANDSHAKES, *ODD, *TCP, *JOURNEYS]
