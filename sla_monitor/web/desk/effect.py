"""What entries of the desk would change, before they are entered: figures, money, and whom nobody calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sla_monitor.assess.figure_changes import changes_of_entries
from sla_monitor.assess.supposed import reservations_of, stretches_of
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.terms_slices import terms_at_end
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Decision, Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import entry_of
from sla_monitor.web.desk.entering import CheckedStatements
from sla_monitor.web.desk.previews import Previews
from sla_monitor.web.identity.desk_state import digest_of
from sla_monitor.wording.figure_changes import Changes, titles_of
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.maintenance import describe_booked
from sla_monitor.wording.text import plain

SHOWN = 12
"""Stretches of a booking that are told: one over a year may have a window in each night."""


@dataclass(frozen=True, slots=True)
class ChangedMonth:
    """The figures of a month that change, each with before and after. `called`: the titles of KPIs by their ids."""

    month: str
    title: str
    rows: tuple[dict[str, str], ...]
    called: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """`but`: what whoever enters it may not expect; `booked`: what of a booking is left out of the figures. `granted`:
    what it would be once it is granted, of what asks for a decision."""

    months: tuple[ChangedMonth, ...] = ()
    but: tuple[str, ...] = ()
    booked: tuple[str, ...] = ()
    granted: Effect | None = None

    @property
    def mark(self) -> str:
        """By which it is known whether it is still the same."""
        months = [[one.title, *one.rows] for one in self.months]
        granted = self.granted.mark if self.granted else ""
        return digest_of(json.dumps([months, self.but, self.booked, granted]))


def effect_of(previews: Previews, contract: Contract, checked: CheckedStatements, now_ms: int) -> Effect:
    """From the one thread of `WebParts.previewing`. Raises LedgerError and its kinds."""
    granting = [
        _grant(one) for one in checked.entries if one.body.is_decidable and one.body.asks_for_decision(contract)
    ]
    granted: Effect | None = None
    if granting:
        whole = replace(checked, entries=(*checked.entries, *granting))
        granted = _effect(previews, contract, whole, now_ms)
    own = _effect(previews, contract, checked, now_ms)
    if granted is not None:
        granted = replace(granted, but=tuple(line for line in granted.but if line not in own.but))
    return replace(own, granted=granted)


def _grant(asked: Entry) -> Entry:
    """A decision by somebody else, which nobody has made."""
    said = Decision(about=asked.number, granted=True)
    made = entry_of(said, at_ms=asked.at_ms, actor=f"not {asked.actor}"[:200], contract=asked.contract, note="-")
    return made.model_copy(update={"number": asked.number + 1})


def _effect(previews: Previews, contract: Contract, checked: CheckedStatements, now_ms: int) -> Effect:
    new, context = checked.entries, EntryContext.of(contract, [*checked.said, *checked.entries])
    running = month_at(now_ms, contract.time_zone)
    with previews.asking(contract.id) as (evidence, cache):
        changes = changes_of_entries(contract, evidence, checked.said, new, now_ms, with_running=True, cache=cache)
    closed = [row for row in changes if row["month"] < running]
    decisions = [f"{one.number}" for one in new if isinstance(one.body, Decision)]
    named = re.compile(rf"\bdecision (?:{'|'.join(decisions) or '-'})\b")
    but = [line for entry in new for line in reservations_of(context, entry, now_ms, closed)]
    effective = effective_entries(checked.said)
    signed = [month for month in dict.fromkeys(row["month"] for row in changes) if effective.sign_off(month)]
    but += [
        f"{format_month(month)} is signed off: its figures change all the same, and it has to be signed off again"
        for month in signed
    ]
    booked = [one for entry in new for one in stretches_of(context, entry, now_ms)]
    called, zone = contract.service_names, contract.time_zone
    lines = [
        describe_booked(
            one.is_silenced,
            (one.start_ms, one.end_ms),
            [called.get(name, name) for name in one.services],
            one.why,
            zone,
        )
        for one in booked[:SHOWN]
    ]
    more = [f"and {len(booked) - SHOWN} more"] if len(booked) > SHOWN else []
    # It has no number yet.
    but, lines = ([named.sub("this decision", line) for line in several] for several in (but, [*lines, *more]))
    return Effect(tuple(_months(contract, changes, running)), _plain(but), _plain(lines))


def _months(contract: Contract, changes: Changes, running: str) -> list[ChangedMonth]:
    return [
        ChangedMonth(
            month,
            f"{format_month(month)}{', so far' if month == running else ''}",
            tuple(rows),
            titles_of(terms_at_end(contract, month)),
        )
        for month, rows in groupby(changes, key=lambda row: row["month"])
    ]


def _plain(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(plain, lines)))
