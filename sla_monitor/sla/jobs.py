"""Jobs: reports of a supplier's job against the time at which they were due. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import EVERY_DAY, Calendar
from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.rules.consistency import EARLY_MS
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.service_hours import agreed_hours

REMEMBERED_MS = 400 * 86_400_000
"""So far back the hours of a calendar are looked at: a year, and the longest time that a contract can allow."""


ASLEEP_MS = 1_000
"""A wall clock that is so much further than the monotonic one was set, or the host has slept."""


class ReportKind(StrEnum):
    """What a job can report. The values are spelled in URLs and in the ledger."""

    START = "start"
    DONE = "done"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class JobReport:
    """One report of a job. `text` is hostile text from the supplier: escape it everywhere.

    at_ms: when it came in, on the wall clock of that moment; heard_s: the same on the monotonic clock of this process;
    duration_ms: from the start to this end, None without a known start.
    """

    kind: ReportKind
    at_ms: int
    heard_s: float
    text: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """What counts of a job's reports, in the order in which they came in.

    done: the last success; ended: the last end, good or bad; running: the last start that no end has followed.
    """

    done: JobReport | None = None
    ended: JobReport | None = None
    running: JobReport | None = None

    def timed(self, report: JobReport) -> JobReport:
        """The report with its duration, if it ends a run whose start is known."""
        if report.kind is ReportKind.START or self.running is None:
            return report
        return replace(report, duration_ms=max(0, round((report.heard_s - self.running.heard_s) * 1000)))

    def after(self, report: JobReport) -> Self:
        """The state once one more report has come in."""
        if report.kind is ReportKind.START:
            return replace(self, running=report)
        done = report if report.kind is ReportKind.DONE else self.done
        return replace(self, done=done, ended=report, running=None)

    def as_of(self, now_ms: int, monotonic_s: float) -> Self:
        """The state with every instant as the wall clock of now has it, however often that was set since.

        The age of a report is known from the monotonic clock. A report is older than that where the wall clock says so
        clearly: the monotonic clock stands still while the host is suspended, and the job was not heard meanwhile. A
        run that is under way is as long as the monotonic clock says: a clock that is set makes no run longer.
        """

        def aged(report: JobReport | None) -> JobReport | None:
            if report is None:
                return None
            at_ms = now_ms - max(0, round((monotonic_s - report.heard_s) * 1000))
            is_older = report.kind is not ReportKind.START and report.at_ms < at_ms - ASLEEP_MS
            return replace(report, at_ms=report.at_ms if is_older else at_ms)

        return replace(self, done=aged(self.done), ended=aged(self.ended), running=aged(self.running))


class JobRun(NamedTuple):
    """One expected run: a report answers for it from `opens_ms` on, and is late after `due_ms` and the grace."""

    opens_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a job is expected to report.

    calendar: in whose hours, or on whose days; None: always. at: times of day in `zone`; none: every `period_ms`.
    """

    zone: ZoneInfo
    calendar: Calendar | None
    at: Sequence[time]
    period_ms: int
    grace_ms: int

    def is_overdue(self, since_ms: int, now_ms: int) -> bool:
        """Whether a job that has not reported since `since_ms` should have."""
        if not self.at:
            return self._silent_ms(since_ms, now_ms) > self.period_ms + self.grace_ms
        run = self.last_run(since_ms, now_ms)
        return run is not None and run.opens_ms > since_ms

    def last_run(self, since_ms: int, now_ms: int) -> JobRun | None:
        """The last run that should have been reported by now, if any of the days since then has one."""
        late_ms = now_ms - self.grace_ms
        day, calendar = local_date(late_ms, self.zone), self.calendar or EVERY_DAY
        first = local_date(max(since_ms, now_ms - REMEMBERED_MS), self.zone)
        while day >= first:
            is_worked = bool(calendar.hours_on(day))
            runs = [expected_run(datetime.combine(day, at), self.zone) for at in self.at if is_worked]
            overdue = [run for run in runs if run.due_ms < late_ms]
            if overdue:
                return max(overdue, key=lambda run: run.due_ms)
            day -= timedelta(days=1)
        return None

    def _silent_ms(self, since_ms: int, now_ms: int) -> int:
        """How long a job has been silent, in the hours in which it works.

        A job that was in time when the hours ended owes nothing for their last part: it rests, and its silence begins
        anew when they open again.
        """
        if self.calendar is None:
            return now_ms - since_ms
        hours = agreed_hours(self.calendar, self.zone, max(since_ms, now_ms - REMEMBERED_MS), now_ms)
        lengths = [end_ms - start_ms for start_ms, end_ms in hours]
        was_at_work = bool(hours) and hours[0][0] == since_ms
        if was_at_work and lengths[0] <= self.period_ms + self.grace_ms:
            del lengths[0]
        return sum(lengths)


def timetable_of(endpoint: HeartbeatEndpoint, terms: Terms, service: Service) -> Timetable:
    """When the contract expects a job of a service."""
    calendar = terms.calendars.get(endpoint.expected.calendar or service.service_hours)
    return Timetable(terms.time_zone, calendar, endpoint.expected.at, endpoint.period_ms or 0, endpoint.grace_ms)


def expected_run(wall: datetime, zone: ZoneInfo) -> JobRun:
    """The run that is due at a local time.

    On the night on which clocks change, a time can be told twice, or not at all. Jobs then run at the first or the
    second, or as if the clock had changed later or earlier: any of these answers, and none is late for the change.
    """
    instants_ms = [int(wall.replace(tzinfo=zone, fold=fold).timestamp()) * 1000 for fold in (0, 1)]
    return JobRun(min(instants_ms) - EARLY_MS, max(instants_ms))
