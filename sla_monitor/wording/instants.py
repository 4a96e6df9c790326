"""Instants, days and months, on the wall in the contract's zone. The zone's abbreviation tells the two hours of autumn
apart."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def format_instant(at_ms: int, zone: ZoneInfo) -> str:
    """`3 Oct 2026 14:05:00 BST`."""
    local = _local(at_ms, zone)
    return f"{_short_day(local)} {local:%H:%M:%S} {local.tzname()}"


def format_stretch(start_ms: int, end_ms: int | None, zone: ZoneInfo) -> str:
    """From an instant to another; the day is not said twice."""
    if end_ms is None:
        return f"{format_instant(start_ms, zone)}, still open"
    start, end = _local(start_ms, zone), _local(end_ms, zone)
    if start.date() == end.date() and start.tzname() == end.tzname():
        return f"{_short_day(start)} {start:%H:%M:%S} to {end:%H:%M:%S} {end.tzname()}"
    return f"{format_instant(start_ms, zone)} to {format_instant(end_ms, zone)}"


def format_recent(at_ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """An instant, without its date when that is today's."""
    local = _local(at_ms, zone)
    is_today = local.date() == _local(now_ms, zone).date()
    return f"{local:%H:%M:%S} {local.tzname()}" if is_today else format_instant(at_ms, zone)


def format_minute(at_ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """An instant to come, to the minute: a forecast knows no seconds."""
    local = _local(at_ms, zone)
    is_today = local.date() == _local(now_ms, zone).date()
    return f"{local:%H:%M}" + ("" if is_today else f" on {_short_day(local)}")


def format_day(on: date) -> str:
    """`3 October 2026`."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def format_date(on: date) -> str:
    """`3 Oct 2026`, where there are many of them."""
    return f"{on.day} {MONTHS[on.month - 1][:3]} {on.year}"


def format_day_at(at_ms: int, zone: ZoneInfo) -> str:
    """The day on the wall at an instant."""
    return format_day(_local(at_ms, zone).date())


def format_month(month: str) -> str:
    """`October 2026` for `2026-10`."""
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def format_month_short(month: str) -> str:
    """`Oct 26`."""
    return f"{MONTHS[int(month[5:7]) - 1][:3]} {month[2:4]}"


def _short_day(local: date) -> str:
    return format_date(local)


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, zone)
