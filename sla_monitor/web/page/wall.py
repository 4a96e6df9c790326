"""The wall: what a control room needs to see from five metres away, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sla_monitor.board import Board
from sla_monitor.web.page.layout import Layout, frame_of
from sla_monitor.web.page.overview import headline
from sla_monitor.web.page.selection import choices, listed_services, selection_of
from sla_monitor.web.page.service_list import trouble_of
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.vocabulary import SEVERITY, worst_outcome

SHOWN = 8
"""Services that are named; the others that are not up are counted."""

REFRESH_S = 15
"""How often the wall asks again; by the style sheet it calls itself out of date after 60 s without an answer."""


class Wall:
    """Renders the wall; made once, used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def render(
        self, board: Board, health: Health, now_ms: int, arguments: Mapping[str, Sequence[str]] | None = None
    ) -> str:
        """The whole document. `arguments` filter it as they filter the status page."""
        services = listed_services(board)
        selection = selection_of(arguments or {}, choices(services), "/wall")
        shown = [one for one in services if selection.holds(one)]
        states = [one.state for one in shown]
        troubles = [(one, trouble) for one in shown if (trouble := trouble_of(one, now_ms))]
        frame = frame_of(board, health, now_ms)
        return self._layout.render(
            "wall.html",
            frame,
            headline=headline(states) if states or not services else "No service matches",
            state=worst_outcome(states),
            tally=[(state, states.count(state)) for state in SEVERITY],
            troubles=troubles[:SHOWN],
            more=len(troubles[SHOWN:]),
            shown=len(shown),
            total=len(services),
            selection=selection,
            refresh_s=REFRESH_S,
        )
