"""A month that is over, for the history: the agreed view of what ends in it, left to the engine to score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sla_monitor.assess.contract_context import World, is_over
from sla_monitor.assess.credit_inputs import month_input
from sla_monitor.assess.excerpt import excerpt
from sla_monitor.assess.kpi_evaluation import Judged, Times
from sla_monitor.assess.measuring import seen
from sla_monitor.assess.period_context import Ground
from sla_monitor.contract.kpis.kpi import AvailabilityKpi, Kpi
from sla_monitor.periods.terms_slices import measurement_months
from sla_monitor.sla.measure import measured
from sla_monitor.sla.results import Measured, MonthInput
from sla_monitor.sla.working import Step


def closed_month(world: World, month: str) -> MonthInput:
    """What is priced of a month that has ended."""
    ground = Ground(world, (month,))
    ending: dict[tuple[str, ...], list[Kpi]] = {}
    for kpi in ground.terms.kpis:
        months = measurement_months(world.run, month, kpi.measurement_months)
        if month == months[-1]:
            ending.setdefault(months, []).append(kpi)
    judged: dict[str, Judged] = {}
    for months, kpis in ending.items():
        figures = _figures(world, months, kpis)
        for kpi, figure in zip(kpis, figures, strict=True):
            judged[kpi.id] = Judged(kpi, months, {"agreed": figure}, {}, {})
    return month_input(ground, judged)


def _figures(world: World, months: tuple[str, ...], kpis: Sequence[Kpi]) -> list[Measured]:
    """What KPIs measured in a measurement period that ended; looked up, once nothing of it can change any more."""
    if not is_over(world, Ground(world, months).period):
        return _measured(world, months, kpis)
    known = excerpt(world, months, kpis)
    if not known.is_settled():
        return _measured(known.world, months, kpis)
    kept = world.recall(known.question(kpis), lambda: _text(_measured(known.world, months, kpis)))
    return [_of_row(row) for row in json.loads(kept)]


def _measured(world: World, months: tuple[str, ...], kpis: Sequence[Kpi]) -> list[Measured]:
    """A composite that nobody has reported is left to the engine, which has the results of its parts."""
    ground, times = Ground(world, months[-1:]), Times()
    whole = ground if len(months) == 1 else Ground(world, months)

    def figure(kpi: Kpi) -> Measured:
        time = times.of(ground, kpi, "agreed") if isinstance(kpi, AvailabilityKpi) else None
        return measured(kpi, seen(whole, kpi, "agreed", time), whole.frame)

    return [figure(kpi) for kpi in kpis]


def _text(figures: Sequence[Measured]) -> str:
    return json.dumps([_row(one) for one in figures], separators=(",", ":"))


def _row(one: Measured) -> list[Any]:
    fractions = (one.value, one.submitted, one.agreed, one.coverage, one.downtime_ms)
    pairs = [None if value is None else [value.numerator, value.denominator] for value in fractions]
    return [*pairs, one.is_assessable, one.of, one.working]


def _of_row(row: list[Any]) -> Measured:
    *pairs, is_assessable, of, working = row
    value, submitted, agreed, coverage, downtime_ms = (None if pair is None else Fraction(*pair) for pair in pairs)
    steps = tuple([Step(*step) for step in working])
    return Measured(value, submitted, agreed, coverage, is_assessable, steps, of, downtime_ms)
