"""Messages that a hostile name server makes, read in steps."""

from __future__ import annotations

import struct
import time

import dns.message
import dns.rrset
import pytest

from sla_monitor.probe import Loop
from sla_monitor.probe.resolving.dns_message import MOST_RECORDS, DnsMessage, read
from sla_monitor.probe.resolving.dns_text import message_text, rcode_of, records_text
from sla_monitor.probe.resolving.name_server import TYPES, DnsQuestion
from sla_monitor.probe.verdict import Failure
from tests.support.waiting import until

QUESTION = DnsQuestion(b"\3www\7example\0", TYPES["A"], 1)
POINTER = b"\xc0\x0c"
LONG = b"".join(bytes((1, 65 + i % 26)) for i in range(126)) + b"\0"
AFTER = struct.pack("!H", 0xC000 | 12 + len(QUESTION.section))
"""Points to the first record's name."""


def message(*records: bytes, count: int | None = None) -> bytes:
    head = struct.pack("!HHHHHH", 1, 0x8400, 1, len(records) if count is None else count, 0, 0)
    return head + QUESTION.section + b"".join(records)


def record(owner: bytes, kind: int, data: bytes, klass: int = 1) -> bytes:
    return owner + struct.pack("!HHIH", kind, klass, 60, len(data)) + data


def reading(wire: bytes) -> tuple[DnsMessage, int]:
    """The message, and how many turns the others had meanwhile."""
    loop = Loop()
    ended: list[DnsMessage | BaseException | None] = []
    loop.spawn(read(wire, QUESTION, loop), lambda value, error: ended.append(error or value))
    turns = 0
    for _ in until(lambda: ended):
        turns += 1
        loop.turn(0.0)
    loop.close()
    if isinstance(ended[0], BaseException):
        raise ended[0]
    assert ended[0] is not None
    return ended[0], turns


def test_a_message_is_read_and_told() -> None:
    answer = dns.message.make_response(dns.message.make_query("www.example", "A", id=1))
    answer.answer.append(dns.rrset.from_text("WWW.Example.", 60, "IN", "CNAME", "A.example."))
    answer.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "A", "192.0.2.1"))
    answer.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", "ns.example. Admin.example. 1 2 3 4 5"))
    answer.additional.append(dns.rrset.from_text("example.", 60, "IN", "TXT", '"a b" "c\\"d" ""'))
    answer.additional.append(dns.rrset.from_text("example.", 60, "IN", "SRV", "1 2 3 sip.example."))
    answer.additional.append(dns.rrset.from_text("example.", 60, "IN", "CAA", '0 issue "ca.example"'))
    read_message, _ = reading(answer.to_wire())
    assert rcode_of(read_message) == "NOERROR"
    assert records_text(read_message.records_of(QUESTION), 100) == "192.0.2.1"
    assert message_text(read_message, 10_000).splitlines() == [
        "id 1",
        "rcode NOERROR",
        "flags QR RD",
        ";ANSWER",
        "www.example. 60 CNAME a.example.",
        "a.example. 60 A 192.0.2.1",
        ";AUTHORITY",
        "example. 60 SOA ns.example. admin.example. 1 2 3 4 5",
        ";ADDITIONAL",
        'example. 60 TXT "a b" "c\\"d" ""',
        "example. 60 SRV 1 2 3 sip.example.",
        "example. 60 CAA \\# 17 0005697373756563612e6578616d706c65",
    ]


DEAR = {
    "a thousand addresses": message(*[record(POINTER, 1, b"\1\2\3\4")] * MOST_RECORDS),
    "names of 127 labels": message(record(LONG, 6, AFTER + AFTER + b"\0" * 20), *[record(AFTER, 5, AFTER)] * 999),
    "empty texts": message(*[record(POINTER, 16, b"\0" * 4096)] * 15),
    "data of 64 kB": message(record(POINTER, 16, b"\0" * 65_000)),
    "types that nobody knows": message(*[record(POINTER, 1000 + i, b"x" * 30) for i in range(1000)]),
}


@pytest.mark.parametrize("wire", DEAR.values(), ids=DEAR)
def test_the_others_have_their_turn_while_a_dear_message_is_read(wire: bytes) -> None:
    """Two thousand bytes of names and data at a time, or one record."""
    read_message, turns = reading(wire)
    records = [record for section in read_message.sections for record in section]
    read_bytes = sum(len(record.owner) + len(record.data) + len(record.strings) for record in records)
    assert turns >= min(read_bytes // 2_200, len(records) - 1)
    began = time.thread_time()
    message_text(read_message, 2_048)
    records_text(read_message.records_of(QUESTION), 200)
    assert time.thread_time() - began < 0.1  # told as far as it is kept


BAD = {
    "a record too many": message(record(POINTER, 1, b"\1\2\3\4"), count=2),
    "more records than are read": message(*[record(POINTER, 1, b"\1\2\3\4")] * (MOST_RECORDS + 1)),
    "65,535 records that are not there": message(count=65_535),
    "a name that ends nowhere": message(b"\1a" * 30_000),
    "a name that ends with the message": message(b"\1"),
    "a name that is a pointer to itself": message(record(AFTER, 1, b"\1\2\3\4")),
    "a pointer forward": message(record(b"\xc0\xff", 1, b"\1\2\3\4")),
    "half a pointer": message(b"\xc0"),
    "a label of another kind": message(record(b"\x41a\0", 1, b"\1\2\3\4")),
    "a name of 256 bytes": message(record(LONG[:-1] + b"\2xx\0", 1, b"\1\2\3\4")),
    "an address of three bytes": message(record(POINTER, 1, b"\1\2\3")),
    "an address of five bytes": message(record(POINTER, 1, b"\1\2\3\4\5")),
    "an MX without a name": message(record(POINTER, 15, b"\0\1")),
    "an alias and more": message(record(POINTER, 5, b"\1a\0x")),
    "a text longer than its record": message(record(POINTER, 16, b"\5abc")),
    "no text": message(record(POINTER, 16, b"")),
    "data beyond the message": message(POINTER + struct.pack("!HHIH", 1, 1, 60, 500) + b"\1\2\3\4"),
    "half a head of a record": message(POINTER + b"\0\1\0\1"),
    "something after its end": message() + b"\0",
}


@pytest.mark.parametrize("wire", BAD.values(), ids=BAD)
def test_what_is_no_message_is_a_failure_of_the_server(wire: bytes) -> None:
    with pytest.raises(Failure, match="the answer is no DNS message: "):
        reading(wire)


def test_pointers_within_pointers_end() -> None:
    """Each leads back to one before it; the last name is 127 pointers away from its end, or one too many."""
    start = 12 + len(QUESTION.section) + 12
    links = b"\0" + b"".join(struct.pack("!H", 0xC000 | start + max(0, 2 * i - 1)) for i in range(200))
    for pointers, good in ((127, True), (128, False)):
        last = struct.pack("!H", 0xC000 | start + 1 + 2 * (pointers - 2))
        wire = message(record(POINTER, 99, links), record(last, 1, b"\1\2\3\4"))
        if good:
            assert reading(wire)[0].sections[0][1].owner == b"\0"
        else:
            with pytest.raises(Failure):
                reading(wire)
