"""Observations that were taken out of the ledger: which days, and where they are read now."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from sla_monitor.sla.observation import Observation
from sla_monitor.sla.samples import Samples


class Older(Protocol):
    """An archive of sealed days. `sums` is the SHA-256 of a day's file of digests: nothing else is read as that day.

    Raises ArchiveError where the day is not there, or not as it was sealed.
    """

    def samples(self, contract: str, day: str, sums: str) -> Mapping[str, Samples]:
        """The day's observations as columns, by endpoint key."""

    def observations(self, contract: str, day: str, sums: str, key: str, *, exact: bool) -> Sequence[Observation]:
        """The day's observations of one endpoint, evidence included. Not `exact`: times that a day does not keep are
        left out."""


class PrunedDay(NamedTuple):
    """A day of one contract, in UTC, whose observations are in the archive, but for those that came in after it was
    sealed: they have higher ids than `last_observation`, and stay. `observations`: how many go."""

    contract: str
    day: str
    from_ms: int
    until_ms: int
    sums: str
    last_observation: int
    observations: int


_COLUMNS = ", ".join(PrunedDay._fields)
_AT = f"""
select {_COLUMNS} from pruned_days where contract = ? and from_ms <= ? order by from_ms desc limit 1
"""  # noqa: S608 - our own columns
_ALL = f"select {_COLUMNS} from pruned_days where contract = ? order by from_ms"  # noqa: S608


def pruned_day_at(connection: sqlite3.Connection, contract: str, at_ms: int) -> PrunedDay | None:
    """The day that holds an instant, if it was taken out."""
    row = connection.execute(_AT, (contract, at_ms)).fetchone()
    return PrunedDay(*row) if row and at_ms < row[3] else None


def pruned_days(connection: sqlite3.Connection, contract: str) -> list[PrunedDay]:
    """All days that were taken out, ascending."""
    return [PrunedDay(*row) for row in connection.execute(_ALL, (contract,))]


def pruned_range(connection: sqlite3.Connection, contract: str) -> tuple[int, int] | None:
    """From when until when days were taken out; None: there are none."""
    query = "select min(from_ms), max(until_ms) from pruned_days where contract = ?"
    first_ms, until_ms = connection.execute(query, (contract,)).fetchone()
    return None if first_ms is None else (first_ms, until_ms)


def last_observation(connection: sqlite3.Connection) -> int:
    """The highest id that an observation ever had: those that were taken out must not be given again."""
    seen = connection.execute("select ifnull(max(id), 0) from observations").fetchone()[0]
    gone = connection.execute("select ifnull(max(last_observation), 0) from pruned_days").fetchone()[0]
    return max(int(seen), int(gone))


def contract_of(key: str) -> str:
    return key.partition("/")[0]
