"""A supplier's batch job that posts to us: silence for longer than its period and grace is DOWN."""

from __future__ import annotations

from datetime import UTC, datetime

from sla_monitor.contract.endpoint import HeartbeatEndpoint
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.sla.observation import Finding, Outcome, Reason


class HeartbeatProber:
    """Looks at when the job was last heard. While we have not listened for as long as it may be silent, nobody knows
    whether it is: a restart of ours is not charged to the supplier."""

    __slots__ = ("_surroundings", "terms")

    def __init__(self, terms: HeartbeatEndpoint, surroundings: Surroundings) -> None:
        self.terms = terms
        self._surroundings = surroundings

    async def probe(self, _: Stopwatch) -> Finding:
        return self.judge()

    def judge(self) -> Finding:
        """As of now."""
        now_ms = self._surroundings.clock.now_ms()
        last_ms = self._surroundings.heartbeats(self._surroundings.key)
        patience_ms = self.terms.period_ms + self.terms.grace_ms
        if last_ms is not None and now_ms - last_ms <= patience_ms:
            return Finding(Outcome.UP)
        if now_ms - self._surroundings.started_ms <= patience_ms:
            return Finding(Outcome.UNKNOWN, Reason.NOT_YET_SEEN, "the job has not been heard since we began to listen")
        return Finding(Outcome.DOWN, Reason.HEARTBEAT_SILENT, _silence(last_ms, patience_ms))

    def close(self) -> None:
        """Nothing is kept between looks."""


def _silence(last_ms: int | None, patience_ms: int) -> str:
    allowed = f"more than the {patience_ms // 1000} s of its period and grace ago"
    if last_ms is None:
        return f"the job has never been heard; we began to listen {allowed}"
    heard = datetime.fromtimestamp(last_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"the job was last heard at {heard}, {allowed}"
