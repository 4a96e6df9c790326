"""What terms change, and which were in force when, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.assess.proposed_terms import ChangedTerms, TermsEffect
from sla_monitor.cli.assess.comparison import format_comparison
from sla_monitor.cli.shared.terminal import NONE, table, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.document.comparison_rows import describe_when
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.register.kinds.terms_change import short
from sla_monitor.register.terms_history import Proposal, TermsHistory
from sla_monitor.wording.instants import format_instant, format_month
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import format_list

ONE_LOGIN = "both names were given behind one login: that login alone vouches for two people"
DISPENSABLE = ("reference", "note")


def format_effect(contract: Contract, effect: TermsEffect, signed: Sequence[str], columns: int | None) -> str:
    """`contract`: by whose zone times are told; `signed`: months that were signed off."""
    parts = [*_words(contract, effect.words), *_months(effect, signed, columns)]
    return "\n\n".join(parts)


def format_history(
    contract: Contract, history: TermsHistory, changes: Sequence[TermsInForce], columns: int | None
) -> str:
    """Every proposal, and every change of what was in force, oldest first."""
    zone = contract.time_zone
    proposals = [
        {
            "entry": f"{one.entry.number}",
            "proposed": format_instant(one.entry.at_ms, zone),
            "by": one.entry.actor,
            "terms": short(one.said.digest),
            "from": format_instant(one.said.start_ms, zone),
            "state": _state(one),
            "reference": one.entry.reference,
            "note": one.entry.note,
        }
        for one in history.proposals
    ]
    in_force = [
        {
            "in force since": format_instant(one.at_ms, zone),
            "terms": short(one.digest) or "none: its file was gone",
            "approved by": f"entry {one.approval}" if one.approval else "nobody",
            "file": f"{one.path}" if one.digest else NONE,
        }
        for one in changes
    ]
    told = [
        table(proposals, DISPENSABLE, columns) if proposals else f"No terms of {contract.id} were proposed.",
        table(in_force, ("file",), columns) if in_force else "The daemon has put no terms on record yet.",
    ]
    marked = [f"Entry {one.entry.number}: {ONE_LOGIN}." for one in history.proposals if one.is_of_one_login]
    return "\n\n".join([*told, *(wrapped(line, columns) for line in marked)])


def _state(one: Proposal) -> str:
    by = one.closed_by
    if by is None:
        return "awaits a second person"
    return f"{one.state} by {by.actor} (entry {by.number}{', one login' if one.is_of_one_login else ''})"


def _words(contract: Contract, several: Sequence[ChangedTerms]) -> Iterator[str]:
    if not several:
        yield "The terms say the same; the files differ in comments or order alone, or not at all."
    for one in several:
        rows = [
            {"term": change.what, "was": change.was or NONE, "is to be": change.now or NONE} for change in one.changes
        ]
        yield f"{describe_when(one, contract.time_zone)}\n{table(rows)}"


def _months(effect: TermsEffect, signed: Sequence[str], columns: int | None) -> Iterator[str]:
    if not effect.written.months:
        yield "No month is recorded and over, so that there is no money to compare."
        return
    restated = effect.restated
    if restated:
        told = f"It RESTATES {format_count(len(restated), 'month')} that are over: as the file has them, they come to"
        final = [format_month(month) for month in restated if month in signed]
        more = f" Signed off among them: {format_list(final)}." if final else ""
        yield wrapped(f"{told} something else.{more}", columns)
        yield format_comparison(effect.written, "the draft", columns)
    else:
        yield "No month that is over comes out otherwise."
    yield "As if the last version of each had held in all of these months:"
    yield format_comparison(effect.supposed, "the draft", columns)
