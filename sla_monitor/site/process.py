"""The process of a site: what it gives up before it begins, and its loop."""

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

from sla_monitor import log as logs
from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.endpoint import endpoint_of
from sla_monitor.probe import Loop, Surroundings, build
from sla_monitor.site.outbox import EVENTS, Outbox
from sla_monitor.site.probing import Probing
from sla_monitor.site.witness import Witnesses
from sla_monitor.transport import Assignment, Frames, HostWords, MessageError, SiteWords, decode_assignment

PULSE_S = 1.0
TURN_S = 0.2
"""At the latest after so long the loop turns, and says so."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38

log = logging.getLogger(__package__)


def confine(memory_limit: int, parent: int, nice: int) -> None:
    """Give up what a site does not need. It ends with its parent, leaves no core, gains no privileges, has no
    environment but what it is sent, and at most `memory_limit` bytes of data."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked to hear of it
        os._exit(1)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))
    os.nice(nice)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the collector says when to stop
    os.environ.clear()
    os.chdir("/")


class Site:
    """Reads assignments from the collector, probes, and hands over what it sees, until the collector hangs up."""

    def __init__(self, sock: socket.socket, words: SiteWords, host: HostWords, clock: Clock) -> None:
        self._sock, self._words, self._clock = sock, words, clock
        sock.setblocking(False)
        self._loop = Loop(words.words[SiteWords.CURRENT : SiteWords.CURRENT + 1])
        self._probing = Probing(self._loop, clock, words)
        self._outbox = self._probing.outbox = Outbox(self._loop, sock, self._probing.handed_over)
        self._witnesses = self._probing.witnesses = Witnesses(self._loop, clock, host, self._outbox.put)
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
        self._loop.call_soon(self._each_second)
        while not self._is_over:
            self._turned()
            self._witnesses.turn()
            self._loop.turn(TURN_S)

    def _turned(self) -> None:
        self._words.turn(time.monotonic_ns() // 1_000_000)

    def _hear(self) -> None:
        while True:
            try:
                data = self._sock.recv(1 << 20)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._is_over = True
                return
            for message in self._frames.feed(data):
                self._take_up(decode_assignment(message))

    def _take_up(self, assignment: Assignment) -> None:
        os.environ.clear()
        os.environ.update(assignment.environment)
        logs.configure(assignment.log_level, assignment.log_format)  # type: ignore[arg-type]  # the settings' own
        witnesses = [endpoint_of(terms) for terms in assignment.witnesses]
        now_ms = self._clock.now_ms()
        probers = [build(terms, Surroundings(self._clock, terms.id, now_ms)) for terms in witnesses]
        every_ms = min((terms.every_ms for terms in witnesses), default=0)
        self._witnesses.set(probers, every_ms, is_watched=assignment.is_watched)
        self._probing.take_up(assignment.endpoints, self._turned)
        gc.collect()
        gc.freeze()  # what lives as long as the assignment stays out of collections

    def _each_second(self) -> None:
        self._loop.call_at(self._loop.time() + PULSE_S, self._each_second)
        self._probing.mind_the_clock()
        self._outbox.pulse(self._probing.pulse(dict(logs.counts)))


def main() -> None:
    """The whole life of a site's process. Its arguments are the collector's process id, the descriptors of the socket
    and of the two shared memories, the memory limit in bytes, and how far to stand back."""
    parent, sock, words, host, memory_limit, nice = map(int, sys.argv[1:])
    confine(memory_limit, parent, nice)
    logs.catch_uncaught()
    try:
        Site(socket.socket(fileno=sock), SiteWords(words), HostWords(host), SystemClock()).run()
    except MessageError as error:
        sys.exit(f"sla-monitor: a site cannot understand the collector: {error}")
