"""A question to one name server, over UDP or TCP, in the loop."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
from dataclasses import dataclass, field
from secrets import randbits

from sla_monitor.probe.connections.channel import Address, Channel, LocalRefusal
from sla_monitor.probe.loop import Loop, Task, park
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
INTERNET = 1

HEADER = struct.Struct("!HHHHHH")
"""Number, flags, and how many questions, answers, authorities and additional records follow."""

QR, TC, RD = 0x8000, 0x0200, 0x0100
OPCODE = 0x7800
RCODE = 0x000F

MOST_STRAYS = 1_000
"""Datagrams that answer something else, which a server may send before it is told so."""

_RECEIVE_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR (Linux): be told of every ICMP message, not of a closed port alone."""


class Datagram:
    """A UDP socket that hears one address only."""

    def __init__(self, loop: Loop, address: Address) -> None:
        """Raises LocalRefusal for what our own host refuses, and OSError."""
        family, target = address
        self._loop = loop
        self._waiting: Task | None = None
        self._is_readable = False
        self._sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._sock.setsockopt(*_RECEIVE_ERRORS[socket.AddressFamily(family)], 1)
            code = self._sock.connect_ex(target)
            if code:  # nothing has left us: it is the routing table that spoke
                raise LocalRefusal(code, os.strerror(code))
        except BaseException:
            self._sock.close()
            raise
        loop.register(self._sock.fileno(), self, select.EPOLLIN | select.EPOLLET)

    def ready(self, _: int) -> None:
        """Called by the loop."""
        self._is_readable = True
        if self._waiting is not None:
            self._loop.resume(self._waiting)

    def send(self, data: bytes) -> None:
        """Raises OSError."""
        self._sock.send(data)

    async def receive(self) -> bytes:
        """The next datagram. Raises OSError for what ICMP tells."""
        while True:
            while not self._is_readable:
                self._waiting = self._loop.current
                try:
                    await park()
                finally:
                    self._waiting = None
            try:
                return self._sock.recv(65_535)
            except BlockingIOError:
                self._is_readable = False
            except OSError as error:
                if error.errno != errno.EMSGSIZE:  # a question that has left us is not too long for the way
                    raise

    def close(self) -> None:
        self._loop.forget(self._sock.fileno())
        self._sock.close()


@dataclass(frozen=True, slots=True)
class DnsQuestion:
    """`name`: in wire form and lower case."""

    name: bytes
    type: int
    number: int = field(default_factory=lambda: randbits(16))

    @property
    def section(self) -> bytes:
        return self.name + struct.pack("!HH", self.type, INTERNET)

    @property
    def wire(self) -> bytes:
        return HEADER.pack(self.number, RD, 1, 0, 0, 0) + self.section

    def is_answered_by(self, message: bytes) -> bool:
        """Whether a message answers this question: others may come late, or be forged. The name server says again what
        it was asked, unless it did not understand it."""
        if len(message) < HEADER.size:
            return False
        number, flags, questions, *_ = HEADER.unpack_from(message)
        if number != self.number or not flags & QR or flags & OPCODE:
            return False
        if not questions:
            return bool(flags & RCODE)
        asked = message[HEADER.size : HEADER.size + len(self.section)]
        kept = len(self.name)
        return questions == 1 and asked[:kept].lower() == self.name and asked[kept:] == self.section[kept:]


async def over_udp(watch: Stopwatch, question: DnsQuestion, address: Address) -> bytes:
    """The message that answers. Raises OSError, and Failure for a flood of others."""
    datagram = Datagram(watch.loop, address)
    try:
        watch.address = str(address[1][0])
        watch.sent()
        datagram.send(question.wire)
        for strays in range(MOST_STRAYS):
            message = await datagram.receive()
            if question.is_answered_by(message):
                watch.was_answered = True
                watch.grant(len(message))
                watch.received(message)
                return message
            watch.doing = "waiting for an answer to this question (what came answers none or another)"
            await watch.loop.yield_control(strays)
    finally:
        datagram.close()
    raise Failure(Reason.PROTOCOL_ERROR, f"{MOST_STRAYS} datagrams came, and none answers this question")


async def over_tcp(watch: Stopwatch, question: DnsQuestion, address: Address) -> bytes:
    """The message that answers. Raises OSError, and Failure for one that does not."""
    began = watch.loop.time()
    watch.doing = "connecting"
    channel = Channel(watch.loop, address)
    try:
        await channel.connect()
        watch.connect = (watch.connect or 0.0) + watch.loop.time() - began
        watch.address = channel.address
        watch.sent()
        await channel.send(struct.pack("!H", len(question.wire)) + question.wire, watch)
        watch.grant(2 + 65_535)
        message = await _message(watch, channel)
    finally:
        channel.close()
    if not question.is_answered_by(message):
        raise Failure(Reason.PROTOCOL_ERROR, "the answer is no DNS message, or one to another question")
    return message


async def _message(watch: Stopwatch, channel: Channel) -> bytes:
    data = bytearray()
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
        piece = await channel.receive(watch)
        if not piece:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        data += piece
    return bytes(data[2 : 2 + int.from_bytes(data[:2], "big")])
