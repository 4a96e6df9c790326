"""An alert as data: its rule, and the unit tests that show when it fires and when it stays quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sla_monitor.generate.alerts.annotations import Text, Told, literal
from sla_monitor.generate.promql import lasting
from sla_monitor.names import AlertName
from sla_monitor.settings import Links

Severity = Literal["critical", "warning", "info", "none"]
"""critical: somebody is called now. warning: a ticket in working hours. info: nobody. none: the watchdog."""

OURS = {"instance": "monitor:9810", "job": "sla_monitor"}
"""What Prometheus adds to every series that it scrapes from the daemon, in the unit tests."""


@dataclass(frozen=True, slots=True)
class AlertTest:
    """A unit test of promtool: series as they come in, and whether the alert fires at an instant.

    Values are in promtool's notation; `x~` is for as long as the test lasts.

    `fires`: the labels that come from the series; None: it stays quiet. `told`: what values and queries say.
    `step_ms`: how far apart the samples are.
    """

    title: str
    at_ms: int
    series: Mapping[str, str]
    fires: Mapping[str, str] | None = None
    told: Told = field(default_factory=dict)
    step_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule. `labels` are fixed; those of the series come on top.

    `summary` names what is wrong, `resolved` says what is known once it is over; without them, the name's own sentences
    do. `clock`: the offset of local time from UTC, from which Alertmanager's template makes the times that it knows.
    """

    name: AlertName
    severity: Severity
    expression: str
    description: Text
    cases: tuple[AlertTest, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Text] = field(default_factory=dict)
    dashboard: Text | None = None
    for_ms: int = 0
    summary: Text | None = None
    resolved: Text | None = None
    clock: Text | None = None

    @property
    def fixed_labels(self) -> dict[str, str]:
        return {"severity": self.severity, "area": self.name.area, **self.labels}

    def rule(self, links: Links) -> dict[str, Any]:
        """The rule as Prometheus reads it."""
        return {
            "alert": self.name.name,
            "expr": self.expression,
            **({"for": lasting(self.for_ms)} if self.for_ms else {}),
            "labels": {label: literal(value) for label, value in self.fixed_labels.items()},
            "annotations": {key: said.template() for key, said in self._annotations(links).items()},
        }

    def expected(self, case: AlertTest, links: Links) -> dict[str, Any]:
        """What promtool is to see in a case in which the alert fires."""
        labels = {**(case.fires or {}), **self.fixed_labels}
        said = {key: text.expected(labels, case.told) for key, text in self._annotations(links).items()}
        return {"exp_labels": labels, "exp_annotations": said}

    def _annotations(self, links: Links) -> dict[str, Text]:
        return {
            "summary": self.summary or Text((self.name.summary,)),
            "resolved": self.resolved or Text((self.name.over,)),
            "description": self.description,
            **self.details,
            "runbook_url": Text((f"{links.runbooks}#{self.name.name.lower()}",)),
            **({"dashboard_url": self.dashboard} if self.dashboard else {}),
            **({"clock": self.clock} if self.clock else {}),
        }
