"""Allowances of maintenance against a slow oracle, which counts the hours of May and June one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from .records import HOUR, JULY, JUNE, month_of_june, ms, one_version, with_outages

MAY = ms("2026-05-01T00:00:00+01:00")
HOURS_OF_MAY, HOURS = 31 * 24, 61 * 24
spans = st.tuples(st.integers(0, HOURS - 1), st.integers(1, 90)).map(lambda one: (one[0], min(sum(one), HOURS)))
Hours = set[int]


def at(hour: int) -> str:
    return datetime.fromtimestamp((MAY + hour * HOUR) / 1000, UTC).isoformat()


def first(hours: Hours, most: int) -> Hours:
    return set(sorted(hours)[:most])


def left_out(rules: dict[str, Any], booked: list[tuple[int, int]], down: Hours) -> Hours:
    """The hours of June that are excluded. The year, by contract and by calendar, begins before May."""
    most, june = int(rules["allowance"][:-1]), set(range(HOURS_OF_MAY, HOURS))
    each = [set(range(*span)) for span in booked]
    if rules["allowance_used_by"] == "downtime":
        each = [one & down & june for one in each]
    if rules["allowance_over"] == "booking":
        return set[int]().union(*(first(one, most) for one in each)) & june
    together = set[int]().union(*each)
    return first(together & june if rules["allowance_over"] == "month" else together, most) & june


@st.composite
def terms_of_maintenance(draw: st.DrawFn) -> dict[str, Any]:
    used_by = draw(st.sampled_from(["booking", "downtime"]))
    over = ["month", "booking", *(["contract_year", "calendar_year"] if used_by == "booking" else [])]
    most = draw(st.sampled_from([1, 5, 40, 200]))
    plain = {"approval": "none", "allowance": f"{most}h", "allowance_used_by": used_by}
    return {**plain, "allowance_over": draw(st.sampled_from(over))}


@given(terms_of_maintenance(), st.lists(spans, max_size=6), st.lists(spans, max_size=6))
@settings(max_examples=150, deadline=None)
def test_every_hour_is_counted_as_the_allowance_says(
    rules: dict[str, Any], booked: list[tuple[int, int]], outages: list[tuple[int, int]]
) -> None:
    down: Hours = set().union(*(range(*span) for span in outages))
    runs = [(MAY + hour * HOUR, MAY + (hour + 1) * HOUR) for hour in sorted(down)]
    said = [{"kind": "maintenance", "start": at(start), "end": at(end)} for start, end in booked]
    found = month_of_june(one_version(maintenance=rules), said, login=with_outages(MAY, JULY, *runs))
    agreed, june = found.kpis[0].views["agreed"], set(range(HOURS_OF_MAY, HOURS))
    excluded = left_out(rules, booked, down)
    assert agreed.base_ms == len(june - excluded) * HOUR
    assert agreed.downtime_ms == len((down & june) - excluded) * HOUR
    assert JUNE + len(june) * HOUR == JULY
