"""Calendar months by name (`2026-10`): windows, years, quarters, and which measurement periods end when."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, TypeAlias, TypeVar

Quarters: TypeAlias = Literal["term", "calendar"]
Window: TypeAlias = Literal["period", "quarter", "contract_year", "calendar_year"]


class _OfMonth(Protocol):
    @property
    def month(self) -> str: ...


Of = TypeVar("Of", bound=_OfMonth)

_MONTH = re.compile(r"(19[7-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])", re.ASCII)


def is_month(text: str) -> bool:
    """Whether a text names a month of the calendar, in years that contracts have."""
    return bool(_MONTH.fullmatch(text))


def number_of(month: str) -> int:
    """A month as a number that grows by one each month."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def shifted(month: str, by: int) -> str:
    """The month so many months later, or earlier."""
    return month_name(number_of(month) + by)


def name_of(day: date) -> str:
    """The month that a day is in."""
    return day.isoformat()[:7]


def span(first: str, last: str) -> tuple[str, ...]:
    """All months from one to another, both included."""
    return tuple(month_name(number) for number in range(number_of(first), number_of(last) + 1))


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)


def last_day(month: str) -> date:
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


@dataclass(frozen=True, slots=True)
class TermMonths:
    """The months that a contract runs, both included. Contract years count from the first, and measurement periods too,
    unless `quarters` are the calendar's: then the first of them may be cut short."""

    first: str
    last: str | None = None
    quarters: Quarters = "term"

    def __contains__(self, month: str) -> bool:
        return self.first <= month <= (self.last or month)

    def year_of(self, month: str) -> int:
        """The contract year that a month is in: 1 for the first twelve months."""
        return (number_of(month) - number_of(self.first)) // 12 + 1

    def year_months(self, month: str) -> tuple[str, ...]:
        """The months of the contract year that a month is in: twelve, or fewer where the contract ends before."""
        begin = shifted(self.first, (self.year_of(month) - 1) * 12)
        several = (shifted(begin, n) for n in range(12))
        return tuple(one for one in several if self.last is None or one <= max(self.last, begin))

    def window(self, over: Window, month: str) -> tuple[str, ...]:
        """The months of the month, quarter or year that a month is in, in the term."""
        if over == "contract_year":
            return self.year_months(month)
        if over == "quarter":
            return self.period_months(month, 3)
        begin, end = (f"{month[:4]}-01", f"{month[:4]}-12") if over == "calendar_year" else (month, month)
        return self._in_term(begin, end, month)

    def ends_period(self, month: str, months: int) -> bool:
        """Whether a measurement period of so many months ends with this one; the last may be cut short."""
        return (self._position(month) + 1) % months == 0 or month == self.last

    def period_months(self, month: str, months: int) -> tuple[str, ...]:
        """The months of the measurement period of so many months that a month is in, in the term."""
        begin = shifted(month, -(self._position(month) % months))
        return self._in_term(begin, shifted(begin, months - 1), month)

    def _position(self, month: str) -> int:
        """Which month it is, from where measurement periods count."""
        return number_of(month) - (number_of(self.first) if self.quarters == "term" else 0)

    def _in_term(self, begin: str, end: str, month: str) -> tuple[str, ...]:
        """From one month to another, as far as they are on the same side of the term's edges as the month is."""
        if month < self.first:
            return span(begin, min(end, shifted(self.first, -1)))
        return span(max(begin, self.first), max(month, end if self.last is None else min(end, self.last)))


def within(results: Sequence[Of], month: str, months: int) -> list[Of]:
    """Those of the last so many months, this one included, in their order. `results` ascend by month."""
    begin = shifted(month, 1 - months)
    found: list[Of] = []
    for result in reversed(results):
        if result.month < begin:
            break
        if result.month <= month:
            found.append(result)
    return found[::-1]
