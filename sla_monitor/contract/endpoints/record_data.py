"""The data of DNS records as people write it, brought to the wire form in which two of them are compared.

Text would not do: an IPv6 address, a name and a TXT record can each be written in many ways that mean the same.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from sla_monitor.contract.endpoints.domain_name import name_wire, unescape

EXAMPLES = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "CNAME": "www.example.org",
    "MX": "10 mail.example.org",
    "NS": "ns1.example.org",
    "SOA": "ns1.example.org hostmaster.example.org 2026010101 7200 3600 1209600 300",
    "SRV": "10 5 5060 sip.example.org",
    "TXT": "v=spf1 -all",
}
"""The record types that can be asked for, each with what one looks like."""

_NAME = 0
_FIELDS = {
    "CNAME": (_NAME,),
    "MX": (16, _NAME),
    "NS": (_NAME,),
    "SOA": (_NAME, _NAME, 32, 32, 32, 32, 32),
    "SRV": (16, 16, 16, _NAME),
}
"""What such a record is made of: names, and numbers of so many bits."""

_STRINGS = re.compile(r'\s*"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*\s*', re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def record_wire(record: str, text: str) -> bytes:
    """A record's data in canonical wire form (RFC 4034, 6.2); of TXT the joined strings. Raises ValueError."""
    try:
        if record == "A":
            return IPv4Address(text.strip()).packed
        if record == "AAAA":
            return _ipv6(text.strip())
        return _text(text) if record == "TXT" else _fields(_FIELDS[record], text.split())
    except ValueError as error:
        raise ValueError(f"{text!r} is not the data of {_article(record)} record ({_why(record, error)})") from None


def _ipv6(text: str) -> bytes:
    address = IPv6Address(text)
    if address.scope_id is not None:
        raise ValueError
    return address.packed


def _text(text: str) -> bytes:
    """Strings in quotes are one text, as their readers join them (RFC 7208, 3.3); without quotes it is as it is."""
    if not text.lstrip().startswith('"'):
        return unescape(text)
    if not _STRINGS.fullmatch(text):
        raise ValueError('close every quote, and write \\" for one within')
    return b"".join(unescape(string) for string in _STRING.findall(text))


def _fields(kinds: tuple[int, ...], fields: list[str]) -> bytes:
    if len(fields) != len(kinds):
        raise ValueError
    return b"".join(_field(bits, field) for bits, field in zip(kinds, fields, strict=True))


def _field(bits: int, field: str) -> bytes:
    if bits == _NAME:
        return name_wire(field)
    if not (field.isascii() and field.isdecimal() and len(field) <= 10 and int(field) < 1 << bits):
        raise ValueError
    return int(field).to_bytes(bits // 8, "big")


def _article(record: str) -> str:
    return f"{'an' if record[0] in 'AMNS' else 'a'} {record}"


def _why(record: str, error: ValueError) -> str:
    return str(error) if record == "TXT" else f"write for example {EXAMPLES[record]}"
