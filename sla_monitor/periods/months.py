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


def last_day(month: str) -> date:
    year, of_year = int(month[:4]), int(month[5:7])
    return date(year, of_year, calendar.monthrange(year, of_year)[1])


@dataclass(frozen=True, slots=True)
class TermMonths:
    """The months that a contract runs, both included; contract years and measurement periods count from the first."""

    first: str
    last: str | None = None

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
