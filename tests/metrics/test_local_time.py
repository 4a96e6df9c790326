"""Local time for messages: what the clock on the wall said, says and will say, as zoneinfo has it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.metrics.local_time import HOUR_MS, stretches


def hour_of(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000 // HOUR_MS


@pytest.mark.parametrize(
    ("zone", "at", "told"),
    [
        (
            "Europe/London",
            "2026-11-02T00:00+00:00",
            [
                ("before", "BST", 3600, 0),
                ("now", "GMT", 0, int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp())),
                ("after", "BST", 3600, int(datetime(2027, 3, 28, 1, tzinfo=UTC).timestamp())),
            ],
        ),
        ("UTC", "2026-11-02T00:00+00:00", [("now", "UTC", 0, 0)]),
        ("Asia/Kolkata", "2026-11-02T00:00+00:00", [("now", "IST", 19_800, 0)]),
    ],
)
def test_a_zone_is_told_with_its_neighbouring_offsets(zone: str, at: str, told: list[tuple[object, ...]]) -> None:
    assert [tuple(one) for one in stretches(zone, hour_of(at))] == told


@pytest.mark.parametrize("zone", ["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-07-01", "2026-10-25", "2026-12-31"])
def test_the_stretch_that_holds_an_instant_says_what_the_wall_does(zone: str, day: str) -> None:
    """As the query picks it: the latest that began by then. Months around, hour by hour."""
    here = hour_of(f"{day}T00:00+00:00")
    found = stretches(zone, here)
    for hour in range(here - 24 * 60, here + 24 * 60):
        at_s = hour * HOUR_MS // 1000
        held = max((one for one in found if one.start_s <= at_s), key=lambda one: one.start_s)
        local = datetime.fromtimestamp(at_s, ZoneInfo(zone))
        offset = local.utcoffset()
        assert offset is not None
        assert (held.offset_s, held.zone) == (offset.total_seconds(), local.tzname())
