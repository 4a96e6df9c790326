"""Permitted maintenance and relief: what is left out, in which view, and why not. All outages are in June 2026, whose
1st is a Monday."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.contract.contract import Contract, TermsVersion

from .records import (
    DAY,
    HOUR,
    JULY,
    JUNE,
    Record,
    endpoint,
    entries,
    month_of_june,
    ms,
    one_version,
    service,
    terms,
    with_outages,
)

NIGHT = {"start": "2026-06-10 22:00+01:00", "end": "2026-06-11 02:00+01:00"}
FROM, TO = JUNE + 9 * DAY + 22 * HOUR, JUNE + 10 * DAY + 2 * HOUR
HOURS_OF_JUNE = 720


def booking(**more: Any) -> dict[str, Any]:
    return {"kind": "maintenance", **NIGHT, "notified": "2026-06-01T09:00+01:00", **more}


def decision(about: int, **more: Any) -> dict[str, Any]:
    return {"kind": "decision", "about": about, "granted": True, **more}


def claim(**more: Any) -> dict[str, Any]:
    return {"kind": "claim", "cause": "authority_cause", **NIGHT, **more}


def down_all_night(contract: Contract, *said: dict[str, Any]) -> ContractAssessment:
    """An outage from 22:00 to 02:00, and what was said of it."""
    return month_of_june(contract, said, login=with_outages(JUNE, JULY, (FROM, TO)))


def hours_down(found: ContractAssessment) -> list[float]:
    """In the gross, the claimed and the agreed view."""
    return [float((found.kpis[0].views[view].downtime_ms or 0) / HOUR) for view in VIEWS]


def why(found: ContractAssessment) -> list[tuple[bool, str, float]]:
    return [(one.granted, one.why, (one.end_ms - one.start_ms) / HOUR) for one in found.services[0].excluded]


def test_granted_maintenance_is_removed_from_both_sides_of_the_ratio() -> None:
    """An outage of 6 hours, 4 of them booked: 2 of 716 hours."""
    outage = (FROM - 2 * HOUR, TO)
    found = month_of_june(one_version(), [booking(), decision(1)], login=with_outages(JUNE, JULY, outage))
    agreed, service_found = found.kpis[0].views["agreed"], found.services[0]
    assert hours_down(found) == [6, 2, 2]
    assert agreed.base_ms == (HOURS_OF_JUNE - 4) * HOUR
    assert agreed.downtime_ms == 2 * HOUR
    assert agreed.value == 100 * (1 - Fraction(2, HOURS_OF_JUNE - 4))
    assert service_found.availability_ratio == agreed.value / 100
    assert (service_found.excluded_ms, service_found.gross_downtime_ms) == (4 * HOUR, 6 * HOUR)
    assert [(one.downtime_ms, one.gross_ms, one.entries) for one in service_found.outages] == [
        (2 * HOUR, 6 * HOUR, (1,))
    ]
    assert found.kpis[0].views["gross"].base_ms == HOURS_OF_JUNE * HOUR


def test_a_booking_without_a_decision_counts_in_the_claimed_view_alone() -> None:
    found = down_all_night(one_version(), booking())
    assert hours_down(found) == [4, 0, 4]
    assert why(found) == [(False, "awaits a decision", 4)]
    assert found.services[0].excluded[0].is_pending
    assert [entry.number for entry in found.pending] == [1]


def test_a_refused_booking_is_told_with_its_decision() -> None:
    found = down_all_night(one_version(), booking(), decision(1, granted=False))
    assert hours_down(found) == [4, 0, 4]
    assert why(found) == [(False, "refused by decision 2", 4)]
    assert not found.pending


def test_a_decision_may_grant_a_part() -> None:
    found = down_all_night(one_version(), booking(), decision(1, start="2026-06-11 00:00+01:00"))
    assert hours_down(found) == [4, 0, 2]
    assert why(found) == [(False, "outside the hours for it, or what was granted", 2), (True, "decision 2", 2)]


def test_where_the_contract_asks_for_no_decision_a_booking_stands_by_itself() -> None:
    found = down_all_night(one_version(maintenance={"approval": "none"}), booking())
    assert hours_down(found) == [4, 0, 0]
    assert why(found) == [(True, "needs no decision", 4)]


def test_a_booking_that_was_undone_is_none() -> None:
    found = down_all_night(one_version(maintenance={"approval": "none"}), booking(), {"kind": "undo", "about": 1})
    assert hours_down(found) == [4, 4, 4]


@pytest.mark.parametrize(
    ("rules", "why_not"),
    [
        ({"notice": "10d"}, "booked less than 10d before"),
        ({"notice_working_days": 8}, "booked 7 Working Days before, 8 are required"),
    ],
)
def test_a_booking_that_came_late_is_refused_by_the_contract(rules: dict[str, Any], why_not: str) -> None:
    """Told on Monday the 1st for the night of Wednesday the 10th: seven Working Days, nine and a half days."""
    found = down_all_night(one_version(maintenance=rules), booking(), decision(1))
    assert hours_down(found) == [4, 0, 4]
    assert why(found) == [(False, why_not, 4)]


def test_of_a_booking_after_it_had_begun_no_notice_is_counted() -> None:
    late = booking(notified="2026-06-12T09:00+01:00")
    for rules in ({"notice": "9d"}, {"notice_working_days": 7}):
        found = down_all_night(one_version(maintenance=rules), late, decision(1))
        assert why(found) == [(False, "booked after it had begun", 4)]


def test_a_booking_in_time_is_permitted() -> None:
    for rules in ({"notice": "9d"}, {"notice_working_days": 7}):
        assert hours_down(down_all_night(one_version(maintenance=rules), booking(), decision(1))) == [4, 0, 0]


def test_only_maintenance_inside_the_permitted_hours_is_permitted() -> None:
    """From midnight to 04:00: two of the four hours."""
    night = {"hours": {"mon-sun": "00:00-04:00"}}
    contract = one_version(calendars={"night": night}, maintenance={"hours": "night"})
    assert hours_down(down_all_night(contract, booking(), decision(1))) == [4, 0, 2]


def test_emergency_maintenance_counts_unless_the_contract_says_otherwise() -> None:
    said = booking(emergency=True, notified="2026-06-10T21:00+01:00"), decision(1)
    found = down_all_night(one_version(maintenance={"notice": "2d"}), *said)
    assert why(found) == [(False, "emergency maintenance counts", 4)]
    excused = one_version(maintenance={"notice": "2d", "emergency": "excluded"})
    assert hours_down(down_all_night(excused, *said)) == [4, 0, 0], "an emergency cannot be told two days before"


def later_night(days: int) -> dict[str, Any]:
    day = 10 + days
    return booking(start=f"2026-06-{day} 22:00+01:00", end=f"2026-06-{day + 1} 02:00+01:00")


@pytest.mark.parametrize(("excess", "agreed"), [("counted", 6), ("excluded", 4)])
def test_the_allowance_is_used_up_in_order_of_time(excess: str, agreed: float) -> None:
    """Two nights of four hours, booked in the wrong order, and six hours a month; a third outage is nobody's."""
    outages = [(FROM + n * DAY, TO + n * DAY) for n in range(3)]
    contract = one_version(maintenance={"approval": "none", "allowance": "6h", "excess": excess})
    found = month_of_june(contract, [later_night(1), booking()], login=with_outages(JUNE, JULY, *outages))
    assert hours_down(found) == [12, 4, agreed]
    beyond = [one for one in found.services[0].excluded if "beyond" in one.why]
    assert [one.why for one in beyond] == (["beyond the allowance of 6h"] if excess == "counted" else [])


def test_overlapping_bookings_use_the_allowance_up_once() -> None:
    contract = one_version(maintenance={"approval": "none", "allowance": "5h"})
    assert hours_down(down_all_night(contract, booking(), booking())) == [4, 0, 0]


MAY = ms("2026-05-01T00:00:00+01:00")


@pytest.mark.parametrize(
    ("over", "term", "agreed"),
    [
        ("month", "2025-04-01", 0),
        ("calendar_year", "2025-04-01", 3),
        ("contract_year", "2025-04-01", 3),
        ("contract_year", "2025-06-01", 0),  # a new year begins in June
        ("booking", "2025-04-01", 0),
    ],
)
def test_an_allowance_is_for_a_month_a_year_or_each_booking(over: str, term: str, agreed: float) -> None:
    """Four hours in June, of which five are allowed and four were booked in May."""
    contract = one_version(
        term={"start": term, "end": "2035-03-31"},
        maintenance={"approval": "none", "allowance": "5h", "allowance_over": over},
    )
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    found = down_all_night(contract, may, booking())
    assert hours_down(found) == [4, 0, agreed]
    words = {"calendar_year": "a calendar year", "contract_year": "a contract year"}
    assert [one for _, one, _ in why(found) if "beyond" in one] == (
        [f"beyond the allowance of 5h {words[over]}"] if agreed else []
    )


def test_a_year_s_allowance_that_changes_is_used_up_by_what_was_booked_under_the_old_one() -> None:
    """Ten hours a year until the end of May, six from then on: four were used in May, and two are left."""
    before, after = (
        terms(maintenance={"approval": "none", "allowance": most, "allowance_over": "calendar_year"})
        for most in ("10h", "6h")
    )
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    found = down_all_night(Contract((TermsVersion(0, before), TermsVersion(JUNE, after))), may, booking())
    assert hours_down(found) == [4, 0, 2]


def test_maintenance_that_nobody_granted_uses_no_year_s_allowance_up() -> None:
    contract = one_version(maintenance={"allowance": "5h", "allowance_over": "calendar_year"})
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    assert hours_down(down_all_night(contract, may, booking(), decision(2))) == [4, 0, 0]
    assert hours_down(down_all_night(contract, may, booking(), decision(2), decision(1))) == [4, 0, 3]


def test_a_booking_over_the_end_of_a_month_has_its_allowance_once() -> None:
    """From 22:00 on 31 May to 04:00: three hours are allowed, two of them are May's."""
    contract = one_version(maintenance={"approval": "none", "allowance": "3h", "allowance_over": "booking"})
    said = booking(start="2026-05-31 22:00+01:00", end="2026-06-01 04:00+01:00", notified="2026-05-01T09:00+01:00")
    found = month_of_june(contract, [said], login=with_outages(MAY, JULY, (JUNE - 2 * HOUR, JUNE + 4 * HOUR)))
    assert hours_down(found) == [4, 0, 3]


def test_a_closed_month_is_measured_with_the_bookings_of_the_year_before_it() -> None:
    """July is over: what June came to is taken from its excerpt, in which May's booking is."""
    contract = one_version(
        term={"start": "2026-04-01", "end": "2035-03-31"},
        maintenance={"approval": "none", "allowance": "5h", "allowance_over": "contract_year"},
    )
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    said = entries(may, booking())
    record = Record({"login": with_outages(MAY, JULY + 31 * DAY, (FROM, TO))}, said=said)
    found = assess_month(contract, record, "2026-07", JULY + 60 * DAY)
    june = next(one for one in found.earlier if one.month == "2026-06").kpi("KPI1")
    assert june is not None
    assert june.value == 100 * (1 - Fraction(3, HOURS_OF_JUNE - 1))


def test_what_is_left_of_an_allowance_is_told() -> None:
    """Four hours in May, and twice four in June."""
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    year = {"approval": "none", "allowance": "40h", "allowance_over": "calendar_year"}
    desk = {"approval": "none", "allowance": "2h"}
    services = [service("cad"), service("desk", endpoint("d"), maintenance=desk)]
    found = down_all_night(one_version(services=services, maintenance=year), may, booking(), later_night(1))
    assert [(one.services, one.over, one.used_ms, one.left_ms) for one in found.allowances] == [
        (("cad",), "calendar_year", 12 * HOUR, 28 * HOUR),
        (("desk",), "month", 2 * HOUR, 0),
    ]


def test_services_that_share_an_allowance_are_told_together() -> None:
    services = [service("cad"), service("mail", endpoint("mx"))]
    shared = {"approval": "none", "allowance": "10h", "allowance_per": "contract"}
    found = down_all_night(one_version(services=services, maintenance=shared), booking(services=["cad"]))
    (one,) = found.allowances
    assert (one.services, one.used_ms) == (("cad", "mail"), 4 * HOUR)
    each = one_version(maintenance={"approval": "none", "allowance": "2h", "allowance_over": "booking"})
    assert down_all_night(each, booking()).allowances == ()


FLEXIBLE = {"approval": "none", "allowance": "3h", "allowance_used_by": "downtime"}


def test_flexible_maintenance_excludes_so_much_downtime_anywhere_in_the_window() -> None:
    """Booked from 22:00 to 02:00. Half an hour before it, and one in it: only the one is left out, and the other three
    hours of the window count as they were."""
    outages = (FROM - HOUR // 2, FROM), (FROM + 2 * HOUR, FROM + 3 * HOUR)
    found = month_of_june(one_version(maintenance=FLEXIBLE), [booking()], login=with_outages(JUNE, JULY, *outages))
    agreed = found.kpis[0].views["agreed"]
    assert hours_down(found) == [1.5, 0.5, 0.5]
    assert agreed.base_ms == (HOURS_OF_JUNE - 1) * HOUR
    assert found.services[0].excluded_ms == HOUR
    assert why(found) == [(True, "needs no decision; only downtime, 3h at most", 4)]


def test_flexible_maintenance_ends_with_its_hours() -> None:
    assert hours_down(down_all_night(one_version(maintenance=FLEXIBLE), booking())) == [4, 0, 1]


@pytest.mark.parametrize(("over", "agreed"), [("month", 5), ("booking", 2)])
def test_flexible_hours_are_a_month_s_or_each_booking_s(over: str, agreed: float) -> None:
    outages = [(FROM + n * DAY, TO + n * DAY) for n in range(2)]
    contract = one_version(maintenance=FLEXIBLE | {"allowance_over": over})
    found = month_of_june(contract, [booking(), later_night(1)], login=with_outages(JUNE, JULY, *outages))
    assert hours_down(found) == [8, 0, agreed]


def test_relief_uses_no_flexible_hours_up() -> None:
    """The authority caused the first two hours of the four: the other two are maintenance."""
    said = booking(), claim(end="2026-06-11 00:00+01:00"), decision(2)
    assert hours_down(down_all_night(one_version(maintenance=FLEXIBLE), *said)) == [4, 0, 0]


@pytest.mark.parametrize(("relief", "down", "kept"), [("removed", 0, 4), ("available", 0, 2), ("counted", 1, 3)])
def test_relief_is_apart_from_flexible_hours_however_it_counts(relief: str, down: float, kept: int) -> None:
    """Two hours of relief of the four. Where they are up, only the two of maintenance are out of the time that counts;
    where relief counts like any other time, it uses up the three hours of maintenance with the rest."""
    kpi = {"id": "KPI1", "service": "cad", "target": 99, "counting": {"excluded": relief, "maintenance": "removed"}}
    said = booking(), claim(end="2026-06-11 00:00+01:00"), decision(2)
    found = down_all_night(one_version(maintenance=FLEXIBLE, kpis=[kpi]), *said)
    agreed = found.kpis[0].views["agreed"]
    assert (agreed.downtime_ms, agreed.base_ms) == (down * HOUR, (HOURS_OF_JUNE - kept) * HOUR)


def test_flexible_maintenance_outside_its_hours_counts() -> None:
    night = {"hours": {"mon-sun": "00:00-04:00"}}
    contract = one_version(calendars={"night": night}, maintenance=FLEXIBLE | {"hours": "night"})
    assert hours_down(down_all_night(contract, booking())) == [4, 0, 2]


@pytest.mark.parametrize(("per", "agreed"), [("service", 0), ("contract", 2)])
def test_an_allowance_is_each_service_s_or_shared_by_all(per: str, agreed: float) -> None:
    """Four hours for command and control, and the four after them for mail; six are allowed."""
    services = [service("mail", endpoint("mx")), service("cad")]
    contract = one_version(
        services=services,
        kpis=[{"id": "KPI1", "service": "mail", "target": 99}],
        maintenance={"approval": "none", "allowance": "6h", "allowance_per": per},
    )
    after = {"start": "2026-06-11 02:00+01:00", "end": "2026-06-11 06:00+01:00"}
    said = [booking(services=["cad"]), booking(services=["mail"], **after)]
    found = month_of_june(contract, said, mx=with_outages(JUNE, JULY, (TO, TO + 4 * HOUR)))
    assert hours_down(found) == [4, 0, agreed]


def test_maintenance_outside_the_service_hours_uses_nothing_up() -> None:
    contract = one_version(
        services=[service("cad", service_hours="office")],
        maintenance={"approval": "none", "allowance": "2h"},
    )
    day = {"start": "2026-06-11 08:00+01:00", "end": "2026-06-11 10:00+01:00"}
    outage = (JUNE + 10 * DAY + 8 * HOUR, JUNE + 10 * DAY + 10 * HOUR)
    found = month_of_june(contract, [booking(), booking(**day)], login=with_outages(JUNE, JULY, outage))
    assert hours_down(found) == [2, 0, 0]


@pytest.mark.parametrize(
    ("excluded", "value"), [("removed", 100), ("available", 100), ("counted", 100 - 400 / HOURS_OF_JUNE)]
)
def test_a_kpi_says_what_becomes_of_excluded_time(excluded: str, value: float) -> None:
    kpi = {"id": "KPI1", "service": "cad", "target": 99, "counting": {"excluded": excluded}}
    found = down_all_night(one_version(kpis=[kpi]), booking(), decision(1))
    agreed = found.kpis[0].views["agreed"].value
    assert agreed is not None
    assert float(agreed) == pytest.approx(value)


WAYS = ("removed", "available", "counted")


@pytest.mark.parametrize("excluded", WAYS)
@pytest.mark.parametrize("maintenance", WAYS)
def test_maintenance_may_be_treated_otherwise_than_relief(excluded: str, maintenance: str) -> None:
    """Four hours are booked, four are claimed the night after, and two more are nobody's; all of them are down."""
    counting = {"excluded": excluded, "maintenance": maintenance}
    contract = one_version(kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}])
    relief = claim(start="2026-06-11 22:00+01:00", end="2026-06-12 02:00+01:00")
    outages = (FROM, TO), (FROM + DAY, TO + DAY), (FROM + 2 * DAY, FROM + 2 * DAY + 2 * HOUR)
    said = [booking(), decision(1), relief, decision(3)]
    agreed = month_of_june(contract, said, login=with_outages(JUNE, JULY, *outages)).kpis[0].views["agreed"]
    ways = (excluded, maintenance)
    assert agreed.base_ms == (HOURS_OF_JUNE - 4 * ways.count("removed")) * HOUR
    assert agreed.downtime_ms == (2 + 4 * ways.count("counted")) * HOUR


@pytest.mark.parametrize(("excluded", "maintenance"), [("removed", "available"), ("available", "removed")])
def test_time_that_is_both_booked_and_claimed_is_removed(excluded: str, maintenance: str) -> None:
    counting = {"excluded": excluded, "maintenance": maintenance}
    contract = one_version(kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}])
    found = down_all_night(contract, booking(), decision(1), claim(), decision(3))
    assert found.kpis[0].views["agreed"].base_ms == (HOURS_OF_JUNE - 4) * HOUR
    assert hours_down(found) == [4, 0, 0]


def test_maintenance_that_is_kept_is_kept_in_a_quarter_and_ahead() -> None:
    counting = {"excluded": "removed", "maintenance": "available"}
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 99, "counting": counting},
        {"id": "KPI2", "service": "cad", "target": 99, "counting": counting, "measurement_months": 3},
    ]
    contract = one_version(
        kpis=kpis, maintenance={"approval": "none"}, term={"start": "2026-04-01", "end": "2030-03-31"}
    )
    april = ms("2026-04-01T00:00:00+01:00")
    may = booking(start="2026-05-10 22:00+01:00", end="2026-05-11 02:00+01:00", notified="2026-05-01T09:00+01:00")
    found = month_of_june(contract, [may, booking()], login=with_outages(april, JULY, (FROM, TO)))
    assert found.kpis[1].views["agreed"].base_ms == 91 * DAY
    assert found.kpis[1].views["agreed"].value == 100
    nine_days = month_of_june(contract, [booking()], now_ms=JUNE + 9 * DAY, login=with_outages(april, JUNE + 9 * DAY))
    forecast = nine_days.kpis[0].forecast
    assert forecast is not None
    assert forecast.worst.value == 100 * Fraction(9 * 24 + 4, HOURS_OF_JUNE)


def test_relief_is_granted_by_a_decision() -> None:
    assert hours_down(down_all_night(one_version(), claim())) == [4, 0, 4]
    assert hours_down(down_all_night(one_version(), claim(), decision(1))) == [4, 0, 0]


def test_relief_for_a_cause_that_the_contract_does_not_list_is_refused_by_it() -> None:
    found = down_all_night(one_version(), claim(cause="bad_luck"), decision(1))
    assert why(found) == [(False, "bad_luck is no cause of the contract", 4)]


@pytest.mark.parametrize(("late", "agreed"), [("refused", 4), ("decided", 0)])
def test_late_notice_of_relief_is_refused_by_itself_or_left_to_the_authority(late: str, agreed: float) -> None:
    """Known on Thursday the 11th, told on Friday the 26th: eleven Working Days."""
    said = claim(aware="2026-06-11T09:00+01:00", notified="2026-06-26T09:00+01:00"), decision(1)
    contract = one_version(relief={"notice_working_days": 10, "late": late})
    found = down_all_night(contract, *said)
    assert hours_down(found) == [4, 0, agreed]
    assert late == "decided" or why(found)[0][1] == "notified 11 Working Days after it was known; 10 are allowed"


def test_relief_that_is_claimed_months_later_is_refused() -> None:
    said = claim(notified="2026-09-01T09:00+01:00"), decision(1)
    assert hours_down(down_all_night(one_version(relief={"deadline_months": 2}), *said)) == [4, 0, 4]
    assert hours_down(down_all_night(one_version(relief={"deadline_months": 3}), *said)) == [4, 0, 0]


def test_relief_for_one_kpi_leaves_the_others_and_the_service_alone() -> None:
    kpis = [{"id": name, "service": "cad", "target": 99} for name in ("KPI1", "KPI2")]
    found = down_all_night(one_version(kpis=kpis), claim(kpis=["KPI2"]), decision(1))
    downtimes = [kpi.views["agreed"].downtime_ms for kpi in found.kpis]
    assert downtimes == [4 * HOUR, 0]
    assert found.services[0].downtime_ms == 4 * HOUR
    assert found.services[0].excluded[0].kpis == ("KPI2",)


def test_a_claim_about_tickets_leaves_all_time_alone() -> None:
    assert hours_down(down_all_night(one_version(), claim(tickets=["INC1"]), decision(1))) == [4, 4, 4]


def test_a_correction_changes_what_was_seen_in_every_view() -> None:
    """Where the contract asks for four eyes, once it is granted."""
    said = {"kind": "correction", "endpoints": ["login"], "outcome": "up", **NIGHT}
    assert hours_down(down_all_night(one_version(), said)) == [4, 4, 4]
    assert hours_down(down_all_night(one_version(), said, decision(1))) == [0, 0, 0]
    assert hours_down(down_all_night(one_version(relief={"four_eyes": False}), said)) == [0, 0, 0]


def test_a_correction_may_make_time_unseen_or_down() -> None:
    contract = one_version(relief={"four_eyes": False})
    unseen = {"kind": "correction", "services": ["cad"], "outcome": "unknown", **NIGHT}
    found = down_all_night(contract, unseen)
    assert (found.services[0].downtime_ms, found.services[0].unknown_ms) == (0, 4 * HOUR)
    worse = {"kind": "correction", "services": ["cad"], "outcome": "down", **NIGHT, "end": "2026-06-11 04:00+01:00"}
    found = down_all_night(contract, worse)
    assert hours_down(found) == [6, 6, 6]
    assert len(found.services[0].outages) == 1, "what was seen and what was said are one outage"
    assert found.services[0].outages[0].entries == (1,)


@pytest.mark.parametrize("said", [booking(), claim()])
def test_a_service_that_joins_meanwhile_is_booked_and_claimed_for_too(said: dict[str, Any]) -> None:
    """Both begin on the 10th, and so does the service, two hours later: its outage is excused from then on."""
    joined = ms("2026-06-11T00:00+01:00")
    kpis = [{"id": "KPI1", "service": "cad", "target": 99}, {"id": "KPI2", "service": "mail", "target": 99}]
    before, after = terms(kpis=kpis[:1]), terms(kpis=kpis, services=[service(), service("mail", endpoint("mx"))])
    contract = Contract((TermsVersion(0, before), TermsVersion(joined, after)))
    found = month_of_june(contract, [said, decision(1)], login=[], mx=with_outages(JUNE, JULY, (FROM, TO + HOUR)))
    assert [found.kpis[1].views[view].downtime_ms for view in VIEWS] == [3 * HOUR, HOUR, HOUR]
