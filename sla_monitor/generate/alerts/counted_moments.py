"""Alerts speak only of moments that count: within service hours, and outside permitted maintenance."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.alerts.subject import Group, Subject
from sla_monitor.generate.promql import PER_SERVICE, joined


def expected_now(subject: Subject, expression: str, group: Group) -> str:
    """The same, but only within service hours and outside permitted maintenance."""
    return joined(
        expression,
        f"and {PER_SERVICE} {subject.select(subject.hours_record, service=group.names)} > 0",
        f"unless {PER_SERVICE} {subject.select(names.SERVICE_MAINTENANCE, service=group.names)} == 1",
    )


def in_hours(subject: Subject, service: str) -> dict[str, str]:
    """Series of a unit test in which a service's hours go on."""
    return {subject.sample(names.SERVICE_AGREED, service=service): "0+60x~"}
