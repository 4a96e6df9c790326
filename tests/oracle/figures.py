"""The figures of a scene, the slow way: sets of steps, and one ticket after the other."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from .scene import CALENDARS, STEP, Asked, Scene, Ticket, at, later, month_edges

MINUTE = 60_000 // STEP
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def steps_of(length: str) -> int:
    """`90m`"""
    return int(length.removesuffix("m")) * MINUTE


@cache
def hours_of_day(calendar: str, day: date, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    if calendar == "always":
        return ((at(str(day), zone), at(str(day + timedelta(days=1)), zone)),)
    found: list[tuple[int, int]] = []
    for days, told in CALENDARS[calendar]["hours"].items():
        first, _, last = days.partition("-")
        if WEEKDAYS.index(first) <= day.weekday() <= WEEKDAYS.index(last or first):
            for one in [told] if isinstance(told, str) else told:
                begin, end = one.split("-")
                until = at(str(day + timedelta(days=1)), zone) if end == "24:00" else on_the_wall(f"{day}T{end}", zone)
                found.append((on_the_wall(f"{day}T{begin}", zone), until))
    return tuple(found)


def on_the_wall(text: str, zone: ZoneInfo) -> int:
    """Of a time that spring leaves out, when it is left out."""
    step = at(text, zone)
    while datetime.fromtimestamp((step - 1) * STEP / 1000, zone).replace(tzinfo=None) >= datetime.fromisoformat(text):
        step -= 1
    return step


def hours(calendar: str, start: int, end: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """The hours of a calendar between two steps."""
    day, found = datetime.fromtimestamp(start * STEP / 1000, zone).date(), []
    while at(str(day), zone) < end:
        for a, b in hours_of_day(calendar, day, zone):
            if max(a, start) < min(b, end):
                found.append((max(a, start), min(b, end)))
        day += timedelta(days=1)
    return found


def steps(spans: list[tuple[int, int]]) -> set[int]:
    return {step for a, b in spans for step in range(a, b)}


def within(several: set[int], calendar: str, zone: ZoneInfo) -> set[int]:
    """Those in the hours of a calendar."""
    if calendar == "always" or not several:
        return several
    return several & steps(hours(calendar, min(several), max(several) + 1, zone))


class Figures:
    """Asked for a KPI and a month, it gives a figure; None: there is none."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.terms, self.zone = scene, scene.terms, scene.zone
        self.hours_of = {service["id"]: service["service_hours"] for service in self.terms["services"]}
        self.is_in_term = (scene.start, scene.end)
        self._excluded: dict[tuple[str, str, str], set[int]] = {}

    def edges(self, months: list[str]) -> tuple[int, int]:
        start, end = month_edges(months[0], self.zone)[0], month_edges(months[-1], self.zone)[1]
        return max(start, self.scene.start), min(end, self.scene.end)

    def period(self, kpi: dict[str, Any], month: str) -> list[str]:
        """The months of the measurement period that ends with the month; empty: none does."""
        length, first = kpi.get("measurement_months", 1), self.scene.months[0]
        if length == 1:
            return [month]
        number = int(month[5:]) if self.terms["accounting"]["quarters"] == "calendar" else gap(first, month) + 1
        if number % length:
            return []
        return [one for one in (later(month, -n) for n in range(length - 1, -1, -1)) if one >= first]

    # Time that does not count

    def asked_for(self, kind: str, service: str, view: str) -> list[tuple[int, int]]:
        terms = self.terms["maintenance"]
        found = []
        for one in self.scene.asked:
            needs_no_decision = kind == "maintenance" and terms.get("approval") == "none"
            is_granted = view == "claimed" or one.granted or needs_no_decision
            if one.kind == kind and service in one.services and is_granted:
                found.append((one.start, one.end))
        return sorted(found)

    def relief(self, service: str, view: str) -> set[int]:
        return set() if view == "gross" else steps(self.asked_for("claim", service, view))

    def maintained(self, service: str, view: str, of_claims: str) -> set[int]:
        """Permitted maintenance inside the service hours, of the whole term. Relief that counts takes nothing out."""
        if view == "gross":
            return set()
        key = ("maintenance", service, f"{view}, {of_claims}")
        if key not in self._excluded:
            self._excluded[key] = self._maintained(service, view, is_relief_out=of_claims != "counted")
        return self._excluded[key]

    def _maintained(self, service: str, view: str, *, is_relief_out: bool) -> set[int]:
        terms = self.terms["maintenance"]
        flexible = terms.get("allowance_used_by") == "downtime"
        bookings = sorted((one for one in self.scene.asked if one.kind == "maintenance"), key=lambda one: one.start)
        sharing = list(self.hours_of) if terms.get("allowance_per") == "contract" else [service]
        allowed = steps_of(terms["allowance"]) if "allowance" in terms and view != "claimed" else None
        over, used, result = terms.get("allowance_over", "month"), dict[Any, int](), set[int]()
        for number, booking in enumerate(bookings):
            permitted = {name: self.permitted(booking, name, view, flexible, is_relief_out) for name in sharing}
            for step in sorted(set().union(*permitted.values())):
                month = self.window(over, step)
                key = month if over != "booking" else (number, month if flexible else "")
                used[key] = used.get(key, 0) + 1
                is_left = allowed is None or used[key] <= allowed or terms.get("excess") == "excluded"
                if is_left and step in permitted.get(service, ()):
                    result.add(step)
        return result

    def permitted(self, booking: Asked, service: str, view: str, flexible: bool, is_relief_out: bool) -> set[int]:
        """What counts of a booking, before any allowance."""
        terms = self.terms["maintenance"]
        if (booking.start, booking.end) not in self.asked_for("maintenance", service, view):
            return set()
        calendar = "always" if view == "claimed" else terms.get("hours", "always")
        found = within(steps([(booking.start, booking.end)]), calendar, self.zone)
        found = within(found, self.hours_of[service], self.zone)
        if flexible:
            found &= steps(self.scene.down[service])
            found -= self.relief(service, view) if is_relief_out and view != "claimed" else set()
        return found

    def window(self, over: str, step: int) -> str:
        month = f"{datetime.fromtimestamp(step * STEP / 1000, self.zone):%Y-%m}"
        if over == "calendar_year":
            return month[:4]
        return month if over in ("month", "booking") else str(gap(self.scene.months[0], month) // 12)

    # Availability

    def sorts(self, kpi: dict[str, Any], view: str) -> tuple[set[int], set[int]]:
        """Steps that are out of both sides, and those that are up whatever was seen."""
        counting, service = kpi["counting"], kpi["service"]
        of_claims = counting.get("excluded", "removed")
        of_maintenance = counting.get("maintenance", of_claims)
        several = [(self.relief(service, view), of_claims), (self.maintained(service, view, of_claims), of_maintenance)]
        removed: set[int] = set().union(*(each for each, way in several if way == "removed"))
        up: set[int] = set().union(*(each for each, way in several if way == "available"))
        return removed, up - removed

    def outages(self, kpi: dict[str, Any], months: list[str], view: str) -> list[tuple[int, int, Fraction]]:
        """From, to, and what counts of it in the months, in steps."""
        removed, up = self.sorts(kpi, view)
        counting, found = kpi["counting"], []
        for a, b in self.scene.down[kpi["service"]]:
            counted = Fraction(0)
            start, end = self.edges(months)
            inside = within(set(range(max(a, start), min(b, end))), self.hours_of[kpi["service"]], self.zone)
            length = len(inside - removed - up)
            if b - a < steps_of(counting.get("shortest_outage", "0m")):
                length = 0
            if counting.get("minutes") == "whole":
                length = length // MINUTE * MINUTE
            if counting.get("minutes") == "begun":
                length = ceil(Fraction(length, MINUTE)) * MINUTE
            users, everybody = self.scene.impacts.get((kpi["service"], a), (1, 1))
            counted += Fraction(length * users, everybody)
            if counted:
                found.append((a, b, counted))
        return found

    def time(self, kpi: dict[str, Any], months: list[str], view: str) -> tuple[int, Fraction, Fraction]:
        """Time that counts, downtime, and how much of it are outages."""
        removed, up = self.sorts(kpi, view)
        start, end = self.edges(months)
        calendar, service = self.hours_of[kpi["service"]], kpi["service"]
        agreed = sum(b - a for a, b in hours(calendar, start, end, self.zone))
        unseen = within(steps(self.scene.unseen[service]) & set(range(start, end)), calendar, self.zone)
        taken = within({step for step in removed if start <= step < end}, calendar, self.zone)
        base = agreed - len(taken)
        of_outages = sum((counted for _, _, counted in self.outages(kpi, months, view)), Fraction(0))
        downtime, way = of_outages, kpi["counting"].get("unknown", "excluded")
        nobody_saw = len(unseen - removed - up)
        base -= nobody_saw if way == "excluded" else 0
        downtime += nobody_saw if way == "down" else 0
        downtime += Fraction(kpi["counting"].get("degraded", 0)) / 100 * len(self.degraded(kpi, months, view))
        return base, min(downtime, Fraction(base)), of_outages

    def degraded(self, kpi: dict[str, Any], months: list[str], view: str) -> set[int]:
        removed, up = self.sorts(kpi, view)
        start, end = self.edges(months)
        found = steps(self.scene.degraded[kpi["service"]]) & set(range(start, end))
        return within(found, self.hours_of[kpi["service"]], self.zone) - removed - up

    def time_figure(self, kpi: dict[str, Any], months: list[str], view: str = "agreed") -> Fraction | None:
        base, downtime, _ = self.time(kpi, months, view)
        if not base:
            return None
        if kpi["indicator"] == "downtime":
            return downtime / MINUTE
        fixed = steps_of(kpi["counting"]["denominator"]) if "denominator" in kpi["counting"] else base
        return max((fixed - downtime) / fixed * 100, Fraction(0))

    # Tickets

    def stopped_at(self, kpi: dict[str, Any], ticket: Ticket) -> int | None:
        if kpi.get("measures") == "response":
            return ticket.responded if ticket.responded is not None else ticket.ended
        return ticket.ended

    def on_clock(self, kpi: dict[str, Any], ticket: Ticket, until: int) -> int:
        clock = kpi["clock"]
        stopped = steps([(a, b) for a, b, why in ticket.stops if why in clock.get("stops", ())])
        running = hours(clock.get("calendar", "always"), ticket.opened, until, self.zone)
        return sum(b - a for a, b in running) - len(stopped & steps(running) if stopped else ())

    def counted(self, kpi: dict[str, Any]) -> list[Ticket]:
        relieved = {name for one in self.scene.asked if one.granted for name in one.tickets}
        return [
            ticket
            for ticket in self.scene.tickets
            if ticket.id not in relieved
            and (not kpi.get("priorities") or ticket.priority in kpi["priorities"])
            and (kpi.get("service") is None or ticket.service in (None, kpi["service"]))
        ]

    def belonging(self, kpi: dict[str, Any], months: list[str], when: str) -> list[Ticket]:
        start, end = self.edges(months)
        found = []
        for ticket in self.counted(kpi):
            step = ticket.opened if when == "opened" else self.stopped_at(kpi, ticket)
            if step is not None and start <= step < end:
                found.append(ticket)
        return found

    def late(self, kpi: dict[str, Any], months: list[str]) -> list[tuple[Ticket, int]]:
        """Tickets that ended, each with its lateness."""
        found = []
        for ticket in self.belonging(kpi, months, kpi.get("counted_when", "opened")):
            end = self.stopped_at(kpi, ticket)
            if end is not None and (by := self.on_clock(kpi, ticket, end) - steps_of(kpi["within"])) > 0:
                found.append((ticket, by))
        return found

    def ratio(self, kpi: dict[str, Any], months: list[str], now: int) -> Fraction | None:
        total, late = 0, 0
        for ticket in self.belonging(kpi, months, kpi.get("counted_when", "opened")):
            end = self.stopped_at(kpi, ticket)
            is_late = self.on_clock(kpi, ticket, now if end is None else end) > steps_of(kpi["within"])
            total += end is not None or is_late
            late += is_late
        return self.share(kpi, total, late)

    def share(self, kpi: dict[str, Any], total: int, bad: int) -> Fraction | None:
        if not total:
            return Fraction(100) if kpi.get("no_events") == "met" else None
        return 100 - Fraction(bad, max(total, kpi.get("min_denominator", 0))) * 100

    def ticket_time(self, kpi: dict[str, Any], months: list[str]) -> Fraction | None:
        end, start, times = self.edges(months)[1], self.edges(months)[0], []
        when = kpi.get("counted_when", "ended")
        for ticket in self.counted(kpi):
            stopped = self.stopped_at(kpi, ticket)
            is_open = ticket.opened < end and (stopped is None or stopped >= end)
            is_ours = start <= (ticket.opened if when == "opened" else -1 if stopped is None else stopped) < end
            if kpi.get("open_tickets") == "counted" and is_open:
                if when == "ended" or is_ours:
                    times.append(self.on_clock(kpi, ticket, end))
            elif is_ours and stopped is not None:
                times.append(self.on_clock(kpi, ticket, stopped))
        return statistic(kpi, times)

    def backlog(self, kpi: dict[str, Any], months: list[str]) -> Fraction:
        end = self.edges(months)[1]
        ages = [
            self.on_clock(kpi, ticket, end)
            for ticket in self.counted(kpi)
            if ticket.opened < end and (ticket.ended is None or ticket.ended >= end)
        ]
        return statistic(kpi, ages) or Fraction(0)

    def first_time(self, kpi: dict[str, Any], months: list[str]) -> Fraction | None:
        tickets = [one for one in self.belonging(kpi, months, "ended") if one.attempts is not None]
        return self.share(kpi, len(tickets), sum((one.attempts or 0) > 1 for one in tickets))

    def figure(self, kpi: dict[str, Any], months: list[str], now: int) -> Fraction | None:
        indicator = kpi["indicator"]
        if indicator in ("availability", "downtime"):
            return self.time_figure(kpi, months)
        if indicator == "ratio_in_target":
            return self.ratio(kpi, months, now)
        if indicator == "ticket_time":
            return self.ticket_time(kpi, months)
        if indicator == "backlog_age":
            return self.backlog(kpi, months)
        if indicator == "first_time_fix":
            return self.first_time(kpi, months)
        told = self.scene.figures.get((kpi["id"], months[-1]))
        return None if told is None else Fraction(told)


def statistic(kpi: dict[str, Any], several: list[int]) -> Fraction | None:
    """In minutes."""
    if not several:
        return None
    if kpi["statistic"] == "mean":
        return Fraction(sum(several), len(several)) / MINUTE
    if kpi["statistic"] == "oldest":
        return Fraction(max(several), MINUTE)
    place = max(ceil(Fraction(kpi["percentile"]) / 100 * len(several)), 1)
    return Fraction(sorted(several)[place - 1], MINUTE)


def gap(first: str, month: str) -> int:
    return (int(month[:4]) - int(first[:4])) * 12 + int(month[5:]) - int(first[5:])
