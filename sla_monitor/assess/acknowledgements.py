"""Acknowledgements that stand: who has which outage in hand, for as long as that very outage goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sla_monitor.assess.assessment import Acknowledged, ServiceAssessment
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.terms import Terms
from sla_monitor.register.entries import Acknowledgement


def acknowledged(context: PeriodContext, services: Mapping[str, ServiceAssessment]) -> tuple[Acknowledged, ...]:
    """One for each service or endpoint: the last word about it. No figure reads them.

    An acknowledgement is of the outage that had begun when it was entered. One that begins later is another outage,
    also where it only looks so because nobody saw what lies between: it needs a new acknowledgement.
    """
    found = {(one.service, one.endpoint): one for one in _standing(context, services)}
    return tuple(found.values())


def _standing(context: PeriodContext, services: Mapping[str, ServiceAssessment]) -> Iterator[Acknowledged]:
    now_ms = context.contract_context.now_ms
    for entry, said in context.contract_context.effective.of(Acknowledgement):
        if said.until_ms is not None and said.until_ms <= now_ms:
            continue
        service = said.service or _service_of(context.terms, said.endpoint or "")
        since_ms = _down_since(context, services, service, said.endpoint)
        if since_ms is not None and since_ms <= entry.at_ms:
            yield Acknowledged(
                entry.number, entry.at_ms, entry.actor, entry.note, service, said.endpoint or "", said.until_ms
            )


def _service_of(terms: Terms, endpoint: str) -> str:
    return next((one.id for one in terms.services if any(each.id == endpoint for each in one.endpoints)), "")


def _down_since(
    context: PeriodContext, services: Mapping[str, ServiceAssessment], service: str, endpoint: str | None
) -> int | None:
    """When the outage began that goes on now; None: there is none."""
    if service not in services:
        return None
    if endpoint is None:
        outage = services[service].open_outage
        return None if outage is None else outage.start_ms
    terms = next(one for one in context.terms.services_by_id[service].endpoints if one.id == endpoint)
    return context.endpoints.down_since(terms)
