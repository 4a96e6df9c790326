"""The daemon finds out that its record was changed, by three ways, and tells it; it goes on recording."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sla_monitor import names
from sla_monitor.board import Board
from sla_monitor.configuration import read_configuration
from sla_monitor.daemon import Daemon
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.background_jobs import CHECK_AFTER_MS
from sla_monitor.daemon.head_publishing import Heads
from sla_monitor.daemon.nightly import AGAIN_MS, CHECKING, DAY_MS, HOUR_MS, Nightly
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.ledger import Ledger
from sla_monitor.settings import Settings
from tests.fakes.clock import FakeClock
from tests.ledger.chaining.test_proof import MONTH, TERMS
from tests.ledger.chaining.test_verifying import edit, reseal
from tests.ledger.support import DEADLINE_S, DOWN, T0, UP, observed, opened, record_all

PROBES = 1_200
NOW_MS = T0 + PROBES * 10_000
MADE_UP = "update ended_spans set outcome = 1, reason = null where outcome = 3"
PUT_BACK = (
    "update ended_spans set outcome = 3, reason = (select id from reasons where name = 'timeout')"
    f" where (start_ms - {T0}) / 500000 % 3 = 2"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "custody.yaml").write_text(yaml.safe_dump(TERMS, sort_keys=False))
    (tmp_path / "sla-monitor.yaml").write_text("listen: 127.0.0.1:0\nledger: {path: ledger.db}\n")
    return tmp_path


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    with opened(folder / "ledger.db") as one:
        record_all(one, *(observed(index, DOWN if index // 50 % 3 == 2 else UP) for index in range(PROBES)))
        yield one


def unverified(verified: RecordVerification) -> list[str]:
    return [labels[0] for labels, value in verified.metrics()[names.LEDGER_UNVERIFIED] if value]


def test_figures_are_refused_and_the_last_good_ones_stay(
    folder: Path, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    contracts = read_configuration(folder / "sla-monitor.yaml").contracts
    board, verified = Board(NOW_MS, "main"), RecordVerification()
    assessing = Assessing(ledger, board, FakeClock(NOW_MS), verified)
    assessing.assess(lambda: contracts)
    before = board.assessment
    assert before is not None
    assert before.contracts[0].period.name == MONTH
    edit(folder / "ledger.db", MADE_UP)
    with caplog.at_level(logging.ERROR):
        assessing.assess(lambda: contracts)
        assessing.assess(lambda: contracts)
    assert board.assessment is before
    assert (unverified(verified), len(caplog.records)) == (["figures"], 1)
    assert "spans of custody/login" in str(verified.problem)
    record_all(ledger, observed(PROBES))
    assert ledger.stats().committed == PROBES + 1, "recording goes on"
    edit(folder / "ledger.db", PUT_BACK)
    assessing.assess(lambda: contracts)
    assert (unverified(verified), board.assessment is before) == ([], False)


def test_a_head_that_was_told_is_in_the_chain_for_ever(folder: Path, ledger: Ledger) -> None:
    verified = RecordVerification()
    heads = Heads(ledger, FakeClock(NOW_MS), Settings(), verified)
    heads.publish()
    record_all(ledger, observed(PROBES + 1))
    heads.publish()
    assert unverified(verified) == []
    edit(folder / "ledger.db", "update observations set duration_us = 7 where id = 3")
    reseal(folder / "ledger.db")
    heads.publish()
    assert unverified(verified) == ["heads"]
    assert "sealed anew" in str(verified.problem)


def test_the_whole_record_is_verified_by_night(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(folder / "ledger.db") as ledger:
        record_all(ledger, *map(observed, range(30)))
    nightly = Nightly(folder / "sla-monitor.yaml", CHECKING, T0 + CHECK_AFTER_MS)
    nightly.check(T0 + CHECK_AFTER_MS - 1)
    assert nightly._process is None
    finished(nightly, T0 + CHECK_AFTER_MS)
    assert (nightly.failing, nightly.done_ms) == (False, T0 + CHECK_AFTER_MS)
    nightly.check(T0 + 3 * HOUR_MS - 1)
    assert nightly._process is None
    edit(folder / "ledger.db", "update observations set status = 204 where id = 3")
    with caplog.at_level(logging.ERROR):
        finished(nightly, T0 + 3 * HOUR_MS)
    assert "observation 3 of custody/login" in str(nightly.problem)
    assert caplog.records[-1].__dict__["problem"] == nightly.problem
    nightly.check(T0 + 3 * HOUR_MS + AGAIN_MS - 1)
    assert nightly._process is None
    finished(nightly, T0 + DAY_MS)
    assert nightly.failing


def finished(nightly: Nightly, now_ms: int) -> None:
    nightly.check(now_ms)
    process = nightly._process
    assert process is not None
    process.wait(DEADLINE_S)
    nightly._finish(process, now_ms)


def test_the_daemon_tells_it_and_is_not_well(folder: Path) -> None:
    """A clock of its own, so that the hour after the start is over."""
    with opened(folder / "ledger.db") as ledger:
        record_all(ledger, *map(observed, range(30)))
    clock = FakeClock(T0 + 400_000)
    daemon = Daemon(folder / "sla-monitor.yaml", read_configuration(folder / "sla-monitor.yaml"), clock)
    try:
        edit(folder / "ledger.db", "update evidence set body = body; update observations set status = 204 where id = 3")
        clock.advance(CHECK_AFTER_MS)
        deadline = time.monotonic() + DEADLINE_S
        while daemon._verified.problem is None and time.monotonic() < deadline:
            daemon._errands.check_record()
            time.sleep(0.05)
        assert unverified(daemon._verified) == ["night"]
        reasons = " ".join(daemon._own.health().reasons)
        assert "the record does not verify" in reasons
        text = daemon._exporter.answer()[1].decode()
        assert 'sla_ledger_unverified{by="night"} 1.0' in text
        assert "sla_ledger_verified_timestamp_seconds 0.0" in text
    finally:
        daemon.stop()
