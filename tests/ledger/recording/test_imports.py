"""Imports beside a daemon that records, and under kill -9."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Any

from sla_monitor.assess import Cache, assess_month
from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.reading.own_ledger import Recorded
from sla_monitor.sla.observation import Finding, Observation
from tests.backfill.support import MINUTE, NOON, ROOT, UP, at, desk_in, minutes
from tests.evidence.support import entry, evidence

STATED = evidence(
    observed=[{"kind": "outages", "service": "custody", "outages": [{"start": at(0), "end": at(30)}]}],
)


def test_a_daemon_goes_on_recording_and_its_figures_take_the_import_in_and_give_it_up_again(tmp_path: Path) -> None:
    desk, contract, cache = desk_in(tmp_path), None, Cache()
    contract = desk.contract
    name = desk.write("october.json", STATED)
    with Ledger.open(desk.ledger, SystemClock(), commit_within_ms=1) as ledger:
        recorded = Recorded(ledger)

        def downtime_ms() -> int:
            found = assess_month(contract, recorded, "2026-10", SystemClock().now_ms(), cache=cache)
            return found.services[0].downtime_ms

        def see(first: int) -> None:
            for at_ms, outcome in minutes(first, first + 5):
                for endpoint in ("health", "records"):
                    ledger.record(Observation(f"small/{endpoint}", at_ms, Finding(outcome)), MINUTE)
            assert ledger.flush(30)

        see(10)
        assert downtime_ms() == 0
        desk.told("ledger", "import", name, "--yes")
        assert downtime_ms() == 25 * MINUTE
        see(20)
        assert downtime_ms() == 20 * MINUTE
        desk.told("ledger", "undo-import", "1", "--why", "No", "--yes")
        assert downtime_ms() == 0
        assert ledger.stats().dropped == 0
    assert desk.problems() == ()


def flapping(count: int) -> dict[str, Any]:
    spans = [
        {"start": at(minute), "end": at(minute + 1), "outcome": ("up", "down")[minute % 2]} for minute in range(count)
    ]
    said = [entry(number, {"kind": "minute", "month": "2026-10"}, note=f"{number}") for number in range(1, 200)]
    return evidence(observed=[{"kind": "spans", "endpoint": "health", "spans": spans}], entries=said)


def counts(path: Path) -> tuple[int, ...]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        several = ("imports", "imported_spans", "register", "endpoints")
        return tuple(connection.execute(f"select count(*) from {name}").fetchone()[0] for name in several)


def test_whoever_is_killed_has_brought_in_all_of_it_or_nothing(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    name, whole, size = desk.write("october.json", flapping(30_000)), None, 30_000
    command = [sys.executable, "-m", "sla_monitor", "ledger", "import", name, "--yes", "--actor", "ann"]
    command += ["--config", str(tmp_path / "sla-monitor.yaml")]
    whole = (1, size, 199, 1)
    wait_s, tried = 0.3, set[tuple[int, ...]]()
    while whole not in tried:
        with Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=DEVNULL, stderr=DEVNULL) as process:
            try:
                process.wait(wait_s)
            except TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        found = counts(desk.ledger)
        assert found in {(0, 0, 0, 0), whole}
        tried.add(found)
        wait_s *= 1.4
    assert (0, 0, 0, 0) in tried
    assert "is already import" in desk.problem("ledger", "import", name, "--yes", "--without-entries")
    assert counts(desk.ledger) == whole
    assert desk.problems() == ()
    assert desk.spans()[0].start_ms == NOON
    assert desk.spans()[0].outcome is UP
