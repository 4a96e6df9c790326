"""The page of a service: its state, ninety days, figures, outages, failures, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor.assess import Acknowledged, KpiAssessment, ServiceAssessment
from sla_monitor.board import Board, Watched
from sla_monitor.contract.terms import Contact
from sla_monitor.sla.observation import Finding, Outcome
from sla_monitor.web.page.card_rows import endpoint_row, kpi_allowance, outage_row
from sla_monitor.web.page.history_rows import day_rows, failure_rows
from sla_monitor.web.page.kpi_rows import At, kpi_rows
from sla_monitor.web.page.layout import Frame, Layout
from sla_monitor.web.page.maintenance_rows import maintenance_table, silenced_now
from sla_monitor.web.page.response_chart import response_chart
from sla_monitor.web.page.selection import EVERYBODY
from sla_monitor.web.page.service_cards import figures
from sla_monitor.web.page.service_list import unexplained
from sla_monitor.web.page.subject import (
    PageLinks,
    ServiceFacts,
    acknowledge_command,
    assessed_of,
    contract_of,
    dashboard_link,
    endpoint_address,
    service_address,
    service_of,
    watched_of,
)
from sla_monitor.web.page_record import PageRecord
from sla_monitor.wording.durations import format_short_duration
from sla_monitor.wording.instants import format_instant, format_recent
from sla_monitor.wording.sights import describe_end
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import OUTCOMES, describe_reason, worst_outcome


@dataclass(frozen=True, slots=True)
class StateNow:
    """How something is, in words. `since` and `lasting` are empty where nobody knows, and `places` where it is not an
    endpoint that several places probe."""

    state: Outcome
    word: str
    since: str = ""
    lasting: str = ""
    reason: str = ""
    detail: str = ""
    silenced: str = ""
    places: str = ""


@dataclass(frozen=True, slots=True)
class AcknowledgedRow:
    """Who has an outage in hand. `whose`: the endpoint's name; empty: the service's."""

    by: str
    text: str
    at: str
    whose: str
    until: str
    entry: int


def service_facts(board: Board, record: PageRecord, contract: str, service: str, now_ms: int) -> ServiceFacts:
    """All that the page tells. Raises SubjectError."""
    found = contract_of(record.contracts(), contract)
    terms = found.version_at(now_ms).terms
    one = service_of(found, terms, service)
    assessed = assessed_of(board, found)
    return ServiceFacts(
        contract=found,
        terms=terms,
        service=one,
        assessed=assessed,
        endpoints=watched_of(board, found, one.endpoints),
        history=record.service_history(found, service, assessed.at_ms if assessed else now_ms),
        times=record.response_times(found.id, f"service {service}"),
        now_ms=now_ms,
    )


def render_service(layout: Layout, frame: Frame, facts: ServiceFacts, elsewhere: PageLinks) -> str:
    """The whole document."""
    contract, service = facts.contract, facts.service
    at = (contract.time_zone, facts.now_ms)
    figure, kpis = figures_of(facts)
    names = {endpoint.id: endpoint.name or endpoint.id for endpoint in service.endpoints}
    state = service_state(facts, figure, at)
    return layout.render(
        "service.html",
        frame,
        name=plain(service.name or service.id),
        address=service_address(contract.id, service.id),
        now=state,
        contract=plain(facts.terms.title or contract.id),
        supplier=plain(facts.terms.supplier),
        criticality=service.criticality,
        affects=plain(", ".join(service.participants)) or EVERYBODY,
        acknowledged=acknowledged_rows(facts.acknowledged, names, at),
        days=day_rows(facts.history, facts.times[0]),
        chart=response_chart(*facts.times, [day.on for day in facts.history.days]),
        problem=facts.history.problem,
        figures=figures(figure, kpis) if figure else (),
        is_seen=figure is not None and figure.observed_ms > 0,
        kpis=[(kpi_allowance(kpi), *kpi_rows([kpi], contract.id, at)) for kpi in kpis if kpi.service],
        others=kpi_rows([kpi for kpi in kpis if not kpi.service], contract.id, at),
        outages=[outage_row(one, *at) for one in reversed(figure.outages)] if figure else [],
        endpoints=[(endpoint_row(one, *at), endpoint_address(contract.id, one.terms.id)) for one in facts.endpoints],
        failures=failure_rows(facts.history.failures, contract.id, names, at),
        selection={"unfold": True},
        maintenance=maintenance_table([facts.assessed] if facts.assessed else [], facts.now_ms, service.id),
        contacts=contact_rows(facts.terms.contacts_of(service)),
        runbook=service.runbook_url or "",
        dashboard=dashboard_link(elsewhere, contract.id, service.id),
        command=acknowledge_command(contract.id, "service", service.id, elsewhere.config),
    )


def figures_of(facts: ServiceFacts) -> tuple[ServiceAssessment | None, tuple[KpiAssessment, ...]]:
    """The service in the running month, and the KPIs that are about it."""
    if facts.assessed is None:
        return None, ()
    figure = next((one for one in facts.assessed.services if one.service == facts.service.id), None)
    return figure, tuple(kpi for kpi in facts.assessed.kpis if kpi.service_id == facts.service.id)


def service_state(facts: ServiceFacts, figure: ServiceAssessment | None, at: At) -> StateNow:
    """By the contract where it is assessed, and else by the last probes."""
    several, silenced = facts.endpoints, silenced_now(facts.assessed, facts.service.id, facts.now_ms)
    state = figure.state if figure else worst_outcome([one.outcome for one in several])
    culprits = [one for one in several if one.outcome is state] or [
        one for one in several if one.outcome is not Outcome.UP
    ]
    outage = figure.open_outage if figure else None
    if why := unexplained(state, several, outage):
        return StateNow(state, OUTCOMES[state], reason=why, silenced=silenced)
    findings = [] if state is Outcome.UP else [one.last.finding for one in culprits if one.last]
    began_ms = outage.start_ms if outage else _began_ms(state, culprits)
    reason = outage.reason if outage else next((found.reason for found in findings if found.reason), None)
    return StateNow(
        state=state,
        word=OUTCOMES[state],
        since=format_recent(began_ms, *at) if began_ms else "",
        lasting=format_short_duration(max(0, facts.now_ms - began_ms)) if began_ms else "",
        reason=_last_outage(figure, at) if state is Outcome.UP else describe_reason(reason, none=_unseen(findings)),
        detail=plain(next((found.detail for found in findings if found.detail), "")),
        silenced=silenced,
    )


def _last_outage(figure: ServiceAssessment | None, at: At) -> str:
    if figure is None or not figure.observed_ms:
        return ""
    last = figure.outages[-1] if figure.outages else None
    if last is None or last.end_ms is None:
        return "no outage was seen this month"
    return f"last outage ended {describe_end(format_recent(last.end_ms, *at), is_seen=last.end_seen)}"


def _unseen(findings: Sequence[Finding]) -> str:
    return "" if findings else "not probed yet"


def _began_ms(state: Outcome, culprits: Sequence[Watched]) -> int:
    """Of what is not up; when the service came up is told by its last outage."""
    starts = [one.since_ms for one in culprits if one.last]
    return 0 if state is Outcome.UP else min(starts, default=0)


def acknowledged_rows(several: Sequence[Acknowledged], names: dict[str, str], at: At) -> tuple[AcknowledgedRow, ...]:
    """As the register has them. What people wrote is made harmless for the eye."""
    return tuple(
        AcknowledgedRow(
            by=plain(one.by),
            text=plain(one.text),
            at=format_recent(one.at_ms, *at),
            whose=plain(names.get(one.endpoint, one.endpoint)) if one.endpoint else "",
            until="" if one.until_ms is None else format_instant(one.until_ms, at[0]),
            entry=one.entry,
        )
        for one in several
    )


def contact_rows(contacts: Sequence[Contact]) -> tuple[tuple[str, str, str], ...]:
    """Name, telephone, e-mail."""
    return tuple((plain(one.name), plain(one.phone), plain(one.email)) for one in contacts)
