"""What a month sets off: by months, and by any so many days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .arithmetic import over_limit
from .figures import gap, within
from .reckoning import Month, Reckoning
from .scene import HOUR, STEP, Scene


class Triggers(Reckoning):
    """Triggers are judged once the month's money is known."""

    def trigger(self, trigger: dict[str, Any]) -> None:
        """Set off by months, or on the first of the days."""
        by_days = [one for one in trigger["conditions"] if "days" in one]
        by_months = [self.holds(one) for one in trigger["conditions"] if "days" not in one]
        days = [self.days_over(one) for one in by_days]
        if trigger["when"] == "all":
            common = set.intersection(*days) if days else set()
            is_off = all(by_months) and (bool(common) or not days)
        else:
            common = set().union(*days)
            is_off = any(by_months) or bool(common)
        if is_off:
            self.at.triggers.add((trigger["id"], min(common) if common else None))

    def holds(self, condition: dict[str, Any]) -> bool:
        window, months = condition.get("window", "rolling"), [*self.past, self.at]
        if window == "contract_year":
            year = gap(self.first, self.at.month) // 12
            months = [one for one in months if gap(self.first, one.month) // 12 == year]
            return over_limit(condition, self.measured(condition, months))
        last = months[-condition["months"] :]
        if window == "rolling":
            return over_limit(condition, self.measured(condition, last))
        are_over = [over_limit(condition, self.measured(condition, [one])) for one in last]
        return len(last) == condition["months"] and all(are_over)

    def measured(self, condition: dict[str, Any], months: list[Month]) -> Fraction:
        measure = condition["measure"]
        if measure == "points":
            return sum((kpi.points for one in months for kpi in one.kpis.values()), Fraction(0))
        if measure == "credits":
            return sum((one.total for one in months), Fraction(0))
        if measure == "failures":
            several = (pair for one in months for pair in one.kpis.items())
            return Fraction(sum(one.is_met is False and self.kpis[name].get("kind") != "PI" for name, one in several))
        kpi, names = self.kpis[condition["kpis"][0]], [one.month for one in months]
        if measure == "downtime_hours":
            times = [self.figures.time(kpi, [name], "agreed") for name in names]
            return sum((time for base, time, _ in times if base), Fraction(0)) / HOUR
        return Fraction(len({a for name in names for a, _, _ in self.figures.outages(kpi, [name], "agreed")}))

    def days_over(self, condition: dict[str, Any]) -> set[date]:
        """The days of the month on which something was lost, and with which so many days are over the limit."""
        kpi = self.kpis[condition["kpis"][0]]
        lost: dict[date, list[tuple[int | None, Fraction]]] = {}
        for past in [*self.past, self.at]:
            for day, outage, steps in self.by_day(kpi, past.month):
                lost.setdefault(day, []).append((outage, steps))
        found: set[date] = set()
        for day in lost:
            if f"{day:%Y-%m}" != self.at.month:
                continue
            window = [one for n in range(condition["days"]) for one in lost.get(day - timedelta(days=n), ())]
            if condition["measure"] == "outages":
                number = Fraction(len({outage for outage, _ in window if outage is not None}))
                if all(outage is None for outage, _ in lost[day]):
                    continue
            else:
                number = sum((steps for _, steps in window), Fraction(0)) / HOUR
            if over_limit(condition, number):
                found.add(day)
        return found

    def by_day(self, kpi: dict[str, Any], month: str) -> list[tuple[date, int | None, Fraction]]:
        """Of each outage, the part of what counts that was on each day."""
        figures = self.figures
        found: list[tuple[date, int | None, Fraction]] = []
        removed, up = figures.sorts(kpi, "agreed")
        start, end = figures.edges([month])
        calendar = figures.hours_of[kpi["service"]]
        for a, b, counted in figures.outages(kpi, [month], "agreed"):
            inside = within(set(range(max(a, start), min(b, end))) - removed - up, calendar, figures.zone)
            several = [day_of(step, self.scene) for step in sorted(inside)]
            found += [(day, a, counted * several.count(day) / len(several)) for day in sorted(set(several))]
        if kpi["counting"].get("unknown") == "down":
            unseen = {s for a, b in self.scene.unseen[kpi["service"]] for s in range(max(a, start), min(b, end))}
            days = [day_of(step, self.scene) for step in within(unseen - removed - up, calendar, figures.zone)]
            found += [(day, None, Fraction(days.count(day))) for day in sorted(set(days))]
        days = [day_of(step, self.scene) for step in figures.degraded(kpi, [month], "agreed")]
        part = Fraction(kpi["counting"].get("degraded", 0)) / 100
        found += [(day, None, days.count(day) * part) for day in sorted(set(days)) if part]
        return found


def day_of(step: int, scene: Scene) -> date:
    return datetime.fromtimestamp(step * STEP / 1000, scene.zone).date()
