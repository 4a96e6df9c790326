"""What is taken of OpenSLO v1: terms that load, with the right questions in them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.advice import advice
from sla_monitor.contract.kpis.kpi import RatioKpi
from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
from tests.contract.openslo.importing import SLO, changed, imported, metric, run

SHOP = Path(__file__).parent / "shop.yaml"
GOOD, TOTAL = 'sum(increase(calls{ok="1"}[$range]))', "sum(increase(calls[$range]))"


def source(folder: Path, changes: dict[str, Any], *others: Any) -> PrometheusSource:
    kpi = imported(folder, changed(changes), *others).contract(folder).versions[0].terms.kpis[0]
    assert isinstance(kpi, RatioKpi)
    assert kpi.source is not None
    return kpi.source


def test_a_whole_file_becomes_terms_that_load_and_work(tmp_path: Path) -> None:
    said = run(SHOP, "--prometheus", "http://other.example:9090")
    contract = said.contract(tmp_path)
    terms = contract.versions[0].terms
    assert said.code == 0
    assert [(s.id, s.name) for s in terms.services] == [("checkout", "Checkout: basket & payment"), ("web", "")]
    assert [(k.id, k.title, k.service, str(k.target), k.measurement_months) for k in terms.kpis] == [
        ("payments-succeed-1", "Payments succeed: promised", "checkout", "99.9", 1),
        ("payments-succeed-2", "Payments succeed: hoped for", "checkout", "99.95", 1),
        ("pages-are-fast", "", "web", "99", 3),
        ("backups", "", None, "50", 12),
    ]
    addresses = [kpi.source.prometheus for kpi in terms.kpis if isinstance(kpi, RatioKpi) and kpi.source]
    assert addresses == ["https://prometheus.example:9090/central"] * 2 + ["http://other.example:9090"] * 2
    assert advice(contract, 0) == []


def test_a_comment_says_where_each_came_from() -> None:
    out = run(SHOP).out
    assert "  # SLO payments-succeed.spec.objectives.1, line 35\n  - id: payments-succeed-2\n" in out
    assert "  # Service checkout, line 2\n  - id: checkout\n" in out


def test_what_was_left_out_is_told_with_its_place_and_without_its_value() -> None:
    told = run(SHOP).told
    assert [line.partition(": is not")[0] for line in told] == [
        "shop.yaml:12:71: DataSource central.spec.connectionDetails.password",
        "shop.yaml:32:76: SLO payments-succeed.spec.timeWindow.0.calendar.timeZone",
        "4 KPIs taken, 2 things left out",
    ]
    assert "hunter2" not in "".join(told)


def test_output_goes_to_a_file_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "kpis.yaml"
    target.write_text("old")
    said = run(SHOP, "--output", str(target))
    assert (said.code, said.out) == (0, "")
    assert target.read_text() == run(SHOP).out
    assert list(tmp_path.iterdir()) == [target]
    assert run(SHOP, "--output", str(tmp_path / "no" / "such")).code == 1


RATIO = "spec.indicator.spec.ratioMetric"
BAD = 'calls{ok="0"}'
GAUGE = "sum(sum_over_time(({})[$range:1m]))"


@pytest.mark.parametrize(
    ("changes", "good", "total"),
    [
        ({}, GOOD, TOTAL),
        ({f"{RATIO}.total": metric("sum( calls )")}, GOOD, TOTAL),
        ({f"{RATIO}.total": metric("calls # all of them\n")}, GOOD, TOTAL),
        ({f"{RATIO}.total": metric('{__name__="a}b"}')}, GOOD, 'sum(increase({__name__="a}b"}[$range]))'),
        ({f"{RATIO}.total": metric("sum(rate(calls[{{.window}}]))")}, GOOD, "sum(rate(calls[$range]))"),
        ({f"{RATIO}.total": metric("sum(rate(calls[$window]))")}, GOOD, "sum(rate(calls[$range]))"),
        ({f"{RATIO}.counter": False}, GAUGE.format('calls{ok="1"}'), GAUGE.format("calls")),
        (
            {f"{RATIO}.good": None, f"{RATIO}.bad": metric(BAD)},
            f"({TOTAL}) - ((sum(increase({BAD}[$range]))) or vector(0))",
            TOTAL,
        ),
    ],
)
def test_counts_are_of_the_whole_period(tmp_path: Path, changes: dict[str, Any], good: str, total: str) -> None:
    asked = source(tmp_path, changes)
    assert (asked.good, asked.total, asked.value) == (good, total, None)


@pytest.mark.parametrize(
    ("kind", "query", "value"),
    [
        ("success", "ok:ratio", "100 * avg(avg_over_time((ok:ratio)[$range:1m]))"),
        ("failure", "bad:ratio", "100 - 100 * avg(avg_over_time((bad:ratio)[$range:1m]))"),
        ("success", "avg_over_time(ok[{{ .window }}])", "100 * (avg_over_time(ok[$range]))"),
        ("failure", "avg_over_time(bad[${window}])", "100 - 100 * (avg_over_time(bad[$range]))"),
    ],
)
def test_a_ratio_that_is_kept_as_such_is_averaged(tmp_path: Path, kind: str, query: str, value: str) -> None:
    asked = source(tmp_path, {RATIO: {"rawType": kind, "raw": metric(query)}})
    assert (asked.good, asked.total, asked.value) == (None, None, value)


@pytest.mark.parametrize(("op", "sign"), [("lte", "<="), ("gte", ">="), ("lt", "<"), ("gt", ">")])
def test_a_threshold_is_the_share_of_minutes_on_its_right_side(tmp_path: Path, op: str, sign: str) -> None:
    changes = {
        "spec.indicator.spec": {"thresholdMetric": metric("latency")},
        "spec.objectives": [{"op": op, "value": 0.0000005, "target": 0.9}],
    }
    asked = source(tmp_path, changes)
    assert asked.good == f"sum(count_over_time(((latency) {sign} 0.0000005)[$range:1m])) or vector(0)"
    assert asked.total == "sum(count_over_time(((latency) >= -Inf)[$range:1m]))"


@pytest.mark.parametrize(
    ("window", "months"), [("1M", 1), ("3M", 3), ("6M", 6), ("12M", 12), ("1Q", 3), ("2Q", 6), ("1Y", 12)]
)
def test_calendar_windows_are_measurement_periods(tmp_path: Path, window: str, months: int) -> None:
    slo = changed({"spec.timeWindow": [{"duration": window, "calendar": {"startTime": "2026-01-01 00:00:00"}}]})
    said = imported(tmp_path, slo)
    assert said.told == ["1 KPI taken, 0 things left out"]
    assert said.contract(tmp_path).versions[0].terms.kpis[0].measurement_months == months


@pytest.mark.parametrize(
    ("objective", "target"),
    [
        ({"target": 0.9995}, "99.95"),
        ({"targetPercent": 99.9}, "99.9"),
        ({"target": 0}, "0"),
        ({"target": 1e-7}, "0.00001"),
    ],
)
def test_targets_are_exact(tmp_path: Path, objective: dict[str, Any], target: str) -> None:
    terms = imported(tmp_path, changed({"spec.objectives": [objective]})).contract(tmp_path).versions[0].terms
    assert terms.kpis[0].target == Decimal(target)


def test_objects_may_stand_in_a_list_and_in_any_order(tmp_path: Path) -> None:
    sli = {"apiVersion": "openslo/v1", "kind": "SLI", "metadata": {"name": "i"}, **SLO["spec"]["indicator"]}
    slo = changed({"spec.indicator": None, "spec.indicatorRef": "i"} | {})
    said = imported(tmp_path, [slo, sli])
    assert (said.code, len(said.contract(tmp_path).versions[0].terms.kpis)) == (0, 1)
