"""Tells what the script does, one line for each step that begins or ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sla_monitor.clock import Clock
from sla_monitor.demo.scenario import Scenario, ScenarioStep, active, ends_in


class Narrator:
    """Hands `tell` lines such as `12:01:40 portal answers 503 (until 12:02:30)`, in this host's time."""

    def __init__(self, scenario: Scenario, clock: Clock, tell: Callable[[str], None]) -> None:
        self._scenario, self._clock, self._tell = scenario, clock, tell
        self._told: tuple[ScenarioStep, ...] = ()

    def narrate(self, seconds: float) -> None:
        """Tell what has changed since the last call; `seconds` since the script began."""
        now = active(self._scenario, seconds)
        for step in self._told:
            if step not in now:
                self._tell(f"{self._time(0)} over: {step.title}")
        for step in now:
            if step not in self._told:
                until = self._time(ends_in(self._scenario, step, seconds))
                self._tell(f"{self._time(0)} {step.title} (until {until})")
        self._told = now

    def _time(self, ahead_seconds: float) -> str:
        """The wall clock in so many seconds."""
        at = datetime.fromtimestamp(self._clock.now_ms() / 1000 + ahead_seconds, UTC).astimezone()
        return at.strftime("%H:%M:%S")
