"""Terms about points and money in contract files: mistakes at their place, versions by date, and doubts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sla_monitor.contract.advice import advice
from sla_monitor.contract.fields import parse_day
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.sla.money.charges import indexed
from tests.contract.support import SERVICES, loaded, problems

KPI = SERVICES + "kpis:\n  - {id: KPI1, service: custody, target: 99}\n"

MISTAKES = [
    (
        """\
kpis:
  - id: KPI1
    service: custody
    target: 99.0
    rounding: {mode: none}
    bands:
      - {name: met, at_least: 99.0}
      - {name: minor, at_least: 98.0, at_most: 98.9, points: 1}
      - {name: severe, below: 98, points: 2}
""",
        (
            "c.yaml:18:9: kpis.KPI1.bands.1: does not begin where the band above ends:"
            " what lies between 98.9 and 99.0 is in neither (let one band have each edge)"
        ),
    ),
    (
        """\
kpis:
  - id: KPI1
    service: custody
    target: 99.0
    rounding: {mode: none}
    bands: [{name: met, at_least: 99}, {name: low, at_least: 98, below: 99, amount: 9}, {name: bad, below: 98}]
""",
        "c.yaml:16:89: kpis.KPI1.bands.2.amount: must not be less than in the better band above",
    ),
    (
        """\
kpis:
  - id: KPI1
    kind: PI
    service: custody
    target: 99.0
    rounding: {mode: none}
    bands: [{name: met, at_least: 99}, {name: low, below: 99, amount: 9}]
""",
        "c.yaml:13:11: kpis.KPI1.kind: a PI costs nothing (write KPI, or take the amounts out of its bands)",
    ),
    (
        "kpis:\n  - {id: KPI2, service: custody, target: 99, points_each: 2}\n",
        ("c.yaml:12:59: kpis.KPI2.points_each: is for counts, days late and tickets (give the bands points)"),
    ),
    (
        "kpis:\n  - {id: KPI2, kind: PI, indicator: count, target: 9, points_each: 2}\n",
        "c.yaml:12:22: kpis.KPI2.kind: a PI has no points (write KPI, or take points_each out)",
    ),
    (
        "kpis:\n  - {id: KPI2, indicator: respons_time, target: 5}\n",
        "c.yaml:12:27: kpis.KPI2.indicator: no such indicator (did you mean response_time?)",
    ),
    (
        "kpis:\n  - {id: KPI2, indicator: count, target: 5, tarjet: 4}\n",
        "c.yaml:12:45: kpis.KPI2.tarjet: unknown key (did you mean target?)",
    ),
    (
        "kpis:\n  - {id: KPI1, service: custody, target: 9, counting: {slow_as_down: {promised: 2s, multiple: 0.5}}}\n",
        "c.yaml:12:95: kpis.KPI1.counting.slow_as_down.multiple: must be at least 1",
    ),
    (
        "kpis:\n  - {id: KPI1, service: custody, target: 9, counting: {failed_requests: {percent: 50, slot: 7m}}}\n",
        "c.yaml:12:93: kpis.KPI1.counting.failed_requests.slot: must divide a day (write for example 1m, 5m or 1h)",
    ),
    (
        (
            "kpis:\n  - {id: KPI1, service: custody, target: 9,"
            " counting: {failed_requests: {percent: 50}, quorum: {percent: 51}}}\n"
        ),
        "c.yaml:12:96: kpis.KPI1.counting.quorum: or failed_requests: write one of the two",
    ),
    ("kpis:\n  - 5\n", "c.yaml:12:5: kpis.0: must be a mapping (lines of key: value, indented below)"),
    (
        "credits:\n  - {id: a, method: point}\n",
        "c.yaml:12:21: credits.a.method: no such method (did you mean points?)",
    ),
    (
        "credits:\n  - {id: a}\n",
        "c.yaml:12:5: credits.a.method: is missing (write for example method: points)",
    ),
    (
        "caps:\n  - {id: cap, percent: 5, base: period}\n",
        "c.yaml:12:5: caps.cap.over: is missing (write for example over: contract_year)",
    ),
    (
        "charges: {monthly: [{service: custdy, amount: 5}]}\n",
        "c.yaml:11:31: charges.monthly.0.service: no such service (did you mean custody?)",
    ),
]

REPEATED = [
    ("fixed, amounts: {KPI1: 1}, only_if_repeated: {periods: 2}", ".pays: is missing (write for example pays: all)"),
    ("fixed, amounts: {KPI1: 1}, only_if_repeated: {periods: 1, pays: all}", ".periods: must be at least 2"),
    ("points, per_point_percent: 1, only_if_repeated: {pays: all}", ": unknown key"),
]

SHORTFALLS = [
    ("partial: floor", "credits.a.rate_percent: or share or slices: write one of them"),
    ("partial: floor, rate_percent: 1, share: 1/30", "credits.a.rate_percent: or share or slices: write one of them"),
    ("partial: floor, rate_percent: 1, step: 0", "credits.a.step: must be more than 0"),
    ("partial: floor, slices: [{to: 98}]", "credits.a.slices.0.rate_percent: or percent: write one of them"),
    (
        "partial: floor, slices: [{to: 98, percent: 100}]",
        "credits.a.slices.0.percent: is for the open slice, without to (write rate_percent)",
    ),
    (
        "partial: floor, slices: [{rate_percent: 1}, {to: 98, rate_percent: 2}]",
        "credits.a.slices.0.to: is missing (write to for every slice but the last)",
    ),
    (
        "partial: floor, slices: [{to: 98, rate_percent: 1}, {to: 98.5, rate_percent: 2}, {to: 97, rate_percent: 3}]",
        "credits.a.slices: must go from the target on, each worse than the one before",
    ),
]

LATENESS = [
    ("late: []", "credits.a.late: must not be empty (write 1 item or more)"),
    (
        "late: [{at_least: 10, amount: 1}]",
        "credits.a.late.0.at_least: 10 is not a duration (write 500ms, 30s, 5m, 1h30m or 2d)",
    ),
    (
        "late: [{at_least: 10m, above: 5m, amount: 1}]",
        "credits.a.late.0.above: or at_least: write no more than one of them",
    ),
    ("late: [{amount: 1, share: 1/20}]", "credits.a.late.0.amount: or share: write one of them"),
    ("late: [{above: 5m}]", "credits.a.late.0.amount: or share: write one of them"),
]


COMBINED = [
    ("credits: [a, days], pays: first", "g.credits.1: days gives no credit in money (leave it out)"),
    ("credits: [a, c], pays: first", "g.credits.1: no such credit (known here: a, b, days)"),
    ("credits: [a, b], pays: sum", "g.pays: sum needs a limit (write max_percent or max_amount)"),
    ("credits: [a, b]", "g.pays: is missing (write for example pays: greatest)"),
    ("credits: [a, a], pays: first", "g.credits.1: a is given twice (leave it out)"),
    (
        "credits: [a, b], pays: sum, max_percent: 5, max_amount: 5",
        "g.max_percent: or max_amount: write one of the two",
    ),
    (
        "credits: [a, b], pays: sum, max_amount: 5, service: custody",
        "g.service: belongs to max_percent with scope: contract (leave it out)",
    ),
    ("credits: [a, b], pays: sum, max_percent: 5, service: x", "g.service: no such service (known here: custody)"),
    (
        "credits: [a], pays: first, max_amount: 1}\n  - {id: h, credits: [a, b], pays: first",
        "h.credits.0: a is in another combination above (leave it out of one of them)",
    ),
    (
        "credits: [a], pays: first, max_amount: 1}\n  - {id: g, credits: [b], pays: first",
        "g.id: combination 'g' is given twice (choose another id)",
    ),
]


REFERENCES = [
    (
        "credits:\n  - {id: a, method: tiers, kpi: KPI2, tiers: [{below: 9, percent: 1}]}\n",
        "credits.a.kpi: no such KPI",
    ),
    ("credits:\n  - {id: a, method: fixed, amounts: {KPI2: 5}}\n", "credits.a.amounts.KPI2: no such KPI"),
    ("credits:\n  - {id: a, method: points, per_point_percent: 1, kpis: [KPI2]}\n", "credits.a.kpis.0: no such KPI"),
    ("credits:\n  - {id: a, method: points, per_point_percent: 1, service: x}\n", "credits.a.service: no such service"),
    (
        "triggers:\n  - {id: t, cap: c, conditions: [{measure: points, at_least: 1}], effects: [notice]}\n",
        "triggers.t.cap:",
    ),
    (
        "triggers:\n  - {id: t, conditions: [{measure: points, kpis: [x], at_least: 1}], effects: [notice]}\n",
        "triggers.t.conditions.0.kpis.0: no such KPI",
    ),
    (
        "triggers:\n  - {id: t, conditions: [{measure: failures, bands: [misssed], at_least: 1}], effects: [notice]}\n",
        "triggers.t.conditions.0.bands.0: no such band (did you mean missed?)",
    ),
    (
        "triggers:\n  - {id: t, conditions: [{measure: tripped, triggers: [x], at_least: 1}], effects: [notice]}\n",
        "triggers.t.conditions.0.triggers.0: no such trigger above this one",
    ),
    (
        "caps:\n  - {id: c, amount: 1, over: period}\n  - {id: c, amount: 2, over: period}\n",
        "caps.c.id: cap 'c' is given",
    ),
]

WINDOWS = [
    ("measure: outages, days: 30, months: 2", "days: or months: write one of the two"),
    (
        "measure: outages, days: 30, window: contract_year",
        "window: has no days (write rolling or consecutive, or leave days out)",
    ),
    (
        "measure: points, days: 30",
        "days: is for what is known by the day (write months, or measure: downtime_hours or outages)",
    ),
    ("measure: outages, days: 0", "days: must be at least 1"),
    ("measure: tripped", "trigger: belongs to measure: tripped"),
]


PEOPLE = "participants:\n  - {id: force, share: 60}\n"

UPKEEP = [
    (
        PEOPLE + "  - {id: partner}\n",
        (
            "c.yaml:13:5: participants.partner.share: is missing, and others have one"
            " (write for example share: 60, all of them together 100)"
        ),
    ),
    (
        PEOPLE + "  - {id: partner, share: 39.99}\n",
        (
            "c.yaml:12:3: participants: shares add up to 99.99 per cent, not to 100"
            " (write for example share: 60, all of them together 100)"
        ),
    ),
    (
        PEOPLE + "  - {id: partner, share: 40}\n  - {id: late, share: 10, from: 2027-04-01}\n",
        (
            "c.yaml:12:3: participants: shares add up to 110 per cent, not to 100"
            " (write for example share: 60, all of them together 100) [from 2027-04-01]"
        ),
    ),
    (
        "participants:\n  - {id: force, share: most}\n  - {id: partner, share: 40}\n",
        "c.yaml:12:24: participants.force.share: must be a number (write for example 99.9)",
    ),
    ("working_days: office\n", "c.yaml:11:15: working_days: no such calendar (known here: always)"),
    (
        "calendars: {never: {hours: {}}}\nworking_days: never\n",
        (
            "c.yaml:12:15: working_days: has no hours on any weekday, so that no day would be a Working Day"
            " (choose another)"
        ),
    ),
    (
        "credits: [{id: daily, method: unit_rate, share: 12/2518500000000, block: 1d}]\n",
        (
            "c.yaml:11:49: credits.daily.share: must be a fraction of whole numbers with at most twelve digits each"
            " (write for example 1/30)"
        ),
    ),
    ("maintenance: {hours: night}\n", "c.yaml:11:22: maintenance.hours: no such calendar (known here: always)"),
    (
        "maintenance: {excess: excluded}\n",
        "c.yaml:11:23: maintenance.excess: belongs to an allowance (write for example allowance: 10h)",
    ),
    (
        "maintenance: {allowance_over: contract_year}\n",
        "c.yaml:11:31: maintenance.allowance_over: belongs to an allowance (write for example allowance: 10h)",
    ),
    (
        "maintenance: {allowance_used_by: downtime}\n",
        "c.yaml:11:34: maintenance.allowance_used_by: belongs to an allowance (write for example allowance: 10h)",
    ),
    (
        "maintenance: {allowance: 4h, allowance_over: year}\n",
        "c.yaml:11:46: maintenance.allowance_over: must be 'month', 'contract_year', 'calendar_year' or 'booking'",
    ),
    (
        "maintenance: {allowance: 4h, allowance_used_by: downtime, allowance_over: calendar_year}\n",
        (
            "c.yaml:11:75: maintenance.allowance_over: does not go with allowance_used_by: downtime"
            " (write allowance_over: month or booking)"
        ),
    ),
    (
        "maintenance: {allowance: 4h, allowance_used_by: downtime, allowance_per: contract}\n",
        (
            "c.yaml:11:74: maintenance.allowance_per: does not go with allowance_used_by: downtime"
            " (write allowance_per: service)"
        ),
    ),
    (
        "maintenance: {allowance: 4h, allowance_used_by: downtime, excess: excluded}\n",
        "c.yaml:11:67: maintenance.excess: does not go with allowance_used_by: downtime (write excess: counted)",
    ),
    ("maintenance: {approval: yes}\n", "c.yaml:11:25: maintenance.approval: must be 'decision' or 'none'"),
    ("maintenance: {notice_working_days: -1}\n", "c.yaml:11:36: maintenance.notice_working_days: must be at least 0"),
    ("relief: {causes: []}\n", "c.yaml:11:18: relief.causes: must not be empty (write 1 item or more)"),
    ("relief: {late: maybe}\n", "c.yaml:11:16: relief.late: must be 'refused' or 'decided'"),
    (
        "reporting: {publish: {mat: good}}\n",
        "c.yaml:11:28: reporting.publish.mat: no such band (did you mean met?)",
    ),
    (
        "reporting: {publish: {met: fine}}\n",
        (
            "c.yaml:11:28: reporting.publish.met: must be 'good', 'approaching_target', 'requires_improvement'"
            " or 'inadequate'"
        ),
    ),
    (
        "kpis:\n  - {id: K, indicator: error_rate, target: 99, endpoints: [helth]}\n",
        "c.yaml:12:60: kpis.K.endpoints.0: no such endpoint (did you mean health?)",
    ),
]


@pytest.mark.parametrize(("text", "line"), UPKEEP, ids=[line.partition(": ")[2][:40] for _, line in UPKEEP])
def test_a_mistake_in_terms_of_upkeep_is_told_at_its_place(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, SERVICES + text) == [line]


def test_a_weight_belongs_to_a_weighted_service(tmp_path: Path) -> None:
    text = SERVICES.replace("port: 1", "port: 1, weight: 2.5")
    (line,) = problems(tmp_path, text)
    assert line == (
        "c.yaml:10:67: services.custody.endpoints.health.weight: belongs to a service that is available_when: weighted"
    )
    weighted = loaded(tmp_path, text.replace("id: custody", "id: custody\n    available_when: weighted"))
    assert weighted.versions[0].terms.services[0].endpoints[0].weight == Decimal("2.5")


def test_a_kpi_sees_with_its_own_endpoints_or_with_those_of_its_service(tmp_path: Path) -> None:
    """One without either takes its figures from the register."""
    terms = (
        loaded(
            tmp_path,
            SERVICES
            + "      - {id: spare, kind: tcp, host: 127.0.0.1, port: 2}\n  - {id: desk}\n"
            + """\
kpis:
  - {id: A, indicator: error_rate, target: 99, service: custody}
  - {id: B, indicator: error_rate, target: 99, service: custody, endpoints: [spare]}
  - {id: C, indicator: error_rate, target: 99, endpoints: [spare]}
  - {id: D, indicator: error_rate, target: 99, service: desk}
  - {id: E, indicator: error_rate, target: 99}
""",
        )
        .versions[0]
        .terms
    )
    seen = [[endpoint.id for _, endpoint in terms.endpoints_of(kpi)] for kpi in terms.kpis]
    assert seen == [["health", "spare"], ["spare"], ["spare"], [], []]


def test_an_endpoint_of_another_service_is_not_the_kpis(tmp_path: Path) -> None:
    kpi = "kpis:\n  - {id: K, service: desk, indicator: error_rate, target: 99, endpoints: [health]}\n"
    (line,) = problems(tmp_path, SERVICES + "  - {id: desk}\n" + kpi)
    assert "kpis.K.endpoints.0: no such endpoint (known here: none)" in line


def test_a_service_has_its_own_maintenance_or_the_contracts(tmp_path: Path) -> None:
    own = "  - {id: desk, maintenance: {approval: none}}\nmaintenance: {allowance: 10h, notice_working_days: 5}\n"
    terms = loaded(tmp_path, SERVICES + own).versions[0].terms
    custody, desk = (terms.maintenance_of(service) for service in terms.services)
    assert (custody.approval, custody.allowance_ms, custody.notice_working_days) == ("decision", 36_000_000, 5)
    assert (desk.approval, desk.allowance_ms, desk.notice_working_days) == ("none", None, None)


@pytest.mark.parametrize(("text", "line"), MISTAKES, ids=[line.partition(": ")[2][:40] for _, line in MISTAKES])
def test_a_mistake_is_told_at_its_place_with_what_would_be_right(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, SERVICES + text) == [line]


@pytest.mark.parametrize(("text", "start"), REFERENCES, ids=[start for _, start in REFERENCES])
def test_a_name_that_leads_nowhere_is_told_at_its_place(tmp_path: Path, text: str, start: str) -> None:
    (line,) = problems(tmp_path, KPI + text)
    assert line.partition(": ")[2].startswith(start)


@pytest.mark.parametrize(("condition", "expected"), WINDOWS, ids=[condition for condition, _ in WINDOWS])
def test_a_window_of_days_is_of_what_is_known_by_the_day(tmp_path: Path, condition: str, expected: str) -> None:
    text = f"triggers:\n  - {{id: t, conditions: [{{{condition}, at_least: 1}}], effects: [notice]}}\n"
    (line,) = problems(tmp_path, KPI + text)
    assert line.partition(": ")[2] == f"triggers.t.conditions.0.{expected}"


@pytest.mark.parametrize(("rule", "expected"), SHORTFALLS, ids=[rule for rule, _ in SHORTFALLS])
def test_a_shortfall_has_one_rate_and_slices_that_go_one_way(tmp_path: Path, rule: str, expected: str) -> None:
    (line,) = problems(tmp_path, f"{KPI}credits:\n  - {{id: a, method: shortfall, kpis: [KPI1], {rule}}}\n")
    assert line.partition(": ")[2] == expected


@pytest.mark.parametrize(("rule", "expected"), LATENESS, ids=[rule for rule, _ in LATENESS])
def test_a_price_of_lateness_has_an_edge_that_is_a_duration(tmp_path: Path, rule: str, expected: str) -> None:
    lines = problems(tmp_path, f"{KPI}credits:\n  - {{id: a, method: per_ticket, kpi: KPI1, {rule}}}\n")
    assert lines[0].partition(": ")[2] == expected


@pytest.mark.parametrize(("group", "expected"), COMBINED, ids=[group for group, _ in COMBINED])
def test_rules_are_combined_at_their_place(tmp_path: Path, group: str, expected: str) -> None:
    rules = "".join(f"  - {{id: {name}, method: fixed, amounts: {{KPI1: 1}}}}\n" for name in ("a", "b"))
    rules += "  - {id: days, method: days, kpi: KPI1, gives: added_term, tiers: [{below: 99, days: 1}]}\n"
    (line,) = problems(tmp_path, f"{KPI}credits:\n{rules}combined:\n  - {{id: g, {group}}}\n")
    assert line.partition(": ")[2] == f"combined.{expected}"


@pytest.mark.parametrize(("rule", "expected"), REPEATED, ids=[rule for rule, _ in REPEATED])
def test_a_failure_that_must_repeat_is_that_of_one_kpi(tmp_path: Path, rule: str, expected: str) -> None:
    (line,) = problems(tmp_path, f"{KPI}credits:\n  - {{id: a, method: {rule}}}\n")
    assert line.partition(": ")[2].startswith(f"credits.a.only_if_repeated{expected}")


def test_a_clock_needs_a_calendar_of_the_contract(tmp_path: Path) -> None:
    text = "kpis:\n  - {id: K, indicator: ratio_in_target, target: 90, clock: {calendar: office}}\n"
    (line,) = problems(tmp_path, SERVICES + text)
    assert "kpis.K.clock.calendar: no such calendar (known here: always)" in line


def test_points_charges_and_caps_change_on_a_date(tmp_path: Path) -> None:
    contract = loaded(
        tmp_path,
        SERVICES
        + """\
kpis:
  - id: KPI1
    service: custody
    target: 99
    rounding: {mode: none}
    bands: [{name: met, at_least: 99}, {name: missed, below: 99, points: 1}]
    versions:
      - from: 2026-04-01
        ref: CCN-12
        target: 99.5
        bands: [{name: met, at_least: 99.5}, {name: missed, below: 99.5, points: 2}]
charges:
  monthly:
    - {service: custody, amount: 1000.00}
    - {from: 2026-01-01, amount: 50.00}
  indexation:
    - {from: 2026-04-01, percent: 3, index: CPI January 2026}
    - {from: 2027-04-01, percent: 2}
""",
    )
    days = [parse_day(day) for day in ("2025-12-31", "2026-03-31", "2026-04-01", "2027-04-01")]
    terms = [contract.version_at(midnight_ms(day, contract.time_zone)).terms for day in days]
    assert [one.kpis[0].bands[1].points for one in terms] == [1, 1, 2, 2]
    assert [indexed(one.charges) for one in terms] == [
        {"custody": 1000},
        {"custody": 1000, "": 50},
        {"custody": 1030, "": Decimal("51.5")},
        {"custody": Decimal("1050.6"), "": Decimal("52.53")},
    ]


def test_availability_goes_without_saying(tmp_path: Path) -> None:
    contract = loaded(tmp_path, KPI)
    (kpi,) = contract.versions[0].terms.kpis
    assert isinstance(kpi, AvailabilityKpi)


def test_a_cap_that_makes_credits_moot_is_advised_against(tmp_path: Path) -> None:
    text = """\
credits:
  - {id: low, method: tiers, kpi: KPI1, tiers: [{below: 99, percent: 10}, {below: 95, percent: 25}]}
caps:
  - {id: cap, percent: 5, base: period, over: period}
"""
    lines = advice(loaded(tmp_path, KPI + text), 0)
    assert any("caps.cap: the smallest credit of low is over the cap" in line for line in lines)
    assert not any(
        "caps.cap" in line for line in advice(loaded(tmp_path, KPI + text.replace("percent: 5", "percent: 10")), 0)
    )
