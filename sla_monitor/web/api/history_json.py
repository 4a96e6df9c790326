"""The history of a service or an endpoint as JSON: days, response times, failures, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor.assess import Acknowledged
from sla_monitor.assess.day_states import DayState
from sla_monitor.assess.response_times import ResponseTimes
from sla_monitor.contract.terms import Contact
from sla_monitor.document.values import instant, optional
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Phases
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import GOES_ON
from sla_monitor.web.api.shapes import AcknowledgedJson, ContactJson, DayJson, FailureJson, MonthTimesJson, SubjectJson
from sla_monitor.web.page.subject import EndpointFacts, ServiceFacts, endpoint_address
from sla_monitor.web.page_record import FailedRun
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import PHASES, describe_reason

NOT_WATCHED = "it was not watched yet"
NO_TIME = "the day has no time that counts"
NOT_KEPT = "the probe is not in the ledger: it is in the archive, or was imported"
NO_ANSWERS = "none is known of this day"


@dataclass(frozen=True, slots=True)
class SubjectLinks:
    """Where else a reader may look; empty where there is nothing."""

    runbook: str
    dashboard: str


def subject_json(
    facts: ServiceFacts | EndpointFacts, contacts: Sequence[Contact], links: SubjectLinks, nulls: Nulls
) -> SubjectJson:
    """What the pages of services and endpoints share."""
    history, (days, months) = facts.history, facts.times
    times = {one.on: one for one in days}
    return {
        "history_problem": nulls.text("history_problem", plain(history.problem), "the record can be read"),
        "days": [_day(day, times.get(day.on)) for day in history.days],
        "response_times": [_month(one) for one in months],
        "failures": [_failure(one, facts.contract.id) for one in history.failures],
        "acknowledged": [_acknowledged(one) for one in facts.acknowledged],
        "contacts": [_contact(one) for one in contacts],
        "runbook_url": nulls.text("runbook_url", links.runbook, "the contract names none"),
        "dashboard_url": nulls.text("dashboard_url", links.dashboard, "the settings name none"),
    }


def _day(day: DayState, times: ResponseTimes | None) -> DayJson:
    nulls, is_watched = Nulls(), day.is_watched
    without = NO_TIME if is_watched else NOT_WATCHED
    availability = optional(day.availability_ratio) if is_watched else None
    unseen = "nothing was seen of it" if is_watched and day.state else without
    return {
        "date": f"{day.on}",
        "state": nulls.told("state", day.state.value if is_watched and day.state else None, without),
        "availability": nulls.told("availability", availability, unseen),
        "up_ms": nulls.told("up_ms", day.up_ms if is_watched else None, without),
        "degraded_ms": nulls.told("degraded_ms", day.degraded_ms if is_watched else None, without),
        "down_ms": nulls.told("down_ms", day.down_ms if is_watched else None, without),
        "unknown_ms": nulls.told("unknown_ms", day.unknown_ms if is_watched else None, without),
        "excluded_ms": nulls.told("excluded_ms", day.excluded_ms if is_watched else None, without),
        "median_us": nulls.told("median_us", times.median_us if times else None, NO_ANSWERS),
        "p95_us": nulls.told("p95_us", times.p95_us if times else None, NO_ANSWERS),
        "why_null": nulls.why,
    }


def _month(one: ResponseTimes) -> MonthTimesJson:
    return {"month": f"{one.on:%Y-%m}", "answers": one.count, "median_us": one.median_us, "p95_us": one.p95_us}


def _failure(one: FailedRun, contract: str) -> FailureJson:
    nulls, finding = Nulls(), one.first.finding if one.first else None
    reason = "" if one.reason is None else describe_reason(one.reason)
    answer = plain(finding.evidence.decode(errors="replace")) if finding else ""
    nothing = "there was none" if finding else NOT_KEPT
    return {
        "url": endpoint_address(contract, one.endpoint),
        "endpoint": one.endpoint,
        "site": one.site,
        "began_at": format_utc(one.start_ms),
        "ended_at": nulls.told("ended_at", instant(one.end_ms), GOES_ON),
        "end_seen": nulls.told("end_seen", None if one.end_ms is None else one.end_seen, GOES_ON),
        "reason": nulls.text("reason", reason, "no reason is on record"),
        "probes": nulls.told("probes", one.probes if finding else None, NOT_KEPT),
        "took_us": nulls.told("took_us", finding.duration_us if finding else None, NOT_KEPT),
        "phases_us": _phases(finding.phases) if finding else {},
        "status": nulls.told("status", finding.status if finding else None, nothing),
        "detail": nulls.text("detail", plain(finding.detail) if finding else "", nothing),
        "answer": nulls.text("answer", answer, nothing),
        "why_null": nulls.why,
    }


def _phases(phases: Phases) -> dict[str, int]:
    return {word: us for name, word in PHASES.items() if (us := getattr(phases, name)) is not None}


def _acknowledged(one: Acknowledged) -> AcknowledgedJson:
    nulls = Nulls()
    return {
        "by": plain(one.by),
        "text": plain(one.text),
        "at": format_utc(one.at_ms),
        "endpoint": nulls.text("endpoint", one.endpoint, "it is about the whole service"),
        "until": nulls.told("until", instant(one.until_ms), "it holds until the outage ends"),
        "entry": one.entry,
        "why_null": nulls.why,
    }


def _contact(one: Contact) -> ContactJson:
    nulls, nothing = Nulls(), "the contract names none"
    return {
        "name": plain(one.name),
        "phone": nulls.text("phone", plain(one.phone), nothing),
        "email": nulls.text("email", plain(one.email), nothing),
        "why_null": nulls.why,
    }
