"""What is known of a month: charges, KPIs with their points, and what is worked out of them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from .arithmetic import coin, holds, rounded
from .figures import Figures
from .scene import Scene


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


class Reckoning:
    """The months so far, and the one that is worked out."""

    def __init__(self, scene: Scene, now: int) -> None:
        self.scene, self.terms, self.now = scene, scene.terms, now
        self.figures = Figures(scene)
        self.kpis = {kpi["id"]: kpi for kpi in self.terms["kpis"]}
        self.first = scene.months[0]
        self.past: list[Month] = []
        self.at = Month("")
        self.held: dict[tuple[str, str], list[Line]] = {}
        self.carried: dict[str, list[tuple[str, Fraction]]] = {}

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

    def waived(self, kpi: str) -> str | None:
        for month, names, what in self.scene.waivers:
            if month == self.at.month and (kpi in names or not names):
                return what
        return None

    def judged(self, kpi: dict[str, Any], months: list[str]) -> Result:
        is_whole = kpi["indicator"] == "composite"
        value = self.composite(kpi) if is_whole else self.figures.figure(kpi, months, self.now)
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

    def composite(self, kpi: dict[str, Any]) -> Fraction | None:
        parts = [(self.at.kpis[part["kpi"]], Fraction(part["weight"])) for part in kpi["parts"]]
        if kpi["combine"] == "all_of" and any(part.is_met is False for part, _ in parts):
            return Fraction(0)
        if any(part.value is None for part, _ in parts):
            return None
        if kpi["combine"] == "all_of":
            return Fraction(100)
        weights = sum((weight for _, weight in parts), Fraction(0))
        return sum(((part.value or 0) * weight for part, weight in parts), Fraction(0)) / weights

    def events(self, kpi: dict[str, Any], months: list[str], value: Fraction) -> int:
        if kpi["indicator"] == "count":
            return floor(max(value - Fraction(kpi["target"]), Fraction(0)))
        return len(self.figures.late(kpi, months)) if "points_each" in kpi else 0

    def low(self, kpi: dict[str, Any]) -> bool:
        return kpi.get("direction") == "lower_is_better"

    def earning(self, name: str) -> Fraction | None:
        """The result by which something is earned: a waiver lets what is missed pass, and takes nothing away."""
        result, is_pi = self.at.kpis.get(name), self.kpis[name].get("kind") == "PI"
        if result is None or result.value is None or is_pi or not (result.costs or result.is_met):
            return None
        return rounded(result.value, self.kpis[name])

    def compared(self, name: str) -> Fraction | None:
        """The result as it is compared; None: there is none that may cost anything."""
        result = self.at.kpis.get(name)
        if result is None or result.value is None or not result.costs:
            return None
        return rounded(result.value, self.kpis[name])
