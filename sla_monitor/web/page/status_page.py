"""The status page: one HTML document without a script, the same for a phone, a screen reader and a wall."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sla_monitor.board import Board
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.maintenance_rows import maintenance_table
from sla_monitor.web.page.overview import (
    by_service,
    dangers,
    headline,
    suppliers,
    tally,
    troubles,
    unassessed,
    zone_of_all,
)
from sla_monitor.web.page.pack_list import ReviewPack, listed
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.durations import format_age, format_short_duration
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.vocabulary import OUTCOMES, SYMBOLS, worst_outcome

SHOWN_DANGERS = 6
"""KPIs listed at the top; all of them stand in their contract's table."""


class StatusPage:
    """Renders the page; made once, used from several threads."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("sla_monitor.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(SYMBOLS=SYMBOLS, WORDS=OUTCOMES, BADGES=_badges(environment))
        self._template = environment.get_template("status.html")
        self._style = environment.get_template("status.css").render()
        self.security_policy = _policy(self._style)

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
        return self._template.render(
            style=self._style,
            headline=headline(cards),
            state=worst_outcome([card.state for card in cards]),
            tally=tally(cards),
            troubles=troubles(services, watched, now_ms),
            dangers=in_danger[:SHOWN_DANGERS],
            more_dangers=len(in_danger[SHOWN_DANGERS:]),
            money=[block.summary.money for block in blocks if block.summary and block.summary.is_open],
            maintenance=maintenance_table(contracts, now_ms),
            suppliers=by_supplier,
            packs=shelved,
            old_packs={name: rows for name, rows in shelved.items() if name not in {block.id for block in blocks}},
            health=health,
            vantage=board.vantage,
            now=format_instant(now_ms, zone_of_all(contracts)),
            assessed=format_age(now_ms - board.assessment.at_ms) if contracts else "not yet",
            watching=format_count(sum(map(len, watched.values())), "endpoint"),
            up_for=format_short_duration(max(0, now_ms - board.started_ms)),
            refresh_s=refresh_s,
            unfold=unfold,
        )


def _badges(environment: Environment) -> dict[Outcome, str]:
    """The mark of each state, rendered once: a page may show a thousand."""
    template = environment.get_template("badge.html")
    return {
        state: Markup(template.render(state=state, symbol=symbol, word=OUTCOMES[state]))  # noqa: S704 - escaped there
        for state, symbol in SYMBOLS.items()
    }


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
