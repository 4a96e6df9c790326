"""Entries as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.contract_ruling import no_effect, not_counted, reservations
from sla_monitor.cli.shared.terminal import lines_of, plain, table, width, wrapped

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_monitor.cli.register.desk import Desk, Entered
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.effective import Standing
    from sla_monitor.register.entries import Entry

DISPENSABLE = ("at", "reference", "actor")
"""What a narrow terminal does without, in this order."""


def tell_entered(desk: Desk, entered: Entered, style: str) -> None:
    """What was added, under which numbers, and what it changed."""
    but = {entry.number: reservations(desk, entered, entry) for entry in entered.entries}
    if style == "json":
        added = [{**_document(entry), "but": but[entry.number]} for entry in entered.entries]
        tell_json({"contract": desk.contract.id, "added": added, "changed": entered.changes})
        return
    for entry in entered.entries:
        click.echo(lines_of(f"entry {entry.number}: {entry.said.kind}: {summary(entry, desk.zone)}"))
        for line in but[entry.number]:
            tell_but(line)


def tell_list(contract: Contract, entries: Iterable[Entry], stands: Standing, zone: ZoneInfo, style: str) -> None:
    if style == "json":
        rows = [{**_document(entry), "state": state(entry, stands, contract)} for entry in entries]
        tell_json({"contract": contract.id, "entries": rows})
        return
    told = [
        {
            "entry": str(entry.number),
            "at": _local(entry.at_ms, zone),
            "actor": entry.actor,
            "kind": entry.said.kind.replace("_", " "),
            "what": summary(entry, zone),
            "state": state(entry, stands, contract),
            "reference": entry.reference,
        }
        for entry in entries
    ]
    click.echo(lines_of(table(told, DISPENSABLE, width())) if told else "no entries")


def tell_one(contract: Contract, entry: Entry, about: Sequence[Entry], said: Sequence[Entry], style: str) -> None:
    """One entry with everything that was said about it. `said`: the whole register of the contract."""
    from sla_monitor.register.effective import standing

    stands = standing(said)
    zone, is_so = contract.versions[-1].terms.time_zone, state(entry, stands, contract)
    if style == "json":
        one = {**_document(entry), "state": is_so, "about_it": [_document(other) for other in about]}
        tell_json({"contract": contract.id, "entry": one})
        return
    lines = {"entry": f"{entry.number} ({entry.said.kind.replace('_', ' ')})", "state": is_so}
    lines |= {"entered": _local(entry.at_ms, zone), "actor": entry.actor, **dict(_words(entry, zone))}
    lines |= {name: getattr(entry, name) for name in ("reference", "evidence", "note")}
    shown = [f"{name:<12} {plain(text)}" for name, text in lines.items() if text]
    but = [*not_counted(contract, said, entry), *no_effect(contract, said, entry)]
    shown += [f"{'but':<12} {line}" for line in but]
    shown += [f"{'then':<12} entry {o.number}, {plain(o.actor)}: {o.said.kind}: {summary(o, zone)}" for o in about]
    click.echo(lines_of("\n".join(shown)))


def tell_but(line: str) -> None:
    """Something that whoever enters it may not expect."""
    columns, told = width(), f"  but {line}"
    click.echo(lines_of(wrapped(told, columns, "  ") if columns else told))


def tell_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


def state(entry: Entry, stands: Standing, contract: Contract) -> str:
    """Where an entry stands: in one word, and by which other."""
    from sla_monitor.register.approval import DECIDABLE, asks_for_decision

    if entry.number in stands.undone:
        return f"undone by {stands.undone[entry.number]}"
    if entry.number in stands.replaced:
        return f"replaced by {stands.replaced[entry.number]}"
    decision = stands.decision_on(entry.number)
    if decision is not None and isinstance(entry.said, DECIDABLE):
        return f"{'granted' if decision[1].granted else 'refused'} by {decision[0].number}"
    return "awaits a decision" if asks_for_decision(entry.said, contract) else "stands"


def summary(entry: Entry, zone: ZoneInfo) -> str:
    """What an entry says, in one line: only what was said, not what goes without saying."""
    told = "; ".join(f"{name} {text}" for name, text in _words(entry, zone))
    return "; ".join(part for part in (plain(told), plain(entry.note)) if part)


def told_entry(entry: Entry, zone: ZoneInfo) -> str:
    """An entry in one line, with its number, who made it, and its reference."""
    reference = f", {plain(entry.reference)}" if entry.reference else ""
    said = plain(summary(entry, zone))
    return f"#{entry.number} {entry.said.kind.replace('_', ' ')} by {plain(entry.actor)}{reference}: {said}"


def _words(entry: Entry, zone: ZoneInfo) -> Iterable[tuple[str, str]]:
    fields = type(entry.said).model_fields
    for key, value in entry.said:
        if key != "kind" and (fields[key].is_required() or value != fields[key].default):
            yield (fields[key].alias or key).removesuffix("_ms").replace("_", " "), _word(key, value, zone)


def _word(key: str, value: Any, zone: ZoneInfo) -> str:
    from sla_monitor.contract.fields import spelled_duration

    if key in {"duration_ms", "tolerance_ms"}:
        return spelled_duration(value)
    if key.endswith("_ms"):
        return _local(value, zone)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "outages":
        return str(len(value))
    if isinstance(value, tuple):
        return ", ".join(_stop(each, zone) if hasattr(each, "reason") else str(each) for each in value)
    return str(value)


def _stop(stop: Any, zone: ZoneInfo) -> str:
    end = "now" if stop.end_ms is None else _local(stop.end_ms, zone)
    return f"{stop.reason} {_local(stop.start_ms, zone)} to {end}"


def _local(at_ms: int, zone: ZoneInfo) -> str:
    """On the wall; the zone's short name tells the two hours of autumn apart."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    return f"{at:%Y-%m-%d %H:%M:%S} {at:%Z}".replace(":00 ", " ", 1) if not at.second else f"{at:%Y-%m-%d %H:%M:%S %Z}"


def _document(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any] = entry.model_dump(mode="json", by_alias=True)
    return document
