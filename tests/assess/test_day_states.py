"""Days on the wall: how long a service or an endpoint was what, and nothing before it was watched."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.assess import Cache
from sla_monitor.assess.day_states import DayState, days_until, endpoint_days, service_days
from sla_monitor.assess.history import contract_context_of
from sla_monitor.assess.month import assess_month
from sla_monitor.sla.observation import Outcome

from .records import DAY, DEGRADED, DOWN, HOUR, JUNE, MINUTE, UNKNOWN, UP, Record, one_version, service, span
from .records import entries as entries_of
from .records import ms as at
from .records import with_outages as seen

NOW = JUNE + 10 * DAY + 6 * HOUR
PLAIN = one_version()
TODAY = date(2026, 6, 11)


def test_a_day_in_autumn_has_twenty_five_hours() -> None:
    now_ms = at("2026-10-26T12:00:00+00:00")
    spans = [span(now_ms - 5 * DAY, now_ms, UP)]
    *_, change, today = endpoint_days(spans, days_until(now_ms, 3, PLAIN), spans[0].start_ms, now_ms)
    assert (change.on, change.up_ms) == (date(2026, 10, 25), 25 * HOUR)
    assert (today.up_ms, today.unknown_ms) == (12 * HOUR, 0)


def test_what_lies_before_the_first_probe_is_not_unknown() -> None:
    first_ms = NOW - 30 * HOUR
    days = endpoint_days([span(first_ms, NOW, UP)], days_until(NOW, 4, PLAIN), first_ms, NOW)
    assert [(day.is_watched, day.up_ms, day.unknown_ms) for day in days] == [
        (False, 0, 0), (False, 0, 0), (True, 24 * HOUR, 0), (True, 6 * HOUR, 0),
    ]  # fmt: skip
    assert endpoint_days([], days_until(NOW, 2, PLAIN), None, NOW)[1] == DayState(days[-1].on)


def test_a_gap_is_unknown_and_never_up() -> None:
    first, second = span(NOW - 4 * DAY, NOW - 3 * DAY, UP), span(NOW - DAY, NOW, UP)
    days = endpoint_days([first, second], days_until(NOW, 4, PLAIN), first.start_ms, NOW)
    assert [day.state for day in days] == [UP, UNKNOWN, UP, UP]
    assert days[1].availability_ratio is None
    assert days[1].unknown_ratio == 1


@pytest.mark.parametrize(
    ("day", "state", "availability"),
    [
        (DayState(TODAY, True, 10, 5, 1, 4), DOWN, Fraction(15, 16)),
        (DayState(TODAY, True, 10, 5, 0, 4), DEGRADED, 1),
        (DayState(TODAY, True, 0, 0, 0, 4), UNKNOWN, None),
        (DayState(TODAY, True, 0, 0, 0, 0, 9), None, None),
    ],
)
def test_a_day_is_the_worst_that_was_seen(day: DayState, state: Outcome | None, availability: Fraction | None) -> None:
    assert (day.state, day.availability_ratio) == (state, availability)


SPANS = st.lists(st.tuples(st.integers(1, 500), st.sampled_from([UP, DOWN, DEGRADED, UNKNOWN, None])), max_size=12)


@given(SPANS)
def test_the_classes_tile_the_time_that_was_watched(parts: list[tuple[int, Outcome | None]]) -> None:
    at_ms, spans = NOW - 4 * DAY, []
    for minutes, outcome in parts:
        end_ms = min(at_ms + minutes * MINUTE, NOW)
        if outcome is not None and at_ms < end_ms:
            spans.append(span(at_ms, end_ms, outcome))
        at_ms = end_ms
    first_ms = spans[0].start_ms if spans else None
    days = endpoint_days(spans, days_until(NOW, 6, PLAIN), first_ms, NOW)
    assert sum(day.seen_ms + day.unknown_ms for day in days) == (NOW - first_ms if first_ms is not None else 0)


def test_the_days_of_a_service_add_up_to_its_months() -> None:
    """Over the edge of a month, with a correction, agreed maintenance and office hours."""
    contract = one_version(
        services=[service("cad", service_hours="office")],
        maintenance={"approval": "none"},
    )
    outages = [(JUNE - 30 * HOUR, JUNE + 10 * HOUR), (JUNE + 2 * DAY + 9 * HOUR, JUNE + 2 * DAY + 12 * HOUR)]
    spans = seen(JUNE - 20 * DAY, NOW, *outages)
    said = entries_of(
        {"kind": "maintenance", "start": "2026-06-01T08:00+01:00", "end": "2026-06-01T09:00+01:00"},
        {"kind": "correction", "start": "2026-06-03T10:00+01:00", "end": "2026-06-03T10:30+01:00",
         "endpoints": ["login"], "outcome": "up"},
        {"kind": "decision", "about": 2, "granted": True},
    )  # fmt: skip
    record = Record({"login": spans}, said=said)
    context = contract_context_of(contract, record, NOW, Cache())
    days = service_days(context, "cad", days_until(NOW, 20, contract), spans[0].start_ms)
    for month in ("2026-05", "2026-06"):
        (assessed,) = assess_month(contract, record, month, NOW).services
        ours = [day for day in days if f"{day.on:%Y-%m}" == month]
        assert sum(day.down_ms for day in ours) == assessed.downtime_ms
    june = {day.on.day: day for day in days if day.on.month == 6}
    assert (june[1].down_ms, june[1].excluded_ms, june[1].up_ms) == (HOUR, HOUR, 8 * HOUR)
    assert june[3].down_ms == 150 * MINUTE
    assert june[6].state is None, "a Saturday"
