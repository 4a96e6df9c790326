"""A site's process, as the collector sees it: from its start to its end, and whether it turns in between."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from sla_monitor.transport import LARGEST_FROM_SITE, Frames, HostWords, MessageError, Pulse, SiteWords

COMMAND = (sys.executable, "-m", "sla_monitor.site")
FOR_PYTHON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "JOURNAL_STREAM", "VIRTUAL_ENV", "MALLOC_ARENA_MAX")
"""What the interpreter itself needs to start; the site gives it up when it has."""

BEGIN_S = 30.0
"""How long a site may take from its start to its first turn, on a machine that is busy."""

HELD_S = 1.0
"""A site whose loop has not turned for so long is held: its longest step takes a hundredth of it."""

COMPUTED_S = 0.3
"""It has used so much of a processor meanwhile, all of it for one and the same endpoint. One that was stopped, or got
none, was not held by anybody's bytes."""

BLOCKED_S = 5.0
"""One that gets no processor will turn when it does: to start another in its place would take even more. For longer it
is another trouble, such as a file that cannot be read."""

QUIET_S = 10.0
"""A site says each second how it is. One that turns and says nothing for so long has more wrong with it."""

KILL_S = 1.0
_PIECE = 1 << 18

BYTES_PER_S, MOST_BYTES = 16 << 20, 64 << 20
"""Three times what 2,000 failures a second come to, and twice what a site keeps while the collector does not read."""

MESSAGE_BYTES = 4096
"""A message takes as long to read as so many bytes of a large one."""


@dataclass(frozen=True, slots=True)
class SiteTrouble:
    """Why a process has to be replaced. `number`: of the endpoint whose bytes held it, 0: nobody's did."""

    why: str
    number: int = 0


class Child:
    """`unsent` is kept until it takes it; `began_s`, `heard_s`: monotonic; `refused`: things it said that cannot be."""

    def __init__(self, command: Sequence[str], host: HostWords, memory_limit: int, nice: int, now_s: float) -> None:
        """Raises OSError when it cannot be started.

        To be called by a thread that lives longer than the process: the kernel ends the process with the thread.
        """
        with ExitStack() as undo:
            self.sock, theirs = socket.socketpair()
            undo.callback(self.sock.close)
            with theirs:
                self.words = SiteWords()
                undo.callback(self.words.close)
                passed = theirs.fileno(), self.words.fd, host.fd
                arguments = [*command, *map(str, (os.getpid(), *passed, memory_limit, nice))]
                environment = {name: os.environ[name] for name in FOR_PYTHON if name in os.environ}
                # In a session of its own: what it starts ends with it, and the terminal's signals are not for it.
                self._process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, pass_fds=passed, env=environment, start_new_session=True
                )
            undo.pop_all()
        self.sock.setblocking(False)
        self._frames = Frames(LARGEST_FROM_SITE)
        self.unsent = bytearray()
        self.pulse: Pulse | None = None
        self.refused = 0
        self.began_s = self.heard_s = self._refilled_s = now_s
        self._may_say = MOST_BYTES
        self._watched = _Watched(now_s, 0, 0, 0.0)

    @property
    def has_begun(self) -> bool:
        return self.words.turned_ms > 0

    @property
    def has_ended(self) -> bool:
        return self._is_in(os.WEXITED)

    @property
    def exit_code(self) -> int | None:
        """What it ended with, negative for a signal; None: it was not killed yet."""
        return self._process.returncode

    def send(self) -> None:
        """As much of `unsent` as it takes."""
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self.unsent:
                del self.unsent[: self.sock.send(self.unsent)]

    def receive(self, now_s: float) -> bytes | None:
        """Some of what it says, none at its end; None: it has said nothing more."""
        try:
            data = self.sock.recv(_PIECE)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        self._refill(now_s)
        self._may_say -= len(data)
        return data

    def messages(self, data: bytes) -> Iterator[bytes]:
        """Those that are complete now. Raises MessageError for what is none, and where there are more than there can be
        to say."""
        for message in self._frames.feed(data):
            self._may_say -= MESSAGE_BYTES
            if self._may_say < 0:
                raise MessageError("it says more than it can have seen")
            yield message

    def hang_up(self) -> None:
        """Let it hand over what it has and end."""
        self.unsent.clear()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """End it if it has not ended, and whatever it has started."""
        if self._process.returncode is None:  # its number is its own, and that of its group, until it is waited for
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_S)

    def close(self) -> None:
        """Let go of it. It has ended."""
        self.sock.close()
        self.words.close()

    def excuse(self, now_s: float) -> None:
        """No probe ran until now: what it did meanwhile says nothing."""
        self._mark(now_s)
        self.heard_s = now_s

    def trouble(self, now_s: float) -> SiteTrouble | None:
        """Whether it turns. To be asked several times a second."""
        if self.words.turned_ms != self._watched.turned_ms:
            if not self._watched.turned_ms:
                self.heard_s = now_s  # from now on it has something to say
            self._mark(now_s)
        elif self.words.current != self._watched.number:
            self._watched.number, self._watched.cpu_s = self.words.current, self._cpu_s()
        idle_s = now_s - self._watched.since_s
        if idle_s >= HELD_S:
            return self._held(idle_s)
        return SiteTrouble("stopped") if self.has_begun and now_s - self.heard_s > QUIET_S else None

    def _refill(self, now_s: float) -> None:
        refill = int((now_s - self._refilled_s) * BYTES_PER_S)
        self._may_say, self._refilled_s = min(MOST_BYTES, self._may_say + refill), now_s

    def _held(self, idle_s: float) -> SiteTrouble | None:
        if self._is_in(os.WSTOPPED):
            return SiteTrouble("stopped")
        if not self.has_begun:
            return SiteTrouble("stopped") if idle_s >= BEGIN_S else None
        if self._cpu_s() - self._watched.cpu_s >= COMPUTED_S:
            return SiteTrouble("held", self._watched.number)
        return SiteTrouble("stopped") if idle_s >= BLOCKED_S else None

    def _mark(self, now_s: float) -> None:
        self._watched = _Watched(now_s, self.words.turned_ms, self.words.current, self._cpu_s())

    def _cpu_s(self) -> float:
        """The processor time that it has used: clock_getcpuclockid(3), which asks for no right to look into /proc."""
        try:
            return time.clock_gettime((~self._process.pid << 3) | 2)
        except OSError:  # it has ended
            return self._watched.cpu_s

    def _is_in(self, state: int) -> bool:
        """Whether it is stopped (SIGSTOP and its like), or has ended: told to a parent as often as it asks."""
        try:
            return os.waitid(os.P_PID, self._process.pid, state | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True


@dataclass(slots=True)
class _Watched:
    """Since when it has not turned (monotonic), and what it said then; for whom it works, and how much processor time
    it had used when it was first seen to."""

    since_s: float
    turned_ms: int
    number: int
    cpu_s: float
