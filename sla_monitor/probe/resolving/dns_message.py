"""A name server's message, read in steps: 64 KiB may hold thousands of records, and none of them holds anybody up.

Ours and not dnspython's, which reads a whole message at once and takes milliseconds for a name of 127 labels
(docs/dependencies.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from sla_monitor.probe.loop import Loop
from sla_monitor.probe.resolving.name_server import HEADER, INTERNET, RCODE, TYPES, DnsQuestion
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

MOST_RECORDS = 1_000

STEP = 1_024
"""Bytes of names and data that are read before the others have a turn. Twenty usual records have so many."""

READ_SIZE = 4_096
"""Bytes of a record's data that are read, 2 ms at the worst; larger data, and data of other types, stays as it came."""

MOST_ALIASES = 16
"""CNAMEs that are followed, as resolvers do."""

_FIXED = Struct("!HHIH")
_NAME_SIZE, _MOST_POINTERS = 255, 127
_LAYOUTS = {
    TYPES["A"]: (4, 0, 0),
    TYPES["AAAA"]: (16, 0, 0),
    TYPES["CNAME"]: (0, 1, 0),
    TYPES["MX"]: (2, 1, 0),
    TYPES["NS"]: (0, 1, 0),
    TYPES["SOA"]: (0, 2, 20),
    TYPES["SRV"]: (6, 1, 0),
}
"""Of a record's data: bytes, then names, then bytes."""


@dataclass(frozen=True, slots=True)
class Record:
    """`owner`: its name, and `data` as `contract.record_data` has it: both in wire form and lower case. `is_read`: the
    data is of the Internet, and of a type and a size that are read. `strings`: of TXT, before they were joined.
    """

    owner: bytes
    type: int
    is_read: bool
    ttl: int
    data: bytes
    strings: bytes = b""


@dataclass(frozen=True, slots=True)
class DnsMessage:
    """`sections`: answers, authorities, additional records, each in the order in which they came."""

    number: int
    flags: int
    sections: tuple[tuple[Record, ...], ...]

    @property
    def rcode(self) -> int:
        return self.flags & RCODE

    @property
    def is_referral(self) -> bool:
        """Whether the server only names others (RFC 2308, 2.2)."""
        types = {record.type for record in self.sections[1]}
        return TYPES["NS"] in types and TYPES["SOA"] not in types

    def records_of(self, question: DnsQuestion) -> list[Record]:
        """The records of the type that was asked for, of the name that was asked for or of what its aliases lead to.
        Others are none of the question's business."""
        answers = [record for record in self.sections[0] if record.is_read]
        targets = {record.owner: record.data for record in answers if record.type == TYPES["CNAME"]}
        names = [question.name]
        while len(names) <= MOST_ALIASES and names[-1] in targets:
            names.append(targets[names[-1]])
        return [record for record in answers if record.type == question.type and record.owner in names]


async def read(wire: bytes, question: DnsQuestion, loop: Loop) -> DnsMessage:
    """A message that answers the question. Raises Failure."""
    number, flags, questions, *counts = HEADER.unpack_from(wire)
    if sum(counts) > MOST_RECORDS:
        raise _unreadable(f"it has more than {MOST_RECORDS} records")
    at = HEADER.size + (len(question.section) if questions else 0)
    sections: list[tuple[Record, ...]] = []
    step = 0
    for count in counts:
        records: list[Record] = []
        while len(records) < count:
            try:
                record, at = _record(wire, at)
            except IndexError:
                raise _unreadable(f"it ends within a record, after {len(wire)} bytes") from None
            records.append(record)
            step += 32 + len(record.owner) + len(record.strings or record.data)
            if step > STEP:
                step = 0
                await loop.yield_control(at)
        sections.append(tuple(records))
    if at != len(wire):
        raise _unreadable(f"{len(wire) - at} bytes follow its end")
    return DnsMessage(number, flags, tuple(sections))


def _record(wire: bytes, at: int) -> tuple[Record, int]:
    """The record at a place, and where it ends. Raises IndexError for one that goes beyond the message."""
    owner, at = _name(wire, at)
    if at + _FIXED.size > len(wire):
        raise IndexError
    kind, klass, ttl, size = _FIXED.unpack_from(wire, at)
    at += _FIXED.size
    end = at + size
    if end > len(wire):
        raise IndexError
    if klass == INTERNET and size <= READ_SIZE:
        if kind == TYPES["TXT"]:
            return Record(owner, kind, True, ttl, _joined(wire, at, end), wire[at:end]), end
        if kind in _LAYOUTS:
            return Record(owner, kind, True, ttl, _lowered(wire, _LAYOUTS[kind], at, end)), end
    return Record(owner, kind, False, ttl, wire[at:end]), end


def _joined(wire: bytes, at: int, end: int) -> bytes:
    strings = []
    while at < end:
        strings.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    if at != end or not strings:
        raise _unreadable("a text is longer or shorter than its record")
    return b"".join(strings)


def _lowered(wire: bytes, layout: tuple[int, int, int], at: int, end: int) -> bytes:
    before, names, after = layout
    parts = [wire[at : at + before]]
    at += before
    for _ in range(names):
        name, at = _name(wire, at)
        parts.append(name)
    parts.append(wire[at : at + after])
    if at + after != end:
        raise _unreadable("the data of a record is longer or shorter than it says")
    return b"".join(parts)


def _name(wire: bytes, at: int) -> tuple[bytes, int]:
    """A name in lower case, and where it ends."""
    labels, size, pointers = [], 1, 0
    after, floor = 0, at
    while count := wire[at]:
        if count < 64:
            labels.append(wire[at : at + count + 1])
            size += count + 1
            at += count + 1
        elif count >= 192:
            target = (count & 63) << 8 | wire[at + 1]
            after, pointers = after or at + 2, pointers + 1
            if target >= floor or pointers > _MOST_POINTERS:
                raise _unreadable("a compressed name leads nowhere")
            at = floor = target
        else:
            raise _unreadable("a label of a kind that there is not")
        if size > _NAME_SIZE:
            raise _unreadable("a name is longer than 255 bytes")
    labels.append(b"\0")
    # The lengths before the labels, at most 63, are no capitals.
    return b"".join(labels).lower(), after or at + 1


def _unreadable(why: str) -> Failure:
    return Failure(Reason.PROTOCOL_ERROR, f"the answer is no DNS message: {why}")
