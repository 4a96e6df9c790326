"""What is known of one KPI in its measurement period, in one view: from looks, from tickets, from what was reported."""

from __future__ import annotations

from fractions import Fraction

from sla_monitor.assess.assessment import View
from sla_monitor.assess.period_context import Ground
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.sample_statistics import made_of_looks
from sla_monitor.assess.service_time import Time
from sla_monitor.contract.kpis.kpi import AvailabilityKpi, ErrorRateKpi, RatioKpi, ResponseTimeKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.register.entries import Claim, Figure
from sla_monitor.sla.indicators import Counts, in_target_percent
from sla_monitor.sla.measure import Seen
from sla_monitor.sla.tickets import Stop, Ticket


def seen(ground: Ground, kpi: KpiTerms, view: View, time: Time | None = None) -> Seen:
    """Everything that is known of a KPI. `time`: for availability, the whole measurement period's."""
    submitted, agreed, ours = (figure(ground, kpi, party) for party in ("supplier", "agreed", "authority"))
    given = Seen(submitted=submitted, agreed=agreed, figure=ours)
    if isinstance(kpi, AvailabilityKpi):
        return _with(given, seconds=time.seconds) if time is not None else given
    if isinstance(kpi, RatioKpi) and kpi.within_ms is not None:
        return _with(given, tickets=tickets(ground, kpi, view))
    if isinstance(kpi, ResponseTimeKpi | ErrorRateKpi):
        return _with(given, made=made_of_looks(ground, kpi, view))
    return given


def _with(given: Seen, **parts: object) -> Seen:
    fields = {name: getattr(given, name) for name in ("submitted", "agreed", "figure")}
    return Seen(**(fields | parts))


def figure(ground: Ground, kpi: KpiTerms, party: str) -> Fraction | None:
    """A party's figure for the measurement period."""
    found = ground.world.standing.figure(kpi.id, ground.month, party)
    return None if found is None else value_of(kpi, found[1])


def value_of(kpi: KpiTerms, said: Figure) -> Fraction | None:
    """A figure in the KPI's unit; counts become per cent as the KPI says."""
    if said.value is not None:
        return Fraction(said.value)
    counts = Counts(said.in_target or 0, said.total or 0)
    if counts.total:
        return in_target_percent(counts, kpi.min_denominator if isinstance(kpi, RatioKpi) else 0)
    return Fraction(100) if isinstance(kpi, RatioKpi) and kpi.no_events == "met" else None


def is_seen(ground: Ground, kpi: KpiTerms) -> bool:
    """Whether the figure comes from looking at endpoints."""
    if isinstance(kpi, ResponseTimeKpi | ErrorRateKpi) and kpi.endpoints:
        return True
    if not isinstance(kpi, AvailabilityKpi | ResponseTimeKpi | ErrorRateKpi):
        return False
    return kpi.service in ground.services_with_endpoints


def tickets(ground: Ground, kpi: RatioKpi, view: View) -> tuple[Ticket, ...]:
    """The tickets of the register that count in a view; those that a claim names are left out where it is granted, and
    in the view in which every claim is."""
    left_out = excused(ground, kpi, view)
    found = []
    for said in ground.tickets:
        is_ours = kpi.service is None or said.service in {None, kpi.service}
        if is_ours and said.id not in left_out:
            stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in said.stops)
            found.append(Ticket(said.id, said.priority, said.opened_ms, said.responded_ms, said.ended_ms, stops))
    return tuple(found)


def excused(ground: Ground, kpi: RatioKpi, view: View) -> frozenset[str]:
    """The ids of the tickets that a view leaves out."""
    case = ground.world.case
    named = (
        said.tickets
        for entry, said in case.standing.of(Claim)
        if (not said.kpis or kpi.id in said.kpis) and (view == "claimed" or is_granted(case, entry, said))
    )
    return frozenset() if view == "gross" else frozenset(ticket for several in named for ticket in several)
