"""What became of bookings, claims, disputes and corrections, and until when relief can be claimed: in the words of
every screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.contract.contract import Contract
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Decision, Entry, Waiver
from sla_monitor.wording.instants import format_date, format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import format_list, plain

NO_CAUSE = "nobody has said yet"
"""Of the root cause and the owner of a failure."""

AWAITS = "awaits a decision"


def describe_verdict(asked: Entry, said: Decision) -> str:
    """`granted`, `granted in part`, where that is a part of the time that was asked for, or `refused`."""
    return said.verdict_on(asked.body).replace("_", " ")


def describe_ruling(entry: Entry, effective: EffectiveEntries, contract: Contract) -> str:
    """`granted by entry 12: It was ours.`; of a dispute, `settled: refused by entry 12: …`. With the reason: it is
    written for both sides."""
    found = effective.decision_on(entry.number)
    if found is None:
        if not entry.body.is_decidable:
            return "stands"
        return AWAITS if entry.body.asks_for_decision(contract) else "needs no decision"
    decided, said = found
    settled = "settled: " if entry.body.kind == "dispute" else ""
    why = f": {plain(decided.note)}" if decided.note else ""
    return f"{settled}{describe_verdict(entry, said)} by entry {decided.number}{why}"


def describe_waivers(waivers: Iterable[Entry]) -> str:
    """`waived by entry 12`, or `money waived by entry 12`, where the points stand; empty: nothing was."""
    found: dict[str, list[str]] = {}
    for entry in waivers:
        is_money = isinstance(entry.body, Waiver) and entry.body.what == "money"
        found.setdefault("money waived" if is_money else "waived", []).append(f"entry {entry.number}")
    return ", ".join(f"{what} by {format_list(names)}" for what, names in found.items())


def describe_excluded(span: tuple[int, int], is_granted: bool, why: str, zone: ZoneInfo) -> str:
    """`left out: 6 Oct 2026 10:00:00 to 11:00:00 BST (decision 12)`. `span`: in ms."""
    left_out = "left out of the figures" if is_granted else "not left out"
    return f"{left_out}: {format_stretch(*span, zone)}{f' ({plain(why)})' if why else ''}"


def describe_claim_window(today: date, last_on: date | None, notice_by: date | None, *, is_refused_late: bool) -> str:
    """Until when relief can be claimed; empty: nothing limits it. `last_on`: the last day at all; `notice_by`: that of
    the notice, counted from the failure; `is_refused_late`: of a later one nobody decides."""
    if last_on is not None and today > last_on:
        return f"too late since {format_date(last_on + timedelta(days=1))}"
    ends = f"until {format_date(last_on)}" if last_on is not None else ""
    if notice_by is None:
        return ends
    if today <= notice_by:
        return f"notice by {format_date(notice_by)}{f', {ends}' if ends else ''}"
    late = "refused" if is_refused_late else "for the authority to decide"
    told = f"notice was due by {format_date(notice_by)}: later is {late}, unless the cause was known later"
    return f"{ends}; {told}" if ends else told


def describe_claim_period(last_on: date | None, notice_days: int) -> str:
    """The same, while it can be claimed, of a failure of which only the period is known. `notice_days`: the Working
    Days of a notice."""
    told = f"notice within {format_count(notice_days, 'Working Day')} of when its cause was known"
    return f"until {format_date(last_on)}; {told}" if last_on is not None else told
