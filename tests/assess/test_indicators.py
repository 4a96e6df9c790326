"""What the rest of a running month may bring to KPIs that are not made of a service's time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, Sample, assess_contract
from sla_monitor.assess.assessment import NO_FIGURE, KpiForecast
from tests.assess.records import DAY, DOWN, HOUR, JUNE, MINUTE, UP, Record, entries, one_version, service, with_outages

NOW = JUNE + 10 * DAY
TICKETS = {"id": "P1", "indicator": "ratio_in_target", "target": 90, "within": "4h"}
ERRORS = {"id": "ERR", "indicator": "error_rate", "service": "cad", "target": 99, "slot": "1h"}


def june(*kpis: dict[str, Any], said: tuple[dict[str, Any], ...] = (), **terms: Any) -> ContractAssessment:
    """Ten days of June, an hour of them down, with a probe every ten minutes."""
    spans = with_outages(JUNE, NOW, (JUNE, JUNE + HOUR))
    samples: list[Sample] = [
        (at_ms, DOWN if at_ms < JUNE + HOUR else UP, 100_000, 50_000) for at_ms in range(JUNE, NOW, 10 * MINUTE)
    ]
    contract = one_version(kpis=kpis, **terms)
    return assess_contract(contract, Record({"login": spans}, {"login": samples}, entries(*said)), NOW)


def told(found: ContractAssessment, index: int = 0) -> KpiForecast:
    forecast = found.kpis[index].forecast
    assert forecast is not None
    return forecast


def ticket(name: str, opened: int, ended: int | None = None) -> dict[str, Any]:
    """Hours from the beginning of June."""
    times = {"opened": JUNE + opened * HOUR} | ({} if ended is None else {"ended": JUNE + ended * HOUR})
    return {"kind": "ticket", "id": name, "priority": "P1", **times}


def test_at_best_tickets_that_are_open_and_not_late_end_in_target() -> None:
    """1 late of 2 that have ended; one is open since an hour, one since ten and so late already: 2 of 4 at best."""
    said = (ticket("A", 1, 3), ticket("B", 1, 9), ticket("C", 239), ticket("D", 230))
    found = june(TICKETS, said=said)
    assert found.kpis[0].views["agreed"].value == Fraction(100, 3)
    assert told(found).best.value == 50
    assert told(found).worst is NO_FIGURE, "nobody knows how many more will come"


def test_where_no_ticket_is_open_it_stays_as_it_is() -> None:
    assert told(june(TICKETS, said=(ticket("A", 1, 3), ticket("B", 1, 9)))).best.value == 50


BACKLOG = {"id": "OLD", "indicator": "backlog_age", "statistic": "oldest", "target": "10d", "priorities": ["P1"]}


def test_a_backlog_ends_empty_or_with_its_oldest_ticket() -> None:
    """Twenty days are to come. One ticket is open since five days, another has ended."""
    said = (ticket("A", 120), ticket("B", 1, 9), ticket("C", 200))
    found = june(BACKLOG, said=said)
    assert found.kpis[0].views["agreed"].value == 5 * 1440
    assert (told(found).best.value, told(found).worst.value) == (0, 25 * 1440)
    assert (told(found).best.is_met, told(found).worst.is_met) == (True, False)


def test_the_worst_backlog_of_none_is_a_ticket_that_is_opened_now() -> None:
    office: dict[str, Any] = {"calendars": {"office": {"hours": {"mon-sun": "08:00-12:00"}}}}
    forecast = told(june({**BACKLOG, "clock": {"calendar": "office"}}, said=(ticket("B", 1, 9),), **office))
    assert (forecast.best.value, forecast.worst.value) == (0, 20 * 4 * 60)


def test_where_nothing_has_happened_nothing_is_forecast() -> None:
    assert told(june(TICKETS)).best is NO_FIGURE


def test_an_error_rate_ends_between_slots_without_errors_and_slots_of_nothing_else() -> None:
    """240 hours, one of them without any answer; 480 to come, of which the one that begins now has begun."""
    forecast = told(june(ERRORS))
    assert forecast.best.value == Fraction(23_900 + 47_900, 719)
    assert forecast.worst.value == Fraction(23_900, 719)
    assert (forecast.best.is_met, forecast.worst.is_met) == (True, False)


def test_an_error_rate_at_endpoints_of_its_own_ends_alike() -> None:
    at_login = {**{key: value for key, value in ERRORS.items() if key != "service"}, "endpoints": ["login"]}
    assert told(june(at_login)).worst.value == told(june(ERRORS)).worst.value == Fraction(23_900, 719)


def test_slots_that_are_granted_as_maintenance_do_not_come() -> None:
    said = (
        {"kind": "maintenance", "start": JUNE + 20 * DAY, "end": JUNE + 21 * DAY},
        {"kind": "decision", "about": 1, "granted": True},
    )
    assert told(june(ERRORS, said=said)).worst.value == Fraction(23_900, 719 - 24)


def test_a_day_that_opens_twice_is_one_slot() -> None:
    """Twenty days are to come; the one that begins now has begun."""
    twice: dict[str, Any] = {"calendars": {"twice": {"hours": {"mon-sun": ["08:00-12:00", "13:00-17:00"]}}}}
    desk = service("cad", service_hours="twice")
    forecast = told(june({**ERRORS, "slot": "1d"}, services=[desk], **twice))
    assert (forecast.best.value, forecast.worst.value) == (100, Fraction(10 * 100, 29))


def test_a_count_can_only_grow_and_what_nobody_has_counted_is_not_forecast() -> None:
    count = {"id": "LOST", "indicator": "count", "target": 2}
    figure = {"kind": "figure", "kpi": "LOST", "month": "2026-06", "party": "authority", "value": "3"}
    assert told(june(count)).best is NO_FIGURE
    forecast = told(june(count, said=(figure,)))
    assert (forecast.best.value, forecast.best.is_met, forecast.worst) == (3, False, NO_FIGURE)


@pytest.mark.parametrize(
    "kpi",
    [
        {"indicator": "response_time", "statistic": "mean", "service": "cad", "target": "500ms"},
        {"indicator": "score", "target": 7},
        {"indicator": "submitted", "target": 7},
        {"indicator": "count", "target": 7, "direction": "higher_is_better"},
        {"indicator": "ratio_in_target", "target": 90},
        {"indicator": "ticket_time", "statistic": "mean", "target": "4h"},
        {"indicator": "first_time_fix", "target": 90},
    ],
)
def test_what_nobody_can_know_is_not_forecast(kpi: dict[str, Any]) -> None:
    figure = {"kind": "figure", "kpi": "K", "month": "2026-06", "party": "authority", "value": "8"}
    forecast = told(june({"id": "K", **kpi}, said=(figure,)))
    assert (forecast.best, forecast.worst) == (NO_FIGURE, NO_FIGURE)
    assert (forecast.burn_rate, forecast.runs_out_ms) == (None, None)


def composite(combine: str, *parts: str) -> dict[str, Any]:
    return {
        "id": "ALL", "indicator": "composite", "target": 99, "combine": combine, "parts": [{"kpi": p} for p in parts]
    }  # fmt: skip


def test_a_composite_ends_as_its_parts_do() -> None:
    kpi = {"id": "KPI1", "service": "cad", "target": 99}
    forecast = told(june(kpi, ERRORS, composite("all_of", "KPI1", "ERR")), 2)
    assert (forecast.best.value, forecast.worst.value) == (100, 0)
    forecast = told(june(kpi, ERRORS, composite("weighted", "KPI1", "ERR")), 2)
    assert forecast.worst.value == (Fraction(100 * 239, 720) + Fraction(23_900, 719)) / 2


def test_a_composite_of_a_part_that_is_not_forecast_is_not_unless_another_part_decides_it() -> None:
    score = {"id": "SCORE", "indicator": "score", "target": 7}
    forecast = told(june(ERRORS, score, composite("all_of", "ERR", "SCORE")), 2)
    assert (forecast.best, forecast.worst.value) == (NO_FIGURE, 0)


def test_an_agreed_figure_is_what_it_ends_with() -> None:
    figure = {"kind": "figure", "kpi": "ERR", "month": "2026-06", "party": "agreed", "value": "99.5"}
    forecast = told(june(ERRORS, said=(figure,)))
    assert (forecast.best.value, forecast.worst.value) == (Fraction("99.5"), Fraction("99.5"))


def test_points_and_money_at_best_go_by_the_tickets_too() -> None:
    """A third as it stands, and half at best: severe now, minor then."""
    bands = [
        {"name": "met", "at_least": 90},
        {"name": "minor", "at_least": 50, "below": 90, "points": 1},
        {"name": "severe", "below": 50, "points": 4},
    ]
    money = {
        "charges": {"monthly": [{"amount": 10_000}]},
        "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
    }
    said = (ticket("A", 1, 3), ticket("B", 1, 9), ticket("C", 239), ticket("D", 230))
    forecast = june({**TICKETS, "rounding": {"mode": "none"}, "bands": bands}, said=said, **money).forecast
    assert forecast is not None
    assert [(one.points, one.credit) for one in (forecast.now, forecast.best, forecast.worst)] == [
        (4, Decimal("400.00")),
        (1, Decimal("100.00")),
        (4, Decimal("400.00")),
    ]
