"""Network failures, held until a witness has been probed after them.

When no witness responds either, the monitor's own network is gone, and failures of that time are UNKNOWN
(`monitor_offline`): a supplier is never charged for our outage.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from sla_monitor.sla.observation import NETWORK_REASONS, Finding, Observation, Outcome, Reason

CHECK_EVERY_MS = 1_000


class Rounds(Protocol):
    """What is known of the witnesses, in monotonic ms (`transport.HostWords`)."""

    @property
    def asked_ms(self) -> int:
        """What failed until then is decided."""

    @property
    def back_ms(self) -> int:
        """When one answered for the first time since none did."""

    @property
    def is_online(self) -> bool:
        """Whether one answered since it was last found that none does."""


@dataclass(slots=True)
class _Waiting:
    """An observation with its probe's begin and end (monotonic ms); not `is_doubtful`: it waits for those before it."""

    observation: Observation
    since_ms: int
    ended_ms: int
    is_doubtful: bool


class Doubts:
    """Hands every observation on in its endpoint's order, failures once they are decided.

    `patience_ms`: how long a failure waits before it is UNKNOWN; 0: there are no witnesses, and it stands at once.
    """

    def __init__(self, rounds: Rounds, hand_on: Callable[[Observation], None], patience_ms: int = 0) -> None:
        self._rounds, self._hand_on = rounds, hand_on
        self._patience_ms = patience_ms
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._decided_ms = 0
        self._check_at_ms = 0

    @property
    def waiting(self) -> int:
        """Failures that are not decided."""
        return sum(one.is_doubtful for queue in self._waiting.values() for one in queue)

    def set(self, patience_ms: int) -> None:
        self._patience_ms, self._check_at_ms = patience_ms, 0

    def take(self, observation: Observation, since_ms: int, ended_ms: int) -> None:
        """An observation, and from when to when (monotonic) its probe was made."""
        finding = observation.finding
        is_doubtful = self._patience_ms > 0 and finding.outcome is Outcome.DOWN and finding.reason in NETWORK_REASONS
        queue = self._waiting.get(observation.endpoint)
        if queue is None:
            if not is_doubtful:
                self._hand_on(observation)
                return
            queue = self._waiting[observation.endpoint] = deque()
        queue.append(_Waiting(observation, since_ms, ended_ms, is_doubtful))

    def settle(self, now_ms: int) -> None:
        """Hand on what is decided. Cheap where nothing new is known: call it as often as you like."""
        asked_ms = self._rounds.asked_ms
        if not self._waiting or (asked_ms == self._decided_ms and now_ms < self._check_at_ms):
            return
        self._decided_ms, self._check_at_ms = asked_ms, now_ms + CHECK_EVERY_MS
        for endpoint, queue in list(self._waiting.items()):
            while queue and self._is_decided(queue[0], now_ms):
                one = queue.popleft()
                self._hand_on(replace(one.observation, finding=self._judge(one)))
            if not queue:
                del self._waiting[endpoint]

    def end(self) -> None:
        """Nobody will be asked any more: what is not decided is UNKNOWN."""
        for queue in self._waiting.values():
            for one in queue:
                finding = _unknown(one.observation.finding, "no witness was asked before the end")
                self._hand_on(replace(one.observation, finding=finding) if one.is_doubtful else one.observation)
        self._waiting.clear()

    def _is_decided(self, one: _Waiting, now_ms: int) -> bool:
        is_over = one.ended_ms <= self._decided_ms or now_ms - one.ended_ms >= self._patience_ms
        return is_over or not one.is_doubtful

    def _judge(self, one: _Waiting) -> Finding:
        """The finding, or UNKNOWN if we were cut off at any time since its probe began, as far as is known."""
        finding, rounds = one.observation.finding, self._rounds
        if not one.is_doubtful or not self._patience_ms:
            return finding
        if one.ended_ms > self._decided_ms:
            return _unknown(finding, "no witness could be asked")
        if rounds.is_online and rounds.back_ms < one.since_ms:
            return finding
        return _unknown(finding, "no witness answers either")


def _unknown(finding: Finding, why: str) -> Finding:
    detail = f"{why} ({finding.reason})"
    return replace(finding, outcome=Outcome.UNKNOWN, reason=Reason.MONITOR_OFFLINE, detail=detail, evidence=b"")
