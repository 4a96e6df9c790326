"""The processes of a loop that judge, and the queue before them.

Answers that cannot overrun, and those of endpoints whose last did not, come first, and there is always a process left
for them. An endpoint whose last answer overran waits behind all the others. The same answer is judged once, and for a
while not again if it overran.
"""

from __future__ import annotations

import heapq
import logging
import signal
from enum import IntEnum
from hashlib import blake2b
from itertools import count

from sla_monitor.probe.exchange.expectations import too_costly
from sla_monitor.probe.judging.judge_process import (
    CPU_LIMIT_S,
    TIME_COSTLY,
    JudgeAnswer,
    JudgeQuestion,
    Process,
    Terms,
    pack,
)
from sla_monitor.probe.loop import Loop, Promise
from sla_monitor.sla.observation import Reason

MOST_JUDGES = 4
"""Processes of a loop. One of them is kept for the trusted."""

MOST_WAITING = 128 << 20
"""Bytes of bodies that may wait. Beyond, those wait no longer that would come last."""

STUCK_S = 20.0
"""A process that takes so long is stopped or starved, for its processor time is limited."""

IDLE_S = 30.0
"""A process that has had nothing to do for so long ends."""

REMEMBERED_S, MOST_REMEMBERED = 60.0, 1_000
"""An answer that overran is remembered for so long, and so many of them."""

_SLICE = 1 << 20
_CRASHES = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS})

log = logging.getLogger(__name__)


class JudgeState(IntEnum):
    """How soon an endpoint's answer is judged, by what its last cost. One that cannot overrun is trusted anyway."""

    TRUSTED = 0
    NEW = 1
    SUSPECT = 2


class JudgingJob:
    """A question on its way to a process. `waiting`: how many probes wait for its answer."""

    __slots__ = ("is_begun", "key", "parts", "promise", "standing", "tries", "waiting")

    def __init__(self, loop: Loop, key: bytes, parts: tuple[bytes | bytearray, ...], standing: JudgeState) -> None:
        self.key, self.parts, self.standing = key, parts, standing
        self.promise: Promise[JudgeAnswer | None] = Promise(loop)
        self.is_begun = False
        self.tries = 0
        self.waiting = 0

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))


class _NotInTime(Exception):  # noqa: N818
    """Nobody waits for the answer any longer."""


class Judges:
    """The processes of a loop that judge, and the queue before them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._jobs: dict[bytes, JudgingJob] = {}
        self._queue: list[tuple[JudgeState, int, JudgingJob]] = []
        self._order = count()
        self._idle: list[Process] = []
        self._busy: dict[Process, JudgingJob] = {}
        self._living: set[Process] = set()
        self._overran: dict[bytes, tuple[float, JudgeAnswer]] = {}
        loop.at_close(self.close)

    async def judge(
        self,
        terms: Terms,
        question: JudgeQuestion,
        body: bytes | bytearray,
        standing: JudgeState,
        within_s: float,
    ) -> JudgeAnswer | None:
        """None: it was not judged within so many seconds. The same question is put once, however many ask it."""
        task, parts = self._loop.current, (*pack(terms, question), body)
        assert task is not None  # noqa: S101 - only a task can await
        timer = self._loop.call_at(self._loop.time() + within_s, lambda: self._loop.resume(task, error=_NotInTime()))
        job: JudgingJob | None = None
        try:
            key = await self._digest(parts)
            known = self._known(key)
            if known is not None:
                return known
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = JudgingJob(self._loop, key, parts, standing)
            job.waiting += 1
            if not job.is_begun:
                self._put(job, min(standing, job.standing))
                self._make_room()
                self._begin()
            return await job.promise.wait()
        except _NotInTime:
            return None
        finally:
            timer.cancel()
            if job is not None:
                job.waiting -= 1
                if not job.waiting and not job.is_begun:
                    self._jobs.pop(job.key, None)

    def close(self) -> None:
        """End every process, and see each of them gone."""
        for process in self._living:
            process.end()
        for process in self._living:
            process.bury()
        self._idle, self._busy, self._living = [], {}, set()
        _JUDGES.pop(self._loop, None)

    def answered(self, process: Process, answer: JudgeAnswer) -> None:
        """Called by a process."""
        job = self._busy.pop(process)
        if answer.is_last:
            process.end()
        else:
            self._idle.append(process)
            process.rest(self._loop.call_at(self._loop.time() + IDLE_S, lambda: self._dismiss(process)))
        self._settle(job, answer)
        self._begin()

    def ended(self, process: Process, code: int) -> None:
        """Called by a process that is gone. `code`: of its exit, or the negative number of a signal."""
        self._living.discard(process)
        if process in self._idle:
            self._idle.remove(process)
        job = self._busy.pop(process, None)
        if job is None:
            return
        job.tries += 1
        if code == -signal.SIGPROF:
            self._settle(job, JudgeAnswer(TIME_COSTLY.reason, TIME_COSTLY.detail, CPU_LIMIT_S, is_last=True))
        elif job.tries < 2 and job.waiting:
            job.is_begun = False
            self._put(job, job.standing)
        else:
            self._settle(job, _fatal(code))
        self._begin()

    async def _digest(self, parts: tuple[bytes | bytearray, ...]) -> bytes:
        """Of all that decides the answer; others have a turn while a large body is read."""
        digest = blake2b(digest_size=20)
        for part in parts:
            digest.update(len(part).to_bytes(8))
            for start in range(0, len(part), _SLICE):
                if start:
                    await self._loop.yield_control()
                digest.update(memoryview(part)[start : start + _SLICE])
        return digest.digest()

    def _known(self, key: bytes) -> JudgeAnswer | None:
        until_s, answer = self._overran.get(key, (0.0, None))
        return answer if self._loop.time() < until_s else None

    def _put(self, job: JudgingJob, standing: JudgeState) -> None:
        job.standing = standing
        heapq.heappush(self._queue, (standing, next(self._order), job))

    def _make_room(self) -> None:
        waiting = [job for job in self._jobs.values() if not job.is_begun]
        waiting.sort(key=lambda job: job.standing)
        size = sum(job.size for job in waiting)
        while size > MOST_WAITING:
            job = waiting.pop()
            size -= job.size
            self._settle(job, None)

    def _begin(self) -> None:
        """Give the processes what they can take."""
        while self._queue:
            standing, _, job = self._queue[0]
            if job.is_begun or not job.waiting:
                heapq.heappop(self._queue)
                continue
            others = sum(busy.standing is not JudgeState.TRUSTED for busy in self._busy.values())
            if standing is not JudgeState.TRUSTED and others >= MOST_JUDGES - 1:
                return
            process = self._free(job)
            if process is None:
                return
            heapq.heappop(self._queue)
            job.is_begun = True
            self._busy[process] = job
            process.give(job.parts, self._loop.time() + STUCK_S)

    def _free(self, job: JudgingJob) -> Process | None:
        """A process that has nothing to do, perhaps a new one."""
        if self._idle:
            return self._idle.pop()
        if len(self._busy) >= MOST_JUDGES:
            return None
        try:
            process = Process(self._loop, self.answered, self.ended)
        except OSError as error:
            log.error("cannot start a process to judge an answer", extra={"error": f"{error}"})
            if not self._busy:
                self._settle(job, _ours(f"no process can be started to judge the answer ({error.strerror})"))
            return None
        self._living.add(process)
        return process

    def _settle(self, job: JudgingJob, answer: JudgeAnswer | None) -> None:
        job.is_begun = True
        self._jobs.pop(job.key, None)
        if answer is not None and answer.reason is Reason.TOO_COSTLY:
            while len(self._overran) >= MOST_REMEMBERED:
                del self._overran[next(iter(self._overran))]
            self._overran[job.key] = (self._loop.time() + REMEMBERED_S, answer)
        job.promise.keep(answer)

    def _dismiss(self, process: Process) -> None:
        self._idle.remove(process)
        process.end()


def _fatal(code: int) -> JudgeAnswer:
    """What ended two processes, one after the other."""
    if -code in _CRASHES:
        verdict = too_costly(f"it ends the process that judges, by {signal.Signals(-code).name}")
        return JudgeAnswer(verdict.reason, verdict.detail, CPU_LIMIT_S, is_last=True)
    return _ours(f"the process that judges ended ({code})")


def _ours(why: str) -> JudgeAnswer:
    return JudgeAnswer(Reason.INTERNAL_ERROR, f"on our side: {why}", 0.0, is_last=True)


_JUDGES: dict[Loop, Judges] = {}


def judges_of(loop: Loop) -> Judges:
    """The one of a loop."""
    found = _JUDGES.get(loop)
    if found is None:
        found = _JUDGES[loop] = Judges(loop)
    return found
