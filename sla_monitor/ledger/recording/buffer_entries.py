"""Entries of the buffer: the rows that wait to be written."""

from __future__ import annotations

from concurrent.futures import Future
from typing import NamedTuple

from sla_monitor.sla.clock_steps import ClockStep
from sla_monitor.sla.jobs import JobReport
from sla_monitor.sla.observation import Observation


class Beat(NamedTuple):
    """A report of an endpoint's job. `committed`: True once it is on disk, False when it is given up."""

    endpoint: str
    report: JobReport
    committed: Future[bool]

    @property
    def at_ms(self) -> int:
        return self.report.at_ms


class Arrived(NamedTuple):
    """What a site far away handed over: entries `first` to `last` of one outbox of its. They are one observation, or
    none that can be recorded (`observation` None): lost at the site, or refused. `at_ms`: when it came in.

    It is recorded only where it goes on from what was recorded of that outbox before: once, and in its order."""

    site: str
    outbox: str
    first: int
    last: int
    at_ms: int
    observation: Observation | None


class Held(NamedTuple):
    """One entry. `since`: monotonic seconds when it was handed over; `every_ms`: the endpoint's interval then."""

    since: float
    every_ms: int
    entry: Observation | Beat | ClockStep | Arrived
