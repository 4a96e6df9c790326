"""Calendars: service hours by weekday, less the days that are closed, with the days that differ.

A day is, in this order: open as `open_on` says; closed, if it stands in `closed_on` or in the frozen file of bank
holidays; or else open in the hours of its weekday. Hours are in the contract's zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from sla_monitor.contract.bank_holidays import HolidayFile, HolidayFiles
from sla_monitor.contract.fields import Day, FilePath, Misplaced, Strict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = re.compile(rf"({_CLOCK})-({_CLOCK}|24:00)")
"""The one way in which hours are written: two digits for the hour and two for the minute, on both sides."""


def _hours(value: Any) -> Any:
    """`08:00-18:00` as (start, end); an end of 24:00 is midnight at the end of the day, held as time.max."""
    if isinstance(value, tuple):
        return value
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is not a span of hours (write 08:00-18:00)")
    start = time.fromisoformat(found[1])
    end = time.max if found[2] == "24:00" else time.fromisoformat(found[2])
    if start >= end:
        raise ValueError(f"{value!r} is not a span of hours within one day (write 08:00-18:00)")
    return start, end


Span = tuple[time, time]
_PATTERN = f"^{_HOURS.pattern}$"
HOURS_SCHEMA = {"type": "string", "pattern": _PATTERN, "examples": ["08:00-18:00", "00:00-24:00"]}
SPANS_SCHEMA = {"type": ["string", "array"], "pattern": _PATTERN, "items": {"type": "string", "pattern": _PATTERN}}
Hours = Annotated[Span, BeforeValidator(_hours), WithJsonSchema(HOURS_SCHEMA)]


def _several(value: Any) -> Any:
    """One span may stand without a list around it."""
    return [value] if isinstance(value, str) else value


SpansOfDay = Annotated[
    tuple[Hours, ...],
    BeforeValidator(_several),
    WithJsonSchema({"$comment": "hours", **SPANS_SCHEMA}),
]


def _days(value: Any) -> Any:
    """`mon-fri: 08:00-18:00` spread over the days it names, lists of spans allowed."""
    if not isinstance(value, dict):
        return value
    week: dict[str, list[Any]] = {}
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for key, spans in value.items():
        try:
            hours = [_hours(span) for span in (spans if isinstance(spans, list | tuple) else [spans])]
            for day in _run_of_days(str(key)):
                week.setdefault(day, []).extend(hours)
        except ValueError as error:
            problems.append(((key,), str(error)))
    if problems:
        raise Misplaced(problems)
    return week


def _run_of_days(key: str) -> tuple[str, ...]:
    first, _, last = key.partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(first) > DAYS.index(last or first):
        raise ValueError(f"{key!r} is not a day or a run of days (write mon, or mon-fri)")
    return DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]


def _where_it_was_put(path: Path, info: ValidationInfo) -> Path:
    """A contract that somebody was given comes with its files, whatever their place was: no other is read."""
    place = (info.context or {}).get("holidays_in")
    return path if place is None else place.path_of(path)


class Calendar(Strict):
    """Service hours: weekly hours in the contract's zone, less the days on which the service is closed."""

    hours: Annotated[
        dict[str, tuple[Hours, ...]],
        BeforeValidator(_days),
        WithJsonSchema(
            {
                "$comment": "days: hours",
                "type": "object",
                "examples": [{"mon-fri": "08:00-18:00"}],
                "additionalProperties": SPANS_SCHEMA,
            }
        ),
    ] = Field(description="Day or run of days: a span of hours, or a list of them.")
    bank_holidays: Annotated[FilePath, AfterValidator(_where_it_was_put)] | None = Field(
        None, description="A file of closed days, written by `sla-monitor calendar freeze`."
    )
    closed_on: tuple[Day, ...] = Field((), description="More dates without service.")
    open_on: dict[Day, SpansOfDay] = Field(
        default_factory=dict, description="Date: its hours, whatever the weekday, and holiday or not."
    )
    _frozen: HolidayFile | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Self:
        twice = sorted(set(self.closed_on) & set(self.open_on))
        if twice:
            raise Misplaced([(("open_on",), f"opens {twice[0]}, which closed_on closes (keep one of the two)")])
        if self.bank_holidays is not None:
            files = (info.context or {}).get("holidays") or HolidayFiles()
            self._frozen = files.read(self.bank_holidays, "bank_holidays")
        return self

    @property
    def holidays(self) -> frozenset[date]:
        """The days of the file of bank holidays; those that `open_on` opens are among them."""
        return frozenset(self.holiday_names)

    @property
    def holiday_names(self) -> Mapping[date, str]:
        """The same with what each day is called."""
        return self._frozen.days if self._frozen else {}

    @property
    def holiday_years(self) -> tuple[int, int] | None:
        """The first and the last year that the file speaks of."""
        return (self._frozen.first_year, self._frozen.last_year) if self._frozen else None

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """The spans of hours of one date; none on a closed day."""
        if day in self.open_on:
            return self.open_on[day]
        if day in self.closed_on or day in self.holiday_names:
            return ()
        return self.hours.get(DAYS[day.weekday()], ())

    def why_closed(self, day: date) -> str:
        """What a closed day is called; nothing for a day that is merely not worked, and for an open one."""
        if day in self.open_on or not self.hours.get(DAYS[day.weekday()]):
            return ""
        return self.holiday_names.get(day, "closed" if day in self.closed_on else "")


EVERY_DAY = Calendar.model_validate({"hours": {"mon-sun": "00:00-24:00"}})
"""What `always` is where days and not hours are counted."""
WEEKDAYS = Calendar.model_validate({"hours": {"mon-fri": "00:00-24:00"}})
"""Working Days where a contract names no calendar for them."""
