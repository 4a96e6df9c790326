"""Everything that failed in a month, in one list: outages as the service and each of its KPIs count them, with what
people have said about each; and missed KPIs that no outage explains. Pure.

What was seen and what it costs is of the Assessment; what was entered is of the register as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.assess.assessment import ContractAssessment, Excluded, KpiAssessment, Outage, ServiceAssessment
from sla_monitor.assess.failure_causes import GivenCause, cause_of_kpi, cause_of_outage
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import Period
from sla_monitor.register.effective import EffectiveEntries, effective_subset
from sla_monitor.register.entries import (
    Acknowledgement,
    Claim,
    Correction,
    Dispute,
    Entry,
    FailureCause,
    Impact,
    Maintenance,
    Timed,
    Underpinning,
    Waiver,
)

_TOUCHING = (Maintenance, Claim, Dispute, Correction, Impact)


@dataclass(frozen=True, slots=True)
class MonthOutage:
    """An outage with all that is known of it.

    `outage`: as the service counts it, or, where no outage of the service begins then, as a KPI alone sees it. `kpis`:
    those that count some of it, each with the outage by its own way of counting. `excluded`: what becomes of the time
    that bookings and claims ask for. `entries`: bookings, claims, disputes, corrections and impacts that touch it,
    and failures of the supplier's own suppliers that explain the KPIs' miss; `in_hand`: its acknowledgements.
    """

    service: ServiceAssessment
    outage: Outage
    kpis: tuple[tuple[KpiAssessment, Outage], ...] = ()
    excluded: tuple[Excluded, ...] = ()
    entries: tuple[Entry, ...] = ()
    in_hand: tuple[Entry, ...] = ()
    cause: GivenCause | None = None

    @property
    def place(self) -> tuple[int, str, str]:
        """The latest first; no two have the same."""
        return -self.outage.start_ms, self.service.service, ""

    @property
    def counts(self) -> bool:
        """Whether it is downtime to the service or a KPI."""
        return self.outage.downtime_ms > 0 or bool(self.kpis)

    @property
    def lacks_cause(self) -> bool:
        """Whether it counts, and nobody has said what it came from."""
        return self.counts and self.cause is None


@dataclass(frozen=True, slots=True)
class MissedWithoutOutage:
    """A KPI that missed its target, and no outage is why. `cause`: what people have said; `entries`: claims that name
    it or its tickets, and failures of the supplier's own suppliers that explain it."""

    kpi: KpiAssessment
    cause: GivenCause | None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthFailures:
    """`outages`: those without a cause first, then the latest first."""

    outages: tuple[MonthOutage, ...]
    missed: tuple[MissedWithoutOutage, ...]

    @property
    def without_cause(self) -> int:
        """How many of both have no cause that somebody has given."""
        return sum(one.lacks_cause for one in self.outages) + sum(one.cause is None for one in self.missed)


def month_failures(contract: Contract, one: ContractAssessment, effective: EffectiveEntries) -> MonthFailures:
    """Of the month that `one` is about."""
    effective = _near(one, effective)
    found = [outage for service in one.services for outage in _of_service(contract, one, service, effective)]
    missed = []
    for kpi in one.kpis:
        if kpi.is_kept is False and not any(outage.downtime_ms for outage in kpi.outages):
            period = kpi.period or one.period
            cause = cause_of_kpi(effective, kpi.kpi, period.start_ms, period.end_ms)
            missed.append(MissedWithoutOutage(kpi, cause, tuple(_about_kpi(effective, kpi, period))))
    found.sort(key=lambda each: (not each.lacks_cause, each.place))
    return MonthFailures(tuple(found), tuple(missed))


def _about_kpi(effective: EffectiveEntries, kpi: KpiAssessment, period: Period) -> Iterator[Entry]:
    is_of_tickets = kpi.terms is not None and kpi.terms.ticket_terms is not None
    for entry, said in effective.of(Claim):
        is_named = kpi.kpi in said.kpis or (is_of_tickets and bool(said.tickets) and not said.kpis)
        if is_named and said.start_ms < period.end_ms and said.end_ms > period.start_ms:
            yield entry
    yield from _explained(effective, [kpi.kpi])


def _explained(effective: EffectiveEntries, kpis: Sequence[str]) -> Iterator[Entry]:
    return (entry for entry, said in effective.of(Underpinning) if not {*said.kpis}.isdisjoint(kpis))


def _near(one: ContractAssessment, effective: EffectiveEntries) -> EffectiveEntries:
    """What may be about the month's failures: a register of ten years is read through once, and not for each outage."""
    starts = [outage.start_ms for service in one.services for outage in service.outages]
    starts += [outage.start_ms for kpi in one.kpis for outage in kpi.outages]
    periods = [kpi.period.start_ms for kpi in one.kpis if kpi.period is not None]
    from_ms = min([one.period.start_ms, *starts, *periods])
    until_ms = max(one.period.end_ms, one.at_ms + 1)
    timed = (
        entry
        for kind in (*_TOUCHING, FailureCause)
        for entry, said in effective.of(kind)
        if said.start_ms < until_ms and said.end_ms > from_ms
    )
    in_hand = (entry for entry, _ in effective.of(Acknowledgement) if entry.at_ms >= from_ms)
    explained = (entry for entry, said in effective.of(Underpinning) if said.month == one.period.name)
    return effective_subset([*timed, *in_hand, *explained])


def waivers_of(effective: EffectiveEntries, kpi: str, month: str) -> tuple[Entry, ...]:
    """What the authority has let pass of a KPI in a month."""
    return tuple(e for e, said in effective.of(Waiver) if said.month == month and (not said.kpis or kpi in said.kpis))


def disputes_of(contract: Contract, effective: EffectiveEntries, month: str) -> tuple[Entry, ...]:
    """Disputes about time of a month, settled or not."""
    return tuple(entry for entry, said in effective.of(Dispute) if month in said.months(contract.time_zone))


def _of_service(
    contract: Contract, one: ContractAssessment, service: ServiceAssessment, effective: EffectiveEntries
) -> Iterator[MonthOutage]:
    counted: dict[int, list[tuple[KpiAssessment, Outage]]] = {}
    rows = {outage.start_ms: outage for outage in service.outages}
    for kpi in one.kpis:
        for outage in kpi.outages if kpi.service_id == service.service else ():
            if outage.end_ms is not None and outage.end_ms <= one.period.start_ms:
                continue  # of an earlier month of its measurement period
            rows.setdefault(outage.start_ms, outage)
            if outage.downtime_ms:
                counted.setdefault(outage.start_ms, []).append((kpi, outage))
    said = _said_about(contract, service.service, effective)
    in_hand = _acknowledgements(contract, service.service, effective)
    for start_ms, outage in rows.items():
        end_ms = one.at_ms + 1 if outage.end_ms is None else outage.end_ms
        yield MonthOutage(
            service=service,
            outage=outage,
            kpis=tuple(counted.get(start_ms, ())),
            excluded=tuple(each for each in service.excluded if each.start_ms < end_ms and each.end_ms > start_ms),
            entries=(
                *(e for e, (start, end) in said.values() if start < end_ms and end > start_ms),
                *_explained(effective, [kpi.kpi for kpi, _ in counted.get(start_ms, ())]),
            ),
            in_hand=tuple(each for each in in_hand if start_ms <= each.at_ms and each.at_ms < end_ms),
            cause=cause_of_outage(effective, service.service, start_ms, outage.end_ms),
        )


def _said_about(
    contract: Contract, service: str, effective: EffectiveEntries
) -> Mapping[int, tuple[Entry, tuple[int, int]]]:
    """The entries about a service's time, by number, each with the time."""
    several = sorted((pair for kind in _TOUCHING for pair in effective.of(kind)), key=lambda pair: pair[0].number)
    return {
        entry.number: (entry, (said.start_ms, said.end_ms))
        for entry, said in several
        if isinstance(said, Timed) and _is_about(contract, said, service)
    }


def _is_about(contract: Contract, said: Timed, service: str) -> bool:
    if isinstance(said, Impact):
        return said.service == service
    if isinstance(said, Correction):
        return service in said.services or bool({*said.endpoints} & _endpoints(contract, service, said.start_ms))
    if isinstance(said, Claim) and said.tickets and not said.services:
        return False  # it is about those tickets alone
    named: tuple[str, ...] = getattr(said, "services", ())
    return not named or service in named


def _endpoints(contract: Contract, service: str, at_ms: int) -> set[str]:
    terms = contract.version_at(at_ms).terms
    return {endpoint.id for one in terms.services if one.id == service for endpoint in one.endpoints}


def _acknowledgements(contract: Contract, service: str, effective: EffectiveEntries) -> list[Entry]:
    return [
        entry
        for entry, said in effective.of(Acknowledgement)
        if said.service == service or (said.endpoint and said.endpoint in _endpoints(contract, service, entry.at_ms))
    ]
