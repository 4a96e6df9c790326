"""Imports tickets and figures from a file: every row checked, mistakes by line, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
from sla_monitor.register.from_file import named_file
from sla_monitor.register.presets import CLOSED_STATES, ITIL_PRIORITIES, LIKE_AN_END, PRESETS, Preset
from sla_monitor.register.rules import problems

_INSTANTS = ("opened", "responded", "ended")
_NAMES = {"priority": remedies.PRIORITIES, "service": remedies.SERVICES}
"""What a tool calls otherwise than the contract, and what helps."""
_WHOLE = ("in_target", "total", "attempts")
OTHERS = "*"
"""In a table of names: every name that is not in it."""
PARTIES = ("supplier", "authority", "agreed")
SHOWN = 5
"""Rows that are shown as they are read."""
TOLD_AT_MOST = 100
"""Lines of mistakes: a file of the wrong kind has one on every line."""

Mistake = tuple[int, str]
"""The line of a file, and what is wrong there: `field: what is wrong (what would be right)`."""


@dataclass(frozen=True)
class ImportSource:
    """A file and how to read it. `columns`: fields by heading, and with `only_columns` no other heading is known;
    `party`: whose the figures are, where no column says.

    `reference` and `note`: for rows that have none of their own. `preset`: the tool that wrote it, one of PRESETS.
    `priorities` and `services`: ours by theirs; a service may be empty (none of ours), and `*` is every other one.
    `two_digit_years`: 26 is 2026. `is_open_without_end`: a ticket without an end is open, whatever the file says else.
    `parties`: for whom whoever imports it may speak.
    """

    name: str
    content: bytes
    kind: Literal["ticket", "figure"]
    columns: Mapping[str, str]
    only_columns: bool = False
    dates: Dates = "iso"
    party: str = ""
    reference: str = ""
    note: str = ""
    preset: str = ""
    priorities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    services: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    two_digit_years: bool = False
    is_open_without_end: bool = False
    parties: Collection[str] = PARTIES

    @cached_property
    def tool(self) -> Preset | None:
        return PRESETS[self.preset] if self.preset else None

    @cached_property
    def sheet(self) -> Sheet:
        known = {} if self.only_columns else self.tool.columns if self.tool else None
        return read_sheet(self.content, self.kind, self.columns, known)

    def spelled(self, text: str) -> str:
        """An instant of the file, as ours are spelled. Raises ValueError."""
        years = self.two_digit_years or (self.tool is not None and self.tool.two_digit_years)
        return iso_spelling(text, self.dates, two_digit_years=years)

    @cached_property
    def evidence(self) -> str:
        """By which the file can be known again."""
        return named_file(self.name, self.content)


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """An entry that a row makes, and the line on which the row begins."""

    line: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Drafts:
    """The entries that a file makes, and `(line, what is wrong)` of its other rows; with any of these nothing of it is
    entered."""

    made: tuple[DraftEntry, ...]
    wrong: tuple[Mistake, ...]

    def refuse(self, source: ImportSource, contract: Contract) -> None:
        """Raises RegisterError with the problems of every row, if there is any."""
        if self.wrong:  # what can be said of the other rows is said in the same breath
            raise RegisterError(_told(source, [*self.wrong, *_wrong(self.made, EntryContext.of(contract, ()))]))


@dataclass(frozen=True, slots=True)
class Compared:
    """A file held against the register. `wrong`: as of `Drafts`, ascending; `fresh`: the entries of other rows that say
    what it does not say already, of which so many are `changed`; `same`: so many say what stands; `first`: how the
    first rows are read."""

    fresh: tuple[Entry, ...]
    changed: int
    same: int
    wrong: tuple[Mistake, ...]
    first: tuple[DraftEntry, ...] = ()

    @property
    def new(self) -> int:
        return len(self.fresh) - self.changed


def drafts(source: ImportSource, contract: Contract, actor: str, at_ms: int, *, known_by: str | None = None) -> Drafts:
    """The entries that a file makes, each held against the contract later on."""
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
        found += [(line, problem) for problem in _for_others(source, words)]
    return Drafts(tuple(made), (*found, *_twice(made)))


def compared(several: Drafts, contract: Contract, said: Iterable[Entry]) -> Compared:
    """What of them the register does not say already, and what is wrong with it."""
    context = EntryContext.of(contract, said)
    replaceable = (*context.effective.of(TicketRecord), *context.effective.of(ReportedFigure))
    known = {_key(words): words for _, words in replaceable}
    fresh = [draft for draft in several.made if known.get(_key(draft.entry.body)) != draft.entry.body]
    wrong = sorted([*several.wrong, *_wrong(fresh, context)], key=lambda one: one[0])
    lines = {line for line, _ in wrong}
    right = [draft for draft in fresh if draft.line not in lines]
    return Compared(
        tuple(draft.entry for draft in right),
        sum(_key(draft.entry.body) in known for draft in right),
        len(several.made) - len(fresh),
        tuple(wrong),
        several.made[:SHOWN],
    )


def news(source: ImportSource, several: Drafts, contract: Contract, said: Iterable[Entry]) -> list[Entry]:
    """The entries that say what the register does not say already. Raises RegisterError with all that is wrong."""
    found = compared(several, contract, said)
    if found.wrong:
        raise RegisterError(_told(source, found.wrong))
    return list(found.fresh)


def _wrong(several: Iterable[DraftEntry], context: EntryContext) -> list[Mistake]:
    return [(one.line, line) for one in several for line in problems(one.entry, context)]


def _told(source: ImportSource, found: Iterable[Mistake]) -> list[str]:
    return abridged([f"{source.name}:{line}: {why}" for line, why in sorted(found, key=lambda one: one[0])])


def _no_end(source: ImportSource, sheet: Sheet) -> Iterator[Mistake]:
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


def _for_others(source: ImportSource, words: Mapping[str, str]) -> Iterator[str]:
    party = words.get("party", source.party)
    if source.kind == "figure" and party in PARTIES and party not in source.parties:
        yield f"party: is {party}, for whom you do not speak (leave the row out)"


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
    given, unclear = _with_instants(source, given)
    unclear |= {name: _unknown(name, words[name]) for name in _NAMES if name in words}
    try:
        said = body_of(source.kind, given, contract.time_zone)
    except RegisterError as error:
        raise RegisterError([unclear.get(line.partition(":")[0], line) for line in error.problems]) from None
    more = {"reference": source.reference, "note": source.note, "evidence": source.evidence}
    more |= {name: words[name] for name in MORE if name in words}
    if "evidence" in words:  # all that is from one file can be found by it
        more["evidence"] = f"{words['evidence']}; {source.evidence}"
    return entry_of(said, at_ms=at_ms, actor=actor, contract=contract.id, **more)


def _unknown(name: str, theirs: str) -> str:
    return f"{name}: {theirs[:80]!r} is none of the contract's ({_NAMES[name]})"


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
            spelled["stops"] = parse_stops(given["stops"], source.spelled)
        except ValueError as error:
            spelled["stops"], ambiguous["stops"] = parse_stops(given["stops"], str), f"stops: {error}"
    return spelled, ambiguous


def _ticket_words(source: ImportSource, words: Mapping[str, str], contract: Contract) -> dict[str, str | None]:
    """Of a ticket's words, those that are ours for theirs: its number, its priority and its service."""
    found: dict[str, str | None] = {}
    tool = source.tool
    if tool and tool.has_spaced_numbers and "id" in words:
        found["id"] = re.sub(r"(?<=\d)\s(?=\d)", "", words["id"])
    if "priority" in words:
        found["priority"] = our_priority(source, words["priority"])
    if "service" in words:
        found["service"] = our_service(source, words["service"], contract) or None
    return found


def our_priority(source: ImportSource, theirs: str) -> str:
    """What a priority of the file is called in the contract, or as it stands there."""
    usual = {**ITIL_PRIORITIES, **(source.tool.priorities if source.tool else {})}
    return _ours(theirs, source.priorities) or _ours(theirs, usual) or theirs


def our_service(source: ImportSource, theirs: str, contract: Contract) -> str:
    """The id of a service of the file, or as it stands there; empty: none of ours."""
    names = {service.name: service.id for version in contract.versions for service in version.terms.services}
    ours = _ours(theirs, source.services)
    return (_ours(theirs, names) or theirs) if ours is None else ours


def _ours(theirs: str, names: Mapping[str, str]) -> str | None:
    """What a table has for a word of theirs, whatever its capitals; None: nothing."""
    folded = {heading(name): ours for name, ours in names.items() if name}
    return folded.get(heading(theirs), folded.get(OTHERS))


def parse_stops(text: str, spelled: Callable[[str], str] = str) -> list[dict[str, str]]:
    """`waiting_for_authority 2026-10-05 10:00 / 2026-10-05 12:00; ...`; without an end it still stands still."""
    return [_stop(part, spelled) for part in text.split(";") if part.strip()]


def _stop(text: str, spelled: Callable[[str], str]) -> dict[str, str]:
    reason, _, span = text.strip().partition(" ")
    first, _, last = span.partition(" / ")
    found = {"reason": reason, "start": first.strip(), "end": last.strip()}
    return {key: word if key == "reason" else spelled(word) for key, word in found.items() if word}


def _twice(several: Iterable[DraftEntry]) -> Iterator[Mistake]:
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
