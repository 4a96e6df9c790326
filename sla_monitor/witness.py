"""Whose fault is a failed look? Witnesses are endpoints of somebody else: when none of them answers, the monitor's
own network is gone, and what failed in that time is UNKNOWN (`monitor_offline`). A supplier is never charged for
our outage.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from sla_monitor.clock import Clock
from sla_monitor.sla.observation import Finding, Outcome, Reason

NETWORK_REASONS = frozenset(
    {
        Reason.DNS_FAILED,
        Reason.CONNECTION_REFUSED,
        Reason.CONNECTION_FAILED,
        Reason.CONNECTION_RESET,
        Reason.TIMEOUT,
        Reason.TLS_FAILED,
        Reason.PROTOCOL_ERROR,
        Reason.HEARTBEAT_SILENT,
    }
)
"""Failures that our own network could have caused. A wrong status or a bad certificate came through it."""

OFFLINE_HOLDS_S = 1.0
"""How long a finding that we are cut off answers for later failures too, so that they do not queue for another."""


class Witnesses:
    """Judges failures. `looks` are the witnesses' probes, each with a short deadline; none: always online."""

    def __init__(self, looks: Mapping[str, Callable[[], Finding]], clock: Clock) -> None:
        self._looks = looks
        self._clock = clock
        self._lock = threading.Lock()
        self._online_since_s = float("-inf")  # began the latest round in which a witness answered
        self._offline_at_s = float("-inf")  # began the latest round in which none did

    @property
    def is_online(self) -> bool:
        return self._online_since_s >= self._offline_at_s

    @property
    def cut_off_at_s(self) -> float:
        """Monotonic seconds at which we were last found to be cut off."""
        return self._offline_at_s

    def judge(self, finding: Finding, since_s: float) -> Finding:
        """The finding, or UNKNOWN if the monitor was cut off at any time since `since_s` (monotonic seconds), as far
        as is known, or is cut off now. May wait for one round of the witnesses."""
        if finding.outcome is not Outcome.DOWN or finding.reason not in NETWORK_REASONS or not self._looks:
            return finding
        if not self.check(self._clock.monotonic()) or self._offline_at_s >= since_s:
            detail = f"no witness answers either ({finding.reason})"
            return replace(finding, outcome=Outcome.UNKNOWN, reason=Reason.MONITOR_OFFLINE, detail=detail)
        return finding

    def check(self, now_s: float) -> bool:
        """Whether a witness answers in a round begun at or after `now_s`; several callers share one round."""
        with self._lock:
            if self._online_since_s < now_s and self._offline_at_s < now_s - OFFLINE_HOLDS_S:
                self._round()
            return self.is_online

    def _round(self) -> None:
        began_s = self._clock.monotonic()
        if not self._looks or any(look().outcome in (Outcome.UP, Outcome.DEGRADED) for look in self._looks.values()):
            self._online_since_s = began_s
        else:
            self._offline_at_s = self._clock.monotonic()
