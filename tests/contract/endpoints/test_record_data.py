"""Hosts, domain names, and the data of DNS records: what a contract may say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sla_monitor.contract.endpoints.domain_name import name_wire
from sla_monitor.contract.endpoints.record_data import EXAMPLES, record_wire
from tests.contract.support import endpoint, problems
from tests.probe.looking import terms

DNS = "id: e\nkind: dns\nserver: ns.example\nask: www.example\n"
PLACE = "services.custody.endpoints.e"


@pytest.mark.parametrize(
    ("host", "means"),
    [
        ("www.example", "www.example"),
        ("WWW.Example.", "WWW.Example."),
        ("intranet", "intranet"),
        ("_x-1.example", "_x-1.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_a_host_is_a_name_or_an_address(host: str, means: str) -> None:
    assert terms("tcp", host=host, port=1).host == means  # type: ignore[union-attr]
    if ":" not in host:
        assert terms("http", url=f"https://{host}:8443/a?b").url == f"https://{means}:8443/a?b"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "a..b", "a b", "a/b", "a:80", "192.0.2.999", "1.2.3", "::g", "a\0b", "a\\.b", "*.example"),
        *("x" * 64 + ".example", ".".join(["x" * 60] * 5), "ü\0.example", "xn--\u0301"),
    ],
)
def test_what_is_neither_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="is not a host name or an IP address"):
        terms("tcp", host=host, port=1)


def test_an_address_with_other_letters_beyond_its_host_is_refused() -> None:
    for url in ("https://www.example/ü", "https://www.example?ü", "https://xn--ü.example/"):
        with pytest.raises(ValidationError, match="without spaces"):
            terms("http", url=url)


MISTAKES = [
    ("ask: www.example", "ask: a..b", f"13:14: {PLACE}.ask: 'a..b' is not a domain name (labels of 1 to 63"),
    (None, "expect: [192.0.2]", f"14:18: {PLACE}.expect.0: '192.0.2' is not the data of an A record"),
    (
        None,
        "expect: [192.0.2.1, www.example]",
        f"14:29: {PLACE}.expect.1: 'www.example' is not the data of an A record",
    ),
    (None, "record: MX\nexpect: [mail.example]", f"15:18: {PLACE}.expect.0: 'mail.example' is not the data of an MX"),
    (
        None,
        "record: TXT\nexpect: ['\"a']",
        f"15:18: {PLACE}.expect.0: '\"a' is not the data of a TXT record (close every quote,",
    ),
    (
        None,
        "expect_rcode: NXDOMAIN\nexpect: [192.0.2.1]",
        f"15:17: {PLACE}.expect: says nothing beside expect_rcode: NXDOMAIN (leave one out)",
    ),
    (None, "expect_rcode: NX", f"14:23: {PLACE}.expect_rcode: "),
]


@pytest.mark.parametrize(("right", "wrong", "expected"), MISTAKES, ids=[wrong for _, wrong, _ in MISTAKES])
def test_an_expectation_that_no_answer_can_meet_is_told(
    tmp_path: Path, right: str | None, wrong: str, expected: str
) -> None:
    text = DNS.replace(right, wrong) if right else DNS + wrong
    found = problems(tmp_path, endpoint(text))
    assert len(found) == 1
    assert found[0].startswith(f"c.yaml:{expected}")


@pytest.mark.parametrize("record", EXAMPLES)
def test_every_example_is_one(record: str) -> None:
    assert record_wire(record, EXAMPLES[record])
    assert terms("dns", server="ns.example", ask="www.example", record=record, expect=[EXAMPLES[record]])


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ("A", "::1"),
        ("A", "192.0.2.01"),
        ("AAAA", "192.0.2.1"),
        ("AAAA", "fe80::1%eth0"),
        ("CNAME", ""),
        ("CNAME", "a b"),
        ("NS", "a..b"),
        ("MX", "65536 mail.example"),
        ("MX", "-1 mail.example"),
        ("MX", "x mail.example"),
        ("MX", "10 mail.example x"),
        ("SRV", "1 2 sip.example"),
        ("SOA", "ns.example admin.example 1 2 3 4"),
        ("SOA", "ns.example admin.example 1 2 3 4 4294967296"),
        ("TXT", '"a" b'),
        ("TXT", '"a\\"'),
        ("TXT", "a\\"),
        ("TXT", "\\256"),
        ("TXT", "\\25"),
    ],
)
def test_what_is_no_data_of_a_record_is_refused(record: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not the data of an? " + record):
        record_wire(record, text)


def test_names_in_wire_form() -> None:
    cases: dict[str, Any] = {
        ".": b"\0",
        "A.b": b"\1a\1b\0",
        r"a\.b.c.": b"\3a.b\1c\0",
        r"\065": b"\1a\0",
        "*._x": b"\1*\2_x\0",
        "x" * 63: b"\x3f" + b"x" * 63 + b"\0",
    }
    assert {name: name_wire(name) for name in cases} == cases
    for bad in ("", "a..b", ".a", "x" * 64, ".".join(["x" * 63] * 4), "a\\", r"a\999"):
        with pytest.raises(ValueError):
            name_wire(bad)
