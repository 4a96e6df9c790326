"""Endpoints and the KPIs that are read from them: what could never be seen as the terms have it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint, HttpEndpoint, JourneyEndpoint, NetworkTerms
from sla_monitor.contract.endpoints.journey_terms import unused_captures
from sla_monitor.contract.endpoints.network import wrong_family
from sla_monitor.contract.kpis.kpi import AvailabilityKpi, ErrorRateKpi, Kpi, ResponseTimeKpi
from sla_monitor.contract.kpis.prometheus_source import source_doubts
from sla_monitor.contract.reading.nodes import Path
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import DAY_MS, format_ms, longest_day_ms

PAGE_BURN = Fraction(144, 10)
"""The usual rule wakes somebody when an hour burns the month's allowance this many times too fast."""

HELD_SAMPLES, HELD_BYTES = 10_000_000, 25
"""More single observations than this of one month are worth a word, and what each takes in memory while the month
runs."""


def probing_doubts(terms: Terms) -> Iterator[RuleProblem]:
    """What a careful reader would ask about, with the path of the term."""
    for i, service in enumerate(terms.services):
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
        yield from ((("kpis", i, key), message) for key, message in _of_kpi(terms, kpi))
        yield from ((("kpis", i, "source", key), message) for key, message in source_doubts(kpi))
    yield from _held(terms)


def _slow_to_notice(terms: Terms, service: Service, endpoint: HeartbeatEndpoint, path: Path) -> Iterator[RuleProblem]:
    """A job whose silence is counted in hours, and whose period is longer than a day has of them."""
    name = endpoint.expected.calendar or service.service_hours
    longest_ms = longest_day_ms(terms, name)
    if endpoint.period_ms is not None and endpoint.period_ms > longest_ms:
        period, day = format_ms(endpoint.period_ms), format_ms(longest_ms)
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


def _of_kpi(terms: Terms, kpi: Kpi) -> Iterator[tuple[str, str]]:
    if isinstance(kpi, AvailabilityKpi):
        yield from _alarm(kpi)
        yield from _places(terms, kpi)
    if isinstance(kpi, ResponseTimeKpi):
        yield from _times(terms, kpi)
    if isinstance(kpi, ErrorRateKpi):
        for _, endpoint in terms.endpoints_of(kpi):
            if endpoint.every_ms > kpi.slot_ms:
                every, slot = format_ms(endpoint.every_ms), format_ms(kpi.slot_ms)
                message = (
                    f"{slot} is shorter than {every}, the interval of {endpoint.id}: most slots hold no probe of it"
                )
                yield "slot", f"{message} (a longer slot, or probe more often)"


def _alarm(kpi: AvailabilityKpi) -> Iterator[tuple[str, str]]:
    """With everything down, an hour burns the allowance 1 / (1 - target) times too fast, and never faster."""
    allowed = 1 - kpi.target_ratio
    if allowed * PAGE_BURN > 1:
        fastest = f"{float(1 / allowed):.3g}"
        message = f"allows so much that the alarm at {float(PAGE_BURN):g} times its pace can never go off"
        yield "target", f"{message}: with everything down the pace is {fastest} times (an alarm of its own, lower)"


def _places(terms: Terms, kpi: AvailabilityKpi) -> Iterator[tuple[str, str]]:
    """A quorum of more places than there are, and answers that we do not wait for as long as the contract does."""
    counting, probed = kpi.counting, [endpoint for _, endpoint in terms.endpoints_of(kpi)]
    if counting.quorum and probed and counting.quorum.min_active > len(probed):
        count = f"{counting.quorum.min_active}, more than the endpoints ({len(probed)})"
        message = f"quorum.min_active is {count}: nothing is ever known"
        yield "counting", f"{message} (add endpoints, or write a smaller number)"
    if counting.slow_as_down is None:
        return
    limit_ms = counting.slow_as_down.promised_ms * Fraction(counting.slow_as_down.multiple)
    for endpoint in probed:
        if endpoint.timeout_ms <= limit_ms:
            waited = f"{endpoint.id} is down after {format_ms(endpoint.timeout_ms)}"
            yield (
                "counting",
                f"{waited}, and an answer is none only after {format_ms(limit_ms)} (a longer timeout)",
            )


def _times(terms: Terms, kpi: ResponseTimeKpi) -> Iterator[tuple[str, str]]:
    if kpi.source is not None and any(True for _ in terms.endpoints_of(kpi)):
        yield "source", "is not used: its service has endpoints, whose probes decide (leave service out)"
    for _, endpoint in terms.endpoints_of(kpi):
        if isinstance(endpoint, HeartbeatEndpoint):
            yield "endpoints", f"{endpoint.id} is a heartbeat, which has no response time (name other endpoints)"
        elif kpi.phase == "first_byte" and not isinstance(endpoint, HttpEndpoint | JourneyEndpoint):
            yield "phase", f"{endpoint.id} speaks no HTTP and has no first byte (write total, or name others)"
