"""The time of each service that is not counted, in each view.

Agreed time is a part of claimed time by construction: a ruling grants no more than was asked for. So downtime can
only fall from gross to agreed to claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sla_monitor.assess.assessment import Excluded, View
from sla_monitor.assess.permitted_maintenance import bookings
from sla_monitor.assess.relief import claims
from sla_monitor.assess.rulings import Case, Ruling
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import Intervals, normal
from sla_monitor.periods.terms_slices import Hours


@dataclass(frozen=True)
class Exclusions:
    """All rulings about the services of one contract in one month."""

    rulings: tuple[Ruling, ...] = ()

    @cached_property
    def _by_service(self) -> dict[str, list[Ruling]]:
        found: dict[str, list[Ruling]] = {}
        for ruling in self.rulings:
            found.setdefault(ruling.service, []).append(ruling)
        return found

    def of(self, service: str) -> Sequence[Ruling]:
        """Those about one service."""
        return self._by_service.get(service, ())

    def time(self, service: str, view: View, kpi: str | None = None) -> Intervals:
        """The time that a view leaves out, for a KPI, or for what holds for every KPI of the service."""
        rulings = self.of(service)
        if view == "gross" or not rulings:
            return []
        found = [one for one in rulings if not one.kpis or kpi in one.kpis]
        if view == "claimed":
            return normal(one.asked for one in found)
        return normal(pair for one in found for pair in one.granted)

    def listed(self, service: str) -> tuple[Excluded, ...]:
        """Everything that somebody says should not count of a service, and what became of it."""
        several = [piece for one in self.of(service) for piece in one.listed()]
        return tuple(sorted(several, key=lambda piece: (piece.start_ms, piece.entry)))


def exclusions(case: Case, period: Period, hours: Hours) -> Exclusions:
    """The rulings of one month. Pass the whole month, not its part so far: the allowance is the month's."""
    return Exclusions((*bookings(case, period, hours), *claims(case, period)))


def together(several: Sequence[Exclusions]) -> Exclusions:
    """Those of consecutive months."""
    return Exclusions(tuple(ruling for one in several for ruling in one.rulings))
