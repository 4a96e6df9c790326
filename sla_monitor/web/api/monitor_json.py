"""The monitor itself as JSON: its health, and what it cannot see. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.board import Board, Watched
from sla_monitor.document.values import instant
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import NOT_ASSESSED
from sla_monitor.web.api.service_json import NOT_PROBED, assessed_at
from sla_monitor.web.api.shapes import MonitorJson, StatesJson, UnseenJson
from sla_monitor.web.page.layout import frame_of
from sla_monitor.web.page.selection import listed_services
from sla_monitor.web.page.subject import endpoint_address
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_reason

SHOWN = 100
"""Endpoints that are named; the others are counted."""


def monitor_json(board: Board, health: Health, now_ms: int) -> MonitorJson:
    """What the foot of every page tells, and what is not seen."""
    nulls, frame, watched = Nulls(), frame_of(board, health, now_ms), list(board.endpoints.values())
    unseen = [one for one in watched if one.outcome is Outcome.UNKNOWN]
    return {
        "url": "/#monitor",
        "state": frame.own.value,
        "is_ready": health.ready,
        "problems": [plain(reason) for reason in health.reasons],
        "facts": {name: plain(fact) for name, fact in health.facts.items()},
        "vantage": frame.vantage,
        "now": format_utc(now_ms),
        "started_at": format_utc(board.started_ms),
        "assessed_at": nulls.told("assessed_at", assessed_at(board), NOT_ASSESSED),
        "is_standing_still": frame.is_old,
        "services": _states(one.state for one in listed_services(board)),
        "endpoints": _states(one.outcome for one in watched),
        "unseen": [_unseen(one) for one in unseen[:SHOWN]],
        "unseen_more": len(unseen[SHOWN:]),
        "why_null": nulls.why,
    }


def _states(several: Iterable[Outcome]) -> StatesJson:
    states = list(several)
    return {
        "up": states.count(Outcome.UP),
        "degraded": states.count(Outcome.DEGRADED),
        "down": states.count(Outcome.DOWN),
        "unknown": states.count(Outcome.UNKNOWN),
    }


def _unseen(one: Watched) -> UnseenJson:
    nulls, last = Nulls(), one.last
    return {
        "url": endpoint_address(one.contract, one.terms.id),
        "contract": one.contract,
        "endpoint": one.terms.id,
        "since": nulls.told("since", instant(one.since_ms) if last else None, NOT_PROBED),
        "reason": describe_reason(last.finding.reason, none="not known") if last else "not probed yet",
        "why_null": nulls.why,
    }
