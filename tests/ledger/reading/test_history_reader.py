"""The history of single endpoints: the same spans as figures are made of, and one observation, verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.errors import LedgerDamaged
from sla_monitor.ledger import HistoryReader
from sla_monitor.sla.spans import Span
from tests.backfill.support import DOWN, HOUR, NOON, UP, Desk, desk_in, minutes
from tests.backfill.test_csv_file import OCTOBER, OUTAGES
from tests.ledger.recording.test_register_entries import spoil

KEYS = ["small/health", "small/records"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An endpoint that was seen up, down and up, and another that only an import tells of."""
    found = desk_in(tmp_path)
    found.see("health", [*minutes(-5, 3), *minutes(3, 6, DOWN), *minutes(6, 10), *minutes(40, 45)])
    return found


def test_its_spans_are_those_that_figures_are_made_of(desk: Desk) -> None:
    with HistoryReader(desk.ledger) as reader:
        kept, proven = reader.kept_spans(KEYS, NOON - HOUR, NOON + HOUR), reader.spans(NOON - HOUR, NOON + HOUR)
        assert kept == proven
        assert [one.outcome for one in kept["small/health"]] == [UP, DOWN, UP, UP]
        assert reader.kept_spans(["small/other"], 0, NOON + HOUR) == {}


def test_imports_are_among_them(desk: Desk) -> None:
    words = ["--kind", "outages", "--service", "custody", *OCTOBER]
    desk.told("ledger", "backfill", "csv", "small", desk.write("list.csv", OUTAGES), *words)
    with HistoryReader(desk.ledger) as reader:
        kept, proven = reader.kept_spans(KEYS, NOON, NOON + HOUR), reader.spans(NOON, NOON + HOUR)
        assert kept == proven
        assert DOWN in [one.outcome for one in kept["small/records"]]
        assert reader.first_seen_ms(["small/records"]) == reader.spans(0, NOON)["small/records"][0].start_ms


def test_it_knows_since_when_and_what_the_first_failed_probe_was(desk: Desk) -> None:
    with HistoryReader(desk.ledger) as reader:
        assert reader.first_seen_ms(KEYS) == NOON - 5 * 60_000
        assert reader.first_seen_ms(["small/other"]) is None
        down = next(one for one in reader.kept_spans(KEYS, 0, NOON + HOUR)["small/health"] if one.outcome is DOWN)
        found = reader.observation_at("small/health", down.start_ms)
        assert found is not None
        assert (found.at_ms, found.finding.outcome) == (down.start_ms, DOWN)
        assert reader.observation_at("small/health", down.start_ms + 1) is None
        assert reader.observation_at("small/records", down.start_ms) is None


def test_an_observation_that_was_altered_is_not_shown(desk: Desk) -> None:
    spoil(desk.ledger, f"update observations set duration_us = 1 where at_ms = {NOON + 3 * 60_000}")
    with HistoryReader(desk.ledger) as reader, pytest.raises(LedgerDamaged):
        reader.observation_at("small/health", NOON + 3 * 60_000)


def test_a_range_has_whole_spans(desk: Desk) -> None:
    with HistoryReader(desk.ledger) as reader:
        (one,) = reader.kept_spans(KEYS, NOON, NOON + 1)["small/health"]
        assert isinstance(one, Span)
        assert one.start_ms < NOON < one.end_ms
