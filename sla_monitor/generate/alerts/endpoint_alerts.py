"""Alerts about endpoints: several failed probes in a row, silent jobs, failing journeys, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import Endpoint, JourneyEndpoint, TlsTerms
from sla_monitor.contract.terms import Service
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Label, TextPiece, Value, text
from sla_monitor.generate.alerts.subject import (
    DAY_S,
    MINUTE_MS,
    STEP,
    AlertSubject,
    Group,
    expected_now,
    in_hours,
    minutes,
)
from sla_monitor.generate.grafana.drill_down import SERVICE
from sla_monitor.generate.promql import lasting

_OWN = {"heartbeat": names.HEARTBEAT_SILENT, "journey": names.JOURNEY_FAILING}
"""The kinds of endpoint that have an alert of their own."""

_SAID: dict[names.AlertName, tuple[str, tuple[TextPiece | str, ...]]] = {
    names.ENDPOINT_DOWN: ("has been down", ()),
    names.HEARTBEAT_SILENT: ("has been silent, failing or too slow", ()),
    names.JOURNEY_FAILING: ("has failed", (", now at step ", STEP)),
}
"""What each alert says of its endpoint, before and after how long."""


def endpoint_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """Those about the endpoints of the services of one criticality."""
    yield from _endpoints_down(subject, group)
    yield from _certificates(subject, group)


def _endpoints_down(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """One alert for each length of confirmation; heartbeats and journeys have their own."""
    for name in _SAID:
        waits: dict[int, list[tuple[Service, Endpoint]]] = {}
        for service, endpoint in ((one, each) for one in group.services for each in one.endpoints):
            if _OWN.get(endpoint.kind, names.ENDPOINT_DOWN) is name:
                waits.setdefault(subject.confirmed_after_ms(endpoint), []).append((service, endpoint))
        for wait_ms, several in sorted(waits.items()):
            yield _endpoint_down(subject, group, name, wait_ms, several)


def _endpoint_down(
    subject: AlertSubject,
    group: Group,
    name: names.AlertName,
    wait_ms: int,
    several: Sequence[tuple[Service, Endpoint]],
) -> Alert:
    endpoints = [endpoint.id for _, endpoint in several]
    expression = f"{subject.select(names.ENDPOINT_STATE, endpoint=endpoints, state='down')} == 1"
    what, more = _SAID[name]
    return Alert(
        name,
        "warning",
        expected_now(subject, expression, group),
        text(
            Label("endpoint"),
            " (",
            Label("service"),
            f") of {subject.terms.supplier} {what} for {lasting(wait_ms)}",
            *more,
            ".",
        ),
        tuple(_endpoint_cases(subject, *several[0], wait_ms)),
        {**subject.labels(group), "after": lasting(wait_ms)},
        {"call": subject.contacts(group.services)},
        subject.dashboard(SERVICE, "service"),
        wait_ms,
    )


def _endpoint_cases(subject: AlertSubject, service: Service, endpoint: Endpoint, wait_ms: int) -> Iterator[AlertTest]:
    where = {"service": service.id, "endpoint": endpoint.id, "state": "down"}
    down, hours = subject.sample(names.ENDPOINT_STATE, **where), in_hours(subject, service.id)
    late = (6 + minutes(wait_ms)) * MINUTE_MS
    at, told = _step(subject, service, endpoint)
    series = {down: "0x3 1x~", **at, **hours}
    yield AlertTest("fires when probes in a row have failed", late, series, subject.came(**where), told)
    failed = minutes(endpoint.every_ms)
    for after in (0, 5):
        at_ms = (4 + failed + after) * MINUTE_MS
        yield AlertTest("one failed probe makes no ticket", at_ms, {down: f"0x3 1x{failed - 1} 0x~", **hours})
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=service.id)
    yield AlertTest("permitted maintenance makes no ticket", late, {down: "0x3 1x~", booked: "1x~", **hours})


def _step(subject: AlertSubject, service: Service, endpoint: Endpoint) -> tuple[dict[str, str], dict[str, str]]:
    """The series that says at which step a journey fails, and what is told of it."""
    if not isinstance(endpoint, JourneyEndpoint):
        return {}, {}
    step = endpoint.steps[-1].id
    failed = subject.sample(names.FAILED_STEP, service=service.id, endpoint=endpoint.id, step=step)
    return {failed: "_x3 1x~"}, {STEP.name: step}


def _certificates(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """For the endpoints that show one."""
    endpoints = ((service, each) for service in group.services for each in service.endpoints)
    several = [(service, each) for service, each in endpoints if isinstance(each, TlsTerms) and each.shows_certificate]
    if not several:
        return
    days = subject.settings.alerting.certificate_days
    where = {"service": several[0][0].id, "endpoint": several[0][1].id}
    expiry = subject.sample(names.CERTIFICATE_EXPIRY, **where)
    told = {"value": f"{days - 1}d 0h 0m 0s"}
    expression = subject.select(names.CERTIFICATE_EXPIRY, endpoint=[e.id for _, e in several])
    yield Alert(
        names.CERTIFICATE_EXPIRING,
        "warning",
        f"{expression} - time() < {days * DAY_S}",
        text(
            "A certificate of ", Label("endpoint"), " (", Label("service"), ") expires in ", Value("humanizeDuration")
        ),
        (
            AlertTest(
                "fires so many days before",
                MINUTE_MS,
                {expiry: f"{(days - 1) * DAY_S + 60}x9"},
                subject.came(**where),
                told,
            ),
            AlertTest("a certificate that holds does not alert", MINUTE_MS, {expiry: f"{(days + 1) * DAY_S}x9"}),
        ),
        subject.labels(group),
        {"call": subject.contacts(group.services)},
        subject.dashboard(SERVICE, "service"),
    )
