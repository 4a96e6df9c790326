"""What the rest of a running month may bring."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, assess_contract
from sla_monitor.assess.assessment import KpiForecast

from .records import DAY, HOUR, JUNE, Record, entries, one_version, with_outages

KPI = {"id": "KPI1", "service": "cad", "target": 99}
MONTH = 720 * HOUR
ALLOWANCE = Fraction(MONTH, 100)
"""7.2 hours."""


def running(
    days: int, *outages: tuple[int, int], said: tuple[dict[str, Any], ...] = (), **terms: Any
) -> ContractAssessment:
    """June after so many days; outages are in hours from its beginning."""
    now_ms = JUNE + days * DAY
    spans = with_outages(JUNE, now_ms, *((JUNE + a * HOUR, JUNE + b * HOUR) for a, b in outages))
    contract = one_version(**{"kpis": [KPI], **terms})
    return assess_contract(contract, Record({"login": spans}, said=entries(*said)), now_ms)


def forecast(found: ContractAssessment) -> KpiForecast:
    told = found.kpis[0].forecast
    assert told is not None
    return told


def test_the_burn_rate_is_downtime_over_the_allowance_of_the_time_so_far() -> None:
    """Ten days allow 2.4 hours; 1.2 were down: half of the pace that uses it up."""
    told = forecast(running(10, (0, 1), (2, 2)))
    assert told.burn_rate == Fraction(1, 1) / Fraction(24, 10)
    assert told.trailing_burn_rate == 0, "nothing in the last seven days"
    assert (told.runs_out_ms, told.trailing_runs_out_ms) == (None, None)


def test_the_allowance_runs_out_where_the_present_rate_leads() -> None:
    """Four hours down in the first five days, an hour in thirty: 3.2 more take 96 hours. Of late it is the same."""
    told = forecast(running(5, (24, 28)))
    assert told.runs_out_ms == JUNE + 5 * DAY + 96 * HOUR
    assert told.trailing_runs_out_ms == told.runs_out_ms
    assert told.burn_rate == told.trailing_burn_rate == Fraction(4, 120) * 100


def test_an_allowance_that_is_used_up_has_run_out_when_it_was() -> None:
    """8 hours down from hour 10 on: 7.2 were allowed."""
    told = forecast(running(5, (10, 18)))
    assert told.runs_out_ms == JUNE + 10 * HOUR + int(ALLOWANCE)
    assert told.trailing_runs_out_ms == told.runs_out_ms


def test_an_allowance_that_an_earlier_outage_used_up_ran_out_in_that_one() -> None:
    """8 hours down from hour 10 on, and 2 more from hour 20 on: the 7.2 that were allowed ended in the first."""
    assert forecast(running(5, (10, 18), (20, 22))).runs_out_ms == JUNE + 10 * HOUR + int(ALLOWANCE)


def test_best_and_worst_are_the_ends_of_what_can_still_happen() -> None:
    """Ten days with an hour down; twenty days to come."""
    told = forecast(running(10, (0, 1)))
    assert told.best.value == 100 - Fraction(100, 720)
    assert told.worst.value == 100 - Fraction(100 * 481, 720)
    assert (told.best.is_met, told.worst.is_met) == (True, False)


def test_maintenance_that_is_granted_ahead_cannot_go_wrong() -> None:
    """Of twenty days to come, one is booked: nineteen may be down, of 29."""
    said = (
        {"kind": "maintenance", "start": JUNE + 20 * DAY, "end": JUNE + 21 * DAY},
        {"kind": "decision", "about": 1, "granted": True},
    )
    assert forecast(running(10, (0, 0), said=said)).worst.value == 100 - Fraction(100 * 19, 29)


def test_downtime_runs_out_in_agreed_time_only() -> None:
    """Office hours: ten hours a working day. One hour down on Monday the 1st; June has 220 hours, 2.2 are allowed."""
    office: dict[str, Any] = {
        "services": [{"id": "cad", "service_hours": "office", "endpoints": [
            {"id": "login", "kind": "tcp", "host": "h", "port": 1}]}],
    }  # fmt: skip
    told = forecast(running(1, (8, 9), **office))
    assert told.burn_rate == Fraction(1, 10) * 100
    # A tenth of an hour down each hour: the other 1.2 hours take 12 hours, which is Wednesday at 10:00.
    assert told.runs_out_ms == JUNE + 2 * DAY + 10 * HOUR


PRICED: dict[str, Any] = {
    "kpis": [
        KPI
        | {
            "rounding": {"mode": "none"},
            "bands": [
                {"name": "met", "at_least": 99},
                {"name": "minor", "at_least": 95, "below": 99, "points": 1},
                {"name": "severe", "below": 95, "points": 4},
            ],
        }
    ],
    "charges": {"monthly": [{"amount": 10_000}]},
    "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
}


def test_points_and_money_are_told_as_they_stand_and_at_their_ends() -> None:
    """After ten days 8 of 240 hours: minor as it stands; of the whole month 98.9 per cent at best."""
    told = running(10, (0, 8), **PRICED).forecast
    assert told is not None
    assert [(one.points, one.credit) for one in (told.now, told.best, told.worst)] == [
        (1, Decimal("100.00")),
        (1, Decimal("100.00")),
        (4, Decimal("400.00")),
    ]


def test_at_best_a_bad_beginning_is_made_good() -> None:
    """Six of 240 hours are 97.5 per cent now, and 99.2 of the month."""
    told = running(10, (0, 6), **PRICED).forecast
    assert told is not None
    assert [one.points for one in (told.now, told.best)] == [1, 0]


@pytest.mark.parametrize("days", [31, 45])
def test_a_month_that_is_over_has_no_forecast(days: int) -> None:
    """The month that holds the instant is July; June's quarter is over too."""
    found = running(days, (0, 1))
    assert found.period.name == "2026-07"
    assert found.forecast is not None
    assert found.earlier[-1].month == "2026-06"
