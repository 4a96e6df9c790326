"""Reads the record, whether or not a daemon is writing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import chain, groupby, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

from sla_monitor.contract.terms_files import KeptTerms, TermsPart
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.ledger.chaining.chain_heads import ChainHead, closed_head, not_before
from sla_monitor.ledger.chaining.links import append_answer
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import LAST, check_register, newest, read
from sla_monitor.ledger.chaining.span_proof import FirstSpans, SpanProof
from sla_monitor.ledger.chaining.span_states import SpanRow
from sla_monitor.ledger.chaining.verifying import instant
from sla_monitor.ledger.connect import BUSY_SECONDS, immediate, snapshot
from sla_monitor.ledger.opening import appending
from sla_monitor.ledger.reading.known_entries import KnownEntries
from sla_monitor.ledger.reading.pruned_days import Older, contract_of
from sla_monitor.ledger.reading.single_observations import SLICE_MS, SingleObservations
from sla_monitor.ledger.recording.attached_files import (
    NOT_HERE,
    Attachment,
    attached_bytes,
    attachment_counts,
    attachments,
)
from sla_monitor.ledger.recording.imports import Imports, Layer, Stored
from sla_monitor.ledger.recording.kept_files import TermsInForce, kept_file, kept_terms, terms_in_force
from sla_monitor.ledger.recording.month_results import MonthResult, month_results, told_months
from sla_monitor.periods.intervals import Intervals, intersect, subtract, union
from sla_monitor.register.attachments import EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove, ClockStep, moves_of
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind
from sla_monitor.sla.observation import Observation, Outcome
from sla_monitor.sla.overlay import Import, Layers, fill, overlaid, times
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.spans import Fingerprint, Span, fingerprint_of, span_of

KEPT_MS = 100 * 86_400_000
"""How much longer than it is asked for is remembered what spans are to be."""

ROWS_AT_ONCE = 250
"""Spans decoded between two rests: about a millisecond of holding the interpreter."""

# The spans of one endpoint do not overlap: those of a range are the last that starts by its beginning, and
# whatever starts inside it. The primary key finds both, however long the history is.
SPAN_COLUMNS = "select e.id, s.start_ms, s.end_ms, s.seen_ms, s.outcome, s.reason, s.looks"
FROM_ENDED = """
from endpoints e join ended_spans s on s.endpoint_id = e.id and s.start_ms < :end_ms and s.start_ms >= ifnull(
  (select max(b.start_ms) from ended_spans b where b.endpoint_id = e.id and b.start_ms <= :start_ms), :start_ms)
where s.end_ms > :start_ms
"""
FROM_LAST = """
from endpoints e join last_spans s on s.endpoint_id = e.id
where s.start_ms < :end_ms and s.end_ms > :start_ms
"""
_ENDED, _LAST = f"{SPAN_COLUMNS} {FROM_ENDED} order by e.id, s.start_ms", f"{SPAN_COLUMNS} {FROM_LAST}"
# A row for each endpoint, in the order of the primary key: what is the same gives the same rows.
_FINGERPRINT = """
select e.key,
  group_concat(case s.outcome when :down then s.start_ms when :up then max(s.start_ms, :start_ms)
    else max(s.start_ms, :first_ms) end),
  group_concat(case s.outcome when :down then s.end_ms when :up then min(s.end_ms, :end_ms)
    else min(s.end_ms, :last_ms) end),
  group_concat(s.outcome),
  group_concat(case s.outcome when :down then s.looks end),
  min(case s.outcome when :down then s.start_ms end),
  max(case s.outcome when :down then s.end_ms end),
  min(case when s.outcome not in (:up, :down) then s.start_ms end),
  max(case when s.outcome not in (:up, :down) then s.end_ms end)
"""
_OURS = "and e.key between :key and :last_key group by e.id order by e.id"
_FINGERPRINTS = f"{_FINGERPRINT} {FROM_ENDED} {_OURS}", f"{_FINGERPRINT} {FROM_LAST} {_OURS}"
_OWN = "select id from endpoints where key between ? and ?"
_LAST_SPANS = """
select e.key, s.start_ms, s.end_ms, s.seen_ms, s.outcome, s.reason, s.looks
from endpoints e join last_spans s on s.endpoint_id = e.id
order by e.key
"""
_FIRST = """
with ours as (select id from endpoints where key between ? and ?)
select min(start_ms) from (
  select (select min(start_ms) from ended_spans where endpoint_id = ours.id) as start_ms from ours
  union all select start_ms from last_spans join ours on endpoint_id = ours.id
)
"""
_LATEST_SPANS = """
select start_ms, end_ms, seen_ms, outcome, reason, looks
from (select * from ended_spans union all select * from last_spans)
where endpoint_id = (select id from endpoints where key = ?) order by start_ms desc limit ?
"""
_TERMS_MARK = """
select (select ifnull(max(number), 0) from register), (select ifnull(max(id), 0) from terms_in_force),
  (select ifnull(max(id), 0) from kept_files)
"""
_MONTHS_MARK = "select ifnull(max(id), 0) from month_results"
_POSITIONS = "select site, outbox, sequence from site_positions"
_WAS_SEEN = """
select exists (select 1 from observations o where at_ms >= ? and at_ms < ?
  and (select instr(key, '@') from endpoints where id = o.endpoint_id) = 0)
"""
_SPANS_SINCE = """
select start_ms, end_ms, seen_ms, outcome, reason, looks
from (select * from ended_spans union all select * from last_spans)
where endpoint_id = (select id from endpoints where key = ?) and end_ms > ? order by start_ms
"""
_LAST_REPORTS = """
select e.key, h.kind, h.at_ms, h.duration_ms, h.text
from endpoints e cross join (values ('start'), ('done'), ('fail')) as kinds join heartbeats h on h.id = (
  select id from heartbeats
  where endpoint_id = e.id and kind = kinds.column1 and at_ms <= ? order by id desc limit 1)
order by h.id
"""


class Reader(SingleObservations, Evidence):
    """A read-only view of one ledger, usable from any thread. Each answer is one consistent moment.

    Everything raises LedgerError and its kinds when the file cannot be read.
    """

    def __init__(self, path: Path, older: Older | None = None, known: KnownEntries | None = None) -> None:
        """`known`: what was read of the register, where others read it too."""
        super().__init__(path, older)
        self._told: SpanProof | None = None
        self._begun = FirstSpans()
        self._vouched: set[int] = set()
        self._register: tuple[int, str] | None = None
        self._known = known or KnownEntries()
        self._imports = Imports(self._meanings)
        self.supposed = Supposed()
        self._codes = {f"{name}": number for number, name in self._meanings.outcomes.items()}

    @property
    def reads_together(self) -> bool:
        return True

    def spans(
        self, start_ms: int, end_ms: int, yield_control: Callable[[], None] = lambda: None
    ) -> dict[str, list[Span]]:
        """Whole spans that overlap `[start_ms, end_ms)`, ascending, for each endpoint key that has any.

        `yield_control` is called between every ROWS_AT_ONCE: in the daemon, probes that are due go first.
        """
        with self._proving() as proof:
            layers = self._layers(proof)
            spans: dict[str, list[Span]] = {}
            unrested = 0
            for key, rows in self._proved(proof, start_ms, end_ms, yield_control):
                spans[key] = list(map(self._span, rows))
                unrested += len(rows)
                if unrested >= ROWS_AT_ONCE:
                    unrested = 0
                    yield_control()
            for key in sorted({key for layer in layers for key in layer.endpoints}):
                beneath = reaching(layers, key, _around(spans.get(key, ()), start_ms, end_ms))
                if beneath:
                    spans[key] = overlaid(partial(self._beneath, proof, key, beneath), start_ms, end_ms)
        return {key: several for key, several in spans.items() if several}

    def _proved(
        self, proof: Proof, start_ms: int, end_ms: int, yield_control: Callable[[], None]
    ) -> Iterator[tuple[str, list[SpanRow]]]:
        """The spans that are kept, by key, once it is known that they are those that were told in the chain."""
        proof.names()
        keys = dict(proof.connection.execute("select id, key from endpoints"))
        kept: dict[int, list[SpanRow]] = defaultdict(list)
        for query in (_ENDED, _LAST):
            cursor = proof.connection.execute(query, {"start_ms": start_ms, "end_ms": end_ms})
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                for number, several in groupby(rows, itemgetter(0)):
                    kept[number] += several
                yield_control()
        told = dict(self._chained_since(proof, start_ms).spans(start_ms, end_ms))
        if kept != told:
            raise self._other_spans(proof, keys, kept, told)
        return ((keys[number], several) for number, several in kept.items())

    def _span(self, row: SpanRow) -> Span:
        _, start_ms, end_ms, seen_ms, outcome, reason, probes = row
        return span_of(
            (start_ms, end_ms, seen_ms, self._meanings.outcomes[outcome], self._meanings.reasons[reason], probes)
        )

    def _chained_since(self, proof: Proof, since_ms: int) -> SpanProof:
        """What the chain says of spans that end after an instant. What was asked for last is kept, and read on."""
        known = self._told
        if known is None or since_ms < known.since_ms:
            known = SpanProof(since_ms, self._meanings, self._begun)
        elif since_ms - known.since_ms > KEPT_MS:
            known.forget(since_ms)
        self._told = None  # while it is not read to the end
        known.read_on(proof)
        self._told = known
        return known

    @staticmethod
    def _other_spans(
        proof: Proof, keys: Mapping[int, str], kept: Mapping[int, list[SpanRow]], told: Mapping[int, list[SpanRow]]
    ) -> LedgerDamaged:
        number = next(one for one in (*told, *kept) if told.get(one) != kept.get(one))
        pairs = zip_longest(kept.get(number, ()), told.get(number, ()))
        first = next(one or other for one, other in pairs if one != other)
        return proof.refused(
            f"spans of {keys.get(number)} from {instant(first[1])} on are not what the observations gave;"
            " `ledger rebuild-spans` works them out again"
        )

    def imports(self, contract: str) -> tuple[Import, ...]:
        """What was brought in of a contract from elsewhere and is in force, ascending."""
        with self._proving() as proof:
            return tuple(layer.record for layer in self._layers(proof) if layer.contract == contract)

    def imported(self, contract: str, start_ms: int, end_ms: int) -> dict[int, dict[str, Intervals]]:
        """By import and endpoint key, when what is known in `[start_ms, end_ms)` was brought in by it."""
        found: dict[int, dict[str, Intervals]] = {}
        with self._proving() as proof:
            layers = [layer for layer in self._layers(proof) if layer.contract == contract]
            for key in sorted({key for layer in layers for key in layer.endpoints}):
                several = reaching(layers, key, (start_ms, end_ms))
                filled = fill(self._beneath(proof, key, several, start_ms, end_ms))[1:]
                for layer, spans in zip(several, filled, strict=True):
                    if seen := intersect(times(spans), [(start_ms, end_ms)]):
                        found.setdefault(layer.record.number, {})[key] = seen
        return found

    def supposing(self, add: Layer | None = None, without: int | None = None) -> Self:
        """The same record with one import more, or without one. It shares this one's connection: close this one."""
        other = copy(self)
        other.supposed = Supposed(add, without)
        return other

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        """The observations of many endpoints in `[start_ms, end_ms)`, in pieces of a day at most, the later ones
        later."""
        with self._proving() as proof:
            layers = self._layers(proof)
        mixed = {key: several for key in keys if (several := reaching(layers, key, (start_ms, end_ms)))}
        yield from super().columns([key for key in keys if key not in mixed], start_ms, end_ms)
        for key, several in mixed.items():
            yield from self._mixed(key, several, start_ms, end_ms)

    def _mixed(self, key: str, layers: Sequence[Layer], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        """Observations that were made here, and those of imports where nothing was seen here."""
        own = super().columns((key,), start_ms, end_ms)
        with self._proving() as proof:
            added = fill(self._beneath(proof, key, layers, start_ms, end_ms))
            seen, others = times(added[0]), list[Samples]()
            for layer, spans in zip(layers, added[1:], strict=True):
                found = layer.samples(proof.connection, key, start_ms, end_ms)
                others.append(found.inside(subtract([(start_ms, end_ms)], seen)))
                seen = union(seen, times(spans))
        if not any(map(len, others)):
            yield from own
            return
        samples = sorted(chain(chain.from_iterable(piece for _, piece in own), *others), key=itemgetter(0))
        yield from ((key, piece) for piece in Samples.of(samples).by_day())

    def _layers(self, proof: Proof) -> list[Layer]:
        """The imports that are in force, ascending: the first that tells of a time has the say over later ones."""
        for table in ("imports", "withdrawn_imports"):
            proof.whole(table)
        found: list[Layer] = [one for one in self._imports.all(proof.connection) if one.withdrawn is None]
        return self.supposed.of(found)

    def _beneath(self, proof: Proof, key: str, layers: Sequence[Layer], start_ms: int, end_ms: int) -> Layers:
        """An endpoint's own spans that overlap a range, and those of the layers beneath."""
        row = proof.connection.execute("select id from endpoints where key = ?", (key,)).fetchone()
        told = dict(self._chained_since(proof, start_ms).spans(start_ms, end_ms))
        own = [self._span(one) for one in told.get(row[0] if row else 0, ())]
        return self._over(proof, key, own, layers, (start_ms, end_ms))

    def _over(
        self, proof: Proof, key: str, own: list[Span], layers: Sequence[Layer], range_ms: tuple[int, int]
    ) -> Layers:
        """An endpoint's own spans, and those of the layers beneath, verified."""
        for layer in layers:
            if isinstance(layer, Stored) and layer.record.number not in self._vouched:
                proof.beside("imports", layer.record.number)
                self._vouched.add(layer.record.number)
        return [own, *(layer.spans(proof.connection, key, *range_ms) for layer in layers)]

    def fingerprint(self, contract: str, range_ms: tuple[int, int], within_ms: tuple[int, int]) -> Fingerprint:
        """What the contract's spans in a range are, in one number, for a fraction of reading them: of outages all of
        it, of UP what lies in the range, of others what lies in the wider one `within_ms`."""
        (start_ms, end_ms), (first_ms, last_ms) = range_ms, within_ms
        given: dict[str, int | str] = {"start_ms": start_ms, "end_ms": end_ms, "first_ms": first_ms, "last_ms": last_ms}
        given |= {
            "key": f"{contract}/",
            "last_key": f"{contract}0",
            "up": self._codes["up"],
            "down": self._codes["down"],
        }
        with self._proving() as proof:
            rows = [row for query in _FINGERPRINTS for row in proof.connection.execute(query, given)]
            layers = [layer for layer in self._layers(proof) if layer.contract == contract]
        down_ms = _hull(rows, 5) or range_ms
        reach_ms = min(start_ms, down_ms[0]), max(end_ms, down_ms[1])
        touching = [one for one in layers if any(_touch(reach, reach_ms) for reach in one.endpoints.values())]
        if touching:
            spans = {key: several for key, several in self.spans(*range_ms).items() if contract_of(key) == contract}
            return fingerprint_of(spans, range_ms, within_ms, [layer.record for layer in touching])
        told: dict[str, list[list[str]]] = {}
        for key, *columns, _, _, _, _ in rows:  # the last span follows the ended ones, and is one of them some day
            for texts, text in zip(told.setdefault(key, [[], [], [], []]), columns, strict=True):
                texts.extend([] if text is None else [str(text)])
        columns_of = [(key, [",".join(one) for one in told[key]]) for key in sorted(told)]
        digest = sha256(repr(columns_of).encode()).hexdigest()
        return Fingerprint(digest, _hull(rows, 5), _hull(rows, 7))

    def first_ms(self, contract: str) -> int | None:
        """When the first probe at any endpoint of a contract began; None: there is none."""
        return self.firsts_ms([contract])[contract]

    def firsts_ms(self, contracts: Sequence[str]) -> dict[str, int | None]:
        """The same of several contracts, read in one go."""
        with self._proving() as proof:
            proof.names()
            layers = self._layers(proof)
            ((last_ms,),) = proof.connection.execute("select ifnull(max(end_ms), 0) from last_spans").fetchall()
            known = self._told if self._told and self._told.since_ms <= last_ms else None
            told = self._chained_since(proof, known.since_ms if known else last_ms)
            return {contract: self._first_ms(proof, told, layers, contract) for contract in contracts}

    @staticmethod
    def _first_ms(proof: Proof, told: SpanProof, layers: Sequence[Layer], contract: str) -> int | None:
        given = f"{contract}/", f"{contract}0"  # 0 follows the stroke
        (first_ms,) = proof.connection.execute(_FIRST, given).fetchone()
        endpoints = [number for (number,) in proof.connection.execute(_OWN, given)]
        if told.first_ms(proof, endpoints) != first_ms:
            raise proof.refused(
                f"the first spans of {contract} are not what the observations gave;"
                " `ledger rebuild-spans` works them out again"
            )
        ours = (layer for layer in layers if layer.contract == contract)
        starts = [began_ms for layer in ours for began_ms, _ in layer.endpoints.values()]
        return min([*starts, *([] if first_ms is None else [int(first_ms)])], default=None)

    def positions(self) -> dict[tuple[str, str], int]:
        """How far each outbox of each site far away has been recorded, by site and outbox."""
        return {(site, outbox): last for site, outbox, last in self._rows(_POSITIONS)}

    def was_seen(self, start_ms: int, end_ms: int) -> bool:
        """Whether there is an observation of that time, made here."""
        return bool(self._rows(_WAS_SEEN, start_ms, end_ms)[0][0])

    def first_failed(self, endpoint: str, start_ms: int, end_ms: int) -> Observation | None:
        """The first probe of the endpoint that began in `[start_ms, end_ms)` and found it down; evidence included.
        Which of millions of observations that may be is told by the spans."""
        (number,) = self.numbers([endpoint]) or (None,)
        with self._proving() as proof:
            spans = dict(self._chained_since(proof, start_ms).spans(start_ms, end_ms)).get(number or 0, ())
        down = [self._span(row).start_ms for row in spans if self._span(row).outcome is Outcome.DOWN]
        if not down:
            return None
        observations = self._observations(endpoint, max(down[0], start_ms), end_ms, exact=False)
        return next((one for one in observations if one.finding.outcome is Outcome.DOWN), None)

    def head(self) -> ChainHead | None:
        """Up to where the chain is closed; None while no link is."""
        with self._asked() as connection, snapshot(connection):
            return closed_head(connection)

    def not_before(self, head: ChainHead) -> str | None:
        """Why this record is not the one of which a head was told; None: it is."""
        with self._asked() as connection, snapshot(connection):
            return not_before(connection, head)

    def worked_out(self, digest: str) -> str | None:
        """What was made of observations of months that are over, by the digest of the question; None: nobody has asked
        it, or the program did not give the answer that is kept."""
        with self._proving() as proof:
            row = proof.connection.execute("select body from worked_out where digest = ?", (digest,)).fetchone()
            return str(row[0]) if row and proof.has_answer(digest, row[0]) else None

    def latest_spans(self, endpoint: str, count: int) -> list[Span]:
        """The endpoint's last `count` spans, ascending."""
        rows = self._rows(_LATEST_SPANS, endpoint, count)
        return [self._meanings.span(row) for row in reversed(rows)]

    def latest_observations(self, endpoint: str, count: int) -> list[Observation]:
        """The endpoint's last `count` observations, ascending: read backwards, an hour at a time, from the last one."""
        spans = self.latest_spans(endpoint, 1)
        with self._proving() as proof:
            first_ms, stop_ms = self._edges(proof)[0], spans[0].seen_ms + 1 if spans else 0
        found: list[Observation] = []
        while stop_ms > first_ms and len(found) < count:
            start_ms = max(stop_ms - SLICE_MS, first_ms)
            found = [*self.observations(endpoint, start_ms, stop_ms), *found]
            stop_ms = start_ms
        return found[-count:]

    def spans_of(self, endpoint: str, start_ms: int) -> list[Span]:
        """The endpoint's spans that end after an instant, ascending."""
        return [self._meanings.span(row) for row in self._rows(_SPANS_SINCE, endpoint, start_ms)]

    def clock_steps(self) -> list[ClockStep]:
        """Every step of the wall clock, in the order in which they were seen."""
        return [ClockStep(*row) for row in self._rows("select at_ms, expected_ms from clock_steps order by id")]

    def clock_moves(self, start_ms: int, end_ms: int) -> list[ClockMove]:
        """When the clock was set or the host slept, as far as that concerns a range."""
        return [move for move in moves_of(self.clock_steps()) if move.concerns(start_ms, end_ms)]

    def last_spans(self) -> dict[str, Span]:
        """The last span of every endpoint that was ever seen, in the order of their keys."""
        rows = self._rows(_LAST_SPANS)
        return {key: self._meanings.span(row) for key, *row in rows}

    def jobs(self, now_ms: int, monotonic_s: float) -> dict[str, JobState]:
        """What counts of the reports of each endpoint's job. One that is later than now came in while the clock was
        wrong, and counts for nothing."""
        states: dict[str, JobState] = defaultdict(JobState)
        for key, kind, at_ms, duration_ms, text in self._rows(_LAST_REPORTS, now_ms):
            heard_s = monotonic_s - (now_ms - at_ms) / 1000
            states[key] = states[key].after(JobReport(ReportKind(kind), at_ms, heard_s, text, duration_ms))
        return dict(states)

    def entries(self, contract: str) -> Sequence[Entry]:
        """All that the register says of a contract, ascending, undone entries included. Each is read once: none ever
        changes. Raises LedgerDamaged when one of them was altered."""
        return self._known.of(self.path, [contract], self._proving)[contract]

    def entries_after(self, contract: str, number: int) -> list[Entry]:
        """A contract's entries with higher numbers, ascending; nothing of them is kept here."""
        with self._proving() as proof:
            check_register(self.path, proof, [contract], number)
            return read(self.path, proof.connection, contract, number)

    def newest_entries(self, contract: str, count: int) -> list[Entry]:
        """The last so many, ascending. Whatever was said about them is among them, because it was said later."""
        with self._proving() as proof:
            found = newest(self.path, proof.connection, contract, count)
            self._check_register(proof, contract)
            return found

    def terms_in_force(self) -> list[TermsInForce]:
        """Which terms of which contract the daemon put in force, ascending: an entry when they changed."""
        with self._proving() as proof:
            return terms_in_force(proof)

    def month_results(self, contract: str) -> list[MonthResult]:
        """What a contract's closed months came to, whenever that changed, in the order in which it was told."""
        with self._proving() as proof:
            return month_results(proof, contract)

    def told_months(self) -> list[MonthResult]:
        """The same of all contracts."""
        with self._proving() as proof:
            return told_months(proof)

    def months_mark(self) -> int:
        """The last result of a month: by it is known whether another one was told."""
        ((number,),) = self._rows(_MONTHS_MARK)
        return int(number)

    def attachments(self, entry: int | None = None) -> list[Attachment]:
        """The files that were attached to an entry; without one, to all."""
        with self._proving() as proof:
            return attachments(proof, entry)

    def entry_files(self, contract: str) -> list[EntryFile]:
        """Those of all entries of a contract, whether or not what they hold is here."""
        numbers = {entry.number for entry in self.entries(contract)}
        several = (one for one in self.attachments() if one.entry in numbers)
        return [EntryFile(one.entry, one.at_ms, one.actor, one.file) for one in several]

    def attachment_counts(self, first: int, last: int) -> dict[int, int]:
        """How many files the entries from one number to another have, of those that have any."""
        with self._asked() as connection:
            return attachment_counts(connection, first, last)

    def attached_bytes(self) -> int:
        """How much room attached files take."""
        with self._asked() as connection:
            return attached_bytes(connection)

    def kept_file(self, digest: str) -> bytes:
        """What a file holds that was put into the record, by its SHA-256. Raises LedgerError for one that was not, or
        is not here yet."""
        with self._proving() as proof:
            found = kept_file(proof, digest)
            names = {one.file.name for one in attachments(proof) if one.file.digest == digest} if found is None else ()
        if names:
            raise LedgerError(
                f"{self.path}: {', '.join(sorted(names))} ({digest[:12]}) is {NOT_HERE}: it comes by itself while both"
                " run"
            )
        if found is None:
            raise LedgerError(f"{self.path}: no file {digest[:12]} was put into the record")
        return found

    def terms_mark(self) -> tuple[int, int, int]:
        """The last entry of the register, the last change of terms and the last file: by them it is known whether
        anything was added of which terms in force depend."""
        ((entry, change, file),) = self._rows(_TERMS_MARK)
        return int(entry), int(change), int(file)

    def kept_terms(self, parts: Iterable[TermsPart], path: Path) -> KeptTerms:
        """The files of terms, from the record. `path`: where relative paths in the contract begin."""
        with self._proving() as proof:
            return kept_terms(proof, parts, path)

    def reopen(self) -> None:
        super().reopen()
        self._told, self._register, self._vouched = None, None, set()

    def _check_register(self, proof: Proof, contract: str) -> tuple[int, str] | None:
        """Entries of the contract itself are checked when they are read, and what was checked is not again, whichever
        contract it was checked for. The last entry."""
        last: tuple[int, str] | None = proof.connection.execute(LAST).fetchone()
        if last != self._register:
            check_register(self.path, proof, [contract], self._register[0] if self._register else 0)
        return last


@dataclass(frozen=True, slots=True)
class Supposed:
    """What would be so if an import were made, or one taken back."""

    add: Layer | None = None
    without: int | None = None

    def of(self, layers: Sequence[Layer]) -> list[Layer]:
        kept = [layer for layer in layers if layer.record.number != self.without]
        return [*kept, *([] if self.add is None else [self.add])]


def reaching(layers: Iterable[Layer], key: str, range_ms: tuple[int, int]) -> list[Layer]:
    """Those that tell of an endpoint in a range, or next to it."""
    return [layer for layer in layers if key in layer.endpoints and _touch(layer.endpoints[key], range_ms)]


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and one[1] >= other[0]


def _around(spans: Sequence[Span], start_ms: int, end_ms: int) -> tuple[int, int]:
    """A range with the whole spans that overlap it."""
    return (min(start_ms, spans[0].start_ms), max(end_ms, spans[-1].end_ms)) if spans else (start_ms, end_ms)


def _hull(rows: Sequence[tuple[Any, ...]], place: int) -> tuple[int, int] | None:
    """From the first to the last of what two columns say; None: they say nothing."""
    found = [row[place : place + 2] for row in rows if row[place] is not None]
    return (min(one[0] for one in found), max(one[1] for one in found)) if found else None


class CachingReader(Reader):
    """One for somebody who may write the ledger: what was worked out is kept for the next who asks."""

    def keep(self, digest: str, body: str) -> None:
        """Keep an answer. It can be worked out again: one that cannot be kept now is not."""
        with suppress(LedgerError):
            keep_answer(self.path, digest, body)


def keep_answer(path: Path, digest: str, body: str) -> None:
    """Keep what was worked out, beside a daemon that writes. Raises LedgerError and its kinds."""
    with appending(path, BUSY_SECONDS) as database:
        database.conn.execute("pragma synchronous = normal")  # it can be made again: no need to wait for the disk
        with immediate(database.conn):
            database.conn.execute("insert or replace into worked_out values (?, ?)", (digest, body))
            append_answer(database.conn, digest, body)


def read_only(path: Path, older: Older | None = None) -> Reader:
    """A reader of a ledger that a daemon may be writing at this moment, or was killed while it wrote. `older` reads the
    observations that were taken out of it."""
    return Reader(path, older)
