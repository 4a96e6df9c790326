"""A month's outages against the supplier's own list as JSON, as far as the status page shows them. Pure."""

from __future__ import annotations

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.reconciliation import Pairing, Theirs
from sla_monitor.document.values import instant
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.reconcile import DowntimeTotals
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.outage_json import GOES_ON
from sla_monitor.web.api.shapes import ComparedJson, ListedStretchJson, MatchJson, ReconciliationJson
from sla_monitor.web.page.reconciliation_table import SHOWN, reconciled_of
from sla_monitor.wording.text import plain


def reconciliation_json(contract: ContractAssessment) -> ReconciliationJson | None:
    """None where no list is kept."""
    one, shown = contract.reconciliation, reconciled_of(contract)
    if one is None or shown is None:
        return None
    pairs = [(service.service, row) for service in one.services for row in service.rows]
    return {
        "month": one.month,
        "until": format_utc(one.until_ms),
        "tolerance_ms": one.tolerance_ms,
        "counts": dict(one.counts.items()),
        **_compared(one.sums),
        "matches": [_match(service, row) for service, row in pairs[:SHOWN]],
        "more_matches": len(pairs[SHOWN:]),
        "notes": list(shown.notes),
    }


def _match(service: str, row: Pairing) -> MatchJson:
    return {
        "service": service,
        "verdict": row.verdict,
        "ours": [_stretch("", one.start_ms, one.end_ms) for one in row.ours],
        "theirs": [_stretch(_named(one), one.start_ms, one.end_ms) for one in row.theirs],
        **_compared(row.sums),
    }


def _named(theirs: Theirs) -> str:
    return plain(" ".join(part for part in (theirs.outage.id, theirs.outage.title) if part))


def _stretch(name: str, start_ms: int, end_ms: int | None) -> ListedStretchJson:
    nulls = Nulls()
    return {
        "name": nulls.text("name", name, "it has none"),
        "start": format_utc(start_ms),
        "end": nulls.told("end", instant(end_ms), GOES_ON),
        "why_null": nulls.why,
    }


def _compared(sums: DowntimeTotals) -> ComparedJson:
    return {
        "ours_ms": sums.ours_ms,
        "theirs_ms": sums.theirs_ms,
        "difference_ms": sums.difference_ms,
        "unseen_ms": sums.unseen_ms,
    }
