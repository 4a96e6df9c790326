"""Packed hours: the observations of an hour as columns, from the table of observations or from its packed copy.

An hour that was packed is read twenty times as fast, however many other endpoints there are. It holds nothing that
the observations do not hold.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, chain
from operator import ge, sub
from typing import Self

from msgspec.json import Decoder

from sla_monitor.ledger.chaining.links import Row
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.sla.samples import CODES, Samples

HOUR_MS = 3_600_000

LEVEL = 1
"""Of zlib: the higher ones take three times as long for a twentieth less."""

_SAMPLE_BYTES = 25
_SUM_BYTES = 16
# Columns as JSON, which is read in C: a third quicker than a row and five integers for each probe.
_SCAN = """
select endpoint_id, json_group_array(at_ms), json_group_array(outcome), json_group_array(duration_us),
  json_group_array(ifnull(first_byte_us, -1))
from observations where at_ms >= ? and at_ms < ? and endpoint_id in (select value from json_each(?)) and id > ?
group by endpoint_id
"""
_ROWS = """
select at_ms, outcome, duration_us, ifnull(first_byte_us, -1)
from observations where at_ms >= ? and at_ms < ? and endpoint_id = ? and id > ?
order by at_ms, id
"""
_COLUMN = Decoder(list[int])
_STILL_HERE = """
select endpoint_id, body from looks_by_hour where hour = ?
  and not exists (select 1 from pruned_endpoints p where p.endpoint_id = looks_by_hour.endpoint_id and p.until_ms > ?)
"""
_PACKED = """
select endpoint_id, body from looks_by_hour where hour = ? and endpoint_id in (select value from json_each(?))
"""


@dataclass(frozen=True, slots=True)
class PackedHours:
    """Reads and packs hours of one ledger: `places` turns its integers of outcomes into what Observations have,
    `numbers` turns those back."""

    places: bytes
    numbers: bytes

    @classmethod
    def of(cls, meanings: Meanings) -> Self:
        places, numbers = bytearray(256), bytearray(256)
        for number, outcome in meanings.outcomes.items():
            places[number], numbers[CODES[outcome]] = CODES[outcome], number
        return cls(bytes(places), bytes(numbers))

    def scanned(
        self, connection: sqlite3.Connection, endpoints: Iterable[int], start_ms: int, end_ms: int, after: int = 0
    ) -> dict[int, Samples]:
        """The observations that began in a range, out of the observations of all endpoints; those with higher ids than
        `after`."""
        rows = connection.execute(_SCAN, (start_ms, end_ms, json.dumps(list(endpoints)), after)).fetchall()
        found = {}
        for number, *texts in rows:
            columns = [_COLUMN.decode(text) for text in texts]
            if any(map(ge, columns[0], columns[0][1:])):  # they come in the order of time, which nobody promises
                one = connection.execute(_ROWS, (start_ms, end_ms, number, after)).fetchall()
                columns = [list(column) for column in zip(*one, strict=True)]
            found[number] = self._samples(*columns)
        return found

    def samples_of(self, observations: Iterable[Row], endpoints: Iterable[int]) -> dict[int, Samples]:
        """The same of whole rows of observations, in their order."""
        wanted = set(endpoints)
        several: dict[int, list[Row]] = defaultdict(list)
        for row in observations:
            if row[1] in wanted:
                several[row[1]].append(row)
        found = {}
        for number, rows in several.items():
            at_ms, outcomes, duration_us = ([row[place] for row in rows] for place in (2, 3, 5))
            found[number] = self._samples(
                at_ms, outcomes, duration_us, [-1 if row[9] is None else row[9] for row in rows]
            )
        return found

    def kept(self, connection: sqlite3.Connection, endpoints: Iterable[int], hour: int) -> dict[int, Samples]:
        """What is kept packed of an hour (since 1970 UTC). One that cannot be unpacked, or is not what was packed for
        this endpoint and hour, counts as not kept."""
        rows = connection.execute(_PACKED, (hour, json.dumps(list(endpoints)))).fetchall()
        found = {number: self.opened(body, number, hour) for number, body in rows}
        return {number: samples for number, samples in found.items() if samples is not None}

    def closed(self, samples: Samples, endpoint: int, hour: int) -> bytes:
        """An endpoint's hour as it is kept: packed, with a sum before it."""
        body = self.packed(samples, hour)
        return _sum(body, endpoint, hour) + body

    def opened(self, closed: bytes, endpoint: int, hour: int) -> Samples | None:
        """The same backwards; None for what nobody closed so."""
        told, body = closed[:_SUM_BYTES], closed[_SUM_BYTES:]
        return self.unpacked(body, hour) if _sum(body, endpoint, hour) == told else None

    def packed(self, samples: Samples, hour: int) -> bytes:
        """An endpoint's hour: the milliseconds from one observation to the next, outcomes, microseconds twice."""
        steps = array("q", map(sub, samples.at_ms, chain((hour * HOUR_MS,), samples.at_ms)))
        integers = map(_bytes, (steps, samples.duration_us, samples.first_byte_us))
        return zlib.compress(b"".join((*integers, samples.outcomes.translate(self.numbers))), LEVEL)

    def unpacked(self, body: bytes, hour: int) -> Samples | None:
        """The same backwards; None for what nobody packed so."""
        try:
            raw = zlib.decompress(body)
        except zlib.error:
            return None
        count, rest = divmod(len(raw), _SAMPLE_BYTES)
        if rest:
            return None
        steps, duration_us, first_byte_us = (_integers(raw, place * count, count) for place in range(3))
        instants = list(accumulate(chain((hour * HOUR_MS,), steps)))
        if min(steps, default=0) < 0 or instants[-1] >= (hour + 1) * HOUR_MS:
            return None
        at_ms = array("q", instants[1:])
        return Samples(at_ms, bytearray(raw[24 * count :]).translate(self.places), duration_us, first_byte_us)

    def _samples(
        self, at_ms: list[int], outcomes: list[int], duration_us: list[int], first_byte_us: list[int]
    ) -> Samples:
        codes = bytearray(outcomes).translate(self.places)
        return Samples(array("q", at_ms), codes, array("q", duration_us), array("q", first_byte_us))


def packed_until_ms(connection: sqlite3.Connection) -> int:
    """The end of the last hour that is packed; an observation that begins before it may be late for one."""
    return HOUR_MS * int(connection.execute("select ifnull(max(hour) + 1, 0) from looks_by_hour").fetchone()[0])


def forget_hour(connection: sqlite3.Connection, endpoint: int, at_ms: int) -> None:
    """Take out an endpoint's hour, in the transaction that records a late observation in it."""
    query = "delete from looks_by_hour where hour = ? and endpoint_id = ?"
    connection.execute(query, (at_ms // HOUR_MS, endpoint))


def wrong_hours(connection: sqlite3.Connection, hours: PackedHours, since_ms: int = 0) -> int:
    """How many packed hours from an instant on do not hold what the observations hold. Give it an open transaction."""
    return sum(not is_right for is_right in _compared(connection, hours, since_ms // HOUR_MS))


def _compared(connection: sqlite3.Connection, hours: PackedHours, first: int) -> Iterator[bool]:
    every = connection.execute("select distinct hour from looks_by_hour where hour >= ?", (first,)).fetchall()
    for (hour,) in every:
        bodies = dict(connection.execute(_STILL_HERE, (hour, hour * HOUR_MS)))
        seen = hours.scanned(connection, bodies, hour * HOUR_MS, (hour + 1) * HOUR_MS)
        yield from (hours.opened(body, number, hour) == seen.get(number, Samples()) for number, body in bodies.items())


def _sum(body: bytes, endpoint: int, hour: int) -> bytes:
    return sha256(f"{hour} {endpoint} ".encode() + body).digest()[:_SUM_BYTES]


def _bytes(integers: array[int]) -> bytes:
    """Little-endian, whatever machine this is."""
    return _swapped(integers).tobytes()


def _integers(raw: bytes, place: int, count: int) -> array[int]:
    found = array("q")
    found.frombytes(raw[8 * place : 8 * (place + count)])
    return _swapped(found)


def _swapped(integers: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return integers
    swapped = integers[:]
    swapped.byteswap()
    return swapped
