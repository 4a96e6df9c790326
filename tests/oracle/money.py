"""A scene, one month after the other: what of its credits is paid, and under which caps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from .arithmetic import coin, passed, shared
from .credits import Credits
from .figures import gap
from .reckoning import Line, Month
from .scene import later
from .triggers import Triggers


class Oracle(Credits, Triggers):
    """Gives the months of a scene in order."""

    def run(self) -> list[Month]:
        for month in self.scene.months:
            self.past.append(self.month(month))
        return self.past

    def month(self, month: str) -> Month:
        self.at = Month(month)
        for kpi in self.terms["kpis"]:
            months = self.figures.period(kpi, month)
            if months:
                self.at.kpis[kpi["id"]] = self.judged(kpi, months)
        rules = self.terms["credits"]
        for rule in (one for one in rules if one["method"] != "bonus"):
            self.at.lines += self.repeated(rule, self.lines(rule))
        for rule in self.terms["combined"]:
            self.combine(rule)
        for rule in (one for one in rules if one["method"] == "bonus"):
            self.bonus(rule)
        self.at.before_caps = self.at.total = sum((line.amount for line in self.at.lines), Fraction(0))
        for cap in self.terms["caps"]:
            self.cap(cap)
        for trigger in self.terms["triggers"]:
            self.trigger(trigger)
        return self.at

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
            if result.run == 0:  # what a table gives where the target is met is shown, and is no failure's
                held.clear()
                self.at.held += own
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
            scopes = [*sorted({line.service for lines in chosen for line in lines})]
        for scope in scopes:
            groups = [[line for line in lines if scope in (None, line.service)] for lines in chosen]
            if rule.get("among") == "lines":
                groups = [[line] for lines in groups for line in lines]
            self.choose(rule, groups, scope)

    def choose(self, rule: dict[str, Any], groups: list[list[Line]], scope: str | None) -> None:
        sums = [sum((line.amount for line in lines), Fraction(0)) for lines in groups]
        if not any(sums):
            return
        places = {"greatest": [sums.index(max(sums))], "first": [[bool(one) for one in sums].index(True)]}
        paid = [line for place in places.get(rule["pays"], range(len(groups))) for line in groups[place]]
        for line in (line for lines in groups for line in lines):
            if not any(line is other for other in paid):
                line.amount = Fraction(0)
        limit = self.limit(rule, scope)
        if limit is not None and sum((line.amount for line in paid), Fraction(0)) > limit:
            for line, amount in zip(paid, shared(limit, [line.amount for line in paid]), strict=True):
                line.amount = amount

    def limit(self, rule: dict[str, Any], scope: str | None) -> Fraction | None:
        if "max_percent" in rule:
            return coin(Fraction(rule["max_percent"]) / 100 * self.charges([self.at.month], scope))
        return Fraction(rule["max_amount"]) if "max_amount" in rule else None

    def bonus(self, rule: dict[str, Any]) -> None:
        value = self.earning(rule["kpi"])
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
        around = [one for one in around if gap(self.first, one) >= 0]
        if over == "period":
            return [month]
        if over == "contract_year":
            return [one for one in around if gap(self.first, one) // 12 == gap(self.first, month) // 12]
        if over == "calendar_year":
            return [one for one in around if one[:4] == month[:4]]
        if over == "quarter" and self.terms["accounting"]["quarters"] == "calendar":
            return [
                one for one in around if (one[:4], (int(one[5:]) - 1) // 3) == (month[:4], (int(month[5:]) - 1) // 3)
            ]
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
