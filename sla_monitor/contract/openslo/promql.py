"""Queries as OpenSLO has them, made into questions about a whole measurement period.

OpenSLO says what a query means (a counter, or a number that goes up and down), and leaves the window to the tool.
"""

from __future__ import annotations

import re

from sla_monitor.contract.kpis.prometheus_source import RANGE

STEP = "1m"
"""How far apart the points are at which a number that goes up and down is read."""

_TEXT = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`'
_TOKEN = re.compile(rf"{_TEXT}|#[^\n]*|\s+", re.DOTALL)
_LABELS = rf"\{{(?:{_TEXT}|[^{{}}\"'`])*\}}"
_SELECTOR = rf"[A-Za-z_:][\w:]*(?:\s*{_LABELS})?|{_LABELS}"
_COUNTER = re.compile(rf"({_SELECTOR})|sum\s*\(\s*({_SELECTOR})\s*\)", re.ASCII)
_WINDOW = re.compile(r"\{\{\s*\.\s*[wW]indow\s*\}\}|\$\{window\}|\$window\b")


def on_one_line(query: str) -> str:
    """Without comments and line breaks; what stands in quotes stays as it is."""

    def shortened(match: re.Match[str]) -> str:
        token = match[0]
        return token if token[0] in "\"'`" else "" if token[0] == "#" else " "

    return _WINDOW.sub(lambda _: RANGE, _TOKEN.sub(shortened, query)).strip()


def is_templated(query: str) -> bool:
    """Whether something of another tool's is still in it."""
    return "{{" in query or "}}" in query or bool(re.search(r"\$(?!range\b)[A-Za-z_{]", re.sub(_TEXT, "", query)))


def counted(query: str, is_counter: bool | None) -> str:
    """How much there was in the whole period. Raises ValueError where the query does not tell."""
    if RANGE in query:
        return query
    if is_counter is None:
        raise ValueError("counter is missing (write true or false)")
    if not is_counter:
        return f"sum(sum_over_time(({query})[{RANGE}:{STEP}]))"
    match = _COUNTER.fullmatch(query)
    if match is None:
        remedy = f"write sum(increase(...[{RANGE}])) in the KPI's terms by hand"
        raise ValueError(f"is said to be a counter and is more than one with sum() around it ({remedy})")
    return f"sum(increase({match[1] or match[2]}[{RANGE}]))"


def less_bad(total: str, bad: str) -> str:
    """The good ones, from all and the bad ones. Where there is no series of bad ones, none has happened yet."""
    return f"({total}) - (({bad}) or vector(0))"


def mean_percent(raw: str, is_failure: bool) -> str:
    """The mean of a ratio that is kept as such."""
    share = f"100 * avg(avg_over_time(({raw})[{RANGE}:{STEP}]))"
    return f"100 - {share}" if is_failure else share


def points(query: str, condition: str = ">= -Inf") -> str:
    """At how many points there was a number at all, or one on the right side of a limit."""
    return f"sum(count_over_time((({query}) {condition})[{RANGE}:{STEP}]))"
