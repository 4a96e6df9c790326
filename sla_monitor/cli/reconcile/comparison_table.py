"""A reconciliation with the supplier's own outage list, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sla_monitor.assess.reconciliation import (
    VERDICT_WORDS,
    Pairing,
    Reconciliation,
    ServiceReconciliation,
    Theirs,
    format_counts,
)
from sla_monitor.cli.shared.terminal import Row, plain, table, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.reconcile import DowntimeTotals
from sla_monitor.wording.durations import format_duration_difference, format_exact_duration
from sla_monitor.wording.instants import format_instant, format_stretch

if TYPE_CHECKING:
    from sla_monitor.document.reconciled import Previewed

DISPENSABLE = ("unseen", "theirs lasted", "ours lasted")
"""What a narrow terminal does without, in this order."""


def format_reconciliation(
    contract: Contract,
    months: Sequence[str],
    found: Sequence[Reconciliation],
    left_out: Mapping[str, int],
    previews: list[Previewed] | None,
    columns: int | None,
) -> str:
    """Every month, then how each difference can be entered."""
    zone = contract.time_zone
    blocks = [block for one in found for block in _month(contract, one, zone, columns)]
    if left_out:
        rows = ", ".join(f"{count:,} {why}" for why, count in left_out.items())
        blocks.insert(0, wrapped(f"Rows of the file that are not compared: {plain(rows)}.", columns, "  "))
    if missing := [month for month in months if month not in {one.month for one in found}]:
        blocks.append(f"No outage list covers {', '.join(missing)}.")
    if len(found) > 1:
        total = sum((one.sums for one in found), DowntimeTotals())
        blocks.append(f"All months: {_format_sums(total)}.")
    commands = list(_commands(contract, found, zone))
    if commands:
        blocks.append("\n".join(["Each difference can be entered as one of these:", *commands]))
    if previews is not None:
        blocks.append("\n".join(_previews(previews)))
    return "\n\n".join(blocks)


def _month(contract: Contract, one: Reconciliation, zone: ZoneInfo, columns: int | None) -> Iterator[str]:
    lists = ", ".join("the file" if kept.number is None else f"entry {kept.number}" for kept in one.lists)
    head = f"{contract.id}, {one.month}: {format_counts(one)}"
    until = f"up to {format_instant(one.until_ms, zone)}; edges may differ by {format_exact_duration(one.tolerance_ms)}"
    yield "\n".join(wrapped(line, columns, "  ") for line in (head, f"against {lists}, {until}"))
    rows = [_row(service, row, zone) for service in one.services for row in service.rows]
    if rows:
        yield table([*rows, _total(one.sums)], DISPENSABLE, columns)
    for service in one.services:
        if service.unlisted_ms:
            length = format_exact_duration(service.unlisted_ms)
            yield wrapped(f"{service.service}: no list covers {length} of our downtime.", columns, "  ")
        for theirs in service.outside:
            yield wrapped(f"{service.service}, outside its service hours: {_theirs(theirs, zone)}", columns, "  ")
    for theirs in one.unassessed:
        yield wrapped(f"{theirs.outage.service}, not in this month's terms: {_theirs(theirs, zone)}", columns, "  ")


def _row(service: ServiceReconciliation, row: Pairing, zone: ZoneInfo) -> Row:
    return {
        "service": service.service,
        "found": VERDICT_WORDS[row.verdict],
        "ours": "; ".join(format_stretch(one.start_ms, one.end_ms, zone) for one in row.ours),
        "theirs": "; ".join(_theirs(one, zone) for one in row.theirs),
        **_lengths(row.sums),
    }


def _total(sums: DowntimeTotals) -> Row:
    return {"service": "all", "found": "", "ours": "", "theirs": "", **_lengths(sums)}


def _lengths(sums: DowntimeTotals) -> Row:
    return {
        "ours lasted": format_exact_duration(sums.ours_ms),
        "theirs lasted": format_exact_duration(sums.theirs_ms),
        "difference": format_duration_difference(sums.difference_ms),
        "unseen": format_exact_duration(sums.unseen_ms) if sums.unseen_ms else "",
    }


def _format_sums(sums: DowntimeTotals) -> str:
    ours, theirs, difference = map(format_exact_duration, (sums.ours_ms, sums.theirs_ms, abs(sums.difference_ms)))
    than = "more" if sums.difference_ms > 0 else "less"
    return f"ours {ours}, theirs {theirs}" + (f", {difference} {than}" if sums.difference_ms else "")


def _theirs(theirs: Theirs, zone: ZoneInfo) -> str:
    name = " ".join(part for part in (theirs.outage.id, theirs.outage.title) if part)
    when = format_stretch(theirs.start_ms, theirs.end_ms, zone)
    return plain(f"{name}: {when}" if name else when)


def _commands(contract: Contract, found: Sequence[Reconciliation], zone: ZoneInfo) -> Iterator[str]:
    """A comment for each difference, and the commands below it: all of it can be pasted into a shell."""
    for one in found:
        for service in one.services:
            for row in service.rows:
                if row.remedies:
                    when = format_stretch(row.match.start_ms, row.match.end_ms, zone)
                    yield f"# {service.service}, {VERDICT_WORDS[row.verdict]}: {when}"
                    yield from (f"  {remedy.command(contract.id)}" for remedy in row.remedies)


def _previews(previews: list[Previewed]) -> Iterator[str]:
    yield "What each of them would change in months that are over:"
    for each in previews:
        yield f"  {each['command']}"
        yield from (f"    refused: {plain(why)}" for why in each["refused"])
        granted = "once granted, " if each["needs_decision"] else ""
        for change in each["changes"]:
            yield f"    {granted}{change['month']} {change['figure']}: {change['before']} -> {change['after']}"
        if not each["refused"] and not each["changes"]:
            yield f"    {granted}nothing"
