"""A pair of collectors in Prometheus: each figure once, and alerts that do not notice who tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from sla_monitor import names
from sla_monitor.generate.alerts.alert import OURS
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.pair import FIGURES, PREFIX
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.generate.promql import sample
from sla_monitor.metrics.tables import TABLES
from sla_monitor.settings import Settings
from tests.generate.support import NOW_MS, contract, passes

PAIR = {
    "sites": {"nats": {"servers": ["nats://127.0.0.1:4222"]}},
    "collectors": {"name": "east", "pair": ["east", "west"], "scraped": ["east.example:9810", "west.example:9810"]},
}


def generated(folder: Path, **settings: Any) -> Path:
    files = prometheus_files([contract({})], Settings.model_validate({**PAIR, **settings}), NOW_MS)
    write(rendered(files), folder)
    return folder


def test_both_are_scraped_and_their_rules_pass_their_own_tests(tmp_path: Path) -> None:
    folder = generated(tmp_path)
    scraped = yaml.safe_load((folder / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["static_configs"] == [{"targets": ["east.example:9810", "west.example:9810"]}]
    passes(folder, "pair-*.yaml")
    passes(folder, "monitor-*.yaml")


def test_each_figure_is_recorded_once_and_what_each_tells_of_itself_is_not(tmp_path: Path) -> None:
    folder = generated(tmp_path)
    rules = yaml.safe_load((folder / "rules/pair.yaml").read_text())["groups"][0]["rules"]
    recorded = [rule["record"] for rule in rules]
    assert sorted(recorded) == sorted({metric.sample for metric in FIGURES})
    assert names.LEDGER_FAILING.sample not in recorded
    assert {metric.sample for metric in TABLES if metric.kind == "gauge"} <= set(recorded)
    assert not set(names.OF_EACH) & set(TABLES)
    assert {rule["labels"]["instance"] for rule in rules} == {"east/west"}


def test_a_collector_that_hangs_ends_no_alert_however_long_figures_are_held(tmp_path: Path) -> None:
    """What it told last is the present for one rule more, since the scrape that hangs has not failed yet: the agreed
    time seems to stand still, and nobody tells any figures for minutes then."""
    folder = generated(tmp_path)
    one, other = ({**OURS, "instance": f"{name}:9810"} for name in ("east", "west"))
    service = {"contract": "small", "service": "cad"}
    told = {
        names.ASSESSED: ({}, "0+15x19 285 stale", "_x35 525+15x20 825x20"),
        names.SERVICE_AGREED: (service, "0+15x19 285 stale", "_x35 525+15x20 825x20"),
        names.SERVICE_STATE: ({**service, "state": "down"}, "1x20 stale", "_x35 1x40"),
    }
    series = [
        {"series": sample(f"{PREFIX}{metric.sample}", **on, **labels), "values": values}
        for metric, (labels, *both) in told.items()
        for on, values in zip((one, other), both, strict=True)
    ]
    firing = f"count(ALERTS{{alertname='{names.SERVICE_DOWN.name}',alertstate='firing'}})"
    instants = [f"{second}s" for second in range(120, 825, 15)]
    groups = [path.stem for path in sorted((folder / "rules").glob("small-*.yaml"))]
    order = ["pair", *sorted(groups, key=lambda name: not name.endswith("-records"))]
    case = {
        "interval": "15s",
        "input_series": series,
        "promql_expr_test": [
            {"expr": firing, "eval_time": at, "exp_samples": [{"labels": "{}", "value": 1}]} for at in instants
        ],
    }
    (folder / "tests/hang.yaml").write_text(
        json.dumps(
            {
                "rule_files": [f"../rules/{name}.yaml" for name in order],
                "evaluation_interval": "15s",
                "group_eval_order": order,
                "tests": [case],
            }
        )
    )
    passes(folder, "hang.yaml")
