"""The supplier's name server: one name, over UDP and TCP."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from sla_monitor.demo.listener import Listener, bind, shut
from sla_monitor.demo.scenario import OK, Behaviour
from sla_monitor.errors import ListenError

NAME = dns.name.from_text("cad.demo.invalid.")
ADDRESS = "192.0.2.10"
HOST = "127.0.0.1"
_RCODES = {"status": dns.rcode.SERVFAIL, "refuse": dns.rcode.REFUSED}
_PORT_TRIES = 20


def answer(query: bytes, behaviour: Behaviour = OK) -> bytes | None:
    """The reply to one query in wire form; None for what is no query."""
    try:
        message = dns.message.from_wire(query)
        response = dns.message.make_response(message)
    except dns.exception.DNSException:
        return None
    asked = message.question[0] if message.question else None
    response.flags |= dns.flags.AA
    if behaviour.kind in _RCODES:
        response.set_rcode(_RCODES[behaviour.kind])
    elif asked is None or asked.name != NAME:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif asked.rdtype == dns.rdatatype.A:
        response.answer.append(dns.rrset.from_text(NAME, 60, "IN", "A", ADDRESS))
    return response.to_wire()


class NameServer:
    """Answers on one port number over both transports."""

    def __init__(self, mood: Callable[[], Behaviour]) -> None:
        self._mood = mood
        # TCP shares the mood, except for refusing: a name server says that in its answer.
        self._tcp = Listener("dns", self._converse, lambda: OK if mood().kind == "refuse" else mood())
        self._udp: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def open(self, port: int) -> int:
        """Listen on both transports; the port. Raises ListenError."""
        self._udp, port = self._pair(port)
        self._thread = threading.Thread(target=self._receive, args=(self._udp,), name="demo dns", daemon=True)
        self._thread.start()
        return port

    def _pair(self, port: int) -> tuple[socket.socket, int]:
        """Port 0 takes any that is free for both; UDP goes first, because it can be given back without a trace."""
        for left in reversed(range(_PORT_TRIES)):
            udp = bind(HOST, port, socket.SOCK_DGRAM)
            number = udp.getsockname()[1]
            try:
                return udp, self._tcp.open((HOST,), number)
            except ListenError:
                udp.close()
                if port or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _receive(self, udp: socket.socket) -> None:
        while not self._tcp.stopping.is_set():
            query, client = udp.recvfrom(4096)  # nothing, from nobody, at the end
            self._reply(udp, query, client)

    def _reply(self, udp: socket.socket, query: bytes, client: Any) -> None:
        behaviour = self._mood()
        response = answer(query, behaviour)
        if response is None or behaviour.kind in {"hang", "reset"}:
            return
        if behaviour.kind == "slow":
            timer = threading.Timer(behaviour.seconds, _send, (udp, response, client))
            timer.daemon = True
            timer.start()
        else:
            _send(udp, response, client)

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rwb") as stream:
            while len(head := stream.read(2)) == 2:
                response = answer(stream.read(struct.unpack("!H", head)[0]), self._mood())
                if response is None:
                    return
                stream.write(struct.pack("!H", len(response)) + response)
                stream.flush()

    def close(self) -> None:
        """Stop both transports."""
        self._tcp.close()
        if self._thread is not None and self._udp is not None:
            shut(self._udp)
            self._thread.join()
            self._udp.close()


def _send(udp: socket.socket, response: bytes, client: Any) -> None:
    with suppress(OSError):  # the client, or the estate, may be gone by now
        udp.sendto(response, client)
