"""The series that count probes: of each endpoint, or of each service where only failing endpoints have series."""

from __future__ import annotations

from typing import NamedTuple

from sla_monitor import names
from sla_monitor.names import MetricName
from sla_monitor.settings.metrics import MetricsSettings


class ProbeSeries(NamedTuple):
    """`by`: the labels beside those of every series."""

    made: MetricName
    failed: MetricName
    by: tuple[str, ...]

    @property
    def has_each(self) -> bool:
        """Whether each endpoint has series."""
        return "endpoint" in self.by

    @classmethod
    def of(cls, settings: MetricsSettings) -> ProbeSeries:
        """Those that there are with these settings: a rule on others would be silent for ever."""
        if settings.endpoint_series == "all":
            return cls(names.PROBES, names.PROBE_FAILURES, ("contract", "service", "endpoint"))
        return cls(names.SERVICE_PROBES, names.SERVICE_PROBE_FAILURES, ("contract", "service"))

    @property
    def where(self) -> dict[str, str]:
        """Some labels of a series, for unit tests."""
        return {label: label[0] for label in self.by}
