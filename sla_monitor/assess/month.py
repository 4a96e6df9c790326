"""Contract + ledger + sla -> Assessment: what was seen of each service in one month, so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction

from sla_monitor.assess.assessment import (
    Assessment,
    ContractAssessment,
    KpiAssessment,
    Outage,
    ServiceAssessment,
)
from sla_monitor.assess.seen import Evidence
from sla_monitor.contract.contract import Contract, endpoint_key, midnight_ms
from sla_monitor.contract.kpi import AvailabilityKpi
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.sla.availability import Classified, classify, endpoint_intervals, joined
from sla_monitor.sla.hours import agreed_hours
from sla_monitor.sla.intervals import Intervals, at_least, intersect, length
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.period import Period, instant_ms, month_of
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.spans import Span, held

SpansOf = Callable[[int, int], Mapping[str, Sequence[Span]]]
"""The ledger's question: the whole spans that overlap `[start_ms, end_ms)`, by endpoint key, ascending."""


def assess(
    contracts: Iterable[Contract], spans_of: SpansOf, now_ms: int, rest: Callable[[], None] = lambda: None
) -> Assessment:
    """Every contract's running period at `now_ms`. `rest` is called between services: the daemon lets looks that are
    due go first, because working out thousands of endpoints in one go would make them late."""
    return Assessment(now_ms, tuple(assess_contract(contract, spans_of, now_ms, rest) for contract in contracts))


def assess_month(
    contract: Contract, evidence: Evidence, month: str, now_ms: int, history: Sequence[PeriodResult] | None = None
) -> ContractAssessment:
    """One contract in one month of its term (2026-10), as known at `now_ms`: everything that it says, with working.

    `history`: the results of all months before, if the caller has them. Raises ValueError for a month outside the
    term or one that has not begun.
    """
    zone = contract.versions[0].terms.time_zone
    year, of_year = int(month[:4]), int(month[5:7])
    middle_ms = instant_ms(date(year, of_year, 15), time.min, zone)
    at_ms = min(now_ms, month_of(middle_ms, zone).end_ms - 1)
    return assess_contract(contract, evidence.spans, at_ms)


def assess_contract(
    contract: Contract, spans_of: SpansOf, now_ms: int, rest: Callable[[], None] = lambda: None
) -> ContractAssessment:
    """One contract's month that holds `now_ms`, so far."""
    version = contract.version_at(now_ms)
    terms = version.terms
    period = month_of(now_ms, terms.time_zone)
    spans = {key: held(several, now_ms) for key, several in spans_of(period.start_ms, now_ms).items()}
    month = _Month(contract, _within_term(period, terms), now_ms, spans)
    services = {}
    for service in terms.services:
        services[service.id] = month.service(service)
        rest()
    return ContractAssessment(
        contract=contract.id,
        title=terms.title,
        note=terms.note,
        authority=terms.authority,
        supplier=terms.supplier,
        currency=terms.currency,
        time_zone=terms.time_zone.key,
        period=period,
        terms_from_ms=version.from_ms,
        terms_reference=version.reference,
        services=tuple(services.values()),
        kpis=tuple(month.kpi(kpi, services[kpi.service]) for kpi in terms.availability_kpis),
        starts_on=terms.term.start_on,
        ends_on=terms.term.end_on,
    )


def _within_term(period: Period, terms: Terms) -> Period:
    """The part of a month that the contract runs: the first and the last may be part months."""
    start_ms = midnight_ms(terms.term.start_on, terms)
    end_ms = midnight_ms(terms.term.end_on + timedelta(days=1), terms)
    return Period(period.name, max(period.start_ms, start_ms), min(period.end_ms, end_ms))


@dataclass(frozen=True, slots=True)
class _Part:
    """A service under one version of the terms, within the period: what holds from `start_ms` to `end_ms`."""

    start_ms: int
    end_ms: int
    terms: Terms
    service: Service

    def agreed(self) -> Intervals:
        calendar = self.terms.calendars.get(self.service.service_hours)
        return agreed_hours(calendar, self.terms.time_zone, self.start_ms, self.end_ms)

    @property
    def needed(self) -> int:
        """How many endpoints must be up."""
        wanted = self.service.available_when
        return {"all": len(self.service.endpoints), "any": 1}[wanted] if isinstance(wanted, str) else wanted


@dataclass(frozen=True, slots=True)
class _Month:
    """One period of one contract, with what was seen in it."""

    contract: Contract
    period: Period
    now_ms: int
    spans: Mapping[str, Sequence[Span]]
    known: dict[tuple[str, int], tuple[Intervals, Intervals]] = field(default_factory=dict)

    def service(self, service: Service) -> ServiceAssessment:
        parts = list(self._parts(service.id, min(self.now_ms, self.period.end_ms)))
        classes = joined(classify(part.agreed(), self._endpoints(part), part.needed) for part in parts)
        return ServiceAssessment(
            service=service.id,
            name=service.name or service.id,
            criticality=service.criticality,
            participants=service.participants,
            state=self._state(parts),
            agreed_ms=classes.agreed_ms,
            period_agreed_ms=sum(length(part.agreed()) for part in self._parts(service.id, self.period.end_ms)),
            downtime_ms=length(classes.down),
            unknown_ms=length(classes.unknown),
            outages=tuple(self._outages(parts, classes)),
        )

    def kpi(self, kpi: AvailabilityKpi, service: ServiceAssessment) -> KpiAssessment:
        """The allowance is that of each version's target over its own agreed time; the target shown is the one
        that gives the same allowance over the whole, which with one version is that version's."""
        allowance = Fraction(0)
        for part in self._parts(kpi.service, self.period.end_ms):
            promised = next((k for k in part.terms.availability_kpis if k.id == kpi.id), kpi)
            allowance += length(part.agreed()) * (1 - promised.target_ratio)
        whole = service.period_agreed_ms
        floor = Fraction(self.contract.version_at(self.now_ms).terms.accounting.coverage_floor_percent) / 100
        return KpiAssessment(
            kpi=kpi.id,
            title=kpi.title or kpi.id,
            clause=kpi.clause,
            service=service,
            target_ratio=1 - allowance / whole if whole else kpi.target_ratio,
            allowance_ms=allowance,
            is_assessable=service.coverage_ratio is not None and service.coverage_ratio >= floor,
        )

    def _parts(self, service_id: str, until_ms: int) -> Iterator[_Part]:
        for start_ms, end_ms, terms in self.contract.versions_in(self.period.start_ms, until_ms):
            service = next((s for s in terms.services if s.id == service_id), None)
            if service is not None:
                yield _Part(start_ms, end_ms, terms, service)

    def _endpoints(self, part: _Part) -> list[tuple[Intervals, Intervals]]:
        failures = part.terms.accounting.confirmation_failures
        keys = (endpoint_key(self.contract.id, endpoint.id) for endpoint in part.service.endpoints)
        return [self._endpoint(key, failures) for key in keys]

    def _endpoint(self, key: str, failures: int) -> tuple[Intervals, Intervals]:
        """(up, down) of one endpoint; worked out once, asked for several times."""
        if (key, failures) not in self.known:
            self.known[key, failures] = endpoint_intervals(self.spans.get(key, ()), failures)
        return self.known[key, failures]

    def _state(self, parts: Sequence[_Part]) -> Outcome:
        """The service at this moment, whatever the hour: DEGRADED when it is up and one of its endpoints is not."""
        if not parts or parts[-1].end_ms < self.now_ms:
            return Outcome.UNKNOWN
        moment = [(self.now_ms - 1, self.now_ms)]
        classes = classify(moment, self._endpoints(parts[-1]), parts[-1].needed)
        if not classes.up:
            return Outcome.DOWN if classes.down else Outcome.UNKNOWN
        keys = (endpoint_key(self.contract.id, endpoint.id) for endpoint in parts[-1].service.endpoints)
        latest = (self.spans[key][-1] for key in keys if self.spans.get(key))
        return Outcome.UP if all(span.outcome is Outcome.UP for span in latest) else Outcome.DEGRADED

    def _outages(self, parts: Sequence[_Part], classes: Classified) -> Iterator[Outage]:
        """The service's outages from beginning to end, also where that lies outside the hours or the period;
        only those with a part that counts, and the open one."""
        whole: list[tuple[int, int]] = []
        for index, part in enumerate(parts):
            endpoints = self._endpoints(part)
            down = at_least(len(endpoints) - part.needed + 1, [down for _, down in endpoints]) if endpoints else []
            start_ms = part.start_ms if index else 0  # what began before the period is shown from its beginning
            whole = _touching(whole, intersect(down, [(start_ms, part.end_ms)]))
        for start_ms, end_ms in whole:
            counted = length(intersect([(start_ms, end_ms)], classes.down))
            is_open = end_ms >= self.now_ms
            if counted or is_open:
                yield self._outage(start_ms, None if is_open else end_ms, counted, parts)

    def _outage(self, start_ms: int, end_ms: int | None, counted: int, parts: Sequence[_Part]) -> Outage:
        until = self.now_ms if end_ms is None else end_ms
        found = [
            (span.start_ms, endpoint.id, span.reason)
            for endpoint in parts[-1].service.endpoints
            for span in self.spans.get(endpoint_key(self.contract.id, endpoint.id), ())
            if span.outcome is Outcome.DOWN and span.start_ms < until and span.end_ms > start_ms
        ]
        reason = min(found, key=lambda each: each[0])[2] if found else None
        return Outage(start_ms, end_ms, counted, reason, tuple(dict.fromkeys(name for _, name, _ in found)))


def _touching(a: Intervals, b: Intervals) -> Intervals:
    """b after a, joined where they meet: an outage goes on through a change of terms."""
    if a and b and a[-1][1] == b[0][0]:
        return [*a[:-1], (a[-1][0], b[0][1]), *b[1:]]
    return [*a, *b]
