"""A name server's message as people read it: dnspython's text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from sla_monitor.probe.resolving.dns_message import DnsMessage, Record
from sla_monitor.probe.resolving.name_server import TYPES

SECTIONS = ("ANSWER", "AUTHORITY", "ADDITIONAL")

for _type in TYPES:  # dnspython loads a type's module when it first meets the type: now, and not in the loop
    dns.rdata.get_rdata_class(dns.rdataclass.IN, dns.rdatatype.from_text(_type))  # type: ignore[no-untyped-call]


def rcode_of(message: DnsMessage) -> str:
    """`NXDOMAIN`."""
    return dns.rcode.to_text(dns.rcode.Rcode.make(message.rcode))


def message_text(message: DnsMessage, limit: int) -> str:
    return _joined(_lines(message), "\n", limit)


def records_text(records: Iterable[Record], limit: int) -> str:
    """Their data as zone files have it, in order: servers shuffle them."""
    return _joined((_data(record) for record in sorted(records, key=attrgetter("data"))), ", ", limit)


def _lines(message: DnsMessage) -> Iterator[str]:
    yield f"id {message.number}"
    yield f"rcode {rcode_of(message)}"
    yield f"flags {dns.flags.to_text(message.flags)}"
    for section, records in zip(SECTIONS, message.sections, strict=True):
        yield f";{section}"
        for record in records:
            kind = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(record.type))
            yield f"{dns.name.from_wire(record.owner, 0)[0]} {record.ttl} {kind} {_data(record)}"


def _data(record: Record) -> str:
    data = record.strings or record.data
    if not record.is_read:
        return f"\\# {len(data)} {data[:64].hex()}"
    return dns.rdata.from_wire("IN", dns.rdatatype.RdataType.make(record.type), data, 0, len(data)).to_text()


def _joined(texts: Iterator[str], between: str, limit: int) -> str:
    """As many as are worth making: a hostile server sends thousands."""
    taken, size = [], 0
    for text in texts:
        taken.append(text)
        size += len(text)
        if size > limit:
            break
    return between.join(taken)
