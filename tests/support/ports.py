"""Ports for programs that have to be told theirs."""

from __future__ import annotations

import random
import socket
from contextlib import closing

PORTS = range(20_000, 30_000)
"""Below those that the kernel gives to whoever asks for any, and to every connection that goes out: between the choice
and its use nobody is given it."""

_kept: list[int] = []


def free_port() -> int:
    """One that nobody listens at, and that no other process of the tests is told while this one lives."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        if take(port):
            return port


def take(port: int) -> bool:
    """Whether this one is free; then no other process of the tests is told it."""
    return _is_ours(port) and all(_is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def _is_ours(port: int) -> bool:
    """A name that the kernel gives to one process at a time, and takes back when it ends, however it ends."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0sla-monitor-test-port-{port}")
    except OSError:
        mark.close()
        return False
    _kept.append(mark.detach())  # kept open until the process ends
    return True


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with closing(socket.socket(socket.AF_INET, kind)) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
