"""`sla-monitor generate grafana`: the committed dashboards are those of the example contract."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from sla_monitor.cli.generate.command import generate
from tests.generate.support import ON, ROOT

CONFIG = str(ROOT / "config/sla-monitor.yaml")
FILES = [
    "dashboards/monitor-health.json",
    "dashboards/operations.json",
    "dashboards/scorecard.json",
    "dashboards/service.json",
    "provisioning/dashboards/sla-monitor.yaml",
    "provisioning/datasources/sla-monitor.yaml",
]


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(generate, ["grafana", *arguments, "--config", CONFIG, "--on", ON], catch_exceptions=False)


def test_the_committed_files_are_those_of_the_example() -> None:
    """If this fails: sla-monitor generate grafana --output config/grafana --on, and the day in support.py."""
    checked = ran("--output", str(ROOT / "config/grafana"), "--check")
    assert (checked.exit_code, checked.output) == (0, "")


def test_every_file_is_written_and_a_second_time_the_same(tmp_path: Path) -> None:
    assert ran("--output", str(tmp_path)).exit_code == 0
    first = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert sorted(first) == FILES
    assert ran("--output", str(tmp_path)).exit_code == 0
    assert {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")} == first


def test_a_change_in_the_browsers_copy_is_shown_by_the_check(tmp_path: Path) -> None:
    ran("--output", str(tmp_path))
    file = tmp_path / "dashboards/service.json"
    file.write_text(file.read_text().replace("SLA 2: Service", "Mine"))
    checked = ran("--output", str(tmp_path), "--check")
    assert checked.exit_code == 1
    assert '-  "title": "Mine",' in checked.output
    assert json.loads(file.read_text())["title"] == "Mine"


def test_grafana_is_sent_to_the_prometheus_that_is_named(tmp_path: Path) -> None:
    ran("--output", str(tmp_path), "--prometheus", "https://metrics.example:9090")
    assert "url: https://metrics.example:9090\n" in (tmp_path / FILES[-1]).read_text()
