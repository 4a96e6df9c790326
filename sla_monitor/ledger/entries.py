"""What waits to be written."""

from __future__ import annotations

from typing import NamedTuple

from sla_monitor.sla.observation import Observation


class Beat(NamedTuple):
    """A heartbeat that came in at `at_ms`."""

    endpoint: str
    at_ms: int


class Held(NamedTuple):
    """One entry. `since`: monotonic seconds when it was handed over; `every_ms`: the endpoint's interval then."""

    since: float
    every_ms: int
    entry: Observation | Beat
