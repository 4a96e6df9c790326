"""Services and their availability: contract + spans -> Assessment."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.intervals import length
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.assess.records import (
    DEGRADED,
    DOWN,
    HOUR,
    JUNE,
    MINUTE,
    UNKNOWN,
    UP,
    endpoint,
    ms,
    one_version,
    service,
    span,
    terms,
    told,
    with_outages,
)


def test_downtime_is_counted_and_divided_by_the_time_so_far() -> None:
    """An hour down in the first ten days of June: of ten days, not of thirty."""
    now = JUNE + 240 * HOUR
    spans = [span(JUNE, JUNE + HOUR, UP), span(JUNE + HOUR, JUNE + 2 * HOUR, DOWN), span(JUNE + 2 * HOUR, now, UP)]
    service = told(one_version(), now, login=spans).services[0]
    assert service.agreed_ms == 240 * HOUR
    assert service.downtime_ms == HOUR
    assert service.availability_ratio == Fraction(239, 240)
    assert service.coverage_ratio == 1
    assert service.state is UP


def test_the_allowance_is_that_of_the_whole_period() -> None:
    now = JUNE + 240 * HOUR
    kpi = told(one_version(), now, login=[span(JUNE, JUNE + HOUR, DOWN), span(JUNE + HOUR, now, UP)]).kpis[0]
    assert kpi.allowance_ms == Fraction(30 * 24 * HOUR, 100)
    assert kpi.allowance_left_ms == kpi.allowance_ms - HOUR
    assert kpi.target_ratio == Fraction(99, 100)
    assert kpi.is_met is True


def test_the_allowance_that_is_left_is_by_the_kpi_s_own_way_of_counting() -> None:
    """Half a minute down: a whole one of the KPI's, whose availability is by the same."""
    now = JUNE + 240 * HOUR
    contract = one_version(
        kpis=[{"id": "KPI1", "service": "cad", "target": "99.0", "counting": {"minutes": "begun"}}],
    )
    found = told(contract, now, login=with_outages(JUNE, now, (JUNE + HOUR, JUNE + HOUR + MINUTE // 2)))
    kpi = found.kpis[0]
    assert found.services[0].downtime_ms == MINUTE // 2
    assert kpi.downtime_ms == MINUTE
    assert kpi.allowance_left_ms == kpi.allowance_ms - MINUTE
    assert kpi.availability_ratio == 1 - Fraction(MINUTE, 240 * HOUR)


def test_nothing_observed_is_no_number() -> None:
    assessment = told(one_version(), JUNE + HOUR)
    service, kpi = assessment.services[0], assessment.kpis[0]
    assert service.availability_ratio is None
    assert service.coverage_ratio == 0
    assert service.state is UNKNOWN
    assert kpi.is_met is None
    assert not kpi.is_assessable


def test_time_nobody_saw_is_in_neither_side_of_the_ratio() -> None:
    now = JUNE + 10 * HOUR
    spans = [
        span(JUNE, JUNE + 4 * HOUR, UP),
        span(JUNE + 6 * HOUR, JUNE + 7 * HOUR, DOWN),
        span(JUNE + 7 * HOUR, now, UP),
    ]
    service = told(one_version(), now, login=spans).services[0]
    assert service.unknown_ms == 2 * HOUR
    assert service.availability_ratio == Fraction(7, 8)
    assert service.coverage_ratio == Fraction(8, 10)
    assert not told(one_version(), now, login=spans).kpis[0].is_assessable


def test_the_outage_list_and_the_total_come_from_the_same_intervals() -> None:
    now = JUNE + 24 * HOUR
    spans = [
        span(JUNE, JUNE + HOUR, DOWN, reason=Reason.TIMEOUT),
        span(JUNE + HOUR, JUNE + 5 * HOUR, UP),
        span(JUNE + 5 * HOUR, JUNE + 7 * HOUR, DOWN, reason=Reason.STATUS_UNEXPECTED),
        span(JUNE + 7 * HOUR, now, UP),
    ]
    service = told(one_version(), now, login=spans).services[0]
    assert [outage.reason for outage in service.outages] == [Reason.TIMEOUT, Reason.STATUS_UNEXPECTED]
    assert sum(outage.downtime_ms for outage in service.outages) == service.downtime_ms == 3 * HOUR
    assert service.open_outage is None


def test_an_outage_that_goes_on_is_open_and_the_service_is_down() -> None:
    now = JUNE + 2 * HOUR
    spans = [span(JUNE, JUNE + HOUR, UP), span(JUNE + HOUR, now - 1000, DOWN, reason=Reason.TIMEOUT)]
    service = told(one_version(), now, login=spans).services[0]
    assert service.state is DOWN
    assert service.open_outage is not None
    assert service.open_outage.start_ms == JUNE + HOUR
    assert service.open_outage.endpoints == ("login",)
    assert service.downtime_ms == HOUR, "the last probe still vouches while the next one is on its way"


def test_an_outage_from_last_month_shows_its_beginning_and_counts_its_part() -> None:
    now = JUNE + 2 * HOUR
    spans = [span(JUNE - 3 * HOUR, JUNE + HOUR, DOWN), span(JUNE + HOUR, now, UP)]
    service = told(one_version(), now, login=spans).services[0]
    assert service.outages[0].start_ms == JUNE - 3 * HOUR
    assert service.outages[0].downtime_ms == service.downtime_ms == HOUR


def test_failures_that_were_not_confirmed_are_no_downtime() -> None:
    now = JUNE + 2 * HOUR
    spans = [
        span(JUNE, JUNE + HOUR, UP),
        span(JUNE + HOUR, JUNE + HOUR + MINUTE, DOWN, probes=1),
        span(JUNE + HOUR + MINUTE, now, UP),
    ]
    assert told(one_version(), now, login=spans).services[0].outages == ()
    strict = one_version(accounting={"confirmation": 1})
    assert told(strict, now, login=spans).services[0].downtime_ms == MINUTE


def test_downtime_outside_the_service_hours_does_not_count() -> None:
    """Down from 17:00 on Monday to 09:00 on Tuesday: an hour on each side of the night."""
    office = one_version(
        services=[
            {
                "id": "cad",
                "service_hours": "office",
                "endpoints": [{"id": "login", "kind": "tcp", "host": "h", "port": 1}],
            }
        ]
    )
    monday = JUNE
    start, end, now = monday + 17 * HOUR, monday + 33 * HOUR, monday + 48 * HOUR
    service = told(office, now, login=[span(JUNE, start, UP), span(start, end, DOWN), span(end, now, UP)]).services[0]
    assert service.downtime_ms == 2 * HOUR
    assert service.agreed_ms == 20 * HOUR
    assert [outage.downtime_ms for outage in service.outages] == [2 * HOUR]


TWO = [{"id": name, "kind": "tcp", "host": "h", "port": 1} for name in ("a", "b")]


@pytest.mark.parametrize(
    ("available_when", "downtime_hours", "state"), [("all", 3, UP), ("any", 1, UP), (1, 1, UP), (2, 3, UP)]
)
def test_a_service_needs_as_many_endpoints_as_the_contract_says(
    available_when: str | int, downtime_hours: int, state: Outcome
) -> None:
    contract = one_version(services=[{"id": "cad", "available_when": available_when, "endpoints": TWO}])
    now = JUNE + 10 * HOUR
    a = [span(JUNE, JUNE + 2 * HOUR, DOWN), span(JUNE + 2 * HOUR, now, UP)]
    b = [span(JUNE, JUNE + HOUR, UP), span(JUNE + HOUR, JUNE + 3 * HOUR, DOWN), span(JUNE + 3 * HOUR, now, UP)]
    service = told(contract, now, a=a, b=b).services[0]
    assert service.downtime_ms == downtime_hours * HOUR
    assert service.state is state


def test_an_outage_names_all_that_were_down_in_it() -> None:
    """The service needs one of two: `a` is down all the time, and `b` twice in it."""
    contract = one_version(services=[{"id": "cad", "available_when": "any", "endpoints": TWO}])
    now = JUNE + 12 * HOUR
    a = with_outages(JUNE, now, (JUNE + HOUR, JUNE + 10 * HOUR))
    b = with_outages(JUNE, now, (JUNE + 2 * HOUR, JUNE + 3 * HOUR), (JUNE + 5 * HOUR, JUNE + 6 * HOUR))
    outages = told(contract, now, a=a, b=b).services[0].outages
    assert [(one.downtime_ms, set(one.endpoints)) for one in outages] == [(HOUR, {"a", "b"})] * 2


def test_a_service_that_is_up_with_an_endpoint_that_is_not_is_degraded() -> None:
    contract = one_version(services=[{"id": "cad", "available_when": "any", "endpoints": TWO}])
    now = JUNE + HOUR
    assert told(contract, now, a=[span(JUNE, now, UP)], b=[span(JUNE, now, DOWN)]).services[0].state is DEGRADED
    assert told(contract, now, a=[span(JUNE, now, UP)], b=[span(JUNE, now, DEGRADED)]).services[0].state is DEGRADED


def test_weights_need_not_be_whole_numbers() -> None:
    """1.5 and 0.5: the small one is a quarter of the service, and four hours of it are one."""
    two = (endpoint("large", weight="1.5"), endpoint("small", weight="0.5"))
    contract = one_version(services=[service("cad", *two, available_when="weighted")])
    now = JUNE + 10 * HOUR
    found = told(contract, now, large=[span(JUNE, now, UP)], small=with_outages(JUNE, now, (JUNE, JUNE + 4 * HOUR)))
    assert found.services[0].downtime_ms == HOUR


def two_versions() -> Contract:
    change = ms("2026-06-16T00:00:00+01:00")
    later = terms(kpis=[{"id": "KPI1", "service": "cad", "target": "99.9"}])
    return Contract((TermsVersion(0, terms()), TermsVersion(change, later, "CCN-01")))


def test_a_target_that_rises_in_mid_month_splits_the_allowance() -> None:
    now = ms("2026-06-20T00:00:00+01:00")
    assessment = told(two_versions(), now, login=[span(JUNE, now, UP)])
    kpi = assessment.kpis[0]
    assert kpi.allowance_ms == 15 * 24 * HOUR * Fraction(1, 100) + 15 * 24 * HOUR * Fraction(1, 1000)
    assert kpi.target_ratio == (Fraction(990, 1000) + Fraction(999, 1000)) / 2
    assert (assessment.terms_reference, assessment.period.name) == ("CCN-01", "2026-06")


def test_an_outage_goes_on_through_a_change_of_terms() -> None:
    change = ms("2026-06-16T00:00:00+01:00")
    now = change + 5 * HOUR
    spans = [span(JUNE, change - HOUR, UP), span(change - HOUR, change + HOUR, DOWN), span(change + HOUR, now, UP)]
    service = told(two_versions(), now, login=spans).services[0]
    assert [(o.start_ms, o.end_ms) for o in service.outages] == [(change - HOUR, change + HOUR)]
    assert service.downtime_ms == 2 * HOUR


def test_the_first_month_of_a_contract_may_be_a_part_month() -> None:
    contract = one_version(term={"start": "2026-06-11", "end": "2035-03-31"})
    now = ms("2026-06-12T00:00:00+01:00")
    service = told(contract, now, login=[span(JUNE, now, UP)]).services[0]
    assert service.agreed_ms == 24 * HOUR
    assert service.period_agreed_ms == 20 * 24 * HOUR


def test_an_assessment_says_the_first_and_the_last_day() -> None:
    contract = one_version()
    found, term = told(contract, ms("2026-06-15T00:00")), contract.versions[0].terms.term
    assert (found.starts_on, found.ends_on) == (term.start_on, term.end_on)


def test_a_service_without_endpoints_is_unknown_and_not_up() -> None:
    service = told(one_version(services=[{"id": "cad"}]), JUNE + HOUR).services[0]
    assert (service.state, service.unknown_ms, service.availability_ratio) == (UNKNOWN, HOUR, None)


def test_every_class_of_time_is_told_and_they_sum_to_the_agreed_time() -> None:
    now = JUNE + 24 * HOUR
    spans = [span(JUNE + HOUR, JUNE + 2 * HOUR, DOWN), span(JUNE + 5 * HOUR, now, UP)]
    service = told(one_version(), now, login=spans).services[0]
    assert service.unknown_ms == 4 * HOUR
    assert service.observed_ms + service.unknown_ms == service.agreed_ms == length([(JUNE, now)])


@pytest.mark.parametrize("after", [[span(JUNE + 2 * HOUR, JUNE + 3 * HOUR, UNKNOWN)], []], ids=["unknown", "nothing"])
def test_an_outage_that_nobody_saw_end_says_so_on_the_service_and_on_the_kpi(after: list[Span]) -> None:
    now = JUNE + 240 * HOUR
    seen = [span(JUNE, JUNE + HOUR, UP), span(JUNE + HOUR, JUNE + 2 * HOUR, DOWN), *after]
    later = [
        span(JUNE + 3 * HOUR, JUNE + 4 * HOUR, UP),
        span(JUNE + 4 * HOUR, JUNE + 5 * HOUR, DOWN),
        span(JUNE + 5 * HOUR, now - HOUR, UP),
        span(now - HOUR, now, DOWN),
    ]
    found = told(one_version(), now, login=[*seen, *later])
    for outages in (found.services[0].outages, found.kpis[0].outages):
        assert [(one.start_ms, one.end_seen) for one in outages] == [
            (JUNE + HOUR, False),
            (JUNE + 4 * HOUR, True),
            (now - HOUR, True),  # it goes on
        ]
