"""Alerts about services: down, or degraded for some time."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import JourneyEndpoint
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest
from sla_monitor.generate.alerts.annotations import (
    FirstThatHolds,
    Instant,
    Text,
    how_long,
    last_known,
    monitor_gone,
    text,
)
from sla_monitor.generate.alerts.subject import (
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
from sla_monitor.generate.promql import PER_SERVICE, joined, lasting, sample
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.vocabulary import describe_reason

_BY = ("contract", "service")
OFTEN, SPELLS = "0.2", 3
"""What comes and goes is told as what lasts: in more than this share of a while, and at least so many times."""
LONGEST_WHILE_MS = 6 * 60 * MINUTE_MS
IN_HAND = "On it; {{ $value }} & more at 15:00"
"""What somebody wrote, of whom the unit tests are told: a template in it stays what it is."""
_OPEN = asked_for(names.SERVICE_OUTAGE_START, _BY)
_STARTED = f"{_OPEN} or {asked_for(names.LAST_OUTAGE_START, _BY)}"
_ENDED = asked_for(names.LAST_OUTAGE_END, _BY)


def service_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """Those about the services of one criticality."""
    yield _service_down(subject, group)
    yield _degraded(subject, group)


def _has_journeys(group: Group) -> bool:
    return any(isinstance(one, JourneyEndpoint) for service in group.services for one in service.endpoints)


def _details(subject: AlertSubject, group: Group) -> dict[str, Text]:
    return {
        **subject.about("service"),
        "reason": subject.failing(*_BY),
        "since": text(Instant("since", last_known(_STARTED, _OPEN, PER_SERVICE), _BY)),
        "in_hand": subject.in_hand(*_BY),
        **({"failed_step": text(subject.step_of_service)} if _has_journeys(group) else {}),
        "promise": subject.promises_of_service,
        **subject.impact(*_BY),
        "call": subject.contacts(group.services),
    }


def came_to(subject: AlertSubject, otherwise: Text) -> Text:
    """What became of an outage of a service, as far as it is known: recovered, unseen, or no longer counted."""

    def now(*states: str) -> str:
        one_of = "|".join(states)
        return asked_for(names.SERVICE_STATE, _BY, f"state=~'{one_of}'") + " == 1"

    service = subject.service
    lasted = how_long(f"{_ENDED} - {asked_for(names.LAST_OUTAGE_START, _BY)}", _BY)
    recovered = text(service, " recovered at ", Instant("until", _ENDED, _BY), ", after ", lasted)
    booked = f"{now('down')} and {PER_SERVICE} {asked_for(names.SERVICE_MAINTENANCE, _BY)} == 1"
    closed = f"{now('down')} unless {PER_SERVICE} {subject.hours_record}{{contract='%[1]s',service='%[2]s'}} > 0"
    return text(
        FirstThatHolds(
            "became",
            (
                ("up", f"{now('up')} and {PER_SERVICE} {_ENDED}", recovered + text(".")),
                (
                    "degraded",
                    f"{now('degraded')} and {PER_SERVICE} {_ENDED}",
                    recovered + text("; it was degraded then."),
                ),
                (
                    "unseen",
                    now("unknown"),
                    text(service, " was no longer seen: whether it has recovered is not known."),
                ),
                ("gone", f"absent({asked_for(names.SERVICE_STATE, _BY)})", monitor_gone(service)),
                ("booked", booked, text("Permitted maintenance of ", service, " has begun; it was still down then.")),
                ("closed", closed, text("The service hours of ", service, " have ended; it was still down then.")),
            ),
            _BY,
            otherwise,
        )
    )


def _service_down(subject: AlertSubject, group: Group) -> Alert:
    """The state is by the contract's rule of confirmation already, unless that takes one failed probe for an outage."""
    several = [e for s in group.services for e in s.endpoints]
    failures = subject.terms.accounting.confirmation_failures
    wait_ms = max(subject.confirmed_after_ms(e) for e in several) if failures == 1 else 0
    state = subject.select(names.SERVICE_STATE, service=group.names, state="down")
    rule = "one failed probe is" if failures == 1 else f"{failures} failed probes in a row are"
    return Alert(
        names.SERVICE_DOWN,
        group.severity,
        subject.lingering(
            names.SERVICE_DOWN, state, PER_SERVICE, expected_now(subject, f"{state} == 1", group),
            expected_lately(subject, group),
        ),
        text(f"By the contract’s rule, {rule} an outage. This one is in service hours, outside permitted maintenance."),
        tuple(_down_cases(subject, group, wait_ms)),
        subject.labels(group),
        _details(subject, group),
        subject.dashboard(SERVICE, "service"),
        wait_ms,
        text(subject.service, " is down."),
        came_to(subject, text(subject.service, " no longer counts as down.")),
        subject.clock,
    )  # fmt: skip


def _down_cases(subject: AlertSubject, group: Group, wait_ms: int) -> Iterator[AlertTest]:
    service = group.services[0]
    down = subject.sample(names.SERVICE_STATE, service=service.id, state="down")
    hours = in_hours(subject, service.id)
    came = subject.came(service=service.id, state="down")
    late = 6 * MINUTE_MS + minutes(wait_ms) * MINUTE_MS
    series, told = known_outage(subject, group)
    yield AlertTest("fires while the service is down", late, {down: "0x3 1x~", **hours, **series}, came, told)
    yield from _over_cases(subject, group, late)
    failed = minutes(max(e.every_ms + e.timeout_ms for e in service.endpoints)) if wait_ms else 0
    values = "0x3 " + (f"1x{failed - 1} " if failed else "") + "0x~"
    degraded = subject.sample(names.SERVICE_STATE, service=service.id, state="degraded")
    for after in (1, 5):
        at_ms = (4 + failed + after) * MINUTE_MS
        yield AlertTest("one failed probe pages no one", at_ms, {down: values, degraded: "0x3 1 0x~", **hours})
    booked = subject.sample(names.SERVICE_MAINTENANCE, service=service.id)
    yield AlertTest("permitted maintenance pages no one", late, {down: "0x3 1x~", booked: "1x~", **hours})
    agreed, assessed = subject.sample(names.SERVICE_AGREED, service=service.id), sample(names.ASSESSED, **OURS)
    closed = {agreed: "3600x~", assessed: "0+60x~"}
    yield AlertTest("no page outside service hours", late, {down: "0x3 1x~", **closed})
    at = late // MINUTE_MS
    still = dict.fromkeys((agreed, assessed), f"0+60x{at} {60 * at}x~")
    yield AlertTest("figures that stand still end nothing", late + 20 * MINUTE_MS, {down: "0x3 1x~", **still}, came)
    unseen = subject.sample(names.SERVICE_STATE, service=service.id, state="unknown")
    yield AlertTest("what the monitor does not see pages no one", late, {down: "0x~", unseen: "1x~", **hours})


def known_outage(subject: AlertSubject, group: Group) -> tuple[dict[str, str], dict[str, str]]:
    """Series of a unit test that say all that is known of an outage, and what is told of it."""
    service = group.services[0]
    endpoint, kpi = service.endpoints[0], next((k for k in subject.terms.kpis if k.service == service.id), None)
    series = {
        subject.sample(names.SERVICE_OUTAGE_START, service=service.id): "240x~",
        subject.sample(names.DOWN_START, service=service.id, endpoint=endpoint.id, reason="dns_failed"): "236x~",
        subject.sample(names.ACKNOWLEDGED, service=service.id, by="kim", text=IN_HAND): "300x~",
        **subject.clock_series(),
    }
    name = subject.endpoints.get(endpoint.id, endpoint.id)
    told = {
        "since": "1 Jan 1970 01:04:00 BST (00:04:00 UTC)",
        "reason": f"{name}: {describe_reason(Reason.DNS_FAILED)}",
        "in_hand": f"kim: {IN_HAND}",
        "clock": "3600 BST",
    }
    if kpi is not None:
        where = {"service": service.id, "kpi": kpi.id}
        series |= {
            subject.sample(names.KPI_ALLOWANCE_LEFT, **where): "3723.9x~",
            subject.sample(names.KPI_ASSESSABLE, **where): "1x~",
            subject.sample(names.KPI_POINTS, **where): "2.5x~",
        }
        title = subject.kpis.get(kpi.id, kpi.id)
        told["allowance"] = f"{format_duration(3_723_900)} left {subject.period_name}, {title}"
        told["points"] = "2.5 service points, as the month stands"
    if _has_journeys(group):
        series[subject.sample(names.FAILED_STEP, service=service.id, endpoint="any", step="any-step")] = "1x~"
        told["step"] = "any at any-step"
    return series, told


def _over_cases(subject: AlertSubject, group: Group, late: int) -> Iterator[AlertTest]:
    """The alert lingers for a moment, so that its last text says what has become of the outage."""
    service, at, end_s = group.services[0].id, late // MINUTE_MS, late // 1000
    down, up, unseen = (
        subject.sample(names.SERVICE_STATE, service=service, state=s) for s in ("down", "up", "unknown")
    )
    came = subject.came(service=service, state="down")
    began, ended = (subject.sample(m, service=service) for m in (names.LAST_OUTAGE_START, names.LAST_OUTAGE_END))
    step_ms = min(subject.linger_ms, MINUTE_MS) // 2
    steps = MINUTE_MS // step_ms
    quick = {
        down: f"0x{3 * steps} 1x{(at - 3) * steps - 1} 0x~",
        subject.sample(names.SERVICE_AGREED, service=service): f"0+{step_ms / 1000:g}x~",
    }
    over = {began: f"_x{at * steps - 1} 240x~", ended: f"_x{at * steps - 1} {end_s}x~"}
    told = {"since": "1 Jan 1970 00:04:00 UTC", "became": "up", "lasted": format_duration((end_s - 240) * 1000)}
    told["until"] = f"1 Jan 1970 00:{end_s // 60:02d}:{end_s % 60:02d} UTC"
    after = late + step_ms
    yield AlertTest("says when it recovered", after, {**quick, **over, up: "1x~"}, came, told, step_ms)
    yield AlertTest(
        "ends after that", late + 2 * subject.linger_ms + step_ms, {**quick, **over, up: "1x~"}, None, {}, step_ms
    )
    opened = subject.sample(names.SERVICE_OUTAGE_START, service=service)
    gone = {down: f"0x{3 * steps} 1x{(at - 3) * steps - 1} stale", opened: f"240x{at * steps} stale"}
    told_gone = {"became": "gone", "since": "1 Jan 1970 00:04:00 UTC"}
    yield AlertTest(
        "does not say recovered when the monitor is gone", after, {**quick, **gone}, came, told_gone, step_ms
    )
    lost = {"became": "unseen"}
    yield AlertTest("does not say recovered of what is unseen", after, {**quick, unseen: "1x~"}, came, lost, step_ms)


def _while_ms(subject: AlertSubject, group: Group) -> int:
    """How far back to look for what comes and goes: some probes of each endpoint."""
    every = (e.every_ms for service in group.services for e in service.endpoints if e.kind != "heartbeat")
    return max(4 * subject.settings.alerting.patience_ms, min(12 * max(every, default=0), LONGEST_WHILE_MS))


def _degraded(subject: AlertSubject, group: Group) -> Alert:
    """Also where each failure is too short for the contract's confirmation: else a supplier who fails every other probe
    would have no outage, and nobody would hear of it."""
    while_ms = _while_ms(subject, group)
    step_ms = min(while_ms // 24, MINUTE_MS)
    patience_ms, service = subject.settings.alerting.patience_ms, group.services[0].id
    state = subject.select(names.SERVICE_STATE, service=group.names, state="degraded")
    degraded = subject.sample(names.SERVICE_STATE, service=service, state="degraded")
    hours = in_hours(subject, service)
    late = (6 + minutes(patience_ms)) * MINUTE_MS
    came = subject.came(service=service, state="degraded")
    lately = f"{state}[{lasting(while_ms)}]"
    often = f"avg_over_time({lately}) > {OFTEN} and changes({lately}) >= {2 * SPELLS}"
    flapped_ms = 2 * while_ms + patience_ms
    quick_hours = {subject.sample(names.SERVICE_AGREED, service=service): f"0+{step_ms / 1000:g}x~"}
    flapping = {degraded: " ".join(["0 1"] * (flapped_ms // step_ms // 2 + 1)), **quick_hours}
    once = {degraded: f"0x3 1x{while_ms // step_ms // 3} 0x~", **quick_hours}

    return Alert(
        names.SERVICE_DEGRADED,
        "warning",
        expected_now(subject, joined(f"({state} == 1", f"or {often})"), group),
        text(
            f"It responds, and for {format_duration(patience_ms)} or more something has been slow or partly failing,"
            " without a break or again and again."
        ),
        (
            AlertTest("fires when it comes and goes", flapped_ms, flapping, came, {}, step_ms),
            AlertTest("ends with one that is over", while_ms, once, None, {}, step_ms),
            AlertTest("fires when it lasts", late, {degraded: "0x3 1x~", **hours}, came),
            AlertTest("a short degradation makes no ticket", late, {degraded: "0x3 1 0x~", **hours}),
        ),
        subject.labels(group),
        {
            **subject.about("service"),
            "promise": subject.promises_of_service,
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
        patience_ms,
        text(subject.service, " is degraded."),
        text(subject.service, " no longer counts as degraded."),
        subject.clock,
    )
