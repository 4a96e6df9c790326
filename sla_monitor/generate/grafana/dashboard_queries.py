"""Queries of the dashboards: each selector is limited to the monitor and, where possible, to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor.names import MetricName

MONITOR = ('job=~"$job"', 'instance=~"$instance"')
CONTRACT = ('contract=~"$contract"',)
SERVICE = ('contract=~"$contract"', 'service=~"$service"')
STATE_CODES = {"degraded": 1, "unknown": 2, "down": 3}
"""A state as a number, worst last; up is 0."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel. `legend`: how its series are called; in a table, the name of its column."""

    expression: str
    legend: str = ""
    is_instant: bool = False


def select(metric: MetricName | str, *matchers: str) -> str:
    """The series of a metric that the variables of a dashboard ask for."""
    name = metric if isinstance(metric, str) else metric.sample
    return f"{name}{{{','.join((*MONITOR, *matchers))}}}"


def rate(metric: MetricName, *matchers: str) -> str:
    """How fast a counter rises."""
    return f"rate({select(metric, *matchers)}[$__rate_interval])"


def each(labels: str, expression: str) -> str:
    """One series for each combination of the labels, whoever scraped it."""
    return f"max by ({labels}) ({expression})"


def or_zero(expression: str) -> str:
    """Nothing is nought: for counts of what is seldom there."""
    return f"{expression} or vector(0)"


def state_code(metric: MetricName, labels: str, matchers: Sequence[str]) -> str:
    """0 up, 1 degraded, 2 unknown, 3 down, from a set of states of which one is 1."""
    return " + ".join(
        each(labels, select(metric, *matchers, f'state="{state}"')) + (f" * {code}" if code > 1 else "")
        for state, code in STATE_CODES.items()
    )
