"""Obligations in JSON: of an assessment, and of the addresses for other programs."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from sla_monitor.assess.due_obligations import DueObligation
from sla_monitor.document.values import instant
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.obligations import ObligationState
from sla_monitor.wording.obligations import describe_known
from sla_monitor.wording.text import plain


class ObligationJson(TypedDict):
    """A duty on one of the days on which it is due."""

    obligation: str
    """Its id in the contract."""
    title: str
    """What is due."""
    kind: str
    """report, plan, review, insurance, benchmark, continuity_test, data_delivery or other."""
    clause: str
    """Where the contract says so; empty: it does not say."""
    party: Literal["supplier", "authority"]
    """Who owes it."""
    due: str
    """The day by the contract, which names it in the register."""
    deferred_to: str | None
    """The later day that the authority granted; null: none."""
    state: ObligationState
    """How it stands."""
    due_soon_from: str
    """From when on it is due soon."""
    late_from: str
    """From when on it is late."""
    met: str | None
    """When it was met; null: it was not, or nobody has entered it."""
    by: str
    """Who met it; empty: nobody has."""
    reference: str
    """A number in somebody's files."""
    entry: int | None
    """The entry of the register that says so."""
    excused_by: int | None
    """The entry that excuses it or puts it off."""
    asked_by: int | None
    """The entry that asks for that and awaits a decision."""
    known: str
    """The same in words; empty: nothing is known of it yet."""
    proof: str
    """What proves that it was met."""
    consequence: str
    """What follows if it is late, in words."""
    leads_to: str | None
    """The trigger or credit that the contract names for it."""


def obligation(one: DueObligation, zone: ZoneInfo) -> ObligationJson:
    terms = one.terms
    return {
        "obligation": terms.id,
        "title": plain(terms.title),
        "kind": terms.kind,
        "clause": plain(terms.clause),
        "party": terms.party,
        "due": one.due_on.isoformat(),
        "deferred_to": None if one.deferred_to is None else one.deferred_to.isoformat(),
        "state": one.state,
        "due_soon_from": format_utc(one.remind_ms),
        "late_from": format_utc(one.late_ms),
        "met": instant(one.met_ms),
        "by": plain(one.by),
        "reference": plain(one.reference),
        "entry": one.entry,
        "excused_by": one.excused_by,
        "asked_by": one.asked_by,
        "known": plain(describe_known(one, zone)),
        "proof": plain(terms.proof),
        "consequence": plain(terms.consequence),
        "leads_to": terms.leads_to,
    }
