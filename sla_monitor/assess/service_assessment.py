"""Services as everyone reads them: time by class, outages with their reasons, and what is left out and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from sla_monitor.assess.assessment import Lanes, Outage, ServiceAssessment
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_sweep import state_now
from sla_monitor.assess.service_time import Spell, Through
from sla_monitor.contract.terms import Service
from sla_monitor.periods.intervals import Intervals, intersect, length
from sla_monitor.periods.terms_slices import TermsSlice
from sla_monitor.register.entries import Correction, Impact
from sla_monitor.sla.observation import Outcome, Reason

Down: TypeAlias = tuple[int, int, str, Reason | None]
"""From, to, the endpoint that was seen down, and why."""


def service_assessment(context: PeriodContext, service: Service) -> ServiceAssessment:
    """One service in a month so far, as its own terms say: excluded and unseen time on neither side of the ratio."""
    whole, slices, seen = context.whole_slices(service.id), context.slices(service.id), context.through(service.id)
    excluded = context.exclusions.time(service.id, "agreed")
    time = context.time_without(service.id, excluded)
    outages = tuple(_outages(context, slices, seen, excluded))
    return ServiceAssessment(
        service=service.id,
        name=service.name or service.id,
        criticality=service.criticality,
        participants=service.participants,
        state=_state(context, slices),
        agreed_ms=time.agreed_ms,
        period_agreed_ms=sum(length(one.hours) for one in whole),
        downtime_ms=sum(outage.downtime_ms for outage in outages),
        unknown_ms=time.unknown_ms,
        outages=outages,
        degraded_ms=time.degraded_ms,
        excluded_ms=time.excluded_ms,
        gross_downtime_ms=sum(outage.gross_ms for outage in outages),
        excluded=context.exclusions.listed(service.id),
        lanes=_lanes(whole, seen, excluded),
        imported_ms=length(context.imported_time(service, [when for _, when in context.imported])),
        is_probed=any(one.service.endpoints for one in whole),
    )


def _lanes(whole: Sequence[TermsSlice], seen: Through, excluded: Intervals) -> Lanes:
    hours = [pair for one in whole for pair in one.hours]
    left_out = intersect(seen.hours, excluded) if excluded else []
    return Lanes(hours, seen.up, seen.degraded, seen.down, seen.unknown, left_out)


def _state(context: PeriodContext, slices: Sequence[TermsSlice]) -> Outcome:
    """The service at this moment; of a month that is over, and of a service that is gone, nothing is known."""
    if not slices or slices[-1].end_ms < context.contract_context.now_ms:
        return Outcome.UNKNOWN
    return state_now(slices[-1], context.endpoints)


def _outages(
    context: PeriodContext, slices: Sequence[TermsSlice], seen: Through, excluded: Intervals
) -> Iterator[Outage]:
    """The service's outages from beginning to end, also where that lies outside the hours or the period; only those
    with a part inside, and the open one."""
    if not seen.spells:
        return
    now_ms, entries = context.contract_context.now_ms, _entries(context, slices[-1].service)
    for spell, downs in zip(seen.spells, _causes(seen.spells, _downs(context, slices)), strict=True):
        start_ms, end_ms, _, gross = spell
        gross_ms, is_open = gross.weighted_ms, end_ms >= now_ms
        if gross_ms or is_open:
            counted_ms = spell.outside(excluded).weighted_ms if excluded else gross_ms
            names, reason = tuple(dict.fromkeys([down[2] for down in downs])), downs[0][3] if downs else None
            numbers = {number for start, end, number in entries if start < end_ms and end > start_ms} if entries else ()
            until_ms = None if is_open else end_ms
            yield Outage(start_ms, until_ms, counted_ms, reason, names, gross_ms, tuple(sorted(numbers)))


def _causes(spells: Sequence[Spell], downs: Sequence[Down]) -> Iterator[list[Down]]:
    """What was seen down in each outage, in one walk along both."""
    ahead, beside = deque(downs), list[Down]()
    for spell in spells:
        while ahead and ahead[0][0] < spell.end_ms:
            beside.append(ahead.popleft())
        beside = [down for down in beside if down[1] > spell.start_ms]
        yield beside


def _downs(context: PeriodContext, slices: Sequence[TermsSlice]) -> list[Down]:
    """Everything that was seen down, in order of time."""
    endpoints = {endpoint.id: endpoint for one in slices for endpoint in one.service.endpoints}
    found = [down for endpoint in endpoints.values() for down in context.endpoints.downs(endpoint)]
    return sorted(found, key=itemgetter(0, 1))


def _entries(context: PeriodContext, service: Service) -> list[tuple[int, int, int]]:
    """(from, to, number) of the register entries about a service's time."""
    standing = context.contract_context.standing
    spans = [(*one.asked, one.entry) for one in context.exclusions.of(service.id)]
    spans += [(said.start_ms, said.end_ms, e.number) for e, said in standing.of(Impact) if said.service == service.id]
    spans += [(said.start_ms, said.end_ms, e.number) for e, said in standing.of(Correction) if _is_about(said, service)]
    return spans


def _is_about(said: Correction, service: Service) -> bool:
    return service.id in said.services or any(endpoint.id in said.endpoints for endpoint in service.endpoints)
