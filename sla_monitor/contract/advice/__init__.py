"""Terms that are allowed but cannot work well: what a careful reader would say before signing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path as FilePath

from sla_monitor.contract.advice.maintenance_rules import upkeep_doubts
from sla_monitor.contract.advice.points_and_money import doubts, never_repeated
from sla_monitor.contract.advice.probing import probing_doubts
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.contract.kpis.kpi import PAGE_BURN, AvailabilityKpi
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.contract.reading.nodes import Path, Problem
from sla_monitor.contract.reading.places import dotted, locate
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import agreed_in_30_days_ms, format_ms
from sla_monitor.contract.versions import resolve

COARSE = Fraction(1, 4)
"""One outage should not use up more of a month's allowance than this."""

Remark = tuple[Path, str]


def advice(contract: Contract, now_ms: int) -> list[str]:
    """One line for each term that cannot work well, in any version: `file:line:column: key path: why (remedy)`."""
    document = read_document(FilePath(contract.file))
    remarks: dict[Problem, None] = {}
    for version in contract.versions:
        root = resolve(document.root, _day(version))
        for path, message in _remarks(version.terms):
            spot = locate(root, path, len(path))
            remarks.setdefault(Problem(contract.file, spot.node.place, dotted(root, path), message))
    for path, message in _ended(contract.versions[-1].terms, now_ms):
        spot = locate(document.root, path, len(path))
        remarks.setdefault(Problem(contract.file, spot.node.place, dotted(document.root, path), message))
    return [str(remark) for remark in sorted(remarks)]


def _day(version: TermsVersion) -> date:
    return local_date(version.from_ms, version.terms.time_zone)


def _remarks(terms: Terms) -> Iterator[Remark]:
    promised = {kpi.service for kpi in terms.availability_kpis}
    promised |= {service.id for kpi in terms.kpis for service, _ in terms.endpoints_of(kpi)}
    for i, service in enumerate(terms.services):
        if service.endpoints and service.id not in promised:
            yield ("services", i, "id"), "is in no KPI: it is watched, and nothing is promised (add a KPI for it)"
    positions = {service.id: i for i, service in enumerate(terms.services)}
    for kpi in terms.availability_kpis:
        i, j = positions[kpi.service], terms.kpis.index(kpi)
        service = terms.services[i]
        if not service.endpoints:
            yield (
                ("kpis", j, "service"),
                "has no endpoints, so that nothing is ever seen of it (add one to the service)",
            )
        for k in range(len(service.endpoints)):
            yield from _pace(terms, kpi, service, ("services", i, "endpoints", k))
    yield from doubts(terms)
    yield from never_repeated(terms)
    yield from probing_doubts(terms)
    yield from upkeep_doubts(terms)


def _pace(terms: Terms, kpi: AvailabilityKpi, service: Service, path: Path) -> Iterator[Remark]:
    """Whether the probes of an endpoint are close enough together for a KPI's target."""
    endpoint = service.endpoints[int(path[-1])]
    failures = terms.accounting.confirmation_failures
    allowed = (1 - kpi.target_ratio) * agreed_in_30_days_ms(terms, service)
    smallest = failures * endpoint.every_ms
    of_kpi = f"{kpi.id} allows {format_ms(allowed)} in a month"
    if smallest > allowed * COARSE:
        longest = int(allowed * COARSE / failures) // 1000
        remedy = f"probe every {longest}s or more often" if longest else "no interval is short enough for this target"
        message = f"{of_kpi}, and the shortest outage that can be seen is {format_ms(smallest)} ({remedy})"
        yield (*path, "every"), message
        return
    if isinstance(endpoint, HeartbeatEndpoint) and endpoint.period_ms is not None:
        patience_ms = endpoint.period_ms + endpoint.grace_ms
        if patience_ms > allowed:
            silence = format_ms(patience_ms)
            yield (*path, "period"), f"{of_kpi}, and silence is noticed after {silence} (a shorter period or grace)"
    if failures == 1 and endpoint.every_ms > 3_600_000 * PAGE_BURN * (1 - kpi.target_ratio):
        remedy = "set accounting.confirmation to 2 or more, or probe more often"
        yield (*path, "every"), f"unconfirmed, one failed probe alone would raise the alarm for {kpi.id} ({remedy})"


def _ended(terms: Terms, now_ms: int) -> Iterator[Remark]:
    end = date.fromordinal(terms.term.end_on.toordinal() + 1)
    if midnight_ms(end, terms.time_zone) <= now_ms:
        yield ("term", "end"), "the contract has ended: its figures no longer mean anything (take the file away)"
