"""The demo's last month, made up: what was seen, and what people entered, so that something waits for everybody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.demo.people import CONTRACT
from sla_monitor.evidence.document import FORMAT, VERSION
from sla_monitor.periods.months import name_of, shifted

ZONE = ZoneInfo("Europe/London")
"""The contract's."""
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = range(4)
SUNDAY = 6
SERVICES = (
    "command-and-control", "custody", "mobile-data", "network", "email", "service-desk-portal", "records-batch",
)  # fmt: skip
WEEKS_AHEAD = 2
"""So many whole weeks lie between now and the maintenance that is booked."""


def last_month(now: datetime) -> str:
    """The name of the last month that is over."""
    return shifted(name_of(now.date()), -1)


def made_up(now: datetime) -> dict[str, Any]:
    """The evidence file of that month, with entries that were made in it. `now`: in ZONE."""
    month, this = last_month(now), name_of(now.date())

    def at(week: int, weekday: int, time: str) -> str:
        return f"{_day(month, week, weekday)} {time}"

    def entry(when: str, actor: str, said: dict[str, Any], **more: str) -> dict[str, Any]:
        return {"at": when, "actor": actor, "contract": CONTRACT, "said": said, **more}

    control = {"start": at(3, WEDNESDAY, "09:00"), "end": at(3, WEDNESDAY, "10:30")}
    mobile = {"start": at(2, MONDAY, "02:00"), "end": at(2, MONDAY, "08:00")}
    portal = {"start": at(3, TUESDAY, "10:00"), "end": at(3, TUESDAY, "12:30")}
    outages = {
        "command-and-control": {**control, "reason": "timeout"},
        "mobile-data": {**mobile, "reason": "connection_refused"},
        "service-desk-portal": {**portal, "reason": "timeout"},
    }
    night = now.date() + timedelta(weeks=WEEKS_AHEAD, days=SUNDAY - now.weekday())
    entries = [
        entry(at(3, TUESDAY, "15:00"), "supplier.manager", {
            "kind": "failure_cause", "services": ["service-desk-portal"], **portal,
            "root_cause": "Storage of the portal was full", "owner": "Supplier, hosting team",
        }),
        entry(at(3, THURSDAY, "15:00"), "supplier.manager", {
            "kind": "claim", "cause": "authority_cause", "services": ["command-and-control"], **control,
            "aware": at(3, WEDNESDAY, "12:00"), "notified": at(3, THURSDAY, "15:00"),
        }, reference="RLF-14", note="A change of the force's firewall cut the control room off until it was undone."),
        entry(at(4, MONDAY, "11:00"), "contract.manager", {
            "kind": "action", "owner": "Sam Weaver", "month": month, "due": f"{now.date() + timedelta(days=2)}",
        }, note="Write the rectification plan for mobile data."),
        entry(at(4, MONDAY, "15:00"), "supplier.manager", {
            "kind": "maintenance", "services": ["custody"], "start": f"{night} 01:00", "end": f"{night} 05:00",
        }, reference="CHG-2290", note="New certificates for the custody servers."),
    ]  # fmt: skip
    looks = [
        {"at": f"{_day(month, week, weekday)}T12:00:00Z", "outcome": "up", "duration_us": 210_000 + 1_000 * weekday}
        for week in (1, 2, 3)
        for weekday in range(7)
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "contract": CONTRACT,
        "zone": ZONE.key,
        "at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "seen": {"from": f"{month}-01", "until": f"{this}-01"},
        "observed": [
            {"kind": "outages", "service": name, "outages": [outages[name]] if name in outages else []}
            for name in SERVICES
        ],
        "samples": [{"endpoint": "mobile-gateway", "looks": looks}],
        "entries": [{"number": number, **one} for number, one in enumerate(entries, 1)],
    }


def _day(month: str, week: int, weekday: int) -> date:
    """A day of the month's nth whole week; of the fourth, only Monday is surely in it."""
    first = date.fromisoformat(f"{month}-01")
    return first + timedelta(days=-first.weekday() % 7 + 7 * (week - 1) + weekday)
