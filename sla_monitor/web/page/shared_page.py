"""The page for the public, or for one participant."""

from __future__ import annotations

from urllib.parse import quote

from sla_monitor.board import Board
from sla_monitor.web.page.layout import Layout, frame_of
from sla_monitor.web.page.overview import headline, tally
from sla_monitor.web.page.shared_view import shared_view
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.vocabulary import worst_outcome


def shared_address(participant: str | None) -> str:
    """Where the page for a participant is, or that for the public."""
    return "/public" if participant is None else f"/participants/{quote(participant, safe='')}"


class SharedPage:
    """Renders the page; made once, used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def render(self, board: Board, health: Health, now_ms: int, participant: str | None = None) -> str:
        """The whole document for a participant; None: for the public. It takes no argument of the address."""
        view = shared_view(board, participant, now_ms)
        frame = frame_of(board, Health(ready=health.ready), now_ms)  # why it is not ready is nobody else's business
        return self._layout.render(
            "shared.html",
            frame,
            view=view,
            headline=headline(view.states) if view.states else "Nothing is known yet",
            state=worst_outcome(view.states),
            tally=tally(view.states),
            is_known=bool(board.assessment.contracts),
            address=shared_address(participant),
        )
