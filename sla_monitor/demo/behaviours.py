"""Behaviours of the estate's servers, acted out on a connection."""

from __future__ import annotations

import select
import socket
import struct
import threading

from sla_monitor.demo.scenario import Behaviour


def perform(behaviour: Behaviour, connection: socket.socket, stopping: threading.Event) -> bool:
    """Act it out as far as it goes without an answer; whether the conversation then goes on."""
    if behaviour.kind == "slow":
        return not stopping.wait(behaviour.seconds)
    if behaviour.kind == "hang":
        _hold(connection)
        return False
    if behaviour.kind == "reset":
        _reset_on_close(connection)
        return False
    return True


def _hold(connection: socket.socket) -> None:
    """Keep quiet until the client gives up, or the estate stops and shuts the connection.

    Waits for the hang-up only: reading would complete a TLS handshake that is meant to stall.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLRDHUP)
    poll.poll()


def _reset_on_close(connection: socket.socket) -> None:
    """Make the coming close() send a reset: a linger time of nothing throws away what was not sent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
