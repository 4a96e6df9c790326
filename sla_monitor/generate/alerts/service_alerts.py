"""Alerts about services: down, or degraded for some time."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import JourneyEndpoint
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Label, Text, text
from sla_monitor.generate.alerts.subject import (
    ALLOWANCE,
    MINUTE_MS,
    MONEY,
    SINCE,
    STEP_OF_SERVICE,
    AlertSubject,
    Group,
    expected_now,
    in_hours,
    minutes,
)
from sla_monitor.generate.grafana.drill_down import SERVICE
from sla_monitor.generate.promql import lasting


def service_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """Those about the services of one criticality."""
    yield _service_down(subject, group)
    yield _degraded(subject, group)


def _has_journeys(group: Group) -> bool:
    return any(isinstance(one, JourneyEndpoint) for service in group.services for one in service.endpoints)


def _details(subject: AlertSubject, group: Group) -> dict[str, Text]:
    return {
        "since": text(SINCE),
        **({"failed_step": text(STEP_OF_SERVICE)} if _has_journeys(group) else {}),
        "allowance_left": text(ALLOWANCE),
        "money_at_risk": text(MONEY),
        "call": subject.contacts(group.services),
    }


def _service_down(subject: AlertSubject, group: Group) -> Alert:
    """The state is by the contract's rule of confirmation already, unless that takes one failed probe for an outage."""
    several = [e for s in group.services for e in s.endpoints]
    is_unconfirmed = subject.terms.accounting.confirmation_failures == 1
    wait_ms = max(subject.confirmed_after_ms(e) for e in several) if is_unconfirmed else 0
    expression = f"{subject.select(names.SERVICE_STATE, service=group.names, state='down')} == 1"
    return Alert(
        names.SERVICE_DOWN,
        group.severity,
        expected_now(subject, expression, group),
        text(Label("service"), f" of {subject.terms.supplier} is down."),
        tuple(_down_cases(subject, group, wait_ms)),
        subject.labels(group),
        _details(subject, group),
        subject.dashboard(SERVICE, "service"),
        wait_ms,
        4 * subject.settings.alerting.scrape_every_ms,
    )


def _down_cases(subject: AlertSubject, group: Group, wait_ms: int) -> Iterator[AlertTest]:
    service = group.services[0]
    down = subject.sample(names.SERVICE_STATE, service=service.id, state="down")
    hours = in_hours(subject, service.id)
    came = subject.came(service=service.id, state="down")
    late = 6 * MINUTE_MS + minutes(wait_ms) * MINUTE_MS
    known = {
        subject.sample(names.SERVICE_OUTAGE_START, service=service.id): "240x~",
        subject.sample(names.KPI_ALLOWANCE_LEFT, service=service.id, kpi="any"): "60x~",
        subject.sample(names.OUTLOOK_CREDIT, currency="GBP", case="worst"): "1250x~",
    }
    told = {"since": "1970-01-01 00:04:00 +0000 UTC", "allowance": "1m 0s", "money": "1250 GBP"}
    if _has_journeys(group):
        known[subject.sample(names.FAILED_STEP, service=service.id, endpoint="any", step="any-step")] = "1x~"
        told["step"] = "any at any-step"
    yield AlertTest("fires while the service is down", late, {down: "0x3 1x~", **hours, **known}, came, told)
    failed = minutes(max(e.every_ms + e.timeout_ms for e in service.endpoints)) if wait_ms else 0
    series = "0x3 " + (f"1x{failed - 1} " if failed else "") + "0x~"
    degraded = subject.sample(names.SERVICE_STATE, service=service.id, state="degraded")
    for after in (1, 5):
        at_ms = (4 + failed + after) * MINUTE_MS
        yield AlertTest("one failed probe pages no one", at_ms, {down: series, degraded: "0x3 1 0x~", **hours})
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=service.id)
    yield AlertTest("permitted maintenance pages no one", late, {down: "0x3 1x~", booked: "1x~", **hours})
    closed = {subject.sample(names.SERVICE_AGREED, service=service.id): "3600x~"}
    yield AlertTest("no page outside service hours", late, {down: "0x3 1x~", **closed})
    unseen = subject.sample(names.SERVICE_STATE, service=service.id, state="unknown")
    yield AlertTest("what the monitor does not see pages no one", late, {down: "0x~", unseen: "1x~", **hours})


def _degraded(subject: AlertSubject, group: Group) -> Alert:
    patience_ms, service = subject.settings.alerting.patience_ms, group.services[0].id
    expression = f"{subject.select(names.SERVICE_STATE, service=group.names, state='degraded')} == 1"
    degraded = subject.sample(names.SERVICE_STATE, service=service, state="degraded")
    hours = in_hours(subject, service)
    late = (6 + minutes(patience_ms)) * MINUTE_MS
    came = subject.came(service=service, state="degraded")
    return Alert(
        names.SERVICE_DEGRADED,
        "warning",
        expected_now(subject, expression, group),
        text(Label("service"), f" of {subject.terms.supplier} has been degraded for {lasting(patience_ms)}."),
        (
            AlertTest("fires when it lasts", late, {degraded: "0x3 1x~", **hours}, came),
            AlertTest("a short degradation makes no ticket", late, {degraded: "0x3 1 0x~", **hours}),
        ),
        subject.labels(group),
        {"call": subject.contacts(group.services)},
        subject.dashboard(SERVICE, "service"),
        patience_ms,
    )
