"""`make bench`: what the whole daemon costs, against a local server in another process.

    python -m bench [--seconds 30] [--only 1000-http-fresh] [--quick]

For each number of endpoints, scheme and kind of connection: processor time for each check (user and system, of the
whole process: scheduling, probing, recording, assessing, a scrape every 15 s), lateness of the looks against their
due instants, missed looks, memory, bytes on disk. Every row is also given as a ratio to a bare loop of
`requests.get` with a kept trust store, run in the same minute: machines are shared and noisy, ratios hold.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import requests

from bench.scrape import scrape_cost
from sla_monitor.schedule import phase_ms

EVERY_S = 10
TICK = os.sysconf("SC_CLK_TCK")
ROW = "{:<20} {:>7} {:>7} {:>6} {:>8} {:>8} {:>8} {:>7} {:>9} {:>7} {:>8}"
HEADER = ROW.format(
    "endpoints-scheme",
    "checks",
    "us/chk",
    "x bare",
    "p50 ms",
    "p99 ms",
    "max ms",
    "missed",
    "period ms",
    "RSS MB",
    "B/check",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix."""

    endpoints: int
    scheme: str
    connection: str

    @property
    def name(self) -> str:
        return f"{self.endpoints}-{self.scheme}-{self.connection}"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_configuration(folder: Path, case: Case, supplier: Path, port: int) -> Path:
    """Ten endpoints a service, one availability KPI for each service."""
    host = "127.0.0.1" if case.scheme == "http" else "localhost"
    url = f"{case.scheme}://{host}:{(supplier / f'port-{case.scheme}').read_text()}"
    tls = f", ca_file: {supplier / 'ca.pem'}" if case.scheme == "https" else ""
    lines = [
        "id: bench\nauthority: A\nsupplier: B\nterm: {start: 2020-01-01, end: 2049-12-31}",
        "time_zone: Europe/London\ncurrency: GBP\nservices:",
    ]
    for first in range(0, case.endpoints, 10):
        lines.append(f"  - id: s{first}\n    endpoints:")
        lines += [
            f"      - {{id: e{n}, kind: http, url: '{url}/e{n}', every: {EVERY_S}s, timeout: 5s,"
            f" family: ipv4, connection: {case.connection}{tls}}}"
            for n in range(first, min(first + 10, case.endpoints))
        ]
    lines.append("kpis:")
    lines += [f"  - {{id: K{first}, service: s{first}, target: 99.0}}" for first in range(0, case.endpoints, 10)]
    (folder / "contracts").mkdir()
    (folder / "contracts" / "bench.yaml").write_text("\n".join(lines) + "\n")
    settings = folder / "sla-monitor.yaml"
    settings.write_text(f"listen: 127.0.0.1:{port}\nledger: {{path: ledger.db}}\nlog: {{level: warning}}\n")
    return settings


@contextmanager
def supplier_running() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = subprocess.Popen([sys.executable, "-m", "bench.server", name])
        while not (folder / "ready").exists():
            time.sleep(0.05)
        try:
            yield folder
        finally:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def bare_us(case: Case, supplier: Path, count: int = 400) -> float:
    """Processor time of one check in a bare loop of requests with nothing else around it."""
    host = "127.0.0.1" if case.scheme == "http" else "localhost"
    url = f"{case.scheme}://{host}:{(supplier / f'port-{case.scheme}').read_text()}/"
    verify: Any = str(supplier / "ca.pem") if case.scheme == "https" else True
    session = requests.Session()
    session.trust_env = False
    if case.connection == "fresh":
        session.headers["Connection"] = "close"
    began = 0.0
    for index in range(count + 20):
        if index == 20:
            began = time.process_time()
        session.get(url, verify=verify, timeout=5).close()
        if case.connection == "fresh":
            session.close()
    return (time.process_time() - began) / count * 1e6


def scrape(port: int) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read()


def lateness_and_periods(ledger: Path, since_ms: int, until_ms: int) -> tuple[list[int], list[int], int]:
    """Lateness of every look in ms, the periods between looks of one endpoint in ms, and the looks that are missing."""
    late: list[int] = []
    periods: list[int] = []
    missing = 0
    by_endpoint: dict[str, list[int]] = {}
    query = "select key, at_ms from observations join endpoints e on e.id = endpoint_id where at_ms between ? and ?"
    with closing(sqlite3.connect(ledger)) as database:
        for key, at_ms in database.execute(query, (since_ms, until_ms)):
            by_endpoint.setdefault(key, []).append(at_ms)
    for key, moments in by_endpoint.items():
        phase = phase_ms(key, EVERY_S * 1000)
        late += [(moment - phase) % (EVERY_S * 1000) for moment in moments]
        gaps = [b - a for a, b in pairwise(sorted(moments))]
        periods += gaps
        missing += sum(round(gap / (EVERY_S * 1000)) - 1 for gap in gaps)
    return sorted(late), periods, missing


def measure(case: Case, supplier: Path, seconds: int) -> None:
    """One row: let the daemon start, wait an interval, then measure `seconds`."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings = write_configuration(folder, case, supplier, port)
        daemon = subprocess.Popen([sys.executable, "-m", "sla_monitor", "run", "--config", str(settings)])
        time.sleep(EVERY_S + 4)
        began_ms, began_cpu = time.time_ns() // 1_000_000, cpu_seconds(daemon.pid)
        for left in range(seconds, 0, -15):
            scrape(port)
            time.sleep(min(15, left))
        cpu, memory = cpu_seconds(daemon.pid) - began_cpu, memory_mb(daemon.pid)
        ended_ms = time.time_ns() // 1_000_000
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(10)
        late, periods, missing = lateness_and_periods(folder / "ledger.db", began_ms, ended_ms)
        size = sum(file.stat().st_size for file in folder.glob("ledger.db*"))
        with closing(sqlite3.connect(folder / "ledger.db")) as database:
            total = database.execute("select count(*) from observations").fetchone()[0]
    per_check = cpu / max(len(late), 1) * 1e6
    missing += max(0, case.endpoints * seconds // EVERY_S - len(late) - case.endpoints // 50)
    print(
        ROW.format(
            case.name,
            len(late),
            f"{per_check:.0f}",
            f"{per_check / bare_us(case, supplier):.2f}",
            f"{late[len(late) // 2]}",
            f"{late[int(len(late) * 0.99)]}",
            f"{late[-1]}",
            missing,
            f"{sum(periods) / max(len(periods), 1):.2f}",
            f"{memory:.0f}",
            f"{size / max(total, 1):.0f}",
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=30, help="measured time of each row (default 30)")
    parser.add_argument("--only", help="one row, such as 1000-http-fresh")
    parser.add_argument("--quick", action="store_true", help="100 endpoints only")
    options = parser.parse_args()
    cases = [Case(*row) for row in product((100, 1000, 5000), ("http", "https"), ("fresh", "reuse"))]
    if options.only:
        cases = [case for case in cases if case.name == options.only]
    elif options.quick:
        cases = [case for case in cases if case.endpoints == 100]
    print(f"{os.cpu_count()} processors; every endpoint every {EVERY_S} s; {options.seconds} s measured a row")
    print(HEADER)
    with supplier_running() as supplier:
        for case in cases:
            measure(case, supplier, options.seconds)
    if not options.only:
        scrape_cost()


if __name__ == "__main__":
    main()
