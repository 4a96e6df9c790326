"""Services in an assessment's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.document.values import Money, Number, StepJson, instant, money, optional, seconds, steps
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Outcome


class PlaceSightJson(TypedDict):
    """What one site saw of an endpoint during an outage."""

    endpoint: str
    """The endpoint's id."""
    site: str
    """The site's name; main: the collector's own."""
    outcome: Literal["up", "down", "unknown"]
    """down: it saw some of the outage; up: it saw something, and none of it; unknown: it saw nothing."""
    down_seconds: str
    """For how long it saw the endpoint down."""
    unseen_seconds: str
    """For how long it saw nothing."""


class PlaceTimeJson(TypedDict):
    """What one site saw of an endpoint in the agreed service time so far."""

    endpoint: str
    """The endpoint's id."""
    site: str
    """The site's name; main: the collector's own."""
    observed_seconds: str
    """The agreed time in which it saw anything."""
    down_seconds: str
    """The time in which it saw the endpoint down, nothing excluded."""
    outvoted_seconds: str
    """The part of that in which the quorum of places did not see it down."""
    coverage: Number | None
    """Observed time over agreed time."""


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
    places: NotRequired[list[PlaceSightJson]]
    """What each site saw, only of endpoints that several places probe."""
    end_seen: NotRequired[bool]
    """false: nothing was seen when it ended; it lasted until then at least. Else it is not there."""


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
    places: NotRequired[list[PlaceTimeJson]]
    """What each site saw, only of endpoints that several places probe."""


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
    if one.places:
        told["places"] = [_place_time(each) for each in one.places]
    return told


def _place_time(one: assessment.PlaceTime) -> PlaceTimeJson:
    return {
        "endpoint": one.endpoint,
        "site": one.site,
        "observed_seconds": seconds(one.observed_ms),
        "down_seconds": seconds(one.down_ms),
        "outvoted_seconds": seconds(one.outvoted_ms),
        "coverage": optional(one.coverage_ratio),
    }


def place_sights(several: Sequence[assessment.PlaceSight]) -> list[PlaceSightJson]:
    """What each site saw of an outage."""
    return [
        {
            "endpoint": one.endpoint,
            "site": one.site,
            "outcome": _SEEN[one.outcome],
            "down_seconds": seconds(one.down_ms),
            "unseen_seconds": seconds(one.unseen_ms),
        }
        for one in several
    ]


_SEEN: dict[Outcome, Literal["up", "down", "unknown"]] = {
    Outcome.UP: "up",
    Outcome.DOWN: "down",
    Outcome.UNKNOWN: "unknown",
}


def outage(one: assessment.Outage) -> OutageJson:
    told: OutageJson = {
        "start": format_utc(one.start_ms),
        "end": instant(one.end_ms),
        "downtime_seconds": seconds(one.downtime_ms),
        "gross_seconds": seconds(one.gross_ms),
        "reason": one.reason and one.reason.value,
        "endpoints": list(one.endpoints),
        "entries": list(one.entries),
    }
    if one.places:
        told["places"] = place_sights(one.places)
    if not one.end_seen:
        told["end_seen"] = False
    return told


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
