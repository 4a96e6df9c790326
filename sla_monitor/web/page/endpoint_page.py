"""The page of an endpoint: what its probes found, now and for ninety days, and its last failures with evidence."""

from __future__ import annotations

from sla_monitor.assess.assessment import PlaceTime
from sla_monitor.board import Board
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.card_rows import endpoint_row, place_rows
from sla_monitor.web.page.history_rows import day_rows, failure_rows
from sla_monitor.web.page.kpi_rows import At
from sla_monitor.web.page.layout import Frame, Layout
from sla_monitor.web.page.response_chart import response_chart
from sla_monitor.web.page.service_page import StateNow, acknowledged_rows, contact_rows
from sla_monitor.web.page.subject import (
    EndpointFacts,
    PageLinks,
    acknowledge_command,
    assessed_of,
    contract_of,
    dashboard_link,
    endpoint_address,
    endpoint_of,
    service_address,
    watched_of,
)
from sla_monitor.web.page_record import PageRecord
from sla_monitor.wording.durations import format_duration, format_phases, format_short_duration
from sla_monitor.wording.instants import format_recent
from sla_monitor.wording.sights import describe_seen_now
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import OUTCOMES, describe_reason


def endpoint_facts(board: Board, record: PageRecord, contract: str, endpoint: str, now_ms: int) -> EndpointFacts:
    """All that the page tells. Raises SubjectError."""
    found = contract_of(record.contracts(), contract)
    terms = found.version_at(now_ms).terms
    service, one = endpoint_of(found, terms, endpoint)
    assessed = assessed_of(board, found)
    return EndpointFacts(
        contract=found,
        terms=terms,
        service=service,
        endpoint=one,
        assessed=assessed,
        watched=next(iter(watched_of(board, found, [one])), None),
        history=record.endpoint_history(found, endpoint, assessed.at_ms if assessed else now_ms),
        times=record.response_times(found.id, f"endpoint {endpoint}"),
        now_ms=now_ms,
    )


def render_endpoint(layout: Layout, frame: Frame, facts: EndpointFacts, elsewhere: PageLinks) -> str:
    """The whole document."""
    contract, endpoint, service = facts.contract, facts.endpoint, facts.service
    at = (contract.time_zone, facts.now_ms)
    names = {endpoint.id: endpoint.name or endpoint.id}
    last = facts.watched.last if facts.watched else None
    return layout.render(
        "endpoint.html",
        frame,
        name=plain(endpoint.name or endpoint.id),
        address=endpoint_address(contract.id, endpoint.id),
        kind=endpoint.kind,
        where=where(endpoint),
        pace=f"every {format_duration(endpoint.every_ms)}, given up after {format_duration(endpoint.timeout_ms)}",
        now=endpoint_state(facts, at),
        last=endpoint_row(facts.watched, *at) if facts.watched else None,
        phases=format_phases(last.finding.phases) if last else "",
        places=place_rows(facts.watched, place_times(facts), *at),
        service=plain(service.name or service.id),
        service_address=service_address(contract.id, service.id),
        contract=plain(facts.terms.title or contract.id),
        supplier=plain(facts.terms.supplier),
        acknowledged=acknowledged_rows(facts.acknowledged, names, at),
        days=day_rows(facts.history, facts.times[0]),
        chart=response_chart(*facts.times, [day.on for day in facts.history.days]),
        problem=facts.history.problem,
        failures=failure_rows(facts.history.failures, contract.id, names, at),
        contacts=contact_rows(facts.terms.contacts_of(service)),
        runbook=endpoint.runbook_url or service.runbook_url or "",
        dashboard=dashboard_link(elsewhere, contract.id, service.id),
        command=acknowledge_command(contract.id, "endpoint", endpoint.id, elsewhere.config),
    )


def place_times(facts: EndpointFacts) -> list[PlaceTime]:
    """What each site saw of it this month, where several places probe it."""
    services = facts.assessed.services if facts.assessed else ()
    return [one for service in services for one in service.places if one.endpoint == facts.endpoint.id]


def endpoint_state(facts: EndpointFacts, at: At) -> StateNow:
    """What the last probe found, and since when it is so by the record, which remembers more than this process."""
    last = facts.watched.last if facts.watched else None
    if facts.watched is None or last is None:
        places = describe_seen_now(facts.watched.sights) if facts.watched else ""
        return StateNow(Outcome.UNKNOWN, OUTCOMES[Outcome.UNKNOWN], reason="not probed yet", places=places)
    finding, since_ms = last.finding, began_ms(facts) or 0
    return StateNow(
        state=finding.outcome,
        word=OUTCOMES[finding.outcome],
        since=format_recent(since_ms, *at),
        lasting=format_short_duration(max(0, facts.now_ms - since_ms)),
        reason=describe_reason(finding.reason, none=""),
        detail=plain(finding.detail),
        places=describe_seen_now(facts.watched.sights),
    )


def began_ms(facts: EndpointFacts) -> int | None:
    """When the state began that the last probe found; None: there is no probe."""
    if facts.watched is None or facts.watched.last is None:
        return None
    if facts.watched.outcome is Outcome.DOWN and facts.history.down_since_ms is not None:
        return min(facts.watched.since_ms, facts.history.down_since_ms)
    return facts.watched.since_ms


def where(endpoint: Endpoint) -> str:
    """Where its probes go, without what may be a secret: an address without its query."""
    url = getattr(endpoint, "url", "")
    return plain(f"{url}".partition("?")[0] if url else ", ".join(getattr(endpoint, "hosts", ())))
