"""Judging an answer within bounds: what takes little is judged in the event loop, the rest in processes of their own.

What needs more than its share (of processor time, of memory, of values in a document) is DOWN `too_costly`: a supplier
may not choose what we cannot see. But time spent waiting for a process is ours, and not the supplier's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sla_monitor.contract.http_terms import HttpExpectations
from sla_monitor.probe.expectations import Expectations, too_costly
from sla_monitor.probe.judge_process import CPU_LIMIT_S, TIME_COSTLY, Question
from sla_monitor.probe.judges import Standing, judges_of
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Verdict
from sla_monitor.sla.observation import Reason

SMALL_NS = 5_000_000
"""What takes no longer at the worst is judged in the event loop."""

LOOP_SHARE_S = 0.02
"""Once judging one probe's answers, piece by piece, has taken so long, the loop does no more of it."""

PATIENCE_S = 30.0
"""An answer that has waited so long is not judged: UNKNOWN. It takes a flood of endpoints that are new, or honest."""

GRACE_S = 0.02
"""So long after its deadline a suspect's answer may still be judged."""

_CPU_LIMIT_NS = int(CPU_LIMIT_S * 1_000_000_000)
_DEAR_S = 0.1
"""Processor time: an answer that is refused sooner, as for the number of its values, is no burden."""

log = logging.getLogger(__name__)


class Judge:
    """One endpoint's expectations, and how they are judged."""

    __slots__ = ("_expect", "_standing", "reads_body")

    def __init__(self, terms: HttpExpectations) -> None:
        self._expect = Expectations(terms)
        self._standing = Standing.NEW
        self.reads_body = self._expect.reads_body

    async def of_head(self, watch: Stopwatch, status: int, headers: Mapping[str, str]) -> Verdict | None:
        """What is wrong with the status and the headers; None: nothing."""
        verdict = self._expect.of_status(status)
        most_ns = self._expect.most_ns_of_headers(headers)
        if verdict is not None or most_ns <= SMALL_NS:
            return verdict or self._expect.of_headers(headers)
        return await self._elsewhere(watch, Question(headers=self._expect.headers_in(headers)), b"", most_ns)

    async def of_body(self, watch: Stopwatch, body: bytearray, content_type: str | None) -> Verdict | None:
        """What is wrong with the body; None: nothing. Without a type it is UTF-8. The time that it takes is ours."""
        most_ns = self._expect.most_ns_of_body(body, _CPU_LIMIT_NS)
        if most_ns <= SMALL_NS and watch.judging_s < LOOP_SHARE_S:
            began = watch.loop.time()
            verdict = self._expect.of_body(body, content_type)
            took_s = watch.loop.time() - began
            watch.ours_s += took_s
            watch.judging_s += took_s
            return verdict
        return await self._elsewhere(watch, Question(content_type=content_type), body, most_ns)

    async def _elsewhere(
        self, watch: Stopwatch, question: Question, body: bytes | bytearray, most_ns: float
    ) -> Verdict | None:
        standing = Standing.TRUSTED if most_ns <= _CPU_LIMIT_NS else self._standing
        is_suspect = standing is Standing.SUSPECT
        within_s = watch.ends + GRACE_S - watch.loop.time() if is_suspect else PATIENCE_S
        with watch.pause():
            answer = await judges_of(watch.loop).judge(self._expect.terms, question, body, standing, within_s)
        if answer is None:
            if is_suspect:
                return too_costly("the last answer did, and this one could not be judged in time")
            log.error("an answer waited too long to be judged", extra={"bytes": len(body)})
            return Verdict(Reason.INTERNAL_ERROR, "on our side: too many answers wait to be judged")
        watch.judging_s += answer.cpu_s
        verdict = TIME_COSTLY if watch.judging_s > CPU_LIMIT_S else answer.verdict
        if answer.reason in {Reason.PROTOCOL_ERROR, Reason.INTERNAL_ERROR}:
            log.error("an answer could not be judged", extra={"detail": answer.detail})
        if answer.reason is not Reason.INTERNAL_ERROR:
            is_dear = answer.reason is Reason.TOO_COSTLY and answer.cpu_s > _DEAR_S
            self._standing = Standing.SUSPECT if is_dear else Standing.TRUSTED
        return verdict
