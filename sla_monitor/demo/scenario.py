"""The scenario: which faults happen in the demo estate and when, as one table and pure functions of it.

Times are seconds since the estate was started; the table begins again after `cycle_seconds`. The first step
begins soon, so that a newcomer sees an outage in the first minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["ok", "slow", "status", "hang", "reset", "refuse"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one part of the estate answers. `seconds` belongs to `slow`, `status` to `status`.

    hang: takes the request and never answers; reset: the connection ends in a TCP reset; refuse: nobody listens
    (whole servers only; the name server says REFUSED).
    """

    kind: Kind
    seconds: float = 0.0
    status: int = 200


OK = Behaviour("ok")
HANG = Behaviour("hang")
RESET = Behaviour("reset")
REFUSE = Behaviour("refuse")


def slow(seconds: float) -> Behaviour:
    """Answers well, but only after so many seconds."""
    return Behaviour("slow", seconds=seconds)


def status(code: int) -> Behaviour:
    """Answers at once with this HTTP status (the name server: SERVFAIL; the batch job: reports that it failed)."""
    return Behaviour("status", status=code)


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """One part (`place`) behaves differently in `[start_seconds, end_seconds)` of every cycle."""

    title: str
    place: str
    behaviour: Behaviour
    start_seconds: int
    end_seconds: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script that repeats."""

    steps: tuple[ScenarioStep, ...]
    cycle_seconds: int


BATCH_JOB = "batch-job"
SSH = "ssh"

A_BAD_DAY = Scenario(
    (
        ScenarioStep("custody health check answers 503", "/custody/health", status(503), 20, 70),
        ScenarioStep("CAD incident list takes 2 s", "/cad/incidents", slow(2), 40, 90),
        ScenarioStep("service desk portal answers 503", "/portal/", status(503), 100, 150),
        ScenarioStep("nightly batch job fails", BATCH_JOB, status(500), 115, 160),
        ScenarioStep("custody record search answers 500", "/custody/search", status(500), 130, 180),
        ScenarioStep("records export hangs", "/records/export", HANG, 170, 220),
        ScenarioStep("nightly batch job stops reporting", BATCH_JOB, HANG, 230, 290),
        ScenarioStep("mobile gateway resets connections", "/mobile/gateway", RESET, 250, 285),
        ScenarioStep("network device refuses connections", SSH, REFUSE, 305, 340),
    ),
    cycle_seconds=360,
)
"""About six minutes of a supplier's bad day; docs/demo.md shows it as a table."""

CALM = Scenario((), cycle_seconds=360)
"""Nothing goes wrong by itself (the certificate that expires in five days still does)."""


def active(scenario: Scenario, seconds: float) -> tuple[ScenarioStep, ...]:
    """The steps that hold at this instant, in the table's order."""
    position = seconds % scenario.cycle_seconds
    return tuple(step for step in scenario.steps if step.start_seconds <= position < step.end_seconds)


def state(scenario: Scenario, seconds: float) -> dict[str, Behaviour]:
    """How each place that is not well behaves at this instant; whatever is not named is OK."""
    return {step.place: step.behaviour for step in active(scenario, seconds)}


def ends_in(scenario: Scenario, step: ScenarioStep, seconds: float) -> float:
    """Seconds until a step that holds now is over."""
    return step.end_seconds - seconds % scenario.cycle_seconds
