"""Services as everyone reads them: time by class, outages with their reasons, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.assess.assessment import Lanes, Outage, ServiceAssessment
from sla_monitor.assess.ground import Ground
from sla_monitor.assess.parts import Part
from sla_monitor.assess.services import state_now
from sla_monitor.assess.times import Spell, Through, time_of
from sla_monitor.contract.terms import Service
from sla_monitor.register.entries import Correction, Impact
from sla_monitor.sla.intervals import Intervals, intersect, length
from sla_monitor.sla.observation import Outcome, Reason


def service_assessment(ground: Ground, service: Service) -> ServiceAssessment:
    """One service in a month so far, as its own terms say: excluded and unseen time on neither side of the ratio."""
    whole, parts, seen = ground.whole_parts(service.id), ground.parts(service.id), ground.through(service.id)
    excluded = ground.exclusions.time(service.id, "agreed")
    time = time_of(seen, ground.period.start_ms, ground.until_ms, excluded)
    outages = tuple(_outages(ground, parts, seen, excluded))
    return ServiceAssessment(
        service=service.id,
        name=service.name or service.id,
        criticality=service.criticality,
        participants=service.participants,
        state=_state(ground, parts),
        agreed_ms=time.agreed_ms,
        period_agreed_ms=sum(length(part.hours) for part in whole),
        downtime_ms=sum(outage.downtime_ms for outage in outages),
        unknown_ms=time.unknown_ms,
        outages=outages,
        degraded_ms=time.degraded_ms,
        excluded_ms=time.excluded_ms,
        gross_downtime_ms=sum(outage.gross_ms for outage in outages),
        excluded=ground.exclusions.listed(service.id),
        lanes=_lanes(whole, seen, excluded),
    )


def _lanes(whole: Sequence[Part], seen: Through, excluded: Intervals) -> Lanes:
    hours = [pair for part in whole for pair in part.hours]
    left_out = intersect(seen.hours, excluded) if excluded else []
    return Lanes(hours, seen.up, seen.degraded, seen.down, seen.unknown, left_out)


def _state(ground: Ground, parts: Sequence[Part]) -> Outcome:
    """The service at this moment; of a month that is over, and of a service that is gone, nothing is known."""
    if not parts or parts[-1].end_ms < ground.world.now_ms:
        return Outcome.UNKNOWN
    return state_now(parts[-1], ground.endpoints)


def _outages(ground: Ground, parts: Sequence[Part], seen: Through, excluded: Intervals) -> Iterator[Outage]:
    """The service's outages from beginning to end, also where that lies outside the hours or the period; only those
    with a part inside, and the open one."""
    for spell in seen.spells:
        gross_ms = round(spell.outside([]).weighted_ms)
        is_open = spell.end_ms >= ground.world.now_ms
        if gross_ms or is_open:
            counted_ms = round(spell.outside(excluded).weighted_ms) if excluded else gross_ms
            reason, names = _causes(ground, parts, spell)
            end_ms = None if is_open else spell.end_ms
            entries = _entries(ground, parts[-1].service, spell)
            yield Outage(spell.start_ms, end_ms, counted_ms, reason, names, gross_ms, entries)


def _causes(ground: Ground, parts: Sequence[Part], spell: Spell) -> tuple[Reason | None, tuple[str, ...]]:
    """Why the first endpoint was down, and the ids of all that were, by when."""
    found: dict[str, tuple[int, Reason | None]] = {}
    for part in parts:
        for endpoint in part.service.endpoints:
            down = ground.endpoints.down_in(endpoint, spell.start_ms, spell.end_ms)
            if down is not None:
                found[endpoint.id] = down
    ordered = sorted(found, key=lambda name: found[name][0])
    return (found[ordered[0]][1] if ordered else None), tuple(ordered)


def _entries(ground: Ground, service: Service, spell: Spell) -> tuple[int, ...]:
    """The numbers of the register entries that touch an outage."""
    standing = ground.world.standing
    spans = [(one.entry, *one.asked) for one in ground.exclusions.rulings if one.service == service.id]
    spans += [(e.number, said.start_ms, said.end_ms) for e, said in standing.of(Impact) if said.service == service.id]
    endpoints = {endpoint.id for endpoint in service.endpoints}
    spans += [
        (entry.number, said.start_ms, said.end_ms)
        for entry, said in standing.of(Correction)
        if service.id in said.services or endpoints & set(said.endpoints)
    ]
    touching = {number for number, start, end in spans if start < spell.end_ms and end > spell.start_ms}
    return tuple(sorted(touching))
