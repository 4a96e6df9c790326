"""The process of a site: the privileges that it drops, and its loop."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sla_monitor import log as logs
from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.probe import Loop, Surroundings, build
from sla_monitor.probe.doubts import Doubts
from sla_monitor.site import sandbox
from sla_monitor.site.agenda import Agenda
from sla_monitor.site.outbox import EVENTS, Outbox
from sla_monitor.site.probe_runner import Probing
from sla_monitor.site.witness import Witnesses
from sla_monitor.transport import Assignment, Frames, HostWords, MessageError, SiteWords, decode_assignment

PULSE_S = 1.0
TURN_S = 0.2
"""At the latest after so long the loop turns, and says so."""

END_S = 0.5
"""What was seen is handed over within so long when the collector has hung up."""

DESCRIPTORS = 65_536
"""One for each probe that waits. The usual limit of 1,024 is less than a thousand silent endpoints take."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38

log = logging.getLogger(__package__)


def confine(memory_limit: int, parent: int, nice: int) -> None:
    """Give up what a site does not need. It ends with its parent, leaves no core, gains no privileges, writes no file
    (`sandbox.py`), has no environment but what it is sent, and at most `memory_limit` bytes of data. Raises OSError for
    what it must not begin without."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked to hear of it
        os._exit(1)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the collector says when to stop
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))
    for give_up, what in (
        (partial(_stand_back, nice), "stand back"),
        (sandbox.drop_capabilities, "drop its capabilities"),
        (sandbox.forbid, "give up files and other processes"),
    ):
        try:
            give_up()
        except OSError as error:  # an older kernel, or a filter of system calls that is stricter still
            log.warning("a site cannot drop a privilege", extra={"what": what, "error": error.strerror})
    os.environ.clear()
    os.chdir("/")


def _stand_back(nice: int) -> None:
    if nice:
        os.nice(nice)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class SiteProcess:
    """Reads assignments from the collector, probes, and hands over what it sees, until the collector hangs up."""

    def __init__(self, sock: socket.socket, words: SiteWords, host: HostWords, clock: Clock) -> None:
        self._sock, self._words, self._host, self._clock = sock, words, host, clock
        sock.setblocking(False)
        self._loop = Loop(words.words[SiteWords.CURRENT : SiteWords.CURRENT + 1])
        self._agenda = Agenda(clock)
        self._probing = Probing(self._loop, self._agenda, clock, words)
        self._outbox = Outbox(self._loop, sock, self._probing.handed_over, self._probing.lost)
        self._doubts = self._probing.doubts = Doubts(host, self._outbox.put)
        self._witnesses = Witnesses(self._loop, clock, words)
        self._asked: Sequence[dict[str, Any]] = ()
        self._frames = Frames()
        self._is_over = False
        self._loop.register(sock.fileno(), self, EVENTS)

    def ready(self, events: int) -> None:
        """The collector has something to say, or takes more."""
        self._outbox.is_writable = True
        self._outbox.flush()
        self._hear()

    def run(self) -> None:
        """Until the collector hangs up."""
        self._probing.start()
        self._each_second()
        while not self._is_over:
            self._turned()
            self._witnesses.turn()
            self._doubts.settle(int(self._clock.monotonic() * 1000))
            self._agenda.run()
            self._loop.turn(min(self._agenda.wait_s(), TURN_S))
        self._doubts.end()
        self._outbox.end(END_S)
        self._loop.close()

    def _turned(self) -> None:
        self._words.turn(time.monotonic_ns() // 1_000_000)

    def _hear(self) -> None:
        while not self._is_over:
            try:
                data = self._sock.recv(1 << 20)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self._is_over = not data
            for message in self._frames.feed(data):
                self._take_up(decode_assignment(message))

    def _take_up(self, assignment: Assignment) -> None:
        os.environ.clear()
        os.environ.update(assignment.environment)
        logs.configure(assignment.log_level, assignment.log_format)  # type: ignore[arg-type]  # the settings' own
        self._doubts.set(assignment.patience_ms)
        if assignment.witnesses != self._asked:
            self._asked = assignment.witnesses
            witnesses, now_ms = [endpoint_of(terms) for terms in self._asked], self._clock.now_ms()
            probers = [build(terms, Surroundings(self._clock, terms.id, now_ms)) for terms in witnesses]
            self._witnesses.set(probers, self._host.asked_ms)
        self._probing.take_up(assignment.endpoints, self._turned)
        gc.collect()
        gc.freeze()  # what lives as long as the assignment stays out of collections

    def _each_second(self) -> None:
        self._agenda.call_at(self._agenda.time() + PULSE_S, self._each_second)
        self._probing.mind_the_clock()
        if self._outbox.is_empty:
            self._outbox.pulse(self._probing.pulse(dict(logs.counts)))


def main() -> None:
    """The whole life of a site's process. Its arguments are the collector's process id, the descriptors of the socket
    and of the two shared memories, the memory limit in bytes, and how far to stand back."""
    parent, sock, words, host, memory_limit, nice = map(int, sys.argv[1:])
    logs.configure()
    logs.catch_uncaught()
    confine(memory_limit, parent, nice)
    try:
        SiteProcess(socket.socket(fileno=sock), SiteWords(words), HostWords(host), SystemClock()).run()
    except MessageError as error:
        sys.exit(f"sla-monitor: a site cannot understand the collector: {error}")
