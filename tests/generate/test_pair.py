"""A pair of collectors in Prometheus: each figure once, and alerts that do not notice who tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sla_monitor import names
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.pair import FIGURES
from sla_monitor.generate.prometheus import prometheus_files
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
