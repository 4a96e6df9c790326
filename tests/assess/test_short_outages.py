"""Outages that a contract ignores for being short: what peers make of the time around them, and what is right."""

from __future__ import annotations

from pathlib import Path

from sla_monitor.contract.contract import Contract

from .two_files import contract_of, down, kpi, month_of, said

HOUR = 3_600_000
BOOKED = said({"kind": "maintenance", "start": "2026-06-10 01:00", "end": "2026-06-10 02:00"})


def ignoring(folder: Path, shortest: str) -> Contract:
    promise = {"id": "KPI1", "service": "cad", "target": 99, "counting": {"shortest_outage": shortest}}
    return contract_of(folder, kpis=[promise], maintenance={"approval": "none"})


def test_a_short_time_up_between_two_outages_stays_up(tmp_path: Path) -> None:
    """What is ignored is short outages; 59 seconds of service between two of five minutes are no outage."""
    outages = down(("2026-06-10 10:00:00", "2026-06-10 10:05:00"), ("2026-06-10 10:05:59", "2026-06-10 10:10:59"))
    found = kpi(month_of(tmp_path, ignoring(tmp_path, "1m"), "2026-06", outages))
    assert found.views["agreed"].downtime_ms == 600_000


def test_short_outages_on_both_sides_of_maintenance_are_not_joined(tmp_path: Path) -> None:
    """Forty seconds before it and forty after it are two outages of forty seconds, and not one of eighty."""
    outages = down(("2026-06-10 00:59:20", "2026-06-10 01:00:00"), ("2026-06-10 02:00:00", "2026-06-10 02:00:40"))
    found = kpi(month_of(tmp_path, ignoring(tmp_path, "1m"), "2026-06", outages, entries=BOOKED))
    assert found.views["agreed"].downtime_ms == 0


def test_an_outage_through_maintenance_is_judged_whole(tmp_path: Path) -> None:
    """An hour and eighty seconds, of which the hour does not count: the eighty seconds do."""
    outages = down(("2026-06-10 00:59:20", "2026-06-10 02:00:40"))
    found = kpi(month_of(tmp_path, ignoring(tmp_path, "1m"), "2026-06", outages, entries=BOOKED))
    assert found.views["agreed"].downtime_ms == 80_000
    assert found.views["gross"].downtime_ms == HOUR + 80_000


def test_an_outage_as_long_as_the_shortest_that_counts_counts(tmp_path: Path) -> None:
    """To the millisecond, and whole."""
    outages = down(("2026-06-10 10:00:00", "2026-06-10 10:01:00"), ("2026-06-11 10:00:00", "2026-06-11 10:00:59"))
    found = kpi(month_of(tmp_path, ignoring(tmp_path, "1m"), "2026-06", outages))
    assert found.views["agreed"].downtime_ms == 60_000
