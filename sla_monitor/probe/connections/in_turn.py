"""Several addresses, one after the other."""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from sla_monitor.probe.connections.channel import Address, LocalRefusal
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch

T = TypeVar("T")


async def first_of(
    watch: Stopwatch, addresses: Sequence[Address], attempt: Callable[[Address], Coroutine[Any, Any, T]]
) -> T:
    """What comes of the first address of which anything comes. Raises the last one's OSError."""
    error: OSError | None = None
    for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        # Every address gets its share of the time: a dead IPv6 one leaves some for IPv4.
        share_s = watch.left() / left
        try:
            return await (attempt(address) if left == 1 else _within(watch, share_s, attempt(address)))
        except DeadlinePassed:
            raise
        except OSError as failed:
            # That we have no way to one address says less than what another one did.
            error = failed if error is None or not isinstance(failed, LocalRefusal) else error
    watch.left()
    raise error or socket.gaierror(socket.EAI_NONAME, "the name has no address")


async def _within(watch: Stopwatch, seconds: float, attempt: Coroutine[Any, Any, T]) -> T:
    """The same, or TimeoutError after so many seconds."""
    loop, task = watch.loop, watch.loop.current
    assert task is not None  # noqa: S101 - only a task can await
    timer = loop.call_at(loop.time() + seconds, lambda: loop.resume(task, error=TimeoutError()))
    try:
        return await attempt
    finally:
        timer.cancel()
