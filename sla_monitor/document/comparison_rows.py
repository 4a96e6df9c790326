"""One history under a contract and under a draft of it, and when their terms differ, as rows and words for people."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.assess.compare import Comparison, MonthCompared, Totals
from sla_monitor.assess.proposed_terms import ChangedTerms
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.numbers import format_count, format_money, format_points
from sla_monitor.wording.vocabulary import describe_id

NONE = "-"
Row = dict[str, str]


def comparison_rows(one: Comparison) -> list[Row]:
    """The months that differ, and the sums over all months."""
    rows = [_row(month, one.currency) for month in one.months if month.is_different]
    total = {"month": "all", "KPIs": "", **_sums(one.present, one.draft, one.currency), "triggers": ""}
    return [*rows, total]


def describe_when(one: ChangedTerms, zone: ZoneInfo) -> str:
    """`From 1 Apr 2027 00:00:00 BST: 2 changes`."""
    since = "From the beginning" if one.from_ms is None else f"From {format_instant(one.from_ms, zone)}"
    until = "" if one.until_ms is None else f" until {format_instant(one.until_ms, zone)}"
    return f"{since}{until}: {format_count(len(one.changes), 'change')}"


def _row(month: MonthCompared, code: str) -> Row:
    bands = [f"{c.kpi} {_band(c.band)} -> {_band(c.draft_band)}" for c in month.changes if c.band != c.draft_band]
    return {
        "month": month.month,
        "KPIs": ", ".join(bands),
        **_sums(month.present, month.draft, code),
        "triggers": _change(_triggers(month.set_off), _triggers(month.draft_set_off)),
    }


def _band(name: str | None) -> str:
    return describe_id(name) if name else NONE


def _triggers(names: Iterable[str]) -> str:
    return ", ".join(map(describe_id, names)) or NONE


def _sums(ours: Totals, draft: Totals, code: str) -> Row:
    return {
        "points": _change(format_points(ours.points), format_points(draft.points)),
        "before caps": _change(format_money(ours.before_caps, code), format_money(draft.before_caps, code)),
        "credit": _change(format_money(ours.credit, code), format_money(draft.credit, code)),
        "withheld": _change(format_money(ours.withheld, code), format_money(draft.withheld, code)),
        "difference": _signed(draft.credit + draft.withheld - ours.credit - ours.withheld, code),
    }


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} -> {after}"


def _signed(amount: Decimal, code: str) -> str:
    text = format_money(amount, code)
    return f"+{text}" if amount > 0 else text
