"""The dns probe against name servers of a few lines."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from sla_monitor.probe.resolving.name_server import MOST_STRAYS, DnsQuestion, over_udp
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.looking import LOOP, probed
from tests.probe.name_servers import Reply, framed, name_server, our_name_server, records
from tests.probe.servers import Peer, serving
from tests.support.ports import free_port

OTHER = "other.example."
ALIAS = ("www.example. 60 CNAME a.example.", "a.example. 60 CNAME b.example.")


def over_tcp(reply: Reply) -> Callable[[Peer], None]:
    def conduct(peer: Peer) -> None:
        length = struct.unpack("!H", peer.sock.recv(2, socket.MSG_WAITALL))[0]
        answer = reply(dns.message.from_wire(peer.sock.recv(length, socket.MSG_WAITALL)))
        if answer is not None:
            peer.send(framed(answer))

    return conduct


def answers(*lines: str, authority: str = "", rcode: int = 0) -> Reply:
    """`OWNER TTL TYPE DATA` each."""

    def reply(question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        answer.set_rcode(dns.rcode.Rcode(rcode))
        for section, texts in ((answer.answer, lines), (answer.authority, (authority,) if authority else ())):
            for owner, ttl, rdtype, data in (text.split(maxsplit=3) for text in texts):
                section.append(dns.rrset.from_text(owner, int(ttl), "IN", rdtype, data))
        return answer.to_wire()

    return reply


def ask(reply: Reply, **options: Any) -> Finding:
    with name_server(reply) as server:
        return probed("dns", **{"server": "127.0.0.1", "port": server.port, "ask": "www.example", **options})


def test_an_answer_is_up() -> None:
    found = ask(records("192.0.2.1"))
    assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")
    assert found.phases.first_byte_us is not None


SOA = "ns1.example. Admin.example. 2026010101 7200 3600 1209600 300"


@pytest.mark.parametrize(
    ("rdtype", "text", "expected"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8::1", "2001:0DB8:0:0::0001"),
        ("AAAA", "::ffff:192.0.2.1", "::FFFF:C000:201"),
        ("CNAME", "Host.Example.", "host.example"),
        ("CNAME", "xn--bcher-kva.example.", "Bücher.example"),
        ("NS", r"a\.b.example.", r"a\046b.example."),
        ("MX", "10 mail.example.", "10  Mail.example"),
        ("SRV", "10 5 5060 sip.example.", " 10 5\t5060 SIP.example. "),
        ("SOA", SOA, SOA.lower().replace(". ", " ").replace(" 300", "  0300")),
        ("TXT", '"v=spf1 -all"', "v=spf1 -all"),
        ("TXT", '"v=spf1 -all"', '"v=spf1 -all"'),
        ("TXT", '"v=spf1 include:" "a.example -all"', "v=spf1 include:a.example -all"),
        ("TXT", '"v=spf1 include:" "a.example -all"', '"v=spf1 " "include:a.example -all"'),
        ("TXT", r'"b\195\188cher"', "bücher"),
        ("TXT", '"bücher"', r"b\195\188cher"),
        ("TXT", r'"say \"a;b\\\""', r'"say \"a;b\\\""'),
        ("TXT", '"v=DKIM1; k=rsa; p=AbC/+="', "v=DKIM1; k=rsa; p=AbC/+="),
    ],
)
def test_what_is_expected_is_compared_as_data(rdtype: str, text: str, expected: str) -> None:
    found = ask(records(text, rdtype=rdtype), record=rdtype, expect=[expected])
    assert (found.outcome, found.detail) == (Outcome.UP, "")


@pytest.mark.parametrize(
    ("rdtype", "text", "expected"),
    [
        ("TXT", '"Token=AbC"', "Token=ABC"),
        ("TXT", '"a b"', "ab"),
        ("TXT", '"a" "b"', "a b"),
        ("TXT", '"ü"', "u"),
        ("MX", "10 mail.example.", "20 mail.example"),
        ("CNAME", "host.example.", "host.example.org"),
        ("AAAA", "2001:db8::1", "2001:db8::2"),
        ("SOA", SOA, SOA.replace(" 300", " 301")),
    ],
)
def test_data_that_differs_is_down(rdtype: str, text: str, expected: str) -> None:
    found = ask(records(text, rdtype=rdtype), record=rdtype, expect=[expected])
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.ANSWER_UNEXPECTED)
    assert found.detail.startswith(f"the answer lacks {expected}; it has ")


def test_what_is_missing_is_told_with_what_is_there() -> None:
    found = ask(records("192.0.2.1", "192.0.2.2"), expect=["192.0.2.1", "192.0.2.9"])
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.ANSWER_UNEXPECTED)
    assert found.detail == "the answer lacks 192.0.2.9; it has 192.0.2.1, 192.0.2.2"
    assert b"www.example. 3600 A 192.0.2.2" in found.evidence


def test_only_the_records_of_the_name_and_its_aliases_count() -> None:
    elsewhere = records("192.0.2.1", owner=OTHER)
    for expect in ([], ["192.0.2.1"]):
        assert ask(elsewhere, expect=expect).detail.endswith("no A record of www.example")
        assert ask(answers(*ALIAS, "b.example. 60 A 192.0.2.1"), expect=expect).outcome is Outcome.UP
        assert ask(answers(*reversed(ALIAS), "B.Example. 60 A 192.0.2.1"), expect=expect).outcome is Outcome.UP
        beside = answers(*ALIAS, f"{OTHER} 60 A 192.0.2.1")
        assert ask(beside, expect=expect).detail.endswith("no A record of www.example")
    loop = answers("www.example. 60 CNAME a.example.", "a.example. 60 CNAME www.example.")
    assert ask(loop).reason is Reason.ANSWER_UNEXPECTED
    assert ask(loop, record="CNAME", expect=["A.example"]).outcome is Outcome.UP


SOMEWHERE = "example. 60 SOA ns.example. admin.example. 1 2 3 4 5"
NXDOMAIN = answers(authority=SOMEWHERE, rcode=dns.rcode.NXDOMAIN)
NODATA = answers(authority=SOMEWHERE)
REFERRAL = answers(authority="example. 60 NS ns.example.")


@pytest.mark.parametrize(
    ("wanted", "reply", "detail"),
    [
        ("NXDOMAIN", NXDOMAIN, ""),
        ("NXDOMAIN", NODATA, "the server answered NOERROR, and not NXDOMAIN"),
        ("NXDOMAIN", records("192.0.2.1"), "the server answered NOERROR, and not NXDOMAIN"),
        ("NXDOMAIN", records(rcode=dns.rcode.SERVFAIL), "the server answered SERVFAIL, and not NXDOMAIN"),
        ("NODATA", NODATA, ""),
        ("NODATA", answers(), ""),
        ("NODATA", records("::1", rdtype="AAAA"), ""),
        ("NODATA", NXDOMAIN, "the server answered NXDOMAIN, and not NODATA"),
        ("NODATA", REFERRAL, "the server refers to other name servers"),
        ("NODATA", records("192.0.2.1"), "the answer has 192.0.2.1"),
        ("REFUSED", records(rcode=dns.rcode.REFUSED), ""),
        ("REFUSED", records("192.0.2.1"), "the server answered NOERROR, and not REFUSED"),
    ],
)
def test_an_answer_without_records_can_be_expected(wanted: str, reply: Reply, detail: str) -> None:
    found = ask(reply, expect_rcode=wanted)
    assert (found.detail, found.outcome) == (detail, Outcome.DOWN if detail else Outcome.UP)


@pytest.mark.parametrize(
    ("reply", "reason", "words"),
    [
        (records(rcode=dns.rcode.NXDOMAIN), Reason.ANSWER_UNEXPECTED, "the server answered NXDOMAIN"),
        (records(rcode=dns.rcode.SERVFAIL), Reason.ANSWER_UNEXPECTED, "the server answered SERVFAIL"),
        (records(rcode=14), Reason.ANSWER_UNEXPECTED, "the server answered 14"),
        (records(), Reason.ANSWER_UNEXPECTED, "the answer has no A record"),
        (records("::1", rdtype="AAAA"), Reason.ANSWER_UNEXPECTED, "the answer has no A record"),
        (lambda _: None, Reason.TIMEOUT, "the time was up while waiting for the first byte"),
        (lambda _: b"\0", Reason.TIMEOUT, "what came answers none or another"),
        (lambda _: b"\xff" * 600, Reason.TIMEOUT, "what came answers none or another"),
        (lambda q: records("192.0.2.1")(q)[:-2], Reason.PROTOCOL_ERROR, "the answer is no DNS message"),  # type: ignore[index]
        (lambda q: records("192.0.2.1")(q) + b"\0", Reason.PROTOCOL_ERROR, "the answer is no DNS message"),  # type: ignore[operator]
    ],
    ids=["NXDOMAIN", "SERVFAIL", "14", "empty", "another type", "silence", "one byte", "garbage", "cut", "too long"],
)
def test_a_bad_answer_is_down(reply: Reply, reason: Reason, words: str) -> None:
    found = ask(reply)
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason)
    assert words in found.detail


def test_an_error_may_come_without_the_question() -> None:
    """From a server that could not read it."""
    found = ask(lambda q: struct.pack("!HHHHHH", q.id, 0x8001, 0, 0, 0, 0))
    assert found.detail == "the server answered FORMERR"


@contextmanager
def stray(*before: Callable[[bytes], bytes]) -> Iterator[int]:
    """A name server that sends other datagrams before the answer."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock, socket.socket(type=socket.SOCK_DGRAM) as another:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            wire, asker = sock.recvfrom(4096)
            answer = records("192.0.2.1")(dns.message.from_wire(wire))
            assert answer is not None
            another.sendto(records("192.0.2.66")(dns.message.from_wire(wire)) or b"", asker)
            for make in before:
                sock.sendto(make(answer), asker)
            sock.sendto(answer, asker)

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "make",
    [
        lambda answer: bytes((answer[0] ^ 1,)) + answer[1:],
        lambda answer: answer[:2] + bytes((answer[2] ^ 0x80,)) + answer[3:],
        lambda answer: answer[:2] + bytes((answer[2] | 0x28,)) + answer[3:],
        lambda answer: answer.replace(b"\3www", b"\3wwx"),
        lambda answer: answer.replace(b"\0\0\1\0\1", b"\0\0\2\0\1", 1),
        lambda answer: answer[:11],
        lambda answer: answer[:20],
        lambda answer: b"",
        lambda answer: answer[:4] + b"\0\0" + answer[6:],
        lambda answer: answer[:4] + b"\0\2" + answer[6:],
    ],
    ids=["number", "a question", "an update", "name", "type", "no head", "half a question", "empty", "none", "two"],
)
def test_a_datagram_that_answers_something_else_is_passed_over(make: Callable[[bytes], bytes]) -> None:
    with stray(make, make) as port:
        found = probed("dns", server="127.0.0.1", port=port, ask="www.example", expect=["192.0.2.1"])
    assert (found.outcome, found.detail) == (Outcome.UP, "")


def test_an_answer_in_other_capitals_is_one() -> None:
    with stray() as port:
        found = probed("dns", server="127.0.0.1", port=port, ask="WWW.Example", expect=["192.0.2.1"])
    assert found.outcome is Outcome.UP


def test_a_flood_of_other_datagrams_ends_the_probe() -> None:
    stopping = threading.Event()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            _, asker = sock.recvfrom(4096)
            while not stopping.is_set():
                sock.sendto(b"x", asker)

        thread = threading.Thread(target=serve)
        thread.start()
        found = probed("dns", server="127.0.0.1", port=sock.getsockname()[1], ask="www.example")
        stopping.set()
        thread.join()
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.PROTOCOL_ERROR)
    assert found.detail == f"{MOST_STRAYS} datagrams came, and none answers this question"


def test_over_tcp() -> None:
    with serving(over_tcp(records("192.0.2.1"))) as server:
        found = probed("dns", server="127.0.0.1", port=server.port, ask="www.example", transport="tcp")
    assert found.outcome is Outcome.UP
    assert found.phases.connect_us is not None


def test_an_answer_too_long_for_udp_is_asked_for_over_tcp() -> None:
    truncated = name_server(records(flags=dns.flags.TC))
    with serving(over_tcp(records("192.0.2.1"))) as server, name_server(records(flags=dns.flags.TC), port=server.port):
        found = probed("dns", server="127.0.0.1", port=server.port, ask="www.example")
    assert found.outcome is Outcome.UP
    with truncated as alone:
        assert probed("dns", server="127.0.0.1", port=alone.port, ask="www.example").reason is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_every_address_of_the_server_is_tried(transport: str) -> None:
    good = records("192.0.2.1")
    with our_name_server({"ns.example": ["::1", "127.0.0.1"]}), serving(over_tcp(good)) as server:
        with name_server(good, port=server.port):
            found = probed("dns", server="ns.example", port=server.port, ask="www.example", transport=transport)
            assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")
        with name_server(good, port=server.port), name_server(lambda _: None, "::1", server.port):
            found = probed("dns", server="ns.example", port=server.port, ask="www.example", transport=transport)
            assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")
        with name_server(good, "::1", server.port):
            found = probed("dns", server="ns.example", port=server.port, ask="www.example", family="ipv6")
            assert (found.outcome, found.address) == (Outcome.UP, "::1")


def test_a_name_server_that_hangs_up_leaves_time_for_its_next_address() -> None:
    both = our_name_server({"ns.example": ["::1", "127.0.0.1"]})
    good = serving(over_tcp(records("192.0.2.1")))
    with both, good as server, serving(lambda _: None, host="::1", port=server.port):
        found = probed("dns", server="ns.example", port=server.port, ask="www.example", transport="tcp")
    assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_port_on_which_nothing_listens(transport: str) -> None:
    found = probed("dns", server="127.0.0.1", port=free_port(), ask="www.example", transport=transport)
    assert found.reason is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_what_our_own_host_refuses_is_not_the_supplier_s_fault(transport: str) -> None:
    found = probed("dns", server="255.255.255.255", ask="www.example", transport=transport)
    assert found.outcome is Outcome.UNKNOWN
    assert found.detail.startswith("on our side: ")


def drips_an_answer(peer: Peer) -> None:
    peer.send(struct.pack("!H", 65_535))
    peer.drip(b"x")


def answers_another(peer: Peer) -> None:
    peer.send(framed(b"\0" * 12))


@pytest.mark.parametrize(
    ("conduct", "reason"),
    [
        (Peer.wait, Reason.TIMEOUT),
        (drips_an_answer, Reason.TIMEOUT),
        (lambda _: None, Reason.CONNECTION_RESET),
        (lambda peer: peer.send(b"\0\0"), Reason.PROTOCOL_ERROR),
        (answers_another, Reason.PROTOCOL_ERROR),
        (lambda peer: peer.flood(b"\xff" * 65_536), Reason.TOO_LARGE),
    ],
    ids=["silent", "drips", "hangs up", "says nothing", "another", "floods"],
)
def test_hostile_name_servers_over_tcp(conduct: Callable[[Peer], None], reason: Reason) -> None:
    with serving(conduct) as server:
        found = probed("dns", server="127.0.0.1", port=server.port, ask="www.example", transport="tcp")
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason)


def test_a_probe_that_is_over_leaves_no_socket() -> None:
    async def unanswered() -> None:
        watch = Stopwatch(LOOP, 50)
        with contextlib.suppress(TimeoutError):
            await over_udp(watch, DnsQuestion(b"\1x\0", 1), (socket.AF_INET, ("127.0.0.1", port)))

    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        others = list(LOOP._watched.values())
        LOOP.run(unanswered())
        assert [watched for watched in LOOP._watched.values() if watched not in others] == []
