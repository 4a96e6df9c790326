"""Booked maintenance that runs or is to come: the time in which nobody is called, and why somebody is in the rest.

Nobody is called in the time that the month's figures leave out (`Exclusions.time`, the agreed view), and in no other.
Maintenance that excludes downtime alone is asked about as if the service were down from now on: that is as much as may
still be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.assess.exclusions import Exclusions, exclusions, together
from sla_monitor.assess.history import FOREVER_MS
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.rulings import RequestContext, Ruling
from sla_monitor.contract.contract import TermsSpan
from sla_monitor.contract.kpis.kpi import ServiceTimeKpi
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import month_at, period_of, run_of
from sla_monitor.periods.intervals import Intervals, intersect, normal, subtract, union
from sla_monitor.periods.months import shifted, span
from sla_monitor.periods.terms_slices import ServiceHours
from sla_monitor.register.entries import Maintenance

COUNTED = "maintenance counts like any other time"
GONE = "the contract does not have the service then"

Downtime = Callable[[str], Intervals]
"""When a service was down so far."""


def booked_maintenance(context: PeriodContext) -> tuple[BookedStretch, ...]:
    """What is booked from now to the end of next month. `context`: the running month."""
    of_contract = context.contract_context
    if not of_contract.effective.of(Maintenance):
        return ()

    def was_down(service: str) -> Intervals:
        several = (context.through(service, kpi.counting).down for kpi in _kpis(context.terms, service))
        return union(context.through(service).down, *several)

    known = {context.month: context.exclusions}
    booked = _Booked(of_contract.case, of_contract.now_ms, of_contract.hours, was_down, known)
    this, begin_ms = of_contract.this_month, context.period.start_ms
    goes_on = any(said.start_ms < begin_ms < said.end_ms for _, said in of_contract.effective.of(Maintenance))
    return booked.stretches(shifted(this, -1) if goes_on else this, shifted(this, 1))


def booked_by(case: RequestContext, number: int, now_ms: int) -> tuple[BookedStretch, ...]:
    """The same of one booking, through all the months in which it is, for services that were not down in it so far."""
    asked = case.effective.entry(number)
    if asked is None or not isinstance(asked.body, Maintenance) or asked.body.end_ms <= now_ms:
        return ()
    first, last = (month_at(at_ms, case.contract.time_zone) for at_ms in (asked.body.start_ms, asked.body.end_ms - 1))
    found = _Booked(case, now_ms, ServiceHours(), lambda _: []).stretches(first, last)
    return tuple(one for one in found if one.booking == number)


def _kpis(terms: Terms, service: str) -> Iterator[ServiceTimeKpi]:
    """The KPIs that are worked out from the time of a service."""
    return (kpi for kpi in terms.kpis if isinstance(kpi, ServiceTimeKpi) and kpi.service == service)


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    """A stretch of one booking for one service."""

    start_ms: int
    end_ms: int
    booking: int
    service: str
    is_silenced: bool
    why: str


@dataclass(frozen=True)
class _Booked:
    """`known`: the rulings of months that are worked out already."""

    case: RequestContext
    now_ms: int
    hours: ServiceHours
    was_down: Downtime
    known: Mapping[str, Exclusions] = field(default_factory=dict)

    def stretches(self, first: str, last: str) -> tuple[BookedStretch, ...]:
        """What is booked from now on in some consecutive months, in order of time."""
        run = run_of(self.case.contract)
        months = span(max(first, run.first), min(last, run.last or last))
        rulings = together([self.known.get(one) or self._rulings(one) for one in months])
        services = dict.fromkeys(one.service for one in rulings.rulings if one.kind == "maintenance")
        pieces = [piece for service in services for piece in self._pieces(service, rulings)]
        return tuple(self._of_services(_joined(pieces)))

    def _rulings(self, month: str) -> Exclusions:
        return exclusions(self.case, period_of(self.case.contract, month), self.hours)

    def _pieces(self, service: str, rulings: Exclusions) -> Iterator[_Piece]:
        left_out = rulings.time(service, "agreed", None, lambda: self._down_from_now(service), ("maintenance",))
        present, counted = self._present(service)
        for ruling in rulings.of(service):
            if ruling.kind == "maintenance":
                yield from self._of_ruling(ruling, subtract(intersect(left_out, present), counted), (present, counted))

    def _of_ruling(self, ruling: Ruling, left_out: Intervals, where: tuple[Intervals, Intervals]) -> Iterator[_Piece]:
        present, counted = where
        granted = normal(ruling.granted)
        silenced = intersect(intersect(granted, left_out), [(self._since_ms(ruling.entry), FOREVER_MS)])
        loud = subtract(intersect(granted, present), silenced)
        several = (
            (silenced, ruling.why),
            (intersect(loud, counted), COUNTED),
            (subtract(loud, counted), ruling.why),
            (subtract(granted, present), GONE),
            (subtract([ruling.asked], granted), ruling.why_not),
        )
        for stretches, why in several:
            for start_ms, end_ms in stretches:
                yield _Piece(start_ms, end_ms, ruling.entry, ruling.service, stretches is silenced, why)

    def _down_from_now(self, service: str) -> Intervals:
        return union(intersect(self.was_down(service), [(0, self.now_ms)]), [(self.now_ms, FOREVER_MS)])

    def _since_ms(self, number: int) -> int:
        """From when on nobody is called: since it was granted, or booked where nobody has to grant it."""
        decision, entry = self.case.effective.decision_on(number), self.case.effective.entry(number)
        found = decision[0] if decision else entry
        return found.at_ms if found else FOREVER_MS

    def _present(self, service: str) -> tuple[Intervals, Intervals]:
        """When the contract has a service; and when every figure of its time counts maintenance like any other."""
        versions = [one for one in self._versions if service in one.terms.services_by_id]
        counted = [one for one in versions if _is_counted(one.terms, service)]
        return normal((one.start_ms, one.end_ms) for one in versions), normal((o.start_ms, o.end_ms) for o in counted)

    @cached_property
    def _versions(self) -> list[TermsSpan]:
        return list(self.case.contract.versions_in(0, FOREVER_MS))

    def _of_services(self, pieces: Iterable[_Piece]) -> Iterator[BookedStretch]:
        """Those that differ in nothing but their service are one."""
        several: dict[tuple[int, int, int, bool, str], list[str]] = {}
        for one in sorted(pieces):
            if one.end_ms > self.now_ms:
                key = (one.start_ms, one.end_ms, one.booking, one.is_silenced, one.why)
                several.setdefault(key, []).append(one.service)
        for (start_ms, end_ms, booking, is_silenced, why), services in several.items():
            entry = self.case.effective.entry(booking)
            loud = {kpi.id for v in self._versions for one in services for kpi in _kpis(v.terms, one) if _counts(kpi)}
            reference = entry.reference if entry else ""
            names = tuple(sorted(services))
            kpis = tuple(sorted(loud))
            yield BookedStretch(booking, reference, names, start_ms, end_ms, is_silenced, why, kpis)


def _is_counted(terms: Terms, service: str) -> bool:
    kpis = list(_kpis(terms, service))
    return bool(kpis) and all(_counts(kpi) for kpi in kpis)


def _counts(kpi: ServiceTimeKpi) -> bool:
    """Whether its figure counts permitted maintenance like any other time."""
    return "maintenance" in kpi.counting.kinds("counted")


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Without the edges of months: what goes on over one is one stretch."""
    several: dict[tuple[int, str, bool, str], list[tuple[int, int]]] = {}
    for one in pieces:
        several.setdefault((one.booking, one.service, one.is_silenced, one.why), []).append((one.start_ms, one.end_ms))
    for (booking, service, is_silenced, why), stretches in several.items():
        for start_ms, end_ms in normal(stretches):
            yield _Piece(start_ms, end_ms, booking, service, is_silenced, why)
