"""What the front page, its JSON and its feed cost, and how large they are, for 1,000 endpoints in several shapes.

python -m bench.page
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from sla_monitor.board import Board
from sla_monitor.web.api.feed import outages_feed
from sla_monitor.web.api.outage_json import outages_json, outages_of, page_of
from sla_monitor.web.api.service_json import services_json
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.selection import choices, listed_services, selection_of
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.web.serving.api_handler import json_text
from sla_monitor.web.serving.health import Health
from tests.web import estate

SHAPES: Mapping[str, tuple[int, int, int, int]] = {
    "100 services of 10 endpoints, 10 down": (1, 100, 10, 10),
    "1,000 services, all up": (1, 1_000, 1, 0),
    "1,000 services, 200 down": (1, 1_000, 1, 200),
    "1,000 services, all down": (1, 1_000, 1, 1_000),
    "1,000 services of 100 contracts, 200 down": (100, 1_000, 1, 200),
}
"""Contracts, services, endpoints a service, and how many services are down."""

ADDRESSES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "front page": {},
    "search": {"q": ["endpoint service-7"]},
    "grouped": {"group": ["criticality"]},
}


def page_cost(rounds: int = 20) -> None:
    """Print the processor time and the size of one page."""
    page, health = StatusPage(Layout()), Health(ready=True)
    print("pages of 1,000 endpoints, CPU and size before packing:")
    for shape, (contracts, services, endpoints, down) in SHAPES.items():
        board = estate.many(contracts, services, endpoints, down)
        parts = [f"{name} {_measured(page, board, health, asked, rounds)}" for name, asked in ADDRESSES.items()]
        print(f"  {shape}: {'; '.join(parts)}")


def _measured(
    page: StatusPage, board: Board, health: Health, arguments: Mapping[str, Sequence[str]], rounds: int
) -> str:
    html = page.render(board, health, estate.NOW_MS, arguments=arguments)
    began = time.process_time()
    for _ in range(rounds):
        page.render(board, health, estate.NOW_MS, arguments=arguments)
    return f"{(time.process_time() - began) / rounds * 1000:.1f} ms, {len(html.encode()) / 1000:.0f} kB"


def api_cost(rounds: int = 20) -> None:
    """Print the same of the JSON of all services, of their outages, and of the feed."""
    print("JSON and feed of the same, CPU and size before packing:")
    for shape, (contracts, services, endpoints, down) in SHAPES.items():
        board = estate.many(contracts, services, endpoints, down)
        made: Mapping[str, Callable[[], str | bytes]] = {
            "/api/v1/services": lambda board=board: _services(board),  # type: ignore[misc]
            "/api/v1/outages": lambda board=board: _outages(board),  # type: ignore[misc]
            "/outages.atom": lambda board=board: outages_feed(listed_services(board), "Outages", "/", "/", 0),  # type: ignore[misc]
        }
        print(f"  {shape}: {'; '.join(f'{name} {_cost(make, rounds)}' for name, make in made.items())}")


def _services(board: Board) -> str:
    several = listed_services(board)
    selection = selection_of({}, choices(several))
    return json_text(services_json(board, [one for one in several if selection.holds(one)], len(several), selection))


def _outages(board: Board) -> str:
    found = outages_of(listed_services(board))
    here, _ = page_of(found, "", 100)
    return json_text(outages_json(here, len(found), "/", None, None))


def _cost(make: Callable[[], str | bytes], rounds: int) -> str:
    size = len(make())
    began = time.process_time()
    for _ in range(rounds):
        make()
    return f"{(time.process_time() - began) / rounds * 1000:.1f} ms, {size / 1000:.0f} kB"


if __name__ == "__main__":
    page_cost()
    api_cost()
