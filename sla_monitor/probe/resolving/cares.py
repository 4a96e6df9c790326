"""One c-ares channel in the loop: its sockets are watched by our epoll, its patience is kept by our timers."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pycares
from pycares import errno as codes

from sla_monitor.probe.loop import Loop, Timer

FIRST_WAIT_S, TRIES = 0.5, 6
"""A question is asked again after this time, then after twice that, ...: for 31 s, or for 15 once c-ares has adapted to
quick answers. So it is the probe's deadline that ends it, and not c-ares's impatience."""

TICK_S = 0.1

SIMPLE = pycares.ARES_FLAG_EDNS | pycares.ARES_FLAG_IGNTC
"""What fits into a datagram is taken as it is: 4,000 records over TCP would hold everybody up for 27 ms."""

ANY_ANSWER = SIMPLE | pycares.ARES_FLAG_NOCHECKRESP
"""SERVFAIL and the like end a question too."""

NO_DATA = codes.ARES_ENODATA
GIVEN_UP = codes.ARES_ECANCELLED

Done = Callable[[Any, int | None], None]
"""Takes a result and None, or None and one of c-ares's codes. What it raises vanishes."""


class Round:
    """Questions that go out and end together. A channel answers a name from memory when it is asked again, for up to an
    hour; it cannot give up one question; it reads resolv.conf once, when it is made. So it is used for a short while,
    and once for each name.

    `servers`: none for the system's; `asked`: names; `waiting`: how many wait for its answers; `pending`: how many
    questions are out.
    """

    __slots__ = ("_channel", "_loop", "_sockets", "_ticking", "asked", "began_s", "pending", "waiting")

    def __init__(self, loop: Loop, servers: Sequence[str], flags: int) -> None:
        self.asked: set[str] = set()
        self.began_s = loop.time()
        self.pending = self.waiting = 0
        self._loop = loop
        self._sockets: set[int] = set()
        self._ticking: Timer | None = None
        self._channel = pycares.Channel(
            sock_state_cb=self._changed,
            servers=servers,
            flags=flags,
            timeout=FIRST_WAIT_S,
            tries=TRIES,
        )

    @property
    def servers(self) -> list[str]:
        """`127.0.0.1:53`, `[::1]:53`."""
        return self._channel.servers

    def ask_addresses(self, name: str, family: int, done: Done) -> None:
        """As getaddrinfo would: the hosts file, search domains and the order of RFC 6724 included."""
        kind = socket.AddressFamily(family)
        self._begin(
            lambda called: self._channel.getaddrinfo(name, None, family=kind, type=socket.SOCK_STREAM, callback=called),
            done,
        )

    def ask_root(self, done: Done) -> None:
        """Something that every name server knows, or says that it does not."""
        self._begin(lambda called: self._channel.query(".", pycares.QUERY_TYPE_NS, callback=called), done)

    def give_up(self) -> None:
        """Whatever is out is answered with GIVEN_UP."""
        self._channel.cancel()

    def close(self) -> None:
        # First in this thread: what is still out when pycares closes it, in a thread of its own, is answered there.
        self.give_up()
        self._channel.close()
        if self._ticking is not None:
            self._ticking.cancel()

    def process(self, reads: int, writes: int) -> None:
        self._channel.process_fd(reads, writes)

    def _begin(self, ask: Callable[[Done], None], done: Done) -> None:
        def called(result: Any, code: int | None) -> None:
            self.pending -= 1
            done(result, code)

        self.pending += 1
        ask(called)
        if self._ticking is None:
            self._tick()

    def _tick(self) -> None:
        """c-ares looks at its own time limits when it is called."""
        self.process(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)
        again = self.pending > 0
        self._ticking = self._loop.call_at(self._loop.time() + TICK_S, self._tick) if again else None

    def _changed(self, fd: int, readable: bool, writable: bool) -> None:
        wanted = (select.EPOLLIN if readable else 0) | (select.EPOLLOUT if writable else 0)
        if not wanted:
            self._sockets.discard(fd)
            self._loop.unregister(fd)
        elif fd in self._sockets:
            self._loop.modify(fd, wanted)
        else:
            self._sockets.add(fd)
            self._loop.register(fd, _Socket(self, fd), wanted)


class _Socket:
    """One of c-ares's own."""

    __slots__ = ("_fd", "_round")

    def __init__(self, round_: Round, fd: int) -> None:
        self._round, self._fd = round_, fd

    def ready(self, events: int) -> None:
        none = pycares.ARES_SOCKET_BAD
        reads = events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR)
        self._round.process(self._fd if reads else none, self._fd if events & select.EPOLLOUT else none)
