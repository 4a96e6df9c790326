"""An indicator of OpenSLO's as a question to Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sla_monitor.contract.kpis.prometheus_source import RANGE
from sla_monitor.contract.openslo.pieces import OpenSloPiece, Refused

_OPERATORS = {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The DataSource objects of the file by name, and where sources without an address are."""

    known: Mapping[str, OpenSloPiece]
    usual: str

    def address(self, metric: OpenSloPiece) -> str:
        """Where a metric is asked for. Raises Refused unless it is a Prometheus."""
        source, reference = metric, metric.at("metricSourceRef")
        if reference is not None:
            found = self.known.get(reference.text())
            if found is None:
                raise reference.refusal("no such DataSource in this file (add it, or write type: Prometheus)")
            source = found.need("spec")
        kind = (metric.at("type") or source.need("type")).text()
        if kind.casefold() != "prometheus":
            raise metric.refusal(f"a metric source of type {kind[:40]!r} is not read (only Prometheus is)")
        details = source.at("connectionDetails")
        url = details.at("url") if details is not None else None
        return url.text() if url is not None else self.usual


def source_of(indicator: OpenSloPiece, objective: OpenSloPiece, sources: Sources) -> dict[str, str]:
    """`prometheus` with good and total, or with value. Raises Refused."""
    spec = indicator.need("spec")
    ratio, threshold = spec.at("ratioMetric"), spec.at("thresholdMetric")
    if (ratio is None) == (threshold is None):
        raise spec.refusal("must have one of ratioMetric and thresholdMetric")
    if ratio is not None:
        return _ratio(ratio, sources)
    return _threshold(threshold, objective, sources) if threshold is not None else {}


def _ratio(ratio: OpenSloPiece, sources: Sources) -> dict[str, str]:
    if ratio.at("raw") is not None:
        return _raw(ratio, sources)
    which = "bad" if ratio.at("bad") is not None else "good"
    if which == "bad" and ratio.at("good") is not None:
        raise ratio.refusal("has both good and bad (write one of the two)")
    part_at, part = _metric(ratio.need(which), sources)
    total_at, total = _metric(ratio.need("total"), sources)
    if part_at != total_at:
        raise ratio.refusal(f"{which} and total are kept in different places (one Prometheus must know both)")
    part, total = _counted(ratio, which, part), _counted(ratio, "total", total)
    return {
        "prometheus": part_at,
        "good": part if which == "good" else less_bad(total, part),
        "total": total,
    }


def _counted(ratio: OpenSloPiece, which: str, query: str) -> str:
    counter = ratio.at("counter")
    is_counter = None if counter is None else counter.value
    if is_counter not in (None, True, False):
        raise ratio.refusal("counter must be true or false")
    try:
        return counted(query, is_counter)
    except ValueError as error:
        raise ratio.need(which).refusal(str(error)) from None


def _raw(ratio: OpenSloPiece, sources: Sources) -> dict[str, str]:
    kind = ratio.need("rawType")
    if kind.value not in ("success", "failure"):
        raise kind.refusal("must be success or failure")
    if any(ratio.at(other) is not None for other in ("good", "bad", "total")):
        raise ratio.refusal("has raw beside good, bad or total (write one of the two)")
    address, query = _metric(ratio.need("raw"), sources)
    value = query if RANGE in query else mean_percent(query, kind.value == "failure")
    if RANGE in query:
        value = f"100 - 100 * ({query})" if kind.value == "failure" else f"100 * ({query})"
    return {"prometheus": address, "value": value}


def _threshold(threshold: OpenSloPiece, objective: OpenSloPiece, sources: Sources) -> dict[str, str]:
    """The share of the minutes in which the number was on the right side."""
    operator, limit = objective.need("op"), objective.need("value")
    sign = _OPERATORS.get(str(operator.value))
    if sign is None:
        raise operator.refusal("must be lte, gte, lt or gt")
    if isinstance(limit.value, bool) or not isinstance(limit.value, int | Decimal):
        raise limit.refusal("must be a number")
    address, query = _metric(threshold, sources)
    if RANGE in query:
        raise threshold.refusal("a query over the whole window has no minutes to be compared (leave the window out)")
    condition = f"{sign} {Decimal(limit.value):f}"
    good = f"{points(query, condition)} or vector(0)"
    return {"prometheus": address, "good": good, "total": points(query)}


def _metric(holder: OpenSloPiece, sources: Sources) -> tuple[str, str]:
    """Address and query, on one line."""
    metric = holder.need("metricSource")
    address = sources.address(metric)
    spec = metric.need("spec")
    found = spec.at("query") or spec.at("promql")
    if found is None:
        raise spec.refusal("query is missing (PromQL)")
    query = on_one_line(found.text())
    if not query or is_templated(query):
        raise found.refusal("holds a placeholder of another tool (only {{.window}} is known)")
    return address, query


def credentials(known: Mapping[str, OpenSloPiece]) -> None:
    """Note how sources are connected to: secrets are never taken."""
    for source in known.values():
        try:
            details = source.need("spec").at("connectionDetails")
        except Refused:
            continue
        if details is not None:
            details.leave_others({"url"}, "is not taken (write basic_auth, bearer_token or ca_file under source)")


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

    def abridged(match: re.Match[str]) -> str:
        token = match[0]
        return token if token[0] in "\"'`" else "" if token[0] == "#" else " "

    return _WINDOW.sub(lambda _: RANGE, _TOKEN.sub(abridged, query)).strip()


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
