"""Downtime by day, from a contract file and what was seen: whole outages, cut at midnight, added up in windows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.assess.downtime_by_day import downtime_by_day
from sla_monitor.assess.history import Cache, contract_context_of
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.sla.results import DayDowntime, PeriodResult

from .records import DAY, HOUR, JULY, JUNE, MINUTE, Record, month_of_june, one_version, with_outages
from .two_files import contract_of, down, kpi, month_of, said

JUNE_MONTH = "2026-06"


def trigger(**condition: Any) -> list[dict[str, Any]]:
    return [{"id": "chronic", "conditions": [condition], "effects": ["termination_right"]}]


def fired(folder: Path, month: str, *outages: tuple[str, str | None], **more: Any) -> list[tuple[str | None, str]]:
    """On which day, and the working."""
    changes = {key: more.pop(key) for key in ("kpis", "maintenance", "term", "versions") if key in more}
    condition = more.pop("condition")
    contract = contract_of(folder, triggers=trigger(**condition), **changes)
    result = month_of(folder, contract, month, down(*outages), **more).result
    assert result is not None
    return [(f"{one.on}", one.working[0].formula) for one in result.triggers]


DAY_AND_MORE = {"measure": "downtime_hours", "kpis": ["KPI1"], "days": 30, "more_than": 24}
OUTAGES = {"measure": "outages", "kpis": ["KPI1"], "days": 30, "more_than": 1}


def test_an_outage_over_the_end_of_a_month_is_cut_at_midnight(tmp_path: Path) -> None:
    found = fired(tmp_path, JUNE_MONTH, ("2026-05-31 10:00", "2026-06-01 10:01"), condition=DAY_AND_MORE)
    assert found == [("2026-06-01", "14 (2026-05-31) + 10.0166666666… (2026-06-01)")]


def test_an_outage_over_the_end_of_a_month_is_one(tmp_path: Path) -> None:
    over = ("2026-05-31 23:00", "2026-06-01 01:00")
    assert fired(tmp_path, JUNE_MONTH, over, condition=OUTAGES) == []
    found = fired(tmp_path, JUNE_MONTH, over, ("2026-06-20 10:00", "2026-06-20 10:10"), condition=OUTAGES)
    assert found == [("2026-06-20", "1 (2026-05-31) + 1 (2026-06-20)")]


def test_a_quarterly_kpi_has_days_in_each_of_its_months(tmp_path: Path) -> None:
    quarterly = [{"id": "KPI1", "service": "cad", "target": 99, "measurement_months": 3}]
    outages = (("2026-05-02 10:00", "2026-05-02 11:00"), ("2026-05-03 10:00", "2026-05-03 11:00"))
    found = fired(tmp_path, "2026-05", *outages, condition=OUTAGES, kpis=quarterly)
    assert found == [("2026-05-03", "1 (2026-05-02) + 1 (2026-05-03)")]


def test_what_is_excluded_is_no_downtime_and_no_outage(tmp_path: Path) -> None:
    booked = said({"kind": "maintenance", "start": "2026-06-10 10:00", "end": "2026-06-10 12:00"})
    outages = (("2026-06-10 10:00", "2026-06-10 12:00"), ("2026-06-11 10:00", "2026-06-11 10:10"))
    assert fired(tmp_path, JUNE_MONTH, *outages, condition=OUTAGES) == [
        ("2026-06-11", "1 (2026-06-10) + 1 (2026-06-11)")
    ]
    free = {"approval": "none"}
    assert fired(tmp_path, JUNE_MONTH, *outages, condition=OUTAGES, entries=booked, maintenance=free) == []


def test_a_trigger_of_a_later_version_looks_back_before_it(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, triggers=[{"from": "2026-06-01"} | trigger(**DAY_AND_MORE)[0]])
    outages = down(("2026-05-20 02:00", "2026-05-20 16:00"), ("2026-06-05 08:00", "2026-06-05 19:00"))
    may, june = (month_of(tmp_path, contract, month, outages).result for month in ("2026-05", JUNE_MONTH))
    assert may is not None
    assert june is not None
    assert ([one.trigger for one in may.triggers], [f"{one.on}" for one in june.triggers]) == ([], ["2026-06-05"])


def test_a_window_ends_with_the_term(tmp_path: Path) -> None:
    last = {"start": "2026-01-15", "end": "2026-06-15"}
    outages = (("2026-06-15 00:00", "2026-06-16 12:00"),)
    day = {"measure": "downtime_hours", "kpis": ["KPI1"], "days": 2}
    assert fired(tmp_path, JUNE_MONTH, *outages, condition=day | {"more_than": 24}, term=last) == []
    assert fired(tmp_path, JUNE_MONTH, *outages, condition=day | {"at_least": 24}, term=last) == [
        ("2026-06-15", "24 (2026-06-15)")
    ]


def test_too_little_seen_counts_nothing(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, triggers=trigger(**DAY_AND_MORE), accounting={"coverage_floor": 90})
    outage = ("2026-06-05 00:00", "2026-06-07 00:00")
    for unseen, expected in (("2026-06-24", 1), ("2026-06-12", 0)):
        observed = down(outage, unseen=((f"{unseen} 00:00", "2026-06-26 00:00"),))
        result = month_of(tmp_path, contract, JUNE_MONTH, observed).result
        assert result is not None
        assert len(result.triggers) == expected


def test_the_running_month_is_set_off_at_worst(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, triggers=trigger(**DAY_AND_MORE))
    outages = down(("2026-05-20 02:00", "2026-05-20 16:00"))
    found = month_of(tmp_path, contract, JUNE_MONTH, outages, now="2026-06-05T07:00:00Z")
    assert found.forecast is not None
    outlooks = (found.forecast.now, found.forecast.best, found.forecast.worst)
    assert [one.triggers for one in outlooks] == [(), (), ("chronic",)]


COUNTINGS: list[dict[str, Any]] = [
    {},
    {"minutes": "whole"},
    {"minutes": "begun"},
    {"shortest_outage": "30m"},
    {"unknown": "down"},
    {"degraded": 50},
    {"excluded": "counted"},
]


@pytest.mark.parametrize("counting", COUNTINGS, ids=str)
@settings(max_examples=15)
@given(
    starts=st.lists(st.tuples(st.integers(0, 29 * DAY), st.integers(1, 40 * HOUR)), min_size=1, max_size=6),
    hours=st.sampled_from(["always", "office"]),
)
def test_the_days_add_up_to_the_month(counting: dict[str, Any], starts: list[tuple[int, int]], hours: str) -> None:
    outages, at_ms = [], JUNE
    for start_ms, lasted_ms in sorted(starts):
        begins_ms = max(JUNE + start_ms, at_ms + MINUTE)
        ends_ms = min(begins_ms + lasted_ms, JULY)
        if begins_ms < ends_ms:
            outages.append((begins_ms, ends_ms))
            at_ms = ends_ms
    promise = {"id": "KPI1", "service": "cad", "target": "99.0", "counting": counting}
    contract = one_version(
        services=[
            {"id": "cad", "service_hours": hours, "endpoints": [{"id": "login", "kind": "tcp", "host": "h", "port": 1}]}
        ],
        kpis=[promise],
        triggers=trigger(measure="outages", days=2, at_least=100),
        accounting={"coverage_floor": 0, "confirmation": 1},
    )
    spans = with_outages(JUNE, JULY - 3 * HOUR, *[one for one in outages if one[1] <= JULY - 3 * HOUR])
    now_ms = JULY + 2 * DAY
    context = contract_context_of(contract, Record({"login": spans}), now_ms, Cache())
    by_day: tuple[DayDowntime, ...] = downtime_by_day(PeriodContext(context, (JUNE_MONTH,))).get("KPI1", ())
    found = month_of_june(contract, (), now_ms, login=spans)
    result: PeriodResult | None = found.result
    assert result is not None
    one = result.kpi("KPI1")
    assert one is not None
    assert sum((each.downtime_ms for each in by_day), Fraction(0)) == one.downtime_ms
    assert [each.day for each in by_day] == sorted(each.day for each in by_day)
    listed = {each.start_ms: each.downtime_ms for each in kpi(found).outages if each.downtime_ms}
    summed = dict.fromkeys((each.outage_ms for each in by_day if each.outage_ms is not None), Fraction(0))
    for each in by_day:
        if each.outage_ms is not None:
            summed[each.outage_ms] += each.downtime_ms
    assert summed == listed


def test_begun_minutes_are_no_more_than_the_hours_of_the_month(tmp_path: Path) -> None:
    """Of two minutes of service, two outages have three begun ones."""
    hours = {"short": {"hours": {}, "open_on": {"2026-06-10": "10:00-10:02"}}}
    counting = {"minutes": "begun"}
    contract = contract_of(
        tmp_path,
        calendars=hours,
        services=[
            {
                "id": "cad",
                "service_hours": "short",
                "endpoints": [{"id": "login", "kind": "tcp", "host": "cad.example", "port": 443}],
            }
        ],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}],
        triggers=trigger(measure="downtime_hours", days=1, at_least="0.0333"),
    )
    observed = down(("2026-06-10 10:00:00", "2026-06-10 10:00:30"), ("2026-06-10 10:00:40", "2026-06-10 10:01:50"))
    found = month_of(tmp_path, contract, JUNE_MONTH, observed)
    assert kpi(found).views["agreed"].downtime_ms == 2 * MINUTE
    assert found.result is not None
    assert [one.working[0].formula for one in found.result.triggers] == ["0.0333333333333… (2026-06-10)"]


def test_the_month_says_what_its_days_say(tmp_path: Path) -> None:
    """The same through the whole assessment, months of the clocks' change included."""
    contract = contract_of(tmp_path, triggers=trigger(measure="downtime_hours", days=1, more_than=24))
    observed = down(("2026-10-24 12:00", "2026-10-26 12:00"))
    found = month_of(tmp_path, contract, "2026-10", observed)
    assert kpi(found).views["agreed"].downtime_ms == 49 * HOUR
    assert found.result is not None
    assert [str(step) for one in found.result.triggers for step in one.working] == [
        "downtime hours, rolling 1 day, more than 24: 25 (2026-10-25) = 25"
    ]
