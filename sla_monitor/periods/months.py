"""Calendar months by name (`2026-10`): windows, contract years, and which measurement periods end when."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar


class _OfMonth(Protocol):
    @property
    def month(self) -> str: ...


Of = TypeVar("Of", bound=_OfMonth)


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
    return f"{day:%Y-%m}"


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
    """The months that a contract runs, both included; contract years and measurement periods count from the first."""

    first: str
    last: str | None = None

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

    def ends_period(self, month: str, months: int) -> bool:
        """Whether a measurement period of so many months ends with this one; the last may be cut short."""
        return (number_of(month) - number_of(self.first) + 1) % months == 0 or month == self.last

    def period_months(self, month: str, months: int) -> tuple[str, ...]:
        """The months of the measurement period of so many months that a month is in, in the term."""
        begin = shifted(month, -((number_of(month) - number_of(self.first)) % months))
        end = shifted(begin, months - 1)
        return span(begin, max(month, end if self.last is None else min(end, self.last)))


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
