"""Every method of credit as spreadsheet formulas: one function each, giving a line for every KPI that could cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import (
    BandCredit,
    Credit,
    CreditTerms,
    FixedCredit,
    LadderCredit,
    PointsCredit,
    PoolCredit,
    RatchetCredit,
    ShortfallCredit,
    TierCredit,
)
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid, literal
from sla_monitor.review.rendering.sheet.kpi_sheet import KpiSheet, by_band


@dataclass(frozen=True, slots=True)
class MethodFrame:
    """What formulas refer to: the grid for a rule's own numbers, the KPIs' rows, and the cell with its charges.

    `paid`: what the engine says, by KPI. `before`: the charges of the earlier months of a KPI's measurement period, for
    KPIs that have several. `accrual`: the cell that says whether credits accrue, if one does."""

    grid: Grid
    kpi_sheet: KpiSheet
    kpis: Mapping[str, KpiTerms]
    charges: str
    paid: dict[str | None, Decimal]
    before: Mapping[str, Decimal]
    accrual: str = ""

    def number(self, label: str, value: Decimal | Fraction) -> str:
        """A term of the contract as a cell of its own, so that it can be changed."""
        return self.grid.line(label, CellEntry(value, style="input"))

    def percent(self, expression: str) -> str:
        """Of the month's charges."""
        return f"({expression})/100*{self.charges}"

    def percent_of_period(self, kpi: str, expression: str) -> str:
        """Of the charges of a KPI's measurement period."""
        if kpi not in self.before:
            return self.percent(expression)
        before = self.number(f"Charges of the earlier months of the measurement period of {kpi}", self.before[kpi])
        return f"({expression})/100*({before}+{self.charges})"


Line = tuple[str | None, str]
"""A KPI (none: several together), and the amount before rounding."""


def by_points(rule: PointsCredit, frame: MethodFrame) -> Iterator[Line]:
    rate = frame.number("Per cent of the charges for each point", rule.per_point_percent)
    yield None, frame.percent(f"({frame.kpi_sheet.points(rule.kpis)})*{rate}")


def by_shortfall(rule: ShortfallCredit, frame: MethodFrame) -> Iterator[Line]:
    label = "Per cent of the charges for each step"
    rates = [
        frame.number(label if one.to is None else f"{label} to {one.to:f}", one.rate_percent or Decimal(0))
        for one in rule.slices
        if one.percent is None
    ]
    share = rule.rate_percent if rule.share is None else Fraction(rule.share) * 100
    rate = "" if rule.slices else frame.number(label, share or Decimal(0))
    for name in _known(rule.kpis, frame):
        terms, value = frame.kpis[name], frame.kpi_sheet.at("C", name)
        begin, sign = rule.begins_at(terms), 1 if terms.direction == "higher_is_better" else -1
        short = f"{literal(begin)}-{value}" if sign > 0 else f"{value}-{literal(begin)}"
        short = f"MAX(0,{short})"
        if rule.slices:
            ends = [None if one.to is None else max(sign * (begin - one.to), Decimal(0)) for one in rule.slices]
            percent = _of_slices(rule, short, ends, rates)
        else:
            percent = f"{_steps(rule, short)}*{rate}"
        if rule.max_percent is not None:
            percent = f"MIN({literal(rule.max_percent)},{percent})"
        is_missed = "" if rule.measured_from is None else f"{frame.kpi_sheet.at('D', name)}*"
        yield name, f"{frame.kpi_sheet.at('I', name)}*{is_missed}{frame.percent_of_period(name, percent)}"


def _steps(rule: ShortfallCredit, length: str) -> str:
    """How many steps an expression is."""
    steps = length if rule.step == 1 else f"({length})/{literal(rule.step)}"
    return {
        "prorata": steps,
        "floor": f"ROUNDDOWN(ROUND({steps},9),0)",
        "ceil": f"ROUNDUP(ROUND({steps},9),0)",
    }[rule.partial]


def _of_slices(rule: ShortfallCredit, short: str, ends: Sequence[Decimal | None], rates: Sequence[str]) -> str:
    """What each slice holds at its rate, unless a result is beyond those before an open one that says it all."""
    parts: list[str] = []
    passed, left = Decimal(0), list(rates)
    for one, end in zip(rule.slices, ends, strict=True):
        if one.percent is not None:
            within = "+".join(parts) or "0"
            return f"IF(ROUND({short}-{literal(passed)},9)>0,{literal(one.percent)},{within})"
        reached = short if end is None else f"MIN({short},{literal(end)})"
        length = f"MAX(0,{reached}-{literal(passed)})"
        parts.append(f"{_steps(rule, length)}*{left.pop(0)}")
        passed = passed if end is None else max(passed, end)
    return "+".join(parts)


def by_tiers(rule: TierCredit, frame: MethodFrame) -> Iterator[Line]:
    for name in _known((rule.kpi,), frame):
        value = frame.kpi_sheet.at("C", name)
        tiers = []
        for tier in rule.tiers:
            signs = (("<", tier.below), ("<=", tier.at_most), (">", tier.above), (">=", tier.at_least))
            sign, edge = next((sign, edge) for sign, edge in signs if edge is not None)
            tiers.append(f"IF({value}{sign}{literal(edge)},{literal(tier.percent)},0)")
        highest = f"MAX(0,{','.join(tiers)})"
        yield name, f"{frame.kpi_sheet.at('I', name)}*{frame.percent_of_period(name, highest)}"


def by_ladder(rule: LadderCredit, frame: MethodFrame) -> Iterator[Line]:
    total = CellEntry(frame.kpi_sheet.total(rule.kpis), f"={frame.kpi_sheet.points(rule.kpis)}", "number")
    points = frame.grid.line("Points on the ladder", total)
    rungs = [(rung.at_least, Fraction(rung.percent)) for rung in rule.rungs]
    expression = literal(rungs[-1][1])
    for (low, percent), (high, following) in reversed(list(pairwise(rungs))):
        slope = f"{literal(following - percent)}*({points}-{literal(low)})/{literal(high - low)}"
        between = {
            "step_down": literal(percent),
            "step_up": f"IF({points}={literal(low)},{literal(percent)},{literal(following)})",
            "prorata": f"{literal(percent)}+{slope}",
        }[rule.between]
        expression = f"IF({points}<{literal(high)},{between},{expression})"
    yield None, frame.percent(f"IF({points}<{literal(rungs[0][0])},0,{expression})")


def by_ratchet(rule: RatchetCredit, frame: MethodFrame) -> Iterator[Line]:
    price = frame.number("The price of a point", rule.per_point)
    points, begin, slices = frame.kpi_sheet.points(rule.kpis), rule.free, []
    for one in rule.slices:
        top = points if one.up_to is None else f"MIN({points},{literal(one.up_to)})"
        slices.append(f"MAX(0,{top}-{literal(begin)})*{price}*{literal(one.factor)}")
        begin = one.up_to if one.up_to is not None else begin
    yield None, "+".join(slices)


def by_fixed_amount(rule: FixedCredit, frame: MethodFrame) -> Iterator[Line]:
    for name in _known(tuple(rule.amounts), frame):
        amount = frame.number(f"For {name}", rule.amounts[name])
        yield name, f"{frame.kpi_sheet.at('I', name)}*{frame.kpi_sheet.at('D', name)}*{amount}"


def by_bands(rule: BandCredit, frame: MethodFrame) -> Iterator[Line]:
    for name in _known(rule.kpis, frame):
        amount = by_band(frame.kpis[name], frame.kpi_sheet.at("C", name), lambda band: Fraction(band.amount))
        yield name, f"{frame.kpi_sheet.at('I', name)}*{amount}"


def by_pool(rule: PoolCredit, frame: MethodFrame) -> Iterator[Line]:
    """Whether a KPI is in default depends on months before: it is a number here, 1 or 0, and not a formula."""
    at_risk = frame.number("Per cent of the charges at risk", rule.at_risk_percent)
    for name in _known(tuple(rule.allocation), frame):
        in_default = frame.number(f"{name} is in default (1 or 0)", Decimal(int(frame.paid.get(name, Decimal(0)) > 0)))
        share = literal(Fraction(rule.pool_percent) * Fraction(rule.allocation[name]) / 100)
        yield name, f"{in_default}*{share}/100*{frame.percent(at_risk)}"


Formulas = Callable[[Any, MethodFrame], Iterator[Line]]

FORMULAS: dict[str, Formulas | None] = {
    "points": by_points,
    "shortfall": by_shortfall,
    "tiers": by_tiers,
    "at_risk_pool": by_pool,
    "ladder": by_ladder,
    "ratchet": by_ratchet,
    "unit_rate": None,
    "bands": by_bands,
    "per_ticket": None,
    "fixed": by_fixed_amount,
    "days": None,
    "bonus": None,
    "misreporting": None,
}
"""The formulas of every method. None: it takes what somebody reported or what earlier months have left, or gives no
money; the sheet holds what the engine says of it as numbers."""


def formulas(rule: Credit, frame: MethodFrame) -> tuple[Line, ...]:
    method = FORMULAS[rule.method]
    return tuple(method(rule, frame)) if method else ()


def payout(rule: CreditTerms, amount: str) -> str:
    """An amount that is paid only if it reaches the least payout."""
    least = rule.min_payout
    if least is None:
        return amount
    edge = f">={literal(least.at_least)}" if least.at_least is not None else f">{literal(least.more_than or 0)}"
    return f"IF(OR({amount}<=0,{amount}{edge}),{amount},0)"


def _known(names: tuple[str, ...], frame: MethodFrame) -> Iterator[str]:
    return (name for name in names if name in frame.kpi_sheet.rows)
