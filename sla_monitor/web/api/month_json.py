"""Months, recalculations and the audit as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sla_monitor.assess.recalculations import MonthFigures, MonthsTold, Recalculation
from sla_monitor.contract.contract import Contract
from sla_monitor.document.signing_off import describe_worth
from sla_monitor.document.values import money, number
from sla_monitor.ledger.recording.audit import ProvedDeed
from sla_monitor.ledger.recording.month_results import MonthResult
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import span
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.pack_json import packs_json
from sla_monitor.web.api.register_shapes import (
    AuditJson,
    DeedJson,
    MonthJsonWhole,
    MonthStateJson,
    RecalculationJson,
    StandingFiguresJson,
)
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.closed_month import ClosedMonth
from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.wording.known_by import describe_known_by
from sla_monitor.wording.recalculations import describe_because
from sla_monitor.wording.text import plain

UNTOLD = "the month was not told yet"
UNSIGNED = "nobody has signed it off"
UNCOUNTERED = "the supplier has not countersigned it"
RUNNING = "the month goes on"


def months_json(
    contract: Contract, effective: EffectiveEntries, results: Iterable[MonthResult], now_ms: int
) -> Iterator[MonthStateJson]:
    """Every month of the term that has begun. `results`: what the contract's closed months came to."""
    told, (start_ms, end_ms) = MonthsTold(), contract.term_ms
    for one in results:
        told.add(one)
    running = month_at(now_ms, contract.time_zone)
    if start_ms > now_ms:
        return
    for month in span(month_at(start_ms, contract.time_zone), month_at(min(now_ms, end_ms - 1), contract.time_zone)):
        yield _month(month, contract, effective, told, is_running=month == running)


def _month(
    month: str, contract: Contract, effective: EffectiveEntries, told: MonthsTold, *, is_running: bool
) -> MonthStateJson:
    nulls, signed, last = Nulls(), effective.sign_off(month), told.last(month)
    entry, said = signed or (None, None)
    counter, _ = effective.countersignature(month) or (None, None)
    figures = None if last is None else MonthFigures(last.figures)
    missed = None if figures is None else [name for name, kpi in figures.kpis.items() if kpi.is_met is False]
    return {
        "url": f"{API}/contracts/{contract.id}/months/{month}",
        "contract": contract.id,
        "month": month,
        "state": "running" if is_running else "open" if signed is None else "signed",
        "sign_off": nulls.told("sign_off", entry.number if entry else None, UNSIGNED),
        "signed_by": nulls.told("signed_by", plain(entry.actor) if entry else None, UNSIGNED),
        "signed_at": nulls.told("signed_at", format_utc(entry.at_ms) if entry else None, UNSIGNED),
        "digest": nulls.told("digest", said.digest if said else None, UNSIGNED),
        "countersignature": nulls.told("countersignature", counter.number if counter else None, UNCOUNTERED),
        "countersigned_by": nulls.told("countersigned_by", plain(counter.actor) if counter else None, UNCOUNTERED),
        "countersigned_at": nulls.told("countersigned_at", format_utc(counter.at_ms) if counter else None, UNCOUNTERED),
        "measured": nulls.told("measured", figures.is_measured if figures else None, UNTOLD),
        "points": nulls.told("points", number(figures.points) if figures else None, UNTOLD),
        "credit": nulls.told("credit", money(figures.deducted, contract.currency) if figures else None, UNTOLD),
        "missed": nulls.told("missed", missed, UNTOLD),
        "told_at": nulls.told("told_at", format_utc(last.at_ms) if last else None, UNTOLD),
        "why_null": nulls.why,
    }


def month_json(state: MonthStateJson, found: ClosedMonth | None, packs: Iterable[ReviewPack]) -> MonthJsonWhole:
    """`found`: the month as it stands now; None: it goes on. `packs`: of all months, as whoever asks may have them."""
    nulls = Nulls()
    nulls.why.update(state["why_null"])
    mine = [one for one in packs if (one.contract, one.month) == (state["contract"], state["month"])]
    return {
        **state,
        "standing": nulls.told("standing", None if found is None else _standing(found), RUNNING),
        "packs": packs_json(mine)["packs"],
        "why_null": nulls.why,
    }


def _standing(found: ClosedMonth) -> StandingFiguresJson:
    return {
        "digest": found.digest,
        "is_signed": found.signed is not None and not found.is_restated,
        "words": plain(describe_worth(found.assessment)),
        "kpis": [{"kpi": kpi, "title": title, "result": result} for kpi, title, result in found.rows],
        "open_points": list(found.points),
    }


def recalculation_json(one: Recalculation, currency: str, entries: Mapping[int, Entry]) -> RecalculationJson:
    """`entries`: the contract's register, by number."""
    before, after = one.before, one.after
    names = dict.fromkeys((*before.kpis, *after.kpis))
    return {
        "at": format_utc(one.at_ms),
        "month": one.month,
        "is_signed": one.is_signed,
        "kpis": [name for name in names if before.kpis.get(name) != after.kpis.get(name)],
        "points_before": number(before.points),
        "points_after": number(after.points),
        "credit_before": money(before.deducted, currency),
        "credit_after": money(after.deducted, currency),
        "entries": list(one.because.entries),
        "because": plain(describe_because(one.because, entries)),
    }


def audit_json(deeds: Sequence[ProvedDeed], head: str, following: str) -> AuditJson:
    """`head`: the chain's, as a line; `following`: the address of the page before."""
    nulls = Nulls()
    return {
        "deeds": [_deed(one) for one in deeds],
        "head": nulls.text("head", head, "no link of the chain is closed yet"),
        "next": nulls.text("next", following, "there is nothing before"),
        "why_null": nulls.why,
    }


def _deed(one: ProvedDeed) -> DeedJson:
    nulls, event = Nulls(), one.event
    return {
        "at": format_utc(event.at_ms),
        "until": format_utc(event.until_ms),
        "count": event.count,
        "event": event.event,
        "actor": plain(event.actor),
        "known_by": nulls.text("known_by", describe_known_by(event.known_by), "nobody is known to have done it"),
        "contract": event.contract,
        "subject": plain(event.subject),
        "addresses": plain(event.addresses),
        "entry": nulls.told("entry", one.entry, "it is no entry of the register"),
        "digest": nulls.text("digest", one.digest, "it is no entry of the register"),
        "link": one.link,
        "why_null": nulls.why,
    }
