"""A site that has been taken over: it says and writes what it likes.

Started by `python -m tests.fakes.rogue_site CONDUCT` with a site's own arguments behind that.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.transport import Assignment, Batch, Frames, Pulse, SiteWords, decode_assignment, encode, framed

UP = Finding(Outcome.UP)


class Rogue:
    """What it has been given, and ways to misuse it."""

    def __init__(self, sock: socket.socket, words: SiteWords) -> None:
        self.sock, self.words = sock, words
        self.assignment = self._read()
        self.keys = [one.key for one in self.assignment.endpoints]

    def _read(self) -> Assignment:
        frames = Frames()
        while True:
            for message in frames.feed(self.sock.recv(1 << 20)):
                return decode_assignment(message)

    def say(self, message: Batch | Pulse) -> None:
        self.sock.sendall(framed(encode(message)))

    def see(self, key: str, at_ms: int, finding: Finding = UP) -> None:
        self.say(Batch((Observation(key, at_ms, finding),)))

    def pulse(self) -> None:
        self.say(Pulse((0,) * (len(LATENESS_BUCKETS_S) + 1), 0.0, 0, 0, 0, 0, True, {}, {}))

    def turn(self) -> None:
        self.words.turn(time.monotonic_ns() // 1_000_000)

    def turn_for_ever(self) -> None:
        while True:
            self.turn()
            time.sleep(0.1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def garbage(rogue: Rogue) -> None:
    rogue.sock.sendall(b"\0\0\0\4what")


def enormous(rogue: Rogue) -> None:
    rogue.sock.sendall(b"\xff\xff\xff\xff")


def flood_of_bytes(rogue: Rogue) -> None:
    """Good messages, as fast as they are taken."""
    message = framed(encode(Batch(()))) * 10_000
    while True:
        rogue.sock.sendall(message)
        rogue.turn()


def flood_of_observations(rogue: Rogue) -> None:
    while True:
        rogue.see(rogue.keys[0], now_ms())
        rogue.turn()
        time.sleep(0.002)


def others(rogue: Rogue) -> None:
    """Endpoints of a site that is not this one, and of nobody."""
    for number in range(20):
        for key in ("c/e0", "c/e1", "c/nobody"):
            if key not in rogue.keys:
                rogue.see(key, now_ms() - number, Finding(Outcome.DOWN, Reason.TIMEOUT))


def tomorrow(rogue: Rogue) -> None:
    for number in range(20):
        rogue.see(rogue.keys[0], now_ms() + 86_400_000 + number)


def last_year(rogue: Rogue) -> None:
    for number in range(20):
        rogue.see(rogue.keys[0], now_ms() - 365 * 86_400_000 + number * 10_000)


def nonsense(rogue: Rogue) -> None:
    for number in range(20):
        rogue.see(rogue.keys[0], now_ms() + number, Finding(Outcome.UP, Reason.TIMEOUT, duration_us=-1))


def silent(rogue: Rogue) -> None:
    rogue.turn_for_ever()


def blaming(rogue: Rogue) -> None:
    """Computes, and writes that it does so for an endpoint of the other site."""
    rogue.pulse()
    rogue.turn()
    mine = {one.number for one in rogue.assignment.endpoints}
    rogue.words.words[SiteWords.CURRENT] = ({1, 2} - mine).pop()
    while True:
        pass


def dating(rogue: Rogue) -> None:
    """Writes that its probes have been in flight since tomorrow, and before 1970, and ends."""
    rogue.pulse()
    rogue.turn()
    for one, at_ms in zip(rogue.assignment.endpoints, (now_ms() + 86_400_000, 2**63 + 5), strict=True):
        rogue.words.begin(one.number, at_ms)


def breeding(rogue: Rogue) -> None:
    """Leaves a child behind that keeps the socket open."""
    rogue.pulse()
    if os.fork() == 0:
        rogue.turn_for_ever()


CONDUCTS: dict[str, Callable[[Rogue], None]] = {
    one.__name__: one
    for one in (
        garbage, enormous, flood_of_bytes, flood_of_observations, others, tomorrow, last_year, nonsense, silent,
        blaming, dating, breeding,
    )
}  # fmt: skip


def main() -> None:
    conduct, _, sock, words, *_ = sys.argv[1:]
    rogue = Rogue(socket.socket(fileno=int(sock)), SiteWords(int(words)))
    with suppress(OSError):
        CONDUCTS[conduct](rogue)


if __name__ == "__main__":
    main()
