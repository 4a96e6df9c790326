"""What others than the operators may see, as JSON: made from the value that their page is made from, and no other."""

from __future__ import annotations

from sla_monitor.board import Board
from sla_monitor.document.values import instant
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import GOES_ON, NOT_ASSESSED
from sla_monitor.web.api.service_json import assessed_at
from sla_monitor.web.api.shapes import SharedJson, SharedOutageJson, SharedServiceJson
from sla_monitor.web.page.shared_view import SharedOutage, SharedService, SharedView

TAG = "tag:sla-monitor.invalid,2026:shared-outage"
"""As `outage_json.TAG`, for ids that say nothing of whose the outage is."""


def shared_json(board: Board, view: SharedView, url: str) -> SharedJson:
    """`url`: the page that says the same."""
    nulls = Nulls()
    return {
        "url": url,
        "title": view.title,
        "assessed_at": nulls.told("assessed_at", assessed_at(board), NOT_ASSESSED),
        "services": [_service(one) for one in view.services],
        "outages": [_outage(one) for one in view.outages],
        "more_outages": view.more_outages,
        "maintenance": [
            {
                "services": list(one.names),
                "time_zone": one.time_zone,
                "start": format_utc(one.start_ms),
                "end": format_utc(one.end_ms),
                "is_agreed": one.is_agreed,
            }
            for one in view.maintenance
        ],
        "why_null": nulls.why,
    }


def shared_tag(one: SharedOutage) -> str:
    """The id of an outage, in the feed too."""
    return f"{TAG}/{one.key}"


def _service(one: SharedService) -> SharedServiceJson:
    nulls = Nulls()
    return {
        "name": one.name,
        "state": one.state.value,
        "since": nulls.told("since", instant(one.since_ms), "it has no open outage"),
        "why_null": nulls.why,
    }


def _outage(one: SharedOutage) -> SharedOutageJson:
    nulls, lasted_ms = Nulls(), None if one.end_ms is None else one.end_ms - one.start_ms
    return {
        "id": shared_tag(one),
        "service": one.service,
        "time_zone": one.time_zone,
        "began_at": format_utc(one.start_ms),
        "ended_at": nulls.told("ended_at", instant(one.end_ms), GOES_ON),
        "end_seen": nulls.told("end_seen", None if one.end_ms is None else one.end_seen, GOES_ON),
        "lasted_ms": nulls.told("lasted_ms", lasted_ms, GOES_ON),
        "why_null": nulls.why,
    }
