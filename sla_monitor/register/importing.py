"""Imports tickets and figures from a file: every row checked, mistakes by line, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal

from sla_monitor import remedies
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import Strict
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import MORE, Sheet, heading, read_sheet
from sla_monitor.register.entries import Entry, ReportedFigure, TicketRecord
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.foreign_instant import Dates, iso_spelling
from sla_monitor.register.presets import CLOSED_STATES, ITIL_PRIORITIES, LIKE_AN_END, PRESETS, Preset
from sla_monitor.register.rules import problems

_INSTANTS = ("opened", "responded", "ended")
_WHOLE = ("in_target", "total", "attempts")
OTHERS = "*"
"""In a table of names: every name that is not in it."""
TOLD_AT_MOST = 100
"""Lines of mistakes: a file of the wrong kind has one on every line."""


@dataclass(frozen=True)
class ImportSource:
    """A file and how to read it. `columns`: fields by heading; `party`: whose the figures are, where no column says.

    `reference` and `note`: for rows that have none of their own. `preset`: the tool that wrote it, one of PRESETS.
    `priorities` and `services`: ours by theirs; a service may be empty (none of ours), and `*` is every other one.
    `two_digit_years`: 26 is 2026. `is_open_without_end`: a ticket without an end is open, whatever the file says else.
    """

    name: str
    content: bytes
    kind: Literal["ticket", "figure"]
    columns: Mapping[str, str]
    dates: Dates = "iso"
    party: str = ""
    reference: str = ""
    note: str = ""
    preset: str = ""
    priorities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    services: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    two_digit_years: bool = False
    is_open_without_end: bool = False

    @cached_property
    def tool(self) -> Preset | None:
        return PRESETS[self.preset] if self.preset else None

    @cached_property
    def sheet(self) -> Sheet:
        return read_sheet(self.content, self.kind, self.columns, self.tool.columns if self.tool else None)

    def spelled(self, text: str) -> str:
        """An instant of the file, as ours are spelled. Raises ValueError."""
        years = self.two_digit_years or (self.tool is not None and self.tool.two_digit_years)
        return iso_spelling(text, self.dates, two_digit_years=years)

    @cached_property
    def evidence(self) -> str:
        """By which the file can be known again."""
        return f"{self.name}, SHA-256 {sha256(self.content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """An entry that a row makes, and the line on which the row begins."""

    line: int
    entry: Entry


def drafts(
    source: ImportSource, contract: Contract, actor: str, at_ms: int, *, known_by: str | None = None
) -> list[DraftEntry]:
    """The entries that a file makes. Raises RegisterError with the problems of every row."""
    sheet = source.sheet
    found = [*sheet.problems, *_no_end(source, sheet)]
    made: list[DraftEntry] = []
    for line, words in sheet.rows if not found else ():
        try:
            entry = _entry(source, words, contract, actor, at_ms)
            made.append(DraftEntry(line, entry.model_copy(update={"known_by": known_by})))
        except RegisterError as error:
            found += [(line, problem) for problem in error.problems]
        found += [(line, problem) for problem in _closed_without_end(source, words)]
    found += _twice(made)
    if found:  # what can be said of the other rows is said in the same breath
        found += _wrong(made, EntryContext.of(contract, ()))
        raise RegisterError(_told(source, found))
    return made


def news(source: ImportSource, several: Iterable[DraftEntry], contract: Contract, said: Iterable[Entry]) -> list[Entry]:
    """The entries that say what the register does not say already. Raises RegisterError with all that is wrong."""
    context = EntryContext.of(contract, said)
    replaceable = (*context.effective.of(TicketRecord), *context.effective.of(ReportedFigure))
    known = {_key(words): words for _, words in replaceable}
    fresh = [draft for draft in several if known.get(_key(draft.entry.body)) != draft.entry.body]
    found = _wrong(fresh, context)
    if found:
        raise RegisterError(_told(source, found))
    return [draft.entry for draft in fresh]


def _wrong(several: Iterable[DraftEntry], context: EntryContext) -> list[tuple[int, str]]:
    return [(one.line, line) for one in several for line in problems(one.entry, context)]


def _told(source: ImportSource, found: Iterable[tuple[int, str]]) -> list[str]:
    return abridged([f"{source.name}:{line}: {why}" for line, why in sorted(found, key=lambda one: one[0])])


def _no_end(source: ImportSource, sheet: Sheet) -> Iterator[tuple[int, str]]:
    """A file whose column of ends is not known would make every ticket an open one."""
    is_known = source.kind != "ticket" or "ended" in sheet.fields or source.is_open_without_end
    if is_known or sheet.problems or not sheet.ignored:
        return
    like = [name for name in sheet.ignored if any(part in name.casefold() for part in LIKE_AN_END)]
    maybe = f"{' or '.join(map(repr, like))} may be it" if like else f"its other columns: {', '.join(sheet.ignored)}"
    yield sheet.heading_line, f"has no column for ended ({maybe}; {remedies.COLUMNS}, or {remedies.OPEN_TICKETS})"


def _closed_without_end(source: ImportSource, words: Mapping[str, str]) -> Iterator[str]:
    """A ticket that is closed or cancelled, and has no end, would be an open one for ever."""
    state = words.get("state", "").lstrip("_ ")
    if heading(state) in CLOSED_STATES and "ended" not in words and not source.is_open_without_end:
        remedy = f"add its end, leave the row out, or {remedies.OPEN_TICKETS}"
        yield f"ended: is missing, and the ticket is {state} ({remedy})"


def abridged(lines: list[str]) -> list[str]:
    more = len(lines) - TOLD_AT_MOST
    return lines if more <= 0 else [*lines[:TOLD_AT_MOST], f"... and {more} more"]


def _entry(source: ImportSource, words: dict[str, str], contract: Contract, actor: str, at_ms: int) -> Entry:
    given: dict[str, Any] = {name: word for name, word in words.items() if name not in (*MORE, "state")}
    given |= {name: int(given[name]) for name in _WHOLE if given.get(name, "").isdecimal()}
    if source.kind == "figure" and source.party:
        given.setdefault("party", source.party)
    if source.kind == "ticket":
        given |= _ticket_words(source, words, contract)
    given, ambiguous = _with_instants(source, given)
    try:
        said = body_of(source.kind, given, contract.time_zone)
    except RegisterError as error:
        raise RegisterError([ambiguous.get(line.partition(":")[0], line) for line in error.problems]) from None
    more = {"reference": source.reference, "note": source.note, "evidence": source.evidence}
    more |= {name: words[name] for name in MORE if name in words}
    return entry_of(said, at_ms=at_ms, actor=actor, contract=contract.id, **more)


def _with_instants(source: ImportSource, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A row's words with its instants as ours are spelled, and what is ambiguous, by field. What cannot be spelled
    stays as it is, so that it is refused among the row's other mistakes."""
    spelled, ambiguous = dict(given), {}
    for name in _INSTANTS:
        if name in given:
            try:
                spelled[name] = source.spelled(given[name])
            except ValueError as error:
                ambiguous[name] = f"{name}: {error}"
    if "stops" in given:
        try:
            spelled["stops"] = _stops(given["stops"], source.spelled)
        except ValueError as error:
            spelled["stops"], ambiguous["stops"] = _stops(given["stops"], str), f"stops: {error}"
    return spelled, ambiguous


def _ticket_words(source: ImportSource, words: Mapping[str, str], contract: Contract) -> dict[str, str | None]:
    """Of a ticket's words, those that are ours for theirs: its number, its priority and its service."""
    found: dict[str, str | None] = {}
    tool = source.tool
    if tool and tool.has_spaced_numbers and "id" in words:
        found["id"] = re.sub(r"(?<=\d)\s(?=\d)", "", words["id"])
    if "priority" in words:
        theirs = words["priority"]
        usual = {**ITIL_PRIORITIES, **(tool.priorities if tool else {})}
        found["priority"] = _ours(theirs, source.priorities) or _ours(theirs, usual) or theirs
    if "service" in words:
        names = {service.name: service.id for version in contract.versions for service in version.terms.services}
        ours = _ours(words["service"], source.services)
        found["service"] = (_ours(words["service"], names) or words["service"]) if ours is None else ours or None
    return found


def _ours(theirs: str, names: Mapping[str, str]) -> str | None:
    """What a table has for a word of theirs, whatever its capitals; None: nothing."""
    folded = {heading(name): ours for name, ours in names.items() if name}
    return folded.get(heading(theirs), folded.get(OTHERS))


def _stops(text: str, spelled: Callable[[str], str]) -> list[dict[str, str]]:
    """`waiting_for_authority 2026-10-05 10:00 / 2026-10-05 12:00; ...`; without an end it still stands still."""
    return [_stop(part, spelled) for part in text.split(";") if part.strip()]


def _stop(text: str, spelled: Callable[[str], str]) -> dict[str, str]:
    reason, _, span = text.strip().partition(" ")
    first, _, last = span.partition(" / ")
    found = {"reason": reason, "start": first.strip(), "end": last.strip()}
    return {key: word if key == "reason" else spelled(word) for key, word in found.items() if word}


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
