"""Entries as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.attaching import describe_attachment, document_of_attachment
from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.cli.register.preview import Entered
from sla_monitor.cli.register.silenced import describe_stretches, document_of, stretches_of
from sla_monitor.cli.shared.terminal import lines_of, plain, table, width, wrapped
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.known_by import describe_actor, describe_known_by
from sla_monitor.wording.rulings import describe_verdict
from sla_monitor.wording.vocabulary import describe_id

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger.recording.attached_files import Attachment
    from sla_monitor.register.effective import EffectiveEntries
    from sla_monitor.register.entries import Entry

LENGTHS = frozenset({"duration_ms", "tolerance_ms"})
NAMED = frozenset({"cause", "outcome", "party", "what"})
"""Fields whose values are names of ours or of the contract, and no text of a person."""

DISPENSABLE = ("known", "at", "reference", "actor")
"""What a narrow terminal does without, in this order."""


def print_entered(session: EntrySession, entered: Entered, style: str) -> None:
    """What was added, under which numbers, and what it changed."""
    say = _wording(session.contract)
    but = {entry.number: reservations(session, entered, entry) for entry in entered.entries}
    alerts = {entry.number: stretches_of(session, entry) for entry in entered.entries}
    if style == "json":
        added = [
            {**_document(entry), "but": but[entry.number], "alerts": [document_of(one) for one in alerts[entry.number]]}
            for entry in entered.entries
        ]
        print_json({"contract": session.contract.id, "added": added, "changed": entered.changes})
        return
    for entry in entered.entries:
        click.echo(lines_of(f"entry {entry.number}: {summary(entry, say)}"))
        for line in but[entry.number]:
            print_reservation(line)
        for line in describe_stretches(session, alerts[entry.number]):
            click.echo(lines_of(_indented(line)))


def print_list(contract: Contract, entries: Iterable[Entry], effective: EffectiveEntries, style: str) -> None:
    if style == "json":
        rows = [{**_document(entry), "state": state(entry, effective, contract)} for entry in entries]
        print_json({"contract": contract.id, "entries": rows})
        return
    say = _wording(contract)
    told = [
        {
            "entry": str(entry.number),
            "at": say.at(entry.at_ms),
            "actor": entry.actor,
            "known": describe_known_by(entry.known_by),
            "kind": describe_id(entry.body.kind),
            "what": summary(entry, say),
            "state": state(entry, effective, contract),
            "reference": entry.reference,
        }
        for entry in entries
    ]
    click.echo(lines_of(table(told, DISPENSABLE, width())) if told else "no entries")


def print_one(
    contract: Contract,
    entry: Entry,
    about: Sequence[Entry],
    said: Sequence[Entry],
    attached: Sequence[Attachment],
    style: str,
) -> None:
    """One entry with everything that was said about it, and the files attached to it. `said`: the whole register of the
    contract."""
    from sla_monitor.assess.supposed import not_counted
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.rules import doubts

    context = EntryContext.of(contract, said)
    say, is_so = _wording(contract), state(entry, context.effective, contract)
    if style == "json":
        one = {**_document(entry), "state": is_so, "about_it": [_document(other) for other in about]}
        one["attachments"] = [document_of_attachment(each) for each in attached]
        print_json({"contract": contract.id, "entry": one})
        return
    lines = {"entry": f"{entry.number} ({describe_id(entry.body.kind)})", "state": is_so}
    lines |= {
        "entered": say.at(entry.at_ms),
        "actor": describe_actor(entry.actor, entry.known_by),
        **dict(_fields(entry, say)),
    }
    lines |= {name: getattr(entry, name) for name in ("reference", "evidence", "note")}
    shown = [f"{name:<12} {plain(text)}" for name, text in lines.items() if text]
    shown += [f"{'attached':<12} {describe_attachment(one)}" for one in attached]
    but = [*not_counted(context, entry), *doubts(entry, context)]
    shown += [f"{'but':<12} {line}" for line in but]
    shown += [f"{'then':<12} entry {o.number}, {plain(o.actor)}: {summary(o, say)}" for o in about]
    click.echo(lines_of("\n".join(shown)))


def print_reservation(line: str) -> None:
    """Something that whoever enters it may not expect."""
    click.echo(lines_of(_indented(f"but {line}")))


def _indented(line: str) -> str:
    columns, told = width(), f"  {line}"
    return wrapped(told, columns, "  ") if columns else told


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


def state(entry: Entry, effective: EffectiveEntries, contract: Contract) -> str:
    """Where an entry stands: in one word, and by which other."""
    if entry.number in effective.undone:
        return f"undone by {effective.undone[entry.number]}"
    if entry.number in effective.replaced:
        return f"replaced by {effective.replaced[entry.number]}"
    decision = effective.decision_on(entry.number)
    if decision is not None and entry.body.is_decidable:
        return f"{describe_verdict(entry, decision[1])} by {decision[0].number}"
    return "awaits a decision" if entry.body.asks_for_decision(contract) else "stands"


def _wording(contract: Contract) -> EntryWording:
    return EntryWording(contract.time_zone, contract.currency)


def summary(entry: Entry, say: EntryWording) -> str:
    """What an entry says, in one line, with the time that it is about and its note."""
    parts = (entry.body.words(say), *_span(entry, say), entry.note)
    return "; ".join(plain(part) for part in parts if part)


def format_entry(entry: Entry, say: EntryWording) -> str:
    """An entry in one line, with its number, who made it, and its reference."""
    reference = f", {plain(entry.reference)}" if entry.reference else ""
    return f"#{entry.number} by {plain(entry.actor)}{reference}: {summary(entry, say)}"


def _span(entry: Entry, say: EntryWording) -> Iterator[str]:
    from sla_monitor.register.entries import Timed

    if isinstance(entry.body, Timed):
        yield format_stretch(entry.body.start_ms, entry.body.end_ms, say.zone)


def _fields(entry: Entry, say: EntryWording) -> Iterable[tuple[str, str]]:
    """Every field that was given, and not what goes without saying."""
    fields = type(entry.body).model_fields
    for key, value in entry.body:
        is_told = key != "kind" and key not in entry.body.no_figures
        if is_told and (fields[key].is_required() or value != fields[key].default):
            yield (fields[key].alias or key).removesuffix("_ms").replace("_", " "), _field(key, value, say)


def _field(key: str, value: Any, say: EntryWording) -> str:
    if key in {"duration_ms", "tolerance_ms"}:
        return say.duration(value)
    if key.endswith("_ms"):
        return say.at(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "outages":
        return str(len(value))
    if isinstance(value, tuple):
        between = " " if key == "acknowledged" else ", "
        return between.join(_stop(each, say) if hasattr(each, "reason") else str(each) for each in value)
    return str(value)


def _stop(stop: Any, say: EntryWording) -> str:
    return f"{describe_id(stop.reason)} {format_stretch(stop.start_ms, stop.end_ms, say.zone)}"


def _document(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any] = entry.model_dump(mode="json", by_alias=True)
    if entry.known_by is None:  # as an earlier version has printed it
        del document["known_by"]
    return document


def reservations(session: EntrySession, entered: Entered, entry: Entry) -> list[str]:
    """What whoever has made an entry may not expect: time that the contract refuses, figures that do not change."""
    if not entry.body.changes_figures:  # what is not read cannot be found damaged
        return []
    from sla_monitor.assess.supposed import reservations_of
    from sla_monitor.register.entry_context import EntryContext

    context = EntryContext(session.contract, session.entries)
    return reservations_of(context, entry, session.clock.now_ms(), entered.changes)
