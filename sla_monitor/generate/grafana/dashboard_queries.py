"""Queries of the dashboards: each selector is limited to the monitor and, where possible, to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor import names
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


def or_zero(expression: str, of: str) -> str:
    """Nothing is nought, for counts of what is seldom there: as long as there is anything `of` which it is a count.
    Of a monitor that is not scraped, nought would be a claim."""
    return f"{expression} or count({of}) * 0"


def cut(expression: str, places: int) -> str:
    """A figure cut off and not rounded: what is below its target never reads as the target."""
    size = 10**places
    return f"floor(({expression}) * {size} + 1e-6) / {size}"


def state_code(metric: MetricName, labels: str, matchers: Sequence[str]) -> str:
    """0 up, 1 degraded, 2 unknown, 3 down, from a set of states of which one is 1."""
    return " + ".join(
        each(labels, select(metric, *matchers, f'state="{state}"')) + (f" * {code}" if code > 1 else "")
        for state, code in STATE_CODES.items()
    )


KPI_LABELS = "contract, kpi, service"


def kpi_state_code(matchers: Sequence[str]) -> str:
    """0 met, 1 no figure yet, 2 not assessable, 3 missed: the page's words for it, worst last.

    A KPI of tickets has a figure by its contract before there is any ticket: no figure yet.
    """
    met, nothing = _kpi(names.KPI_MET, matchers), _kpi(names.KPI_OF_NOTHING, matchers)
    figure = f"({met} unless {nothing})"
    return (
        f"({figure} unless {_is_assessable(matchers)}) * 0 + 2 or ({figure} == 0) + 3 or {figure} * 0"
        f" or {_kpi(names.KPI_ASSESSABLE, matchers)} * 0 + 1"
    )


def assessed(expression: str, matchers: Sequence[str]) -> str:
    """A KPI's figure where it is assessable; NaN where one is there that is not, and nothing where there is none."""
    return f"{only_assessable(expression, matchers)} or {unassessed(matchers)} * NaN"


def only_assessable(expression: str, matchers: Sequence[str]) -> str:
    """A KPI's figure where it is assessable, and made of anything."""
    nothing = _kpi(names.KPI_OF_NOTHING, matchers)
    return f"({expression}) and on ({KPI_LABELS}) ({_is_assessable(matchers)} unless {nothing})"


def unassessed(matchers: Sequence[str]) -> str:
    """The KPIs with a figure of which too little was seen."""
    return f"({_kpi(names.KPI_MET, matchers)} unless {_is_assessable(matchers)})"


def _is_assessable(matchers: Sequence[str]) -> str:
    return f"({_kpi(names.KPI_ASSESSABLE, matchers)} == 1)"


def _kpi(metric: MetricName, matchers: Sequence[str]) -> str:
    return each(KPI_LABELS, select(metric, *matchers))
