"""What an assessment and a scrape of so many endpoints cost by themselves: processor time, where nobody else works.

The same contracts as in `bench.scale`, three rounds of observations in a ledger, and each endpoint with its last one.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.far_load import EVERY_MS
from bench.process import BenchError
from sla_monitor.assess import Assessment, Cache, assess
from sla_monitor.board import Board, Watched
from sla_monitor.cli import collect_seldom
from sla_monitor.clock import SystemClock
from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.ledger import Ledger, Recorded
from sla_monitor.metrics.exporter import PACKED, Exporter
from sla_monitor.metrics.tables import tables_of
from sla_monitor.settings.metrics import EndpointSeries, MetricsSettings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases
from sla_monitor.sla.places import seen_from

ROUNDS, MEGA = 3, 1e6
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
FOUND = Finding(Outcome.UP, None, "", 12_345, Phases(321, 456, 7_890, 3_345, 77), "192.0.2.1", 200)


def parts_cost(settings: Path) -> dict[str, float]:
    """By what was measured. Raises BenchError."""
    collect_seldom()
    clock = SystemClock()
    read, read_s = _timed(lambda: read_configuration(settings))
    board, caches = Board(clock.now_ms()), dict[str, Cache]()
    with Ledger.open(settings.parent / "parts.db", clock, buffer=10_000_000) as ledger:
        _fill(read, board, ledger, clock.now_ms())
        recorded = Recorded(ledger)

        def assessed() -> Assessment:
            return assess(read.contracts, recorded, clock.now_ms(), caches=caches)

        _, first_s = _timed(assessed)
        board.assessment, again_s = _timed(assessed)
        found = {"reading the contracts, CPU s": read_s, "first assessment, CPU s": first_s}
        found["assessment, CPU s"] = again_s
        for series in ("all", "failing"):
            found |= _scraped(board, series, assessed)
    return found


def _fill(read: Configuration, board: Board, ledger: Ledger, now_ms: int) -> None:
    several = [
        (contract, key, service, terms)
        for contract in read.contracts
        for key, service, terms in contract.endpoints_at(now_ms)
    ]
    board.watch(Watched(key, contract.id, service.id, terms) for contract, key, service, terms in several)
    for number in range(ROUNDS):
        at_ms = now_ms - (ROUNDS - number) * EVERY_MS
        for _, key, _, terms in several:
            for site in terms.sites:
                board.observe(Observation(key, at_ms, FOUND), site)
                ledger.record(Observation(seen_from(site, key), at_ms, FOUND), EVERY_MS)
    if not ledger.flush(600):
        raise BenchError("the ledger did not take the observations")


def _scraped(board: Board, series: EndpointSeries, assessed: Callable[[], Assessment]) -> dict[str, float]:
    exporter = Exporter(
        board, dict, lambda: ((0.1,), [0, 0], 0.0), tables_of(MetricsSettings(endpoint_series=series), 21)
    )
    exporter.answer(OPENMETRICS)
    board.assessment = assessed()  # the figures of services and KPIs are told anew
    body, spent_s = _timed(lambda: exporter.answer(OPENMETRICS)[1])
    packed, packing_s = _timed(lambda: gzip.compress(body, PACKED))
    return {
        f"scrape ({series}), CPU s": spent_s + packing_s,
        f"scrape ({series}), MB": len(body) / MEGA,
        f"scrape ({series}), MB packed": len(packed) / MEGA,
        f"series ({series})": sum(not line.startswith(b"#") for line in body.splitlines()),
    }


def _timed(doing: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    answer = doing()
    return answer, time.process_time() - began
