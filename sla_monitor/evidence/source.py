"""Record keys of a contract's endpoints: all, and those whose single observations are needed."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.terms import Terms


def endpoint_keys(contract: Contract) -> tuple[str, ...]:
    """Those of every endpoint that the contract ever had, by each site that ever probed it, in alphabetical order. The
    collector's own is always among them: before the terms named sites, it was the only one."""
    versions = (service for version in contract.versions for service in version.terms.services)
    several = (endpoint for service in versions for endpoint in service.endpoints)
    return tuple(sorted({key for one in several for key in _keys(contract, one.id, one.sites)}))


def sampled_keys(contract: Contract) -> tuple[str, ...]:
    """Those of the endpoints whose single observations matter: for response times, error rates, and slow answers that
    are no answers."""
    found = (one for version in contract.versions for one in _sampled(version.terms))
    return tuple(sorted({key for name, sites in found for key in _keys(contract, name, sites)}))


def sites_of(contract: Contract, endpoint: str) -> tuple[str, ...]:
    """The sites that ever probed an endpoint, the collector's own first."""
    services = (service for version in contract.versions for service in version.terms.services)
    several = (one.sites for service in services for one in service.endpoints if one.id == endpoint)
    return tuple(dict.fromkeys((MAIN, *(site for sites in several for site in sites))))


def site_keys(contract: Contract, endpoint: str) -> dict[str, str]:
    """The record keys of an endpoint, by each site that ever probed it."""
    return {site: endpoint_key(contract.id, endpoint, site) for site in sites_of(contract, endpoint)}


def _keys(contract: Contract, endpoint: str, sites: Iterable[str]) -> Iterable[str]:
    return (endpoint_key(contract.id, endpoint, site) for site in (MAIN, *sites))


def _sampled(terms: Terms) -> Iterable[tuple[str, tuple[str, ...]]]:
    several = (endpoint for kpi in terms.kpis if kpi.needs_samples for _, endpoint in terms.endpoints_of(kpi))
    return ((endpoint.id, endpoint.sites) for endpoint in several)
