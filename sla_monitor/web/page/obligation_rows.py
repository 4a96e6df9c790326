"""Obligations on the page: what is late, due or due soon, and the next of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.due_obligations import DueObligation
from sla_monitor.sla.obligations import ObligationState
from sla_monitor.wording.instants import format_date
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.obligations import OBLIGATION_WORDS, PARTIES, describe_consequence, describe_known
from sla_monitor.wording.text import plain

SHOWN_DUTIES = 20
_TONES: dict[ObligationState, str] = {"late": "down", "due": "degraded", "due_soon": "degraded", "met_late": "degraded"}


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One duty on one of its days."""

    when: str
    word: str
    tone: str
    title: str
    clause: str
    party: str
    known: str
    consequence: str


@dataclass(frozen=True, slots=True)
class ObligationTable:
    """`summary`: what is late and what is due, in a line; `more`: how many are left out, in words."""

    summary: str
    rows: tuple[ObligationRow, ...]
    more: str
    is_late: bool


def obligation_table(contracts: Iterable[ContractAssessment]) -> ObligationTable | None:
    """Those of some contracts; None: they have none."""
    found = [(contract, one) for contract in contracts for one in contract.obligations.near]
    if not found:
        return None
    found.sort(key=lambda pair: (pair[1].state != "late", pair[1].last_on))
    rows = tuple(obligation_row(one, ZoneInfo(contract.time_zone)) for contract, one in found[:SHOWN_DUTIES])
    more = len(found) - len(rows)
    states = [one.state for _, one in found]
    counts = {
        "late": states.count("late"),
        "due or due soon": states.count("due") + states.count("due_soon"),
        "to come": states.count("upcoming"),
    }
    summary = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "nothing is due"
    told = f"{format_count(more, 'more day')} later" if more else ""
    return ObligationTable(summary, rows, told, is_late=bool(counts["late"]))


def obligation_row(one: DueObligation, zone: ZoneInfo) -> ObligationRow:
    """A duty on one of its days, as people read it."""
    return ObligationRow(
        when=format_date(one.last_on),
        word=OBLIGATION_WORDS[one.state].capitalize(),
        tone=_TONES.get(one.state, "up" if not one.is_open else ""),
        title=plain(one.terms.title),
        clause=plain(one.terms.clause),
        party=PARTIES[one.terms.party],
        known=plain(describe_known(one, zone)),
        consequence=plain(describe_consequence(one.terms)),
    )
