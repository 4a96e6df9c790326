"""Words of memory that a site and its collector share.

They hold what must be readable when the site no longer answers: whose bytes it works on, when its loop last turned, and
which probes are in flight. A word is eight bytes, written and read in one step.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

MOST_ENDPOINTS = 1 << 20
"""Numbers for endpoints; memory is taken for those that are used."""

_WORD = 8


class _Words:
    """A file without a name, mapped into every process that has its descriptor."""

    def __init__(self, name: str, count: int, fd: int | None = None) -> None:
        if fd is None:
            fd = os.memfd_create(name, os.MFD_CLOEXEC)
            os.ftruncate(fd, count * _WORD)
        self.fd = fd
        self._map = mmap.mmap(fd, count * _WORD)
        self.words = memoryview(self._map).cast("Q")

    def close(self) -> None:
        self.words.release()
        self._map.close()
        os.close(self.fd)


class SiteWords(_Words):
    """Of one site: who is worked for (an endpoint's number, 0: nobody), when the loop last turned (monotonic ms), and
    when each probe in flight began (ms since 1970, by the endpoint's number; 0: none is)."""

    CURRENT, TURNED, FIRST = 0, 1, 2

    def __init__(self, fd: int | None = None) -> None:
        super().__init__("sla-monitor-site", self.FIRST + MOST_ENDPOINTS, fd)

    @property
    def current(self) -> int:
        return self.words[self.CURRENT]

    @property
    def turned_ms(self) -> int:
        return self.words[self.TURNED]

    def turn(self, now_ms: int) -> None:
        self.words[self.TURNED] = now_ms

    def begin(self, number: int, at_ms: int) -> None:
        """A probe is in flight until what it saw has been handed to the collector."""
        self.words[self.FIRST + number] = at_ms

    def end(self, number: int) -> None:
        self.words[self.FIRST + number] = 0

    def in_flight(self, numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
        """Which of them are in flight, and since when (ms since 1970)."""
        for number in numbers:
            at_ms = self.words[self.FIRST + number]
            if at_ms:
                yield number, at_ms


class HostWords(_Words):
    """What the first site of a host found when it asked the witnesses: in monotonic ms, 0 where there was no such
    round yet."""

    ONLINE, OFFLINE, ASKED = 0, 1, 2

    def __init__(self, fd: int | None = None) -> None:
        super().__init__("sla-monitor-host", 4, fd)

    @property
    def online_ms(self) -> int:
        """When the last round began in which a witness answered."""
        return self.words[self.ONLINE]

    @property
    def offline_ms(self) -> int:
        """When the last round ended in which none did."""
        return self.words[self.OFFLINE]

    @property
    def asked_ms(self) -> int:
        """When the last round that is over began."""
        return self.words[self.ASKED]

    @property
    def is_online(self) -> bool:
        return self.online_ms >= self.offline_ms

    def found(self, began_ms: int, ended_ms: int, *, is_online: bool) -> None:
        """Take in a round."""
        if is_online:
            self.words[self.ONLINE] = began_ms
        else:
            self.words[self.OFFLINE] = ended_ms
        self.words[self.ASKED] = began_ms
