"""Endpoints and the KPIs that are read from them: what could never be seen as the terms have it."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint, JourneyEndpoint, NetworkTerms
from sla_monitor.contract.endpoints.journey_terms import unused_captures
from sla_monitor.contract.endpoints.network import wrong_family
from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.contract.fields import rounded_duration
from sla_monitor.contract.reading.nodes import Path
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import DAY_MS, longest_day_ms

HELD_SAMPLES, HELD_BYTES = 10_000_000, 25
"""More single observations than this of one month are worth a word, and what each takes in memory while the month
runs."""


def probing_doubts(terms: Terms) -> Iterator[RuleProblem]:
    """What a careful reader would ask about, with the path of the term."""
    for i, service in enumerate(terms.services):
        yield from _places_of(service, ("services", i))
        for j, endpoint in enumerate(service.endpoints):
            path = ("services", i, "endpoints", j)
            if isinstance(endpoint, NetworkTerms):
                found = (wrong_family(host, endpoint.family) for host in endpoint.connects_to)
                yield from (((*path, "family"), f"can never be reached: {wrong}") for wrong in found if wrong)
            if isinstance(endpoint, JourneyEndpoint):
                yield from (((*path, *inside), message) for inside, message in unused_captures(endpoint.steps))
            if isinstance(endpoint, HeartbeatEndpoint):
                yield from _slow_to_notice(terms, service, endpoint, (*path, "period"))
    for i, kpi in enumerate(terms.kpis):
        yield from ((("kpis", i, *path), message) for path, message in kpi.doubts(terms))
    yield from _held(terms)


def _places_of(service: Service, path: Path) -> Iterator[RuleProblem]:
    """Those of a service, once, and those that endpoints have of their own."""
    several = [(service.places, path)]
    several += [(endpoint.seen_from, (*path, "endpoints", j)) for j, endpoint in enumerate(service.endpoints)]
    for n, (places, inside) in enumerate(several):
        if places is not None and (n == 0 or places is not service.places):
            yield from _places(places, (*inside, "places", "quorum"))


def _places(places: Places, path: Path) -> Iterator[RuleProblem]:
    """A quorum that one place can undo by being cut off, or make alone because others are."""
    count = len(places.sites)
    if count > 1 and places.needed(count) == count:
        message = f"needs all {count} places: where one of them is cut off, no outage is ever known"
        yield path, f"{message} (write one less, or add a place)"
    fewest = max(places.min_active, 1)
    if places.needed(count) > 1 and places.needed(fewest) == 1:
        message = (
            f"where others are cut off, {fewest} place alone decides" if fewest == 1 else f"of {fewest}, one decides"
        )
        yield path, f"{message} (write min_active: {count // 2 + 1} or more, or of: places)"


def _slow_to_notice(terms: Terms, service: Service, endpoint: HeartbeatEndpoint, path: Path) -> Iterator[RuleProblem]:
    """A job whose silence is counted in hours, and whose period is longer than a day has of them."""
    name = endpoint.expected.calendar or service.service_hours
    longest_ms = longest_day_ms(terms, name)
    if endpoint.period_ms is not None and endpoint.period_ms > longest_ms:
        period, day = rounded_duration(endpoint.period_ms), rounded_duration(longest_ms)
        message = f"counts in the hours of {name}, at most {day} a day, so that {period} of silence take several days"
        yield path, f"{message} (write expected: {{at: ['02:00']}} for a job that runs at a time of day)"


def _held(terms: Terms) -> Iterator[RuleProblem]:
    """The running month's single observations of some KPIs are in memory, once for each endpoint."""
    needing = [i for i, kpi in enumerate(terms.kpis) if kpi.needs_samples]
    seen = {endpoint.id: endpoint for i in needing for _, endpoint in terms.endpoints_of(terms.kpis[i])}
    samples = sum(30 * DAY_MS // endpoint.every_ms for endpoint in seen.values())
    if samples > HELD_SAMPLES:
        held = f"{samples // 1_000_000} million probes a month at {len(seen)} endpoints"
        message = f"with {len(needing) - 1} other KPIs, this one has" if len(needing) > 1 else "has"
        memory = f"{held} in memory, {samples * HELD_BYTES // 1_000_000} MB at its end"
        remedy = "probe less often, raise MemoryMax of the unit, or let the KPI ask Prometheus"
        yield ("kpis", needing[0], "id"), f"{message} {memory} ({remedy})"
