"""What an entry would change as JSON: what the desk's page between shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_shapes import EntryJson, FigureChangeJson, IfGrantedJson, PreviewJson
from sla_monitor.web.desk.effect import Effect


def preview_json(
    entry: EntryJson, effect: Effect, last: int, *, running: str, reaches_closed_months: bool, doubts: Sequence[str]
) -> PreviewJson:
    """`last`: the contract's last entry; `running`: the month that goes on."""
    nulls, own, granted = Nulls(), effect_json(effect, running), effect.granted
    if_granted = None if granted is None else effect_json(granted, running)
    return {
        "entry": entry,
        "last_number": last,
        "reaches_closed_months": reaches_closed_months,
        "changes": own["changes"],
        "doubts": list(doubts),
        "running": own["running"],
        "remarks": own["remarks"],
        "booked": own["booked"],
        "if_granted": nulls.told("if_granted", if_granted, "it asks for no decision"),
        "why_null": nulls.why,
    }


def effect_json(effect: Effect, running: str) -> IfGrantedJson:
    """What of months that are over and of the running one becomes other, and what whoever enters it may not expect."""
    return {
        "changes": [row for one in effect.months if one.month < running for row in _rows(one.month, one.rows)],
        "running": [row for one in effect.months if one.month >= running for row in _rows(one.month, one.rows)],
        "remarks": list(effect.but),
        "booked": list(effect.booked),
    }


def _rows(month: str, rows: Sequence[dict[str, str]]) -> list[FigureChangeJson]:
    return [{"month": month, "figure": row["figure"], "before": row["before"], "after": row["after"]} for row in rows]
