"""Business time against a walk over every minute, through the changes of the clocks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sla_monitor.contract.calendars import DAYS, Calendar
from sla_monitor.contract.kpis.kpi import RatioKpi
from sla_monitor.periods.edges import Period, month_of
from sla_monitor.sla.indicators import EventCounts
from sla_monitor.sla.tickets import Stop, Ticket, business_ms, decided_tickets

MINUTE = 60_000
KPI = TypeAdapter(RatioKpi)
zones = st.sampled_from(["UTC", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
spans = st.tuples(st.integers(0, 47), st.integers(1, 48)).filter(lambda pair: pair[0] < pair[1])
weeks = st.dictionaries(st.sampled_from(DAYS), st.lists(spans, min_size=1, max_size=2))
starts = st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"])


def half_hours(number: int) -> time:
    return time.max if number == 48 else time(number // 2, number % 2 * 30)


def calendar_of(week: dict[str, list[tuple[int, int]]]) -> Calendar:
    hours = {day: [(half_hours(a), half_hours(b)) for a, b in several] for day, several in week.items()}
    return Calendar.model_construct(hours={day: tuple(each) for day, each in hours.items()}, closed_on=())


def walked(calendar: Calendar, zone: ZoneInfo, start: int, end: int, stops: list[tuple[int, int]]) -> int:
    """The obvious way: ask of every minute what the clock on the wall says."""
    found = 0
    for at in range(start, end, MINUTE):
        local = datetime.fromtimestamp(at / 1000, zone)
        hours = calendar.hours.get(DAYS[local.weekday()], ())
        is_open = any(a <= local.time() < b for a, b in hours)
        found += is_open and not any(a <= at < b for a, b in stops)
    return found * MINUTE


@settings(max_examples=60, deadline=None)
@given(weeks, zones, starts, st.integers(0, 3000), st.integers(0, 3000), st.data())
def test_business_time_agrees_with_a_walk_over_every_minute(
    week: dict[str, list[tuple[int, int]]], name: str, day: str, after: int, length: int, data: st.DataObject
) -> None:
    """Edges of hours that autumn tells twice are left out: the wall clock cannot say which of them is meant."""
    zone, calendar = ZoneInfo(name), calendar_of(week)
    start = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000 + after * MINUTE
    end = start + length * MINUTE
    pairs = st.tuples(st.integers(0, length), st.integers(0, length)).map(sorted)
    stops = [(start + a * MINUTE, start + b * MINUTE) for a, b in data.draw(st.lists(pairs, max_size=3))]
    if any(is_told_twice(calendar, zone, start + n * 86_400_000) for n in range(-1, length // 1440 + 2)):
        return
    assert business_ms(calendar, zone, start, end, stops) == walked(calendar, zone, start, end, stops)


def is_told_twice(calendar: Calendar, zone: ZoneInfo, at_ms: int) -> bool:
    """Whether an edge of the day's hours is a time that autumn tells twice."""
    day = datetime.fromtimestamp(at_ms / 1000, zone).date()
    edges = (edge for pair in calendar.hours.get(DAYS[day.weekday()], ()) for edge in pair if edge != time.max)
    told = [datetime.combine(day, edge, zone) for edge in edges]
    return any(one.astimezone(UTC) < one.replace(fold=1).astimezone(UTC) for one in told)


def test_the_hours_of_a_day_without_an_hour_are_shorter_and_those_of_the_working_day_are_not() -> None:
    """Sunday 29 March 2026 in London has 23 hours; Monday's eight to six are ten hours, an hour earlier in UTC."""
    london = ZoneInfo("Europe/London")
    sunday = int(datetime(2026, 3, 29, tzinfo=london).timestamp()) * 1000
    monday = int(datetime(2026, 3, 30, tzinfo=london).timestamp()) * 1000
    assert business_ms(None, london, sunday, monday) == 23 * 60 * MINUTE
    ops = calendar_of({"mon": [(16, 36)]})
    assert business_ms(ops, london, sunday, monday + 86_400_000) == 10 * 60 * MINUTE


def kpi(**terms: Any) -> RatioKpi:
    return KPI.validate_python({"id": "k", "indicator": "ratio_in_target", "target": 90, "within": "1h", **terms})


MONTH = month_of(int(datetime(2026, 6, 15, tzinfo=UTC).timestamp() * 1000), ZoneInfo("UTC"))


def counted(tickets: list[Ticket], period: Period = MONTH, now_ms: int | None = None, **terms: Any) -> EventCounts:
    return decided_tickets(tickets, kpi(**terms), None, ZoneInfo("UTC"), period, now_ms or period.end_ms)[0]


minutes = st.integers(-2000, 45_000)
tickets = st.lists(
    st.builds(
        lambda at, took, priority, stop: Ticket(
            f"{at}",
            priority,
            MONTH.start_ms + at * MINUTE,
            ended_ms=None if took is None else MONTH.start_ms + (at + took) * MINUTE,
            stops=(Stop(MONTH.start_ms + at * MINUTE, MONTH.start_ms + (at + stop) * MINUTE, "waiting"),),
        ),
        minutes,
        st.none() | st.integers(0, 200),
        st.sampled_from(["P1", "P2"]),
        st.integers(0, 100),
    ),
    max_size=20,
)
terms = st.fixed_dictionaries(
    {"counted_when": st.sampled_from(["opened", "ended"]), "clock": st.sampled_from([{}, {"stops": ["waiting"]}])}
)


@given(tickets, terms, st.randoms())
def test_the_order_of_tickets_does_not_matter(several: list[Ticket], rule: dict[str, Any], order: Any) -> None:
    mixed = several.copy()
    order.shuffle(mixed)
    assert counted(several, **rule) == counted(mixed, **rule)


@given(tickets, terms, st.integers(1, 43_199))
def test_a_month_cut_in_two_counts_every_ticket_once(several: list[Ticket], rule: dict[str, Any], cut: int) -> None:
    middle = MONTH.start_ms + cut * MINUTE
    first = counted(several, Period("a", MONTH.start_ms, middle), MONTH.end_ms, **rule)
    second = counted(several, Period("b", middle, MONTH.end_ms), MONTH.end_ms, **rule)
    whole = counted(several, **rule)
    assert (first.in_target + second.in_target, first.total + second.total) == (whole.in_target, whole.total)


@given(tickets, terms)
def test_stopping_the_clock_never_makes_a_ticket_late(several: list[Ticket], rule: dict[str, Any]) -> None:
    with_stops = counted(several, **{**rule, "clock": {"stops": ["waiting"]}})
    without = counted(several, **{**rule, "clock": {}})
    assert with_stops.total - with_stops.in_target <= without.total - without.in_target


def ticket(opened: int, **ends: int) -> Ticket:
    """Minutes into June 2026."""
    instants: dict[str, Any] = {f"{key}_ms": MONTH.start_ms + at * MINUTE for key, at in ends.items()}
    return Ticket("1", "P1", MONTH.start_ms + opened * MINUTE, **instants)


def test_exactly_in_time_is_in_target() -> None:
    assert counted([ticket(0, ended=60)]) == EventCounts(1, 1)
    assert counted([ticket(0, ended=61)]) == EventCounts(0, 1)


def test_a_response_is_judged_by_the_first_answer() -> None:
    assert counted([ticket(0, responded=30, ended=500)], measures="response") == EventCounts(1, 1)
    assert counted([ticket(0, ended=30)], measures="response") == EventCounts(1, 1)


def test_other_priorities_are_not_counted() -> None:
    assert counted([ticket(0, ended=1)], priorities=["P2"]) == EventCounts(0, 0)
    assert counted([ticket(0, ended=1)], priorities=["P1", "P2"]) == EventCounts(1, 1)


@pytest.mark.parametrize(("when", "expected"), [("opened", EventCounts(0, 1)), ("ended", EventCounts(0, 0))])
def test_a_ticket_belongs_to_the_month_that_the_contract_says(when: str, expected: EventCounts) -> None:
    open_still = ticket(0)
    assert counted([open_still], counted_when=when) == expected


def test_a_clock_that_is_stopped_still_is_stopped() -> None:
    waiting = Ticket("1", "P1", MONTH.start_ms, stops=(Stop(MONTH.start_ms + MINUTE, None, "waiting"),))
    assert counted([waiting], clock={"stops": ["waiting"]}) == EventCounts(0, 0)
    assert counted([waiting]) == EventCounts(0, 1)


def test_a_day_in_steps_adds_up() -> None:
    london, ops = ZoneInfo("Europe/London"), calendar_of({"sun": [(0, 48)], "mon": [(16, 36)]})
    begin = datetime(2026, 10, 25, tzinfo=london).astimezone(UTC)
    at = [int((begin + timedelta(minutes=n * 97)).timestamp()) * 1000 for n in range(30)]
    parts = [business_ms(ops, london, a, b) for a, b in itertools.pairwise(at)]
    assert sum(parts) == business_ms(ops, london, at[0], at[-1])
