"""One history under a contract and under a draft of it, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sla_monitor.assess.compare import Comparison, MonthCompared, Totals
from sla_monitor.cli.shared.terminal import NONE, Row, plain, table
from sla_monitor.wording.numbers import format_money, format_points
from sla_monitor.wording.vocabulary import describe_id

DISPENSABLE = ("triggers", "withheld", "before caps", "KPIs")
"""What a narrow terminal does without, in this order."""


def format_comparison(one: Comparison, draft_file: str, columns: int | None) -> str:
    """The months that differ, and the sums over all months."""
    different = [month for month in one.months if month.is_different]
    first, last = (one.months[0].month, one.months[-1].month) if one.months else ("", "")
    head = f"{one.contract} under {plain(draft_file)}: {len(one.months)} months"
    head += f", {first} to {last}; {len(different)} of them differ" if one.months else ""
    rows = [_row(month, one.currency) for month in different]
    total = {"month": "all", "KPIs": "", **_sums(one.present, one.draft, one.currency), "triggers": ""}
    return f"{head}\nContract -> draft\n\n{table([*rows, total], DISPENSABLE, columns)}"


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
