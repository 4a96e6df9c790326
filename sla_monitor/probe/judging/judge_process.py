"""A process that judges what may cost more than the event loop can spend: with bounds on its time and its memory.

It is forked from the process that probes, and so shares the memory of the program's code with it; but it closes every
file descriptor other than its own socket, and ends when that is closed. What it answers is plain JSON, for it has had a
supplier's bytes in hand.
"""

from __future__ import annotations

import gc
import os
import pickle  # what is unpickled comes from our parent
import resource
import select
import signal
import socket
import struct
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import msgspec

from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.contract.endpoints.journey_terms import Capture
from sla_monitor.probe.exchange.body_capture import BodyCaptures, Captured
from sla_monitor.probe.exchange.expectations import Expectations, too_costly
from sla_monitor.probe.loop import Loop, Timer
from sla_monitor.probe.verdict import Failure, Verdict
from sla_monitor.sla.observation import Reason

CPU_LIMIT_S = 0.5
"""Processor time that judging one answer may take: a busy machine makes it last longer, and charges nobody."""

TIME_COSTLY = too_costly(f"it takes more than {CPU_LIMIT_S * 1000:.0f} ms of processor time")

MEMORY_BASE, MEMORY_FACTOR = 64 << 20, 6
"""Bytes that judging may take, and so many for each byte of a body: four for a character, and the body itself."""

GROWTH_LIMIT = 16 << 20
"""A process that has grown by so many bytes is replaced."""

NICENESS = 10
_HEAD = struct.Struct(">III")
"""What begins a question: the bytes of its terms, of what is asked, and of the body."""

_DETAIL_LIMIT = 8_192
"""Characters of a verdict: more than are kept of it, so that a secret in it is found before it is cut."""

_ANSWER_LIMIT = 8 << 20
"""Bytes: a hundred captured values of the greatest length."""

_REASONS = frozenset({None, Reason.HEADER_UNEXPECTED, Reason.BODY_UNEXPECTED, Reason.PROTOCOL_ERROR, Reason.TOO_COSTLY})
"""What it may say: never that a failure is ours."""

_READY, _READY_S = b"\n", 0.25
_STANDARD = 3


class JudgeQuestion(msgspec.Struct, frozen=True, array_like=True):
    """What is to be judged: headers, or else a body of this type (None: UTF-8, whatever it begins with)."""

    headers: dict[str, str] | None = None
    content_type: str | None = None


class JudgeAnswer(msgspec.Struct, frozen=True, array_like=True):
    """`reason`: None where all is well; `found`: what was captured; `cpu_s`: what it took; `is_last`: the process ends
    after it."""

    reason: Reason | None
    detail: str
    cpu_s: float
    is_last: bool
    found: dict[str, Captured] = {}

    @property
    def verdict(self) -> Verdict | None:
        return None if self.reason is None else Verdict(self.reason, self.detail)


Terms = HttpExpectations | dict[str, Capture]
"""What an answer must be, or what is captured from it."""


def pack(terms: Terms, question: JudgeQuestion) -> tuple[bytes, bytes]:
    """What is sent after the head and before the body."""
    return pickle.dumps(terms), msgspec.json.encode(question)


class Process:
    """One process that judges, as its parent sees it: until it is gone, which the loop tells by its handle."""

    def __init__(
        self,
        loop: Loop,
        answered: Callable[[Process, JudgeAnswer], None],
        ended: Callable[[Process, int], None],
    ) -> None:
        """`ended` is told its exit code, or the negative number of the signal that ended it. Raises OSError when none
        can be started."""
        self._loop, self._answered, self._ended = loop, answered, ended
        self._sock, theirs = socket.socketpair()
        try:
            with warnings.catch_warnings():
                # Where there are other threads (the resolver's): what they hold is nothing that judging uses.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._pid = os.fork()
        except OSError:
            self._sock.close()
            theirs.close()
            raise
        if self._pid == 0:
            become_judge(theirs.detach())
        theirs.close()
        try:
            self._handle = os.pidfd_open(self._pid)
        except OSError:
            self._sock.close()  # and it ends
            os.waitpid(self._pid, 0)
            raise
        # Until it has let go of our sockets, none that we close would be closed.
        self._sock.settimeout(_READY_S)
        with suppress(OSError):
            self._sock.recv(1)
        self._sock.setblocking(False)
        self._unsent: list[memoryview] = []
        self._answer = b""
        self._timer: Timer | None = None
        self._is_ending = False
        loop.register(self._sock.fileno(), self, select.EPOLLIN)
        loop.register(self._handle, _Death(self), select.EPOLLIN)

    def give(self, parts: tuple[bytes | bytearray, ...], until_s: float) -> None:
        """Have it judge: terms, question, body. At `until_s` it is ended, unless it has answered."""
        self.rest(self._loop.call_at(until_s, self.end))
        self._answer = b""
        self._unsent = [memoryview(part) for part in (_HEAD.pack(*map(len, parts)), *parts) if part]
        self._send()

    def rest(self, timer: Timer) -> None:
        """What happens unless it is given something, or answers, before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = timer

    def ready(self, events: int) -> None:
        """Called by the loop."""
        if events & select.EPOLLOUT:
            self._send()
        if events & ~select.EPOLLOUT and not self._is_ending:
            self._hear()

    def end(self) -> None:
        """Kill it, unless it is dying already. Taking its memory apart takes milliseconds, and is not waited for."""
        if self._is_ending:
            return
        self._is_ending = True
        if self._timer is not None:
            self._timer.cancel()
        self._unsent = []
        self._loop.unregister(self._sock.fileno())
        self._sock.close()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def bury(self) -> int:
        """Wait for its end; its exit code, or the negative number of the signal that ended it."""
        self.end()
        self._loop.unregister(self._handle)
        os.close(self._handle)
        try:
            _, status = os.waitpid(self._pid, 0)
        except ChildProcessError:  # whoever started us has it that nobody need be waited for
            return -signal.SIGKILL
        return os.waitstatus_to_exitcode(status)

    def gone(self) -> None:
        """Called by the loop."""
        self._ended(self, self.bury())

    def _send(self) -> None:
        try:
            while self._unsent:
                sent = self._sock.send(self._unsent[0])
                self._unsent[0] = self._unsent[0][sent:]
                if not self._unsent[0]:
                    del self._unsent[0]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = []  # it has ended, and we are about to hear so
        self._loop.modify(self._sock.fileno(), select.EPOLLIN | (select.EPOLLOUT if self._unsent else 0))

    def _hear(self) -> None:
        try:
            data = self._sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._answer = (self._answer + data).lstrip(_READY)
        if not data or len(self._answer) > _ANSWER_LIMIT:
            self.end()
        elif self._answer.endswith(b"\n"):
            self._take(self._answer)

    def _take(self, said: bytes) -> None:
        try:
            answer = msgspec.json.decode(said, type=JudgeAnswer)
        except msgspec.DecodeError:
            self.end()
            return
        if answer.reason in _REASONS:
            self._answered(self, answer)
        else:
            self.end()


class _Death:
    """What the loop calls when a process is gone."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def ready(self, _: int) -> None:
        self._process.gone()


def become_judge(fd: int) -> NoReturn:
    """The whole life of the process, just forked, with its socket."""
    code = 1
    try:
        _confine(fd)
        with socket.socket(fileno=fd) as sock:
            sock.sendall(_READY)
            _serve(sock)
        code = 0
    except ConnectionError:
        code = 0
    finally:
        os._exit(code)


def _confine(fd: int) -> None:
    """Let go of what is our parent's: its sockets, and its part in signals. It decides when we end."""
    os.closerange(_STANDARD, fd)
    os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(_STANDARD):  # standard error too: a library that runs out of memory writes there
        os.dup2(nothing, standard)
    os.close(nothing)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # the unit's filter of system calls may refuse it
        os.nice(NICENESS)
    # What the parent had is never collected here: it would be copied, and its sockets' numbers are ours now.
    gc.freeze()


def _serve(sock: socket.socket) -> None:
    """Answer until the parent hangs up."""
    base = _data_bytes()
    while head := _read(sock, _HEAD.size):
        sizes = _HEAD.unpack(head)
        worker = _worker(bytes(_read(sock, sizes[0])))
        question = msgspec.json.decode(_read(sock, sizes[1]), type=JudgeQuestion)
        limit = MEMORY_BASE + MEMORY_FACTOR * sizes[2]
        body = _read(sock, sizes[2])
        before_s = time.process_time()
        _limit_data(base + limit)
        found: dict[str, Captured] = {}
        try:
            verdict, found = _judge(worker, question, body)
        except MemoryError:
            verdict = too_costly(f"it takes more than {limit >> 20} MB of memory")
        cpu_s = time.process_time() - before_s
        _limit_data(None)
        del body
        is_last = _data_bytes() - base > GROWTH_LIMIT
        sock.sendall(msgspec.json.encode(_answer(verdict, found, cpu_s, is_last=is_last)) + b"\n")
        if is_last:
            return


def _answer(verdict: Verdict | None, found: dict[str, Captured], cpu_s: float, *, is_last: bool) -> JudgeAnswer:
    if verdict is None:
        return JudgeAnswer(None, "", cpu_s, is_last, found)
    detail = verdict.detail[:_DETAIL_LIMIT].encode(errors="replace").decode()
    return JudgeAnswer(verdict.reason, detail, cpu_s, is_last)


def _judge(
    worker: Expectations | BodyCaptures, question: JudgeQuestion, body: bytearray
) -> tuple[Verdict | None, dict[str, Captured]]:
    """Raises MemoryError. The signal at the end of the time ends the process."""
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
    try:
        if isinstance(worker, BodyCaptures):
            return None, worker.find(body, question.content_type or "")
        if question.headers is not None:
            return worker.of_headers(question.headers), {}
        return worker.of_body(body, question.content_type), {}
    except MemoryError:
        raise
    except Failure as failure:
        return failure.verdict, {}
    except Exception as error:  # noqa: BLE001 - as around the whole probe: the supplier's bytes caused it
        return Verdict(Reason.PROTOCOL_ERROR, f"the answer cannot be understood ({type(error).__name__})"), {}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@lru_cache(maxsize=64)
def _worker(packed: bytes) -> Expectations | BodyCaptures:
    terms: Terms = pickle.loads(packed)  # noqa: S301 - our parent's
    return Expectations(terms) if isinstance(terms, HttpExpectations) else BodyCaptures(terms)


def _read(sock: socket.socket, size: int) -> bytearray:
    """Exactly so many bytes; none where the parent has hung up. Raises ConnectionError in the middle."""
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            if len(view) < size:
                raise ConnectionError
            return bytearray()
        view = view[count:]
    return data


def _data_bytes() -> int:
    """What RLIMIT_DATA counts, with the stack."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()


def _limit_data(limit: int | None) -> None:
    """None: as much as the process may ever have."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = hard if limit is None else limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
