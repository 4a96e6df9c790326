"""Regimes that suppliers and authorities have published: contract file and evidence file to the penny."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment
from sla_monitor.cli.assess.working_steps import format_working, ticket_lines
from sla_monitor.contract.advice import advice
from sla_monitor.contract.contract import Contract
from sla_monitor.document.kpis import kpi as kpi_json
from sla_monitor.register.effective import effective_entries
from sla_monitor.review.blocks import Notice
from sla_monitor.review.claim_document import claim_pack
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.html import html
from sla_monitor.web.page.card_rows import kpi_allowance

from .two_files import contract_of, down, month_of, said


def watched(*names: str) -> list[dict[str, Any]]:
    """Services, each with one endpoint of its name."""
    return [
        {"id": name, "endpoints": [{"id": f"{name}-1", "kind": "tcp", "host": "cad.example", "port": 443}]}
        for name in names
    ]


def tiers(service: str) -> dict[str, Any]:
    steps = [{"below": 99.9, "percent": 10}, {"below": 99, "percent": 25}]
    return {"id": service, "method": "tiers", "service": service, "kpi": service, "tiers": steps}


def test_a_quarterly_percentage_is_of_the_quarters_fees(tmp_path: Path) -> None:
    """GitHub Enterprise Cloud: 3 of 2,160 hours in February are 99.8611: 10 per cent of three months at 2,100. Actions
    cost 900 in January and 1,200 from February on, half of February at the old price: 900 + 1,050 + 1,200."""
    monthly = [
        {"service": "issues", "amount": 2100},
        {"service": "actions", "amount": 900, "until": "2026-02-15"},
        {"service": "actions", "amount": 1200, "from": "2026-02-15"},
    ]
    contract = contract_of(
        tmp_path,
        services=watched("issues", "actions"),
        time_zone="UTC",
        currency="USD",
        kpis=[{"id": name, "service": name, "target": 99.9, "measurement_months": 3} for name in ("issues", "actions")],
        charges={"monthly": monthly},
        credits=[tiers("issues"), tiers("actions")],
    )
    outage = ("2026-02-10 09:00", "2026-02-10 12:00")
    seen = [down(outage, of="issues-1"), down(outage, of="actions-1")]
    february = month_of(tmp_path, contract, "2026-02", *seen).result
    assert february is not None
    assert february.credit.total == 0
    found = month_of(tmp_path, contract, "2026-03", *seen).result
    assert found is not None
    assert [line.amount for line in found.credit.lines] == [Decimal("630.00"), Decimal("315.00")]
    assert [str(step) for step in found.credit.lines[1].working] == [
        "tier: 99.8611111111… = 10 %",
        "charges of the measurement period: 900.00 + 1050.00 + 1200.00 = 3150.00",
        "credit: 10 % × 3150.00 = 315.00",
    ]


def test_a_quarter_that_is_cut_short_has_the_charges_of_its_months(tmp_path: Path) -> None:
    """The contract ends on 15 May: April in full, and 15 of May's 31 days."""
    contract = contract_of(
        tmp_path,
        term={"start": "2026-01-01", "end": "2026-05-15"},
        services=watched("issues"),
        time_zone="UTC",
        kpis=[{"id": "issues", "service": "issues", "target": 99.9, "measurement_months": 3}],
        charges={"monthly": [{"service": "issues", "amount": 3100}]},
        credits=[tiers("issues")],
    )
    seen = down(("2026-04-10 09:00", "2026-04-10 12:00"), of="issues-1")
    found = month_of(tmp_path, contract, "2026-05", seen).result
    assert found is not None
    assert found.credit.total == Decimal("460.00"), "10 per cent of 3,100 and 1,500"


def network(tmp_path: Path, **changes: Any) -> Contract:
    """Arcustech, network: 5 per cent of the monthly fee for each 30 minutes or part of an outage."""
    rule = {"id": "network", "method": "unit_rate", "service": "network", "share": "1/20", "block": "30m"}
    plain: dict[str, Any] = {
        "services": watched("network"),
        "time_zone": "UTC",
        "currency": "USD",
        "relief": {"causes": ["force_majeure"]},
        "kpis": [{"id": "network", "service": "network", "target": 100}],
        "charges": {"monthly": [{"service": "network", "amount": 400}]},
        "credits": [rule | {"blocks": "begun"}],
    }
    return contract_of(tmp_path, **plain | changes)


FIFTY = ("2026-06-10 09:00", "2026-06-10 09:50")
FIVE = ("2026-06-20 09:00", "2026-06-20 09:05")
SEEN = down(FIFTY, FIVE, of="network-1")
CLAIMED = {"kind": "claim", "cause": "force_majeure", "services": ["network"], "start": FIFTY[0], "end": FIFTY[1]}
WAIVED = {"kind": "waiver", "month": "2026-06", "what": "money"}
ENTERED = {"kind": "occurrence", "rule": "network", "month": "2026-06", "duration_ms": 1_800_000}


def june(tmp_path: Path, contract: Contract, *entries: dict[str, Any]) -> list[Decimal]:
    found = month_of(tmp_path, contract, "2026-06", SEEN, entries=said(*entries)).result
    assert found is not None
    return [line.amount for line in found.credit.lines]


def test_outages_on_record_are_priced_in_blocks_with_their_working(tmp_path: Path) -> None:
    found = month_of(tmp_path, network(tmp_path), "2026-06", SEEN).result
    assert found is not None
    assert found.credit.total == Decimal("60.00")
    assert [line.about for line in found.credit.lines] == [
        "network, outage at 2026-06-10T09:00:00Z",
        "network, outage at 2026-06-20T09:00:00Z",
    ]
    assert [str(step) for step in found.credit.lines[0].working] == [
        "blocks, outage of network at 2026-06-10T09:00:00Z: 50m / 30m = 2 blocks",
        "credit: 1/20 of 400.00 × 1 × 2 blocks = 40.00",
    ]


def test_granted_relief_takes_an_outage_out_of_the_price(tmp_path: Path) -> None:
    contract = network(tmp_path)
    granted = {"kind": "decision", "about": 1, "granted": True}
    assert june(tmp_path, contract, CLAIMED) == [Decimal("40.00"), Decimal("20.00")], "not decided yet"
    assert june(tmp_path, contract, CLAIMED, granted) == [Decimal("20.00")]


@pytest.mark.parametrize("kpis", [{}, {"kpis": ["network"]}])
def test_a_waived_failure_costs_nothing_entered_or_on_record(tmp_path: Path, kpis: dict[str, Any]) -> None:
    contract = network(tmp_path)
    assert june(tmp_path, contract, ENTERED) == [Decimal("40.00"), Decimal("20.00"), Decimal("20.00")]
    assert june(tmp_path, contract, ENTERED, WAIVED | kpis) == [0, 0, 0]


def test_an_outage_over_the_end_of_a_month_costs_each_month_its_part(tmp_path: Path) -> None:
    """20 minutes and 40 minutes are one begun block, and two."""
    contract, seen = network(tmp_path), down(("2026-05-31 23:40", "2026-06-01 00:40"), of="network-1")
    for month, credit in (("2026-05", "20.00"), ("2026-06", "40.00")):
        found = month_of(tmp_path, contract, month, seen).result
        assert found is not None
        assert found.credit.total == Decimal(credit)


def test_without_a_service_every_service_with_an_availability_has_its_price(tmp_path: Path) -> None:
    """R3's two KPIs: outages of each service count once, by its first availability."""
    kpis = [{"id": f"{name}{n}", "service": name, "target": 100} for name in ("network", "host") for n in (1, 2)]
    rule = {"id": "all", "method": "unit_rate", "rate": 10, "block": "30m", "blocks": "begun"}
    contract = network(tmp_path, services=watched("network", "host", "other"), kpis=kpis, credits=[rule])
    seen = [SEEN, down(("2026-06-11 09:00", "2026-06-11 12:20"), of="host-1"), down(FIFTY, of="other-1")]
    found = month_of(tmp_path, contract, "2026-06", *seen).result
    assert found is not None
    assert [(line.kpi, line.amount) for line in found.credit.lines] == [
        ("network1", Decimal("20.00")),
        ("network1", Decimal("10.00")),
        ("host1", Decimal("70.00")),
    ]


def test_what_is_bedding_in_or_a_performance_indicator_has_no_price(tmp_path: Path) -> None:
    plain = {"id": "network", "service": "network", "target": 100}
    assert june(tmp_path, network(tmp_path, kpis=[plain | {"bedding_in_until": "2026-07-01"}])) == []
    assert june(tmp_path, network(tmp_path, kpis=[plain | {"kind": "PI"}])) == []


def test_a_closed_month_is_priced_the_same_from_what_was_kept(tmp_path: Path) -> None:
    """The quarter's outages cost in the month in which it ends, and a closed quarter's as much a year later."""
    contract = network(tmp_path, kpis=[{"id": "network", "service": "network", "target": 100, "measurement_months": 3}])
    seen = down(("2026-04-30 23:30", "2026-05-01 00:10"), FIFTY, of="network-1")
    for now in ("2026-07-03T00:00:00Z", "2027-07-03T00:00:00Z"):
        found = month_of(tmp_path, contract, "2026-06", seen, now=now).result
        assert found is not None
        assert [line.amount for line in found.credit.lines] == [Decimal("40.00"), Decimal("40.00")]
    later = month_of(tmp_path, contract, "2026-07", seen, now="2027-07-03T00:00:00Z")
    assert next(past for past in later.earlier if past.month == "2026-06").credit.total == Decimal("80.00")


def test_a_month_without_a_price_for_its_failures_says_so_in_the_pack(tmp_path: Path) -> None:
    """Under a rule with weights of areas that nobody sees, only what is entered costs."""
    rule = {"id": "rooms", "method": "unit_rate", "rate": 10, "block": "30m", "weights": {"hall": 2}}
    contract = network(tmp_path, credits=[rule])
    made = PackInput(month_of(tmp_path, contract, "2026-06", SEEN), contract.versions[-1].terms)
    lines = next(table for table in pack(made).tables if table.id == "credit-lines")
    assert lines.rows == ()
    assert lines.empty == (
        "network missed the target, and no rule for credits gives anything for it this month."
        " By rooms, only occurrences in the register cost: none is entered."
    )


def working(found: ContractAssessment) -> list[str]:
    """Of the month's only credit."""
    assert found.result is not None
    (line,) = found.result.credit.lines
    return [str(step) for step in line.working]


@pytest.mark.parametrize(("reported", "credit"), [("3", "0"), ("5.99", "0"), ("6", "100"), ("10", "200")])
def test_a_step_of_a_shortfall_is_as_long_as_the_contract_says(tmp_path: Path, reported: str, credit: str) -> None:
    """HopOne: a day's fee, 100 of 3,000, for every 3 ms above 3 ms, and nothing for a step that is not full."""
    contract = contract_of(
        tmp_path,
        currency="USD",
        kpis=[{"id": "latency", "indicator": "response_time", "statistic": "mean", "target": "3ms"}],
        charges={"monthly": [{"amount": 3000}]},
        credits=[
            {"id": "a", "method": "shortfall", "kpis": ["latency"], "step": "3ms", "share": "1/30", "partial": "floor"}
        ],
    )
    figure = {"kind": "figure", "kpi": "latency", "month": "2026-06", "party": "authority", "value": reported}
    found = month_of(tmp_path, contract, "2026-06", entries=said(figure))
    assert found.result is not None
    assert found.result.credit.total == Decimal(credit)
    if reported == "10":
        assert working(found) == [
            "shortfall: |3 − 10| = 7",
            "steps: 7 / 3, full ones = 2",
            "per cent: 2 × 1/30 × 100 = 6.66666666666…",
            "credit: 6.66666666666… % × 3000.00 = 200.00",
        ]


def test_slices_of_a_shortfall_have_rates_of_their_own(tmp_path: Path) -> None:
    """Alipay: 14 h 24 min of June are 2 per cent: 0.8 at 2 per cent, and 1 at 0.3. In July half of it all is down."""
    slices = [{"to": 99, "rate_percent": 2}, {"to": 90, "rate_percent": 0.3}, {"to": 50, "rate_percent": 0.1}]
    rule = {"id": "sliced", "method": "shortfall", "kpis": ["KPI1"], "partial": "prorata"}
    contract = contract_of(
        tmp_path,
        time_zone="UTC",
        kpis=[{"id": "KPI1", "service": "cad", "target": 99.8}],
        charges={"monthly": [{"amount": 1_000_000}]},
        credits=[rule | {"slices": [*slices, {"percent": 100}]}],
    )
    june = down(("2026-06-10 00:00", "2026-06-10 14:24"), ("2026-07-01 00:00", "2026-07-16 12:00"))
    assert working(month_of(tmp_path, contract, "2026-06", june)) == [
        "shortfall: |99.8 − 98| = 1.8",
        "per cent, to 99: 0.8 × 2 = 1.6",
        "per cent, to 90: 1 × 0.3 = 0.3",
        "per cent: 1.6 + 0.3 = 1.9",
        "credit: 1.9 % × 1000000.00 = 19000.00",
    ]
    half = month_of(tmp_path, contract, "2026-07", june)
    assert working(half)[-1] == "credit: 8.3 % × 1000000.00 = 83000.00", "exactly 50 per cent belong to the slice"
    less = month_of(tmp_path, contract, "2026-07", down(("2026-07-01 00:00", "2026-07-16 12:01")))
    assert working(less)[-2:] == [
        "per cent, beyond the slices before: 100",
        "credit: 100 % × 1000000.00 = 1000000.00",
    ]


def test_ten_times_the_fees_for_the_time_of_the_downtime(tmp_path: Path) -> None:
    """Slack: 60 of the quarter's 131,040 minutes, of 36,000: ten times 16.48."""
    rule = {"id": "chat", "method": "shortfall", "kpis": ["KPI1"], "measured_from": 100, "rate_percent": 10}
    contract = contract_of(
        tmp_path,
        time_zone="UTC",
        currency="USD",
        kpis=[{"id": "KPI1", "service": "cad", "target": 99.99, "measurement_months": 3}],
        charges={"monthly": [{"amount": 12_000}]},
        credits=[rule | {"partial": "prorata"}],
    )
    found = month_of(tmp_path, contract, "2026-06", down(("2026-05-10 09:00", "2026-05-10 10:00")))
    assert working(found)[-1] == "credit: 0.457875457875… % × 36000.00 = 164.84"
    in_target = month_of(tmp_path, contract, "2026-06", down(("2026-05-10 09:00", "2026-05-10 09:13"))).result
    assert in_target is not None
    assert in_target.credit.lines == (), "13 of 131,040 minutes"


WORKING_DAYS = {"hours": {"mon-fri": "00:00-24:00"}}


def orders(tmp_path: Path, **changes: Any) -> Contract:
    """Openreach: 2.00 for each working day that a first appointment is late, or 4.00 if it is more than three."""
    kpi = {"id": "orders", "indicator": "ratio_in_target", "target": 90, "within": "12d", "counted_when": "ended"}
    price = {"block": "1d", "late": [{"amount": 2.00}, {"above": "3d", "amount": 4.00}]}
    plain: dict[str, Any] = {
        "services": [{"id": "fibre"}, {"id": "copper"}],
        "calendars": {"days": WORKING_DAYS},
        "relief": {"causes": ["force_majeure"]},
        "kpis": [kpi | {"clock": {"calendar": "days"}}],
        "credits": [{"id": "late-orders", "method": "per_ticket", "kpi": "orders"} | price],
    }
    return contract_of(tmp_path, **plain | changes)


def order(name: str, ended: str, **changes: Any) -> dict[str, Any]:
    """The target is 18 June."""
    opened = {"opened": "2026-06-02 00:00", "ended": f"{ended} 00:00"}
    return {"kind": "ticket", "id": name, "priority": "new", "service": "fibre"} | opened | changes


LATE_ORDERS = (order("A", "2026-06-23"), order("B", "2026-06-29", service="copper"), order("C", "2026-06-19"))


def priced_orders(tmp_path: Path, contract: Contract, *entries: dict[str, Any], **of: Any) -> list[tuple[Any, Decimal]]:
    found = month_of(tmp_path, contract, "2026-06", entries=said(*entries), **of).result
    assert found is not None
    return [(line.ticket, line.amount) for line in found.credit.lines]


def test_each_late_order_has_a_line_that_names_it(tmp_path: Path) -> None:
    """Three, seven and one working days late; one in time, one open, one that ended later."""
    contract = orders(tmp_path)
    still_open = {key: value for key, value in order("F", "2026-06-20").items() if key != "ended"}
    entries = (*LATE_ORDERS, order("D", "2026-06-18"), order("E", "2026-07-01"), still_open)
    assert priced_orders(tmp_path, contract, *entries) == [("A", 6), ("B", 28), ("C", 2)]
    made = PackInput(month_of(tmp_path, contract, "2026-06", entries=said(*entries)), contract.versions[-1].terms)
    tables = {table.id: table for table in pack(made).tables}
    assert [row[1].text for row in tables["credit-lines"].rows[:3]] == ["orders, A", "orders, B", "orders, C"]
    assert tables["credit-line-2"].caption == "Line 2: late orders, orders, B"
    assert tables["credit-line-2"].rows[0][0].text == "late, ticket B of copper, new"


def test_a_late_order_that_relief_names_or_a_waiver_lets_pass_costs_nothing(tmp_path: Path) -> None:
    contract = orders(tmp_path)
    claim = {"kind": "claim", "cause": "force_majeure", "tickets": ["B"], "start": "2026-06-02", "end": "2026-06-29"}
    granted = {"kind": "decision", "about": 4, "granted": True}
    assert priced_orders(tmp_path, contract, *LATE_ORDERS, claim) == [("A", 6), ("B", 28), ("C", 2)]
    assert priced_orders(tmp_path, contract, *LATE_ORDERS, claim, granted) == [("A", 6), ("C", 2)]
    assert priced_orders(tmp_path, contract, *LATE_ORDERS, WAIVED) == [("A", 0), ("B", 0), ("C", 0)]


def test_late_orders_cost_where_the_target_is_met_and_not_where_nothing_has_a_price(tmp_path: Path) -> None:
    plain = {"id": "orders", "indicator": "ratio_in_target", "target": 50, "within": "12d"}
    kpi = plain | {"clock": {"calendar": "days"}}
    in_time = [order(f"D{n}", "2026-06-18") for n in range(5)]
    assert priced_orders(tmp_path, orders(tmp_path, kpis=[kpi]), *LATE_ORDERS, *in_time)[1] == ("B", 28)
    for free in ({"bedding_in_until": "2026-07-01"}, {"kind": "PI"}):
        assert priced_orders(tmp_path, orders(tmp_path, kpis=[kpi | free]), *LATE_ORDERS) == []


def test_late_orders_of_a_closed_month_cost_the_same_from_what_was_kept(tmp_path: Path) -> None:
    contract = orders(tmp_path)
    for now in ("2026-07-03T00:00:00Z", "2027-07-03T00:00:00Z"):
        assert priced_orders(tmp_path, contract, *LATE_ORDERS, now=now) == [("A", 6), ("B", 28), ("C", 2)]
    later = month_of(tmp_path, contract, "2026-07", entries=said(*LATE_ORDERS), now="2027-07-03T00:00:00Z")
    assert next(past for past in later.earlier if past.month == "2026-06").credit.total == 36


@pytest.mark.parametrize(("responded", "credit"), [("10:17:59", "0"), ("10:18:00", "600"), ("10:45:00", "600")])
def test_each_response_ten_minutes_late_or_later_has_a_price(tmp_path: Path, responded: str, credit: str) -> None:
    """Mountain-Valley EMS Agency: 600 dollars each; within eight minutes is in time."""
    kpi = {"id": "responses", "indicator": "ratio_in_target", "target": 90, "within": "8m", "measures": "response"}
    late = [{"at_least": "10m", "amount": 600}]
    contract = contract_of(
        tmp_path,
        time_zone="UTC",
        currency="USD",
        kpis=[kpi],
        credits=[{"id": "long", "method": "per_ticket", "kpi": "responses", "late": late}],
    )
    plain = {"kind": "ticket", "id": "R1", "priority": "P1", "opened": "2026-06-02 10:00"}
    entry = plain | {"responded": f"2026-06-02 {responded}", "ended": "2026-06-02 12:00"}
    found = month_of(tmp_path, contract, "2026-06", entries=said(entry)).result
    assert found is not None
    assert found.credit.total == Decimal(credit)


@pytest.mark.parametrize(
    ("reported", "credit"), [("90", "0"), ("89.99", "1000"), ("85", "1000"), ("84.999", "8000"), ("0", "8000")]
)
def test_the_band_of_a_result_carries_the_money(tmp_path: Path, reported: str, credit: str) -> None:
    """Mountain-Valley EMS Agency: so many dollars by band of compliance."""
    bands = [
        {"name": "met", "at_least": 90},
        {"name": "low", "at_least": 85, "below": 90, "amount": 1000},
        {"name": "very-low", "below": 85, "amount": 8000},
    ]
    contract = contract_of(
        tmp_path,
        currency="USD",
        kpis=[{"id": "zone", "indicator": "submitted", "target": 90, "rounding": {"mode": "none"}, "bands": bands}],
        credits=[{"id": "compliance", "method": "bands", "kpis": ["zone"]}],
    )
    figure = {"kind": "figure", "kpi": "zone", "month": "2026-06", "party": "authority", "value": reported}
    found = month_of(tmp_path, contract, "2026-06", entries=said(figure)).result
    assert found is not None
    assert found.credit.total == Decimal(credit)
    waived = month_of(tmp_path, contract, "2026-06", entries=said(figure, WAIVED)).result
    assert waived is not None
    assert waived.credit.total == 0


def test_each_late_ticket_and_each_event_beyond_the_target_brings_points(tmp_path: Path) -> None:
    """Deficiency Points: three for each of the failures beyond two, and two for each that is not put right in a day."""
    contract = contract_of(
        tmp_path,
        time_zone="UTC",
        kpis=[
            {"id": "poor", "indicator": "count", "target": 2, "points_each": 3},
            {"id": "late", "indicator": "ratio_in_target", "target": 50, "within": "24h", "points_each": 2},
        ],
        charges={"monthly": [{"amount": 10_000}]},
        credits=[{"id": "points", "method": "points", "per_point_percent": 0.5}],
    )
    figure = {"kind": "figure", "kpi": "poor", "month": "2026-06", "party": "authority", "value": "4"}
    times = {"opened": "2026-06-02 10:00", "ended": "2026-06-04 10:00"}
    tickets = [{"kind": "ticket", "id": f"D{n}", "priority": "P1", **times} for n in (1, 2)]
    found = month_of(tmp_path, contract, "2026-06", entries=said(figure, *tickets))
    assert working(found) == [
        "points: 6 (poor) + 4 (late) = 10",
        "credit: 10 points × 0.5 % × 10000.00 = 500.00",
    ]
    steps = [[str(step) for step in one.result.working[-2:]] for one in found.kpis if one.result is not None]
    assert steps == [
        ["points, beyond the target: 2 × 3 = 6", "points: 6"],
        ["points, late tickets: 2 × 2 = 4", "points: 4"],
    ]
    relief = {"kind": "waiver", "month": "2026-06", "what": "points_and_money", "kpis": ["poor"]}
    waived = month_of(tmp_path, contract, "2026-06", entries=said(figure, *tickets, relief)).result
    assert waived is not None
    assert waived.points == 4


def telstra(tmp_path: Path, **changes: Any) -> Contract:
    """Telstra, Workplace as a Service: 99.9 per cent of 43,200 minutes, or 20 per cent of 5,000."""
    plain: dict[str, Any] = {
        "services": watched("desk"),
        "time_zone": "UTC",
        "currency": "AUD",
        "kpis": [{"id": "KPI1", "service": "desk", "target": 99.9, "counting": {"denominator": "43200m"}}],
        "charges": {"monthly": [{"amount": 5000}]},
        "credits": [{"id": "desk", "method": "tiers", "kpi": "KPI1", "tiers": [{"below": 99.9, "percent": 20}]}],
    }
    return contract_of(tmp_path, **plain | changes)


FORTY_FOUR = down(("2026-01-10 09:00", "2026-01-10 09:44"), of="desk-1")


def test_an_availability_of_a_fixed_month(tmp_path: Path) -> None:
    """44 of January's 44,640 minutes would be 99.9014; of 43,200 they are 99.898, and 99.9 is missed."""
    found = month_of(tmp_path, telstra(tmp_path), "2026-01", FORTY_FOUR)
    assert found.result is not None
    assert found.result.credit.total == Decimal("1000.00")
    kpi = found.kpis[0]
    assert [str(step) for step in kpi.views["agreed"].working[:3]] == [
        "fixed month, minutes: 720 h = 43200",
        "downtime, minutes: 44 min = 44",
        "availability, per cent: (43200 − 44) / 43200 × 100 = 99.8981481481…",
    ]
    assert (kpi.allowance_ms, kpi.allowance_left_ms) == (2_592_000, -48_000)
    assert (kpi.target_ratio, kpi.availability_ratio) == (Fraction(999, 1000), Fraction(43_156, 43_200))
    assert "Downtime is divided by 30d, however long the measurement period is." in found.accounting
    assert "Excluded time is no downtime." in found.accounting


def test_a_fixed_month_that_runs_may_end_as_it_stands_or_at_nothing(tmp_path: Path) -> None:
    found = month_of(tmp_path, telstra(tmp_path), "2026-01", FORTY_FOUR, now="2026-01-16T12:00:00Z")
    forecast = found.kpis[0].forecast
    assert forecast is not None
    assert found.kpis[0].views["agreed"].value == forecast.best.value == Fraction(43_156 * 100, 43_200)
    assert forecast.worst.value == Fraction((43_200 - 44 - 15 * 1440 - 720) * 100, 43_200)
    assert forecast.burn_rate == Fraction(44 * 44_640, 22_320) / Fraction("43.2")


def test_a_fixed_month_of_more_time_than_is_agreed_is_doubted(tmp_path: Path) -> None:
    office = {"calendars": {"office": {"hours": {"mon-fri": "08:00-18:00"}}}}
    services = [one | {"service_hours": "office"} for one in watched("desk")]
    lines = advice(telstra(tmp_path, services=services, **office), 0)
    assert any("denominator is longer than the agreed time of a measurement period (214h 17m)" in one for one in lines)
    assert not any("denominator" in one for one in advice(telstra(tmp_path), 0))


MINUTES: dict[str, Any] = {"kpis": [{"id": "KPI1", "indicator": "downtime", "service": "desk", "target": "40m"}]}
MINUTES |= {"credits": [{"id": "desk", "method": "tiers", "kpi": "KPI1", "tiers": [{"above": "40m", "percent": 20}]}]}


def test_an_availability_in_minutes_of_downtime(tmp_path: Path) -> None:
    contract = telstra(tmp_path, **MINUTES)
    found = month_of(tmp_path, contract, "2026-01", FORTY_FOUR)
    assert found.result is not None
    assert found.result.credit.total == Decimal("1000.00")
    kpi = found.kpis[0]
    assert [str(step) for step in kpi.views["agreed"].working] == [
        "downtime, minutes: 44 min = 44",
        "band: above 40 = missed",
    ]
    assert (kpi.allowance_ms, kpi.allowance_left_ms) == (2_400_000, -240_000)
    assert (kpi.target_ratio, kpi.service_id) == (Fraction(44_600, 44_640), "desk")
    assert sum(outage.downtime_ms for outage in kpi.outages) == 2_640_000
    document = kpi_json(found.kpis[0])
    assert (document["indicator"], document["unit"], document["direction"]) == (
        "downtime",
        "minutes",
        "lower_is_better",
    )
    assert "Excluded time is no downtime." in found.accounting
    shown = html(pack(PackInput(found, contract.versions[-1].terms))).decode()
    assert "44.0 min" in shown
    assert "40 min" in shown


def test_minutes_of_downtime_while_the_month_runs(tmp_path: Path) -> None:
    """A quarter of the allowance in half of the month is half the pace."""
    contract, seen = telstra(tmp_path, **MINUTES), down(("2026-01-10 09:00", "2026-01-10 09:10"), of="desk-1")
    found = month_of(tmp_path, contract, "2026-01", seen, now="2026-01-16T12:00:00Z").kpis[0]
    assert found.forecast is not None
    assert found.forecast.burn_rate == Fraction(1, 2)
    assert (found.forecast.best.value, found.forecast.worst.value) == (10, 10 + 22_320)
    assert (found.forecast.best.is_met, found.forecast.worst.is_met) == (True, False)
    assert kpi_allowance(found).target == "40 min"
    assert kpi_allowance(found).allowance == "30 min left of 40 min"


def desk(tmp_path: Path, *kpis: dict[str, Any]) -> Contract:
    """CenturyLink, mean time to repair: the times of a month's tickets / their number; 10 per cent above four hours."""
    tiers = [{"above": "4h", "percent": 10}]
    return contract_of(
        tmp_path,
        services=watched("seats"),
        time_zone="UTC",
        currency="USD",
        relief={"causes": ["customer_cause"]},
        kpis=[{"priorities": ["critical", "high"], **one} for one in kpis],
        charges={"monthly": [{"amount": 1000}]},
        credits=[{"id": one["id"], "method": "tiers", "kpi": one["id"], "tiers": tiers} for one in kpis],
    )


def ticket(number: int, opened: str, ended: str | None = None, **more: Any) -> dict[str, Any]:
    ends = {} if ended is None else {"ended": ended}
    return {"kind": "ticket", "id": f"INC-{number}", "priority": "high", "opened": opened, **ends, **more}


REPAIR = {"id": "mttr", "indicator": "ticket_time", "statistic": "mean", "target": "4h"}
BACKLOG = {"id": "backlog", "indicator": "backlog_age", "statistic": "oldest", "target": "10d"}
FIXED = {"id": "fixed", "indicator": "first_time_fix", "target": 80}
TICKETS = [
    ticket(1, "2026-05-31 22:00", "2026-06-01 04:00", attempts=1),
    ticket(2, "2026-06-10 09:00", "2026-06-10 12:30", attempts=2),
    ticket(3, "2026-06-20 09:00", "2026-06-20 13:00"),
    ticket(4, "2026-04-20 00:00"),
]


def test_a_mean_time_to_repair_from_the_register(tmp_path: Path) -> None:
    """6, 3.5 and 4 hours: 4.5 on the mean."""
    contract = desk(tmp_path, REPAIR)
    found = month_of(tmp_path, contract, "2026-06", entries=said(*TICKETS))
    assert found.result is not None
    assert found.result.credit.total == Decimal("100.00")
    assert [str(step) for step in found.kpis[0].views["agreed"].working] == [
        "mean of 3 tickets, minutes: 810 / 3 = 270",
        "band: above 240 = missed",
    ]
    assert ticket_lines(found, contract, found.kpis[0].terms) == [
        "counted: INC-1 (high, 31 May 2026 22:00:00 UTC): 6 h on the clock",
        "counted: INC-2 (high, 10 Jun 2026 09:00:00 UTC): 3 h 30 min on the clock",
        "counted: INC-3 (high, 20 Jun 2026 09:00:00 UTC): 4 h on the clock",
    ]
    assert kpi_json(found.kpis[0])["unit"] == "minutes"
    made = pack(PackInput(found, contract.versions[-1].terms, register=effective_entries(found.entries)))
    table = next(table for table in made.tables if table.id == "tickets-mttr")
    assert table.caption == "mttr: tickets by their time, target 240 min"
    assert next((row[0].text, row[4].text, row[5].text) for row in table.rows) == ("INC-1", "6 h", "ended")
    assert "270.0 min" in html(made).decode()
    assert "mttr: a ticket that is open does not count." in found.accounting


def test_a_ticket_that_a_granted_claim_names_is_left_out_of_the_mean(tmp_path: Path) -> None:
    contract = desk(tmp_path, REPAIR)
    claim = {"kind": "claim", "cause": "customer_cause", "start": "2026-05-31 22:00", "end": "2026-06-01 04:00"}
    entries = said(*TICKETS, claim | {"tickets": ["INC-1"]}, {"kind": "decision", "about": 5, "granted": True})
    found = month_of(tmp_path, contract, "2026-06", entries=entries)
    assert found.result is not None
    assert (found.kpis[0].views["gross"].value, found.kpis[0].views["agreed"].value) == (270, 225)
    assert found.result.credit.total == 0


@pytest.mark.parametrize("now", ["2026-07-03T00:00:00Z", "2027-07-03T00:00:00Z"])
def test_what_is_open_counts_in_a_closed_month_up_to_its_end(tmp_path: Path, now: str) -> None:
    """A ticket that is open all through June, and still is a year later, is as old in June as it was."""
    contract = desk(tmp_path, REPAIR | {"open_tickets": "counted"}, BACKLOG)
    found = month_of(tmp_path, contract, "2026-06", entries=said(*TICKETS), now=now)
    age = 72 * 1440
    assert [kpi.views["agreed"].value for kpi in found.kpis] == [Fraction(810 + age, 4), age]
    assert str(found.kpis[1].views["agreed"].working[0]) == f"oldest of 1 open ticket, minutes: INC-4 = {age}"
    assert ticket_lines(found, contract, found.kpis[1].terms) == [
        "open: INC-4 (high, 20 Apr 2026 00:00:00 UTC): 1,728 h on the clock"
    ]
    later = month_of(tmp_path, contract, "2026-07", entries=said(*TICKETS), now="2027-07-03T00:00:00Z")
    june = next(past for past in later.earlier if past.month == "2026-06")
    assert [result.value for result in june.kpis] == [Fraction(810 + age, 4), age]


def test_a_first_time_fix_names_what_it_leaves_out(tmp_path: Path) -> None:
    contract = desk(tmp_path, FIXED)
    found = month_of(tmp_path, contract, "2026-06", entries=said(*TICKETS)).kpis[0]
    assert [str(step) for step in found.views["agreed"].working[:3]] == [
        "tickets without a number of attempts, left out: 1",
        "at the first attempt: 1 of 2",
        "at the first attempt, per cent: 1 / 2 × 100 = 50",
    ]


HALF_HOURS = {
    "id": "network",
    "method": "unit_rate",
    "service": "network",
    "share": "1/20",
    "block": "30m",
    "blocks": "begun",
}


AFTER_AN_HOUR = {"id": "host", "method": "unit_rate", "service": "host", "share": "1/20", "block": "1h", "after": "1h"}


def hosting(tmp_path: Path) -> Contract:
    """Arcustech, both rules: the host's is 5 per cent for each additional hour or part after the first hour."""
    names = "network", "host"
    kpis = [{"id": name, "service": name, "target": 100} for name in names]
    charges = {"monthly": [{"service": name, "amount": 400} for name in names]}
    rules = [HALF_HOURS, AFTER_AN_HOUR | {"blocks": "begun"}]
    return network(tmp_path, services=watched(*names), kpis=kpis, credits=rules, charges=charges)


def host_down(start: str, end: str) -> dict[str, Any]:
    return down((start, end), of="host-1")


def test_the_first_hour_of_an_outage_costs_nothing(tmp_path: Path) -> None:
    long = host_down("2026-06-11 09:00", "2026-06-11 12:20")
    found = month_of(tmp_path, hosting(tmp_path), "2026-06", SEEN, long).result
    assert found is not None
    assert found.credit.total == Decimal("120.00"), "R3: 60.00 for the network, and R2: 60.00 for the host"
    assert [str(step) for step in found.credit.lines[-1].working] == [
        "blocks, outage of host at 2026-06-11T09:00:00Z: (200m − 1h) / 1h = 3 blocks",
        "credit: 1/20 of 400.00 × 1 × 3 blocks = 60.00",
    ]


@pytest.mark.parametrize(("start", "may", "june"), [("23:30", "0.00", "40.00"), ("22:20", "20.00", "40.00")])
def test_the_first_hour_is_of_the_outage_and_not_of_each_month(tmp_path: Path, start: str, may: str, june: str) -> None:
    """To 01:40 on 1 June: half an hour is left of the hour, or nothing; then 70 or 100 minutes cost."""
    contract, seen = hosting(tmp_path), host_down(f"2026-05-31 {start}", "2026-06-01 01:40")
    for month, credit in (("2026-05", may), ("2026-06", june)):
        found = month_of(tmp_path, contract, month, seen).result
        assert found is not None
        assert found.credit.total == Decimal(credit)


def test_the_hour_that_clocks_repeat_is_an_hour(tmp_path: Path) -> None:
    """From 00:30 to 02:00 in London as the clocks go back: two hours and a half."""
    rule = AFTER_AN_HOUR | {"service": "network", "blocks": "full"}
    contract = network(tmp_path, time_zone="Europe/London", credits=[rule])
    seen = down(("2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z"), of="network-1")
    found = month_of(tmp_path, contract, "2026-10", seen).result
    assert found is not None
    assert [line.amount for line in found.credit.lines] == [Decimal("20.00")]


def cumulative(tmp_path: Path, **changes: Any) -> Contract:
    """Verizon Internet Dedicated: a day's charge for each cumulative hour of the month, or part."""
    rule = {"id": "network", "method": "unit_rate", "service": "network", "share": "1/30", "block": "1h"}
    rules = [rule | {"blocks_of": "period", "blocks": "begun"} | changes]
    charges = {"monthly": [{"service": "network", "amount": 3000}]}
    return network(tmp_path, currency="GBP", charges=charges, credits=rules)


def two_outages(first: int, second: int) -> dict[str, Any]:
    """So many minutes each."""
    return down(
        ("2026-06-10 09:00", f"2026-06-10 09:{first}"), ("2026-06-20 09:00", f"2026-06-20 09:{second}"), of="network-1"
    )


def test_hours_of_the_period_are_counted_together(tmp_path: Path) -> None:
    contract = cumulative(tmp_path)
    found = month_of(tmp_path, contract, "2026-06", two_outages(40, 10)).result
    assert found is not None
    assert [line.amount for line in found.credit.lines] == [Decimal("100.00")]
    assert [str(step) for step in found.credit.lines[0].working] == [
        "outage of network at 2026-06-10T09:00:00Z: 40m",
        "outage of network at 2026-06-20T09:00:00Z: 10m",
        "blocks of the period: 50m / 1h = 1 block",
        "credit: 1/30 of 3000.00 × 1 × 1 block = 100.00",
    ]


@pytest.mark.parametrize(
    ("first", "second", "credit"), [(45, 40, "100.00"), (30, 30, "100.00"), (30, 29, "0.00"), (59, 59, "100.00")]
)
def test_only_full_hours_of_the_period_cost(tmp_path: Path, first: int, second: int, credit: str) -> None:
    """HopOne / CherryRoad: one day's fee for each full cumulative hour of power loss."""
    contract = cumulative(tmp_path, blocks="full")
    found = month_of(tmp_path, contract, "2026-06", two_outages(first, second)).result
    assert found is not None
    assert found.credit.total == Decimal(credit)


def test_what_is_entered_counts_together_with_what_is_on_record(tmp_path: Path) -> None:
    entered = {"kind": "occurrence", "rule": "network", "month": "2026-06", "duration_ms": 600_000}
    contract = cumulative(tmp_path)
    for entries, amounts in (([entered], ["100.00"]), ([entered | {"duration_ms": 660_000}], ["200.00"])):
        found = month_of(tmp_path, contract, "2026-06", two_outages(40, 10), entries=said(*entries)).result
        assert found is not None
        assert [line.amount for line in found.credit.lines] == [Decimal(one) for one in amounts]
    waived = month_of(tmp_path, contract, "2026-06", two_outages(40, 10), entries=said(entered, WAIVED)).result
    assert waived is not None
    assert waived.credit.total == 0


def quarterly(tmp_path: Path, **changes: Any) -> Contract:
    """The term begins in February, and quarters are the calendar's."""
    plain: dict[str, Any] = {
        "term": {"start": "2026-02-01", "end": "2029-12-31"},
        "accounting": {"confirmation": 1, "coverage_floor": 0, "quarters": "calendar"},
        "services": watched("issues"),
        "time_zone": "UTC",
        "currency": "USD",
        "kpis": [{"id": "issues", "service": "issues", "target": 99.9, "measurement_months": 3}],
        "charges": {"monthly": [{"service": "issues", "amount": 2100}]},
        "credits": [tiers("issues")],
    }
    return contract_of(tmp_path, **plain | changes)


@pytest.mark.parametrize(
    ("month", "outage", "credit"), [("2026-03", "02-10", "420.00"), ("2026-06", "04-10", "630.00")]
)
def test_quarters_are_the_calendars(tmp_path: Path, month: str, outage: str, credit: str) -> None:
    seen = down((f"2026-{outage} 09:00", f"2026-{outage} 12:00"), of="issues-1")
    found = month_of(tmp_path, quarterly(tmp_path), month, seen)
    assert found.result is not None
    assert found.result.credit.total == Decimal(credit)
    assert (
        "Measurement periods of several months are quarters, half-years and years of the calendar." in found.accounting
    )


def test_a_claim_for_a_quarter_lists_the_outages_of_all_its_months(tmp_path: Path) -> None:
    """Nothing was down in March: the failure is made of February's outage alone."""
    contract = quarterly(tmp_path)
    seen = down(("2026-02-10 09:00", "2026-02-10 12:00"), of="issues-1")
    found = month_of(tmp_path, contract, "2026-03", seen)
    case = PackInput(found, contract.versions[-1].terms)
    assert (
        "Outages of issues in its measurement period\n"
        "  10 Feb 2026 09:00:00 to 12:00:00 UTC, issues-1, not known: 3 h, after exclusions 3 h\n"
    ) in format_working(found, contract, None)
    for made in (pack(case), claim_pack(case, "issues")):
        listed = next(table for table in made.tables if table.id == "failed-issues-outages")
        assert [row[0].text for row in listed.rows] == ["10 Feb 2026 09:00:00 to 12:00:00 UTC", "All outages"]


def test_an_occurrence_beside_outages_on_record_is_pointed_out(tmp_path: Path) -> None:
    """Both cost; where nothing was down, or the area is none of a service on record, nothing is pointed out."""
    contract = network(tmp_path)
    told = (
        "By network, entry 1 is priced beside the outages on record. What is on record as well costs twice; undo such"
        " an entry."
    )
    undone = {"kind": "undo", "about": 1}
    weights = network(tmp_path, credits=[HALF_HOURS | {"weights": {"network": 1, "cabinet": 2}}])
    for of, seen, entries, notices in (
        (contract, [SEEN], [ENTERED], [told]),
        (contract, [SEEN], [ENTERED | {"month": "2026-05"}], []),
        (contract, [SEEN], [ENTERED, undone], []),
        (contract, [], [ENTERED], []),
        (weights, [SEEN], [ENTERED | {"area": "network"}], [told]),
        (weights, [SEEN], [ENTERED | {"area": "cabinet"}], []),
    ):
        found = month_of(tmp_path, of, "2026-06", *seen, entries=said(*entries))
        case = PackInput(found, of.versions[-1].terms, effective_entries(found.entries))
        blocks = [block for section in pack(case).sections for block in section.blocks]
        assert [one.text for one in blocks if isinstance(one, Notice) and "beside" in one.text] == notices


def restoration(tmp_path: Path, kpi: dict[str, Any] | None = None, **changes: Any) -> Contract:
    """Edge Centres: 5 per cent of the monthly fee for each full hour past two hours from the ticket, 50 at most."""
    target = {"id": "restored", "indicator": "ratio_in_target", "service": "network", "target": 100, "within": "2h"}
    rule = {"id": "restored", "method": "per_ticket", "service": "network", "kpi": "restored"}
    plain: dict[str, Any] = {
        "kpis": [target | (kpi or {})],
        "charges": {"monthly": [{"service": "network", "amount": 6000}]},
        "credits": [rule | {"block": "1h", "late": [{"share": "1/20"}]} | changes],
        "caps": [{"id": "half", "percent": 50, "base": "period", "over": "period"}],
    }
    return network(tmp_path, currency="AUD", **plain)


TICKET: dict[str, Any] = {"kind": "ticket", "id": "INC-1", "priority": "P1", "opened": "2026-06-10T10:00:00Z"}


LATE = TICKET | {"ended": "2026-06-10T15:30:00Z"}


def test_each_full_hour_of_a_ticket_past_its_target_is_a_share_of_the_fee(tmp_path: Path) -> None:
    prompt = TICKET | {"id": "INC-2", "ended": "2026-06-10T12:00:00Z"}
    found = month_of(tmp_path, restoration(tmp_path), "2026-06", entries=said(prompt, LATE))
    assert found.result is not None
    assert [(line.ticket, line.amount) for line in found.result.credit.lines] == [("INC-1", Decimal("900.00"))]
    assert working(found) == [
        "late, ticket INC-1, P1: 330m − 2h = 210m",
        "blocks: 210m / 1h, full ones = 3",
        "credit: 1/20 of 6000.00 × 3 blocks = 900.00",
    ]


@pytest.mark.parametrize(
    ("ended", "line", "credit"),
    [
        ("2026-06-10T12:59:59Z", "0.00", "0.00"),
        ("2026-06-10T13:00:00Z", "300.00", "300.00"),
        ("2026-06-11T10:00:00Z", "6600.00", "3000.00"),
    ],
)
def test_full_hours_of_a_ticket_up_to_the_cap(tmp_path: Path, ended: str, line: str, credit: str) -> None:
    found = month_of(tmp_path, restoration(tmp_path), "2026-06", entries=said(LATE | {"ended": ended})).result
    assert found is not None
    assert [one.amount for one in found.credit.lines] == [Decimal(line)]
    assert found.credit.total == Decimal(credit)


def test_a_ticket_whose_clock_stands_still_costs_less(tmp_path: Path) -> None:
    contract = restoration(tmp_path, {"clock": {"stops": ["access"]}})
    waiting = {"start": "2026-06-10T11:00:00Z", "end": "2026-06-10T12:31:00Z", "reason": "access"}
    for reason, credit in (("access", "300.00"), ("parts", "900.00")):
        entry = LATE | {"stops": [waiting | {"reason": reason}]}
        found = month_of(tmp_path, contract, "2026-06", entries=said(entry)).result
        assert found is not None
        assert found.credit.total == Decimal(credit)


def test_the_greatest_of_amounts_and_shares_is_the_price_of_a_ticket(tmp_path: Path) -> None:
    late = [{"share": "1/20"}, {"above": "3h", "amount": 400}]
    contract = restoration(tmp_path, late=late)
    found = month_of(tmp_path, contract, "2026-06", entries=said(LATE)).result
    assert found is not None
    assert found.credit.total == Decimal("1200.00")


def test_cumulative_hours_over_the_end_of_a_month_are_of_each_month(tmp_path: Path) -> None:
    """20 minutes of May, and 40 of June with the 21 of another outage there."""
    contract = cumulative(tmp_path)
    seen = down(("2026-05-31 23:40", "2026-06-01 00:40"), ("2026-06-10 09:00", "2026-06-10 09:21"), of="network-1")
    for month, credit in (("2026-05", "100.00"), ("2026-06", "200.00")):
        found = month_of(tmp_path, contract, month, seen).result
        assert found is not None
        assert found.credit.total == Decimal(credit)


def test_cumulative_hours_of_a_quarter_are_priced_in_its_last_month(tmp_path: Path) -> None:
    """40 minutes in April and 30 in June: two begun hours."""
    kpis = [{"id": "network", "service": "network", "target": 100, "measurement_months": 3}]
    rule = HALF_HOURS | {"share": "1/30", "block": "1h", "blocks_of": "period"}
    charges = {"monthly": [{"service": "network", "amount": 3000}]}
    contract = network(tmp_path, kpis=kpis, credits=[rule], charges=charges)
    seen = down(("2026-04-10 09:00", "2026-04-10 09:40"), ("2026-06-10 09:00", "2026-06-10 09:30"), of="network-1")
    for month, credit in (("2026-04", "0.00"), ("2026-06", "200.00")):
        found = month_of(tmp_path, contract, month, seen).result
        assert found is not None
        assert found.credit.total == Decimal(credit)
