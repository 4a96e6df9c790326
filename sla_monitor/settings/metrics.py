"""Metrics settings: which endpoints have series of their own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_monitor.contract.fields import Strict, Whole

EndpointSeries = Literal["all", "failing"]


class MetricsSettings(Strict):
    """What Prometheus is told of single endpoints: of 100,000 it is more than a scrape should carry."""

    endpoint_series: EndpointSeries = Field(
        "all",
        description="all: each endpoint has series of its own. failing: only those that are down or degraded, were down"
        " within the hour, or have a certificate that expires soon; probes are counted by service. Rules and dashboards"
        " must be generated again after a change.",
    )
    most_failing: Whole = Field(
        1_000,
        ge=1,
        le=100_000,
        description="With `failing`: so many endpoints have series at most, those that failed first; more are counted"
        " and alerted (SlaEndpointsUntold).",
    )
