"""Writes an evidence file from a ledger: a line for each span, observation and entry, so that people can compare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sla_monitor.contract.bank_holidays import HANDED, handed_name
from sla_monitor.contract.contract import Contract, endpoint_of_key
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.errors import EvidenceError
from sla_monitor.evidence.document import FORMAT, HANDED_NAME, VERSION
from sla_monitor.evidence.reading import Spelled
from sla_monitor.evidence.source import endpoint_keys, sampled_keys
from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.attachments import EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Span


def evidence_text(
    contract: Contract, source: Evidence, seen: tuple[int, int], at_ms: int, *, every_observation: bool = False
) -> Iterator[str]:
    """An evidence file, piece by piece: a month of single observations need not be in memory.

    `seen` is the time it speaks of, from and until; `every_look` adds the observations at all endpoints, not only at
    those whose KPIs are worked out from them.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "contract": contract.id,
        "zone": contract.time_zone.key,
        "at": format_utc(at_ms),
        "seen": {"from": format_utc(seen[0]), "until": format_utc(seen[1])},
    }
    yield _json(head, indent=1)[: -len("\n}")]
    yield ',\n "observed": ['
    yield from _items(_observed(contract, source, seen))
    yield '\n ],\n "samples": ['
    keys = endpoint_keys(contract) if every_observation else sampled_keys(contract)
    yield from _items(_samples(key, source.samples(key, *seen)) for key in keys)
    if moves := source.clock_moves(*seen):
        yield '\n ],\n "clock_moves": ['
        yield from _lines(map(_move, moves), "  ")
    if told := list(map(import_json, source.imports_in(contract.id, *seen))):
        yield '\n ],\n "imports": ['
        yield from _lines(told, "  ")
    yield '\n ],\n "entries": ['
    yield from _lines(map(entry_json, source.entries(contract.id)), "  ")
    if files := list(map(_entry_file, source.entry_files(contract.id))):
        yield '\n ],\n "attachments": ['
        yield from _lines(files, "  ")
    yield "\n ]"
    if carried := holiday_texts(contract):
        yield ',\n "bank_holidays": {'
        yield ",".join(f"\n  {_json(name)}: {_json(text)}" for name, text in carried.items())
        yield "\n }"
    yield "\n}\n"


def holiday_texts(contract: Contract) -> dict[str, str]:
    """The files of bank holidays that a contract names, as they are, by the names under which they are handed on.
    Raises EvidenceError."""
    found: dict[str, str] = {}
    for path in contract.holiday_files:
        name, text = handed_name(path), _text(path, contract.read_files.contents[path])
        if found.setdefault(name, text) != text:
            raise EvidenceError([f"{path}: another file of bank holidays is called {path.name} too (rename one)"])
    return found


def write_holidays(file: Spelled, folder: Path) -> None:
    """Put the files of bank holidays that an evidence file brings into a folder, under their bare names. A name that
    is none is left to the check of the whole file."""
    values = file.values.get("bank_holidays") if isinstance(file.values, dict) else None
    for name, text in values.items() if isinstance(values, dict) else ():
        if re.fullmatch(HANDED_NAME, name, re.ASCII) and isinstance(text, str):
            (folder / name.removeprefix(HANDED)).write_bytes(text.encode(errors="replace"))


def _text(path: Path, content: bytes) -> str:
    """Every byte of it: its digest is among the inputs."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise EvidenceError([f"{path}: cannot be read: it is not UTF-8 text (save it as UTF-8)"]) from None


def entry_json(entry: Entry) -> dict[str, Any]:
    """A register entry as the file has it: what was left open is left out."""
    return entry.model_dump(mode="json", by_alias=True, exclude_none=True)


def _entry_file(one: EntryFile) -> dict[str, Any]:
    file = one.file
    told = {"entry": one.entry, "at": format_utc(one.at_ms), "actor": one.actor, "name": file.name}
    return {**told, "type": file.media_type, "sha256": file.digest, "size": file.size}


def import_json(imported: tuple[Import, Mapping[str, Intervals]]) -> dict[str, Any]:
    """What was brought in from elsewhere, and the time of which it alone told."""
    one, when = imported
    return {
        "number": one.number,
        "at": format_utc(one.at_ms),
        "actor": one.actor,
        "kind": one.kind,
        "source": one.source,
        "sha256": one.digest,
        "from": format_utc(one.start_ms),
        "until": format_utc(one.until_ms),
        "filled": [
            {**_whose(key), "start": format_utc(start_ms), "end": format_utc(end_ms)}
            for key in sorted(when)
            for start_ms, end_ms in when[key]
        ],
    }


def _observed(contract: Contract, source: Evidence, seen: tuple[int, int]) -> Iterator[Iterator[str]]:
    spans = source.spans(*seen)
    for key in endpoint_keys(contract):
        yield _object({"kind": "spans", **_whose(key)}, "spans", map(_span, spans.get(key, ())))


def _samples(key: str, samples: Iterable[Sample]) -> Iterator[str]:
    return _object(_whose(key), "looks", map(_sample, samples))


def _span(span: Span) -> dict[str, Any]:
    told: dict[str, Any] = {
        "start": format_utc(span.start_ms),
        "end": format_utc(span.end_ms),
        "outcome": span.outcome.value,
    }
    if span.reason is not None:
        told["reason"] = span.reason.value
    return {**told, "last_look": format_utc(span.seen_ms), "looks": span.probes}


def _sample(sample: Sample) -> dict[str, Any]:
    at_ms, outcome, duration_us, first_byte_us = sample
    told: dict[str, Any] = {"at": format_utc(at_ms)}
    if outcome is not Outcome.UP:
        told["outcome"] = outcome.value
    times = {"duration_us": duration_us, "first_byte_us": first_byte_us}
    return told | {key: value for key, value in times.items() if value is not None}


def _move(move: ClockMove) -> dict[str, Any]:
    told: dict[str, Any] = {"at": format_utc(move.at_ms), "expected": format_utc(move.at_ms - move.step_ms)}
    return {**told, "slept_ms": move.slept_ms} if move.slept_ms else told


def _whose(key: str) -> dict[str, Any]:
    """Of which endpoint, and of which site where that is not the collector's own: a file of one place is as ever."""
    endpoint, site = endpoint_of_key(key)
    return {"endpoint": endpoint} if site == MAIN else {"endpoint": endpoint, "site": site}


def _object(head: dict[str, Any], name: str, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An object with one long list, an item a line."""
    yield f"{_json(head)[:-1]}, {_json(name)}: ["
    yield from _lines(rows, "   ")
    yield "]}"


def _items(several: Iterable[Iterator[str]]) -> Iterator[str]:
    for i, pieces in enumerate(several):
        yield ",\n  " if i else "\n  "
        yield from pieces


def _lines(rows: Iterable[dict[str, Any]], indent: str) -> Iterator[str]:
    for i, row in enumerate(rows):
        yield f"{',' if i else ''}\n{indent}{_json(row)}"


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent)
