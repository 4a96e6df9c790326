"""Who bears, or is given, which part of the month's money."""

from __future__ import annotations

from sla_monitor.review.blocks import Cell, Column, Table
from sla_monitor.review.pack_input import Case

SHARES = (Column("Participant", 1.6), Column("Part of the credit", 1.2, True), Column("Worked out", 4))


def shares(case: Case) -> Table:
    """Each participant's part of what is deducted, with the days and the charges that it comes from."""
    names, one = {each.id: each.name or each.id for each in case.terms.participants}, case.assessment
    rows = tuple(
        (
            Cell(names.get(name, name)),
            case.money(part),
            Cell("; ".join(map(str, one.shares_working.get(name, ())))),
        )
        for name, part in one.shares.items()
    )
    return Table("shares", "Each participant’s part of the credit", SHARES, rows, "The contract names no shares.")
