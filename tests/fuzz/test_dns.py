"""A short run, and that a failure would be seen."""

from __future__ import annotations

import pytest

from sla_monitor.probe.resolving import dns_message
from tests.fuzz import dns
from tests.fuzz.log import LOG

QUESTION = b"\0\1\1\0\0\1\0\0\0\0\0\0\2s1\7example\0\0\1\0\1"


def test_mutated_messages_are_judged() -> None:
    before = LOG.counts.total()
    assert dns.run(1_500, 3) == []
    assert LOG.counts.total() - before == 1_500
    seen = {(kind, outcome) for kind, outcome, _ in LOG.counts}
    assert {("dns", "up"), ("dns", "down"), ("name", "addresses"), ("name", "none")} <= seen


def test_a_traceback_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_message, "_name", lambda *_: 1 // 0)
    failed = dns.run(300, 3)
    assert failed
    assert "ZeroDivisionError" in failed[0]


def test_a_case_is_made_of_its_seed_and_its_number() -> None:
    assert dns.make(3, 9, QUESTION) == dns.make(3, 9, QUESTION) != dns.make(4, 9, QUESTION)
