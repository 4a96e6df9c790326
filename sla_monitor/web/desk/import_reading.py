"""A file of tickets or figures as it was read: its columns, its names, what is wrong with it, what of it is new."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from sla_monitor import remedies
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import is_identifier
from sla_monitor.register.csv_sheet import Column, heading
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.import_options import fields_of, options_of
from sla_monitor.register.importing import (
    OTHERS,
    TOLD_AT_MOST,
    Compared,
    ImportSource,
    compared,
    drafts,
    our_priority,
    our_service,
)
from sla_monitor.web.api.register_json import with_remedy
from sla_monitor.web.desk.entering import Statement
from sla_monitor.web.desk.entry_fields import TEXTS, label_of
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import abridged, plain

FILE_BYTES, ROWS = 5 * 2**20, 20_000
"""Of a file at most. 20,000 rows cost some two seconds to look at and seven to enter, of which others wait for two: the
register is entered into from one thread."""

NAMES, NAME = 40, 200
"""Names of priorities and services that are offered, and characters of one."""

UNCOUNTED = ", which no KPI counts"
"""Of a priority."""

WAYS = {
    remedies.COLUMNS: "“Columns”",
    remedies.PRIORITIES: "“Priorities”",
    remedies.SERVICES: "“Services”",
    remedies.OPEN_TICKETS: "the tick below",
    remedies.ORDER_OF_DATES: "“Dates in the file”",
    remedies.YEARS: "“Years of two digits”",
    remedies.NOTE: "“Note”",
}
"""What of this page gives a remedy."""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One of our fields, and the column that it is read from: `value` as the form sends it, of `options` with their
    texts; `like`: the first values."""

    field: str
    label: str
    help: str
    value: str
    options: tuple[tuple[str, str], ...]
    like: str


@dataclass(frozen=True, slots=True)
class NameChoice:
    """What a priority or a service of the file is of ours. `times`: so many rows have it, and none: it is every other
    name; `as_is`: what comes of it where nothing is chosen."""

    theirs: str
    times: str
    as_is: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ToldMistake:
    line: int
    field: str
    what: str
    remedy: str


@dataclass(frozen=True)
class ReadFile:
    """A file as it was read, for the pages. `rows`: how many; `first`: how the first ones are read, by line."""

    source: ImportSource
    rows: int
    compared: Compared
    columns: tuple[ColumnChoice, ...]
    ignored: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, tuple[NameChoice, ...]], ...]
    first: tuple[tuple[int, str], ...]
    content: str = field(repr=False)

    @property
    def name(self) -> str:
        return plain(self.source.name)

    @property
    def may_enter(self) -> bool:
        return bool(self.compared.fresh) and not self.compared.wrong

    @property
    def told_rows(self) -> str:
        return format_count(self.rows, "row")

    @property
    def wrong_rows(self) -> int:
        return len({line for line, _ in self.compared.wrong})

    @property
    def is_unclear(self) -> bool:
        """Whether a column has to be chosen, or rows would be wrong for want of it."""
        needed = {one.alias or name for name, one in KINDS[self.source.kind].model_fields.items() if one.is_required()}
        return any(one.field in needed and not one.value for one in self.columns if one.field != "party")

    @property
    def counts(self) -> tuple[tuple[str, str], ...]:
        """How many rows are what."""
        found = self.compared
        told = (("New", found.new), ("Changed", found.changed), ("As before", found.same), ("Wrong", self.wrong_rows))
        return tuple((word, f"{count:,}") for word, count in told)

    @property
    def mistakes(self) -> tuple[ToldMistake, ...]:
        return tuple(_told(line, text) for line, text in self.compared.wrong[:TOLD_AT_MOST])

    @property
    def more_mistakes(self) -> str:
        more = len(self.compared.wrong) - TOLD_AT_MOST
        return f"and {more:,} more" if more > 0 else ""

    @property
    def link(self) -> str:
        """The address that reads the next file in the same way; empty: it would be too long for an address."""
        query = urlencode([("kind", self.source.kind), *options_of(self.source)])
        return f"?{query}" if len(query) <= 6000 else ""


def read_file(source: ImportSource, contract: Contract, said: Sequence[Entry], actor: str, now_ms: int) -> ReadFile:
    """A file held against the contract and the register; for a thread, as it takes seconds."""
    sheet, found = source.sheet, compared_file(source, contract, said, actor, now_ms)
    return ReadFile(
        source,
        len(sheet.rows),
        found,
        tuple(_columns(source)),
        tuple({plain(one.heading): _like(one) for one in sheet.columns if one.field is None}.items()),
        tuple(_names(source, contract)),
        tuple((one.line, describe_entry(one.entry, contract)) for one in found.first),
        urlsafe_b64encode(zlib.compress(source.content)).decode(),
    )


def compared_file(source: ImportSource, contract: Contract, said: Sequence[Entry], actor: str, now_ms: int) -> Compared:
    """What of a file is new, and what is wrong with it; for a thread, as it takes seconds."""
    rows = len(source.sheet.rows)
    if rows > ROWS:
        told = f"the file has {rows:,} rows (split it: at most {ROWS:,} are read here)"
        return Compared((), 0, 0, ((1, told),))
    return compared(drafts(source, contract, actor, now_ms), contract, said)


def statements_of(fresh: Sequence[Entry]) -> list[Statement]:
    """What a file has that is not in the register, to be entered by whoever sends it."""
    return [Statement(one.body, one.note, one.reference, one.evidence) for one in fresh]


def _columns(source: ImportSource) -> Iterator[ColumnChoice]:
    columns, model = source.sheet.columns, KINDS[source.kind]
    described = {one.alias or name: one.description or "" for name, one in model.model_fields.items()}
    told = {**described, **TEXTS, "state": "Not kept. It tells whether a ticket without an end can be open."}
    headings = list(dict.fromkeys(column.heading for column in columns))
    for name in fields_of(source.kind):
        chosen = next((column for column in columns if column.field == name), None)
        options = (("", "no column"), *((f"{one}={name}", abridged(plain(one), 60)) for one in headings))
        value, like = (f"{chosen.heading}={name}", _like(chosen)) if chosen else ("", "")
        yield ColumnChoice(name, label_of(name), told.get(name, ""), value, options, like)


def _like(column: Column) -> str:
    return " · ".join(abridged(plain(value), 40) for value in column.like)


def _names(source: ImportSource, contract: Contract) -> Iterator[tuple[str, tuple[NameChoice, ...]]]:
    """The priorities and the services of a file of tickets, the most frequent first, and every other one."""
    if source.kind != "ticket":
        return
    terms = [version.terms for version in contract.versions]
    kpis = [kpi.ticket_terms for one in terms for kpi in one.kpis if kpi.ticket_terms is not None]
    priorities = sorted({priority for kpi in kpis for priority in kpi.priorities})
    services = list(dict.fromkeys(service.id for one in terms for service in one.services))
    others = {name: ours for name, ours in source.services.items() if name == OTHERS}
    unchosen = replace(source, priorities={}, services=others)
    for option, known, chosen in (("priority", priorities, source.priorities), ("service", services, source.services)):
        words = (words.get(option, "") for _, words in source.sheet.rows)
        found = Counter(word for word in words if word and len(word) <= NAME)
        own = dict.fromkeys([*known, *filter(None, chosen.values())])
        options = [(one, _chosen(option, one, known)) for one in own]
        rows = []
        for theirs, times in [*found.most_common(NAMES), (OTHERS, 0)] if found else ():
            given = next((ours for name, ours in chosen.items() if heading(name) == heading(theirs)), None)
            as_is = _as_is(unchosen, contract, option, theirs, known)
            value = "" if given is None else f"{theirs}={given}"
            several = tuple((f"{theirs}={one}", text) for one, text in [*options, *_uncounted(option, theirs, own)])
            rows.append(NameChoice(theirs, format_count(times, "row") if times else "", as_is, value, several))
        if rows:
            yield option, tuple(rows)


def _chosen(option: str, ours: str, known: Sequence[str]) -> str:
    return f"{plain(ours)}{UNCOUNTED}" if option == "priority" and ours not in known else plain(ours)


def _uncounted(option: str, theirs: str, own: Collection[str]) -> list[tuple[str, str]]:
    """What a name of theirs is that is none of the contract's: no service, or a priority that no KPI counts, with as
    much of their name as a priority may have."""
    if option == "service":
        return [("", "none of ours")]
    name = re.sub(r"[^A-Za-z0-9]+", "-", theirs).strip("-")[:60]
    return [(name, f"{name}{UNCOUNTED}")] if name and name != theirs and name not in own else []


def _as_is(source: ImportSource, contract: Contract, option: str, theirs: str, known: Sequence[str]) -> str:
    """What comes of a name of theirs where nothing is chosen."""
    if theirs == OTHERS:
        return "as it is named"
    is_priority = option == "priority"
    ours = our_priority(source, theirs) if is_priority else our_service(source, theirs, contract)
    told = abridged(plain(ours), 60)
    if ours in known or not ours:
        return told or "none of ours"
    if not is_priority:
        return "choose: it is no service of ours"
    return f"{told}{UNCOUNTED}" if is_identifier(ours) else "choose: it is no priority of ours"


def _told(line: int, text: str) -> ToldMistake:
    """`field: what is wrong (what would be right)`, in its parts."""
    name, colon, what = text.partition(": ")
    is_field = bool(colon) and name in {*fields_of("ticket"), *fields_of("figure"), "actor"}
    told, remedy = with_remedy(remedies.with_ways(what if is_field else text, WAYS))
    return ToldMistake(line, label_of(name) if is_field else "", plain(told), plain(remedy))
