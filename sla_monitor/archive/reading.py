"""Observations of sealed days, for figures that are made of single ones."""

from __future__ import annotations

import json
import threading
from array import array
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sla_monitor.archive import table
from sla_monitor.archive.sealed import OBSERVATIONS, SealedDay
from sla_monitor.errors import ArchiveError
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason
from sla_monitor.sla.samples import CODES, NONE, Samples

HELD = 8_000_000
"""Observations of the days read last that stay in memory, in 25 bytes each: who asks by endpoint reads the same
days over and over."""

_CODES = {outcome.value: code for outcome, code in CODES.items()}
_TIMES = "rest_us", "dns_us", "connect_us", "tls_us", "first_byte_us", "transfer_us"


class Archived:
    """The archive in a folder, usable from any thread.

    Everything raises ArchiveError for a day that is not there, that is not the one that is asked for, or in which times
    are not exact.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: OrderedDict[str, Mapping[str, Samples]] = OrderedDict()
        self._lock = threading.Lock()

    def samples(self, contract: str, day: str, sums: str) -> Mapping[str, Samples]:
        """The day's observations as columns, by endpoint key."""
        with self._lock:
            if sums not in self._held:
                self._held[sums] = dict(_by_endpoint(self._day(contract, day, sums)))
                while len(self._held) > 1 and sum(map(_count, self._held.values())) > HELD:
                    self._held.popitem(last=False)
            self._held.move_to_end(sums)
            return self._held[sums]

    def observations(self, contract: str, day: str, sums: str, key: str, *, exact: bool) -> Sequence[Observation]:
        """The day's observations of one endpoint, evidence included. Not `exact`: times that a day does not keep are
        left out."""
        sealed = self._day(contract, day, sums, exact=exact)
        shape = table.SHAPES[sealed.about["phases"]]
        rows = (dict(zip(shape.columns, row, strict=True)) for row in table.read(sealed.path(OBSERVATIONS), shape))
        own = [row for row in rows if row["endpoint"] == key and _is_of(sealed, row["at_ms"])]
        evidence = _evidence(sealed, {row["evidence"] for row in own})
        return [_observation(row, *evidence.get(row["evidence"], ("", b""))) for row in own]

    def _day(self, contract: str, day: str, sums: str, *, exact: bool = True) -> SealedDay:
        sealed = SealedDay(self._folder / contract / day)
        if sealed.digest != sums:
            raise ArchiveError(f"{sealed.folder}: is not the day that was sealed")
        if exact and sealed.about["phases"] != "us":
            raise ArchiveError(f"{sealed.folder}: has no exact times (archive.phases of the contract)")
        return sealed


def _count(day: Mapping[str, Samples]) -> int:
    return sum(map(len, day.values()))


def _is_of(day: SealedDay, at_ms: int) -> bool:
    """Whether it is of the day, and not what came in late for one before."""
    about = day.about
    return bool(about["from_ms"] <= at_ms < about["until_ms"])


def _by_endpoint(day: SealedDay) -> Iterator[tuple[str, Samples]]:
    shape = table.SHAPES["us"]
    found: dict[str, Samples] = {}
    for columns in table.read_columns(day.path(OBSERVATIONS), shape):
        named = dict(zip(shape.columns, columns, strict=True))
        durations = table.durations_us([named[name] for name in _TIMES])
        rows = zip(named["endpoint"], named["at_ms"], named["outcome"], durations, named["first_byte_us"], strict=True)
        for key, several in groupby(rows, lambda row: row[0]):
            _, at_ms, outcomes, duration_us, first_byte_us = zip(*several, strict=True)
            samples = Samples(
                array("q", at_ms),
                bytearray(map(_CODES.__getitem__, outcomes)),
                array("q", duration_us),
                array("q", (NONE if us is None else us for us in first_byte_us)),
            )
            found.setdefault(key, Samples()).extend(samples)
    start_ms, end_ms = day.about["from_ms"], day.about["until_ms"]
    return ((key, samples.between(start_ms, end_ms)) for key, samples in found.items())


def _evidence(day: SealedDay, numbers: set[int | None]) -> dict[int, tuple[str, bytes]]:
    """Detail and body, by number."""
    with day.path("evidence.jsonl").open(encoding="ascii") as lines:
        several = (line for line in map(json.loads, lines) if line["number"] in numbers)
        return {line["number"]: (line["detail"], b64decode(line["body"])) for line in several}


def _observation(row: Mapping[str, Any], detail: str, body: bytes) -> Observation:
    finding = Finding(
        outcome=Outcome(row["outcome"]),
        reason=None if row["reason"] is None else Reason(row["reason"]),
        detail=detail,
        duration_us=sum(row.get(name) or 0 for name in _TIMES),
        phases=Phases(*(row.get(name) for name in _TIMES[1:])),
        address=row.get("address"),
        status=row["status"],
        body_bytes=row["body_bytes"],
        certificate_expires_at_s=row.get("certificate_expires_at_s"),
        evidence=body,
    )
    return Observation(row["endpoint"], row["at_ms"], finding)
