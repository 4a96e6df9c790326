"""Name servers' messages: good ones of every kind, changed, over UDP and TCP; the supplier's, and our own's."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from typing import Any

import dns.message
import dns.rdatatype
import dns.rrset

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.probe import Loop, Stopwatch
from sla_monitor.probe.resolving.resolver import MOST_ADDRESSES, Resolver, addresses_of
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Outcome
from tests.fuzz.log import LOG, errors_logged
from tests.fuzz.mutate import mutated
from tests.probe.looking import surroundings, terms
from tests.probe.servers import RESET_AT_ONCE
from tests.support.waiting import until

FOR_ALL_S = 86_400.0
"""`make fuzz` makes as many as one asks for."""

SLOTS = 40
"""Probes at the same time."""

TIMEOUT_MS = 400
LATE_S = 0.05
OUR_SHARE = 5
"""One case in so many is an answer of our own name server to a lookup."""

KINDS = ("A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT")
EXPECTED = {"A": ["192.0.2.1"], "TXT": ['"a b" "c"'], "MX": ["10 mail.example"]}
DATA = {
    "A": ("192.0.2.1", "192.0.2.2"),
    "AAAA": ("2001:db8::1", "::1"),
    "CNAME": ("a.example.",),
    "MX": ("10 mail.example.", "20 b.example."),
    "NS": ("ns1.example.", "ns2.example."),
    "SOA": ("ns1.example. admin.example. 1 7200 3600 1209600 300",),
    "SRV": ("1 2 5060 sip.example.",),
    "TXT": ('"a b" "c"', '"v=spf1 -all"'),
}
WORDS = (
    *(b"\0", b"\1a", b"\x3f", b"\x40", b"\x80", b"\xff\xff", b"\xc0\x0c", b"\xc0\x00", b"\xc0\xff"),
    b"\0\0\x29\x10\0\0\0\0\0\0\0",
    b"\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1",
    b"\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c",
    b"\0\x10\0\1\0\0\0\x3c\xff\xff",
    b"\0\x10\0\1\0\0\0\x3c\0\1\0",
)
THEN = ("end",) * 16 + ("reset", "stay", "cut", "more")
"""What a server does over TCP beside its answer."""


@dataclass(frozen=True)
class Case:
    """`datagrams`: over UDP, any number; `stream`: over TCP, with its length before it, and what comes then."""

    datagrams: tuple[bytes, ...]
    stream: bytes
    then: str


def run(count: int, seed: int, first: int = 0) -> list[str]:
    """Judge as many cases; what failed, in words."""
    farm = _Farm(seed)
    with errors_logged() as heard:
        failed = farm.probe_all(range(first, first + count), heard)
    farm.close()
    return failed


def make(seed: int, number: int, question: bytes) -> Case:
    """The case of a number: answers to a question."""
    dice = Random(f"dns {seed} {number}")
    answers = tuple(_answer(dice, question) for _ in range(dice.choice((1, 1, 1, 1, 2, 3))))
    return Case(answers, answers[-1], dice.choice(THEN))


def _answer(dice: Random, question: bytes) -> bytes:
    end = question.index(b"\0", 12) + 5
    kind = int.from_bytes(question[end - 4 : end - 2], "big")
    base = dice.choice(_bases(dns.rdatatype.to_text(dns.rdatatype.RdataType(kind)), question[12]))
    data = question[12:end] + base[end:]
    if dice.random() < 0.6:
        data = mutated(data, dice, WORDS, 5)
    head = bytearray(question[:2] + base[2:12])
    if dice.random() < 0.15:
        head[dice.randrange(2, 12)] = dice.randrange(256)
    if dice.random() < 0.03:
        head[dice.randrange(12)] ^= 1 << dice.randrange(8)
    if dice.random() < 0.9:  # most come through to be read
        data = question[12:end] + data[end - 12 :]
        head[:2], head[2], head[4:6] = question[:2], (head[2] | 0x80) & 0x87, b"\0\1"
    return (bytes(head) + data)[:60_000]


@cache
def _bases(kind: str, size: int) -> list[bytes]:
    """Good answers to a question for another name of the same length: pointers lead to where it stands."""
    made, name = [], f"{'x' * size}.example."
    for kinds in ((kind,), ("CNAME", kind), (kind, *KINDS), ()):
        message = dns.message.make_response(dns.message.make_query(name, kind, id=1))
        for one in kinds:
            message.answer.append(dns.rrset.from_text(name, 60, "IN", one, *DATA[one]))
        message.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", *DATA["SOA"]))
        message.additional.append(dns.rrset.from_text("ns1.example.", 60, "IN", "A", *DATA["A"]))
        made.append(message.to_wire())
    for rcode in (2, 3, 5, 14):
        made.append(made[-1][:3] + bytes((0x80 | rcode,)) + made[-1][4:])
    made.append(made[0][:2] + bytes((made[0][2] | 2,)) + made[0][3:])  # truncated: ask over TCP
    return made


class _Farm:
    """A name server in the loop of the probes that ask it: each slot asks for a name of its own."""

    def __init__(self, seed: int) -> None:
        self.loop, self._seed = Loop(), seed
        self._numbers: dict[bytes, int] = {}
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._tcp = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._tcp.getsockname()[1]
        self._udp.bind(("127.0.0.1", self.port))
        self._tcp.setblocking(False)
        self._streams: set[_Stream] = set()
        self.loop.register(self._udp.fileno(), self, select.EPOLLIN)
        self.loop.register(self._tcp.fileno(), _Listener(self), select.EPOLLIN)
        self.loop.resolver = Resolver(self.loop, [f"127.0.0.1:{self.port}"])

    def ready(self, _: int) -> None:
        """A question has come over UDP."""
        with suppress(BlockingIOError):
            for _ in range(SLOTS):
                question, asker = self._udp.recvfrom(4096)
                case = self.case_for(question)
                for datagram in case.datagrams if case else (question[:2] + b"\x81\x80" + question[4:],):
                    self._udp.sendto(datagram, asker)

    def case_for(self, question: bytes) -> Case | None:
        """None for the root: our name server is there."""
        number = self._numbers.get(question[13 : 13 + question[12]].lower())
        return None if number is None else make(self._seed, number, question)

    def accept(self) -> None:
        with suppress(OSError):
            self._streams.add(_Stream(self, self._tcp.accept()[0]))

    def forget(self, stream: _Stream) -> None:
        self._streams.discard(stream)

    def probe_all(self, numbers: range, heard: list[str]) -> list[str]:
        waiting, failed, running = iter(numbers), list[str](), [0]
        began_turns = [0.0, 0.0]

        async def work(slot: int, probing: Callable[[], Coroutine[Any, Any, str]]) -> None:
            name = f"s{slot}"
            for number in waiting:
                self._numbers[name.encode()] = number
                began = self.loop.time()
                wrong = await probing()
                # A deadline that passed in the turn before was seen in the last.
                wrong += _late(began_turns[0] - began)
                if wrong or heard:
                    failed.append(f"case {number} of seed {self._seed} in slot {slot}: {wrong} {heard}")
                    heard.clear()

        def done(_: None, error: BaseException | None) -> None:
            running[0] -= 1
            if error is not None:
                failed.append(f"{error!r}")

        for slot, probing in enumerate([self._probing(slot, f"s{slot}.example") for slot in range(SLOTS)]):
            running[0] += 1
            self.loop.spawn(work(slot, probing), done)
            self.loop.turn(0.0)  # beginning them all is no time of the first
        for _ in until(lambda: not running[0], FOR_ALL_S):
            began_turns[:] = [began_turns[1], self.loop.time()]
            self.loop.turn(0.02)
        return failed

    def _probing(self, slot: int, name: str) -> Callable[[], Coroutine[Any, Any, str]]:
        if slot % OUR_SHARE == 0:
            return partial(_look_up, self.loop, name)
        record = KINDS[slot % len(KINDS)]
        options: dict[str, Any] = {"record": record, "expect": EXPECTED.get(record, []) if slot % 3 else []}
        if slot % 7 == 0:
            options = {"record": record, "expect_rcode": ("NXDOMAIN", "NODATA", "REFUSED")[slot % 3]}
        made = probe.build(
            terms(
                "dns", server="127.0.0.1", port=self.port, ask=name, timeout=f"{TIMEOUT_MS}ms",
                transport="tcp" if slot % 4 == 1 else "udp", **options,
            ),
            surroundings(),
        )  # fmt: skip

        async def probing() -> str:
            found = await probe.observe(made, self.loop, SystemClock())
            LOG.note("dns", found.outcome, found.reason)
            wrong = "UNKNOWN" if found.outcome is Outcome.UNKNOWN else ""
            if len(found.detail) > DETAIL_LIMIT or len(found.evidence) > EVIDENCE_LIMIT:
                wrong += " too many words"
            return f"{wrong} {found.detail}" if wrong or not found.detail.isprintable() else ""

        return probing

    def close(self) -> None:
        for stream in tuple(self._streams):
            stream.close()
        for sock in (self._udp, self._tcp):
            self.loop.unregister(sock.fileno())
            sock.close()
        self.loop.close()


def _late(seconds: float) -> str:
    return f" late: {seconds * 1000:.0f} ms" if seconds > TIMEOUT_MS / 1000 + LATE_S else ""


async def _look_up(loop: Loop, name: str) -> str:
    """A lookup of our own: it ends in addresses, or in what is the supplier's."""
    watch = Stopwatch(loop, TIMEOUT_MS)
    try:
        found = await addresses_of(watch, name, 80, "any")
        LOG.note("name", "addresses", None)
        return "" if 0 < len(found) <= MOST_ADDRESSES else f"{len(found)} addresses"
    except (socket.gaierror, TimeoutError) as error:
        LOG.note("name", "none", error.strerror or "time was up")
        return ""
    except Failure as failure:
        return f"{failure}"
    finally:
        watch.stop()


class _Listener:
    def __init__(self, farm: _Farm) -> None:
        self._farm = farm

    def ready(self, _: int) -> None:
        self._farm.accept()


class _Stream:
    """One connection: a question, an answer, and what comes then."""

    def __init__(self, farm: _Farm, sock: socket.socket) -> None:
        self._farm, self._sock, self._unread, self._unsent, self._then = farm, sock, b"", b"", ""
        sock.setblocking(False)
        farm.loop.register(sock.fileno(), self, select.EPOLLIN)

    def ready(self, _: int) -> None:
        try:
            self._step()
        except BlockingIOError:
            return
        except OSError:
            self.close()

    def _step(self) -> None:
        if not self._unsent:
            piece = self._sock.recv(4096)
            if not piece or self._then:
                self.close()
                return
            self._unread += piece
            if len(self._unread) < 2 or len(self._unread) < 2 + int.from_bytes(self._unread[:2], "big"):
                return
            self._answer(self._farm.case_for(self._unread[2:]))
        while self._unsent:
            self._unsent = self._unsent[self._sock.send(self._unsent) :]
            self._farm.loop.modify(self._sock.fileno(), select.EPOLLOUT if self._unsent else select.EPOLLIN)
        if self._then == "reset":
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        if self._then in {"end", "reset", "cut"}:
            self.close()

    def _answer(self, case: Case | None) -> None:
        message = case.stream if case else self._unread[2:]
        self._then = case.then if case else "end"
        size = len(message) + (7 if self._then == "cut" else 0)
        self._unsent = struct.pack("!H", size) + message + (message if self._then == "more" else b"")

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._farm.loop.unregister(self._sock.fileno())
            self._sock.close()
            self._farm.forget(self)
