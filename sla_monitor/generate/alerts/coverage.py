"""Alerts about what the monitor missed: probes that were late or not made, lost observations, low coverage."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor import names
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest
from sla_monitor.generate.alerts.annotations import PERCENT, Ask, Text, text
from sla_monitor.generate.alerts.monitor_alerts import monitor_alert, ours
from sla_monitor.generate.alerts.subject import MINUTE_MS, AlertSubject, asked_for, minutes
from sla_monitor.generate.grafana.drill_down import HEALTH
from sla_monitor.generate.probe_series import ProbeSeries
from sla_monitor.generate.promql import PER_SERVICE, joined, lasting
from sla_monitor.settings import Settings
from sla_monitor.wording.numbers import format_ratio

WINDOW = "15m"
RECENT_MS = 3_600_000
"""The service time of late of which enough must have been seen."""
_BY = ("contract", "service")


def coverage_alerts(settings: Settings) -> Iterator[Alert]:
    """Those that concern no contract."""
    yield _lagging(settings)
    yield _lost(settings)


def coverage_alert(subject: AlertSubject) -> Alert:
    """That a contract's figures cannot be relied upon is the monitor's trouble, not the supplier's.

    What was before the first observation nobody could see: a new monitor is not at fault for it. Too little is seen
    when that is so of the last hour of service time, also where there never was an observation, or of the time since
    the period's first observation, once that is an hour of service time.
    """
    floor = float(subject.terms.accounting.coverage_floor_percent) / 100
    wanted = format_ratio(Fraction(subject.terms.accounting.coverage_floor_percent) / 100)
    agreed, unknown = (
        f"delta({subject.select(metric)}[{lasting(RECENT_MS)}])"
        for metric in (names.SERVICE_AGREED, names.SERVICE_UNKNOWN)
    )
    patience_ms = subject.settings.alerting.patience_ms
    service = subject.service
    return Alert(
        names.COVERAGE_LOW,
        "warning",
        joined(
            "(",
            f"  (1 - clamp_min({unknown}, 0) / ({agreed} > {RECENT_MS // 2000})) < {floor:g}",
            f"  and {PER_SERVICE} {subject.select(names.SERVICE_COVERAGE)}",
            ")",
            "or",
            "(",
            f"  {subject.select(names.WATCHED_COVERAGE)} < {floor:g}",
            f"  and {subject.select(names.SERVICE_COVERAGE)} * {subject.select(names.SERVICE_AGREED)}"
            f" > {RECENT_MS // 1000} * {subject.select(names.WATCHED_COVERAGE)}",
            ")",
        ),
        text(
            f"Less than {wanted} was seen in the last hour of its service time, or since the month’s first observation",
            "; of the month so far, ",
            Ask("coverage", f"100 * {asked_for(names.SERVICE_COVERAGE, _BY)}", _BY, f"{{{{ . | value | {PERCENT} }}}}"),
            " was seen. Outages may go unseen, and the figure may not count.",
        ),
        tuple(_coverage_cases(subject, floor)),
        subject.labels(),
        {**subject.about("service"), "promise": subject.promises_of_service},
        for_ms=patience_ms,
        dashboard=Text((f"{str(subject.settings.links.dashboards).rstrip('/')}/d/{HEALTH}",)),
        summary=text("Too little is seen of ", service, "."),
        resolved=text("Enough was seen again of ", service, ", or its service hours have ended."),
        clock=subject.clock,
    )


def _coverage_cases(subject: AlertSubject, floor: float) -> Iterator[AlertTest]:
    service = subject.terms.services[0].id
    patience = minutes(subject.settings.alerting.patience_ms)
    agreed, unknown, whole, watched = (
        subject.sample(metric, service=service)
        for metric in (names.SERVICE_AGREED, names.SERVICE_UNKNOWN, names.SERVICE_COVERAGE, names.WATCHED_COVERAGE)
    )
    came, soon, late = subject.came(service=service), patience + 20, patience + 40
    half = {"coverage": format_ratio(Fraction(str(round(floor / 2, 9))))}
    old = {agreed: "360000+60x~", unknown: "180000x~", whole: f"{floor / 2:g}x~"}
    yield AlertTest(
        "fires when too little was seen since the first probe",
        soon * MINUTE_MS,
        {**old, watched: f"{floor / 2:g}x~"},
        came,
        half,
    )
    young = {agreed: "1728000+60x~", unknown: "1727700x~", whole: "0.0001x~", watched: f"{floor / 2:g}x~"}
    yield AlertTest("a gap in the first hour of a new install says nothing yet", soon * MINUTE_MS, young)
    new = {agreed: "1728000+60x~", unknown: "1728000x~", whole: "0.01x~", watched: "1x~"}
    for at in (soon, late):
        yield AlertTest("a new install says nothing of the time before it", at * MINUTE_MS, new)
    never = {agreed: "1728000+60x~", unknown: "1728000+60x~", whole: "0x~"}
    yield AlertTest("a new install may take its time", 25 * MINUTE_MS, never)
    nothing = {"coverage": format_ratio(Fraction(0))}
    yield AlertTest("a monitor that never sees anything is loud", late * MINUTE_MS, never, came, nothing)
    blind = {agreed: "864000+60x~", unknown: "0x9 0+60x~", whole: "0.99x~", watched: "0.99x~"}
    yield AlertTest(
        "fires while nothing is seen",
        (late + 10) * MINUTE_MS,
        blind,
        came,
        {"coverage": format_ratio(Fraction(99, 100))},
    )
    yield AlertTest(
        "is quiet while all is seen",
        late * MINUTE_MS,
        {agreed: "864000+60x~", unknown: "0x~", whole: "1x~", watched: "1x~"},
    )
    unasked = {agreed: "1728000+60x~", unknown: "1728000+60x~"}
    yield AlertTest("a service that nobody probes has no coverage", late * MINUTE_MS, unasked)
    closed = {agreed: "864000x~", unknown: "864000x~", whole: "0x~"}
    yield AlertTest("says nothing outside service hours", late * MINUTE_MS, closed)
    edge = {agreed: "864000+60x30 0+60x~", unknown: "1000x30 0x~", whole: "1x~", watched: "1x~"}
    yield AlertTest("a new month says nothing", late * MINUTE_MS, edge)


def _lagging(settings: Settings) -> Alert:
    late = f"histogram_quantile(0.99, rate({names.LATENESS.name}_bucket[5m])) > 1"
    skipped = " + ".join(f"increase({metric.sample}[{WINDOW}])" for metric in (names.MISSED, names.OVERRUN))
    series = ProbeSeries.of(settings.metrics)
    made = f"sum without ({', '.join(series.by)}) (increase({series.made.sample}[{WINDOW}]))"
    patience_ms = settings.alerting.patience_ms
    at_ms = (minutes(patience_ms) + 20) * MINUTE_MS
    probes = ours(series.made, **series.where)
    buckets = {ours(f"{names.LATENESS.name}_bucket", le=le): v for le, v in (("0.1", "0x100"), ("5", "0+9x100"))}
    buckets[ours(f"{names.LATENESS.name}_bucket", le="+Inf")] = "0+9x100"
    missed, overrun = ours(names.MISSED), ours(names.OVERRUN)
    return monitor_alert(
        settings,
        names.MONITOR_LAGGING,
        "warning",
        f"{late}\nor ({skipped}) / {made} > 0.01",
        text("Coverage falls."),
        (
            AlertTest("fires when probes are late", at_ms, buckets, dict(OURS)),
            AlertTest(
                "fires when probes are missed",
                at_ms,
                {missed: "0+1x100", overrun: "0x100", probes: "0+12x100"},
                dict(OURS),
            ),
            AlertTest(
                "a few in a thousand are no trouble", at_ms, {missed: "0x9 1x90", overrun: "0x100", probes: "0+99x100"}
            ),
        ),
        for_ms=patience_ms,
    )


def _lost(settings: Settings) -> Alert:
    lost = ours(names.DROPPED)
    return monitor_alert(
        settings,
        names.OBSERVATIONS_LOST,
        "critical",
        f"increase({names.DROPPED.sample}[{WINDOW}]) > 0",
        text("Their time is unknown, and no longer counts for or against anybody."),
        (
            AlertTest("fires when any is lost", 10 * MINUTE_MS, {lost: "0x5 7x100"}, dict(OURS)),
            AlertTest("is quiet when all are kept", 10 * MINUTE_MS, {lost: "0x100"}),
        ),
    )
