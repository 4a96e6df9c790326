"""Windows of days: downtime and outages in any so many days in a row, whatever months they lie in.

A window is made of whole days of the contract's zone, so that one in which the clocks change has an hour more or less.
It is looked at as it ends with a day on which something was lost: any other window that is over a limit holds no more
than the one that ended with its last such day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from sla_monitor.contract.money.trigger_terms import TriggerCondition
from sla_monitor.periods.months import name_of
from sla_monitor.sla.results import DayDowntime, PeriodResult
from sla_monitor.sla.rounding import shown

HOUR_MS = 3_600_000

Lost = tuple[str, DayDowntime]
"""What a KPI lost on a day."""


def lost_in(names: Sequence[str], months: Sequence[PeriodResult]) -> list[Lost]:
    """All that these KPIs lost in some months, ascending by day."""
    found = [(name, one) for past in months for name in names for one in past.by_day.get(name, ())]
    return sorted(found, key=lambda lost: lost[1].day)


def outage_days(lost: Sequence[Lost]) -> list[date]:
    """The first day of each outage, ascending. An outage counts once for each KPI that it hit, however many days it
    lasts."""
    firsts: dict[tuple[str, int], date] = {}
    for kpi, one in lost:
        if one.outage_ms is not None:
            firsts.setdefault((kpi, one.outage_ms), one.day)
    return list(firsts.values())


class DayWindows:
    """A condition's windows of days that end in one month. `months`: that month and the ones before it."""

    def __init__(self, condition: TriggerCondition, names: Sequence[str], months: Sequence[PeriodResult]) -> None:
        self.condition, self.month = condition, months[-1].month
        self.length = condition.days or 1
        lost = lost_in(names, _reached(months, self.length))
        is_of_outages = condition.measure == "outages"  # time that is downtime and no outage adds nothing to them
        self.lost = [one for one in lost if not is_of_outages or one[1].outage_ms is not None]

    def holding(self) -> Iterator[date]:
        """The days of the month with which a window ends that is over the limit, ascending."""
        ends = dict.fromkeys(one.day for _, one in self.lost if name_of(one.day) == self.month)
        return (day for day in ends if self._holds(day))

    def formula(self, end: date) -> tuple[str, Fraction | str]:
        """What the window that ends with a day adds up to, and how."""
        if self.condition.window == "consecutive":
            numbers = [f"{shown(self._number(day))} ({day})" for day in self._days(end)]
            return "each of " + ", ".join(numbers), f"{self._holds(end)}".lower()
        by_day = self._by_day(self._within(end))
        formula = " + ".join(f"{shown(number)} ({day})" for day, number in by_day.items())
        return formula, sum(by_day.values(), Fraction(0))

    def months_of(self, end: date) -> list[str]:
        """The months of which something is in the window."""
        return list(dict.fromkeys(name_of(one.day) for _, one in self._within(end)))

    def _days(self, end: date) -> list[date]:
        return [end - timedelta(days=back) for back in range(self.length)][::-1]

    def _within(self, end: date) -> list[Lost]:
        begin = end - timedelta(days=self.length - 1)
        return [lost for lost in self.lost if begin <= lost[1].day <= end]

    def _holds(self, end: date) -> bool:
        if self.condition.window == "consecutive":
            return all(self.condition.holds(self._number(day)) for day in self._days(end))
        return self.condition.holds(sum(self._by_day(self._within(end)).values(), Fraction(0)))

    def _number(self, day: date) -> Fraction:
        """Of one day by itself."""
        return sum(self._by_day([lost for lost in self.lost if lost[1].day == day]).values(), Fraction(0))

    def _by_day(self, lost: Sequence[Lost]) -> dict[date, Fraction]:
        if self.condition.measure == "outages":
            return {day: Fraction(count) for day, count in Counter(outage_days(lost)).items()}
        sums: dict[date, Fraction] = {}
        for _, one in lost:
            sums[one.day] = sums.get(one.day, Fraction(0)) + one.downtime_ms / HOUR_MS
        return sums


def _reached(months: Sequence[PeriodResult], days: int) -> Sequence[PeriodResult]:
    """The months that windows of so many days reach which end in the last of them: a month has 28 days at least."""
    return months[-(days // 28 + 2) :]
