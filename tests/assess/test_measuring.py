"""KPIs of every indicator: observations, tickets and reports to figures. June 2026 unless another month is named."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, KpiAssessment, Sample, assess_month
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.contract.contract import Contract
from tests.assess.records import (
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    UNKNOWN,
    UP,
    Record,
    endpoint,
    entries,
    month_of_june,
    ms,
    one_version,
    service,
    span,
    with_outages,
)

LATER = JULY + 2 * DAY
GRANTED = {"kind": "decision", "about": 1, "granted": True}


def of_kpi(**kpi: Any) -> Contract:
    return one_version(kpis=[{"id": "KPI1", "target": 99, **kpi}])


def only(found: ContractAssessment) -> KpiAssessment:
    return found.kpis[0]


def values(found: ContractAssessment) -> list[Fraction | None]:
    """In the gross, the claimed and the agreed view."""
    return [only(found).views[view].value for view in VIEWS]


def measured(contract: Contract, *samples: Sample, said: tuple[dict[str, Any], ...] = ()) -> ContractAssessment:
    """June, seen up throughout, with these observations at the endpoint `login`."""
    record = Record({"login": [span(JUNE, JULY, UP)]}, {"login": samples}, entries(*said))
    return assess_month(contract, record, "2026-06", LATER)


RESPONSE = {"indicator": "response_time", "service": "cad", "target": "500ms"}


def test_a_mean_response_time_is_of_answers() -> None:
    """200 and 400 ms; what was refused after 1 ms and what nobody saw are no answers, a 503 after 600 ms is one."""
    samples: list[Sample] = [
        (JUNE, UP, 200_000, 50_000),
        (JUNE + MINUTE, UP, 400_000, 90_000),
        (JUNE + 2 * MINUTE, DOWN, 1_000, None),
        (JUNE + 3 * MINUTE, UNKNOWN, 9_000_000, None),
        (JUNE + 4 * MINUTE, DOWN, 600_000, 500_000),
    ]
    found = measured(of_kpi(**RESPONSE, statistic="mean"), *samples)
    assert values(found) == [400] * 3
    first_byte = measured(of_kpi(**RESPONSE, statistic="mean", phase="first_byte"), *samples)
    assert values(first_byte) == [Fraction(640, 3)] * 3


def test_a_percentile_is_the_nearest_rank() -> None:
    samples = [(JUNE + n * MINUTE, UP, n * 1_000, None) for n in range(1, 101)]
    assert values(measured(of_kpi(**RESPONSE, statistic="percentile", percentile=95), *samples)) == [95] * 3


def test_samples_outside_the_service_hours_do_not_count() -> None:
    contract = one_version(
        services=[service("cad", service_hours="office")],
        kpis=[{"id": "KPI1", **RESPONSE, "statistic": "mean"}],
    )
    samples: list[Sample] = [(JUNE + 7 * HOUR, UP, 900_000, None), (JUNE + 9 * HOUR, UP, 100_000, None)]
    assert values(measured(contract, *samples)) == [100] * 3


def test_samples_on_both_sides_of_a_pause_in_the_service_hours_count() -> None:
    contract = one_version(
        calendars={"twice": {"hours": {"mon-sun": ["08:00-12:00", "13:00-17:00"]}}},
        services=[service("cad", service_hours="twice")],
        kpis=[{"id": "KPI1", **RESPONSE, "statistic": "mean"}],
    )
    hours = {9: 100_000, 12: 900_000, 14: 300_000}
    assert values(measured(contract, *((JUNE + hour * HOUR, UP, us, None) for hour, us in hours.items()))) == [200] * 3


def test_samples_in_excluded_time_do_not_count() -> None:
    """A slow hour that the supplier says was the authority's doing: in every view another mean."""
    samples: list[Sample] = [(JUNE + HOUR, UP, 900_000, None), (JUNE + 9 * HOUR, UP, 100_000, None)]
    claim = {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + 2 * HOUR}
    contract = of_kpi(**RESPONSE, statistic="mean")
    assert values(measured(contract, *samples, said=(claim,))) == [500, 100, 500]
    assert values(measured(contract, *samples, said=(claim, GRANTED))) == [500, 100, 100]


def test_slow_answers_in_an_outage_are_not_counted_twice() -> None:
    """A service of two endpoints: while one is down, the slow answers of the other are left out."""
    related = {"group": "cad", "dedupe": "exclude_samples"}
    for more, mean in (({}, 500), ({"related": related}, 100)):
        contract = one_version(
            services=[service("cad", endpoint("login"), endpoint("other"))],
            kpis=[{"id": "KPI1", **RESPONSE, "statistic": "mean", "endpoints": ["login"], **more}],
        )
        seen = {"login": [span(JUNE, JULY, UP)], "other": with_outages(JUNE, JULY, (JUNE, JUNE + 2 * HOUR))}
        samples: list[Sample] = [(JUNE + HOUR, UP, 900_000, None), (JUNE + 9 * HOUR, UP, 100_000, None)]
        found = assess_month(contract, Record(seen, {"login": samples}), "2026-06", LATER)
        assert values(found) == [mean] * 3


def test_an_error_rate_is_the_mean_of_the_slots_in_which_somebody_probed() -> None:
    """Two of four fail in the first five minutes, none of one in the third; no probe ran in between: 100 - 25."""
    samples: list[Sample] = [(JUNE + n * MINUTE, DOWN if n < 2 else UP, 1, None) for n in range(4)]
    samples.append((JUNE + 11 * MINUTE, UP, 1, None))
    assert values(measured(of_kpi(indicator="error_rate", service="cad"), *samples)) == [75] * 3


def test_a_corrected_sample_is_no_error() -> None:
    samples: list[Sample] = [(JUNE + n * MINUTE, DOWN if n < 2 else UP, 1, None) for n in range(4)]
    contract = one_version(
        kpis=[{"id": "KPI1", "indicator": "error_rate", "service": "cad", "target": 99}],
        relief={"four_eyes": False},
    )
    said = {"kind": "correction", "endpoints": ["login"], "start": JUNE, "end": JUNE + MINUTE, "outcome": "up"}
    assert values(measured(contract, *samples, said=(said,))) == [75] * 3
    unseen = said | {"end": JUNE + 2 * MINUTE, "outcome": "unknown"}
    assert values(measured(contract, *samples, said=(unseen,))) == [100] * 3


def test_an_answer_that_is_too_slow_is_none() -> None:
    """A minute of answers in more than five times the promised 100 ms, in a month of one observation a minute."""
    samples = [(JUNE + n * MINUTE, UP, 600_000 if 10 <= n < 40 else 50_000, None) for n in range(30 * 24 * 60)]
    contract = of_kpi(service="cad", counting={"slow_as_down": {"promised": "100ms", "multiple": 5}})
    found = measured(contract, *samples)
    kpi = only(found)
    assert kpi.views["agreed"].downtime_ms == 30 * MINUTE
    assert kpi.service is not None
    assert kpi.service.downtime_ms == 0, "the service itself was up; it is the KPI that says slow is down"


def test_a_quorum_decides_for_the_kpi() -> None:
    """Two of three places see it down: 66.7 per cent."""
    contract = one_version(
        services=[service("cad", *(endpoint(name) for name in "abc"), available_when="any")],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": {"quorum": {"percent": 51}}}],
    )
    outage = with_outages(JUNE, JULY, (JUNE, JUNE + HOUR))
    found = month_of_june(contract, a=outage, b=outage, c=[span(JUNE, JULY, UP)])
    assert only(found).views["agreed"].downtime_ms == HOUR
    assert found.services[0].downtime_ms == 0


def test_a_weighted_service_loses_the_share_of_its_weight() -> None:
    """Of weights 3 and 1, the 1 is down for four hours: one hour."""
    contract = one_version(
        services=[service("cad", endpoint("big", weight=3), endpoint("small"), available_when="weighted")]
    )
    outage = (JUNE, JUNE + 4 * HOUR)
    found = month_of_june(contract, big=[span(JUNE, JULY, UP)], small=with_outages(JUNE, JULY, outage))
    assert only(found).views["agreed"].downtime_ms == HOUR
    assert found.services[0].downtime_ms == HOUR
    assert found.services[0].availability_ratio == Fraction(719, 720)


def test_an_outage_by_quorum_is_judged_whole_where_only_some_probed_before_the_month() -> None:
    """a is down for an hour over the edge. Before it b was not probed, so that a decided alone; 20 minutes in, b
    is up. An outage of 50 minutes, 20 of them in June, passes a limit of 45."""
    counting = {"quorum": {"percent": 51}, "shortest_outage": "45m"}
    contract = one_version(
        services=[service("cad", endpoint("a"), endpoint("b"), available_when="any")],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}],
    )
    begin, seen = JUNE - 30 * MINUTE, JUNE + 20 * MINUTE
    a = [span(begin, JUNE + 30 * MINUTE, DOWN), span(JUNE + 30 * MINUTE, JULY, UP)]
    found = month_of_june(contract, a=a, b=[span(seen, JULY, UP)])
    assert only(found).views["agreed"].downtime_ms == 20 * MINUTE


def test_an_outage_counts_by_the_users_that_it_hit() -> None:
    """Four hours, half of the users in the second two: three hours."""
    said = {"kind": "impact", "service": "cad", "users": 50, "of": 100}
    half = said | {"start": JUNE + 2 * HOUR, "end": JUNE + 9 * HOUR}
    found = month_of_june(of_kpi(service="cad"), [half], login=with_outages(JUNE, JULY, (JUNE, JUNE + 4 * HOUR)))
    assert only(found).views["agreed"].downtime_ms == 3 * HOUR


def test_degraded_time_counts_as_the_contract_says() -> None:
    spans = [span(JUNE, JUNE + 4 * HOUR, UP), span(JUNE + 4 * HOUR, JULY, UP)]
    spans[0] = spans[0]._replace(outcome=DOWN.DEGRADED)
    half = of_kpi(service="cad", counting={"degraded": 50})
    assert only(month_of_june(half, login=spans)).views["agreed"].downtime_ms == 2 * HOUR
    assert month_of_june(half, login=spans).services[0].degraded_ms == 4 * HOUR


TICKETS = {"indicator": "ratio_in_target", "target": 90, "within": "4h", "priorities": ["P1"]}


def ticket(name: str, opened: str, ended: str | None = None, **more: Any) -> dict[str, Any]:
    end = {} if ended is None else {"ended": f"2026-06-{ended}+01:00"}
    return {"kind": "ticket", "id": name, "priority": "P1", "opened": f"2026-06-{opened}+01:00", **end, **more}


def test_tickets_come_from_the_register() -> None:
    """In target, late, another priority, another service, and a later word on a ticket that stands in its place."""
    said = [
        ticket("1", "02 09:00", "02 12:00"),
        ticket("2", "03 09:00", "03 19:00"),
        ticket("3", "03 09:00", "03 19:00", priority="P2"),
        ticket("4", "04 09:00", "04 19:00", service="cad"),
        ticket("5", "05 09:00"),
        ticket("5", "05 09:00", "05 10:00"),
    ]
    services = [service("cad"), service("mail", endpoint("mx"))]
    contract = one_version(services=services, kpis=[{"id": "KPI1", "service": "mail", **TICKETS}])
    assert values(month_of_june(contract, said)) == [Fraction(200, 3)] * 3


def test_a_claim_may_excuse_tickets() -> None:
    said = [
        {"kind": "claim", "cause": "third_party", "tickets": ["2"], "start": JUNE, "end": JULY},
        ticket("1", "02 09:00", "02 12:00"),
        ticket("2", "03 09:00", "03 19:00"),
    ]
    assert values(month_of_june(of_kpi(**TICKETS), said)) == [50, 100, 50]
    assert values(month_of_june(of_kpi(**TICKETS), [*said, {"kind": "decision", "about": 1, "granted": True}])) == [
        50,
        100,
        100,
    ]


def figure(party: str, **more: Any) -> dict[str, Any]:
    return {"kind": "figure", "kpi": "KPI1", "month": "2026-06", "party": party, **more}


def test_tickets_outrank_a_figure_of_the_authoritys_own() -> None:
    """As what was seen of an availability does; where there are no tickets, its figure stands."""
    late = ticket("1", "03 09:00", "03 19:00")
    assert values(month_of_june(of_kpi(**TICKETS), [figure("authority", value=97), late])) == [0] * 3
    assert values(month_of_june(of_kpi(**TICKETS), [figure("authority", value=97)])) == [97] * 3


def test_events_that_nobody_has_counted_are_not_taken_for_none() -> None:
    """No tickets are counted here: that nothing happened, somebody has to say."""
    reported = of_kpi(indicator="ratio_in_target", no_events="met")
    nothing = [{**figure("authority"), "in_target": 0, "total": 0}]
    assert values(month_of_june(reported)) == [None] * 3
    assert values(month_of_june(reported, nothing)) == [100] * 3


def test_counts_that_are_reported_become_per_cent() -> None:
    contract = of_kpi(indicator="ratio_in_target", source_of_truth="supplier", min_denominator=200)
    found = month_of_june(contract, [figure("supplier", in_target=90, total=100)])
    assert values(found) == [95] * 3


def test_the_working_of_reported_counts_says_how_many_of_how_many() -> None:
    contract = of_kpi(indicator="ratio_in_target", min_denominator=20)
    found = only(month_of_june(contract, [figure("authority", in_target=9, total=15)])).views["agreed"]
    assert [str(step) for step in found.working[:3]] == [
        "in target: 9 of 15",
        "floor 20, so in target: 20 − 6 late = 14 of 20",
        "in target, per cent: 14 / 20 × 100 = 70",
    ]


@pytest.mark.parametrize(
    ("source", "said", "value", "difference"),
    [
        ("authority", ["supplier"], None, None),
        ("supplier", ["supplier"], 97, None),
        ("authority", ["supplier", "authority"], 95, 2),
        ("joint", ["supplier", "authority"], None, 2),
        ("joint", ["supplier", "authority", "agreed"], 96, 2),
    ],
)
def test_whose_figure_counts(source: str, said: list[str], value: int | None, difference: int | None) -> None:
    given = {"supplier": "97", "authority": "95", "agreed": "96"}
    contract = of_kpi(indicator="submitted", source_of_truth=source)
    found = month_of_june(contract, [figure(party, value=given[party]) for party in said])
    assert values(found) == [value] * 3
    assert (only(found).submitted, only(found).difference) == (97, difference)


def test_the_supplier_s_figure_stands_beside_what_was_seen() -> None:
    outage = (JUNE, JUNE + 36 * HOUR)
    said = [figure("supplier", value="99.5")]
    kpi = only(month_of_june(of_kpi(service="cad"), said, login=with_outages(JUNE, JULY, outage)))
    assert [kpi.views["agreed"].value, kpi.submitted, kpi.difference] == [95, Fraction("99.5"), Fraction("4.5")]


def quarterly() -> Contract:
    """Quarters count from April."""
    return of_kpi(service="cad", measurement_months=3)


@pytest.mark.parametrize(("month", "has_result", "hours"), [("2026-05", False, 2), ("2026-06", True, 7)])
def test_a_quarter_is_judged_when_it_ends_and_told_before(month: str, has_result: bool, hours: int) -> None:
    """An outage over the edge of May is one outage."""
    april, june = ms("2026-04-01T00:00+01:00"), JUNE
    outages = [(april, april + HOUR), (june - HOUR, june + 4 * HOUR), (JULY - HOUR, JULY + 5 * HOUR)]
    record = Record({"login": with_outages(april, LATER, *outages)})
    found = assess_month(quarterly(), record, month, LATER)
    kpi = only(found)
    assert (kpi.result is not None) == has_result
    assert kpi.views["agreed"].downtime_ms == hours * HOUR
    assert kpi.views["agreed"].seconds is not None
    assert len(kpi.views["agreed"].seconds.losses) == (3 if has_result else 2)
    assert kpi.period is not None
    assert (kpi.period.start_ms, kpi.period.end_ms) == (april, JULY)


def test_a_quarter_that_is_over_is_made_of_all_its_months_in_later_history_too() -> None:
    """A late ticket in April, and one in time in June."""
    april = ms("2026-04-01T00:00+01:00")
    plain = {"kind": "ticket", "priority": "P1"}
    said = (
        {**plain, "id": "A", "opened": april + DAY, "ended": april + 2 * DAY},
        {**plain, "id": "B", "opened": JUNE + DAY, "ended": JUNE + DAY + HOUR},
    )
    contract = of_kpi(indicator="ratio_in_target", within="4h", measurement_months=3)
    record = Record({"login": [span(april, LATER, UP)]}, said=entries(*said))
    assert only(assess_month(contract, record, "2026-06", LATER)).views["agreed"].value == 50
    earlier = assess_month(contract, record, "2026-07", LATER).earlier[-3:]
    assert [[one.value for one in month.kpis] for month in earlier] == [[], [], [50]]


def test_a_composite_is_made_of_each_view() -> None:
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 99},
        {"id": "KPI2", "indicator": "submitted", "target": 90, "source_of_truth": "supplier"},
        {"id": "ALL", "indicator": "composite", "combine": "all_of", "target": 100, "parts": [
            {"kpi": "KPI1"}, {"kpi": "KPI2"}]},
    ]  # fmt: skip
    said: list[dict[str, Any]] = [
        {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + 40 * HOUR},
        {"kind": "figure", "kpi": "KPI2", "month": "2026-06", "party": "supplier", "value": "95"},
    ]
    found = month_of_june(one_version(kpis=kpis), said, login=with_outages(JUNE, JULY, (JUNE, JUNE + 36 * HOUR)))
    assert [found.kpis[2].views[view].value for view in VIEWS] == [0, 100, 0]


def test_what_was_seen_too_little_is_shown_and_not_assessed() -> None:
    """Half of the month: 50 per cent of coverage, under the floor of 90."""
    half = JUNE + 15 * DAY
    found = month_of_june(of_kpi(service="cad"), login=with_outages(JUNE, half, (JUNE, JUNE + 36 * HOUR)))
    kpi = only(found)
    assert [kpi.views["agreed"].value, kpi.coverage_ratio] == [90, Fraction(1, 2)]
    assert not kpi.is_assessable
    assert (kpi.views["agreed"].band, found.result and found.result.kpis[0].is_met) == (None, None)


@pytest.mark.parametrize(("source", "party"), [("supplier", "supplier"), ("authority", "agreed")])
def test_what_was_seen_too_little_spoils_no_figure_that_others_have_given(source: str, party: str) -> None:
    half = JUNE + 15 * DAY
    bands = [{"name": "met", "at_least": 99}, {"name": "missed", "below": 99}]
    contract = of_kpi(service="cad", source_of_truth=source, bands=bands, rounding={"mode": "none"})
    found = month_of_june(contract, [figure(party, value="98")], login=with_outages(JUNE, half))
    assert found.result is not None
    assert [(one.value, one.band, one.is_met) for one in found.result.kpis] == [(98, "missed", False)]


def test_a_composite_is_the_same_in_later_history_whoever_reported_a_figure_of_it() -> None:
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 99},
        {"id": "ALL", "indicator": "composite", "combine": "all_of", "target": 100, "parts": [{"kpi": "KPI1"}]},
    ]
    contract = one_version(kpis=kpis, term={"start": "2026-06-01", "end": "2030-05-31"})
    said = entries(figure("supplier", value=100) | {"kpi": "ALL"}, at_ms=LATER)
    record = Record({"login": with_outages(JUNE, JULY, (JUNE, JUNE + 36 * HOUR))}, said=said)
    june = assess_month(contract, record, "2026-06", LATER).result
    later = assess_month(contract, record, "2026-07", LATER).earlier
    assert june is not None
    assert [(one.kpi, one.figure, one.is_met) for one in june.kpis] == [("KPI1", 95, False), ("ALL", 0, False)]
    assert later == (june,)


@pytest.mark.parametrize(("month", "figure_of_kpi1"), [("2026-06", 95), ("2026-07", 100)])
def test_a_composite_waits_for_the_parts_whose_measurement_period_goes_on(month: str, figure_of_kpi1: int) -> None:
    """KPI2's quarter ends with August: neither June nor July has a composite, in the month itself or in history, and
    what the supplier says of it changes nothing."""
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 90},
        {"id": "KPI2", "service": "cad", "target": 90, "measurement_months": 3},
        {"id": "ALL", "indicator": "composite", "combine": "all_of", "target": 100, "parts": [
            {"kpi": "KPI1"}, {"kpi": "KPI2"}]},
    ]  # fmt: skip
    contract = one_version(kpis=kpis, term={"start": "2026-06-01", "end": "2030-05-31"})
    now_ms, outage = ms("2026-08-10T00:00+01:00"), (JUNE, JUNE + 36 * HOUR)
    said = entries(figure("supplier", value=100) | {"kpi": "ALL", "month": month}, at_ms=LATER)
    record = Record({"login": with_outages(JUNE, ms("2026-09-01T00:00+01:00"), outage)}, said=said)
    found = assess_month(contract, record, month, now_ms).result
    assert found is not None
    assert [(kpi.kpi, kpi.figure) for kpi in found.kpis] == [("KPI1", figure_of_kpi1), ("ALL", None)]
    history = assess_month(contract, record, "2026-08", now_ms).earlier
    assert next(one for one in history if one.month == month) == found
