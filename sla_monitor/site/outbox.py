"""What was seen and not yet handed over. On one host the socket holds what the collector has not read yet."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable

from sla_monitor.probe import Loop
from sla_monitor.sla.observation import Observation
from sla_monitor.transport import Batch, Pulse, encode, framed

GATHER_S = 0.2
"""How long an observation waits for others: each message wakes the collector up, which costs more than it does."""

MOST_IN_A_BATCH = 500


class Outbox:
    """`handed_over` is called with the observations whose message has left completely."""

    def __init__(self, loop: Loop, sock: socket.socket, handed_over: Callable[[tuple[Observation, ...]], None]) -> None:
        self._loop, self._sock, self._handed_over = loop, sock, handed_over
        self._gathered: list[Observation] = []
        self._is_gathering = False
        self._frames: deque[tuple[memoryview, tuple[Observation, ...]]] = deque()
        self.is_writable = True

    def put(self, observation: Observation) -> None:
        self._gathered.append(observation)
        if len(self._gathered) >= MOST_IN_A_BATCH:
            self._pack()
        elif not self._is_gathering:
            self._is_gathering = True
            self._loop.call_at(self._loop.time() + GATHER_S, self._time_is_up)

    def pulse(self, pulse: Pulse) -> None:
        """A pulse that cannot leave is superseded by the next one."""
        if not self._frames:
            self._add(framed(encode(pulse)), ())

    def flush(self) -> None:
        """Send as much as the collector takes."""
        while self._frames and self.is_writable:
            view, observations = self._frames[0]
            try:
                sent = self._sock.send(view)
            except BlockingIOError:
                self.is_writable = False
                return
            if sent < len(view):
                self._frames[0] = view[sent:], observations
                continue
            self._frames.popleft()
            if observations:
                self._handed_over(observations)

    @property
    def waiting(self) -> int:
        """Messages that the collector has not taken yet."""
        return len(self._frames)

    def _time_is_up(self) -> None:
        self._is_gathering = False
        self._pack()

    def _pack(self) -> None:
        observations, self._gathered = tuple(self._gathered), []
        if observations:
            self._add(framed(encode(Batch(observations))), observations)

    def _add(self, frame: bytes, observations: tuple[Observation, ...]) -> None:
        self._frames.append((memoryview(frame), observations))
        self.flush()


EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
