"""Allowances and the probes that measure them: a target needs probes that are close enough together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.contract.fields import rounded_duration
from sla_monitor.contract.kpis.kpi import PAGE_BURN, ServiceTimeKpi
from sla_monitor.contract.reading.nodes import Path
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import agreed_in_period_ms, allowed_share

COARSE = Fraction(1, 4)
"""One outage should not use up more of a month's allowance than this."""


def allowance_doubts(terms: Terms) -> Iterator[RuleProblem]:
    """Services without a KPI or without endpoints, and probes too far apart for their targets."""
    promised = {kpi.service for kpi in terms.availability_kpis}
    promised |= {service.id for kpi in terms.kpis for service, _ in terms.endpoints_of(kpi)}
    for i, service in enumerate(terms.services):
        if service.endpoints and service.id not in promised:
            yield ("services", i, "id"), "is in no KPI: it is watched, and nothing is promised (add a KPI for it)"
    positions = {service.id: i for i, service in enumerate(terms.services)}
    for j, kpi in enumerate(terms.kpis):
        if not isinstance(kpi, ServiceTimeKpi):
            continue
        i = positions[kpi.service]
        service = terms.services[i]
        if not service.endpoints:
            yield (
                ("kpis", j, "service"),
                "has no endpoints, so that nothing is ever seen of it (add one to the service)",
            )
        for k in range(len(service.endpoints)):
            yield from _pace(terms, kpi, service, ("services", i, "endpoints", k))


def _pace(terms: Terms, kpi: ServiceTimeKpi, service: Service, path: Path) -> Iterator[RuleProblem]:
    """Whether the probes of an endpoint are close enough together for a KPI's target."""
    endpoint = service.endpoints[int(path[-1])]
    failures = terms.accounting.confirmation_failures
    allowed = kpi.allowed_ms(agreed_in_period_ms(terms, kpi)) / kpi.measurement_months
    smallest = failures * endpoint.every_ms
    of_kpi = f"{kpi.id} allows {rounded_duration(allowed)} in a month"
    if smallest > allowed * COARSE:
        longest = int(allowed * COARSE / failures) // 1000
        remedy = f"probe every {longest}s or more often" if longest else "no interval is short enough for this target"
        message = f"{of_kpi}, and the shortest outage that can be seen is {rounded_duration(smallest)} ({remedy})"
        yield (*path, "every"), message
        return
    if isinstance(endpoint, HeartbeatEndpoint) and endpoint.period_ms is not None:
        patience_ms = endpoint.period_ms + endpoint.grace_ms
        if patience_ms > allowed:
            silence = rounded_duration(patience_ms)
            yield (
                (*path, "period"),
                f"{of_kpi}, and silence is noticed after {silence} (write a shorter period or grace)",
            )
    if failures == 1 and endpoint.every_ms > 3_600_000 * PAGE_BURN * allowed_share(terms, kpi):
        remedy = "set accounting.confirmation to 2 or more, or probe more often"
        yield (*path, "every"), f"unconfirmed, one failed probe alone would raise the alarm for {kpi.id} ({remedy})"
