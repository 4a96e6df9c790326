"""Names to addresses, in the loop, through c-ares: a slow name server costs its own endpoints only."""

from __future__ import annotations

import ipaddress
import select
import socket
import weakref
from collections.abc import Callable
from typing import Any

import pycares

from sla_monitor.probe.channel import Address
from sla_monitor.probe.loop import Loop, Promise
from sla_monitor.probe.stopwatch import Stopwatch

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
MOST_ADDRESSES = 8


async def addresses_of(watch: Stopwatch, host: str, port: int, family: str) -> list[Address]:
    """Where to connect, best first. Raises socket.gaierror."""
    if _is_literal(host):
        found = socket.getaddrinfo(host, port, FAMILIES[family], socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        return [(entry[0], entry[4]) for entry in found]
    watch.doing = "resolving the name"
    return await resolver_of(watch.loop).addresses(host, port, FAMILIES[family])


class _Socket:
    """One of c-ares's own sockets."""

    def __init__(self, channel: pycares.Channel, fd: int) -> None:
        self._channel, self._fd = channel, fd

    def ready(self, events: int) -> None:
        gone = pycares.ARES_SOCKET_BAD
        reads = events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR)
        self._channel.process_fd(self._fd if reads else gone, self._fd if events & select.EPOLLOUT else gone)


class Resolver:
    """The one of a loop."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._pending = 0
        self._is_ticking = False
        self._sockets: set[int] = set()
        self._channel = pycares.Channel(sock_state_cb=self._changed, timeout=2.0, tries=7)

    async def addresses(self, host: str, port: int, family: int) -> list[Address]:
        promise: Promise[Any] = Promise(self._loop)
        self._ask(
            lambda done: self._channel.getaddrinfo(
                host, port, family=socket.AddressFamily(family), type=socket.SOCK_STREAM, callback=done
            ),
            promise,
        )
        result = await promise.wait()
        return [(node.family, (_text(node.addr[0]), *node.addr[1:])) for node in result.nodes[:MOST_ADDRESSES]]

    def _ask(self, begin: Callable[[Callable[[Any, int | None], None]], None], promise: Promise[Any]) -> None:
        def done(result: Any, error: int | None) -> None:
            self._pending -= 1
            failed = None if error is None else socket.gaierror(error, pycares.errno.strerror(error))
            promise.keep(result, failed)

        self._pending += 1
        begin(done)
        self._tick_later()

    def _tick_later(self) -> None:
        if self._pending and not self._is_ticking:
            self._is_ticking = True
            self._loop.call_at(self._loop.time() + min(self._channel.timeout(1.0), 1.0), self._tick)

    def _tick(self) -> None:
        self._is_ticking = False
        self._channel.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)
        self._tick_later()

    def _changed(self, fd: int, readable: bool, writable: bool) -> None:
        wanted = (select.EPOLLIN if readable else 0) | (select.EPOLLOUT if writable else 0)
        if not wanted:
            self._sockets.discard(fd)
            self._loop.unregister(fd)
        elif fd in self._sockets:
            self._loop.modify(fd, wanted)
        else:
            self._sockets.add(fd)
            self._loop.register(fd, _Socket(self._channel, fd), wanted)


def _text(address: Any) -> str:
    return address.decode() if isinstance(address, bytes) else str(address)


_RESOLVERS: weakref.WeakKeyDictionary[Loop, Resolver] = weakref.WeakKeyDictionary()


def resolver_of(loop: Loop) -> Resolver:
    found = _RESOLVERS.get(loop)
    if found is None:
        found = _RESOLVERS[loop] = Resolver(loop)
    return found


def _is_literal(host: str) -> bool:
    """Whether asking for `host` needs no resolver."""
    if not host[-1:].isdigit() and ":" not in host:
        return False
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
