"""Response times of the last months: each day is worked out once, kept, and read again after a start."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sla_monitor.daemon.response_history import LATE_MS, ResponseHistory
from sla_monitor.ledger import HistoryReader, Ledger, Recorded
from sla_monitor.ledger.housekeeping.checking import check
from tests.fakes.clock import FakeClock
from tests.web import recorded

DAY_MS = 86_400_000
HOUR = 3_600_000


def test_days_are_worked_out_once_and_kept(tmp_path: Path) -> None:
    clock, path, contracts = FakeClock(recorded.NOW_MS), tmp_path / "ledger.db", [recorded.contract()]
    with Ledger.open(path, clock) as ledger:
        for number, seen in enumerate(recorded.probes("webmail", days=50)):
            ledger.record(seen, HOUR)
            assert number % 200 or ledger.flush(20)
        assert ledger.flush(20)
        first = ResponseHistory(lambda: HistoryReader(path), Recorded(ledger).keep, clock)
        first.turn(contracts)
        days, months = first.of("partnership", "endpoint webmail")
        assert (days[0].on, days[-1].on) == (date(2026, 10, 1), date(2026, 11, 19))
        assert date(2026, 10, 20) not in {one.on for one in days}, "nobody saw anything"
        assert [(one.on, one.count) for one in months] == [
            (date(2026, 10, 1), sum(one.count for one in days if one.on.month == 10)),
            (date(2026, 11, 1), sum(one.count for one in days if one.on.month == 11)),
        ]
        assert first.of("partnership", "service mail") == (days, months)
        again = ResponseHistory(lambda: HistoryReader(path), _never, clock)
        again.turn(contracts)
        assert again.of("partnership", "endpoint webmail") == (days, months)
        assert again.of("partnership", "endpoint portal") == ((), ())
    assert check(path, lambda done, total: None).problems == ()


def _never(digest: str, body: str) -> None:
    raise AssertionError("it was kept already")


def test_a_day_is_told_once_it_is_over_and_nothing_is_opened_before(tmp_path: Path) -> None:
    clock, path, contracts = FakeClock(recorded.NOW_MS), tmp_path / "ledger.db", [recorded.contract()]
    opened: list[int] = []

    def reader() -> HistoryReader:
        opened.append(clock.now_ms())
        return HistoryReader(path)

    with Ledger.open(path, clock) as ledger:
        for seen in recorded.probes("webmail", days=3):
            ledger.record(seen, HOUR)
        assert ledger.flush(20)
    history = ResponseHistory(reader, lambda digest, body: None, clock)
    history.turn(contracts)
    history.turn(contracts)
    assert len(opened) == 1
    clock.step(10 * HOUR + LATE_MS)
    history.turn(contracts)
    days, _ = history.of("partnership", "endpoint webmail")
    assert days[-1].on == date(2026, 11, 20)
    assert len(opened) == 2


def test_a_ledger_that_cannot_be_read_is_asked_again(tmp_path: Path) -> None:
    clock, path, contracts = FakeClock(recorded.NOW_MS), tmp_path / "ledger.db", [recorded.contract()]
    history = ResponseHistory(lambda: HistoryReader(path), lambda digest, body: None, clock)
    history.turn(contracts)
    assert history.of("partnership", "endpoint webmail") == ((), ())
    with Ledger.open(path, clock) as ledger:
        for seen in recorded.probes("webmail", days=3):
            ledger.record(seen, HOUR)
        assert ledger.flush(20)
    history.turn(contracts)
    assert history.of("partnership", "endpoint webmail")[0]
