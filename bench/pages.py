"""What the page of a service and of an endpoint costs, where a thousand others have years of history too.

    python -m bench.pages [--years 10]

Spans as `bench.assess` makes them, about two a day for each endpoint. Processor time of the whole process, the best of
several runs: the first page after an assessment reads the record, those that follow it do not.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

from bench.assess import best_ms, contract, fill
from bench.terms import BEGIN_MS, DAY
from sla_monitor.assess.response_times import day_histograms
from sla_monitor.board import Board, Watched
from sla_monitor.clock import SystemClock
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.ledger import HistoryReader, Ledger
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases
from sla_monitor.web import Health, PageLinks, PageRecord
from sla_monitor.web.page.endpoint_page import endpoint_facts, render_endpoint
from sla_monitor.web.page.layout import Layout, frame_of
from sla_monitor.web.page.service_page import render_service, service_facts

ENDPOINTS, SERVICES, RUNS = 1_000, 100, 10


def pages_cost(years: int = 1) -> None:
    """Print both, read and kept."""
    terms, now_ms, layout = contract(ENDPOINTS, SERVICES), BEGIN_MS + years * 365 * DAY, Layout()
    board = Board(now_ms - DAY)
    board.watch(Watched(key, terms.id, service.id, each) for key, service, each in terms.endpoints_at(now_ms))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        spans = fill(path, ENDPOINTS, BEGIN_MS, now_ms)
        record = PageRecord(lambda: HistoryReader(path), lambda: (terms,))
        frame, elsewhere = frame_of(board, Health(ready=True), now_ms), PageLinks()
        moments = iter(range(now_ms, now_ms + 10_000))

        def service(at_ms: int) -> str:
            return render_service(layout, frame, service_facts(board, record, "bench", "service-7", at_ms), elsewhere)

        def endpoint(at_ms: int) -> str:
            return render_endpoint(
                layout, frame, endpoint_facts(board, record, "bench", "endpoint-7", at_ms), elsewhere
            )

        print(f"pages over {spans:,} spans of {ENDPOINTS:,} endpoints in {years} years, ms of processor time:")
        for name, page in (("service with ten endpoints", service), ("endpoint", endpoint)):
            read_ms = best_ms(lambda page=page: page(next(moments)), RUNS)  # type: ignore[misc]
            kept_ms = best_ms(lambda page=page: page(now_ms + 20_000), RUNS)  # type: ignore[misc]
            print(f"  {name}: {read_ms:.1f} when the record is read, {kept_ms:.1f} until the next assessment")
        record.close()


def response_times_cost(each: int = 200) -> None:
    """Print what a day's response times cost: read once, when the day is over."""
    terms, clock = contract(ENDPOINTS, SERVICES), SystemClock()
    on = date(2025, 6, 2)
    start_ms = midnight_ms(on, terms.time_zone)
    finding = Finding(Outcome.UP, duration_us=12_345, phases=Phases(321, 456, 7_890, 2_345, 77))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with Ledger.open(path, clock) as ledger:
            for probe in range(each):
                for number in range(ENDPOINTS):
                    at_ms = start_ms + probe * 60_000 + number
                    ledger.record(Observation(f"bench/endpoint-{number}", at_ms, finding), 60_000)
                ledger.flush(60)
        with HistoryReader(path) as reader:
            spent_ms = best_ms(lambda: day_histograms(terms, reader, on), 2)
    us = spent_ms * 1000 / (each * ENDPOINTS)
    a_day = f"{us * ENDPOINTS * 1440 / 1_000_000:.1f} s for a day of {ENDPOINTS:,} endpoints each minute"
    print(f"response times of a day that is over: {us:.1f} us of processor time a probe, once; {a_day}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.pages")
    parser.add_argument("--years", type=int, default=1)
    pages_cost(parser.parse_args().years)
    response_times_cost()
