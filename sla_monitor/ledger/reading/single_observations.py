"""Reads single observations: whole ones with their evidence, or columns of many endpoints at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from sla_monitor import remedies
from sla_monitor.errors import ArchiveError, LedgerError
from sla_monitor.ledger.chaining.links import OBSERVATIONS, Row
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.connect import snapshot
from sla_monitor.ledger.reading.packed_hours import HOUR_MS, PackedHours
from sla_monitor.ledger.reading.pruned_days import Older, PrunedDay, contract_of, pruned_day_at, pruned_range
from sla_monitor.ledger.reading.queries import Asking
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.sla.observation import Finding, Observation, Phases
from sla_monitor.sla.samples import Sample, Samples

ROWS_AT_ONCE = 20_000
"""Observations read in one go where hours hold few of them: some milliseconds."""

SLICE_MS = 3_600_000
"""Observations are read an hour at a time: a reader that kept one long snapshot would hold up the checkpoints, and
the write-ahead log would grow for as long as it read."""

_NUMBERS = """
select e.id, e.key from json_each(?) j join endpoints e on e.key = j.value order by j.key
"""
_ANY_PACKED = """
select distinct hour from looks_by_hour
where hour >= ? and hour < ? and endpoint_id in (select value from json_each(?))
"""
_DENSITY = """
select (select max(id) from observations) - (select min(id) from observations),
  ((select max(at_ms) from observations) - (select min(at_ms) from observations)) / ?
"""
_PACKED_HOURS = """
select hour from looks_by_hour where hour >= ? and hour < ? and endpoint_id in (select value from json_each(?))
group by hour having count(*) = ?
"""


_PRUNED_UNTIL = """
select max(until_ms) from pruned_endpoints where endpoint_id in (select value from json_each(?)) having count(*)
"""


T = TypeVar("T")


class SingleObservations(Asking):
    """The observations of one ledger."""

    def __init__(self, path: Path, older: Older | None = None) -> None:
        """`older` has the observations that were taken out; without it, to ask for them is an error."""
        super().__init__(path)
        self._older = older
        self._meanings = Meanings.load(self._database)
        self.hours = PackedHours.of(self._meanings)

    def observations(self, endpoint: str, start_ms: int, end_ms: int) -> Iterator[Observation]:
        """The endpoint's observations that began in `[start_ms, end_ms)`, ascending; evidence included."""
        return self._observations(endpoint, start_ms, end_ms, exact=True)

    def _observations(self, endpoint: str, start_ms: int, end_ms: int, *, exact: bool) -> Iterator[Observation]:
        contract, known = contract_of(endpoint), set[tuple[str, int]]()
        begin_ms, stop_ms = self._clipped(contract, start_ms, end_ms)
        numbers = self.numbers([endpoint])
        while begin_ms < stop_ms:
            until_ms = min(begin_ms + SLICE_MS, stop_ms)
            with self._proving(known) as proof:
                day = self._pruned_at(proof, contract, begin_ms)
                if day is not None:
                    until_ms = min(day.until_ms, stop_ms)
                samples = proof.observations(begin_ms, until_ms, day.last_observation if day else 0)
                rows = [row for row in samples if row[1] in numbers]
                found = self._whole(proof, endpoint, rows)
            if day is not None:
                older = self._read(day, lambda archive, of: archive.observations(*of, endpoint, exact=exact))
                found = sorted([*(one for one in older if begin_ms <= one.at_ms < until_ms), *found], key=_at)
            yield from found
            begin_ms = until_ms

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        """The same without everything else: when each began, what it found, how long it took, its first byte (µs)."""
        return (sample for _, samples in self.columns((key,), start_ms, end_ms) for sample in samples)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        """The same of many endpoints, which costs little more than of one: a day at most in each piece, and the later
        ones later."""
        several: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            several[contract_of(key)].append(key)
        for contract, own in several.items():
            yield from self._columns(contract, own, start_ms, end_ms)

    def _columns(self, contract: str, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        known = set[tuple[str, int]]()
        begin_ms, stop_ms = self._clipped(contract, start_ms, end_ms)
        numbers = self.numbers(keys)
        for first, last in self._slices(numbers, begin_ms // HOUR_MS, -(-stop_ms // HOUR_MS)):
            slice_ms = max(begin_ms, first * HOUR_MS), min(stop_ms, last * HOUR_MS)
            found = self._samples_in(contract, numbers, slice_ms, known)
            pieces = ((key, found[number].between(*slice_ms)) for number, key in numbers.items() if number in found)
            yield from (piece for piece in pieces if piece[1])

    def _slices(self, numbers: Iterable[int], first: int, last: int) -> Iterator[tuple[int, int]]:
        """Hours in `[first, last)` to be read at once: one where any of it is packed, and else as many of a day as hold
        about ROWS_AT_ONCE observations of all endpoints."""
        packed = {hour for (hour,) in self._rows(_ANY_PACKED, first, last, json.dumps(list(numbers)))}
        several = max(1, min(24, ROWS_AT_ONCE // max(1, self._an_hour())))
        hour = first
        while hour < last:
            end = next((each for each in range(hour, min(hour + several, last)) if each in packed), hour + several)
            stop = min(max(end, hour + 1), last, (hour // 24 + 1) * 24)
            yield hour, stop
            hour = stop

    def _an_hour(self) -> int:
        """How many observations there are in an hour, over the whole record."""
        ((count, hours),) = self._rows(_DENSITY, HOUR_MS)
        return int(count or 0) // max(1, int(hours or 0))

    def hours_lacking(self, numbers: Sequence[int], first: int, last: int) -> list[int]:
        """Of the hours in `[first, last)`, those since the record began that are not packed for every endpoint."""
        with self._proving() as proof:
            first = max(first, self._edges(proof)[0] // HOUR_MS)
        for (until_ms,) in self._rows(_PRUNED_UNTIL, json.dumps(numbers)):
            first = max(first, until_ms // HOUR_MS)
        packed = set(self._rows(_PACKED_HOURS, first, last, json.dumps(numbers), len(numbers)))
        return [hour for hour in range(first, last) if (hour,) not in packed] if numbers else []

    def numbers(self, keys: Iterable[str]) -> dict[int, str]:
        """The integers that stand for those of these keys that were ever seen."""
        with self._proving() as proof:
            proof.names()
            return dict(proof.connection.execute(_NUMBERS, (json.dumps(list(keys)),)).fetchall())

    def _clipped(self, contract: str, start_ms: int, end_ms: int) -> tuple[int, int]:
        """As much of a range as the record, or the archive, can speak of."""
        with self._proving() as proof:
            first_ms, last_ms = self._edges(proof)
            gone = pruned_range(proof.connection, contract) if proof.pruned.days else None
        if gone:
            first_ms, last_ms = min(first_ms or gone[0], gone[0]), max(last_ms, gone[1] - 1)
        return max(start_ms, first_ms), min(end_ms, last_ms + 1)

    def _read(self, day: PrunedDay, ask: Callable[[Older, tuple[str, str, str]], T]) -> T:
        """What the archive answers. Raises LedgerError: nothing is told from a day that is not as it was sealed."""
        if self._older is None:
            raise LedgerError(
                f"{self.path}: the observations of {day.contract} on {day.day} are in the archive;"
                f" {remedies.SETTINGS} that name it"
            )
        try:
            return ask(self._older, (day.contract, day.day, day.sums))
        except ArchiveError as error:
            raise LedgerError(f"{error}; the ledger has given up this day, and takes no other one for it") from error

    @staticmethod
    def _edges(proof: Proof) -> tuple[int, int]:
        """The first and the last instant of the observations that are there, once it is known that neither the first
        nor the last of them is gone, and that the index holds both; `(0, -1)`: there are none."""
        newest = proof.newest(OBSERVATIONS)
        known = [] if newest is None else [*proof.rows(OBSERVATIONS, 1, 1), newest]
        first, last = "select min(at_ms) from observations", "select max(at_ms) from observations"
        row = proof.connection.execute(f"select ifnull(({first}), 0), ifnull(({last}), -1)").fetchone()
        if any(not row[0] <= one[2] <= row[1] for one in known):
            raise proof.refused("the index of observations by time leaves some of them out")
        return row[0], row[1]

    def _samples_in(
        self, contract: str, numbers: Mapping[int, str], slice_ms: tuple[int, int], known: set[tuple[str, int]]
    ) -> dict[int, Samples]:
        """Observations of a slice by endpoint, from where they are at this moment; of those that are packed the whole
        hour."""
        begin_ms, stop_ms = slice_ms
        with self._proving(known) as proof:
            day = self._pruned_at(proof, contract, begin_ms)
            if day is None:
                return self._recorded_in(proof, numbers, begin_ms, stop_ms)
            late = self.hours.samples_of(proof.observations(begin_ms, stop_ms, day.last_observation), numbers)
        older = self._read(day, lambda archive, of: archive.samples(*of))
        return {
            number: _merged(older.get(key, Samples()).between(begin_ms, stop_ms), late.get(number, Samples()))
            for number, key in numbers.items()
        }

    def _recorded_in(self, proof: Proof, numbers: Iterable[int], begin_ms: int, stop_ms: int) -> dict[int, Samples]:
        """Observations of an hour, or of several none of which is packed; of those that are not packed no more than is
        asked for."""
        hour = begin_ms // HOUR_MS
        kept = self.hours.kept(proof.connection, numbers, hour) if stop_ms <= (hour + 1) * HOUR_MS else {}
        lacking = [number for number in numbers if number not in kept]
        if not lacking:
            return kept
        return kept | self.hours.samples_of(proof.observations(begin_ms, stop_ms), lacking)

    @staticmethod
    def _pruned_at(proof: Proof, contract: str, at_ms: int) -> PrunedDay | None:
        return pruned_day_at(proof.connection, contract, at_ms) if proof.pruned.days else None

    @contextmanager
    def _proving(self, known: set[tuple[str, int]] | None = None) -> Iterator[Proof]:
        """Verified rows of one state of the record."""
        with self._asked() as connection, snapshot(connection):
            yield Proof(self.path, connection, known)

    def _whole(self, proof: Proof, endpoint: str, rows: Sequence[Row]) -> list[Observation]:
        """Observations with what they refer to."""
        evidence = proof.evidence(row[15] for row in rows if row[15] is not None)
        addresses = proof.keyed("addresses", (row[11] for row in rows if row[11] is not None))
        found = []
        for row in rows:
            _, _, at_ms, outcome, reason, duration_us, *phases, address, status, body_bytes, expires_at_s, number = row
            detail, body = ("", b"") if number is None else evidence[number]
            finding = Finding(
                outcome=self._meanings.outcomes[outcome],
                reason=self._meanings.reasons[reason],
                detail=detail,
                duration_us=duration_us,
                phases=Phases(*phases),
                address=None if address is None else addresses[address][1],
                status=status,
                body_bytes=body_bytes,
                certificate_expires_at_s=expires_at_s,
                evidence=body,
            )
            found.append(Observation(endpoint, at_ms, finding))
        return found


def _merged(older: Samples, late: Samples) -> Samples:
    """Those of the archive with those that came in after the day was sealed, by when they began."""
    if not older or not late:
        return older or late
    return Samples.of(sorted([*older, *late], key=itemgetter(0)))


def _at(observation: Observation) -> int:
    return observation.at_ms
