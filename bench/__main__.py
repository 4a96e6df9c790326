"""`make bench`: what the whole daemon costs, against a local server in another process.

    python -m bench [--seconds 30] [--only 1000-http-fresh] [--quick]

For each number of endpoints, scheme and kind of connection: processor time for each probe (user and system, of the
all its processes: scheduling, probing, recording, assessing, a scrape every 15 s), lateness of the probes against their
due instants, missed probes, memory, bytes on disk. Every row is also given as a ratio to a bare loop of
`requests.get` with a kept trust store, run in the same minute: machines are shared and noisy, ratios hold.

Progress goes to standard error. Every wait ends; a row that cannot be measured is told, the others follow, and the
exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from bench.archive import archive_cost
from bench.assess import assess_cost
from bench.case import ALL, EVERY_S, TIMEOUT_S, Case
from bench.desk import desk_cost
from bench.figures import Figures, bytes_a_probe, figures, read_probes
from bench.journey import journey_cost
from bench.page import page_cost
from bench.pages import pages_cost, response_times_cost
from bench.process import BenchError, Daemon, daemon_running, free_port, say, supplier_running
from bench.rules import rules_cost
from bench.samples import samples_cost
from bench.scrape import scrape_cost

WARM_UP_S = 2 * EVERY_S
"""From the daemon's first probe to the measured time: in the first interval, connections that are kept are opened."""

SETTLE_S = 3
"""How much longer the daemon runs than it is measured: a probe that is late is not a probe that is missed."""

SCRAPE_EVERY_S = 15
BARE_PROBES, BARE_LIMIT_S = 400, 60.0

COLUMNS = {
    "endpoints-scheme-kind": 22, "probes": 6, "us/probe": 8, "x bare": 7, "p50 ms": 7, "p99 ms": 7, "max ms": 7,
    "missed": 7, "counted": 8, "each": 6, "not up": 7, "period ms": 9, "PSS MB": 7, "B/probe": 7,
}  # fmt: skip
LEGEND = """
missed: probes that were due in the measured time and never made; counted: what the daemon's own counters say of the
same time and the moment after it (missed and overrun; a probe that still waits is neither); each: probes at the
endpoint with the fewest and at the one with the most; not up: probes that did not find the supplier up, although it
always is."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a daemon took while it was measured: `skipped` is what it counted as missed and overrun."""

    began_ms: int
    ended_ms: int
    cpu_seconds: float
    memory_mb: float
    skipped: int


def bare_us(case: Case, supplier: Path) -> float:
    """Processor time of one check in a bare loop of requests with nothing else around it. Raises BenchError."""
    verify: Any = str(supplier / "ca.pem") if case.scheme == "https" else True
    url, is_fresh = case.url(supplier) + "/", case.connection == "fresh"
    deadline = time.monotonic() + BARE_LIMIT_S
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Connection": "close"} if is_fresh else {})
        began = 0.0
        for index in range(BARE_PROBES + 20):
            if index == 20:
                began = time.process_time()
            if time.monotonic() > deadline:
                raise BenchError(f"the bare loop made {index} probes in {BARE_LIMIT_S:.0f} s and was given up")
            session.get(url, verify=verify, timeout=TIMEOUT_S).close()
            if is_fresh:
                session.close()
        return (time.process_time() - began) / BARE_PROBES * 1e6


def watch(daemon: Daemon, seconds: int) -> Cost:
    """Let every endpoint have its first probes, measure for so long, then let what is late come in."""
    time.sleep(WARM_UP_S)
    say(f"  measuring for {seconds} s")
    began_ms, began_s, cpu = time.time_ns() // 1_000_000, time.monotonic(), daemon.cpu_seconds()
    scrape(daemon)
    skipped = sum(daemon.skipped.values())
    for until_s in range(SCRAPE_EVERY_S, seconds, SCRAPE_EVERY_S):
        time.sleep(max(0.0, began_s + until_s - time.monotonic()))
        scrape(daemon)
    time.sleep(max(0.0, began_s + seconds - time.monotonic()))
    cpu, ended_ms = daemon.cpu_seconds() - cpu, time.time_ns() // 1_000_000
    time.sleep(SETTLE_S)
    scrape(daemon)
    return Cost(began_ms, ended_ms, cpu, daemon.memory_mb(), sum(daemon.skipped.values()) - skipped)


def scrape(daemon: Daemon) -> None:
    if not daemon.scrape():
        say("  a scrape was not answered in time")


def measure(case: Case, supplier: Path, seconds: int) -> str:
    """One row of the table. Raises BenchError."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings = case.write(folder, supplier, port)
        say(f"{case.name}: starting the daemon")
        with daemon_running(settings, port) as daemon:
            cost = watch(daemon, seconds)
        ledger = folder / "ledger.db"
        probes: dict[str, list[int]] = {}
        not_up = made = 0
        for key, at_ms, outcome in read_probes(ledger, cost.began_ms):
            probes.setdefault(key, []).append(at_ms)
            made += at_ms < cost.ended_ms
            not_up += outcome != "up"
        found = figures(probes, case.keys, cost.began_ms, cost.ended_ms, case.every_s * 1000)
        size = bytes_a_probe(ledger)
    us = cost.cpu_seconds / max(made, 1) * 1e6
    say("  the bare loop")
    return row(case.name, found, cost, us, (us / bare_us(case, supplier), not_up, size))


def row(name: str, found: Figures, cost: Cost, us: float, rest: tuple[float, int, float]) -> str:
    ratio, not_up, size = rest
    return line(
        name, len(found.late_ms), f"{us:.0f}", f"{ratio:.2f}", found.late(0.5), found.late(0.99), found.late(1),
        found.missed, cost.skipped, f"{min(found.counts)}-{max(found.counts)}", not_up,
        f"{found.mean_period_ms:.1f}", f"{cost.memory_mb:.0f}", f"{size:.0f}",
    )  # fmt: skip


def line(*cells: object) -> str:
    (first, wide), *others = zip(cells, COLUMNS.values(), strict=True)
    return f"{first:<{wide}}" + " ".join(f"{cell:>{width}}" for cell, width in others)


def review_cost() -> None:
    """A review pack, in a process of its own: its memory is told too."""
    try:
        subprocess.run([sys.executable, "-m", "bench.review"], check=True, timeout=600)
    except subprocess.SubprocessError as error:
        raise BenchError(f"bench.review: {error}") from None


def chosen(options: argparse.Namespace) -> list[Case]:
    if options.only:
        return [case for case in ALL if case.name == options.only]
    return [case for case in ALL if case.endpoints == 100 or not options.quick]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=30, help="measured time of each row (default 30)")
    parser.add_argument("--only", choices=[case.name for case in ALL], metavar="ROW", help="such as 1000-http-fresh")
    parser.add_argument("--quick", action="store_true", help="100 endpoints only")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors; every {EVERY_S} s, or as the row says; {options.seconds} s measured a row")
    print(line(*COLUMNS), flush=True)
    broken = 0
    with supplier_running() as supplier:
        for case in chosen(options):
            try:
                print(measure(case, supplier, options.seconds), flush=True)
            except (BenchError, OSError, sqlite3.Error) as error:  # an error of requests is an OSError
                broken += 1
                say(f"{case.name}: {error}")
    print(LEGEND)
    if not options.only:
        scrape_cost()
        pages_cost()
        response_times_cost()
        page_cost()
        assess_cost()
        samples_cost()
        journey_cost()
        rules_cost()
        review_cost()
        archive_cost()
        desk_cost(contracts=10)
    if broken:
        say(f"{broken} rows could not be measured")
    return min(broken, 1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
