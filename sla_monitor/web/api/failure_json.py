"""What failed in a month as JSON, as the desk's page of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from sla_monitor.assess.assessment import KpiAssessment, Outage
from sla_monitor.assess.claim_window import claim_window
from sla_monitor.assess.failure_causes import GivenCause
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.month_outages import MissedWithoutOutage, MonthOutage, month_failures, waivers_of
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import OutageSubject, outage_row_json, page_of
from sla_monitor.web.api.register_shapes import (
    CauseJson,
    CountedJson,
    MissedKpiJson,
    MonthFailuresJson,
    MonthOutageJson,
    SaidJson,
)
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.month_now import MonthNow
from sla_monitor.web.page.subject import service_address
from sla_monitor.wording.figure_changes import format_result
from sla_monitor.wording.rulings import NO_CAUSE, describe_ruling
from sla_monitor.wording.text import plain


def month_failures_json(now: MonthNow, days: KnownDays, limit: int, cursor: str) -> MonthFailuresJson:
    """A page of it. Raises CursorError."""
    nulls, contract = Nulls(), now.contract.id
    found = month_failures(now.contract, now.assessed, now.effective)
    here, following = page_of(sorted(found.outages, key=lambda one: one.place), cursor, limit)
    path = f"{API}/contracts/{quote(contract, safe='')}/months/{now.month}/outages"
    address = f"{path}?{urlencode({'limit': limit, 'cursor': following})}" if following else None
    return {
        "contract": contract,
        "month": now.month,
        "status": now.assessed.status,
        "assessed_at": format_utc(now.assessed.at_ms),
        "total": len(found.outages),
        "without_cause": found.without_cause,
        "outages": [_outage(one, now, days) for one in here],
        "missed_without_outages": [_missed(one, now) for one in found.missed],
        "next": nulls.told("next", address, "these are the earliest"),
        "why_null": nulls.why,
    }


def _outage(one: MonthOutage, now: MonthNow, days: KnownDays) -> MonthOutageJson:
    nulls, contract, service = Nulls(), now.contract.id, one.service
    whose = OutageSubject(
        contract, service.service, plain(service.name), service_address(contract, service.service),
        now.assessed.time_zone,
    )  # fmt: skip
    row = outage_row_json(whose, one.outage)
    last_on = claim_window(days, one.outage.start_ms, now.now_ms).last_on
    cause = nulls.told("cause", _cause(one.cause), NO_CAUSE)
    claim_by = nulls.told("claim_by", f"{last_on}" if last_on else None, "the contract sets no last day")
    return {
        **row,
        "kpis": [_counted(kpi, each) for kpi, each in one.kpis],
        "excluded": [
            {
                "entry": each.entry,
                "kind": each.kind,
                "start": format_utc(each.start_ms),
                "end": format_utc(each.end_ms),
                "granted": each.granted,
                "pending": each.is_pending,
                "why": plain(each.why),
            }
            for each in one.excluded
        ],
        "entries": _said(one.entries, now),
        "acknowledged_by": [entry.number for entry in one.in_hand],
        "cause": cause,
        "claim_by": claim_by,
        "why_null": {**row["why_null"], **nulls.why},
    }


def _said(several: Iterable[Entry], now: MonthNow) -> list[SaidJson]:
    here = f"{API}/contracts/{quote(now.contract.id, safe='')}/entries"
    return [
        {
            "number": entry.number,
            "kind": entry.body.kind,
            "url": f"{here}/{entry.number}",
            "state": describe_ruling(entry, now.effective, now.contract),
        }
        for entry in several
    ]


def _counted(kpi: KpiAssessment, outage: Outage) -> CountedJson:
    nulls = Nulls()
    return {
        "kpi": kpi.kpi,
        "counted_ms": outage.downtime_ms,
        "gross_ms": outage.gross_ms,
        "claimed_ms": outage.claimed_ms,
        "missed": nulls.told("missed", None if kpi.is_kept is None else not kpi.is_kept, "it cannot be assessed"),
        "why_null": nulls.why,
    }


def _missed(one: MissedWithoutOutage, now: MonthNow) -> MissedKpiJson:
    nulls, kpi = Nulls(), one.kpi
    return {
        "kpi": kpi.kpi,
        "title": plain(kpi.title),
        "result": plain(format_result(kpi.result, None, kpi.terms)),
        "cause": nulls.told("cause", _cause(one.cause), NO_CAUSE),
        "entries": _said(one.entries, now),
        "waived_by": [entry.number for entry in waivers_of(now.effective, kpi.kpi, now.month)],
        "why_null": nulls.why,
    }


def _cause(given: GivenCause | None) -> CauseJson | None:
    if given is None:
        return None
    entry, said = given
    return {"entry": entry.number, "root_cause": plain(said.root_cause), "owner": plain(said.owner)}
