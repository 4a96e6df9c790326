"""Spans can always be worked out again, and come out the same."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.errors import LedgerLocked
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.reading import reader
from tests.ledger.support import DEADLINE_S, DOWN, FOREVER_MS, T0, UP, observed, opened


def ignore(done: int, total: int) -> None:
    """Nobody watches the progress here."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three endpoints; outages, gaps, duplicates, late observations, and intervals that change on the way."""
    choose = random.Random(7)
    path = tmp_path / "ledger.db"
    with opened(path, commit_within_ms=1) as ledger:
        for index in range(3_000):
            observation = observed(index // 3, choose.choice([UP, UP, DOWN]), f"custody/{index % 3}")
            if choose.random() < 0.05:
                continue
            every_ms = 10_000 if index < 1_000 else 5_000
            for _ in range(1 + (choose.random() < 0.1)):
                ledger.record(observation, every_ms)
            if choose.random() < 0.05:
                ledger.record(observed(index // 3 - 5, DOWN, f"custody/{index % 3}"), every_ms)
        assert ledger.flush(DEADLINE_S)
    return path


def test_rebuilt_spans_equal_those_kept_as_the_observations_came_in(path: Path) -> None:
    with opened(path) as ledger:
        before = ledger.spans(0, FOREVER_MS)
    assert sum(map(len, before.values())) > 100
    assert rebuild_spans(path, ignore) == 0
    with opened(path) as ledger:
        assert ledger.spans(0, FOREVER_MS) == before


@pytest.mark.parametrize(
    "spoil",
    [
        "delete from ended_spans",
        "delete from last_spans",
        "update ended_spans set end_ms = end_ms + 1 where endpoint_id = 2",
        "update last_spans set outcome = 3",
    ],
)
def test_spoiled_spans_are_found_and_repaired(path: Path, spoil: str) -> None:
    with opened(path) as ledger:
        before = ledger.spans(0, FOREVER_MS)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(spoil)
    assert "disagree with the observations" in check(path, ignore).problems[0]
    assert rebuild_spans(path, ignore) > 0
    assert check(path, ignore).problems == ()
    with opened(path) as ledger:
        assert ledger.spans(0, FOREVER_MS) == before


def test_spans_are_not_rebuilt_under_a_running_daemon(path: Path) -> None:
    with opened(path), pytest.raises(LedgerLocked, match="stop it first"):
        rebuild_spans(path, ignore)


def test_spans_of_any_range_are_found_without_reading_the_observations(path: Path) -> None:
    """However long the history is: the plan must not touch the observations, nor scan the ended spans."""

    with closing(sqlite3.connect(path)) as database:
        given = {"start_ms": T0, "end_ms": T0 + 1}
        plan = [row[3] for row in database.execute(f"explain query plan {reader._ENDED}", given)]
    assert not [line for line in plan if "observations" in line or "SCAN s" in line or "SCAN b" in line]
