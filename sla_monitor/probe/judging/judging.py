"""Judging an answer within bounds: what takes little is judged in the event loop, the rest in processes of their own.

What needs more than its share (of processor time, of memory, of values in a document) is DOWN `too_costly`: a supplier
may not choose what we cannot see. But time spent waiting for a process is ours, and not the supplier's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.probe.exchange.body_capture import BodyCaptures, Captured
from sla_monitor.probe.exchange.expectations import Expectations, too_costly
from sla_monitor.probe.judging.judge_pool import JudgeState, judges_of
from sla_monitor.probe.judging.judge_process import CPU_LIMIT_S, TIME_COSTLY, JudgeAnswer, JudgeQuestion, Terms
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Failure, Verdict
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


class _Elsewhere:
    """What is had done in a process, and how soon, by what the last of its kind cost."""

    __slots__ = ("_standing",)

    def __init__(self) -> None:
        self._standing = JudgeState.NEW

    async def _ask(
        self, watch: Stopwatch, terms: Terms, question: JudgeQuestion, body: bytes | bytearray, most_ns: float
    ) -> JudgeAnswer:
        """Raises Failure for what overruns, and for what is ours."""
        standing = JudgeState.TRUSTED if most_ns <= _CPU_LIMIT_NS else self._standing
        is_suspect = standing is JudgeState.SUSPECT
        within_s = watch.ends + GRACE_S - watch.loop.time() if is_suspect else PATIENCE_S
        with watch.pause():
            answer = await judges_of(watch.loop).judge(terms, question, body, standing, within_s)
        if answer is None:
            if is_suspect:
                raise Failure.of(too_costly("the last answer did, and this one could not be judged in time"))
            log.error("an answer waited too long to be judged", extra={"bytes": len(body)})
            raise Failure(Reason.INTERNAL_ERROR, "on our side: too many answers wait to be judged")
        if answer.reason in {Reason.PROTOCOL_ERROR, Reason.INTERNAL_ERROR}:
            log.error("an answer could not be judged", extra={"detail": answer.detail})
        if answer.reason is not Reason.INTERNAL_ERROR:
            is_dear = answer.reason is Reason.TOO_COSTLY and answer.cpu_s > _DEAR_S
            self._standing = JudgeState.SUSPECT if is_dear else JudgeState.TRUSTED
        watch.judging_s += answer.cpu_s
        if watch.judging_s > CPU_LIMIT_S:
            raise Failure.of(TIME_COSTLY)
        return answer


class Judge(_Elsewhere):
    """One endpoint's expectations, and how they are judged."""

    __slots__ = ("_expect", "reads_body")

    def __init__(self, terms: HttpExpectations) -> None:
        super().__init__()
        self._expect = Expectations(terms)
        self.reads_body = self._expect.reads_body

    async def of_head(self, watch: Stopwatch, status: int, headers: Mapping[str, str]) -> Verdict | None:
        """What is wrong with the status and the headers; None: nothing. Raises Failure for what overruns a bound."""
        verdict = self._expect.of_status(status)
        most_ns = self._expect.most_ns_of_headers(headers)
        if verdict is not None or most_ns <= SMALL_NS:
            return verdict or self._expect.of_headers(headers)
        question = JudgeQuestion(headers=self._expect.headers_in(headers))
        return (await self._ask(watch, self._expect.terms, question, b"", most_ns)).verdict

    async def of_body(self, watch: Stopwatch, body: bytearray, content_type: str | None) -> Verdict | None:
        """What is wrong with the body; None: nothing. Without a type it is UTF-8. Raises Failure for what overruns a
        bound. The time that it takes is ours."""
        most_ns = self._expect.most_ns_of_body(body, _CPU_LIMIT_NS)
        if most_ns <= SMALL_NS and watch.judging_s < LOOP_SHARE_S:
            with watch.judge():
                return self._expect.of_body(body, content_type)
        question = JudgeQuestion(content_type=content_type)
        return (await self._ask(watch, self._expect.terms, question, body, most_ns)).verdict


class Capturing(_Elsewhere):
    """What one step of a journey captures from a body, and how it is found."""

    __slots__ = ("_captures",)

    def __init__(self, captures: BodyCaptures) -> None:
        super().__init__()
        self._captures = captures

    async def find(self, watch: Stopwatch, body: bytearray, content_type: str) -> dict[str, Captured]:
        """Every value by its name. Raises Failure for a body that overruns a bound. The time that it takes is ours."""
        most_ns = self._captures.most_ns(body, _CPU_LIMIT_NS)
        if most_ns <= SMALL_NS and watch.judging_s < LOOP_SHARE_S:
            with watch.judge():
                return self._captures.find(body, content_type)
        question = JudgeQuestion(content_type=content_type)
        answer = await self._ask(watch, self._captures.terms, question, body, most_ns)
        if answer.verdict is not None:
            raise Failure.of(answer.verdict)
        return answer.found
