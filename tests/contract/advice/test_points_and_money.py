"""Rules about money that give nothing, relations that relate nothing, places that are not there: each is doubted, and
its remedy silences the doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.contract.advice import advice
from tests.contract.support import HEAD, loaded

SERVICE = """\
services:
  - id: custody
    endpoints:
      - {id: health, kind: tcp, host: custody.example, port: 1, every: 5s, timeout: 3s}
"""
BANDS = "rounding: {mode: none}, bands: [{name: met, at_least: 80}, {name: missed, below: 80, points: 2}]"
KPIS = f"""\
kpis:
  - {{id: KPI1, service: custody, target: 99}}
  - {{id: KPI2, indicator: submitted, target: 80, {BANDS}}}
  - {{id: PI3, kind: PI, indicator: submitted, target: 80}}
charges: {{monthly: [{{service: custody, amount: 1000}}, {{amount: 500}}]}}
"""


def doubted(folder: Path, text: str) -> list[str]:
    """Each doubt without its file and line."""
    return [line.split(": ", 1)[1] for line in advice(loaded(folder, HEAD + SERVICE + text), 0)]


def credit(rule: str) -> str:
    return f"{KPIS}credits: [{{id: c, {rule}}}]\n"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("method: fixed, amounts: {PI3: 5}", "credits.c.amounts.PI3: PI3 is a PI, and costs nothing"),
        (
            "method: tiers, kpi: PI3, tiers: [{below: 80, percent: 5}]",
            "credits.c.kpi: PI3 is a PI, and costs nothing",
        ),
        (
            "method: shortfall, kpis: [KPI2, PI3], rate_percent: 1, partial: floor",
            "credits.c.kpis.1: PI3 is a PI, and costs nothing",
        ),
        (
            "method: at_risk_pool, at_risk_percent: 10, allocation: {PI3: 5}",
            "credits.c.allocation.PI3: PI3 is a PI, and costs nothing",
        ),
        (
            "method: points, per_point_percent: 1, kpis: [KPI1]",
            "credits.c.method: no band of its KPIs has points, so that it never gives anything",
        ),
    ],
)
def test_a_rule_that_never_gives_anything(tmp_path: Path, rule: str, told: str) -> None:
    (line,) = doubted(tmp_path, credit(rule))
    assert line.startswith(told)
    assert doubted(tmp_path, credit(rule.replace("PI3", "KPI1").replace("kpis: [KPI1]", "kpis: [KPI2]"))) == []


@pytest.mark.parametrize(
    "rule",
    [
        "method: tiers, kpi: KPI1, tiers: [{below: 80, percent: 5}]",
        "method: points, per_point_percent: 1",
        "method: unit_rate, share: 1/30, block: 1d",
    ],
)
def test_a_percentage_of_a_service_that_costs_nothing(tmp_path: Path, rule: str) -> None:
    text = credit(f"{rule}, service: custody")
    assert doubted(tmp_path, text) == []
    (line,) = doubted(tmp_path, text.replace("service: custody, amount", "amount"))
    assert line.startswith("credits.c.service: nothing is charged for custody, of which it is a percentage")


@pytest.mark.parametrize("parts", ["", "service: custody", "weights: {custody: 2, hall: 3}"])
def test_a_price_of_outages_of_which_none_is_on_record(tmp_path: Path, parts: str) -> None:
    text = credit(f"method: unit_rate, rate: 5, block: 1h{', ' if parts else ''}{parts}")
    assert doubted(tmp_path, text) == []
    told = "credits.c.method: no outage on record has a price by it: it costs only what people enter as occurrences"
    for before, after in (("KPI1, service: custody", "KPI1, indicator: submitted"), ("custody: 2, ", "")):
        if before in text:
            assert [line for line in doubted(tmp_path, text.replace(before, after)) if line.startswith(told)]


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("block: 31d, after: 1ms", "block: 31d"),
        ("block: 1h, blocks: begun, after: 31d", "block: 1h, blocks: begun, after: 743h"),
    ],
)
def test_a_price_of_outages_that_are_longer_than_any_month(tmp_path: Path, long: str, short: str) -> None:
    (line,) = doubted(tmp_path, credit(f"method: unit_rate, rate: 5, {long}"))
    assert line.startswith("credits.c.block: no measurement period is so long, so that it never costs anything")
    assert doubted(tmp_path, credit(f"method: unit_rate, rate: 5, {short}")) == []


@pytest.mark.parametrize(("changed", "is_told"), [("1h", True), ("61m", False), ("1h, blocks_of: period", False)])
def test_a_time_for_rectification_that_costs_nothing_in_any_case(tmp_path: Path, changed: str, is_told: bool) -> None:
    found = doubted(tmp_path, credit(f"method: unit_rate, rate: 5, block: 1h, after: 1h, rectified_within: {changed}"))
    message = "credits.c.rectified_within: is no longer than after, so that it changes nothing (leave it out)"
    assert [line.split(" [")[0] for line in found] == [message] * is_told


def test_an_amount_needs_no_charges_of_its_service(tmp_path: Path) -> None:
    text = credit("method: fixed, amounts: {KPI1: 5}, service: custody").replace("service: custody, amount", "amount")
    assert doubted(tmp_path, text) == []


@pytest.mark.parametrize("key", ["base: estimated_year_1", "base: period, first_year_base: estimated_year_1"])
def test_a_cap_of_an_estimate_that_is_not_there(tmp_path: Path, key: str) -> None:
    """Everything would be capped to nothing."""
    text = f"{credit('method: points, per_point_percent: 1')}caps: [{{id: k, percent: 50, {key}, over: period}}]\n"
    (line,) = doubted(tmp_path, text)
    assert line.startswith(f"caps.k.{key.rpartition(', ')[2].partition(':')[0]}: there is no estimate")
    assert doubted(tmp_path, text.replace("charges: {", "charges: {estimated_year_1: 18000, ")) == []


def test_a_group_of_related_failures_with_one_kpi(tmp_path: Path) -> None:
    one = "  - {id: A, indicator: count, target: 1, related: {group: desk, dedupe: highest}}\n"
    other = "  - {id: B, indicator: count, target: 1, related: {group: desk, dedupe: %s}}\n"
    kpis = "kpis:\n  - {id: KPI1, service: custody, target: 99}\n"
    (line,) = doubted(tmp_path, kpis + one)
    assert line.startswith("kpis.A.related.group: desk has no other KPI, so that nothing is related")
    assert doubted(tmp_path, kpis + one + other % "highest") == []
    lines = doubted(tmp_path, kpis + one + other % "none")
    assert [line.partition(":")[0] for line in lines] == ["kpis.A.related.dedupe", "kpis.B.related.dedupe"]


def test_a_quorum_of_more_places_than_look(tmp_path: Path) -> None:
    text = "kpis: [{id: K, service: custody, target: 99, counting: {quorum: {percent: 51, min_active: 2}}}]\n"
    (line,) = doubted(tmp_path, text)
    assert line.startswith("kpis.K.counting: quorum.min_active is 2, more than the endpoints (1): nothing is")
    assert doubted(tmp_path, text.replace("min_active: 2", "min_active: 1")) == []


def test_a_probe_that_does_not_wait_until_an_answer_is_none(tmp_path: Path) -> None:
    """Five times 700 ms are longer than the three seconds of the probe; five times 500 ms are not."""
    text = "kpis: [{id: K, service: custody, target: 99, counting: {slow_as_down: {promised: 700ms, multiple: 5}}}]\n"
    (line,) = doubted(tmp_path, text)
    assert line.startswith("kpis.K.counting: health is down after 3s, and an answer is none only after 3.5s")
    assert doubted(tmp_path, text.replace("700ms", "500ms")) == []


def test_slots_that_hold_one_request_at_most(tmp_path: Path) -> None:
    text = "kpis: [{id: K, service: custody, target: 99, counting: {failed_requests: {percent: 50, slot: 1m}}}]\n"
    assert doubted(tmp_path, text) == []
    (line,) = doubted(tmp_path, text.replace("1m", "5s"))
    assert line.startswith("kpis.K.counting: a slot of 5s holds one probe of health at most, which fails or does not")


def test_hours_of_downtime_are_those_of_an_availability(tmp_path: Path) -> None:
    text = f"{KPIS}triggers: [{{id: t, effects: [notice], conditions: [{{measure: downtime_hours, more_than: 24}}]}}]\n"
    assert doubted(tmp_path, text) == []
    (line,) = doubted(tmp_path, text.replace("measure:", "kpis: [KPI2], measure:"))
    assert line.startswith("triggers.t.conditions.0: can never hold: downtime hours come to no more than 0 here")
