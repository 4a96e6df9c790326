"""Rows of a service's card: its endpoints, the allowances of its KPIs, its outages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import KpiAssessment, Outage
from sla_monitor.assess.assessment import PlaceTime
from sla_monitor.board import PlaceNow, Watched
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.durations import format_age, format_days_left, format_duration, format_probe_duration
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_recent
from sla_monitor.wording.numbers import format_count, format_percent
from sla_monitor.wording.sights import (
    describe_end,
    describe_lasted,
    describe_place,
    describe_seen_at,
    describe_seen_now,
)
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_reason


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint. `detail` is hostile text: made harmless for the eye here, for the browser by the template.
    `places`: how each of several places sees it; empty where one alone probes."""

    name: str
    kind: str
    state: Outcome
    reason: str
    detail: str
    seen: str
    seen_ago: str
    took: str
    in_a_row: str
    certificate: str
    places: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One of several places that probe an endpoint: how it sees it now, and how much it saw this month (empty: there
    are no figures yet). `detail` is hostile text."""

    site: str
    state: Outcome
    reason: str
    detail: str
    since: str
    seen: str
    seen_ago: str
    month: str


@dataclass(frozen=True, slots=True)
class KpiAllowance:
    """One KPI. `used` is the part of the allowance that is gone, 0 to 1, for the meter; None: too little was seen
    for anybody to know."""

    title: str
    clause: str
    target: str
    verdict: str
    kind: str
    allowance: str
    used: float | None


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage; `ended` is empty while it is open."""

    began: str
    ended: str
    lasted: str
    counted: str
    reason: str
    endpoints: str


def endpoint_row(watched: Watched, zone: ZoneInfo, now_ms: int) -> EndpointRow:
    """One endpoint as last seen."""
    last = watched.last  # once: another thread may replace it meanwhile
    name, places = plain(watched.terms.name or watched.terms.id), describe_seen_now(watched.sights)
    if last is None:
        return EndpointRow(
            name=name,
            kind=watched.terms.kind,
            state=Outcome.UNKNOWN,
            reason="not probed yet",
            detail="",
            seen="never",
            seen_ago="",
            took="",
            in_a_row="",
            certificate="",
            places=places,
        )
    found = last.finding
    failures = watched.failures
    return EndpointRow(
        name=name,
        kind=watched.terms.kind,
        state=found.outcome,
        reason=describe_reason(found.reason, none=""),
        detail=plain(found.detail),
        seen=format_recent(last.at_ms, zone, now_ms),
        seen_ago=format_age(now_ms - last.at_ms),
        took=format_probe_duration(found.duration_us),
        in_a_row=f"{format_count(failures, 'failure')} in a row" if failures else "",
        certificate=format_days_left(found.certificate_expires_at_s, now_ms),
        places=places,
    )


def place_rows(
    watched: Watched | None, month: Sequence[PlaceTime], zone: ZoneInfo, now_ms: int
) -> tuple[PlaceRow, ...]:
    """The places that probe an endpoint now, and those that did earlier this month."""
    told, now = {one.site: describe_place(one) for one in month}, watched.sights if watched else ()
    rows = [_place_row(one, told.pop(one.site, ""), zone, now_ms) for one in now]
    gone = (
        PlaceRow(site, Outcome.UNKNOWN, "not asked any more", "", "", "", "", words) for site, words in told.items()
    )
    return (*rows, *gone)


def _place_row(one: PlaceNow, month: str, zone: ZoneInfo, now_ms: int) -> PlaceRow:
    last = one.last
    found = last.finding if last is not None and not one.is_cut_off else None
    return PlaceRow(
        site=one.site,
        state=one.outcome,
        reason=describe_reason(found.reason, none="") if found else "cut off",
        detail=plain(found.detail) if found else "",
        since=format_recent(one.since_ms, zone, now_ms) if one.since_ms else "",
        seen=format_recent(last.at_ms, zone, now_ms) if last else "nothing came from there yet",
        seen_ago=format_age(now_ms - last.at_ms) if last else "",
        month=month,
    )


def kpi_allowance(kpi: KpiAssessment) -> KpiAllowance:
    """One KPI, its verdict so far, and what is left of the downtime it allows in the whole period."""
    kind, verdict = _verdict(kpi)
    left, whole = kpi.allowance_left_ms, kpi.allowance_ms
    if not kpi.is_assessable:
        allowance = f"{format_duration(whole)}; what is left of it is not known"
    elif left >= 0:
        allowance = f"{format_duration(left)} left of {format_duration(whole)}"
    else:
        allowance = f"used up: {format_duration(-left, up=True)} more than {format_duration(whole)}"
    used = min(1.0, float(kpi.downtime_ms / whole)) if whole else float(kpi.downtime_ms > 0)
    return KpiAllowance(
        title=plain(kpi.title or kpi.kpi),
        clause=plain(kpi.clause),
        target=_target(kpi),
        verdict=verdict,
        kind=kind,
        allowance=allowance,
        used=used if kpi.is_assessable else None,
    )


def _target(kpi: KpiAssessment) -> str:
    """What was promised, as the contract has it; per cent is that of the whole period, whose terms may have changed."""
    if kpi.terms is None or kpi.terms.unit == "percent":
        return format_percent(kpi.target_ratio)
    return format_level(kpi.terms.target, kpi.terms)


def _verdict(kpi: KpiAssessment) -> tuple[str, str]:
    """How it looks (met, missed, open) and the words for it."""
    if kpi.is_met is None:
        return "open", "nothing seen yet"
    if not kpi.is_assessable:
        return "open", "not assessable: coverage too low"
    if kpi.is_met:
        return "met", "on target so far"
    worse = "over" if kpi.terms is not None and kpi.terms.direction == "lower_is_better" else "below"
    return "missed", f"{worse} target so far"


def outage_row(outage: Outage, zone: ZoneInfo, now_ms: int) -> OutageRow:
    """One outage, open or ended."""
    end_ms = now_ms if outage.end_ms is None else outage.end_ms
    ended = describe_end(format_recent(end_ms, zone, now_ms), is_seen=outage.end_seen)
    return OutageRow(
        began=format_recent(outage.start_ms, zone, now_ms),
        ended="" if outage.end_ms is None else ended,
        lasted=describe_lasted(end_ms - outage.start_ms, is_seen=outage.end_seen),
        counted=format_duration(outage.downtime_ms, up=True),
        reason=describe_reason(outage.reason),
        endpoints=plain(describe_seen_at(outage.endpoints, outage.places)),
    )
