"""One history under a contract and under a draft of it, for the person at the terminal."""

from __future__ import annotations

from sla_monitor.assess.compare import Comparison
from sla_monitor.cli.shared.terminal import plain, table
from sla_monitor.document.comparison_rows import comparison_rows

DISPENSABLE = ("triggers", "withheld", "before caps", "KPIs")
"""What a narrow terminal does without, in this order."""


def format_comparison(one: Comparison, draft_file: str, columns: int | None) -> str:
    """The months that differ, and the sums over all months."""
    different = [month for month in one.months if month.is_different]
    first, last = (one.months[0].month, one.months[-1].month) if one.months else ("", "")
    head = f"{one.contract} under {plain(draft_file)}: {len(one.months)} months"
    head += f", {first} to {last}; {len(different)} of them differ" if one.months else ""
    return f"{head}\nContract -> draft\n\n{table(comparison_rows(one), DISPENSABLE, columns)}"
