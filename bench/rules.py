"""What evaluating the generated rules costs a real Prometheus: 1,000 endpoints and 100 KPIs, all of them well."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from bench.case import Case
from bench.process import BenchError, daemon_running, end, free_port, say, supplier_running, wait_for
from sla_monitor.configuration import read_configuration
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.prometheus import prometheus_files

CASE = Case(1000, "http", "reuse")
WARM_UP_S, READINGS = 75, 6
"""The windows of five minutes are not full then; how many series there are does not change any more."""

_DURATION = re.compile(r"^prometheus_rule_group_last_duration_seconds\{.*\} (\S+)$", re.MULTILINE)
_RULES = re.compile(r"^prometheus_rule_group_rules\{.*\} (\S+)$", re.MULTILINE)
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def rules_cost() -> None:
    """Print seconds of evaluation in a cycle, and series by their making. Raises BenchError."""
    with supplier_running() as supplier, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings = CASE.write(folder, supplier, port)
        read = read_configuration(settings)
        files = prometheus_files(read.contracts, read.settings, time.time_ns() // 1_000_000)
        write(rendered(files), folder / "prometheus")
        with daemon_running(settings, port):
            _measure(folder)


def _measure(folder: Path) -> None:
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _get(port, "/-/ready") is not None, 60, process, "Prometheus is ready")
        say(f"  rules: measuring after {WARM_UP_S} s")
        time.sleep(WARM_UP_S)
        cycles = []
        for _ in range(READINGS):
            time.sleep(15)
            cycles.append(sum(map(float, _DURATION.findall(_get(port, "/metrics") or ""))))
        rules = sum(map(float, _RULES.findall(_get(port, "/metrics") or "")))
        ours, recorded = (_count(port, each) for each in ('{job="sla_monitor"}', '{__name__=~".+:.+"}'))
    finally:
        end(process, 10)
    print(
        f"rules of {CASE.endpoints} endpoints and {CASE.endpoints // 10} KPIs: {rules:.0f} rules,"
        f" {sorted(cycles)[len(cycles) // 2] * 1000:.0f} ms a cycle of 15 s (at most {max(cycles) * 1000:.0f});"
        f" {ours - recorded:.0f} series scraped, {recorded:.0f} recorded"
    )


def _count(port: int, selector: str) -> float:
    text = _get(port, f"/api/v1/query?{urllib.parse.urlencode({'query': f'count({selector})'})}")
    if text is None:
        raise BenchError("Prometheus did not answer")
    return float(json.loads(text)["data"]["result"][0]["value"][1])


def _get(port: int, path: str) -> str | None:
    try:
        with _open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


if __name__ == "__main__":
    rules_cost()
