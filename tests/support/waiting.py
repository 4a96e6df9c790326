"""Waiting for what must come, with an end: the failure says what did not come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

PATIENCE_S = 120.0
"""For whatever must come, also on a machine that is busy with much else; nothing is asked how soon."""


def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> Iterator[None]:
    """Turns of a loop until it holds: what is done meanwhile is the loop's body."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {condition}"
        yield


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Poll until it holds."""
    for _ in until(condition, seconds):
        time.sleep(0.05)
