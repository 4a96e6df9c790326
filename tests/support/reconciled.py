"""An assessment held against a list of the supplier's, by the real comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sla_monitor.assess import ContractAssessment, ServiceAssessment
from sla_monitor.assess.assessment import Lanes
from sla_monitor.assess.reconciliation import RecordedList, reconciliation
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.intervals import normal
from sla_monitor.register.entries import ListedOutage, OutageList
from tests.support.instants import exact
from tests.support.terms import terms_of

MINUTE, HOUR = 60_000, 3_600_000


def reconciled(one: ContractAssessment, texts: Sequence[str] = ("Disk full",)) -> ContractAssessment:
    """Theirs has each of our outages, every other one a quarter of an hour longer, and one more that we did not see, in
    the first hours of each service; numbers and titles are the texts, in turn."""
    found: list[ListedOutage] = []

    def add(service: str, start_ms: int, end_ms: int | None) -> None:
        text, other = (texts[(len(found) + more) % len(texts)][:200] for more in (0, 1))
        words = {"service": service, "start": start_ms, "end": end_ms, "id": text, "title": other}
        found.append(ListedOutage.model_validate(exact(words)))

    for service in one.services:
        add(service.service, one.period.start_ms + HOUR, one.period.start_ms + 2 * HOUR)
        for number, outage in enumerate(service.outages):
            longer_ms = number % 2 * 15 * MINUTE
            add(service.service, outage.start_ms, None if outage.end_ms is None else outage.end_ms + longer_ms)
    until_ms = min(one.period.end_ms, one.at_ms or one.period.end_ms)
    words = {"start": one.period.start_ms, "end": until_ms, "digest": "d" * 64, "left_out": 2, "outages": found}
    kept = RecordedList(7, OutageList.model_validate(exact(words)))
    contract = Contract((TermsVersion(0, terms_of({})),))
    services = [_with_lanes(service, one) for service in one.services]
    return replace(one, reconciliation=reconciliation(contract, one.period, until_ms, services, [kept]))


def _with_lanes(service: ServiceAssessment, one: ContractAssessment) -> ServiceAssessment:
    if service.lanes is not None:
        return service
    hours = [(one.period.start_ms, one.period.end_ms)]
    down = normal((outage.start_ms, outage.end_ms or one.period.end_ms) for outage in service.outages)
    return replace(service, lanes=Lanes(hours, [], [], down, [], []))
