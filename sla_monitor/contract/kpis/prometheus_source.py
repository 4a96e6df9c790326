"""Where a KPI's figure is asked for: queries in PromQL to a Prometheus, or to whatever speaks its API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from sla_monitor.contract.endpoints.http_terms import BasicAuth
from sla_monitor.contract.endpoints.network import Url
from sla_monitor.contract.fields import DurationMs, FilePath, Misplaced, Strict, spelled_duration
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.reading.secret import Secret
from sla_monitor.contract.rules.plain_values import RuleProblem

if TYPE_CHECKING:
    from sla_monitor.contract.terms import Terms

RANGE = "$range"
"""In a query, the time from the beginning of the measurement period to the instant of evaluation."""

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
_GROWS = re.compile(r"\b(rate|increase|\w+_over_time)\s*\(|_(total|count|sum|bucket)\b")
"""What a query looks like that is about a stretch of time."""

Query = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class PrometheusSource(Strict):
    """A figure from a Prometheus: either `good` and `total`, or `value`."""

    prometheus: Url = Field(description="Its address, up to what comes before /api/v1/query.")
    good: Query | None = Field(None, description="PromQL: how many events were good. $range: the period so far.")
    total: Query | None = Field(None, description="PromQL: how many events there were.")
    value: Query | None = Field(None, description="PromQL: or the figure itself, in the KPI's unit.")
    every_ms: DurationMs = Field(DAY_MS, alias="every", description="How often to ask; 1h or longer.")
    timeout_ms: DurationMs = Field(30_000, alias="timeout", description="How long one answer may take.")
    basic_auth: BasicAuth | None = Field(None, description="User name and password.")
    bearer_token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")

    @property
    def queries(self) -> dict[str, str]:
        """By name, what is asked."""
        asked = {"good": self.good, "total": self.total, "value": self.value}
        return {name: query for name, query in asked.items() if query is not None}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        problems = [*self._asks_one_thing()]
        if self.every_ms < HOUR_MS:
            problems.append((("every",), f"must be at least {spelled_duration(HOUR_MS)} (a figure is of a month)"))
        if self.timeout_ms > HOUR_MS:
            problems.append((("timeout",), f"must be at most {spelled_duration(HOUR_MS)} (write for example 30s)"))
        if "?" in self.prometheus or "#" in self.prometheus:
            problems.append((("prometheus",), "must end with the path (leave out what follows ? or #)"))
        if self.basic_auth is not None and self.bearer_token is not None:
            problems.append((("bearer_token",), "or basic_auth: write one of the two"))
        if problems:
            raise Misplaced(problems)
        return self

    def _asks_one_thing(self) -> Iterator[RuleProblem]:
        given = set(self.queries)
        if given in ({"good"}, {"total"}):
            missing = min({"good", "total"} - given)
            yield (missing,), "is missing: good and total belong together (write both, or value alone)"
        elif given not in ({"good", "total"}, {"value"}):
            yield ("value",), "or good and total: write value alone, or both of good and total"


def source_at(url: str, folder: Path, **more: str) -> PrometheusSource:
    """A Prometheus that somebody names outside of a contract; paths in `more` are relative to the folder. Raises
    ValueError with all that is wrong."""
    try:
        return PrometheusSource.model_validate({"prometheus": url, "value": "1", **more}, context={"folder": folder})
    except ValidationError as error:
        told = (details["msg"].removeprefix("Value error, ") for details in error.errors(include_url=False))
        raise ValueError("; ".join(told)) from None


class AskedKpi(KpiTerms):
    """A KPI whose figure may be asked of a Prometheus; it is entered in the register as the authority's."""

    source: PrometheusSource | None = Field(
        None, description="The Prometheus that knows the figure; none: it comes from elsewhere."
    )

    @model_validator(mode="after")
    def _is_asked_for_what_it_is(self) -> Self:
        problems = [(("source", *path), message) for path, message in self._misfits()]
        if problems:
            raise Misplaced(problems)
        return self

    def _misfits(self) -> Iterator[RuleProblem]:
        """What a source may not ask for this kind of KPI."""
        if self.source is not None and self.source.good is not None:
            yield ("good",), "and total belong to indicator: ratio_in_target (write value)"

    @property
    def asked_source(self) -> PrometheusSource | None:
        return self.source

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        """Queries that are hardly about the measurement period."""
        for name, query in self.source.queries.items() if self.source is not None else ():
            if RANGE not in query and (name != "value" or _GROWS.search(query)):
                message = f"has no {RANGE}: the answer is not about the measurement period"
                yield ("source", name), f"{message} (write for example sum(increase(requests_total[{RANGE}])))"
