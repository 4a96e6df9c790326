"""Names to addresses, within a deadline.

`getaddrinfo` cannot be interrupted: threads of their own ask, and a look waits only for what is left of its time. A
thread that its look gave up on is free again when the system's resolver gives up too (resolv.conf's `timeout:` and
`attempts:`); they are daemon threads, so they never hold up the program's end, and idle ones end by themselves.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from sla_monitor.probe.deadline import DeadlinePassed, Stopwatch

Address = tuple[int, tuple[Any, ...]]
"""An address family, and what a socket of that family connects to."""

Ask = Callable[[str, int, int, int], list[tuple[Any, ...]]]
Question = tuple[str, int, int]
"""Host, port, family."""

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
MOST_ADDRESSES = 8
MOST_LOOKUPS = 32
IDLE_SECONDS = 10.0


class _Lookup:
    """One question on its way, and everybody who waits for it. `answered` is held until it is."""

    __slots__ = ("answered", "error", "found", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.found: list[Address] = []
        self.error: OSError | None = None
        self.answered = threading.Lock()
        self.answered.acquire()

    def wait(self, watch: Stopwatch) -> list[Address]:
        if not self.answered.acquire(timeout=watch.left()):
            raise DeadlinePassed
        self.answered.release()  # for the next one who waits
        if self.error is not None:
            raise self.error
        return self.found


class Resolver:
    """Asks at most `most` names at a time; looks that want the same name share one question."""

    def __init__(self, ask: Ask = socket.getaddrinfo, most: int = MOST_LOOKUPS) -> None:
        self._ask = ask
        self._most = most
        self._threads = 0
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Lookup | None] = SimpleQueue()
        self._running: dict[Question, _Lookup] = {}

    def addresses(self, watch: Stopwatch, host: str, port: int, family: str) -> list[Address]:
        """Where to connect, best first. Raises socket.gaierror, or DeadlinePassed."""
        question = host, port, FAMILIES[family]
        if _is_literal(host):
            return _addresses(self._ask(*question, socket.SOCK_STREAM))
        watch.doing = "resolving the name"
        return self._join(question).wait(watch)

    def close(self) -> None:
        """End the threads, each as soon as it is idle."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _join(self, question: Question) -> _Lookup:
        """The question as it is on its way already, or put anew."""
        with self._lock:
            lookup = self._running.get(question)
            if lookup is None:
                if len(self._running) >= self._threads < self._most:
                    threading.Thread(target=self._work, name="resolve", daemon=True).start()
                    self._threads += 1
                lookup = self._running[question] = _Lookup(question)
                self._queue.put(lookup)
            return lookup

    def _work(self) -> None:
        while (lookup := self._next()) is not None:
            try:
                lookup.found = _addresses(self._ask(*lookup.question, socket.SOCK_STREAM))
            except OSError as error:
                lookup.error = error
            except UnicodeError:
                lookup.error = socket.gaierror(socket.EAI_NONAME, "not a valid host name")
            finally:
                self._running.pop(lookup.question, None)
                lookup.answered.release()

    def _next(self) -> _Lookup | None:
        """The next question; None: this thread has been idle for long enough."""
        try:
            lookup = self._queue.get(timeout=IDLE_SECONDS)
        except Empty:
            with self._lock:  # nobody puts a question, and counts on this thread, from here on
                lookup = None if self._queue.empty() else self._queue.get()
                self._threads -= lookup is None
                return lookup
        if lookup is None:
            with self._lock:
                self._threads -= 1
        return lookup


def _addresses(found: list[tuple[Any, ...]]) -> list[Address]:
    # A name with very many addresses would leave each of them too little time to answer in.
    return [(entry[0], entry[4]) for entry in found[:MOST_ADDRESSES]]


def _is_literal(host: str) -> bool:
    """Whether asking for `host` needs no resolver."""
    if not host[-1:].isdigit() and ":" not in host:
        return False
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


RESOLVER = Resolver()
"""The one that every look uses."""
