"""Rules and dashboards ask for series that there are, whatever the settings have told to Prometheus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.grafana import grafana_files
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.metrics.tables import TABLES, tables_of
from sla_monitor.settings import Settings
from sla_monitor.settings.metrics import EndpointSeries
from tests.generate.support import NOW_MS, contract, passes

JOURNEY = {
    "id": "order",
    "kind": "journey",
    "every": "60s",
    "steps": [{"id": "open", "url": "https://shop.example/"}],
}
SECURE = {
    "id": "web",
    "kind": "http",
    "url": "https://shop.example/",
    "every": "60s",
    "places": {"sites": ["main", "north", "south"], "quorum": 2},
}
ONE = contract({"services": [{"id": "cad", "endpoints": [JOURNEY, SECURE]}]})


@pytest.mark.parametrize("series", ["all", "failing"])
def test_nothing_asks_for_series_that_are_left_out(series: EndpointSeries) -> None:
    settings = Settings.model_validate({"metrics": {"endpoint_series": series}})
    told = tables_of(settings.metrics, settings.alerting.certificate_days)
    failing = tables_of(Settings.model_validate({"metrics": {"endpoint_series": "failing"}}).metrics, 21)
    left_out = {metric.sample for metric in (TABLES.keys() | failing.keys()) - told.keys()}
    left_out |= {names.FAR_UP.sample} if series == "failing" else set()
    assert len(left_out) >= 3
    files = rendered(prometheus_files([ONE], settings, NOW_MS)) | rendered(
        grafana_files([ONE.versions[0].terms], settings, "http://127.0.0.1:9090")
    )
    for path, text in files.items():
        assert not left_out.intersection(re.findall(r"\bsla_\w+", text)), path


def test_rules_about_failing_endpoints_alone_do_what_they_did(tmp_path: Path) -> None:
    settings = Settings.model_validate({"metrics": {"endpoint_series": "failing"}})
    write(rendered(prometheus_files([ONE], settings, NOW_MS)), tmp_path)
    passes(tmp_path, "monitor*.yaml")
