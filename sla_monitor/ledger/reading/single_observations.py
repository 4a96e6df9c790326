"""Reads single looks: whole ones with their evidence, or columns of many endpoints at once."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from sla_monitor.errors import ArchiveError, LedgerError
from sla_monitor.ledger.reading.packed_hours import HOUR_MS, PackedHours
from sla_monitor.ledger.reading.pruned_days import Older, PrunedDay, contract_of, pruned_day_at, pruned_range
from sla_monitor.ledger.reading.queries import Asking, snapshot
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases
from sla_monitor.sla.samples import Sample, Samples

ROWS_AT_ONCE = 20_000
"""Observations read in one go where hours hold few of them: some milliseconds."""

SLICE_MS = 3_600_000
"""Observations are read an hour at a time: a reader that kept one long snapshot would hold up the checkpoints, and
the write-ahead log would grow for as long as it read."""

_DOWN = "(select id from outcomes where name = 'down')"
_LOOKS = """
select o.at_ms, o.outcome, o.reason, v.detail, o.duration_us,
  o.dns_us, o.connect_us, o.tls_us, o.first_byte_us, o.transfer_us,
  a.name, o.status, o.body_bytes, o.certificate_expires_at_s, v.body
from observations o left join addresses a on a.id = o.address_id left join evidence v on v.id = o.evidence_id
where o.at_ms >= ? and o.at_ms < ? and o.endpoint_id = (select id from endpoints where key = ?) and o.id > ?
"""
_OBSERVATIONS = f"{_LOOKS} order by o.at_ms, o.id"
_FIRST_DOWN = f"{_LOOKS} and o.outcome = {_DOWN} order by o.at_ms, o.id limit 1"
# Which of millions of looks may be the first one is told by the spans.
_DOWN_SINCE = f"""
select min(start_ms) from spans
where end_ms > ? and start_ms < ? and outcome = {_DOWN} and endpoint_id = (select id from endpoints where key = ?)
"""  # noqa: S608 - our own text
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
    """The looks of one ledger."""

    def __init__(self, path: Path, older: Older | None = None) -> None:
        """`older` has the observations that were taken out; without it, to ask for them is an error."""
        super().__init__(path)
        self._older = older
        self._meanings = Meanings.load(self._database)
        self.hours = PackedHours.of(self._meanings)

    def observations(self, endpoint: str, start_ms: int, end_ms: int) -> Iterator[Observation]:
        """The endpoint's looks that began in `[start_ms, end_ms)`, ascending; evidence included."""
        return self._observations(endpoint, start_ms, end_ms, exact=True)

    def _observations(self, endpoint: str, start_ms: int, end_ms: int, *, exact: bool) -> Iterator[Observation]:
        contract = contract_of(endpoint)
        begin_ms, stop_ms = self._clipped(contract, start_ms, end_ms)
        while begin_ms < stop_ms:
            until_ms = min(begin_ms + SLICE_MS, stop_ms)
            with self._asked() as connection, snapshot(connection):
                day = pruned_day_at(connection, contract, begin_ms)
                if day is not None:
                    until_ms = min(day.until_ms, stop_ms)
                given = begin_ms, until_ms, endpoint, day.last_observation if day else 0
                rows = connection.execute(_OBSERVATIONS, given).fetchall()
            found = [self._observation(endpoint, row) for row in rows]
            if day is not None:
                older = self._read(day, lambda archive, of: archive.observations(*of, endpoint, exact=exact))
                found = sorted([*(one for one in older if begin_ms <= one.at_ms < until_ms), *found], key=_at)
            yield from found
            begin_ms = until_ms

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        """The same without everything else: when each began, what it found, how long it took, its first byte (µs)."""
        return (sample for _, looks in self.columns((key,), start_ms, end_ms) for sample in looks)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        """The same of many endpoints, which costs little more than of one: a day at most in each piece, and the later
        ones later."""
        several: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            several[contract_of(key)].append(key)
        for contract, own in several.items():
            yield from self._columns(contract, own, start_ms, end_ms)

    def _columns(self, contract: str, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        begin_ms, stop_ms = self._clipped(contract, start_ms, end_ms)
        numbers = self.numbers(keys)
        for first, last in self._slices(numbers, begin_ms // HOUR_MS, -(-stop_ms // HOUR_MS)):
            slice_ms = max(begin_ms, first * HOUR_MS), min(stop_ms, last * HOUR_MS)
            found = self._looks_in(contract, numbers, slice_ms)
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
        first = max(first, self._edges()[0] // HOUR_MS)
        for (until_ms,) in self._rows(_PRUNED_UNTIL, json.dumps(numbers)):
            first = max(first, until_ms // HOUR_MS)
        packed = set(self._rows(_PACKED_HOURS, first, last, json.dumps(numbers), len(numbers)))
        return [hour for hour in range(first, last) if (hour,) not in packed] if numbers else []

    def numbers(self, keys: Iterable[str]) -> dict[int, str]:
        """The integers that stand for those of these keys that were ever seen."""
        return dict(self._rows(_NUMBERS, json.dumps(list(keys))))

    def first_failed(self, endpoint: str, start_ms: int, end_ms: int) -> Observation | None:
        """The first look at the endpoint that began in `[start_ms, end_ms)` and found it down; evidence included."""
        ((since_ms,),) = self._rows(_DOWN_SINCE, start_ms, end_ms, endpoint)
        if since_ms is None:
            return None
        begin_ms = max(since_ms, start_ms)
        with self._asked() as connection:
            gone = pruned_range(connection, contract_of(endpoint))
        if gone and begin_ms < gone[1]:
            several = self._observations(endpoint, begin_ms, end_ms, exact=False)
            return next((one for one in several if one.finding.outcome is Outcome.DOWN), None)
        rows = self._rows(_FIRST_DOWN, begin_ms, end_ms, endpoint, 0)
        return self._observation(endpoint, rows[0]) if rows else None

    def _clipped(self, contract: str, start_ms: int, end_ms: int) -> tuple[int, int]:
        """As much of a range as the record, or the archive, can speak of."""
        first_ms, last_ms = self._edges()
        with self._asked() as connection:
            gone = pruned_range(connection, contract)
        if gone:
            first_ms, last_ms = min(first_ms or gone[0], gone[0]), max(last_ms, gone[1] - 1)
        return max(start_ms, first_ms), min(end_ms, last_ms + 1)

    def _read(self, day: PrunedDay, ask: Callable[[Older, tuple[str, str, str]], T]) -> T:
        """What the archive answers. Raises LedgerError: nothing is told from a day that is not as it was sealed."""
        if self._older is None:
            raise LedgerError(
                f"{self.path}: the observations of {day.contract} on {day.day} are in the archive;"
                " give the settings that name it (--config)"
            )
        try:
            return ask(self._older, (day.contract, day.day, day.sums))
        except ArchiveError as error:
            raise LedgerError(f"{error}; the ledger has given up this day, and takes no other one for it") from error

    def _edges(self) -> tuple[int, int]:
        """The first and the last instant of the observations that are there; `(0, -1)`: there are none."""
        first, last = "select min(at_ms) from observations", "select max(at_ms) from observations"
        row = self._rows(f"select ifnull(({first}), 0), ifnull(({last}), -1)")[0]
        return row[0], row[1]

    def _looks_in(self, contract: str, numbers: Mapping[int, str], slice_ms: tuple[int, int]) -> dict[int, Samples]:
        """Looks of a slice by endpoint, from where they are at this moment; of those that are packed the whole hour."""
        begin_ms, stop_ms = slice_ms
        with self._asked() as connection, snapshot(connection):
            day = pruned_day_at(connection, contract, begin_ms)
            if day is None:
                return self._recorded_in(connection, numbers, begin_ms, stop_ms)
            late = self.hours.scanned(connection, numbers, begin_ms, stop_ms, day.last_observation)
        older = self._read(day, lambda archive, of: archive.looks(*of))
        return {
            number: _merged(older.get(key, Samples()).between(begin_ms, stop_ms), late.get(number, Samples()))
            for number, key in numbers.items()
        }

    def _recorded_in(
        self, connection: sqlite3.Connection, numbers: Iterable[int], begin_ms: int, stop_ms: int
    ) -> dict[int, Samples]:
        """Looks of an hour, or of several none of which is packed; of those that are not packed no more than is asked
        for."""
        hour = begin_ms // HOUR_MS
        kept = self.hours.kept(connection, numbers, hour) if stop_ms <= (hour + 1) * HOUR_MS else {}
        lacking = [number for number in numbers if number not in kept]
        if not lacking:
            return kept
        return kept | self.hours.scanned(connection, lacking, begin_ms, stop_ms)

    def _observation(self, endpoint: str, row: tuple[Any, ...]) -> Observation:
        at_ms, outcome, reason, detail, duration_us, *rest = row
        *phases, address, status, body_bytes, certificate_expires_at_s, evidence = rest
        finding = Finding(
            outcome=self._meanings.outcomes[outcome],
            reason=self._meanings.reasons[reason],
            detail=detail or "",
            duration_us=duration_us,
            phases=Phases(*phases),
            address=address,
            status=status,
            body_bytes=body_bytes,
            certificate_expires_at_s=certificate_expires_at_s,
            evidence=evidence or b"",
        )
        return Observation(endpoint, at_ms, finding)


def _merged(older: Samples, late: Samples) -> Samples:
    """Those of the archive with those that came in after the day was sealed, by when they began."""
    if not older or not late:
        return older or late
    return Samples.of(sorted([*older, *late], key=itemgetter(0)))


def _at(observation: Observation) -> int:
    return observation.at_ms
