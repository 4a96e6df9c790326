"""A reconciliation with the supplier's own outage list, in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from sla_monitor.assess import reconciliation
from sla_monitor.document.services import OutageJson, outage
from sla_monitor.document.values import instant, seconds
from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.instant import format_utc
from sla_monitor.sla import reconcile


class Lengths(TypedDict):
    """Lengths of time in seconds. ours = both + ours_alone; theirs = both + theirs_alone."""

    ours: str
    """Our downtime."""
    theirs: str
    """Theirs, each moment once."""
    difference: str
    """Theirs less ours."""
    both: str
    """What is on both lists."""
    ours_alone: str
    """What is on ours alone."""
    theirs_alone: str
    """What is on theirs alone."""
    unseen: str
    """The part of theirs_alone in which we saw nothing."""


class SupplierOutage(TypedDict):
    """An outage of the supplier's list, as it is written there."""

    list: int | None
    """The entry of its list; null: the list is not in the register."""
    service: str
    """The id of the service."""
    named: str
    """What the supplier calls it, where that is another name."""
    id: str
    """Its number there."""
    title: str
    """What it is called there."""
    start: str
    """When it began."""
    end: str | None
    """When it was over; null: it went on."""


class TimeSpan(TypedDict):
    """A stretch of time, `[start, end)`."""

    start: str
    """From this instant on."""
    end: str
    """End, exclusive."""


class Suggested(TypedDict):
    """What the difference may become in the register."""

    kind: Literal["correction", "claim", "dispute"]
    """The kind of entry."""
    command: str
    """What is to be typed; it shows what changes before anything is entered."""


class Matched(TypedDict):
    """Outages that overlap inside the time that is compared."""

    verdict: reconcile.Verdict
    """agreed: within the tolerance; differs: in length; ours_only, theirs_only: on one list; unseen: we saw nothing."""
    start: str
    """When the first of them began, inside the time that is compared."""
    end: str
    """When the last of them was over."""
    ours: list[OutageJson]
    """Our outages."""
    theirs: list[SupplierOutage]
    """Theirs."""
    seconds: Lengths
    """Inside the time that is compared."""
    ours_alone: list[TimeSpan]
    """What is on our list alone."""
    theirs_alone: list[TimeSpan]
    """What is on theirs alone."""
    unseen: list[TimeSpan]
    """The parts of theirs_alone in which we saw nothing."""
    may_become: list[Suggested]
    """Entries by which it could be settled; none: it is agreed."""


class ReconciledService(TypedDict):
    """One service."""

    service: str
    """Its id."""
    name: str
    """Its name."""
    compared_seconds: str
    """Service hours so far of which a list speaks."""
    unlisted_seconds: str
    """Our downtime in service hours of which no list speaks; it is compared with nothing."""
    seconds: Lengths
    """The sums of its matches."""
    matches: list[Matched]
    """Every match, in order of time."""
    outside: list[SupplierOutage]
    """Theirs that lie outside the service hours."""


class OutageListPart(TypedDict):
    """A list that was compared with."""

    entry: int | None
    """Its number in the register; null: it is not there."""
    sha256: str
    """Of its file."""
    start: str
    """From when on it speaks."""
    end: str
    """Up to when."""
    services: list[str]
    """Of which services; none: all."""
    outages: int
    """How many outages it has."""
    left_out: int
    """How many rows of its file are not in it."""


class Counts(TypedDict):
    """How many matches there are of each verdict."""

    agreed: int
    """Within the tolerance."""
    differs: int
    """In length."""
    ours_only: int
    """On our list alone."""
    theirs_only: int
    """On theirs alone."""
    unseen: int
    """On theirs, while we saw nothing."""


class ReconciledMonth(TypedDict):
    """A month's outages against the supplier's own lists."""

    month: str
    """Its name."""
    until: str
    """The instant up to which is compared."""
    tolerance_seconds: str
    """How far edges may differ and still agree."""
    lists: list[OutageListPart]
    """What was compared with, the newest last: where two speak of the same time, the newer one counts."""
    counts: Counts
    """How many there are of each verdict."""
    seconds: Lengths
    """All services together."""
    services: list[ReconciledService]
    """Every service."""
    unassessed: list[SupplierOutage]
    """Theirs of services that the month's terms do not have."""


class LeftOut(TypedDict):
    """Rows of the file that were not compared."""

    why: str
    """The reason."""
    rows: int
    """How many."""


class FigureChange(TypedDict):
    """A figure of a month that is over, before and after an entry."""

    month: str
    """Its month."""
    figure: str
    """Which."""
    before: str
    """As it is."""
    after: str
    """As it would be."""


class Previewed(TypedDict):
    """What one of the entries that a difference may become would change."""

    command: str
    """The same as under may_become."""
    refused: list[str]
    """Why the register would not take it; none: it would."""
    needs_decision: bool
    """Whether it changes anything only once it is granted; the changes are those of the granted entry."""
    changes: list[FigureChange]
    """Figures of months that are over; none: nothing changes."""


class ReconciliationDocument(TypedDict):
    """Some months of one contract against the supplier's own outage lists."""

    format: Literal["sla-monitor-reconciliation"]
    """What kind of file this is."""
    version: Literal[1]
    """Of the format."""
    contract: str
    """The id of the contract."""
    left_out: list[LeftOut]
    """Rows of the file that were not compared."""
    months: list[ReconciledMonth]
    """Every month, oldest first; none: no list speaks of any."""
    seconds: Lengths
    """All months together."""
    preview: list[Previewed] | None
    """What each entry would change; null: that was not asked for."""


def reconciliation_document(
    contract: str,
    months: Sequence[reconciliation.Reconciliation],
    left_out: Mapping[str, int],
    preview: list[Previewed] | None,
) -> ReconciliationDocument:
    """The JSON of a reconciliation."""
    return {
        "format": "sla-monitor-reconciliation",
        "version": 1,
        "contract": contract,
        "left_out": [{"why": why, "rows": rows} for why, rows in left_out.items()],
        "months": [reconciled_month(month, contract) for month in months],
        "seconds": _lengths(sum((month.sums for month in months), reconcile.DowntimeTotals())),
        "preview": preview,
    }


def reconciled_month(one: reconciliation.Reconciliation, contract: str) -> ReconciledMonth:
    counts = one.counts
    return {
        "month": one.month,
        "until": format_utc(one.until_ms),
        "tolerance_seconds": seconds(one.tolerance_ms),
        "lists": [_list(kept) for kept in one.lists],
        "counts": {
            "agreed": counts["agreed"],
            "differs": counts["differs"],
            "ours_only": counts["ours_only"],
            "theirs_only": counts["theirs_only"],
            "unseen": counts["unseen"],
        },
        "seconds": _lengths(one.sums),
        "services": [_service(service, contract) for service in one.services],
        "unassessed": [_theirs(theirs) for theirs in one.unassessed],
    }


def _list(kept: reconciliation.RecordedList) -> OutageListPart:
    return {
        "entry": kept.number,
        "sha256": kept.outage_list.digest,
        "start": format_utc(kept.outage_list.start_ms),
        "end": format_utc(kept.outage_list.end_ms),
        "services": list(kept.outage_list.services),
        "outages": len(kept.outage_list.outages),
        "left_out": kept.outage_list.left_out,
    }


def _service(one: reconciliation.ServiceReconciliation, contract: str) -> ReconciledService:
    return {
        "service": one.service,
        "name": one.name,
        "compared_seconds": seconds(one.compared_ms),
        "unlisted_seconds": seconds(one.unlisted_ms),
        "seconds": _lengths(one.sums),
        "matches": [_matched(row, contract) for row in one.rows],
        "outside": [_theirs(theirs) for theirs in one.outside],
    }


def _matched(row: reconciliation.Pairing, contract: str) -> Matched:
    match = row.match
    return {
        "verdict": match.verdict,
        "start": format_utc(match.start_ms),
        "end": format_utc(match.end_ms),
        "ours": [outage(one) for one in row.ours],
        "theirs": [_theirs(one) for one in row.theirs],
        "seconds": _lengths(match.sums),
        "ours_alone": _stretches(match.ours_alone),
        "theirs_alone": _stretches(match.theirs_alone),
        "unseen": _stretches(match.unseen),
        "may_become": [{"kind": one.kind, "command": one.command(contract)} for one in row.remedies],
    }


def _theirs(one: reconciliation.Theirs) -> SupplierOutage:
    listed = one.outage
    return {
        "list": one.entry,
        "service": listed.service,
        "named": listed.named,
        "id": listed.id,
        "title": listed.title,
        "start": format_utc(listed.start_ms),
        "end": instant(listed.end_ms),
    }


def _stretches(several: Intervals) -> list[TimeSpan]:
    return [{"start": format_utc(start_ms), "end": format_utc(end_ms)} for start_ms, end_ms in several]


def _lengths(sums: reconcile.DowntimeTotals) -> Lengths:
    return {
        "ours": seconds(sums.ours_ms),
        "theirs": seconds(sums.theirs_ms),
        "difference": seconds(sums.difference_ms),
        "both": seconds(sums.both_ms),
        "ours_alone": seconds(sums.ours_alone_ms),
        "theirs_alone": seconds(sums.theirs_alone_ms),
        "unseen": seconds(sums.unseen_ms),
    }
