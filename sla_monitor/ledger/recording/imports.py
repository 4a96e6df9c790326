"""Imports: layers beneath our own observations, each from one source and undone as a whole.

Nothing of it ever changes what was recorded. An import is one transaction, also beside a daemon that records; to take
it back adds a row that says so. Which of the layers counts at an instant is worked out when somebody reads.
"""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.register_chain import INSERT, LAST, chained, last_number, row_of, sealed
from sla_monitor.ledger.connect import PATIENCE_SECONDS, immediate
from sla_monitor.ledger.name_tables import Codes
from sla_monitor.ledger.opening import appending
from sla_monitor.ledger.reading.packed_hours import HOUR_MS, PackedHours
from sla_monitor.ledger.reading.queries import Asking
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.register.entries import Entry
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.spans import Span

ROWS_LIMIT = 100_000
"""Runs of equal outcomes and endpoint-hours of observations in one import: the daemon's commit waits half a second."""

_COLUMNS = "i.id, i.at_ms, i.actor, i.contract, i.kind, i.source, i.digest, i.start_ms, i.until_ms"
_ALL = (
    f"select {_COLUMNS}, i.note, i.endpoints, i.details, w.at_ms, w.actor, w.why from imports i"
    " left join withdrawn_imports w on w.import_id = i.id order by i.id"
)
_MARK = "select ifnull(max(id), 0), (select ifnull(max(id), 0) from withdrawn_imports) from imports"
_SPANS = """
select start_ms, end_ms, seen_ms, outcome, reason, looks from imported_spans
where endpoint_id = (select id from endpoints where key = ?) and import_id = ? and end_ms > ? and start_ms < ?
order by end_ms
"""
_SAMPLES = """
select hour, body from imported_looks
where endpoint_id = (select id from endpoints where key = ?) and import_id = ? and hour >= ? and hour < ? order by hour
"""
_ADD = "insert into imports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_SPAN = "insert into imported_spans values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_SAMPLES = "insert into imported_looks values (?, ?, ?, ?, ?)"
_WITHDRAW = "insert into withdrawn_imports values (?, ?, ?, ?, ?)"

Reach = Mapping[str, tuple[int, int]]
"""By endpoint key, from when until when something is told of it."""


class Layer(Protocol):
    """One import as whoever reads the record asks it."""

    @property
    def record(self) -> Import: ...

    @property
    def contract(self) -> str: ...

    @property
    def endpoints(self) -> Reach: ...

    def spans(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Sequence[Span]:
        """Whole spans of an endpoint that overlap a range, ascending."""

    def samples(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Samples:
        """The single observations that began in a range, ascending."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Since when an import counts no more."""

    at_ms: int
    actor: str
    why: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An import in the ledger. `details`: how it was read, and the numbers that its entries had elsewhere."""

    record: Import
    contract: str
    note: str
    endpoints: Reach
    details: Mapping[str, Any]
    withdrawn: Withdrawal | None
    meanings: Meanings = field(compare=False, repr=False)

    @property
    def entries(self) -> dict[int, int]:
        """The numbers that its entries have in the register, each with the one that it had elsewhere."""
        return {int(number): other for number, other in self.details.get("entries", {}).items()}

    def spans(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Sequence[Span]:
        rows = connection.execute(_SPANS, (key, self.record.number, start_ms, end_ms))
        return [self.meanings.span(row) for row in rows]

    def samples(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Samples:
        hours, found = PackedHours.of(self.meanings), Samples()
        given = key, self.record.number, start_ms // HOUR_MS, -(-end_ms // HOUR_MS)
        for hour, body in connection.execute(_SAMPLES, given):
            samples = hours.unpacked(body, hour)
            if samples is None:
                raise LedgerError(f"import {self.record.number}: hour {hour} of {key} cannot be unpacked")
            found.extend(samples)
        return found.between(start_ms, end_ms)


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """An import to be made. `told`: its spans by endpoint key; `single`: its observations, where KPIs need them;
    `entries`: of the register, with the numbers that they have elsewhere."""

    record: Import
    contract: str
    told: Mapping[str, Sequence[Span]]
    single: Mapping[str, Samples] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def endpoints(self) -> Reach:
        reach = {key: (spans[0].start_ms, spans[-1].end_ms) for key, spans in self.told.items() if spans}
        for key, samples in self.single.items():
            if samples:
                first_ms, until_ms = samples.at_ms[0], samples.at_ms[-1] + 1
                known = reach.get(key, (first_ms, until_ms))
                reach[key] = min(first_ms, known[0]), max(until_ms, known[1])
        return reach

    def spans(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Sequence[Span]:
        return [span for span in self.told.get(key, ()) if span.end_ms > start_ms and span.start_ms < end_ms]

    def samples(self, connection: sqlite3.Connection, key: str, start_ms: int, end_ms: int) -> Samples:
        return self.single.get(key, Samples()).between(start_ms, end_ms)


class Imports:
    """The imports of a ledger as one reader knows them: read again when one was added or taken back."""

    def __init__(self, meanings: Meanings) -> None:
        self._meanings = meanings
        self._mark: tuple[int, int] | None = None
        self._known: tuple[Stored, ...] = ()

    def all(self, connection: sqlite3.Connection) -> tuple[Stored, ...]:
        """Every one that was ever made, ascending."""
        mark = connection.execute(_MARK).fetchone()
        if mark != self._mark:
            self._known = tuple(self._stored(row) for row in connection.execute(_ALL)) if mark[0] else ()
            self._mark = mark
        return self._known

    def _stored(self, row: tuple[Any, ...]) -> Stored:
        number, at_ms, actor, contract, kind, source, digest, start_ms, until_ms, note, endpoints, details, *gone = row
        record = Import(number, at_ms, actor, kind, source, digest, start_ms, until_ms)
        reach = {key: (first_ms, end_ms) for key, (first_ms, end_ms) in json.loads(endpoints).items()}
        withdrawn = None if gone[0] is None else Withdrawal(*gone)
        return Stored(record, contract, note, reach, json.loads(details), withdrawn, self._meanings)


def imports_of(path: Path) -> tuple[Stored, ...]:
    """Every import of a ledger, ascending. Raises LedgerError and its kinds."""
    with Listing(path) as listing:
        return listing.all()


class Listing(Asking):
    """The imports of a ledger, and nothing else."""

    def all(self) -> tuple[Stored, ...]:
        imports = Imports(Meanings.load(self._database))
        with self._asked() as connection:
            return imports.all(connection)


def add_import(path: Path, draft: ImportDraft, *, read_to: int) -> Stored:
    """Bring something in, with its entries: all of it, or nothing.

    `read_to`: the last number of the contract's register that the caller has read. Raises Overtaken when there is a
    later one, and LedgerError and its kinds, also where the same was brought in before.
    """
    if (rows := _rows_of(draft)) > ROWS_LIMIT:
        raise LedgerError(
            f"{draft.record.source}: comes to {rows:,} runs of equal outcomes and hours of observations, more than"
            f" {ROWS_LIMIT:,} (bring it in in parts)"
        )
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        connection = database.conn
        if last_number(connection, draft.contract) > read_to:
            raise Overtaken(f"{path}: somebody else has added to the register meanwhile; try again")
        meanings = Meanings.load(database)
        imports = Imports(meanings)
        for known in imports.all(connection):
            if known.withdrawn is None and _is_same(known, draft):
                raise LedgerError(
                    f"{draft.record.source}: is already import {known.record.number}"
                    f" (undo that first: sla-monitor ledger undo-import {known.record.number})"
                )
        _insert(connection, draft, Codes.load(database), PackedHours.of(meanings))
        return imports.all(connection)[-1]


def withdraw_import(
    path: Path, number: int, withdrawal: Withdrawal, undoings: Sequence[Entry], *, read_to: int
) -> None:
    """Take an import back; `undoings` are the entries that undo those which came with it. All or nothing.

    Raises Overtaken as `add_import` does, and LedgerError and its kinds.
    """
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        connection = database.conn
        known = {one.record.number: one for one in Imports(Meanings.load(database)).all(connection)}
        found = known.get(number)
        if found is None:
            raise LedgerError(f"{path}: there is no import {number} (see `sla-monitor ledger imports`)")
        if found.withdrawn is not None:
            raise LedgerError(f"{path}: import {number} was taken back by {found.withdrawn.actor} already")
        if last_number(connection, found.contract) > read_to:
            raise Overtaken(f"{path}: somebody else has added to the register meanwhile; try again")
        row = _next(connection, "withdrawn_imports"), number, withdrawal.at_ms, withdrawal.actor, withdrawal.why
        connection.execute(_WITHDRAW, row)
        entries = _insert_entries(connection, undoings)
        append(connection, withdrawal.at_ms, {"withdrawn_imports": [row], "register": entries})


def _is_same(known: Stored, draft: ImportDraft) -> bool:
    """Whether a draft brings the same in once more. A list that names no endpoint may be that of several."""
    if (known.contract, known.record.digest) != (draft.contract, draft.record.digest):
        return False
    return bool(draft.entries) or not draft.endpoints or not draft.endpoints.keys().isdisjoint(known.endpoints)


def _rows_of(draft: ImportDraft) -> int:
    return sum(map(len, draft.told.values())) + sum(1 for samples in draft.single.values() for _ in _by_hour(samples))


def _insert(connection: sqlite3.Connection, draft: ImportDraft, codes: Codes, hours: PackedHours) -> None:
    record, number = draft.record, _next(connection, "imports")
    names: list[tuple[int, str]] = []
    ids = {key: _endpoint(connection, key, names) for key in sorted({*draft.told, *draft.single})}
    span_id, samples_id = _next(connection, "imported_spans"), _next(connection, "imported_looks")
    spans = [
        (span_id + place, number, ids[key], span.start_ms, span.end_ms, span.seen_ms,
         codes.outcomes[span.outcome], codes.reasons[span.reason], span.probes)
        for place, (key, span) in enumerate((key, span) for key in ids for span in draft.told.get(key, ()))
    ]  # fmt: skip
    samples = [
        (samples_id + place, number, ids[key], hour, hours.packed(piece, hour))
        for place, (key, (hour, piece)) in enumerate(
            (key, one) for key in ids for one in _by_hour(draft.single.get(key, Samples()))
        )
    ]
    last = connection.execute(LAST).fetchone()
    entries = _insert_entries(connection, moved_entries(draft.entries, last[0] if last else 0))
    moved = {f"{row[0]}": entry.number for row, entry in zip(entries, draft.entries, strict=True)}
    details = {**draft.details, **({"entries": moved} if moved else {})}
    row = (
        number, record.at_ms, record.actor, draft.contract, record.kind, record.source, record.digest, draft.note,
        record.start_ms, record.until_ms, _json(draft.endpoints), _json(details),
    )  # fmt: skip
    connection.execute(_ADD, row)
    connection.executemany(_ADD_SPAN, spans)
    connection.executemany(_ADD_SAMPLES, samples)
    told: dict[str, Iterable[tuple[Any, ...]]] = {
        "endpoints": names,
        "imports": [row],
        "imported_spans": spans,
        "imported_looks": samples,
        "register": entries,
    }
    append(connection, record.at_ms, told)


def _insert_entries(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
    """Add entries under the numbers that come next."""
    numbered = list(sealed(map(row_of, entries), connection.execute(LAST).fetchone()))
    connection.executemany(INSERT, numbered)
    return chained(numbered)


def moved_entries(entries: Sequence[Entry], last: int) -> list[Entry]:
    """Entries that come from elsewhere, as they stand after the one numbered `last`: what they are about moves too."""
    moved = {entry.number: number for number, entry in enumerate(entries, start=last + 1)}
    return [_moved(entry, moved) for entry in entries]


def _moved(entry: Entry, moved: Mapping[int, int]) -> Entry:
    about = getattr(entry.body, "about", None)
    said = entry.body if about is None else entry.body.model_copy(update={"about": moved.get(about, about)})
    return entry.model_copy(update={"number": moved[entry.number], "body": said})


def _endpoint(connection: sqlite3.Connection, key: str, added: list[tuple[int, str]]) -> int:
    """The integer of an endpoint, given if it has none."""
    row = connection.execute("select id from endpoints where key = ?", (key,)).fetchone()
    if row is None:
        row = connection.execute("insert into endpoints (key) values (?) returning id", (key,)).fetchone()
        added.append((row[0], key))
    return int(row[0])


def _next(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"select ifnull(max(id), 0) + 1 from {table}").fetchone()[0])


def _by_hour(samples: Samples) -> Iterator[tuple[int, Samples]]:
    begin = 0
    while begin < len(samples):
        hour = samples.at_ms[begin] // HOUR_MS
        piece = samples.between(samples.at_ms[begin], (hour + 1) * HOUR_MS)
        yield hour, piece
        begin += len(piece)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
