"""Services in an assessment's JSON."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.document.values import Money, Number, StepJson, instant, money, optional, seconds, steps
from sla_monitor.register.instant import format_utc


class OutageJson(TypedDict):
    """A run of downtime of a service, judged as a whole."""

    start: str
    """When it began, also where that is before the period."""
    end: str | None
    """When it was over; null: it goes on."""
    downtime_seconds: str
    """The part that counts, agreed view."""
    gross_seconds: str
    """The part that would count if nothing were excluded."""
    reason: str | None
    """What was found first."""
    endpoints: list[str]
    """The ids of those that were down in it."""
    entries: list[int]
    """The numbers of the register's entries that touch it."""


class Exclusion(TypedDict):
    """Time that somebody says should not count."""

    start: str
    """From this instant on."""
    end: str
    """End, exclusive."""
    entry: int
    """The number of the entry that says so."""
    kind: Literal["maintenance", "claim"]
    """What it says."""
    granted: bool
    """Whether it is excluded in the agreed view."""
    pending: bool
    """Whether a decision is awaited."""
    kpis: list[str]
    """Only for these KPIs; none: for all."""
    why: str
    """What was granted, or why not."""


class ImpactCostJson(TypedDict):
    """What the downtime of a service cost the authority, agreed view."""

    cost: Money
    """To the smallest coin."""
    working: list[StepJson]
    """How it comes about."""


class ServiceJson(TypedDict):
    """One service in the period so far, agreed view."""

    service: str
    """Its id."""
    name: str
    """Its name."""
    criticality: str
    """How much depends on it."""
    participants: list[str]
    """Who takes it; none: everybody."""
    agreed_seconds: str
    """Agreed service time so far."""
    period_agreed_seconds: str
    """Agreed service time of the whole period."""
    downtime_seconds: str
    """Downtime that counts."""
    gross_downtime_seconds: str
    """Downtime if nothing were excluded."""
    degraded_seconds: str
    """Time in which it answered, and was not well."""
    excluded_seconds: str
    """Time that does not count."""
    unknown_seconds: str
    """Whether time without observations counts."""
    coverage: Number | None
    """Observed time over agreed time."""
    outages: list[OutageJson]
    """What the downtime is made of."""
    excluded: list[Exclusion]
    """Time that somebody says should not count."""
    impact_cost: NotRequired[ImpactCostJson]
    """What the downtime cost the authority, which is not credited; only where the terms have a price for it."""


def service(one: assessment.ServiceAssessment, currency: str) -> ServiceJson:
    told: ServiceJson = {
        "service": one.service,
        "name": one.name,
        "criticality": one.criticality,
        "participants": list(one.participants),
        "agreed_seconds": seconds(one.agreed_ms),
        "period_agreed_seconds": seconds(one.period_agreed_ms),
        "downtime_seconds": seconds(one.downtime_ms),
        "gross_downtime_seconds": seconds(one.gross_downtime_ms),
        "degraded_seconds": seconds(one.degraded_ms),
        "excluded_seconds": seconds(one.excluded_ms),
        "unknown_seconds": seconds(one.unknown_ms),
        "coverage": optional(one.coverage_ratio),
        "outages": [outage(each) for each in one.outages],
        "excluded": [_exclusion(each) for each in one.excluded],
    }
    if one.impact_cost is not None:
        working = steps(one.impact_cost.working)
        told["impact_cost"] = {"cost": money(one.impact_cost.amount, currency), "working": working}
    return told


def outage(one: assessment.Outage) -> OutageJson:
    return {
        "start": format_utc(one.start_ms),
        "end": instant(one.end_ms),
        "downtime_seconds": seconds(one.downtime_ms),
        "gross_seconds": seconds(one.gross_ms),
        "reason": one.reason and one.reason.value,
        "endpoints": list(one.endpoints),
        "entries": list(one.entries),
    }


def _exclusion(one: assessment.Excluded) -> Exclusion:
    return {
        "start": format_utc(one.start_ms),
        "end": format_utc(one.end_ms),
        "entry": one.entry,
        "kind": one.kind,
        "granted": one.granted,
        "pending": one.is_pending,
        "kpis": list(one.kpis),
        "why": one.why,
    }
