"""A short run of each kind, and that a failure would be seen."""

from __future__ import annotations

from random import Random

import pytest

from sla_monitor.probe.exchange import answer
from tests.fuzz import http, tls
from tests.fuzz.log import LOG
from tests.fuzz.mutate import MOST_BYTES, mutated


def test_mutated_http_answers_are_judged() -> None:
    before = LOG.counts.total()
    assert http.run(1_500, 3) == []
    assert LOG.counts.total() - before == 1_500
    assert {"up", "down"} <= {outcome for kind, outcome, _ in LOG.counts if kind == "http"}


def test_mutated_tls_is_judged() -> None:
    assert tls.run(200, 3) == []
    assert {"up", "down"} <= {outcome for kind, outcome, _ in LOG.counts if kind == "tls"}


def test_a_traceback_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "_framing", lambda *_: 1 // 0)
    failed = http.run(300, 3)
    assert failed
    assert "ZeroDivisionError" in failed[0]


def test_a_case_is_made_of_its_seed_and_its_number() -> None:
    assert http.make(3, 9) == http.make(3, 9) != http.make(4, 9)
    assert all(len(mutated(b"x" * 99, Random(seed), (b"y" * 500,))) <= MOST_BYTES for seed in range(500))
