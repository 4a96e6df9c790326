"""Sight: what each site saw of an endpoint that several probe, during an outage and through a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sla_monitor.assess.assessment import PlaceSight, PlaceTime
from sla_monitor.assess.endpoint_states import Endpoints
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.periods.intervals import intersect, length, subtract, union
from sla_monitor.periods.terms_slices import TermsSlice
from sla_monitor.sla.availability import known, seen_from_places
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span


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


def seen_together(
    contract: Contract, endpoint: str, by_site: Mapping[str, Sequence[Span]], range_ms: tuple[int, int]
) -> list[Span]:
    """What an endpoint's sites together saw in a range, confirmed or not, by the quorum of each version of the terms.
    Where one place alone probes, its spans as they are."""
    found: list[Span] = []
    for version in contract.versions_in(*range_ms):
        terms = (one for service in version.terms.services for one in service.endpoints if one.id == endpoint)
        places, inside = next((one.seen_from for one in terms), None), (version.start_ms, version.end_ms)
        if places is None:
            found += _cut(by_site.get(MAIN, ()), inside)
            continue
        states = [known(by_site.get(site, ()), 1, *inside) for site in places.sites]
        state = seen_from_places(states, places, *inside)
        outcomes = {Outcome.DOWN: state.down, Outcome.DEGRADED: state.degraded, Outcome.UNKNOWN: state.unseen}
        outcomes[Outcome.UP] = subtract([inside], union(*outcomes.values()))
        several = [(*pair, outcome) for outcome, pairs in outcomes.items() for pair in intersect(pairs, [inside])]
        found += [Span(start_ms, end_ms, end_ms, outcome, None, 1) for start_ms, end_ms, outcome in sorted(several)]
    return found


def _cut(spans: Sequence[Span], inside: tuple[int, int]) -> Iterator[Span]:
    for span in spans:
        start_ms, end_ms = max(span.start_ms, inside[0]), min(span.end_ms, inside[1])
        if start_ms < end_ms:
            yield span._replace(start_ms=start_ms, end_ms=end_ms)


def _of_several(slices: Sequence[TermsSlice]) -> Iterator[tuple[int, tuple[TermsSlice, Endpoint]]]:
    for index, one in enumerate(slices):
        yield from ((index, (one, endpoint)) for endpoint in one.service.endpoints if endpoint.seen_from is not None)
