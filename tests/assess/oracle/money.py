"""Points, money and triggers of a scene, one month after the other."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from .figures import Figures, gap, steps_of
from .scene import HOUR, STEP, Scene, later

COIN = Fraction(1, 100)


def coin(amount: Fraction) -> Fraction:
    """Half up, away from nothing."""
    return floor(abs(amount) / COIN + Fraction(1, 2)) * COIN * (1 if amount >= 0 else -1)


@dataclass
class Line:
    rule: str
    kpi: str | None
    service: str
    amount: Fraction
    days: int = 0


@dataclass
class Result:
    """One KPI in one measurement period."""

    value: Fraction | None
    is_met: bool | None = None
    points: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    run: int = 0
    priced: Fraction = Fraction(0)
    costs: bool = True


@dataclass
class Month:
    month: str
    kpis: dict[str, Result] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    held: list[Line] = field(default_factory=list)
    before_caps: Fraction = Fraction(0)
    caps: list[Fraction] = field(default_factory=list)
    total: Fraction = Fraction(0)
    triggers: set[tuple[str, date | None]] = field(default_factory=set)


class Oracle:
    def __init__(self, scene: Scene, now: int) -> None:
        self.scene, self.terms, self.now = scene, scene.terms, now
        self.figures = Figures(scene)
        self.kpis = {kpi["id"]: kpi for kpi in self.terms["kpis"]}
        self.first = scene.months[0]
        self.past: list[Month] = []
        self.held: dict[tuple[str, str], list[Line]] = {}
        self.carried: dict[str, list[tuple[str, Fraction]]] = {}

    def run(self) -> list[Month]:
        for month in self.scene.months:
            self.past.append(self.month(month))
        return self.past

    # Charges

    def charge(self, month: str, service: str) -> Fraction:
        """The empty name is what is charged for the whole."""
        amount = sum(
            (Fraction(one["amount"]) for one in self.terms["charges"]["monthly"] if one.get("service", "") == service),
            Fraction(0),
        )
        days = monthrange(int(month[:4]), int(month[5:]))[1]
        began = int(self.terms["term"]["start"][8:])
        if month == self.first and self.terms["charges"]["part_months"] == "by_day":
            amount = amount * (days - began + 1) / days
        return coin(amount)

    def charges(self, months: list[str], service: str | None) -> Fraction:
        names = [service] if service else ["", *(one["id"] for one in self.terms["services"])]
        return sum((self.charge(month, name) for month in months for name in names), Fraction(0))

    # KPIs

    def month(self, month: str) -> Month:
        self.at = Month(month)
        for kpi in self.terms["kpis"]:
            months = self.figures.period(kpi, month)
            if months:
                self.at.kpis[kpi["id"]] = self.judged(kpi, months)
        for rule in self.terms["credits"]:
            if rule["method"] != "bonus":
                self.at.lines += self.repeated(rule, self.lines(rule))
        for rule in self.terms["combined"]:
            self.combine(rule)
        for rule in self.terms["credits"]:
            if rule["method"] == "bonus":
                self.bonus(rule)
        self.at.before_caps = self.at.total = sum((line.amount for line in self.at.lines), Fraction(0))
        for cap in self.terms["caps"]:
            self.cap(cap)
        for trigger in self.terms["triggers"]:
            self.trigger(trigger)
        return self.at

    def waived(self, kpi: str) -> str | None:
        for month, names, what in self.scene.waivers:
            if month == self.at.month and kpi in names:
                return what
        return None

    def judged(self, kpi: dict[str, Any], months: list[str]) -> Result:
        value = self.figures.figure(kpi, months, self.now)
        before = [past.kpis[kpi["id"]] for past in self.past if kpi["id"] in past.kpis]
        earlier = before[-1].run if before else 0
        on_missing = kpi.get("repeat", {}).get("on_missing", "breaks")
        if value is None:
            return Result(None, run={"breaks": 0, "keeps": earlier, "counts": earlier + 1}[on_missing])
        compared = rounded(value, kpi)
        target = Fraction(kpi["target"])
        is_met = compared <= target if self.low(kpi) else compared >= target
        result = Result(value, is_met, run=0 if is_met else earlier + 1)
        own = Fraction(0)
        for band in kpi.get("bands", ()):
            if all(holds(band, key, compared) for key in ("at_least", "above", "below", "at_most")):
                own, result.amount = Fraction(band.get("points", 0)), Fraction(band.get("amount", 0))
        own += Fraction(kpi.get("points_each", 0)) * self.events(kpi, months, value)
        if "repeat" in kpi and not is_met and result.run > 1:
            factor = Fraction(kpi["repeat"]["factor"])
            own *= factor ** (result.run - 1) if kpi["repeat"]["compounding"] else factor
        waived = self.waived(kpi["id"])
        result.points = Fraction(0) if waived == "points_and_money" else own
        result.costs = waived is None and kpi.get("kind") != "PI"
        result.priced = own if result.costs else Fraction(0)
        return result

    def events(self, kpi: dict[str, Any], months: list[str], value: Fraction) -> int:
        if kpi["indicator"] == "count":
            return floor(max(value - Fraction(kpi["target"]), Fraction(0)))
        return len(self.figures.late(kpi, months)) if "points_each" in kpi else 0

    def low(self, kpi: dict[str, Any]) -> bool:
        return kpi.get("direction") == "lower_is_better"

    def compared(self, name: str) -> Fraction | None:
        """The result as it is compared; None: there is none that may cost anything."""
        result = self.at.kpis.get(name)
        if result is None or result.value is None or not result.costs:
            return None
        return rounded(result.value, self.kpis[name])

    # Credits

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

    def by_points(self, rule: dict[str, Any]) -> Any:
        yield None, self.month_points() * Fraction(rule["per_point_percent"]) / 100 * self.of_month(rule), 0

    def by_ladder(self, rule: dict[str, Any]) -> Any:
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

    def by_ratchet(self, rule: dict[str, Any]) -> Any:
        points, begin, total = self.month_points(), Fraction(rule["free"]), Fraction(0)
        for one in rule["slices"]:
            end = Fraction(one["up_to"]) if "up_to" in one else max(points, begin)
            total += max(min(points, end) - begin, Fraction(0)) * Fraction(rule["per_point"]) * Fraction(one["factor"])
            begin = end
        yield None, total, 0

    def by_tiers(self, rule: dict[str, Any]) -> Any:
        value = self.compared(rule["kpi"])
        percents = [Fraction(row["percent"]) for row in rule["tiers"] if value is not None and passed(row, value)]
        if percents:
            yield rule["kpi"], max(percents) / 100 * self.of_period(rule, rule["kpi"]), 0

    def by_days(self, rule: dict[str, Any]) -> Any:
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

    def by_shortfall(self, rule: dict[str, Any]) -> Any:
        for name in rule["kpis"]:
            value, kpi = self.compared(name), self.kpis[name]
            if value is None or self.at.kpis[name].is_met:
                continue
            sign = 1 if self.low(kpi) else -1
            begin = Fraction(rule.get("measured_from", kpi["target"]))
            share = self.sliced(rule, value, begin, sign) if "slices" in rule else self.stepped(rule, value, begin, sign)
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

    def by_bands(self, rule: dict[str, Any]) -> Any:
        for name in rule["kpis"]:
            if self.compared(name) is not None:
                yield name, self.at.kpis[name].amount, 0

    def by_fixed(self, rule: dict[str, Any]) -> Any:
        for name, amount in rule["amounts"].items():
            if self.compared(name) is not None and not self.at.kpis[name].is_met:
                yield name, Fraction(amount), 0

    def by_per_ticket(self, rule: dict[str, Any]) -> Any:
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

    def by_unit_rate(self, rule: dict[str, Any]) -> Any:
        price = Fraction(rule["rate"]) if "rate" in rule else Fraction(rule["share"]) * self.of_month(rule)
        left = Fraction(rule.get("max_blocks", 10**9))
        if "kpi" in rule:
            value = self.compared(rule["kpi"])
            if value is not None:
                yield rule["kpi"], price * min(value, left), 0
            return
        name, recorded = self.on_record(rule)
        weights = rule.get("weights", {})
        weight = Fraction(weights.get(rule["service"], 1))
        occurrences = [one for one in self.scene.occurrences if one[:2] == (rule["id"], self.at.month)]
        if self.is_let_pass(rule):
            occurrences = []
        block, kind = steps_of(rule["block"]), rule.get("blocks", "full")
        after = steps_of(rule.get("after", "0m"))
        if rule.get("blocks_of") == "period":
            by_area: dict[str | None, list[Fraction]] = {}
            for whole, _, counted, _ in recorded:
                by_area.setdefault(None, []).append(self.unless_rectified(rule, whole, counted))
            for _, _, area, lasted, _, _ in occurrences:
                by_area.setdefault(area, []).append(self.unless_rectified(rule, lasted, Fraction(lasted)))
            for area, several in by_area.items():
                many = min(blocks(max(sum(several) - after, Fraction(0)), block, kind), left)
                left -= many
                of = weight if area is None else Fraction(weights.get(area, 1))
                yield name if area is None else None, price * of * many, 0
            return
        for whole, before, counted, number in recorded:
            past = max(counted - max(after - before, 0), Fraction(0))
            many = min(blocks(self.unless_rectified(rule, whole, past), block, kind), left)
            left -= many
            yield name, price * weight * many * factor_of(rule, number), 0
        for _, _, area, lasted, used, number in occurrences:
            past = self.unless_rectified(rule, lasted, max(Fraction(lasted - after), Fraction(0)))
            many = min(blocks(past, block, kind), left)
            left -= many
            amount = price * Fraction(weights.get(area, 1)) * many * factor_of(rule, number)
            yield None, amount * (Fraction(rule.get("used_factor", 1)) if used else 1), 0

    def unless_rectified(self, rule: dict[str, Any], whole: int, counted: Fraction) -> Fraction:
        is_rectified = "rectified_within" in rule and whole <= steps_of(rule["rectified_within"])
        return Fraction(0) if is_rectified else counted

    def recording_kpi(self, rule: dict[str, Any]) -> dict[str, Any] | None:
        if "weights" in rule and rule["service"] not in rule["weights"]:
            return None
        several = (kpi for kpi in self.terms["kpis"] if kpi["indicator"] in ("availability", "downtime"))
        return next((kpi for kpi in several if kpi["service"] == rule["service"]), None)

    def is_let_pass(self, rule: dict[str, Any]) -> bool:
        """Whether all the KPIs are waived that the rule has on record."""
        kpi = self.recording_kpi(rule)
        names = [kpi["id"]] if kpi else list(self.kpis)
        return all(self.waived(name) is not None for name in names)

    def on_record(self, rule: dict[str, Any]) -> tuple[str | None, list[tuple[int, int, Fraction, int]]]:
        """The KPI; and of each outage how long it was, what passed before the period, what counts, its number."""
        kpi = self.recording_kpi(rule)
        if kpi is None or self.compared(kpi["id"]) is None:
            return None, []
        months = self.figures.period(kpi, self.at.month)
        start = self.figures.edges(months)[0]
        several = self.figures.outages(kpi, months, "agreed")
        return kpi["id"], [(b - a, max(start - a, 0), counted, n) for n, (a, b, counted) in enumerate(several, 1)]

    # Which of the lines are paid

    def repeated(self, rule: dict[str, Any], lines: list[Line]) -> list[Line]:
        if "only_if_repeated" not in rule:
            return lines
        needed, pays = rule["only_if_repeated"]["periods"], rule["only_if_repeated"]["pays"]
        names = [rule["kpi"]] if "kpi" in rule else rule.get("kpis") or list(rule["amounts"])
        paid: list[Line] = []
        for name in names:
            result, key = self.at.kpis.get(name), (rule["id"], name)
            if result is None:
                continue
            own = [line for line in lines if line.kpi == name]
            held = self.held.setdefault(key, [])
            if result.run == 0:
                held.clear()
                continue
            if result.run < needed:
                held += own
                self.at.held += own
            else:
                paid += [replace(line) for line in (*own, *(held if pays == "all" else ()))]
                held.clear()
        return paid

    def combine(self, rule: dict[str, Any]) -> None:
        chosen = [[line for line in self.at.lines if line.rule == name] for name in rule["credits"]]
        scopes: list[str | None] = [None]
        if rule.get("scope") == "service":
            scopes = sorted({line.service for lines in chosen for line in lines})
        for scope in scopes:
            groups = [[line for line in lines if scope in (None, line.service)] for lines in chosen]
            if rule.get("among") == "lines":
                groups = [[line] for lines in groups for line in lines]
            self.choose(rule, groups, scope)

    def choose(self, rule: dict[str, Any], groups: list[list[Line]], scope: str | None) -> None:
        sums = [sum((line.amount for line in lines), Fraction(0)) for lines in groups]
        if not any(sums):
            return
        kept = groups
        if rule["pays"] == "greatest":
            kept = [groups[sums.index(max(sums))]]
        if rule["pays"] == "first":
            kept = [next(lines for lines, amount in zip(groups, sums, strict=True) if amount)]
        paid = [line for lines in kept for line in lines]
        for lines in groups:
            for line in lines:
                if line not in [*paid]:
                    line.amount = Fraction(0)
        limit = None
        if "max_amount" in rule:
            limit = Fraction(rule["max_amount"])
        if "max_percent" in rule:
            charges = self.charges([self.at.month], scope)
            limit = coin(Fraction(rule["max_percent"]) / 100 * charges)
        whole = sum((line.amount for line in paid), Fraction(0))
        if limit is not None and whole > limit:
            for line, amount in zip(paid, shared(limit, [line.amount for line in paid]), strict=True):
                line.amount = amount

    def bonus(self, rule: dict[str, Any]) -> None:
        value = self.compared(rule["kpi"])
        found = [Fraction(0)]
        for row in rule["rewards"]:
            if value is not None and passed(row, value):
                share = Fraction(row.get("percent", 0)) / 100 * self.of_period(rule, rule["kpi"])
                found.append(Fraction(row["amount"]) if "amount" in row else share)
        earned = coin(max(found))
        if rule.get("against") == "charges":
            self.at.lines.append(Line(rule["id"], rule["kpi"], "", -earned))
            return
        room = max(sum((line.amount for line in self.at.lines), Fraction(0)), Fraction(0))
        keep, stock = rule.get("carry_forward_months", 0), self.carried.get(rule["id"], [])
        stock = [(month, left) for month, left in stock if gap(month, self.at.month) <= keep]
        stock.append((self.at.month, earned))
        used, rest = Fraction(0), []
        for month, left in stock:
            part = min(left, room - used)
            used += part
            rest.append((month, left - part))
        self.carried[rule["id"]] = rest
        self.at.lines.append(Line(rule["id"], rule["kpi"], "", -used))

    # Caps

    def span(self, over: str, month: str) -> list[str]:
        """The months of the window that holds a month, as far as they are in the term."""
        around = [later(month, n) for n in range(-12, 13)]
        around = [one for one in around if 0 <= gap(self.first, one)]
        if over == "period":
            return [month]
        if over == "contract_year":
            return [one for one in around if gap(self.first, one) // 12 == gap(self.first, month) // 12]
        if over == "calendar_year":
            return [one for one in around if one[:4] == month[:4]]
        if over == "quarter" and self.terms["accounting"]["quarters"] == "calendar":
            return [one for one in around if (one[:4], (int(one[5:]) - 1) // 3) == (month[:4], (int(month[5:]) - 1) // 3)]
        if over == "quarter":
            return [one for one in around if gap(self.first, one) // 3 == gap(self.first, month) // 3]
        raise AssertionError(over)

    def cap(self, cap: dict[str, Any]) -> None:
        month = self.at.month
        if "amount" in cap:
            limit = Fraction(cap["amount"])
        else:
            if cap["base"] == "trailing_12_months":
                months = [past.month for past in self.past][-12:]
            else:
                months = self.span(cap["base"], month)
            limit = coin(Fraction(cap["percent"]) / 100 * self.charges(months, None))
        if cap["over"] == "trailing_12_months":
            used_in = [past for past in self.past if gap(past.month, month) <= 11]
        else:
            used_in = [past for past in self.past if past.month in self.span(cap["over"], month)]
        used = sum((past.total for past in used_in), Fraction(0))
        self.at.total = min(self.at.total, max(limit - used, Fraction(0)))
        self.at.caps.append(self.at.total)

    # Triggers

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
        months = [*self.past, self.at][-condition["months"] :]
        measure = condition["measure"]
        if measure == "points":
            number = sum((kpi.points for one in months for kpi in one.kpis.values()), Fraction(0))
        elif measure == "credits":
            number = sum((one.total for one in months), Fraction(0))
        elif measure == "failures":
            number = Fraction(
                sum(
                    kpi.is_met is False and self.kpis[name].get("kind") != "PI"
                    for one in months
                    for name, kpi in one.kpis.items()
                )
            )
        else:
            kpi = self.kpis[condition["kpis"][0]]
            names = [one.month for one in months]
            if measure == "downtime_hours":
                times = [self.figures.time(kpi, [name], "agreed") for name in names]
                number = sum((time for base, time, _ in times if base), Fraction(0)) / HOUR
            else:
                number = Fraction(len({a for name in names for a, _, _ in self.figures.outages(kpi, [name], "agreed")}))
        return over_limit(condition, number)

    def days_over(self, condition: dict[str, Any]) -> set[date]:
        """The days of the month on which something was lost, and with which so many days are over the limit."""
        kpi, lost = self.kpis[condition["kpis"][0]], {}
        for past in [*self.past, self.at]:
            for day, outage, steps in self.by_day(kpi, past.month):
                lost.setdefault(day, []).append((outage, steps))
        found = set()
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
        figures, found = self.figures, []
        removed, up = figures.sorts(kpi, "agreed")
        start, end = figures.edges([month])
        calendar = figures.hours_of[kpi["service"]]
        for a, b, counted in figures.outages(kpi, [month], "agreed"):
            inside = hours_within(figures, set(range(max(a, start), min(b, end))) - removed - up, calendar)
            several = [day_of(step, self.scene) for step in sorted(inside)]
            for day in sorted(set(several)):
                found.append((day, a, counted * several.count(day) / len(several)))
        if kpi["counting"].get("unknown") == "down":
            unseen = {s for a, b in self.scene.unseen[kpi["service"]] for s in range(max(a, start), min(b, end))}
            days = [day_of(step, self.scene) for step in hours_within(figures, unseen - removed - up, calendar)]
            found += [(day, None, Fraction(days.count(day))) for day in sorted(set(days))]
        return found


def hours_within(figures: Figures, several: set[int], calendar: str) -> set[int]:
    from .figures import within

    return within(several, calendar, figures.zone)


def day_of(step: int, scene: Scene) -> date:
    return datetime.fromtimestamp(step * STEP / 1000, scene.zone).date()


def over_limit(condition: dict[str, Any], number: Fraction) -> bool:
    if "at_least" in condition:
        return number >= Fraction(condition["at_least"])
    return number > Fraction(condition["more_than"])


def blocks(length: Fraction | int, block: int, kind: str) -> Fraction:
    several = Fraction(length) / block
    return {"full": Fraction(floor(several)), "begun": Fraction(ceil(several)), "prorata": several}[kind]


def factor_of(rule: dict[str, Any], number: int) -> Fraction:
    factor = Fraction(1)
    for row in rule.get("repeats", ()):
        if number >= row["at_least"] if "at_least" in row else number > row["more_than"]:
            factor = Fraction(row["factor"])
    return factor


def holds(row: dict[str, Any], key: str, value: Fraction) -> bool:
    if key not in row:
        return True
    edge = Fraction(row[key])
    return {"at_least": value >= edge, "above": value > edge, "below": value < edge, "at_most": value <= edge}[key]


def passed(row: dict[str, Any], value: Fraction) -> bool:
    return all(holds(row, key, value) for key in ("at_least", "above", "below", "at_most"))


def rounded(value: Fraction, kpi: dict[str, Any]) -> Fraction:
    """As it is compared."""
    rounding = kpi.get("rounding", {"mode": "none"})
    if rounding["mode"] == "none" or rounding.get("when") == "after":
        return value
    unit = Fraction(1, 10 ** rounding["places"])
    whole = value / unit
    under = floor(whole)
    if rounding["mode"] == "down":
        return under * unit
    if rounding["mode"] == "up":
        return ceil(whole) * unit
    rest = whole - under
    is_up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (rounding["mode"] == "half_up" or under % 2 == 1))
    return (under + is_up) * unit


def shared(limit: Fraction, parts: list[Fraction]) -> list[Fraction]:
    """In proportion, to the coin; odd coins to those who lost most by rounding down."""
    exact = [limit * part / sum(parts) for part in parts]
    floors = [floor(one / COIN) * COIN for one in exact]
    order = sorted(range(len(parts)), key=lambda n: exact[n] - floors[n], reverse=True)
    for n in order[: int((limit - sum(floors)) / COIN)]:
        floors[n] += COIN
    return floors
