"""What has become of a month that was signed off: which figures moved, and which entries moved them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment, Restatement
from sla_monitor.cli.register.formatting import told_entry
from sla_monitor.cli.register.preview import differences
from sla_monitor.cli.shared.table_figures import told_money, told_points
from sla_monitor.cli.shared.terminal import table, wrapped
from sla_monitor.register.entries import SignOff
from sla_monitor.sla.results import PeriodResult

TOLD_AT_MOST = 20
"""Entries: a file of tickets may be hundreds of them."""

ELSEWHERE = (
    "By the register as it stood at the sign-off the month comes to {points} points and {credit} {currency} today,"
    " which is not what was signed: the contract's file or what was seen has changed since."
)


def told_restatement(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    """Nothing for a month whose figures are what was signed, or that nobody signed."""
    found = one.restatement
    if found is None:
        return
    yield wrapped(f"RESTATED: {_sums(found, one.currency)}", columns)
    if found.before is None or one.result is None:
        return
    rows = [{"figure": row["figure"], "by the sign-off": row["before"], "now": row["after"]}
            for row in differences(found.before, one.result, one.currency)]  # fmt: skip
    if rows:
        yield table(rows, (), columns)
    yield from _why(found, one, columns)


def _sums(found: Restatement, currency: str) -> str:
    now = f"now {told_points(found.points)} points and {told_money(found.credit, currency)} {currency}"
    signed = found.signed.said
    if not isinstance(signed, SignOff):
        return now
    was = f"{told_points(Fraction(signed.points))} points and {told_money(signed.credit, currency)} {currency}"
    return f"sign-off #{found.signed.number} had {was}; {now}"


def _is_what_was_signed(before: PeriodResult, signed: SignOff) -> bool:
    return before.points == signed.points and before.deducted == signed.credit


def _why(found: Restatement, one: ContractAssessment, columns: int | None) -> Iterator[str]:
    signed, before, zone = found.signed.said, found.before, ZoneInfo(one.time_zone)
    if before and isinstance(signed, SignOff) and not _is_what_was_signed(before, signed):
        points, credit = told_points(before.points), told_money(before.deducted, one.currency)
        yield wrapped(ELSEWHERE.format(points=points, credit=credit, currency=one.currency), columns)
    about = {entry.number: entry for entry in one.entries}
    told = [f"  {told_entry(about[number], zone)}" for number in found.because if number in about]
    if len(told) > TOLD_AT_MOST:
        told = [*told[:TOLD_AT_MOST], f"  ... and {len(told) - TOLD_AT_MOST} more (see `sla-monitor register list`)"]
    others = [f"#{number}" for number in found.because if number not in about]
    told += [f"  {', '.join(others)}, about months before"] if others else []
    if told:
        yield "\n".join(["Because of", *(wrapped(line, columns, "  ") for line in told)])
