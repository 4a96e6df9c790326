"""Endpoint keys of a contract: all, and those whose single observations are needed."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.contract.terms import Terms
from sla_monitor.evidence.rules import endpoints_by_service


def endpoint_keys(contract: Contract) -> tuple[str, ...]:
    """Those of every endpoint that the contract ever had, in alphabetical order."""
    several = endpoints_by_service(contract).values()
    return tuple(sorted({endpoint_key(contract.id, endpoint) for one in several for endpoint in one}))


def sampled_keys(contract: Contract) -> tuple[str, ...]:
    """Those of the endpoints whose single observations matter: for response times, error rates, and slow answers that
    are no answers."""
    found = {endpoint for version in contract.versions for endpoint in _sampled(version.terms)}
    return tuple(sorted(endpoint_key(contract.id, endpoint) for endpoint in found))


def _sampled(terms: Terms) -> Iterable[str]:
    return (endpoint.id for kpi in terms.kpis if kpi.needs_samples for _, endpoint in terms.endpoints_of(kpi))
