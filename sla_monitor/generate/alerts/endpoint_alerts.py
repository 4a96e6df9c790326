"""Alerts about endpoints: several failed probes in a row, silent jobs, failing journeys, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import Endpoint, JourneyEndpoint, TlsTerms
from sla_monitor.contract.terms import Service
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import (
    FirstThatHolds,
    Instant,
    Text,
    ValueBySign,
    how_long,
    last_known,
    monitor_gone,
    text,
)
from sla_monitor.generate.alerts.subject import (
    DAY_S,
    MINUTE_MS,
    AlertSubject,
    Group,
    asked_for,
    expected_lately,
    expected_now,
    in_hours,
    minutes,
)
from sla_monitor.generate.grafana.drill_down import SERVICE
from sla_monitor.generate.promql import PER_ENDPOINT, lasting
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.durations import format_duration, format_short_duration
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.vocabulary import describe_reason

UTC = ZoneInfo("UTC")

_OWN = {"heartbeat": names.HEARTBEAT_SILENT, "journey": names.JOURNEY_FAILING}
"""The kinds of endpoint that have an alert of their own."""

_BY = ("contract", "service", "endpoint")
_STARTED, _ENDED = asked_for(names.DOWN_START, _BY), asked_for(names.DOWN_END, _BY)


def endpoint_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """Those about the endpoints of the services of one criticality."""
    yield from _endpoints_down(subject, group)
    yield from _certificates(subject, group)


def _endpoints_down(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """One alert for each length of confirmation; heartbeats and journeys have their own."""
    for name in (names.ENDPOINT_DOWN, *_OWN.values()):
        waits: dict[int, list[tuple[Service, Endpoint]]] = {}
        for service, endpoint in ((one, each) for one in group.services for each in one.endpoints):
            if _OWN.get(endpoint.kind, names.ENDPOINT_DOWN) is name:
                waits.setdefault(subject.confirmed_after_ms(endpoint), []).append((service, endpoint))
        for number, (wait_ms, several) in enumerate(sorted(waits.items())):
            alert = _endpoint_down(subject, group, name, wait_ms, several)
            over = () if number else tuple(_over_cases(subject, *several[0], wait_ms))
            yield replace(alert, cases=(*alert.cases, *over))


def _endpoint_down(
    subject: AlertSubject,
    group: Group,
    name: names.AlertName,
    wait_ms: int,
    several: Sequence[tuple[Service, Endpoint]],
) -> Alert:
    endpoints = [endpoint.id for _, endpoint in several]
    state = subject.select(names.ENDPOINT_STATE, endpoint=endpoints, state="down")
    what, meaning = _words(subject, name)
    return Alert(
        name,
        "warning",
        subject.lingering(
            name,
            state,
            PER_ENDPOINT,
            expected_now(subject, f"{state} == 1", group),
            expected_lately(subject, group),
        ),
        meaning,
        tuple(_endpoint_cases(subject, *several[0], wait_ms)),
        {**subject.labels(group), "after": lasting(wait_ms)},
        {
            **subject.about("service", "endpoint"),
            "reason": subject.failing(*_BY),
            **({"failed_step": text(subject.step_of_endpoint)} if name is names.JOURNEY_FAILING else {}),
            "since": text(Instant("since", last_known(_STARTED, _STARTED, PER_ENDPOINT), _BY)),
            "in_hand": subject.in_hand(*_BY),
            "promise": subject.promises_of_service,
            **subject.impact("contract", "service"),
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
        wait_ms,
        what,
        _came_to(subject),
        subject.clock,
    )


def _words(subject: AlertSubject, name: names.AlertName) -> tuple[Text, Text]:
    """What is wrong, and what that means."""
    if name is names.HEARTBEAT_SILENT:
        return (
            text("The job ", subject.endpoint, " of ", subject.service, " has failed, is late or takes too long."),
            text("The job has not reported its success as the contract wants it."),
        )
    if name is names.JOURNEY_FAILING:
        return (
            text(subject.endpoint, ", a transaction through ", subject.service, ", fails."),
            text("Several in a row have failed: a user of the service is stopped there."),
        )
    return (
        text(subject.endpoint, " of ", subject.service, " is down."),
        text("Several probes in a row have failed. The service as a whole may be up all the same."),
    )


def _came_to(subject: AlertSubject) -> Text:
    """What became of an endpoint that was down, as far as it is known."""

    def now(states: str) -> str:
        return asked_for(names.ENDPOINT_STATE, _BY, f"state=~'{states}'") + " == 1"

    where = text(subject.endpoint, " of ", subject.service)
    lasted = how_long(f"{_ENDED} - ignoring (reason) {_STARTED}", _BY)
    recovered = where + text(" recovered at ", Instant("until", _ENDED, _BY), ", after ", lasted)
    return text(
        FirstThatHolds(
            "became",
            (
                ("up", f"{now('up')} and {PER_ENDPOINT} {_ENDED}", recovered + text(".")),
                ("degraded", f"{now('degraded')} and {PER_ENDPOINT} {_ENDED}", recovered + text("; it was slow then.")),
                ("unseen", now("unknown"), where + text(" was no longer seen: whether it works is not known.")),
                ("gone", f"absent({asked_for(names.ENDPOINT_STATE, _BY)})", monitor_gone(where)),
            ),
            _BY,
            where + text(" no longer counts as down."),
        )
    )


def _endpoint_cases(subject: AlertSubject, service: Service, endpoint: Endpoint, wait_ms: int) -> Iterator[AlertTest]:
    where = {"service": service.id, "endpoint": endpoint.id, "state": "down"}
    down, hours = subject.sample(names.ENDPOINT_STATE, **where), in_hours(subject, service.id)
    late = (6 + minutes(wait_ms)) * MINUTE_MS
    at, told = _step(subject, service, endpoint)
    began = {subject.sample(names.DOWN_START, service=service.id, endpoint=endpoint.id, reason="too_costly"): "180x~"}
    name = subject.endpoints.get(endpoint.id, endpoint.id)
    told |= {"since": "1 Jan 1970 01:03:00 BST (00:03:00 UTC)", "clock": "3600 BST"}
    told["reason"] = f"{name}: {describe_reason(Reason.TOO_COSTLY)}"
    own, others = ({"endpoint": endpoint.id}, {"endpoint": "other"})
    taken = {
        subject.sample(names.ACKNOWLEDGED, service=service.id, by=by, text="On it.", **whose): "200x~"
        for by, whose in (("kim", own), ("lee", others), ("ann", {}))
    }
    told["in_hand"] = "kim: On it."
    series = {down: "0x3 1x~", **at, **hours, **began, **taken, **subject.clock_series()}
    yield AlertTest("fires when probes in a row have failed", late, series, subject.came(**where), told)
    failed = minutes(endpoint.every_ms)
    for after in (0, 5):
        at_ms = (4 + failed + after) * MINUTE_MS
        yield AlertTest("one failed probe makes no ticket", at_ms, {down: f"0x3 1x{failed - 1} 0x~", **hours})
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=service.id)
    yield AlertTest("permitted maintenance makes no ticket", late, {down: "0x3 1x~", booked: "1x~", **hours})


def _over_cases(subject: AlertSubject, service: Service, endpoint: Endpoint, wait_ms: int) -> Iterator[AlertTest]:
    """The alert lingers for a moment, so that its last text says what has become of the endpoint."""
    where = {"service": service.id, "endpoint": endpoint.id}
    down, up = (subject.sample(names.ENDPOINT_STATE, **where, state=state) for state in ("down", "up"))
    step_ms = min(subject.linger_ms, MINUTE_MS) // 2
    late = (6 + minutes(wait_ms)) * MINUTE_MS
    at, end_s = late // step_ms, late // 1000
    series = {
        down: f"0x3 1x{at - 5} 0x~",
        up: "1x~",
        subject.sample(names.SERVICE_AGREED, service=service.id): f"0+{step_ms / 1000:g}x~",
        subject.sample(names.DOWN_START, **where, reason="timeout"): "60x~",
        subject.sample(names.DOWN_END, **where): f"_x{at - 1} {end_s}x~",
    }
    name = subject.endpoints.get(endpoint.id, endpoint.id)
    told = {
        "reason": f"{name}: {describe_reason(Reason.TIMEOUT)}",
        "since": "1 Jan 1970 00:01:00 UTC",
        "became": "up",
        "until": f"1 Jan 1970 {end_s // 3600:02d}:{end_s // 60 % 60:02d}:{end_s % 60:02d} UTC",
        "lasted": format_duration((end_s - 60) * 1000),
    }
    after = (at + 1) * step_ms
    yield AlertTest("says when it recovered", after, series, subject.came(**where, state="down"), told, step_ms)
    yield AlertTest("ends after that", after + 2 * subject.linger_ms, series, None, {}, step_ms)


def _step(subject: AlertSubject, service: Service, endpoint: Endpoint) -> tuple[dict[str, str], dict[str, str]]:
    """The series that says at which step a journey fails, and what is told of it."""
    if not isinstance(endpoint, JourneyEndpoint):
        return {}, {}
    step = endpoint.steps[-1].id
    failed = subject.sample(names.FAILED_STEP, service=service.id, endpoint=endpoint.id, step=step)
    return {failed: "_x3 1x~"}, {subject.step_of_endpoint.name: subject.steps.get(step, step)}


def _certificates(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """For the endpoints that show one."""
    endpoints = ((service, each) for service in group.services for each in service.endpoints)
    several = [(service, each) for service, each in endpoints if isinstance(each, TlsTerms) and each.shows_certificate]
    if not several:
        return
    days = subject.settings.alerting.certificate_days
    where = {"service": several[0][0].id, "endpoint": several[0][1].id}
    expiry = subject.sample(names.CERTIFICATE_EXPIRY, **where)
    expression = subject.select(names.CERTIFICATE_EXPIRY, endpoint=[e.id for _, e in several])
    soon_s, gone_s = (days - 1) * DAY_S, 120
    told = {"value": f"expires in {format_short_duration(soon_s * 1000)}", "clock": "3600 BST"}
    at = format_instant((soon_s + 60) * 1000, UTC)
    local = format_instant((soon_s + 60 + 3600) * 1000, UTC).replace("UTC", "BST")
    told["expiry"] = f"{local} ({at.rpartition(' 1970 ')[2]})"
    past = {"value": f"expired {format_short_duration(gone_s * 1000)} ago", "expiry": "1 Jan 1970 00:01:00 UTC"}
    yield Alert(
        names.CERTIFICATE_EXPIRING,
        "warning",
        f"{expression} - time() < {days * DAY_S}",
        text(
            "End of its validity: ",
            Instant("expiry", asked_for(names.CERTIFICATE_EXPIRY, _BY), _BY),
            ". After that, every probe fails.",
        ),
        (
            AlertTest(
                "fires so many days before",
                MINUTE_MS,
                {expiry: f"{soon_s + 60}x9", **subject.clock_series()},
                subject.came(**where),
                told,
            ),
            AlertTest(
                "says so when it has expired", (gone_s + 60) * 1000, {expiry: "60x~"}, subject.came(**where), past
            ),
            AlertTest("a certificate that holds does not alert", MINUTE_MS, {expiry: f"{(days + 1) * DAY_S}x9"}),
        ),
        subject.labels(group),
        {
            **subject.about("service", "endpoint"),
            "promise": subject.promises_of_service,
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
        summary=text(
            "A certificate of ",
            subject.endpoint,
            " (",
            subject.service,
            ") ",
            ValueBySign("expires in ", "expired ", " ago"),
            ".",
        ),
        resolved=text(
            "The certificate of ", subject.endpoint, f" no longer expires within {days} days, or is no longer seen."
        ),
        clock=subject.clock,
    )
