"""Words of memory that a site and its collector share.

They hold what must be readable when the site no longer answers: whose bytes it works on, whether its loop turns, and
which probes are in flight. A word is eight bytes, written and read in one step.

The files are sealed: a site that has been taken over cannot cut one short, which would end whoever reads it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator

MOST_ENDPOINTS = 1 << 20
"""Numbers for endpoints; memory is taken for those that are used."""

_WORD = 8
_F_SEAL_FUTURE_WRITE = 0x10
_SIZE_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


class _Words:
    """A file without a name, mapped into every process that has its descriptor. Raises OSError."""

    def __init__(self, name: str, count: int, fd: int | None, *, is_for_all: bool) -> None:
        """`fd`: of one that somebody else has made. `is_for_all`: they may write too; else only who makes it."""
        size, is_made_here = count * _WORD, fd is None
        self.fd = fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING) if fd is None else fd
        try:
            if is_made_here:
                os.ftruncate(fd, size)
            access = mmap.ACCESS_WRITE if is_made_here or is_for_all else mmap.ACCESS_READ
            self._map = mmap.mmap(fd, size, access=access)
            if is_made_here:
                fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SIZE_SEALS | (0 if is_for_all else _F_SEAL_FUTURE_WRITE))
        except BaseException:
            os.close(fd)
            raise
        self.words = memoryview(self._map).cast("Q")

    def close(self) -> None:
        self.words.release()
        self._map.close()
        os.close(self.fd)


class SiteWords(_Words):
    """Of one site, which writes them: who is worked for (an endpoint's number, 0: nobody), when the loop last turned
    (monotonic ms), what the witnesses said if it asks them (as in HostWords), and when each probe in flight began (ms
    since 1970, by the endpoint's number; 0: none is)."""

    CURRENT, TURNED, ONLINE, OFFLINE, ASKED, FIRST = range(6)

    def __init__(self, fd: int | None = None) -> None:
        super().__init__("sla-monitor-site", self.FIRST + MOST_ENDPOINTS, fd, is_for_all=True)

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

    def end_of(self, number: int, at_ms: int) -> None:
        """The probe that began then is over; another of the same endpoint may have begun since."""
        if self.words[self.FIRST + number] == at_ms:
            self.words[self.FIRST + number] = 0

    def in_flight(self, numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
        """Which of them are in flight, and since when (ms since 1970)."""
        for number in numbers:
            at_ms = self.words[self.FIRST + number]
            if at_ms:
                yield number, at_ms

    def found(self, began_ms: int, ended_ms: int, *, is_online: bool) -> None:
        """Witnesses that were asked from the one time to the other have answered, or none has."""
        self.words[self.ONLINE if is_online else self.OFFLINE] = ended_ms
        self.words[self.ASKED] = began_ms  # last: whoever sees it sees the answer too


class HostWords(_Words):
    """What is known of the witnesses, in monotonic ms, 0 where they were not asked yet: written by the collector, which
    hears it from the first site of the host, and read by every site."""

    ONLINE, OFFLINE, ASKED = range(3)

    def __init__(self, fd: int | None = None) -> None:
        super().__init__("sla-monitor-host", 3, fd, is_for_all=False)

    @property
    def online_ms(self) -> int:
        """When a witness last answered."""
        return self.words[self.ONLINE]

    @property
    def offline_ms(self) -> int:
        """When it was last found that none does."""
        return self.words[self.OFFLINE]

    @property
    def asked_ms(self) -> int:
        """All that failed until then is decided: when the last round that is over began."""
        return self.words[self.ASKED]

    @property
    def is_online(self) -> bool:
        return self.online_ms >= self.offline_ms

    def take(self, site: SiteWords, now_ms: int) -> None:
        """Take over what the site that asks has found: time goes forwards, and not beyond now."""
        asked_ms = site.words[SiteWords.ASKED]  # first: its answer is there already
        found = (site.words[SiteWords.ONLINE], site.words[SiteWords.OFFLINE], asked_ms)
        for index, at_ms in enumerate(found):
            if self.words[index] < at_ms <= now_ms:
                self.words[index] = at_ms
