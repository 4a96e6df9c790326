"""The steps of a journey in words."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.names import PHASES
from sla_monitor.sla.observation import StepFinding

TABLE_LIMIT = 1024
"""Bytes of the evidence that tell of the steps; the others are for the answer of the one that failed."""


def name_of_step(number: int, total: int, title: str) -> str:
    """It stands before the details of a step, whatever the supplier says in them."""
    return f"step {number} of {total}, «{title}»"


def step_table(steps: Sequence[StepFinding]) -> bytes:
    """A line for each step; of a long journey, the last ones."""
    total = len(steps)
    told = (
        f"{name_of_step(number, total, step.title)}: {describe_step(step)}\n" for number, step in enumerate(steps, 1)
    )
    lines = [line.encode() for line in told]
    while sum(map(len, lines)) > TABLE_LIMIT:
        del lines[0]
    return b"".join(lines)


def describe_step(step: StepFinding) -> str:
    """`down, status 500, 12.3 ms (first byte 12.0, transfer 0.1)`."""
    if step.outcome is None:
        return "not reached"
    phases = [(name.replace("_", " "), getattr(step.phases, f"{name}_us")) for name in PHASES]
    told = ", ".join(f"{name} {us / 1000:.1f}" for name, us in phases if us is not None)
    facts = [step.outcome.value, *([f"status {step.status}"] if step.status is not None else [])]
    return f"{', '.join(facts)}, {step.duration_us / 1000:.1f} ms" + (f" ({told})" if told else "")
