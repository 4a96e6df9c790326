"""Obligations as the status page has them, in JSON: nothing is null without a reason. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sla_monitor.assess.due_obligations import DueObligation, Obligations
from sla_monitor.document.obligations import obligation
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.shapes import ObligationRowJson


def obligations_json(found: Obligations, zone: ZoneInfo) -> list[ObligationRowJson]:
    """Those of the month, late ones, and the next of each, by their day."""
    return [_row(one, zone) for one in found.near]


def _row(one: DueObligation, zone: ZoneInfo) -> ObligationRowJson:
    nulls, told = Nulls(), obligation(one, zone)
    nulls.told("deferred_to", told["deferred_to"], "nobody has put it off")
    nulls.told("met", told["met"], "nobody has entered that it was met")
    nulls.told("entry", told["entry"], "nobody has entered that it was met")
    nulls.told("excused_by", told["excused_by"], "nobody has excused it or put it off")
    nulls.told("asked_by", told["asked_by"], "nothing about it awaits a decision")
    nulls.told("leads_to", told["leads_to"], "the contract names no trigger or credit for it")
    return {**told, "why_null": nulls.why}
