"""Due dates: the days on which a contract's obligations are due, by its calendars and by the terms in force then.

A duty is due until the end of its day on the wall in the contract's zone, and late from there on, or from the end of
its grace. All edges are instants (UTC ms), `[due, late)` half open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import EVERY_DAY, Calendar
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.contract.obligations import Obligation
from sla_monitor.contract.recurrence import recurring_days
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.working_days import DAY, add_working_days, is_working_day

REACH = timedelta(days=366)
"""With Working Days, a duty is due at most so much later than on its rule's own day."""
_BEFORE = timedelta(days=31)
"""So much earlier may it be due, where the Working Day before is meant."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """One day on which an obligation is due. `on`: the day that its rule gives; `due_on`: the last day for it.

    It is due soon from `remind_ms` on, due from `due_ms` to `end_ms` (its day), and late from `late_ms` on.
    `is_counted` False: the calendar has no Working Day to count by, and `due_on` is the rule's own day.
    """

    obligation: Obligation
    on: date
    due_on: date
    remind_ms: int
    due_ms: int
    end_ms: int
    late_ms: int
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class DueDays:
    """How the days of a contract's obligations are counted under one version of its terms."""

    zone: ZoneInfo
    terms: Terms

    def due(self, obligation: Obligation, on: date) -> DueDate:
        """The due date that a day of the rule comes to."""
        try:
            return self._of(obligation, on, self._shifted(obligation, on), self.calendar(obligation))
        except ValueError:  # a calendar without a Working Day: it is due all the same
            return self._of(obligation, on, on, None)

    def deferred(self, before: DueDate, until: date) -> DueDate:
        """The same duty, due on another day."""
        try:
            return self._of(before.obligation, before.on, until, self.calendar(before.obligation))
        except ValueError:
            return self._of(before.obligation, before.on, until, None)

    def calendar(self, obligation: Obligation) -> Calendar:
        if obligation.calendar is None:
            return self.terms.working_calendar
        return self.terms.calendars.get(obligation.calendar, EVERY_DAY)

    def _shifted(self, obligation: Obligation, on: date) -> date:
        calendar = self.calendar(obligation)
        if obligation.working_days:
            return add_working_days(on, obligation.working_days, calendar)
        if obligation.shift == "none" or is_working_day(on, calendar):
            return on
        return add_working_days(on, 1 if obligation.shift == "next" else -1, calendar)

    def _of(self, obligation: Obligation, on: date, due_on: date, calendar: Calendar | None) -> DueDate:
        late_on = due_on if calendar is None else add_working_days(due_on, obligation.grace_working_days, calendar)
        return DueDate(
            obligation,
            on,
            due_on,
            remind_ms=midnight_ms(due_on - timedelta(days=obligation.remind_days), self.zone),
            due_ms=midnight_ms(due_on, self.zone),
            end_ms=midnight_ms(due_on + DAY, self.zone),
            late_ms=midnight_ms(late_on + DAY, self.zone),
            is_counted=calendar is not None,
        )


def due_dates(contract: Contract, until: date) -> tuple[DueDate, ...]:
    """Every due date of the contract's obligations up to a day, ascending. A duty is there under the terms in force on
    the day that its rule gives; what becomes due after the term, as the last report does, is among them."""
    found: dict[tuple[str, date], DueDate] = {}
    for days, edges in _versions(contract):
        for obligation in days.terms.obligations:
            for on in _days(contract, obligation, edges, until):
                one = days.due(obligation, on)
                if one.due_on <= until:
                    found.setdefault((obligation.id, one.due_on), one)
    return tuple(sorted(found.values(), key=lambda one: (one.due_on, one.obligation.id)))


def days_at(contract: Contract, on: date) -> DueDays:
    """How obligations are counted on a day."""
    at_ms = midnight_ms(on, contract.time_zone)
    return DueDays(contract.time_zone, contract.version_at(at_ms).terms)


def _versions(contract: Contract) -> Iterator[tuple[DueDays, tuple[date, date]]]:
    """Each version with the days `[first, end)` on which it is in force; the first and the last have no edge."""
    begins = (local_date(version.from_ms, contract.time_zone) for version in contract.versions[1:])
    edges = [date.min, *begins, date.max]
    for version, first, end in zip(contract.versions, edges, edges[1:], strict=False):
        yield DueDays(contract.time_zone, version.terms), (first, end)


def _days(contract: Contract, obligation: Obligation, edges: tuple[date, date], until: date) -> Iterator[date]:
    first, end = edges
    if obligation.due_on is not None:
        days: tuple[date, ...] = (obligation.due_on,)
    else:
        term = contract.term
        begin = obligation.starting_on or term.start_on
        days = recurring_days(obligation.rrule or "", begin, term.end_on) if begin <= term.end_on else ()
    yield from (day for day in days if first <= day < end and day <= until + _BEFORE)
