"""What a scrape of 1,000 endpoints costs, and what the library's own encoder would take for the same series."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, generate_latest

from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import HttpEndpoint
from sla_monitor.metrics.exporter import BoardCollector, Exporter
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases

ENDPOINTS = 1_000


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
    costs = []
    ways: tuple[Callable[[], bytes], ...] = (exporter.render, lambda: generate_latest(registry))
    for render in ways:
        text, spent = render(), 0.0
        for moment in range(rounds):
            probe_again(board, moment)
            began = time.process_time()
            render()
            spent += time.process_time() - began
        costs.append(spent / rounds * 1000)
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    print(
        f"scrape of {ENDPOINTS} endpoints ({series} series): {costs[0]:.1f} ms of CPU;"
        f" the library's encoder {costs[1]:.1f} ms ({costs[0] / costs[1]:.2f} of it)"
    )


if __name__ == "__main__":
    scrape_cost()
