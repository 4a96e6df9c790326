"""Imports tickets and figures from a file: every row checked, mistakes by line, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import Strict
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import MORE, Sheet, day_first, read_sheet
from sla_monitor.register.entries import Entry, ReportedFigure, TicketRecord
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.rules import problems

Dates = Literal["iso", "day-first", "month-first"]
_INSTANTS = ("opened", "responded", "ended")
_WHOLE = ("in_target", "total")
TOLD_AT_MOST = 100
"""Lines of mistakes: a file of the wrong kind has one on every line."""


@dataclass(frozen=True)
class ImportSource:
    """A file and how to read it. `columns`: fields by heading; `party`: whose the figures are, where no column says.

    `reference` and `note`: for rows that have none of their own.
    """

    name: str
    content: bytes
    kind: Literal["ticket", "figure"]
    columns: Mapping[str, str]
    dates: Dates = "iso"
    party: str = ""
    reference: str = ""
    note: str = ""

    def sheet(self) -> Sheet:
        return read_sheet(self.content, self.kind, self.columns)

    @cached_property
    def evidence(self) -> str:
        """By which the file can be known again."""
        return f"{self.name}, SHA-256 {sha256(self.content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """An entry that a row makes, and the line on which the row begins."""

    line: int
    entry: Entry


def drafts(source: ImportSource, contract: Contract, actor: str, at_ms: int) -> list[DraftEntry]:
    """The entries that a file makes. Raises RegisterError with the problems of every row."""
    sheet = source.sheet()
    found = [f"{source.name}:{line}: {message}" for line, message in sheet.problems]
    made: list[DraftEntry] = []
    for line, words in sheet.rows if not found else ():
        try:
            made.append(DraftEntry(line, _entry(source, words, contract, actor, at_ms)))
        except RegisterError as error:
            found += [f"{source.name}:{line}: {problem}" for problem in _with_dates(source, words, error.problems)]
    found += [f"{source.name}:{line}: {problem}" for line, problem in _twice(made)]
    if found:  # what can be said of the other rows is said in the same breath
        found += _wrong(source, made, EntryContext.of(contract, ()))
        raise RegisterError(shortened(sorted(found, key=lambda told: _line(source, told))))
    return made


def news(source: ImportSource, several: Iterable[DraftEntry], contract: Contract, said: Iterable[Entry]) -> list[Entry]:
    """The entries that say what the register does not say already. Raises RegisterError with all that is wrong."""
    context = EntryContext.of(contract, said)
    replaceable = (*context.effective.of(TicketRecord), *context.effective.of(ReportedFigure))
    known = {_key(words): words for _, words in replaceable}
    fresh = [draft for draft in several if known.get(_key(draft.entry.body)) != draft.entry.body]
    found = _wrong(source, fresh, context)
    if found:
        raise RegisterError(shortened(found))
    return [draft.entry for draft in fresh]


def _wrong(source: ImportSource, several: Iterable[DraftEntry], context: EntryContext) -> list[str]:
    return [f"{source.name}:{one.line}: {line}" for one in several for line in problems(one.entry, context)]


def _line(source: ImportSource, told: str) -> int:
    return int(told.removeprefix(f"{source.name}:").partition(":")[0])


def _with_dates(source: ImportSource, words: Mapping[str, str], found: Iterable[str]) -> Iterator[str]:
    """Problems, with the way out where a day and a month stand in an order that nobody can tell."""
    told = {field: words[field] for field in _INSTANTS if source.dates == "iso" and field in words}
    turned = {field: word for field, word in told.items() if day_first(word) != word}
    for line in found:
        field = line.partition(":")[0]
        word = turned.get(field)
        yield line if word is None else f"{field}: {word} begins with the day or the month (say which, by --dates)"


def shortened(lines: list[str]) -> list[str]:
    more = len(lines) - TOLD_AT_MOST
    return lines if more <= 0 else [*lines[:TOLD_AT_MOST], f"... and {more} more"]


def _entry(source: ImportSource, words: dict[str, str], contract: Contract, actor: str, at_ms: int) -> Entry:
    given: dict[str, Any] = {field: word for field, word in words.items() if field not in MORE}
    for field in _INSTANTS if source.dates != "iso" else ():
        if field in given:
            given[field] = day_first(given[field], month_first=source.dates == "month-first")
    given |= {field: int(given[field]) for field in _WHOLE if given.get(field, "").isdecimal()}
    if source.kind == "figure" and source.party:
        given.setdefault("party", source.party)
    if "stops" in given:
        given["stops"] = _stops(given["stops"], source.dates)
    said = body_of(source.kind, given, contract.time_zone)
    more = {"reference": source.reference, "note": source.note, "evidence": source.evidence}
    more |= {field: words[field] for field in MORE if field in words}
    return entry_of(said, at_ms=at_ms, actor=actor, contract=contract.id, **more)


def _stops(text: str, dates: Dates) -> list[dict[str, str]]:
    """`waiting_for_authority 2026-10-05 10:00 / 2026-10-05 12:00; ...`; without an end it still stands still."""
    return [_stop(part, dates) for part in text.split(";") if part.strip()]


def _stop(text: str, dates: Dates) -> dict[str, str]:
    reason, _, span = text.strip().partition(" ")
    first, _, last = span.partition(" / ")
    found = {"reason": reason, "start": first.strip(), "end": last.strip()}
    if dates != "iso":
        found |= {key: day_first(found[key], month_first=dates == "month-first") for key in ("start", "end")}
    return {key: word for key, word in found.items() if word}


def _twice(several: Iterable[DraftEntry]) -> Iterator[tuple[int, str]]:
    """Two rows about one thing: nobody can know which of them is meant."""
    seen: dict[object, int] = {}
    for draft in several:
        key = _key(draft.entry.body)
        if key in seen:
            what = "ticket" if isinstance(draft.entry.body, TicketRecord) else "figure"
            yield draft.line, f"the same {what} is on line {seen[key]} (keep one of them)"
        seen.setdefault(key, draft.line)


def _key(said: Strict) -> object:
    if isinstance(said, TicketRecord):
        return said.id
    return (said.kpi, said.month, said.party) if isinstance(said, ReportedFigure) else None
