"""A month of maintenance as JSON: what the contract permits, and what is booked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sla_monitor.assess.maintenance_month import MaintenanceDay, MaintenanceMonth
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.register_shapes import MaintenanceDayJson, MaintenanceMonthJson
from sla_monitor.wording.maintenance import describe_allowance_left
from sla_monitor.wording.text import plain


def maintenance_json(
    contract: str, found: MaintenanceMonth, services: Sequence[str], called: Mapping[str, str]
) -> MaintenanceMonthJson:
    """`services`: those that are meant; `called`: what people call them, by id."""
    return {
        "contract": contract,
        "month": found.month,
        "services": list(services),
        "rules": list(map(plain, found.rules)),
        "has_windows": found.has_windows,
        "allowances": [
            {
                "services": list(one.services),
                "allowance_ms": one.allowance_ms,
                "used_ms": one.used_ms,
                "words": plain(describe_allowance_left(one, called)),
            }
            for one in found.allowances
        ],
        "days": [_day(one) for one in found.days],
    }


def _day(one: MaintenanceDay) -> MaintenanceDayJson:
    return {
        "on": f"{one.on}",
        "windows": [{"start": format_utc(start), "end": format_utc(end)} for start, end in one.windows],
        "bookings": [
            {
                "entry": each.entry,
                "services": list(each.services),
                "start": format_utc(each.start_ms),
                "end": format_utc(each.end_ms),
                "state": each.state,
                "why": plain(each.why),
            }
            for each in one.bookings
        ],
    }
