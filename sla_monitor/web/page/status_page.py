"""The status page: one HTML document without a script, the same for a phone, a screen reader and a wall."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.board import Board
from sla_monitor.web.page.layout import Layout, frame_of
from sla_monitor.web.page.overview import (
    by_service,
    dangers,
    headline,
    suppliers,
    tally,
    troubles,
    unassessed,
)
from sla_monitor.web.page.pack_list import ReviewPack, listed
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.vocabulary import worst_outcome

SHOWN_DANGERS = 6
"""KPIs listed at the top; all of them stand in their contract's table."""


class StatusPage:
    """Renders the page; made once, used from several threads."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def render(
        self,
        board: Board,
        health: Health,
        now_ms: int,
        *,
        packs: Iterable[ReviewPack] = (),
        refresh_s: int = 0,
        unfold: bool = False,
    ) -> str:
        """The whole document, from one reading of the board and its assessment."""
        watched = by_service(board)
        contracts = board.assessment.contracts
        by_supplier, services = suppliers(contracts, watched, now_ms)
        by_supplier |= unassessed(contracts, watched, now_ms)
        blocks = [block for several in by_supplier.values() for block in several]
        cards = [card for block in blocks for card in block.services]
        in_danger, shelved = dangers(blocks), listed(packs)
        return self._layout.render(
            "status.html",
            frame_of(board, health, now_ms),
            headline=headline(cards),
            state=worst_outcome([card.state for card in cards]),
            tally=tally(cards),
            troubles=troubles(services, watched, now_ms),
            dangers=in_danger[:SHOWN_DANGERS],
            more_dangers=len(in_danger[SHOWN_DANGERS:]),
            money=[block.summary.money for block in blocks if block.summary and block.summary.is_open],
            suppliers=by_supplier,
            packs=shelved,
            old_packs={name: rows for name, rows in shelved.items() if name not in {block.id for block in blocks}},
            watching=format_count(sum(map(len, watched.values())), "endpoint"),
            refresh_s=refresh_s,
            unfold=unfold,
        )
