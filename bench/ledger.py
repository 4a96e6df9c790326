"""What the record costs: processor time and bytes for each observation, and what a durable commit adds.

    python bench/ledger.py [--rate 500] [--seconds 10] [--endpoints 1000]

Commits without a pause, then feeds a ledger on this directory's disk at a steady rate: as shipped (synchronous=FULL),
then with synchronous=NORMAL, which survives kill -9 but not a power cut, and prints both and their ratio.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from itertools import product
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger, connect
from sla_monitor.ledger.chaining.links import Chain
from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.recording.buffer_entries import Held
from sla_monitor.ledger.recording.journal import Journal
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason

INTERVAL_MS = 10_000
SYNCHRONOUS = {"full": connect.WRITER_PRAGMAS[0], "normal": "synchronous = normal"}


def observation(endpoint: int, at_ms: int) -> Observation:
    """One observation in two hundred fails; the rest are as an HTTPS endpoint gives them."""
    phases = Phases(
        random.randint(200, 3_000),
        random.randint(200, 30_000),
        random.randint(1_000, 60_000),
        random.randint(5_000, 200_000),
        random.randint(20, 900),
    )
    key, duration_us = f"supplier/service-{endpoint // 20}/endpoint-{endpoint}", random.randint(8_000, 300_000)
    if random.random() < 0.005:
        body = random.randbytes(600)
        finding = Finding(
            Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503, wanted 200", duration_us, phases, status=503, evidence=body
        )
    else:
        expires_at_s = 1_800_000_000 + endpoint
        finding = Finding(
            Outcome.UP, None, "", duration_us, phases, f"10.0.0.{endpoint % 250}", 200, 5_000, expires_at_s
        )
    return Observation(key, at_ms, finding)


def feed(path: Path, rate: int, seconds: float, endpoints: int) -> dict[str, float]:
    """Record at `rate` for `seconds`; the observations are made beforehand."""
    total = int(rate * seconds)
    at_ms = time.time_ns() // 1_000_000
    step_ms = INTERVAL_MS / endpoints
    observations = [observation(index % endpoints, at_ms + int(index * step_ms)) for index in range(total)]
    with Ledger.open(path, SystemClock(), buffer=total) as ledger:
        for index in range(endpoints):  # every endpoint is known before anything is measured
            ledger.record(observation(index, at_ms - INTERVAL_MS), INTERVAL_MS)
    size = path.stat().st_size
    with Ledger.open(path, SystemClock(), buffer=total) as ledger:
        began, cpu = time.monotonic(), time.process_time()
        for index, one in enumerate(observations):
            pace(began, index, rate)
            ledger.record(one, INTERVAL_MS)
        ledger.flush(30)
        cpu, commits = time.process_time() - cpu, ledger.stats().commits
    return {"cpu_us": cpu / total * 1e6, "bytes": (path.stat().st_size - size) / total, "commits": commits}


def commit(path: Path, batch: int, total: int = 20_000, endpoints: int = 1_000) -> tuple[float, float]:
    """Commits of `batch` observations without a pause: microseconds of processor each, wall milliseconds a commit."""
    order = random.sample(range(endpoints), endpoints)
    held = [
        Held(0.0, INTERVAL_MS, observation(order[index % endpoints], index * 10)) for index in range(total + endpoints)
    ]
    journal = Journal.open(path)
    journal.write(held[:endpoints])
    began, cpu = time.monotonic(), time.process_time()
    for first in range(endpoints, total + endpoints, batch):
        journal.write(held[first : first + batch])
        if first % 5_000 == 0:
            journal.checkpoint()
    wall, cpu = time.monotonic() - began, time.process_time() - cpu
    journal.close()
    return cpu / total * 1e6, wall / (total / batch) * 1e3


def chain(path: Path, batch: int, total: int = 20_000) -> float:
    """What the chain adds to commits of `batch` observations: microseconds of processor an observation."""
    journal = Journal.open(path)
    connection, chained = journal.database.conn, Chain(journal.database.conn)
    row = (
        1,
        1_767_225_600_000,
        1,
        None,
        154_321,
        1_234,
        23_456,
        34_567,
        123_456,
        789,
        17,
        200,
        5_000,
        1_800_000_123,
        None,
    )
    rows = [(number, *row) for number in range(1, total + 1)]
    spent = 0.0
    for first in range(0, total, batch):
        with immediate(connection):
            began = time.process_time()
            chained.begin(row[1]).add_observations(rows[first : first + batch])
            chained.save()
            spent += time.process_time() - began
    journal.close()
    return spent / total * 1e6


def pace(began: float, index: int, rate: int) -> None:
    """Wait until it is time for the observation of this index; they come ten at a time."""
    if index % 10 == 0:
        time.sleep(max(0.0, began + index / rate - time.monotonic()))


def pacing_us(rate: int, seconds: float) -> float:
    """The processor time that the pacing alone takes."""
    began, cpu, total = time.monotonic(), time.process_time(), int(rate * seconds)
    for index in range(total):
        pace(began, index, rate)
    return (time.process_time() - cpu) / total * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--endpoints", type=int, default=1_000)
    given = parser.parse_args()
    idle = pacing_us(given.rate, min(given.seconds, 3))
    figures = {}
    for batch, (name, pragma) in product((20, 100), SYNCHRONOUS.items()):
        connect.WRITER_PRAGMAS = (pragma, *connect.WRITER_PRAGMAS[1:])
        with tempfile.TemporaryDirectory(dir=".") as folder:
            cpu_us, wall_ms = commit(Path(folder) / "ledger.db", batch)
        print(f"{batch} observations a commit, {name}: {cpu_us:.1f} us of processor each, {wall_ms:.2f} ms a commit")
    for batch in (20, 100):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            print(f"{batch} observations a commit, of it the chain: {chain(Path(folder) / 'ledger.db', batch):.1f} us")
    for name, pragma in SYNCHRONOUS.items():
        connect.WRITER_PRAGMAS = (pragma, *connect.WRITER_PRAGMAS[1:])
        with tempfile.TemporaryDirectory(dir=".") as folder:
            figures[name] = feed(Path(folder) / "ledger.db", given.rate, given.seconds, given.endpoints)
        cost = figures[name]
        print(
            f"synchronous={name}: {cost['cpu_us'] - idle:.1f} us of processor an observation"
            f" ({idle:.1f} of pacing taken off), {cost['bytes']:.1f} bytes on disk, {cost['commits']:.0f} commits"
        )
    print(f"full / normal: {(figures['full']['cpu_us'] - idle) / (figures['normal']['cpu_us'] - idle):.2f}")


if __name__ == "__main__":
    main()
