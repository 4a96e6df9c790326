"""Triggers: sums, counts and shares of results over windows of months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from sla_monitor.contract.money.charges_and_caps import Cap
from sla_monitor.contract.money.regime import Regime
from sla_monitor.contract.money.trigger_terms import Trigger, TriggerCondition
from sla_monitor.periods.months import TermMonths, name_of, within
from sla_monitor.sla.money.account import WHOLE, Account, given
from sla_monitor.sla.money.caps import cap_limit
from sla_monitor.sla.money.day_windows import HOUR_MS, DayWindows, lost_in, outage_days
from sla_monitor.sla.results import KpiResult, PeriodResult, TriggerResult
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import Step, step


def tripped(trigger: Trigger, months: Sequence[PeriodResult], account: Account, regime: Regime) -> TriggerResult | None:
    """The trigger if it is set off in the last of the months, with the months that did it."""
    by_day = {
        position: DayWindows(condition, _names(condition, regime), months)
        for position, condition in enumerate(trigger.conditions)
        if condition.days is not None
    }
    days = {position: list(windows.holding()) for position, windows in by_day.items()}
    if trigger.when == "all" and days:  # one day decides, on which all of them hold
        common = [day for day in next(iter(days.values())) if all(day in several for several in days.values())]
        days = dict.fromkeys(days, common)
    found: list[ConditionResult] = []
    for position, condition in enumerate(trigger.conditions):
        if position in by_day:
            found += [_on(day, condition, by_day[position]) for day in days[position][:1]]
        else:
            judged = _judged(condition, months, account, regime)
            found += [judged] if judged.is_held else []
    if not found or (trigger.when == "all" and len(found) < len(trigger.conditions)):
        return None
    names = tuple(sorted({name for one in found for name in one.months}))
    on = min((one.on for one in found if one.on is not None), default=None)
    return TriggerResult(trigger.id, names, tuple(trigger.effects), tuple(one.step for one in found), on)


class ConditionResult(NamedTuple):
    """Whether a condition holds, the months that count towards it, its working, and the day, where it goes by days."""

    is_held: bool
    months: list[str]
    step: Step
    on: date | None = None


def _on(day: date, condition: TriggerCondition, windows: DayWindows) -> ConditionResult:
    return ConditionResult(True, windows.months_of(day), _condition_step(condition, *windows.formula(day)), day)


def _names(condition: TriggerCondition, regime: Regime) -> Sequence[str]:
    return condition.kpis or [kpi.id for kpi in regime.kpis if kpi.kind == "KPI"]


def _judged(
    condition: TriggerCondition, months: Sequence[PeriodResult], account: Account, regime: Regime
) -> ConditionResult:
    """A condition on whole months."""
    month = months[-1].month
    if condition.window == "consecutive":
        return _in_each(condition, months, account, regime)
    window = _window(condition, months, account.run, month)
    numbers = _numbers(condition, window, regime)
    total, formula = _number(condition, window, account, regime)
    counted = [past.month for past, number in zip(window, numbers, strict=True) if number]
    return ConditionResult(condition.holds(total), counted or [month], _condition_step(condition, formula, total))


def _numbers(condition: TriggerCondition, window: Sequence[PeriodResult], regime: Regime) -> list[Fraction]:
    """What each month adds."""
    if condition.measure in OF_WINDOWS:
        return OF_WINDOWS[condition.measure](_names(condition, regime), window)
    return [MEASURES[condition.measure](condition, past) for past in window]


def _number(
    condition: TriggerCondition, window: Sequence[PeriodResult], account: Account, regime: Regime
) -> tuple[Fraction, str]:
    """What a window adds up to, and how."""
    numbers = _numbers(condition, window, regime)
    total, formula = sum(numbers, Fraction(0)), " + ".join(shown(number) for number in numbers)
    if condition.measure not in OVER_CHARGES:
        return total, formula
    whole = OVER_CHARGES[condition.measure](condition, window, account, regime.caps)
    return (total / whole * 100 if whole else Fraction(0)), f"({formula}) / {shown(whole)} × 100"


def _in_each(
    condition: TriggerCondition, months: Sequence[PeriodResult], account: Account, regime: Regime
) -> ConditionResult:
    """Whether the condition holds in each of the last so many months in which there was something to measure."""
    measured = (past for past in reversed(months) if _is_measured(condition, past))
    last = list(islice(measured, condition.months))[::-1]
    numbers = [_number(condition, [past], account, regime)[0] for past in last]
    is_held = len(last) == condition.months and last[-1] is months[-1] and all(map(condition.holds, numbers))
    formula = "each of " + ", ".join(shown(number) for number in numbers)
    return ConditionResult(
        is_held, [past.month for past in last], _condition_step(condition, formula, f"{is_held}".lower())
    )


def _is_measured(condition: TriggerCondition, past: PeriodResult) -> bool:
    """A quarterly KPI has no result in the months between; conditions without KPIs have one every month."""
    return not condition.kpis or any(past.kpi(name) for name in condition.kpis)


def _window(
    condition: TriggerCondition, months: Sequence[PeriodResult], run: TermMonths, month: str
) -> list[PeriodResult]:
    if condition.window == "contract_year":
        begin = run.year_months(month)[0]
        return [past for past in months if begin <= past.month <= month]
    return within(months, month, condition.months)


def _condition_step(condition: TriggerCondition, formula: str, result: Fraction | str) -> Step:
    word = "more than" if condition.more_than is not None else "at least"
    window = condition.window.replace("_", " ")
    number, unit = (condition.months, "month") if condition.days is None else (condition.days, "day")
    length = "" if condition.window == "contract_year" else f" {number} {unit}{'' if number == 1 else 's'}"
    measure = f"{'material ' if condition.material else ''}{condition.measure.replace('_', ' ')}"
    what = f"{measure}, {window}{length}, {word} {shown(condition.limit)}"
    return step(what, formula, result)


def _results(condition: TriggerCondition, past: PeriodResult) -> list[KpiResult]:
    """Of the KPIs that a condition names, or of all; a PI is no KPI, and counts where it is named."""
    return [one for one in past.kpis if (one.kpi in condition.kpis if condition.kpis else one.is_kpi)]


def _points(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    return sum((result.points for result in _results(condition, past)), Fraction(0)) if condition.kpis else past.points


def _failures(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    failed = (result for result in _results(condition, past) if result.is_met is False)
    if condition.bands:
        failed = (result for result in failed if result.band in condition.bands)
    return Fraction(sum(1 for result in failed if result.is_material or not condition.material))


def _below_threshold_percent(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    measured = [result for result in _results(condition, past) if result.is_met is not None]
    below = sum(result.is_below_threshold for result in measured)
    return Fraction(below * 100, len(measured)) if measured else Fraction(0)


def _kpi_value(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    return sum((result.value or Fraction(0) for result in _results(condition, past)), Fraction(0))


def _downtime_hours(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    return sum((one.downtime_ms or Fraction(0) for one in _results(condition, past)), Fraction(0)) / HOUR_MS


def _tripped(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    return Fraction(sum(1 for result in past.triggers if result.trigger in condition.named_triggers))


def _given(condition: TriggerCondition, past: PeriodResult) -> Fraction:
    return Fraction(given(past))


MEASURES: dict[str, Callable[[TriggerCondition, PeriodResult], Fraction]] = {
    "points": _points,
    "failures": _failures,
    "below_threshold_percent": _below_threshold_percent,
    "kpi_value": _kpi_value,
    "downtime_hours": _downtime_hours,
    "tripped": _tripped,
    "credits": _given,
    "credits_percent_of_cap": _given,
    "credits_percent_of_charges": _given,
}
"""The number that a month adds to a window."""


def _outages(names: Sequence[str], window: Sequence[PeriodResult]) -> list[Fraction]:
    """An outage over the end of a month is one outage: it counts with its first month in the window."""
    counts = Counter(map(name_of, outage_days(lost_in(names, window))))
    return [Fraction(counts[past.month]) for past in window]


OF_WINDOWS: dict[str, Callable[[Sequence[str], Sequence[PeriodResult]], list[Fraction]]] = {"outages": _outages}
"""The same, by the KPIs' names, where what a month adds depends on the months before it in the window."""


def _charges(_: TriggerCondition, window: Sequence[PeriodResult], __: Account, ___: Sequence[Cap]) -> Fraction:
    return Fraction(sum((sum(past.charges.values(), Decimal(0)) for past in window), Decimal(0)))


def _limit(condition: TriggerCondition, _: Sequence[PeriodResult], account: Account, caps: Sequence[Cap]) -> Fraction:
    cap = next(one for one in caps if one.id == condition.cap)
    return Fraction(cap_limit(cap, WHOLE, account)[0])


OVER_CHARGES: dict[str, Callable[[TriggerCondition, Sequence[PeriodResult], Account, Sequence[Cap]], Fraction]] = {
    "credits_percent_of_charges": _charges,
    "credits_percent_of_cap": _limit,
}
"""What the sum of a window is divided by, for the measures that are shares of money."""
