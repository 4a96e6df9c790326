"""Alerts about permitted maintenance: that it is under way, and that it is over and the service is not back."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Instant, text
from sla_monitor.generate.alerts.subject import MINUTE_MS, AlertSubject, Group, asked_for
from sla_monitor.generate.grafana.drill_down import SERVICE
from sla_monitor.generate.promql import PER_SERVICE, joined

_BY = ("contract", "service")


def maintenance_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """Those about the maintenance of the services of one criticality."""
    yield _maintenance(subject, group)
    yield _overrun(subject, group)


def _maintenance(subject: AlertSubject, group: Group) -> Alert:
    """Tells nobody: it is there to mute the service's other alerts."""
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=group.services[0].id)
    return Alert(
        names.MAINTENANCE,
        "info",
        f"{subject.select(names.SERVICE_MAINTENANCE, service=group.names)} == 1",
        text("It mutes the other alerts of the service until it ends."),
        (
            AlertTest(
                "fires in permitted maintenance", MINUTE_MS, {booked: "1x9"}, subject.came(service=group.services[0].id)
            ),
            AlertTest("is quiet at other times", MINUTE_MS, {booked: "0x9"}),
        ),
        subject.labels(group),
        subject.about("service"),
        summary=text("Permitted maintenance of ", subject.service, " is under way."),
        resolved=text("Permitted maintenance of ", subject.service, " has ended."),
        clock=subject.clock,
    )


def _overrun(subject: AlertSubject, group: Group) -> Alert:
    """An outage that was there when maintenance ended, and goes on."""
    start = subject.select(names.SERVICE_OUTAGE_START, service=group.names)
    end = subject.select(names.SERVICE_MAINTENANCE_END, service=group.names)
    return Alert(
        names.MAINTENANCE_OVERRUN,
        group.severity,
        joined(
            f"{end} < time()",
            f"and {PER_SERVICE} ({start} <= {end})",
            f"unless {PER_SERVICE} {subject.select(names.SERVICE_MAINTENANCE, service=group.names)} == 1",
        ),
        text(
            "The permitted maintenance was to end at ",
            Instant("ended", asked_for(names.SERVICE_MAINTENANCE_END, _BY), _BY),
            "; downtime counts from then on.",
        ),
        tuple(_overrun_cases(subject, group.services[0].id)),
        subject.labels(group),
        {
            **subject.about("service"),
            "reason": subject.failing(*_BY),
            "since": text(Instant("since", asked_for(names.SERVICE_OUTAGE_START, _BY), _BY)),
            "promise": subject.promises_of_service,
            **subject.impact(*_BY),
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
        summary=text("Maintenance of ", subject.service, " is over, and the service is still down."),
        resolved=text(subject.service, " is not seen to be down after its maintenance any more."),
        clock=subject.clock,
    )


def _overrun_cases(subject: AlertSubject, service: str) -> Iterator[AlertTest]:
    start = subject.sample(names.SERVICE_OUTAGE_START, service=service)
    end = subject.sample(names.SERVICE_MAINTENANCE_END, service=service)
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=service)
    told = {
        "ended": "1 Jan 1970 01:10:00 BST (00:10:00 UTC)",
        "since": "1 Jan 1970 01:01:00 BST (00:01:00 UTC)",
        "clock": "3600 BST",
    }
    late, running = 12 * MINUTE_MS, {end: "600x20", booked: "1x9 0x20", **subject.clock_series()}
    yield AlertTest(
        "fires when the service stays away", late, {start: "60x20", **running}, subject.came(service=service), told
    )
    yield AlertTest("is quiet while maintenance goes on", 9 * MINUTE_MS, {start: "60x20", **running})
    yield AlertTest("is quiet when the service is back", late, {start: "60x10 stale", **running})
    yield AlertTest("an outage that began later is another matter", late, {start: "_x10 660x9", **running})
