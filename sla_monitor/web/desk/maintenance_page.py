"""A contract's maintenance in a month: what it permits, what is booked, and where to book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sla_monitor.assess.maintenance_month import DayBooking, MaintenanceDay, maintenance_month
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_at, run_of
from sla_monitor.periods.months import shifted
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.assessed_months import has_month
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entry_fields import typed_instant
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.maintenance import BOOKING_WORDS, describe_allowance_left
from sla_monitor.wording.text import plain, shortened

_TONES = {"permitted": "up", "in_part": "degraded", "pending": "unknown", "counted": "down"}


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar. `windows`: each with the address that books it, empty: nobody can; `bookings`: tone,
    state, time, reason and number of each."""

    number: int
    name: str
    is_today: bool
    windows: tuple[tuple[str, str], ...]
    bookings: tuple[tuple[str, str, str, str, int], ...]


class MaintenancePage(DeskHandler):
    """`GET /desk/contracts/<contract>/maintenance?month=2026-11&service=…`."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        found, given = self.contract(contract), self.arguments_given()
        now_ms = self.site.clock.now_ms()
        month = next(iter(given.get("month", ())), "") or month_at(now_ms, found.time_zone)
        run = run_of(found)
        if not has_month(found, month):
            raise Refusal(404, "the contract has no such month")
        called = found.service_names
        services = [one for one in given.get("service", ()) if one in called]
        standing = await self.site.entering.run(self.desk.standing, contract)
        whole = await self.site.fetching.run(maintenance_month, RequestContext(found, standing), month, services)
        may_book = self.person.may(Action.BOOK_MAINTENANCE, contract)
        days = [_day(one, found, now_ms, services, may_book=may_book) for one in whole.days]
        self.show_page(
            "maintenance_month.html",
            contract=found,
            title=format_month(month),
            days=days,
            before=whole.days[0].on.weekday(),
            rules=[plain(one) for one in whole.rules],
            allowances=[plain(describe_allowance_left(one, called)) for one in whole.allowances],
            has_windows=whole.has_windows,
            earlier=shifted(month, -1) if month > run.first else "",
            later=shifted(month, 1) if has_month(found, shifted(month, 1)) else "",
            services=called,
            chosen=services,
            month=month,
            book=f"/desk/contracts/{contract}/enter/maintenance" if may_book else "",
        )  # fmt: skip

    head = get


def _day(one: MaintenanceDay, contract: Contract, now_ms: int, services: list[str], *, may_book: bool) -> CalendarDay:
    zone = contract.time_zone
    chosen = "".join(f"&services={name}" for name in services)

    def address(start_ms: int, end_ms: int) -> str:
        if not may_book or end_ms <= now_ms:
            return ""
        form = f"/desk/contracts/{contract.id}/enter/maintenance"
        span = {"start": typed_instant(start_ms, zone), "end": typed_instant(end_ms, zone)}
        return f"{form}?{urlencode(span, safe=':')}{chosen}"

    return CalendarDay(
        number=one.on.day,
        name=f"{one.on:%A}"[:3],
        is_today=one.on == datetime.fromtimestamp(now_ms // 1000, zone).date(),
        windows=tuple((_span(start, end, zone), address(start, end)) for start, end in one.windows),
        bookings=tuple(_booking(each, zone, contract.service_names) for each in one.bookings),
    )


def _booking(one: DayBooking, zone: ZoneInfo, called: Mapping[str, str]) -> tuple[str, str, str, str, int]:
    word = BOOKING_WORDS[one.state]
    told = (
        f"{_span(one.start_ms, one.end_ms, zone)} {plain(shortened([called.get(name, name) for name in one.services]))}"
    )
    return _TONES[one.state], word, told, plain(one.why), one.entry


def _span(start_ms: int, end_ms: int, zone: ZoneInfo) -> str:
    """`22:00 to 24:00`."""
    ends = datetime.fromtimestamp(end_ms // 1000, zone)
    last = "24:00" if (ends.hour, ends.minute) == (0, 0) else f"{ends:%H:%M}"
    return f"{datetime.fromtimestamp(start_ms // 1000, zone):%H:%M} to {last}"
