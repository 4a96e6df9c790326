"""Names to addresses, within a deadline.

`getaddrinfo` cannot be interrupted: a thread of its own asks, and the look waits only for what is left of its
time. A thread that its look gave up on ends when the system's resolver does (resolv.conf's `timeout:` and
`attempts:`); it is a daemon thread, so it never holds up the program's end.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sla_monitor.probe.deadline import DeadlinePassed, Stopwatch

Address = tuple[int, tuple[Any, ...]]
"""An address family, and what a socket of that family connects to."""

Ask = Callable[[str, int, int, int], list[tuple[Any, ...]]]

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
MOST_ADDRESSES = 8
MOST_LOOKUPS = 32


@dataclass(slots=True)
class _Lookup:
    """One question on its way, and everybody who waits for it."""

    done: threading.Event = field(default_factory=threading.Event)
    found: list[Address] = field(default_factory=list)
    error: OSError | None = None


class Resolver:
    """Asks at most `most` names at a time; looks that want the same name share one question."""

    def __init__(self, ask: Ask = socket.getaddrinfo, most: int = MOST_LOOKUPS) -> None:
        self._ask = ask
        self._free = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int, int], _Lookup] = {}

    def addresses(self, watch: Stopwatch, host: str, port: int, family: str) -> list[Address]:
        """Where to connect, best first. Raises socket.gaierror, or DeadlinePassed."""
        wanted = FAMILIES[family]
        if _is_literal(host):
            return _addresses(self._ask(host, port, wanted, socket.SOCK_STREAM))
        watch.doing = "resolving the name"
        lookup = self._join((host, port, wanted), watch)
        if not lookup.done.wait(watch.left()):
            raise DeadlinePassed
        if lookup.error is not None:
            raise lookup.error
        return lookup.found

    def _join(self, key: tuple[str, int, int], watch: Stopwatch) -> _Lookup:
        """The question about `key` that is on its way, or a new one as soon as there is room for it."""
        running = self._running.get(key)
        if running is not None:
            return running
        if not self._free.acquire(timeout=watch.left()):
            raise DeadlinePassed
        with self._lock:
            lookup = self._running.setdefault(key, fresh := _Lookup())
        if lookup is fresh:
            self._start(key, lookup)
        else:
            self._free.release()
        return lookup

    def _start(self, key: tuple[str, int, int], lookup: _Lookup) -> None:
        try:
            threading.Thread(target=self._run, args=(key, lookup), name="resolve", daemon=True).start()
        except RuntimeError:  # no more threads: ours to bear, and no reason to keep the place taken
            self._running.pop(key, None)
            self._free.release()
            raise

    def _run(self, key: tuple[str, int, int], lookup: _Lookup) -> None:
        try:
            lookup.found = _addresses(self._ask(*key, socket.SOCK_STREAM))
        except OSError as error:
            lookup.error = error
        except UnicodeError:
            lookup.error = socket.gaierror(socket.EAI_NONAME, "not a valid host name")
        finally:
            self._running.pop(key, None)
            self._free.release()
            lookup.done.set()


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
