"""Services, and all that the page of one tells, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.assess import ServiceAssessment
from sla_monitor.board import Board, PlaceNow, Watched
from sla_monitor.document.values import instant, optional
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.api.booking_json import bookings_json
from sla_monitor.web.api.history_json import SubjectLinks, subject_json
from sla_monitor.web.api.kpi_json import kpis_json
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import NOT_ASSESSED, outage_json, outages_of
from sla_monitor.web.api.shapes import (
    EndpointJsonWhole,
    EndpointRowJson,
    MonthJson,
    ParticipantJson,
    PlaceNowJson,
    ServiceJsonWhole,
    ServiceRowJson,
    ServicesJson,
)
from sla_monitor.web.page.endpoint_page import began_ms, where
from sla_monitor.web.page.selection import ListedService, Selection, assessed_service, unassessed
from sla_monitor.web.page.service_list import trouble_of
from sla_monitor.web.page.service_page import figures_of
from sla_monitor.web.page.subject import (
    EndpointFacts,
    PageLinks,
    ServiceFacts,
    dashboard_link,
    endpoint_address,
    service_address,
)
from sla_monitor.wording.sights import describe_seen_now
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_reason

API = "/api/v1"
UP = "it is up"
UNSEEN = "nothing of it was seen this month"
NOT_PROBED = "it has not been probed yet"


def services_json(board: Board, shown: Sequence[ListedService], total: int, selection: Selection) -> ServicesJson:
    """The services that an address selects; `total`: all of them."""
    nulls = Nulls()
    return {
        "url": selection.address(),
        "assessed_at": nulls.told("assessed_at", assessed_at(board), NOT_ASSESSED),
        "total": total,
        "services": [service_row_json(one) for one in shown],
        "why_null": nulls.why,
    }


def assessed_at(board: Board) -> str | None:
    return instant(board.assessment.at_ms) if board.assessment.contracts else None


def service_row_json(one: ListedService) -> ServiceRowJson:
    """A service as the rows of the front page tell it."""
    nulls, service, contract = Nulls(), one.assessed, one.contract
    trouble = trouble_of(one, one.began_ms)
    began = instant(one.began_ms) if trouble and one.began_ms else None
    silent = "no endpoint said anything" if trouble else UP
    return {
        "url": service_address(one.contract_id, one.service_id),
        "api_url": f"{API}{service_address(one.contract_id, one.service_id)}",
        "contract": one.contract_id,
        "service": one.service_id,
        "name": one.name,
        "contract_title": one.contract_title,
        "supplier": nulls.text("supplier", one.supplier, NOT_ASSESSED),
        "time_zone": nulls.told("time_zone", contract.time_zone if contract else None, NOT_ASSESSED),
        "state": one.state.value,
        "since": nulls.told("since", began, "nobody saw it begin" if trouble else UP),
        "reason": nulls.told("reason", trouble.reason if trouble else None, UP),
        "detail": nulls.text("detail", trouble.detail if trouble else "", silent),
        "criticality": nulls.text("criticality", one.criticality, NOT_ASSESSED),
        "participants": nulls.told("participants", _participants(one), NOT_ASSESSED),
        "in_hand": list(one.holders),
        **_month(service, nulls),
        "why_null": nulls.why,
    }


def _participants(one: ListedService) -> list[ParticipantJson] | None:
    if one.assessed is None:
        return None
    names = one.contract.participants if one.contract else {}
    return [{"id": each, "name": plain(names.get(each, each))} for each in one.participants]


def _month(service: ServiceAssessment | None, nulls: Nulls) -> MonthJson:
    """The month's figures. A service of which nothing was seen has no downtime: it is not known, and not nought."""
    if service is None:
        nulls.why |= dict.fromkeys(MonthJson.__annotations__, NOT_ASSESSED)
        return {
            "agreed_ms": None,
            "availability": None,
            "coverage": None,
            "downtime_ms": None,
            "unknown_ms": None,
            "outages": None,
        }
    is_known = service.observed_ms > 0 or not service.agreed_ms
    without = "all that was seen of it is excluded" if service.observed_ms else UNSEEN
    uncovered = "nobody watches it"
    if not service.agreed_ms:
        without = uncovered = "no service hours yet"
    return {
        "agreed_ms": service.agreed_ms,
        "availability": nulls.told("availability", optional(service.availability_ratio), without),
        "coverage": nulls.told("coverage", optional(service.coverage_ratio), uncovered),
        "downtime_ms": nulls.told("downtime_ms", service.downtime_ms if is_known else None, UNSEEN),
        "unknown_ms": service.unknown_ms,
        "outages": nulls.told("outages", len(service.outages) if is_known else None, UNSEEN),
    }


def service_json(facts: ServiceFacts, elsewhere: PageLinks) -> ServiceJsonWhole:
    """All that the page of a service tells."""
    contract, service, nulls = facts.contract, facts.service, Nulls()
    figure, kpis = figures_of(facts)
    listed = (
        assessed_service(facts.assessed, figure, facts.endpoints)
        if facts.assessed and figure
        else unassessed(contract.id, service.id, facts.endpoints)
    )
    row = service_row_json(listed)
    links = SubjectLinks(service.runbook_url or "", dashboard_link(elsewhere, contract.id, service.id))
    subject = subject_json(facts, facts.terms.contacts_of(service), links, nulls)
    at = (contract.time_zone, facts.now_ms)
    return {
        **row,
        **subject,
        "name": plain(service.name or service.id),
        "kpis": kpis_json(kpis, contract.id, at),
        "month_outages": [outage_json(one) for one in outages_of([listed])],
        "endpoints": [endpoint_row_json(one) for one in facts.endpoints],
        "bookings": bookings_json(facts.assessed, facts.now_ms, service.id),
        "why_null": {**row["why_null"], **nulls.why},
    }


def endpoint_row_json(watched: Watched) -> EndpointRowJson:
    """An endpoint by its last probe."""
    nulls, last = Nulls(), watched.last  # once: another thread may replace it meanwhile
    address = endpoint_address(watched.contract, watched.terms.id)
    finding = last.finding if last else None
    calm = UP if last and watched.outcome is Outcome.UP else NOT_PROBED if last is None else "none is on record"
    reason = describe_reason(finding.reason, none="") if finding else ""
    expires_s = finding.certificate_expires_at_s if finding else None
    return {
        "url": address,
        "api_url": f"{API}{address}",
        "endpoint": watched.terms.id,
        "name": plain(watched.terms.name or watched.terms.id),
        "kind": watched.terms.kind,
        "state": (finding.outcome if finding else Outcome.UNKNOWN).value,
        "reason": nulls.text("reason", reason, calm),
        "detail": nulls.text("detail", plain(finding.detail) if finding else "", calm),
        "probed_at": nulls.told("probed_at", instant(last.at_ms) if last else None, NOT_PROBED),
        "took_us": nulls.told("took_us", finding.duration_us if finding else None, NOT_PROBED),
        "failures_in_a_row": nulls.told("failures_in_a_row", watched.failures if last else None, NOT_PROBED),
        "certificate_expires_at": nulls.told(
            "certificate_expires_at",
            None if expires_s is None else format_utc(expires_s * 1000),
            "its last probe saw no certificate" if last else NOT_PROBED,
        ),
        "seen_from": nulls.told(
            "seen_from", describe_seen_now(watched.sights) or None, "the collector alone probes it"
        ),
        "places": [_place_json(one) for one in watched.sights],
        "why_null": nulls.why,
    }


def _place_json(one: PlaceNow) -> PlaceNowJson:
    nulls, last = Nulls(), one.last
    found = last.finding if last is not None and not one.is_cut_off else None
    calm = UP if found and found.outcome is Outcome.UP else "none is on record" if found else "it is cut off"
    silent = "nothing came from there since the monitor started"
    return {
        "place": one.site,
        "state": one.outcome.value,
        "is_cut_off": one.is_cut_off,
        "since": nulls.told("since", instant(one.since_ms) if one.since_ms else None, silent),
        "reason": nulls.text("reason", describe_reason(found.reason, none="") if found else "", calm),
        "detail": nulls.text("detail", plain(found.detail) if found else "", calm),
        "probed_at": nulls.told("probed_at", instant(last.at_ms) if last else None, silent),
        "why_null": nulls.why,
    }


def endpoint_json(facts: EndpointFacts, elsewhere: PageLinks) -> EndpointJsonWhole:
    """All that the page of an endpoint tells."""
    contract, service, endpoint, nulls = facts.contract, facts.service, facts.endpoint, Nulls()
    runbook = endpoint.runbook_url or service.runbook_url or ""
    links = SubjectLinks(runbook, dashboard_link(elsewhere, contract.id, service.id))
    return {
        **subject_json(facts, facts.terms.contacts_of(service), links, nulls),
        "url": endpoint_address(contract.id, endpoint.id),
        "contract": contract.id,
        "endpoint": endpoint.id,
        "name": plain(endpoint.name or endpoint.id),
        "service": service.id,
        "service_url": service_address(contract.id, service.id),
        "time_zone": contract.time_zone.key,
        "kind": endpoint.kind,
        "where": nulls.text("where", where(endpoint), "probes of this kind go nowhere by themselves"),
        "every_ms": endpoint.every_ms,
        "timeout_ms": endpoint.timeout_ms,
        "since": nulls.told("since", instant(began_ms(facts)), NOT_PROBED),
        "last": nulls.told("last", endpoint_row_json(facts.watched) if facts.watched else None, "it is not probed now"),
        "why_null": nulls.why,
    }
