"""Booked maintenance as JSON. Pure."""

from __future__ import annotations

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.shapes import BookingJson
from sla_monitor.wording.text import plain


def bookings_json(contract: ContractAssessment | None, now_ms: int, service: str = "") -> list[BookingJson]:
    """What is booked of a contract and not over, or of one service in it, the soonest first."""
    found = [
        one
        for one in (contract.booked if contract else ())
        if one.end_ms > now_ms and (not service or service in one.services)
    ]
    return [_booking(one) for one in sorted(found, key=lambda one: (one.start_ms, one.end_ms))]


def _booking(one: BookedStretch) -> BookingJson:
    nulls = Nulls()
    return {
        "entry": one.booking,
        "reference": nulls.text("reference", plain(one.reference), "the booking has none"),
        "services": list(one.services),
        "start": format_utc(one.start_ms),
        "end": format_utc(one.end_ms),
        "is_silenced": one.is_silenced,
        "why": plain(one.why),
        "loud_kpis": [plain(kpi) for kpi in one.loud_kpis],
        "why_null": nulls.why,
    }
