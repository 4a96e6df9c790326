"""The outbox: observations not yet handed over. On one host the socket holds what the collector has not read yet."""

from __future__ import annotations

import logging
import select
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic

from sla_monitor.probe import Loop
from sla_monitor.sla.observation import Observation
from sla_monitor.transport import Batch, Pulse, encode, framed

GATHER_S = 0.2
"""How long an observation waits for others: each message wakes the collector up, which costs more than it does."""

MOST_IN_A_BATCH = 500

MOST_BYTES = 32 << 20
"""Of what waits while the collector does not read: some hundred thousand observations. What comes then is lost, so that
what is held is an unbroken record up to a known instant."""

Probes = tuple[tuple[str, int], ...]
"""Endpoints, and when the probes of them began (ms since 1970)."""

log = logging.getLogger(__package__)


class Outbox:
    """`handed_over` is called with the probes whose message has left completely, `lost` with those for which there is
    no room."""

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        handed_over: Callable[[Probes], None],
        lost: Callable[[Probes], None],
    ) -> None:
        self._loop, self._sock, self._handed_over, self._lost = loop, sock, handed_over, lost
        self._gathered: list[Observation] = []
        self._is_gathering = False
        self._frames: deque[tuple[memoryview, Probes]] = deque()
        self._bytes = 0
        self._is_full = False
        self.is_writable = True

    def put(self, observation: Observation) -> None:
        self._gathered.append(observation)
        if len(self._gathered) >= MOST_IN_A_BATCH:
            self._pack()
        elif not self._is_gathering:
            self._is_gathering = True
            self._loop.call_at(self._loop.time() + GATHER_S, self._time_is_up)

    @property
    def is_empty(self) -> bool:
        """Whether a pulse would leave now; one that cannot is superseded by the next."""
        return not self._frames

    def pulse(self, pulse: Pulse) -> None:
        self._add(framed(encode(pulse)), ())

    def flush(self) -> None:
        """Send as much as the collector takes."""
        while self._frames and self.is_writable:
            view, probes = self._frames[0]
            try:
                sent = self._sock.send(view)
            except BlockingIOError:
                self.is_writable = False
                return
            except OSError:  # the collector has hung up, and we are about to hear so
                self._frames.clear()
                return
            self._bytes -= sent
            if sent < len(view):
                self._frames[0] = view[sent:], probes
                continue
            self._frames.popleft()
            if probes:
                self._handed_over(probes)

    def end(self, within_s: float) -> None:
        """Hand over all that is here, if the collector takes it in time."""
        self._pack()
        until = monotonic() + within_s
        while self._frames and (left_s := until - monotonic()) > 0:
            if select.select((), (self._sock,), (), left_s)[1]:
                self.is_writable = True
                self.flush()

    def _time_is_up(self) -> None:
        self._is_gathering = False
        self._pack()

    def _pack(self) -> None:
        observations, self._gathered = tuple(self._gathered), []
        if not observations:
            return
        probes = tuple((one.endpoint, one.at_ms) for one in observations)
        was_full, self._is_full = self._is_full, self._bytes > MOST_BYTES
        if not self._is_full:
            self._add(framed(encode(Batch(observations))), probes)
            return
        if not was_full:
            log.error("the collector does not read: what is seen from now on is lost")
        self._lost(probes)

    def _add(self, frame: bytes, probes: Probes) -> None:
        self._frames.append((memoryview(frame), probes))
        self._bytes += len(frame)
        self.flush()


EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
