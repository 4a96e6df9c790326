"""First failed probe of each endpoint in an outage, with its response, which is the supplier's text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from sla_monitor.assess.assessment import ContractAssessment, Outage
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.errors import ReviewError
from sla_monitor.review.pack_input import FirstFailures, PackInput
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.wording.vocabulary import describe_reason

FirstFailed: TypeAlias = Callable[[str, int, int], Observation | None]
"""Gives the first probe that found an endpoint, by its key, down in a range of instants."""

NOT_THERE = "not in the evidence file"


def first_failures(assessment: ContractAssessment, first_failed: FirstFailed) -> FirstFailures:
    """Those of every outage of the month, and of each KPI's measurement period, as far as they are on record."""
    found: dict[tuple[str, int], Observation] = {}
    for _, outage in _outages(assessment):
        for endpoint in outage.endpoints:
            end_ms = assessment.at_ms if outage.end_ms is None else outage.end_ms
            sites = [one.site for one in outage.places if one.endpoint == endpoint and one.down_ms] or [MAIN]
            keys = (endpoint_key(assessment.contract, endpoint, site) for site in sites)
            several = (first_failed(key, outage.start_ms, end_ms) for key in keys)
            first = min((one for one in several if one is not None), key=lambda one: one.at_ms, default=None)
            if first is not None:
                found[endpoint, outage.start_ms] = first
    return found


def _outages(assessment: ContractAssessment) -> Iterator[tuple[str, Outage]]:
    """Every outage once, with the id of its service: those of the month, and of KPIs what they have besides."""
    for service in assessment.services:
        known = {outage.start_ms: outage for outage in service.outages}
        for kpi in assessment.kpis:
            if kpi.service_id == service.service:
                known |= {outage.start_ms: outage for outage in kpi.outages if outage.start_ms not in known}
        yield from ((service.service, known[start_ms]) for start_ms in sorted(known))


def cause(observation: Observation) -> str:
    """Its reason in words, with the status that came with it."""
    status = observation.finding.status
    return describe_reason(observation.finding.reason) + (f", status {status}" if status is not None else "")


def response(observation: Observation) -> str:
    """What was kept of the response, as text; empty where nothing came, or the same was kept shortly before."""
    return observation.finding.evidence.decode("utf-8", "replace")


def outages_file(case: PackInput, kpi: str | None = None) -> bytes:
    """Every outage of the month (or of one KPI, as it counts them) with its first failed probes, for programs.

    ASCII alone: no letter of a supplier's can do anything to whoever reads it on a terminal.
    """
    one = case.assessment
    several = _outages(one)
    if kpi is not None:
        several = ((each.service_id, outage) for each in one.kpis if each.kpi == kpi for outage in each.outages)
    said = {
        "format": "sla-monitor-outages",
        "version": 1,
        "contract": one.contract,
        "month": case.month,
        "assessment_sha256": case.digest,
        "looks": "on record" if case.first_failures is not None else NOT_THERE,
        "outages": [_outage(case, service, outage) for service, outage in several],
    }
    return (json.dumps(said, indent=2) + "\n").encode()


def first_failures_in(content: bytes) -> FirstFailures | None:
    """The first failed probes that such a file tells; None where it says that nobody knows. Raises ReviewError."""
    try:
        said = json.loads(content)
        if said["looks"] != "on record":
            return None
        found = ((outage["start_ms"], one) for outage in said["outages"] for one in outage["endpoints"])
        told = {(one["endpoint"], at_ms): one["first_failed_look"] for at_ms, one in found}
        return {
            place: _observation(place[0], observation) for place, observation in told.items() if observation is not None
        }
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise ReviewError("is no file of outages") from None


def _observation(endpoint: str, told: dict[str, Any]) -> Observation:
    reason, status, detail, size = (told[name] for name in ("reason", "status", "detail", "response_bytes"))
    if not isinstance(detail, str) or not all(one is None or type(one) is int for one in (status, size)):
        raise TypeError
    finding = Finding(
        outcome=Outcome.DOWN,
        reason=None if reason is None else Reason(reason),
        detail=detail,
        status=status,
        body_bytes=size,
        evidence=told["response"].encode("utf-8", "surrogatepass"),
    )
    return Observation(endpoint, int(told["at_ms"]), finding)


def _outage(case: PackInput, service: str, outage: Outage) -> dict[str, Any]:
    failures = case.first_failures or {}
    return {
        "service": service,
        "start_ms": outage.start_ms,
        "end_ms": outage.end_ms,
        **({} if outage.end_seen else {"end_seen": False}),
        "reason": outage.reason,
        "counted_ms": outage.downtime_ms,
        "endpoints": [_observation_json(name, failures.get((name, outage.start_ms))) for name in outage.endpoints],
    }


def _observation_json(endpoint: str, observation: Observation | None) -> Mapping[str, Any]:
    if observation is None:
        return {"endpoint": endpoint, "first_failed_look": None}
    finding = observation.finding
    told = {
        "at_ms": observation.at_ms,
        "reason": finding.reason,
        "status": finding.status,
        "detail": finding.detail,
        "response": response(observation),
        "response_bytes": finding.body_bytes,
    }
    return {"endpoint": endpoint, "first_failed_look": told}
