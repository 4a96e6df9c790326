"""Whether a process turns, and whose bytes hold it: real processes, watched by a clock that does what it is told.

A machine that is so busy that a site gets no processor for a second is common; that is nobody's bytes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from sla_monitor.daemon.site_process import BEGIN_S, BLOCKED_S, COMPUTED_S, HELD_S, QUIET_S, Child, SiteTrouble
from sla_monitor.transport import HostWords, MessageError, SiteWords, framed
from tests.support.waiting import wait_until

SLEEPS, COMPUTES = ("/bin/sleep", "600"), (sys.executable, "-S", "-c", "while True: pass")
RESTS = (sys.executable, "-S", "-c", "import time\nwhile True: time.sleep(0.01)")
START_S = 1_000.0


class Probed:
    """A process, and the time at which it is probed."""

    def __init__(self, command: Sequence[str], host: HostWords) -> None:
        # Python's option -c takes the site's own arguments as the program's.
        self.child = Child(command[:1] if command == SLEEPS else command, host, 0, 0, START_S)
        self.now_s = START_S

    def turn(self) -> None:
        """As if it had just turned."""
        self.child.words.turn(self.child.words.turned_ms + 1)
        assert self.after(0.0) is None

    def work_for(self, number: int) -> None:
        self.child.words.words[SiteWords.CURRENT] = number

    def after(self, seconds: float) -> SiteTrouble | None:
        self.now_s += seconds
        return self.child.trouble(self.now_s)

    def compute(self, seconds: float) -> None:
        """Wait until it has used so much of a processor."""
        until_s = self.child._cpu_s() + seconds
        wait_until(lambda: self.child._cpu_s() >= until_s)


@contextmanager
def watched(command: Sequence[str]) -> Iterator[Probed]:
    host = HostWords()
    one = Probed(command, host)
    try:
        yield one
    finally:
        one.child.kill()
        one.child.close()
        host.close()


def test_who_turns_has_no_trouble() -> None:
    with watched(COMPUTES) as one:
        for _ in range(5):
            one.turn()
            assert one.after(HELD_S - 0.1) is None


def test_who_computes_for_one_endpoint_is_held_by_it() -> None:
    with watched(COMPUTES) as one:
        one.turn()
        one.work_for(7)
        assert one.after(0.2) is None
        one.compute(COMPUTED_S)
        assert one.after(HELD_S) == SiteTrouble("held", 7)


def test_who_got_no_processor_is_not_held() -> None:
    """It waits for one, and would take no less if it were started again."""
    with watched(RESTS) as one:
        one.turn()
        one.work_for(7)
        assert one.after(0.2) is None
        assert one.after(HELD_S) is None
        assert one.after(BLOCKED_S - HELD_S - 0.3) is None
        assert one.after(0.2) == SiteTrouble("stopped")


def test_who_works_for_one_after_another_is_not_held_by_the_last_of_them() -> None:
    with watched(COMPUTES) as one:
        one.turn()
        for number in range(1, 8):
            one.work_for(number)
            assert one.after(0.2) is None
            one.compute(0.15)
        assert one.after(0.2) is None


def test_who_computes_for_nobody_blames_nobody() -> None:
    with watched(COMPUTES) as one:
        one.turn()
        one.compute(COMPUTED_S)
        assert one.after(HELD_S) == SiteTrouble("held", 0)


def test_who_was_stopped_is_not_held_though_it_had_computed() -> None:
    with watched(COMPUTES) as one:
        one.turn()
        one.work_for(7)
        assert one.after(0.2) is None
        one.compute(COMPUTED_S)
        os.kill(one.child._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, one.child._process.pid, os.WSTOPPED | os.WNOWAIT)
        assert one.after(HELD_S) == SiteTrouble("stopped")


def test_when_nobody_probed_nothing_is_held_against_it() -> None:
    with watched(COMPUTES) as one:
        one.turn()
        one.work_for(7)
        one.compute(COMPUTED_S)
        one.now_s += 60
        one.child.excuse(one.now_s)
        assert one.after(0.2) is None
        assert one.after(HELD_S - 0.3) is None


def test_a_start_takes_its_time_and_not_for_ever() -> None:
    with watched(RESTS) as one:
        assert one.after(BEGIN_S - 0.1) is None
        assert one.after(0.1) == SiteTrouble("stopped")


def test_who_turns_and_says_nothing_is_in_trouble() -> None:
    with watched(RESTS) as one:
        for _ in range(int(QUIET_S / 0.9) + 1):
            one.turn()
            one.now_s += 0.9
        one.child.words.turn(10**6)
        assert one.after(0.0) == SiteTrouble("stopped")


def test_a_start_that_took_long_is_no_silence() -> None:
    with watched(RESTS) as one:
        assert one.after(BEGIN_S - 1) is None
        one.turn()
        assert one.after(0.2) is None


def test_what_it_may_say_is_bounded_in_messages_and_comes_back_with_time() -> None:
    with watched(SLEEPS) as one:
        assert list(one.child.messages(framed(b"x") * 10_000)) == [b"x"] * 10_000
        one.child._refill(START_S + 60)
        assert len(list(one.child.messages(framed(b"x") * 16_000))) == 16_000
        with pytest.raises(MessageError, match="more than"):
            list(one.child.messages(framed(b"x") * 10_000))
