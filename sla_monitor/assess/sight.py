"""Sight: what each site saw of an endpoint that several probe, during an outage and through a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.assess.assessment import PlaceSight, PlaceTime
from sla_monitor.assess.endpoint_states import Endpoints
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.periods.intervals import intersect, length, subtract
from sla_monitor.periods.terms_slices import TermsSlice


def sights(
    endpoints: Endpoints, slices: Sequence[TermsSlice], outage_ms: tuple[int, int], counting: Counting
) -> tuple[PlaceSight, ...]:
    """What each site saw of the endpoints that were down in an outage. Of those that one place alone probes: nothing is
    said, since that is the outage itself."""
    found: dict[tuple[str, str], PlaceSight] = {}
    for index, (terms_slice, endpoint) in _of_several(slices):
        start_ms = outage_ms[0] if index == 0 else max(outage_ms[0], terms_slice.start_ms)
        end_ms = outage_ms[1] if index == len(slices) - 1 else min(outage_ms[1], terms_slice.end_ms)
        how = terms_slice.terms.accounting.confirmation_failures, counting.slow_as_down
        if start_ms >= end_ms or not intersect(endpoints.known(endpoint, *how).down, [(start_ms, end_ms)]):
            continue
        for site in endpoint.sites:
            state = endpoints.known_from(endpoint, site, *how)
            times_ms = [length(intersect(one, [(start_ms, end_ms)])) for one in (state.down, state.unseen)]
            new = PlaceSight(endpoint.id, site, end_ms - start_ms, *times_ms)
            key = endpoint.id, site
            found[key] = found[key].then(new) if key in found else new
    return tuple(found.values())


def place_times(endpoints: Endpoints, slices: Sequence[TermsSlice]) -> tuple[PlaceTime, ...]:
    """How much of a service's agreed time each site saw, of each endpoint that several probe."""
    found: dict[tuple[str, str], PlaceTime] = {}
    for _, (terms_slice, endpoint) in _of_several(slices):
        failures, hours = terms_slice.terms.accounting.confirmation_failures, terms_slice.hours
        for site in endpoint.sites:
            state = endpoints.known_from(endpoint, site, failures)
            outvoted = endpoints.outvoted(endpoint, site, failures)
            agreed_ms, observed_ms = length(hours), length(subtract(hours, state.unseen))
            down_ms, outvoted_ms = (length(intersect(one, hours)) for one in (state.down, outvoted))
            new = PlaceTime(endpoint.id, site, agreed_ms, observed_ms, down_ms, outvoted_ms)
            key = endpoint.id, site
            found[key] = found[key].then(new) if key in found else new
    return tuple(found.values())


def _of_several(slices: Sequence[TermsSlice]) -> Iterator[tuple[int, tuple[TermsSlice, Endpoint]]]:
    for index, one in enumerate(slices):
        yield from ((index, (one, endpoint)) for endpoint in one.service.endpoints if endpoint.seen_from is not None)
