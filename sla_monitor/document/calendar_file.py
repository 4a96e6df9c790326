"""Obligations and deadlines as iCalendar (RFC 5545): whole days, each with a name that stays the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from sla_monitor.assess.deadlines import Deadline
from sla_monitor.assess.due_obligations import DueObligation, Obligations
from sla_monitor.wording.deadlines import describe_deadline
from sla_monitor.wording.obligations import OBLIGATION_WORDS, PARTIES, describe_duty
from sla_monitor.wording.text import plain

if TYPE_CHECKING:
    from icalendar import Alarm, Event

MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//sla-monitor//obligations and deadlines//EN"
DAY = timedelta(days=1)


class DatedContract(Protocol):
    """A contract with its dates, such as a ContractAssessment."""

    @property
    def contract(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def obligations(self) -> Obligations: ...
    @property
    def deadlines(self) -> tuple[Deadline, ...]: ...


@dataclass(frozen=True, slots=True)
class ContractDates:
    """The dates of a contract, where its figures are not asked for."""

    contract: str
    title: str
    time_zone: str
    obligations: Obligations
    deadlines: tuple[Deadline, ...] = ()


def calendar_file(contracts: Sequence[DatedContract], stamped_on: date) -> bytes:
    """One calendar of all dates. `stamped_on`: the day on which it is made; on one day it is the same, byte for byte,
    until something is said or due."""
    from icalendar import Calendar

    stamp = datetime(stamped_on.year, stamped_on.month, stamped_on.day, tzinfo=UTC)
    calendar = Calendar.new(
        prodid=PRODUCT,
        name="Obligations and deadlines",
        uid="obligations-and-deadlines@sla-monitor.invalid",
        refresh_interval=timedelta(hours=6),
        subcomponents=[event for one in contracts for event in _events(one, stamp)],
    )
    made: bytes = calendar.to_ical()
    return made


def _events(one: DatedContract, stamp: datetime) -> Iterator[Event]:
    from icalendar import STATUS, TRANSP, Event

    title = plain(one.title or one.contract)
    for due in one.obligations.due:
        event = Event.new(
            uid=f"{one.contract}.{due.terms.id}.{due.due_on}@sla-monitor.invalid",
            stamp=stamp,
            start=due.last_on,
            end=due.last_on + DAY,
            summary=f"{plain(due.terms.title)}: {OBLIGATION_WORDS[due.state]}",
            description="\n".join((title, *map(plain, describe_duty(due, ZoneInfo(one.time_zone))))),
            categories=[PARTIES[due.terms.party]],
            status=STATUS.CANCELLED if due.state == "excused" else STATUS.CONFIRMED,
            transparency=TRANSP.TRANSPARENT,
        )
        if due.is_open and due.terms.remind_days:
            event.add_component(_reminder(due))
        yield event
    for deadline in one.deadlines:
        yield Event.new(
            uid=f"{one.contract}.{deadline.kind}.{deadline.month}@sla-monitor.invalid",
            stamp=stamp,
            start=deadline.on,
            end=deadline.on + DAY,
            summary=describe_deadline(deadline),
            description=title,
            transparency=TRANSP.TRANSPARENT,
        )


def _reminder(due: DueObligation) -> Alarm:
    from icalendar import Alarm

    alarm = Alarm.new(description=plain(due.terms.title))
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-due.terms.remind_days))
    return alarm
