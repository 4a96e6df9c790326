"""One history under a contract and under a draft of it, for the person at the terminal."""

from __future__ import annotations

from decimal import Decimal

from sla_monitor.assess.compare import Comparison, MonthCompared, Sums
from sla_monitor.cli.shared.table_figures import NONE, told_money, told_points
from sla_monitor.cli.shared.terminal import Row, plain, table

DISPENSABLE = ("triggers", "withheld", "before caps", "KPIs")
"""What a narrow terminal does without, in this order."""


def told_comparison(one: Comparison, draft_file: str, columns: int | None) -> str:
    """The months that differ, and the sums over all months."""
    different = [month for month in one.months if month.is_different]
    first, last = (one.months[0].month, one.months[-1].month) if one.months else ("", "")
    head = f"{one.contract} under {plain(draft_file)}: {len(one.months)} months"
    head += f", {first} to {last}; {len(different)} of them differ" if one.months else ""
    rows = [_row(month, one.currency) for month in different]
    total = {"month": "all", "KPIs": "", **_sums(one.present, one.draft, one.currency), "triggers": ""}
    return f"{head}\nAmounts in {one.currency}, contract -> draft\n\n{table([*rows, total], DISPENSABLE, columns)}"


def _row(month: MonthCompared, code: str) -> Row:
    bands = [f"{c.kpi} {c.band or NONE} -> {c.draft_band or NONE}" for c in month.changes if c.band != c.draft_band]
    return {
        "month": month.month,
        "KPIs": ", ".join(bands),
        **_sums(month.present, month.draft, code),
        "triggers": _change(", ".join(month.set_off) or NONE, ", ".join(month.draft_set_off) or NONE),
    }


def _sums(ours: Sums, draft: Sums, code: str) -> Row:
    return {
        "points": _change(told_points(ours.points), told_points(draft.points)),
        "before caps": _change(told_money(ours.before_caps, code), told_money(draft.before_caps, code)),
        "credit": _change(told_money(ours.credit, code), told_money(draft.credit, code)),
        "withheld": _change(told_money(ours.withheld, code), told_money(draft.withheld, code)),
        "difference": _signed(draft.credit + draft.withheld - ours.credit - ours.withheld, code),
    }


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} -> {after}"


def _signed(amount: Decimal, code: str) -> str:
    text = told_money(amount, code)
    return f"+{text}" if amount > 0 else text
