"""Points and money of a month: charges, what the register says about money, claims for credits, shares."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, assess_month, history
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.terms import Term
from sla_monitor.sla.results import PeriodResult
from tests.assess.records import (
    DAY,
    HOUR,
    JULY,
    JUNE,
    Record,
    entries,
    month_of_june,
    ms,
    one_version,
    service,
    terms,
    with_outages,
)

FIRST = "2026-06-01"
BANDS = [
    {"name": "met", "at_least": 99},
    {"name": "minor", "at_least": 98, "below": 99, "points": 1},
    {"name": "severe", "below": 98, "points": 3, "material": True},
]
KPI = {"id": "KPI1", "service": "cad", "target": 99, "rounding": {"mode": "none"}, "bands": BANDS}
BY_POINTS = {"id": "points", "method": "points", "per_point_percent": 1}
BAD = with_outages(JUNE, JULY, (JUNE, JUNE + 36 * HOUR))
"""95 per cent: severe."""


def priced(**changes: Any) -> Contract:
    """£100,000 a month, one per cent a point: three points cost £3,000."""
    money = {"charges": {"monthly": [{"amount": 100_000}]}, "credits": [BY_POINTS]}
    return one_version(**{"kpis": [KPI], "term": {"start": FIRST, "end": "2030-05-31"}, **money, **changes})


def result(found: ContractAssessment) -> PeriodResult:
    assert found.result is not None
    return found.result


def bad_june(contract: Contract, *said: dict[str, Any], now_ms: int = JULY + 2 * DAY) -> ContractAssessment:
    return month_of_june(contract, said, now_ms, login=BAD)


def test_what_was_seen_becomes_points_and_money_with_working() -> None:
    month = result(bad_june(priced()))
    assert (month.points, month.credit.total) == (3, Decimal("3000.00"))
    assert [str(step) for step in month.credit.lines[0].working] == [
        "points: 3 (KPI1) = 3",
        "credit: 3 points × 1 % × 100000.00 = 3000.00",
    ]


def test_the_agreed_view_is_the_one_that_is_priced() -> None:
    """With 24 of 36 hours excused, 12 of 696 are left: 98.3 per cent, minor."""
    claim = {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + 24 * HOUR}
    month = result(bad_june(priced(), claim, {"kind": "decision", "about": 1, "granted": True}))
    assert (month.points, month.credit.total) == (1, Decimal("1000.00"))
    assert result(bad_june(priced(), claim)).points == 3


@pytest.mark.parametrize(
    ("start", "part_months", "paid"), [("2026-06-16", "by_day", "50000.00"), ("2026-06-16", "whole", "100000.00")]
)
def test_a_part_month_costs_its_days(start: str, part_months: str, paid: str) -> None:
    charges = {"monthly": [{"amount": 100_000}], "part_months": part_months}
    contract = priced(term={"start": start, "end": "2030-05-31"}, charges=charges)
    assert result(month_of_june(contract)).charges == {"": Decimal(paid)}


def test_charges_that_change_in_mid_month_count_by_the_day() -> None:
    """£100,000 for ten days of thirty, £130,000 for twenty."""
    first, later = (
        terms(term={"start": FIRST, "end": "2030-05-31"}, kpis=[KPI], charges={"monthly": [{"amount": amount}]})
        for amount in (100_000, 130_000)
    )
    change = TermsVersion(ms("2026-06-11T00:00+01:00"), later, "CCN-02")
    assert result(month_of_june(Contract((TermsVersion(0, first), change)))).charges == {"": Decimal("120000.00")}


def test_a_cap_of_the_contract_year_counts_each_month_at_the_charges_that_the_terms_say() -> None:
    """£100,000 a month from June to September, 10 per cent more from October to March, and half of that in April."""
    cap = {"id": "cap", "percent": 1, "base": "contract_year", "over": "contract_year"}
    amount, rise = {"amount": 100_000}, {"percent": 10}
    before, after = (
        terms(
            term={"start": FIRST, "end": "2027-04-15"},
            kpis=[KPI],
            caps=[cap],
            credits=[BY_POINTS],
            charges={"monthly": [amount], "indexation": rises},
        )
        for rises in ([], [rise])
    )
    contract = Contract((TermsVersion(0, before), TermsVersion(ms("2026-10-01T00:00+01:00"), after, "CCN-03")))
    (found,) = result(bad_june(contract)).credit.caps
    assert str(found.working[0]) == "cap: 1 % × 1115000.00 (contract year) = 11150.00"


@pytest.mark.parametrize(("what", "points", "credit"), [("points_and_money", 0, "0.00"), ("money", 3, "0.00")])
def test_a_waived_failure_costs_nothing_and_is_still_one(what: str, points: int, credit: str) -> None:
    waiver = {"kind": "waiver", "month": "2026-06", "kpis": ["KPI1"], "what": what, "reference": "L-7"}
    month = result(bad_june(priced(), waiver))
    (kpi,) = month.kpis
    assert (month.points, month.credit.total) == (points, Decimal(credit))
    assert (kpi.is_met, kpi.band, kpi.failures_in_a_row) == (False, "severe", 1)
    assert "entry 1 (L-7)" in str(kpi.working[-1])


def test_relief_for_a_reported_figure_counts_in_its_whole_measurement_period() -> None:
    """June is the third month of the quarter; what is claimed happened in its first, or in the quarter before."""
    survey = {
        "id": "survey",
        "indicator": "submitted",
        "target": 80,
        "measurement_months": 3,
        "rounding": KPI["rounding"],
    }
    bands = [{"name": "met", "at_least": 80}, {"name": "missed", "below": 80, "points": 2}]
    contract = priced(kpis=[{**survey, "bands": bands}], term={"start": "2026-01-01", "end": "2030-12-31"})
    said = {"kind": "figure", "kpi": "survey", "month": "2026-06", "party": "authority", "value": 70}
    for begin, points in (("2026-04-05T09:00Z", 0), ("2026-03-05T09:00Z", 2)):
        claim = {
            "kind": "claim",
            "cause": "force_majeure",
            "kpis": ["survey"],
            "start": ms(begin),
            "end": ms(begin) + DAY,
        }
        granted = {"kind": "decision", "about": 1, "granted": True}
        assert result(month_of_june(contract, [claim, granted, said])).points == points


def test_money_that_is_earned_back_is_a_negative_line() -> None:
    month = result(bad_june(priced(), {"kind": "earn_back", "month": "2026-06", "amount": "500.00"}))
    assert [(line.rule, line.amount) for line in month.credit.lines] == [
        ("points", Decimal("3000.00")),
        ("earn-back", Decimal("-500.00")),
    ]
    assert month.credit.total == Decimal("2500.00")


def test_a_deduction_that_was_left_out_is_made_after_all() -> None:
    rule = {
        "id": "misreporting",
        "method": "misreporting",
        "deliberate_percent": 50,
        "otherwise_percent": 25,
        "none_if_corrected": True,
    }
    said = {"kind": "misreport", "month": "2026-06", "omitted": "180.00", "deliberate": True}
    assert result(bad_june(priced(credits=[rule]), said)).credit.total == Decimal("270.00")


def test_times_that_an_area_was_unavailable_are_priced_by_their_own_rule() -> None:
    rules = [
        {"id": name, "method": "unit_rate", "service": "cad", "rate": rate, "block": "2h", "weights": {"suite": 30}}
        for name, rate in (("one", 2), ("other", 7))
    ]
    said = {"kind": "occurrence", "rule": "one", "month": "2026-06", "duration_ms": 6 * HOUR, "area": "suite"}
    month = result(bad_june(priced(credits=rules), said))
    assert [(line.rule, line.amount) for line in month.credit.lines] == [("one", Decimal("180.00"))]


CLAIMED = {"claims": {"automatic": False, "months": 2}}


def claimed(on: str) -> dict[str, Any]:
    return {"kind": "credit_claim", "month": "2026-06", "claimed": f"{on}T12:00+01:00"}


def test_no_claim_no_credit() -> None:
    """Until the end of August; until then it is shown, and not deducted."""
    credit = result(bad_june(priced(**CLAIMED))).credit
    assert (credit.total, credit.unclaimed, credit.is_lapsed) == (0, Decimal("3000.00"), False)
    assert str(credit.claim_by) == "2026-08-31"
    assert str(credit.working[-1]) == (
        "credit that needs a claim: not claimed yet: the last day is 2026-08-31 = 3000.00"
    )


def test_no_credit_is_too_small_to_need_a_claim() -> None:
    small = priced(charges={"monthly": [{"amount": "16.67"}]}, **CLAIMED)
    credit = result(bad_june(small)).credit
    assert (credit.total, credit.unclaimed) == (0, Decimal("0.50"))


@pytest.mark.parametrize(("on", "total", "is_lapsed"), [("2026-08-31", "3000.00", False), ("2026-09-01", "0.00", True)])
def test_a_credit_is_claimed_in_time_or_lapses(on: str, total: str, is_lapsed: bool) -> None:
    now = ms("2026-09-15T00:00+01:00")
    credit = result(bad_june(priced(**CLAIMED), claimed(on), now_ms=now)).credit
    assert (credit.total, credit.is_lapsed) == (Decimal(total), is_lapsed)


def test_a_credit_that_nobody_claims_lapses_with_time() -> None:
    credit = result(bad_june(priced(**CLAIMED), now_ms=ms("2026-09-15T00:00+01:00"))).credit
    assert (credit.total, credit.is_lapsed) == (0, True)
    assert "lapsed: the last day was 2026-08-31" in str(credit.working[-1])


def test_repeats_and_caps_look_at_the_months_before() -> None:
    """Bad in June and in July: 3 points, then 6; four per cent of the month's charges is the cap of each."""
    kpi = KPI | {"repeat": {"factor": 2, "on_missing": "breaks"}}
    cap = {"id": "cap", "percent": 4, "base": "period", "over": "period"}
    august = JULY + 31 * DAY
    spans = with_outages(JUNE, august, (JUNE, JUNE + 36 * HOUR), (JULY, JULY + 40 * HOUR))
    record, contract = Record({"login": spans}), priced(kpis=[kpi], caps=[cap])
    july = assess_month(contract, record, "2026-07", august + 2 * DAY)
    assert [month.points for month in july.earlier] == [3]
    assert (result(july).points, result(july).credit.before_caps, result(july).credit.total) == (
        6,
        Decimal("6000.00"),
        Decimal("4000.00"),
    )
    told = history(contract, record, "2026-08", august + 2 * DAY)
    assert [(month.month, month.points) for month in told] == [("2026-06", 3), ("2026-07", 6)]
    assert assess_month(contract, record, "2026-07", august + 2 * DAY, told[:1]) == july


def test_a_run_of_failures_ends_with_a_month_in_which_the_kpi_was_no_term() -> None:
    """Bad in May and in July; in June the contract had another KPI in its place."""
    kpi = KPI | {"repeat": {"factor": 2, "on_missing": "breaks"}}
    may, august = JUNE - 31 * DAY, JULY + 31 * DAY
    term = {"start": "2026-05-01", "end": "2030-05-31"}
    with_it, without = (terms(kpis=[one], term=term) for one in (kpi, KPI | {"id": "KPI2"}))
    contract = Contract((TermsVersion(0, with_it), TermsVersion(JUNE, without), TermsVersion(JULY, with_it)))
    record = Record({"login": with_outages(may, august, (may, may + 36 * HOUR), (JULY, JULY + 36 * HOUR))})
    told = history(contract, record, "2026-08", august + 2 * DAY)
    assert [(one.kpi, one.points, one.failures_in_a_row) for month in told for one in month.kpis] == [
        ("KPI1", 3, 1),
        ("KPI2", 0, 0),
        ("KPI1", 3, 1),
    ]
    views = assess_month(contract, record, "2026-07", august + 2 * DAY).kpis[0].views
    assert "in a row" not in str([str(step) for step in views["agreed"].working])


def test_the_credit_is_shared_by_those_who_take_the_service() -> None:
    """£3,000 of the contract's, 60 to 40; a service's own is its only taker's."""
    shared = priced(
        participants=[{"id": "force", "share": 60}, {"id": "commissioner", "share": 40}],
        services=[service("cad", participants=["force"])],
    )
    assert bad_june(shared).shares == {"force": Decimal("1800.00"), "commissioner": Decimal("1200.00")}
    own = shared.versions[0].terms.model_copy(
        update={
            "charges": priced(charges={"monthly": [{"service": "cad", "amount": 100_000}]}).versions[0].terms.charges,
            "credits": priced(credits=[BY_POINTS | {"service": "cad"}]).versions[0].terms.credits,
        }
    )
    found = bad_june(Contract((TermsVersion(0, own),)))
    assert found.shares == {"force": Decimal("3000.00"), "commissioner": Decimal("0.00")}


def joining(part_months: str = "by_day", **later: Any) -> Contract:
    """Two participants; from 11 June on there are three, with ten days of thirty gone. June's credit is £3,000."""
    money = {"charges": {"monthly": [{"amount": 100_000}], "part_months": part_months}, "credits": [BY_POINTS]}
    head = {"kpis": [KPI], "term": {"start": FIRST, "end": "2030-05-31"}} | money
    two, three = [("force", 60), ("commissioner", 40)], [("force", 50), ("commissioner", 20), ("partner", 30)]
    before, after = (
        terms(**head | changes, participants=[{"id": name, "share": share} for name, share in several])
        for several, changes in ((two, {}), (three, later))
    )
    return Contract((TermsVersion(0, before), TermsVersion(ms("2026-06-11T00:00+01:00"), after, "CCN-04")))


def test_who_joins_in_mid_month_bears_the_days_from_then_on() -> None:
    found = bad_june(joining())
    assert found.shares == {"force": 1600, "commissioner": 800, "partner": 600}
    assert [str(step) for step in found.shares_working["partner"]] == [
        "share of partner, per cent: (0 × 10 + 30 × 20) / (10 + 20) = 20",
        "contract: 20 % × 3000.00, shared out to the coin = 600.00",
    ]


def test_days_that_cost_more_weigh_more_in_a_share() -> None:
    """£400,000 a month from the day on which the partner joins: ten days of 100,000 and twenty of 400,000."""
    found = bad_june(joining(charges={"monthly": [{"amount": 400_000}]}))
    assert result(found).charges == {"": 300_000}
    assert str(found.shares_working["partner"][0]) == (
        "share of partner, per cent: (0 × 10 × 100000 + 30 × 20 × 400000) / (10 × 100000 + 20 × 400000) "
        "= 26.6666666666…"
    )
    assert found.shares["partner"] == 2400
    assert sum(found.shares.values()) == 9000


def test_where_part_months_are_charged_whole_those_at_the_end_of_the_month_bear_it() -> None:
    whole: dict[str, Any] = {"charges": {"monthly": [{"amount": 100_000}], "part_months": "whole"}}
    assert bad_june(joining("whole", **whole)).shares == {"force": 1500, "commissioner": 600, "partner": 900}


def test_who_leaves_in_mid_month_bears_the_days_until_then() -> None:
    """And those of the last month of a contract that ends in its midst are counted like all others."""
    one, other = joining().versions
    swapped = Contract((TermsVersion(0, other.terms), TermsVersion(other.from_ms, one.terms)))
    assert bad_june(swapped).shares == {"force": 1700, "commissioner": 1000, "partner": 300}
    term = {"start": FIRST, "end": "2026-06-20"}
    cut = Contract(
        tuple(
            TermsVersion(v.from_ms, v.terms.model_copy(update={"term": Term.model_validate(term)}))
            for v in joining().versions
        )
    )
    assert str(bad_june(cut).shares_working["partner"][0]).endswith("(0 × 10 + 30 × 10) / (10 + 10) = 15")


def test_a_service_that_starts_in_mid_month_is_borne_by_those_who_take_it() -> None:
    """The partner alone takes the portal; the days before it was there are nobody's."""
    portal: dict[str, Any] = {"services": [service(), {"id": "portal", "participants": ["partner"]}]}
    rule = {"id": "fixed", "method": "fixed", "service": "portal", "amounts": {"KPI1": 70}}
    found = bad_june(joining(**portal, credits=[BY_POINTS, rule]))
    assert found.shares == {"force": 1600, "commissioner": 800, "partner": 670}


def test_relief_for_a_figure_that_somebody_reports_takes_its_price_away() -> None:
    kpi = {
        "id": "KPI1",
        "indicator": "count",
        "target": 3,
        "source_of_truth": "supplier",
        "rounding": {"mode": "none"},
        "bands": [{"name": "met", "at_most": 3}, {"name": "bad", "above": 3, "points": 2}],
    }
    said: list[dict[str, Any]] = [
        {"kind": "figure", "kpi": "KPI1", "month": "2026-06", "party": "supplier", "value": "9"},
        {"kind": "claim", "cause": "authority_cause", "kpis": ["KPI1"], "start": JUNE, "end": JUNE + DAY},
    ]
    contract = priced(kpis=[kpi])
    assert result(month_of_june(contract, said)).points == 2
    granted = {"kind": "decision", "about": 2, "granted": True}
    relieved = result(month_of_june(contract, [*said, granted]))
    assert (relieved.points, relieved.credit.total, relieved.kpis[0].value) == (0, 0, Fraction(9))


LATE = {"id": "KPI1", "indicator": "ratio_in_target", "target": 99, "within": "4h", "no_events": "not_measured"}
UP = {"id": "up", "service": "cad", "target": 90, "rounding": {"mode": "none"}}
WHOLE = {"id": "KPI1", "indicator": "composite", "combine": "all_of", "parts": [{"kpi": "up"}], "target": 99}


@pytest.mark.parametrize("kpis", [[KPI], [LATE], [UP, WHOLE]], ids=["looked at", "tickets", "composite"])
def test_relief_lets_a_failure_pass_where_the_suppliers_figure_counts(kpis: list[dict[str, Any]]) -> None:
    """Of what the supplier tells nothing can be left out, whatever was probed beside it. A claim that names other
    KPIs does nothing to this one."""
    kpi = kpis[-1] | {"source_of_truth": "supplier", "rounding": {"mode": "none"}, "bands": BANDS}
    contract = priced(kpis=[*kpis[:-1], kpi], relief={"four_eyes": False})
    told = {"kind": "figure", "kpi": "KPI1", "month": "2026-06", "party": "supplier", "value": "97"}
    granted = {"kind": "decision", "about": 2, "granted": True}
    for named, points in ((["KPI1"], 0), ([], 3)):
        claim = {"kind": "claim", "cause": "authority_cause", "kpis": named, "start": JUNE, "end": JUNE + HOUR}
        month = result(bad_june(contract, told, claim, granted))
        assert (month.points, month.credit.total) == (points, 1000 * points)
        found = month.kpis[-1]
        assert (found.value, found.is_met) == (97, False)
        assert ("waived: relief, entry 2 = no points, no money" in map(str, found.working)) == (not points)


def test_entries_that_were_made_later_are_not_known_yet() -> None:
    """As known on the 2nd of July: what was entered on the 3rd is not there."""
    waiver = {"kind": "waiver", "month": "2026-06", "what": "money"}
    record = Record({"login": BAD}, said=entries(waiver, at_ms=JULY + 2 * DAY))
    assert result(assess_month(priced(), record, "2026-06", JULY + DAY)).credit.total == 3000
    assert result(assess_month(priced(), record, "2026-06", JULY + 3 * DAY)).credit.total == 0
