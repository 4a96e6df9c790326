"""The dns probe against a name server of a few lines."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.looking import look
from tests.probe.servers import Peer, closed_port, serving

Reply = Callable[[dns.message.Message], bytes | None]


def records(*texts: str, rdtype: str = "A", flags: int = 0, rcode: int = 0) -> Reply:
    def reply(question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        answer.flags |= flags
        answer.set_rcode(dns.rcode.Rcode(rcode))
        if texts:
            answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", rdtype, *texts))
        return answer.to_wire()

    return reply


@contextmanager
def name_server(reply: Reply) -> Iterator[int]:
    """Over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, reply, stopping))
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stopping.set()
            thread.join()


def _serve(sock: socket.socket, reply: Reply, stopping: threading.Event) -> None:
    sock.settimeout(0.02)
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            wire, asker = sock.recvfrom(4096)
            answer = reply(dns.message.from_wire(wire))
            if answer is not None:
                sock.sendto(answer, asker)


def over_tcp(reply: Reply) -> Callable[[Peer], None]:
    def conduct(peer: Peer) -> None:
        length = struct.unpack("!H", peer.sock.recv(2, socket.MSG_WAITALL))[0]
        answer = reply(dns.message.from_wire(peer.sock.recv(length, socket.MSG_WAITALL)))
        if answer is not None:
            peer.send(struct.pack("!H", len(answer)) + answer)

    return conduct


def ask(reply: Reply, **options: object) -> Finding:
    with name_server(reply) as port:
        return look("dns", server="127.0.0.1", port=port, ask="www.example", **options)


def test_an_answer_is_up() -> None:
    found = ask(records("192.0.2.1"))
    assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")
    assert found.phases.first_byte_us is not None


@pytest.mark.parametrize(
    ("rdtype", "text", "expected"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8::1", "2001:DB8::1"),
        ("CNAME", "Host.Example.", "host.example"),
        ("MX", "10 mail.example.", "10 mail.example"),
        ("TXT", '"v=spf1 -all"', "v=spf1 -all"),
    ],
)
def test_what_is_expected_must_be_there(rdtype: str, text: str, expected: str) -> None:
    assert ask(records(text, rdtype=rdtype), record=rdtype, expect=[expected]).outcome is Outcome.UP


def test_what_is_missing_is_told_with_what_is_there() -> None:
    found = ask(records("192.0.2.1", "192.0.2.2"), expect=["192.0.2.1", "192.0.2.9"])
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.ANSWER_UNEXPECTED)
    assert found.detail == "the answer lacks 192.0.2.9; it has 192.0.2.1, 192.0.2.2"
    assert b"192.0.2.2" in found.evidence


@pytest.mark.parametrize(
    ("reply", "reason", "words"),
    [
        (records(rcode=dns.rcode.NXDOMAIN), Reason.ANSWER_UNEXPECTED, "the server answered NXDOMAIN"),
        (records(rcode=dns.rcode.SERVFAIL), Reason.ANSWER_UNEXPECTED, "the server answered SERVFAIL"),
        (records(), Reason.ANSWER_UNEXPECTED, "the answer has no A record"),
        (records("::1", rdtype="AAAA"), Reason.ANSWER_UNEXPECTED, "the answer has no A record"),
        (lambda _: None, Reason.TIMEOUT, "the time was up while waiting for the first byte"),
        (lambda _: b"\0", Reason.PROTOCOL_ERROR, "the answer is no DNS message"),
        (lambda _: b"\xff" * 600, Reason.PROTOCOL_ERROR, "the answer is no DNS message"),
        (lambda q: records("192.0.2.1")(q)[:-2], Reason.PROTOCOL_ERROR, "the answer is no DNS message"),  # type: ignore[index]
        (lambda q: b"\0\1" + records("192.0.2.1")(q)[2:], Reason.PROTOCOL_ERROR, "no DNS message"),  # type: ignore[index]
    ],
    ids=["NXDOMAIN", "SERVFAIL", "empty", "another type", "silence", "one byte", "garbage", "cut", "another question"],
)
def test_a_bad_answer_is_down(reply: Reply, reason: Reason, words: str) -> None:
    found = ask(reply)
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason)
    assert words in found.detail


def test_over_tcp() -> None:
    with serving(over_tcp(records("192.0.2.1"))) as server:
        found = look("dns", server="127.0.0.1", port=server.port, ask="www.example", transport="tcp")
    assert found.outcome is Outcome.UP
    assert found.phases.connect_us is not None


def test_an_answer_too_long_for_udp_is_asked_for_over_tcp() -> None:
    with serving(over_tcp(records("192.0.2.1"))) as server, socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", server.port))
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, records(flags=dns.flags.TC), stopping))
        thread.start()
        found = look("dns", server="127.0.0.1", port=server.port, ask="www.example")
        stopping.set()
        thread.join()
    assert found.outcome is Outcome.UP


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_port_on_which_nothing_listens(transport: str) -> None:
    found = look("dns", server="127.0.0.1", port=closed_port(), ask="www.example", transport=transport)
    assert found.reason is Reason.CONNECTION_REFUSED


def drips_an_answer(peer: Peer) -> None:
    peer.send(struct.pack("!H", 65_535))
    peer.drip(b"x")


@pytest.mark.parametrize(
    ("conduct", "reason"),
    [(Peer.wait, Reason.TIMEOUT), (drips_an_answer, Reason.TIMEOUT), (lambda _: None, Reason.CONNECTION_RESET)],
    ids=["silent", "drips", "hangs up"],
)
def test_hostile_name_servers_over_tcp(conduct: Callable[[Peer], None], reason: Reason) -> None:
    with serving(conduct) as server:
        found = look("dns", server="127.0.0.1", port=server.port, ask="www.example", transport="tcp")
    assert found.reason is reason


def test_a_name_that_is_none_is_unknown() -> None:
    found = look("dns", server="127.0.0.1", ask="a..b")
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
