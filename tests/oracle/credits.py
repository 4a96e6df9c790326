"""What each rule for credits gives, before any of it is combined or capped."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

from .arithmetic import blocks, coin, factor_of, passed
from .figures import gap, steps_of
from .reckoning import Line, Reckoning

Rows = Iterator[tuple[str | None, Fraction, int]]
"""The KPI, an amount before it is rounded, and days."""
Units = Iterator[tuple[str | None, Fraction, Fraction]]
"""The KPI, its blocks, and all that the price of one is multiplied by."""


class Credits(Reckoning):
    """One method of this class for each method of the contract."""

    def lines(self, rule: dict[str, Any]) -> list[Line]:
        found = []
        for kpi, amount, days in getattr(self, f"by_{rule['method']}")(rule):
            paid = coin(amount)
            least = rule.get("min_payout", {})
            if "more_than" in least and paid <= Fraction(least["more_than"]):
                paid = Fraction(0)
            if "at_least" in least and paid < Fraction(least["at_least"]):
                paid = Fraction(0)
            found.append(Line(rule["id"], kpi, rule.get("service") or "", paid, days))
        return found

    def of_month(self, rule: dict[str, Any]) -> Fraction:
        return self.charges([self.at.month], rule.get("service"))

    def of_period(self, rule: dict[str, Any], kpi: str) -> Fraction:
        return self.charges(self.figures.period(self.kpis[kpi], self.at.month), rule.get("service"))

    def month_points(self) -> Fraction:
        return sum((one.priced for one in self.at.kpis.values()), Fraction(0))

    def by_points(self, rule: dict[str, Any]) -> Rows:
        yield None, self.month_points() * Fraction(rule["per_point_percent"]) / 100 * self.of_month(rule), 0

    def by_ladder(self, rule: dict[str, Any]) -> Rows:
        points, rungs = self.month_points(), [(rung["at_least"], Fraction(rung["percent"])) for rung in rule["rungs"]]
        under = [one for one in rungs if one[0] <= points]
        over = [one for one in rungs if one[0] > points]
        percent = under[-1][1] if under else Fraction(0)
        if under and over and points != under[-1][0]:
            (a, low), (b, high) = under[-1], over[0]
            if rule["between"] == "step_up":
                percent = high
            if rule["between"] == "prorata":
                percent = low + (high - low) * (points - a) / (b - a)
        yield None, percent / 100 * self.of_month(rule), 0

    def by_ratchet(self, rule: dict[str, Any]) -> Rows:
        points, begin, total = self.month_points(), Fraction(rule["free"]), Fraction(0)
        for one in rule["slices"]:
            end = Fraction(one["up_to"]) if "up_to" in one else max(points, begin)
            total += max(min(points, end) - begin, Fraction(0)) * Fraction(rule["per_point"]) * Fraction(one["factor"])
            begin = end
        yield None, total, 0

    def by_tiers(self, rule: dict[str, Any]) -> Rows:
        value = self.compared(rule["kpi"])
        percents = [Fraction(row["percent"]) for row in rule["tiers"] if value is not None and passed(row, value)]
        if percents:
            yield rule["kpi"], max(percents) / 100 * self.of_period(rule, rule["kpi"]), 0

    def by_days(self, rule: dict[str, Any]) -> Rows:
        value = self.compared(rule["kpi"])
        days = max((row["days"] for row in rule["tiers"] if value is not None and passed(row, value)), default=0)
        year = gap(self.first, self.at.month) // 12
        if "max_days" in rule:
            given = sum(
                line.days
                for past in self.past
                if gap(self.first, past.month) // 12 == year
                for line in past.lines
                if line.rule == rule["id"]
            )
            days = max(min(days, rule["max_days"] - given), 0)
        if days:
            yield rule["kpi"], Fraction(0), days

    def by_shortfall(self, rule: dict[str, Any]) -> Rows:
        for name in rule["kpis"]:
            value, kpi = self.compared(name), self.kpis[name]
            if value is None or self.at.kpis[name].is_met:
                continue
            sign = 1 if self.low(kpi) else -1
            begin = Fraction(rule.get("measured_from", kpi["target"]))
            share = (
                self.sliced(rule, value, begin, sign) if "slices" in rule else self.stepped(rule, value, begin, sign)
            )
            if "max_percent" in rule:
                share = min(share, Fraction(rule["max_percent"]) / 100)
            yield name, share * self.of_period(rule, name), 0

    def number_of_steps(self, rule: dict[str, Any], distance: Fraction) -> Fraction:
        several = max(distance, Fraction(0)) / Fraction(rule.get("step", 1))
        return {"prorata": several, "floor": Fraction(floor(several)), "ceil": Fraction(ceil(several))}[rule["partial"]]

    def stepped(self, rule: dict[str, Any], value: Fraction, begin: Fraction, sign: int) -> Fraction:
        rate = Fraction(rule["share"]) if "share" in rule else Fraction(rule["rate_percent"]) / 100
        return self.number_of_steps(rule, (value - begin) * sign) * rate

    def sliced(self, rule: dict[str, Any], value: Fraction, begin: Fraction, sign: int) -> Fraction:
        total = Fraction(0)
        for one in rule["slices"]:
            end = Fraction(one["to"]) if "to" in one else value
            if "percent" in one:
                if (value - begin) * sign > 0:
                    return Fraction(one["percent"]) / 100
                continue
            worst = min(value * sign, end * sign) * sign
            total += self.number_of_steps(rule, (worst - begin) * sign) * Fraction(one["rate_percent"]) / 100
            begin = end
        return total

    def by_bands(self, rule: dict[str, Any]) -> Rows:
        for name in rule["kpis"]:
            if self.compared(name) is not None:
                yield name, self.at.kpis[name].amount, 0

    def by_fixed(self, rule: dict[str, Any]) -> Rows:
        for name, amount in rule["amounts"].items():
            if self.compared(name) is not None and not self.at.kpis[name].is_met:
                yield name, Fraction(amount), 0

    def by_per_ticket(self, rule: dict[str, Any]) -> Rows:
        kpi = self.kpis[rule["kpi"]]
        if self.compared(rule["kpi"]) is None:
            return
        for _, late in self.figures.late(kpi, self.figures.period(kpi, self.at.month)):
            prices = []
            for row in rule["late"]:
                if "at_least" in row:
                    is_so_late = late >= steps_of(row["at_least"])
                else:
                    is_so_late = late > steps_of(row.get("above", "0m"))
                share = Fraction(row.get("share", 0)) * self.of_month(rule)
                prices += [Fraction(row["amount"]) if "amount" in row else share] if is_so_late else []
            many = Fraction(1)
            if "block" in rule:
                many = blocks(late, steps_of(rule["block"]), rule.get("blocks", "full"))
            if prices:
                yield rule["kpi"], max(prices) * many, 0

    def by_unit_rate(self, rule: dict[str, Any]) -> Rows:
        """Blocks one after the other, as long as some of the month are left."""
        price = Fraction(rule["rate"]) if "rate" in rule else Fraction(rule["share"]) * self.of_month(rule)
        left = Fraction(rule.get("max_blocks", 10**9))
        for kpi, number, factor in self.units(rule):
            paid = min(number, left)
            left -= paid
            yield kpi, price * factor * paid, 0

    def units(self, rule: dict[str, Any]) -> Units:
        if "kpi" in rule:
            value = self.compared(rule["kpi"])
            yield from [] if value is None else [(rule["kpi"], value, Fraction(1))]
            return
        entered = [one for one in self.scene.occurrences if one[:2] == (rule["id"], self.at.month)]
        entered = [] if self.is_let_pass(rule) else entered
        yield from self.together(rule, entered) if "blocks_of" in rule else self.each(rule, entered)

    def together(self, rule: dict[str, Any], entered: list[Any]) -> Units:
        """All of a KPI, and all of an area, once."""
        several: dict[tuple[str | None, str], list[Fraction]] = {}
        for name, service, whole, _, counted, _ in self.on_record(rule):
            several.setdefault((name, service), []).append(self.unless_rectified(rule, whole, counted))
        for _, _, area, lasted, _, _ in entered:
            several.setdefault((None, area), []).append(self.unless_rectified(rule, lasted, Fraction(lasted)))
        for (kpi, area), lengths in several.items():
            past = max(sum(lengths, Fraction(0)) - steps_of(rule.get("after", "0m")), Fraction(0))
            yield kpi, self.blocks(rule, past), self.weight(rule, area)

    def each(self, rule: dict[str, Any], entered: list[Any]) -> Units:
        after = steps_of(rule.get("after", "0m"))
        for name, service, whole, before, counted, number in self.on_record(rule):
            past = max(counted - max(after - before, 0), Fraction(0))
            factor = self.weight(rule, service) * factor_of(rule, number)
            yield name, self.blocks(rule, self.unless_rectified(rule, whole, past)), factor
        for _, _, area, lasted, used, number in entered:
            past = self.unless_rectified(rule, lasted, max(Fraction(lasted - after), Fraction(0)))
            factor = self.weight(rule, area) * factor_of(rule, number)
            factor *= Fraction(rule.get("used_factor", 1)) if used else 1
            yield None, self.blocks(rule, past), factor

    def weight(self, rule: dict[str, Any], area: str) -> Fraction:
        return Fraction(rule.get("weights", {}).get(area, 1))

    def blocks(self, rule: dict[str, Any], length: Fraction) -> Fraction:
        return blocks(length, steps_of(rule["block"]), rule.get("blocks", "full"))

    def unless_rectified(self, rule: dict[str, Any], whole: int, counted: Fraction) -> Fraction:
        is_rectified = "rectified_within" in rule and whole <= steps_of(rule["rectified_within"])
        return Fraction(0) if is_rectified else counted

    def recording_kpis(self, rule: dict[str, Any]) -> list[dict[str, Any]]:
        """The first availability KPI of each service that the rule is for."""
        found: dict[str, dict[str, Any]] = {}
        for kpi in self.terms["kpis"]:
            is_time = kpi["indicator"] in ("availability", "downtime") and kpi.get("kind") != "PI"
            if is_time and rule.get("service") in (None, kpi["service"]):
                found.setdefault(kpi["service"], kpi)
        return [kpi for service, kpi in found.items() if service in rule.get("weights", {service: 1})]

    def is_let_pass(self, rule: dict[str, Any]) -> bool:
        """Whether all the KPIs are waived that the rule has on record."""
        names = [kpi["id"] for kpi in self.recording_kpis(rule)] or list(self.kpis)
        return all(self.waived(name) is not None for name in names)

    def on_record(self, rule: dict[str, Any]) -> Iterator[tuple[str, str, int, int, Fraction, int]]:
        """KPI and service; how long an outage was, what passed before the period, what counts of it, its number."""
        for kpi in self.recording_kpis(rule):
            if self.compared(kpi["id"]) is None:
                continue
            months, number = self.figures.period(kpi, self.at.month), 0
            start = self.figures.edges(months)[0]
            for a, b, counted in self.figures.outages(kpi, months, "agreed"):
                number += self.unless_rectified(rule, b - a, Fraction(1)) > 0
                yield kpi["id"], kpi["service"], b - a, max(start - a, 0), counted, number
