"""Instants are on the wall in the contract's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sla_monitor.wording.instants import (
    format_day,
    format_day_at,
    format_instant,
    format_minute,
    format_month,
    format_month_short,
    format_recent,
    format_stretch,
)

LONDON = ZoneInfo("Europe/London")
HOUR = 3_600_000


def test_times_are_in_the_zone_with_its_summer_time() -> None:
    assert format_instant(1_763_821_526_999, LONDON) == "22 Nov 2025 14:25:26 GMT"
    assert format_instant(1_751_373_000_000, LONDON) == "1 Jul 2025 13:30:00 BST"


def test_the_two_hours_of_autumn_are_told_apart() -> None:
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)
    assert format_instant(first, LONDON) == "25 Oct 2026 01:30:00 BST"
    assert format_instant(first + HOUR, LONDON) == "25 Oct 2026 01:30:00 GMT"
    assert format_stretch(first, first + HOUR, LONDON) == "25 Oct 2026 01:30:00 BST to 25 Oct 2026 01:30:00 GMT"


def test_a_stretch_says_its_day_once() -> None:
    start = int(datetime(2026, 9, 30, 23, 0, tzinfo=UTC).timestamp() * 1000)
    assert format_stretch(start, start + HOUR, LONDON) == "1 Oct 2026 00:00:00 to 01:00:00 BST"
    assert format_stretch(start, start + 24 * HOUR, LONDON) == "1 Oct 2026 00:00:00 BST to 2 Oct 2026 00:00:00 BST"
    assert format_stretch(start, None, LONDON) == "1 Oct 2026 00:00:00 BST, still open"


def test_the_date_is_left_out_when_it_is_todays_in_the_zone() -> None:
    before_midnight, after = 1_751_409_000_000, 1_751_412_600_000  # 23:30 and 00:30 in London, one day in UTC
    assert format_recent(before_midnight, LONDON, after) == "1 Jul 2025 23:30:00 BST"
    assert format_recent(before_midnight, LONDON, before_midnight) == "23:30:00 BST"
    assert format_minute(before_midnight, LONDON, after) == "23:30 on 1 Jul 2025"
    assert format_minute(before_midnight, LONDON, before_midnight) == "23:30"


def test_days_and_months_are_written_out() -> None:
    assert format_day(date(2026, 10, 3)) == "3 October 2026"
    assert format_day_at(1_751_412_600_000, LONDON) == "2 July 2025"
    assert format_month("2026-10") == "October 2026"
    assert format_month_short("2026-10") == "Oct 26"
