"""A month that is over, for the history: the agreed view of what ends in it, left to the engine to score."""

from __future__ import annotations

from dataclasses import dataclass, field

from sla_monitor.assess.figures import seen
from sla_monitor.assess.ground import Ground
from sla_monitor.assess.inputs import month_input
from sla_monitor.assess.kpis import Judged, Times
from sla_monitor.assess.parts import measurement_months
from sla_monitor.assess.world import World
from sla_monitor.contract.kpi import AvailabilityKpi, Kpi
from sla_monitor.sla.measure import measured
from sla_monitor.sla.results import Measured, MonthInput

SCORING = {
    "title",
    "kind",
    "direction",
    "target",
    "threshold",
    "bands",
    "rounding",
    "repeat",
    "average_with_previous",
    "bedding_in_until",
    "source_of_truth",
    "publishable",
}
"""The terms of a KPI that say what a figure is worth, and not how it is measured."""


@dataclass(slots=True)
class Known:
    """What KPIs measured in closed months, for contracts that measure alike on the same evidence: a draft that only
    scores and prices differently is assessed without measuring again."""

    measured: dict[object, Measured] = field(default_factory=dict)
    _keys: dict[int, tuple[Kpi, str]] = field(default_factory=dict)

    def key(self, month: str, kpi: Kpi) -> object:
        """Equal for KPIs that measure the same thing in the same way."""
        if id(kpi) not in self._keys:
            told = kpi.model_dump_json(exclude=SCORING)
            self._keys[id(kpi)] = kpi, told  # kept, so that no other can have the same id()
        return month, self._keys[id(kpi)][1]


def closed_month(world: World, month: str, times: Times, known: Known | None = None) -> MonthInput:
    """What is priced of a month that is over. `known`: where figures are looked up before they are worked out."""
    ground = Ground(world, (month,))
    judged: dict[str, Judged] = {}
    for kpi in ground.terms.kpis:
        months = measurement_months(world.run, month, kpi.measurement_months)
        if month == months[-1]:
            figure = _measured(ground, kpi, months, (times, known))
            judged[kpi.id] = Judged(kpi, months, {"agreed": figure}, {}, {})
    return month_input(ground, judged)


def _measured(ground: Ground, kpi: Kpi, months: tuple[str, ...], where: tuple[Times, Known | None]) -> Measured:
    times, known = where
    if known is None:
        return _worked_out(ground, kpi, months, times)
    key = known.key(ground.month, kpi)
    if key not in known.measured:
        known.measured[key] = _worked_out(ground, kpi, months, times)
    return known.measured[key]


def _worked_out(ground: Ground, kpi: Kpi, months: tuple[str, ...], times: Times) -> Measured:
    """A composite that nobody has reported is left to the engine, which has the results of its parts."""
    whole = ground if len(months) == 1 else Ground(ground.world, months)
    time = times.of(ground, kpi, "agreed") if isinstance(kpi, AvailabilityKpi) else None
    return measured(kpi, seen(whole, kpi, "agreed", time), whole.frame)
