"""Probers for the tests: made from the terms that a contract file would hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from pydantic import TypeAdapter

from sla_monitor import probe
from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.probe import Finding, Loop, Prober, Surroundings

_ENDPOINT: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)
TIMEOUT_MS = 700
LOOP = Loop()
"""One for all, as in a site: a connection that is kept lives in its loop."""


def terms(kind: str, **options: Any) -> Endpoint:
    return _ENDPOINT.validate_python({"id": "it", "kind": kind, "timeout": f"{TIMEOUT_MS}ms", **options})


def surroundings(clock: Clock | None = None) -> Surroundings:
    return Surroundings(clock or SystemClock(), "contract/it", 0)


LATE_S = 8.0
"""Less than peers in these tests hold on."""


@contextmanager
def prober(kind: str, **options: Any) -> Iterator[Prober]:
    """One that is closed in the end."""
    with closing(probe.build(terms(kind, **options), surroundings())) as made:
        yield made


def probed(kind: str, **options: Any) -> Finding:
    """One probe, which must end by its deadline."""
    with prober(kind, **options) as made:
        return timed(made)


def timed(made: Prober) -> Finding:
    """One probe, which must end by its deadline: not long after it on a busy machine, and never where the peer alone
    could end it."""
    began = time.monotonic()
    found = LOOP.run(probe.observe(made, LOOP, SystemClock()))
    assert time.monotonic() - began < made.terms.timeout_ms / 1000 + LATE_S
    return found
