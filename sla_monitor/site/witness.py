"""Whose fault is a failed probe? Witnesses are endpoints of somebody else: when none of them answers, the monitor's
own network is gone, and what failed in that time is UNKNOWN (`monitor_offline`). A supplier is never charged for
our outage.

They are asked in rounds, one each `every`, however many endpoints fail: a failure waits for the next round to be over.
The first site of a host asks; the others read what it found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sla_monitor.clock import Clock
from sla_monitor.probe import Loop, Prober
from sla_monitor.probe.prober import is_answered
from sla_monitor.sla.observation import NETWORK_REASONS, Finding, Observation, Outcome, Reason
from sla_monitor.transport import HostWords


@dataclass(slots=True)
class _Doubtful:
    """A failure that waits for a round; `since_ms`, `ended_ms`: of its probe, on the monotonic clock."""

    observation: Observation
    since_ms: int
    ended_ms: int


class Witnesses:
    """Judges failures, and hands every observation on in its endpoint's order.

    `probers` are asked here, each `every_ms`; none: another site asks. `is_watched`: there are witnesses at all;
    without any, we are always online.
    """

    def __init__(self, loop: Loop, clock: Clock, words: HostWords, hand_on: Callable[[Observation], None]) -> None:
        self._loop, self._clock, self._words, self._hand_on = loop, clock, words, hand_on
        self._probers: Sequence[Prober] = ()
        self._every_ms = 0
        self._is_watched = False
        self._doubtful: deque[_Doubtful] = deque()
        self._held: dict[str, int] = {}
        self._is_asking = False
        self._next_ms = 0

    @property
    def waiting(self) -> int:
        """Observations that wait for a round."""
        return len(self._doubtful)

    def set(self, probers: Sequence[Prober], every_ms: int, *, is_watched: bool) -> None:
        """`every_ms`: between two rounds."""
        for prober in self._probers:
            prober.close()
        self._probers, self._every_ms, self._is_watched = probers, every_ms, is_watched

    def take(self, observation: Observation, since_ms: int) -> None:
        """An observation whose probe began at `since_ms` (monotonic) and has just ended."""
        finding = observation.finding
        is_doubtful = self._is_watched and finding.outcome is Outcome.DOWN and finding.reason in NETWORK_REASONS
        if not is_doubtful and observation.endpoint not in self._held:
            self._hand_on(observation)
            return
        self._held[observation.endpoint] = self._held.get(observation.endpoint, 0) + 1
        self._doubtful.append(_Doubtful(observation, since_ms, self._now_ms()))

    def turn(self) -> None:
        """Called by the loop a few times a second: begin a round that is due, settle what a round has decided."""
        now_ms = self._now_ms()
        if self._probers and not self._is_asking and now_ms >= self._next_ms:
            self._next_ms = now_ms + self._every_ms
            self._ask(now_ms)
        while self._doubtful and (self._words.asked_ms >= self._doubtful[0].ended_ms or not self._is_watched):
            self._settle(self._doubtful.popleft())

    def _settle(self, one: _Doubtful) -> None:
        observation = one.observation
        left = self._held[observation.endpoint] - 1
        if left:
            self._held[observation.endpoint] = left
        else:
            del self._held[observation.endpoint]
        self._hand_on(replace(observation, finding=self._judge(observation.finding, one.since_ms)))

    def _judge(self, finding: Finding, since_ms: int) -> Finding:
        """The finding, or UNKNOWN if we were cut off at any time since it began, as far as is known."""
        if finding.outcome is not Outcome.DOWN or finding.reason not in NETWORK_REASONS or not self._is_watched:
            return finding
        if self._words.is_online and self._words.offline_ms < since_ms:
            return finding
        detail = f"no witness answers either ({finding.reason})"
        return replace(finding, outcome=Outcome.UNKNOWN, reason=Reason.MONITOR_OFFLINE, detail=detail)

    def _ask(self, began_ms: int) -> None:
        left = len(self._probers)
        answers: list[bool] = []
        self._is_asking = True

        def done(is_one: bool | None, error: BaseException | None) -> None:
            was_decided = any(answers)
            answers.append(bool(is_one) and error is None)
            self._is_asking = len(answers) < left
            if not was_decided and (answers[-1] or not self._is_asking):
                self._words.found(began_ms, self._now_ms(), is_online=answers[-1])

        for prober in self._probers:
            self._loop.spawn(is_answered(prober, self._loop), done)

    def _now_ms(self) -> int:
        return int(self._clock.monotonic() * 1000)
