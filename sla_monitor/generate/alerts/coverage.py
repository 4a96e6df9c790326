"""Alerts about what the monitor missed: probes that were late or not made, lost observations, low coverage."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Label, Text, Value, text
from sla_monitor.generate.alerts.monitor_alerts import monitor_alert, ours
from sla_monitor.generate.alerts.subject import MINUTE_MS, AlertSubject, minutes
from sla_monitor.generate.grafana.drill_down import HEALTH
from sla_monitor.generate.promql import PER_SERVICE, joined
from sla_monitor.settings import Settings

WINDOW = "15m"


def coverage_alerts(settings: Settings) -> Iterator[Alert]:
    """Those that concern no contract."""
    yield _lagging(settings)
    yield _lost(settings)


def coverage_alert(subject: AlertSubject) -> Alert:
    """That a contract's figures cannot be relied upon is the monitor's trouble, not the supplier's."""
    floor = float(subject.terms.accounting.coverage_floor_percent) / 100
    service = subject.terms.services[0].id
    ratio, agreed = (subject.sample(m, service=service) for m in (names.SERVICE_COVERAGE, names.SERVICE_AGREED))
    patience_ms = subject.settings.alerting.patience_ms
    at_ms = (minutes(patience_ms) + 2) * MINUTE_MS
    told = {"value": f"{floor / 2 * 100:.4g}%"}
    return Alert(
        names.COVERAGE_LOW,
        "warning",
        joined(
            f"{subject.select(names.SERVICE_COVERAGE)} < {floor:g}",
            f"and {PER_SERVICE} {subject.select(names.SERVICE_AGREED)} > 3600",
        ),
        text("Only ", Value("humanizePercentage"), " of the agreed time of ", Label("service"), " was seen."),
        (
            AlertTest(
                "fires below the floor",
                at_ms,
                {ratio: f"{floor / 2:g}x100", agreed: "7200x100"},
                subject.came(service=service),
                told,
            ),
            AlertTest("is quiet above it", at_ms, {ratio: "1x100", agreed: "7200x100"}),
            AlertTest("the first hour says nothing", at_ms, {ratio: f"{floor / 2:g}x100", agreed: "600x100"}),
        ),
        subject.labels(),
        for_ms=patience_ms,
        dashboard=Text((f"{str(subject.settings.links.dashboards).rstrip('/')}/d/{HEALTH}",)),
    )


def _lagging(settings: Settings) -> Alert:
    late = f"histogram_quantile(0.99, rate({names.LATENESS.name}_bucket[5m])) > 1"
    skipped = " + ".join(f"increase({metric.sample}[{WINDOW}])" for metric in (names.MISSED, names.OVERRUN))
    made = f"sum without (contract, service, endpoint) (increase({names.PROBES.sample}[{WINDOW}]))"
    patience_ms = settings.alerting.patience_ms
    at_ms = (minutes(patience_ms) + 20) * MINUTE_MS
    probes = ours(names.PROBES, contract="c", service="s", endpoint="e")
    buckets = {ours(f"{names.LATENESS.name}_bucket", le=le): v for le, v in (("0.1", "0x100"), ("5", "0+9x100"))}
    buckets[ours(f"{names.LATENESS.name}_bucket", le="+Inf")] = "0+9x100"
    missed, overrun = ours(names.MISSED), ours(names.OVERRUN)
    return monitor_alert(
        settings,
        names.MONITOR_LAGGING,
        "warning",
        f"{late}\nor ({skipped}) / {made} > 0.01",
        text("Probes are late or missed: coverage falls."),
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
        text("Observations could not be kept: their time is unknown, and no longer counts for or against anybody."),
        (
            AlertTest("fires when any is lost", 10 * MINUTE_MS, {lost: "0x5 7x100"}, dict(OURS)),
            AlertTest("is quiet when all are kept", 10 * MINUTE_MS, {lost: "0x100"}),
        ),
    )
