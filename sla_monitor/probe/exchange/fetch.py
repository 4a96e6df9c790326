"""One HTTP exchange for whoever is no probe: the same one deadline over all of it, and the same limits."""

from __future__ import annotations

import ssl

from sla_monitor.probe.exchange.adapter import SerializedRequest, reply
from sla_monitor.probe.exchange.connection import Line
from sla_monitor.probe.failures import FAILURES, verdict_on
from sla_monitor.probe.loop import Loop
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason


def fetch(request: SerializedRequest, context: ssl.SSLContext | None, timeout_ms: int, limit: int) -> tuple[int, bytes]:
    """Status and body, of at most `limit` bytes, decoded. Redirects are answers like any other. Raises Failure."""
    loop = Loop()
    try:
        return loop.run(_fetch(loop, request, context, timeout_ms, limit))
    finally:
        loop.close()


async def _fetch(
    loop: Loop, request: SerializedRequest, context: ssl.SSLContext | None, timeout_ms: int, limit: int
) -> tuple[int, bytes]:
    watch = Stopwatch(loop, timeout_ms)
    line = Line(request.origin, "any", context, None, keep=False)
    try:
        answer = await reply(line, request, watch, limit)
        try:
            return answer.status_code, bytes(await answer.read(limit))
        finally:
            answer.exchange.finish(keep=False)
    except DeadlinePassed:
        raise Failure(Reason.TIMEOUT, f"the time was up while {watch.doing}") from None
    except FAILURES as error:
        verdict = verdict_on(error, watch)
        raise Failure(verdict.reason, verdict.detail) from None
    finally:
        watch.stop()
