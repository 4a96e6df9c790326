"""One contract in one stretch of months, with what was seen and what was said: what every figure is worked out from.

Nothing is read or worked out before somebody asks for it, and then once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from sla_monitor.assess.assessment import View
from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.endpoint_states import Endpoints
from sla_monitor.assess.exclusions import Exclusions, exclusions, together
from sla_monitor.assess.service_sweep import PLAIN, UserImpact, through
from sla_monitor.assess.service_time import Through, Time, time_of
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.contract.kpis.counting import Counting, ExcludedKind, ExcludedTime
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.edges import Period, period_of
from sla_monitor.periods.intervals import Intervals, intersect, subtract, union
from sla_monitor.periods.terms_slices import TermsSlice, slices_of, terms_in, until
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Impact, TicketRecord
from sla_monitor.sla.measure import MeasureFrame
from sla_monitor.sla.overlay import Import

WAYS: tuple[ExcludedTime, ...] = ("removed", "available")


@dataclass(frozen=True)
class PeriodContext:
    """Some consecutive months: one service period, or a whole measurement period."""

    contract_context: ContractContext
    months: tuple[str, ...]

    @property
    def month(self) -> str:
        return self.months[-1]

    @cached_property
    def period(self) -> Period:
        """Within the term; the future included."""
        return period_of(self.contract_context.contract, self.months[0], self.months[-1])

    @property
    def until_ms(self) -> int:
        """Up to when there can be anything to tell."""
        return min(self.contract_context.now_ms, self.period.end_ms)

    @cached_property
    def terms(self) -> Terms:
        """By which the last month is banded, pointed and priced."""
        return terms_in(self.contract_context.contract, self.period, self.contract_context.now_ms)

    @cached_property
    def services_with_endpoints(self) -> frozenset[str]:
        return frozenset(service.id for service in self.terms.services if service.endpoints)

    @cached_property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.contract_context, self.period.start_ms, self.period.end_ms)

    @cached_property
    def exclusions(self) -> Exclusions:
        contract_context = self.contract_context
        periods = (period_of(contract_context.contract, month) for month in self.months)
        return together([exclusions(contract_context.case, period, contract_context.hours) for period in periods])

    @cached_property
    def _slices(self) -> dict[str, Sequence[TermsSlice]]:
        return {}

    @cached_property
    def _throughs(self) -> dict[object, Through]:
        return {}

    @cached_property
    def tickets(self) -> list[TicketRecord]:
        """Those that can belong to the period."""
        return [
            said
            for _, said in self.contract_context.effective.of(TicketRecord)
            if said.opened_ms < self.until_ms and (said.ended_ms is None or said.ended_ms >= self.period.start_ms)
        ]

    @cached_property
    def _times(self) -> dict[object, Time]:
        return {}

    @cached_property
    def frame(self) -> MeasureFrame:
        """Where and when figures of this period are."""
        floor = Fraction(self.terms.accounting.coverage_floor_percent) / 100
        return MeasureFrame(
            self.period,
            self.contract_context.now_ms,
            self.contract_context.contract.time_zone,
            self.terms.calendars,
            floor,
        )

    @cached_property
    def imported(self) -> Sequence[tuple[Import, Mapping[str, Intervals]]]:
        """What was brought in from elsewhere and counts in the period so far, with when, by endpoint key."""
        if not self.contract_context.imports:
            return ()
        return self.contract_context.evidence.imports_in(
            self.contract_context.contract.id, self.period.start_ms, self.until_ms
        )

    def imported_time(self, service: Service, several: Sequence[Mapping[str, Intervals]]) -> Intervals:
        """The agreed time of a service so far in which what is known of any of its endpoints was brought in."""
        keys = [endpoint_key(self.contract_context.contract.id, endpoint.id) for endpoint in service.endpoints]
        when = union(*(one[key] for one in several for key in keys if key in one))
        return intersect(self.through(service.id).hours, when) if when else []

    def whole_slices(self, service: str) -> Sequence[TermsSlice]:
        """A service through the whole period, to its end."""
        if service not in self._slices:
            self._slices[service] = list(
                slices_of(self.contract_context.contract, service, self.period, self.contract_context.hours)
            )
        return self._slices[service]

    def slices(self, service: str) -> Sequence[TermsSlice]:
        """A service through the period so far."""
        whole = self.whole_slices(service)
        if self.contract_context.now_ms >= self.period.end_ms:
            return whole
        so_far = (until(one, self.until_ms) for one in whole)
        return [one for one in so_far if one.start_ms < one.end_ms]

    def through(self, service: str, counting: Counting = PLAIN) -> Through:
        """What a service was so far."""
        key = service, counting.sight
        if key not in self._throughs:
            impacts = _impacts(self.contract_context.effective, service)
            self._throughs[key] = through(self.slices(service), self.endpoints, self.period, impacts, counting)
        return self._throughs[key]

    def excluded(self, service: str, view: View, kpi: str | None = None, counting: Counting = PLAIN) -> Intervals:
        """What a view leaves out; nothing where the contract counts excluded time like any other."""
        return self._excluded(service, view, kpi, counting, counting.kinds("removed", "available"))

    def kept(self, service: str, view: View, kpi: str | None = None, counting: Counting = PLAIN) -> Intervals:
        """The part of it that is deemed available, where the rest is removed."""
        if counting.excluded == counting.of_maintenance:
            return []
        removed, kept = (self._excluded(service, view, kpi, counting, counting.kinds(way)) for way in WAYS)
        return subtract(kept, removed)

    def _excluded(
        self, service: str, view: View, kpi: str | None, counting: Counting, kinds: Sequence[ExcludedKind]
    ) -> Intervals:
        if not kinds:
            return []
        left_out = counting.kinds("removed", "available")
        return self.exclusions.time(service, view, kpi, lambda: self.through(service, counting).down, kinds, left_out)

    def time(self, service: str, view: View, kpi: str | None = None, counting: Counting = PLAIN) -> Time:
        """A service's time by class."""
        excluded = self.excluded(service, view, kpi, counting)
        return self.time_without(service, excluded, counting, self.kept(service, view, kpi, counting))

    def time_without(
        self, service: str, excluded: Intervals, counting: Counting = PLAIN, kept: Sequence[tuple[int, int]] = ()
    ) -> Time:
        """The same for a given excluded time: mostly it is nothing, in every view and for every KPI. `kept`: what of it
        is deemed available while the rest is removed."""
        key = service, counting.sight, tuple(excluded), tuple(kept)
        if key not in self._times:
            through = self.through(service, counting)
            self._times[key] = time_of(through, self.period.start_ms, self.until_ms, excluded, kept)
        return self._times[key]

    def ahead(self, service: str) -> Intervals:
        """The agreed hours that are still to come."""
        whole = [pair for one in self.whole_slices(service) for pair in one.hours]
        return subtract(whole, [(0, self.until_ms)]) if self.until_ms > 0 else whole


def _impacts(effective: EffectiveEntries, service: str) -> list[UserImpact]:
    return [
        UserImpact(said.start_ms, said.end_ms, Fraction(said.users, said.of))
        for _, said in effective.of(Impact)
        if said.service == service
    ]
