"""What a scrape of 1,000 endpoints costs, and what the library's own encoder would take for the same series."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder

from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import HttpEndpoint
from sla_monitor.metrics.exporter import BoardCollector, Exporter
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases

ENDPOINTS = 1_000
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def filled_board() -> Board:
    board = Board(0)
    terms = HttpEndpoint.model_validate({"id": "x", "kind": "http", "url": "https://localhost/"})
    names = [f"endpoint-{n}" for n in range(ENDPOINTS)]
    board.watch(
        Watched(f"c/{name}", "c", f"service-{n // 10}", terms.model_copy(update={"id": name}))
        for n, name in enumerate(names)
    )
    probe_again(board, 0)
    return board


def probe_again(board: Board, moment: int) -> None:
    """Every endpoint is probed once more, and answers in another time than before."""
    for n, key in enumerate(board.endpoints):
        phases = Phases(321, 456 + moment, 7_890 + moment, 12_345 + n + moment, 77 + moment)
        finding = Finding(Outcome.UP, None, "", 12_345 + n + moment, phases, None, 200, 9, 1_800_000_000)
        board.observe(Observation(key, 1_700_000_000_000 + n + 10_000 * moment, finding))


def scrape_cost(rounds: int = 20) -> None:
    """Print the processor time of one scrape, ours and the library's, in the same run."""
    board = filled_board()
    exporter = Exporter(board, dict, lambda: ((0.1,), [0, 0], 0.0))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BoardCollector(board))
    openmetrics, _ = choose_encoder(OPENMETRICS)
    ways: dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]] = {
        "text": (lambda: exporter.answer()[1], lambda: generate_latest(registry)),
        "OpenMetrics": (lambda: exporter.answer(OPENMETRICS)[1], lambda: openmetrics(registry)),
        "OpenMetrics, gzip": (
            lambda: exporter.answer(OPENMETRICS, "gzip")[1],
            lambda: gzip.compress(openmetrics(registry)),
        ),
    }
    series = sum(not line.startswith(b"#") for line in exporter.answer()[1].splitlines())
    print(f"scrape of {ENDPOINTS} endpoints ({series} series), CPU:")
    for name, several in ways.items():
        ours, theirs = (_cost(board, render, rounds) for render in several)
        print(f"  {name}: {ours:.1f} ms; the library alone {theirs:.1f} ms ({ours / theirs:.2f} of it)")


def _cost(board: Board, render: Callable[[], bytes], rounds: int) -> float:
    """Milliseconds of processor time for one scrape after everything was probed again."""
    render()
    spent = 0.0
    for moment in range(rounds):
        probe_again(board, moment)
        began = time.process_time()
        render()
        spent += time.process_time() - began
    return spent / rounds * 1000


if __name__ == "__main__":
    scrape_cost()
