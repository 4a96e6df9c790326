"""What single samples cost: a start with a running month of a million of a KPI's samples, and the assessments after it.

    python -m bench.samples

Ten endpoints are the KPI's, and ten more are nobody's, probed as often. Processor time of the whole process.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.terms import BEGIN_MS, DAY, EVERY_MS, HOUR, contract_of, endpoints
from sla_monitor.assess import Cache, assess_month
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.ledger import Ledger, Recorded
from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.name_tables import names_by_id
from sla_monitor.ledger.opening import open_writer

ENDPOINTS, SAMPLES = 10, 100_000
NOW_MS = BEGIN_MS + SAMPLES * EVERY_MS
KPIS: dict[str, dict[str, Any]] = {
    "mean response time": {"indicator": "response_time", "target": "1s", "statistic": "mean"},
    "95th percentile": {"indicator": "response_time", "target": "1s", "statistic": "percentile", "percentile": 95},
    "error rate": {"indicator": "error_rate", "target": 99},
    "slow as down": {"target": 99, "counting": {"slow_as_down": {"promised": "299ms"}}},
}


def contract(kpi: dict[str, Any]) -> Contract:
    """One service of the ten endpoints, with one KPI."""
    service = {"id": "service", "endpoints": endpoints(0, ENDPOINTS)}
    return contract_of([service], [{"id": "KPI", "service": "service", **kpi}])


def fill(path: Path) -> None:
    """A ledger with the samples, one in two hundred of them failed, and spans that say that all was well."""
    database = open_writer(path)
    numbers = range(1, 2 * ENDPOINTS + 1)
    up, down = (
        next(n for n, name in names_by_id(database, "outcomes").items() if name == wanted) for wanted in ("up", "down")
    )
    spans = [(number, BEGIN_MS, NOW_MS, NOW_MS - EVERY_MS, up, None, SAMPLES) for number in numbers]
    columns = "endpoint_id, at_ms, outcome, duration_us, first_byte_us"
    with immediate(database.conn):
        names = [(number, f"bench/endpoint-{number - 1}") for number in numbers]
        database.conn.executemany("insert into endpoints values (?, ?)", names)
        database.conn.executemany("insert into last_spans values (?, ?, ?, ?, ?, ?, ?)", spans)
        database.conn.executemany(
            f"insert into observations ({columns}) values (?, ?, ?, ?, ?)", samples(numbers, up, down)
        )
    database.close()


def samples(numbers: range, up: int, down: int) -> Iterator[tuple[int, int, int, int, int | None]]:
    chance = random.Random(7)
    for index in range(SAMPLES):
        for number in numbers:
            at_ms, us = BEGIN_MS + index * EVERY_MS + 50 * number + chance.randint(0, 9), chance.randint(8_000, 300_000)
            yield (number, at_ms, down, us, None) if chance.random() < 0.005 else (number, at_ms, up, us, us // 2)


def spent_s(task: Callable[[], object]) -> float:
    began = time.process_time()
    task()
    return time.process_time() - began


def start_and_after(path: Path, terms: Contract) -> tuple[float, float]:
    """Seconds of a start's first assessment, and of one 15 s later."""
    with Ledger.open(path, SystemClock()) as ledger:
        evidence, cache = Recorded(ledger), Cache()
        several = [
            spent_s(lambda: assess_month(terms, evidence, "2025-01", now_ms, (), cache))  # noqa: B023 - called at once
            for now_ms in (NOW_MS, NOW_MS + 15_000)
        ]
    return several[0], several[1]


def first_day(path: Path, terms: Contract) -> float:
    """Seconds of an assessment on the first day of the next month, 15 s after another one."""
    february_ms = BEGIN_MS + 31 * DAY
    with Ledger.open(path, SystemClock()) as ledger:
        evidence, cache = Recorded(ledger), Cache()
        assess_month(terms, evidence, "2025-02", february_ms + HOUR, None, cache)
        return spent_s(lambda: assess_month(terms, evidence, "2025-02", february_ms + HOUR + 15_000, None, cache))


def samples_cost() -> None:
    """The first start, which packs the month, and later ones by indicator, told on standard output."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.db"
        fill(path)
        before = path.stat().st_size
        total = ENDPOINTS * SAMPLES
        first_s, _ = start_and_after(path, contract(KPIS["mean response time"]))
        size = (path.stat().st_size - before) / total
        print(f"the first start with a running month of {total} samples of a KPI, of {2 * total}: {first_s:.2f} s")
        print(f"  {size:.1f} bytes packed a sample; and starts after it (aim: 2 s):")
        for name, kpi in KPIS.items():
            start_s, after_s = start_and_after(path, contract(kpi))
            print(f"  {name}: {start_s:.2f} s; an assessment after it {after_s * 1000:.0f} ms")
        day_ms = 1000 * first_day(path, contract(KPIS["mean response time"]))
        print(f"  an assessment on the first day of the next month: {day_ms:.0f} ms")


if __name__ == "__main__":
    samples_cost()
