"""Alerts about the monitor itself: others hear of them than those who deal with suppliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.alert import OURS, Alert, Case, Severity
from sla_monitor.generate.grafana.links import HEALTH
from sla_monitor.generate.promql import PER_SERVICE, joined, lasting, sample, seconds, select
from sla_monitor.generate.subject import MINUTE_MS, Subject, minutes
from sla_monitor.generate.text import Label, Text, Value, text
from sla_monitor.names import AlertName, MetricName
from sla_monitor.settings import Settings

JOB = "sla_monitor"
WINDOW = "15m"


def monitor_alerts(settings: Settings, contracts: Sequence[Terms]) -> Iterator[Alert]:
    """Those that concern no contract."""
    yield _down(settings)
    yield _not_probing(settings, contracts)
    yield _stale(settings)
    yield from _states(settings)
    yield _lagging(settings)
    yield _lost(settings)
    yield _watchdog()


def coverage_alert(subject: Subject) -> Alert:
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
            Case(
                "fires below the floor",
                at_ms,
                {ratio: f"{floor / 2:g}x100", agreed: "7200x100"},
                subject.came(service=service),
                told,
            ),
            Case("is quiet above it", at_ms, {ratio: "1x100", agreed: "7200x100"}),
            Case("the first hour says nothing", at_ms, {ratio: f"{floor / 2:g}x100", agreed: "600x100"}),
        ),
        subject.labels(),
        for_ms=patience_ms,
        dashboard=Text((f"{str(subject.settings.links.dashboards).rstrip('/')}/d/{HEALTH}",)),
    )


def _alert(  # noqa: PLR0913 - what all of them share stands here once
    settings: Settings,
    name: AlertName,
    severity: Severity,
    expression: str,
    description: Text,
    cases: tuple[Case, ...],
    *,
    for_ms: int = 0,
) -> Alert:
    dashboard = text(f"{str(settings.links.dashboards).rstrip('/')}/d/{HEALTH}")
    return Alert(name, severity, expression, description, cases, for_ms=for_ms, dashboard=dashboard)


def _ours(metric: MetricName | str, **labels: str) -> str:
    return sample(metric, **OURS, **labels)


def _down(settings: Settings) -> Alert:
    wait_ms = 8 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    up, job = _ours("up"), select("up", job=JOB)
    return _alert(
        settings,
        names.MONITOR_DOWN,
        "critical",
        f"{job} == 0\nor absent({job})",
        text("Prometheus cannot scrape the monitor: nobody would hear of a supplier's outage."),
        (
            Case("fires when it cannot be scraped", at_ms, {up: "1x3 0x100"}, dict(OURS)),
            Case("fires when it is not there at all", at_ms, {}, {"job": JOB}),
            Case("a single failed scrape is no trouble", 5 * MINUTE_MS, {up: "1x3 0 1x100"}),
        ),
        for_ms=wait_ms,
    )


def _not_probing(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    every = [e.every_ms for terms in contracts for service in terms.services for e in service.endpoints]
    window_ms = max(20 * settings.alerting.scrape_every_ms, 3 * min(every, default=MINUTE_MS))
    looks, age = _ours(names.PROBES, contract="c", service="s", endpoint="e"), _ours(names.PULSE)
    at_ms = (2 * minutes(window_ms) + 4) * MINUTE_MS
    total = f"sum without (contract, service, endpoint) (increase({names.PROBES.sample}[{lasting(window_ms)}]))"
    return _alert(
        settings,
        names.NOT_PROBING,
        "critical",
        f"{names.PULSE.sample} > 30\nor {total} == 0",
        text("The monitor is up, and does not look: what suppliers do now is not seen."),
        (
            Case("fires when the loop stands still", MINUTE_MS, {age: "60x100"}, dict(OURS)),
            Case("fires when no look is made", at_ms, {age: "0x100", looks: "5x100"}, dict(OURS)),
            Case("is quiet while looks are made", at_ms, {age: "1x100", looks: "0+12x100"}),
        ),
    )


def _stale(settings: Settings) -> Alert:
    limit_ms = 8 * max(settings.assess_every_ms, settings.alerting.scrape_every_ms)
    assessed = _ours(names.ASSESSED)
    at_ms = (minutes(limit_ms) + 2) * MINUTE_MS
    return _alert(
        settings,
        names.ASSESSMENT_STALE,
        "critical",
        f"time() - {names.ASSESSED.sample} > {seconds(limit_ms)}",
        text("The figures are ", Value("humanizeDuration"), " old: alerts about suppliers rest on them."),
        (
            Case(
                "fires when they are old",
                at_ms,
                {assessed: "0x100"},
                dict(OURS),
                {"value": f"{at_ms // MINUTE_MS}m 0s"},
            ),
            Case("is quiet while they are fresh", at_ms, {assessed: "0+60x100"}),
        ),
    )


def _states(settings: Settings) -> Iterator[Alert]:
    """States that are bad when a gauge says so for a while."""
    wait_ms, patience_ms = 4 * settings.alerting.scrape_every_ms, settings.alerting.patience_ms
    rows: tuple[tuple[AlertName, Severity, MetricName, int, str, int], ...] = (
        (
            names.MONITOR_BLIND,
            "critical",
            names.MONITOR_ONLINE,
            0,
            "No witness answers: the monitor's own network is gone, and suppliers are not seen.",
            wait_ms,
        ),
        (
            names.LEDGER_ALERT,
            "critical",
            names.LEDGER_FAILING,
            1,
            "The ledger cannot be written; looks are held in memory, and are lost when that is full.",
            wait_ms,
        ),
        (names.RELOAD_FAILED, "warning", names.RELOAD_OK, 0, "An older configuration is in force.", patience_ms),
        (
            names.SILENCES_ALERT,
            "warning",
            names.SILENCES_FAILING,
            1,
            "Alertmanager does not take silences: booked maintenance may call people.",
            patience_ms,
        ),
    )
    for name, severity, metric, bad, description, for_ms in rows:
        at_ms, series = (minutes(for_ms) + 2) * MINUTE_MS, _ours(metric)
        cases = (
            Case("fires while it lasts", at_ms, {series: f"{bad}x100"}, dict(OURS)),
            Case("is quiet while all is well", at_ms, {series: f"{1 - bad}x100"}),
            Case("a moment is no trouble", at_ms, {series: f"{bad} {1 - bad}x100"}),
        )
        yield _alert(settings, name, severity, f"{metric.sample} == {bad}", text(description), cases, for_ms=for_ms)


def _lagging(settings: Settings) -> Alert:
    late = f"histogram_quantile(0.99, rate({names.LATENESS.name}_bucket[5m])) > 1"
    skipped = " + ".join(f"increase({metric.sample}[{WINDOW}])" for metric in (names.MISSED, names.OVERRUN))
    looks = f"sum without (contract, service, endpoint) (increase({names.PROBES.sample}[{WINDOW}]))"
    patience_ms = settings.alerting.patience_ms
    at_ms = (minutes(patience_ms) + 20) * MINUTE_MS
    probes = _ours(names.PROBES, contract="c", service="s", endpoint="e")
    buckets = {_ours(f"{names.LATENESS.name}_bucket", le=le): v for le, v in (("0.1", "0x100"), ("5", "0+9x100"))}
    buckets[_ours(f"{names.LATENESS.name}_bucket", le="+Inf")] = "0+9x100"
    missed, overrun = _ours(names.MISSED), _ours(names.OVERRUN)
    return _alert(
        settings,
        names.MONITOR_LAGGING,
        "warning",
        f"{late}\nor ({skipped}) / {looks} > 0.01",
        text("Looks are late, or are not made: coverage falls."),
        (
            Case("fires when looks are late", at_ms, buckets, dict(OURS)),
            Case(
                "fires when looks are missed",
                at_ms,
                {missed: "0+1x100", overrun: "0x100", probes: "0+12x100"},
                dict(OURS),
            ),
            Case(
                "a few in a thousand are no trouble", at_ms, {missed: "0x9 1x90", overrun: "0x100", probes: "0+99x100"}
            ),
        ),
        for_ms=patience_ms,
    )


def _lost(settings: Settings) -> Alert:
    lost = _ours(names.DROPPED)
    return _alert(
        settings,
        names.OBSERVATIONS_LOST,
        "critical",
        f"increase({names.DROPPED.sample}[{WINDOW}]) > 0",
        text("Observations could not be kept: their time is unknown, and no longer counts for or against anybody."),
        (
            Case("fires when any is lost", 10 * MINUTE_MS, {lost: "0x5 7x100"}, dict(OURS)),
            Case("is quiet when all are kept", 10 * MINUTE_MS, {lost: "0x100"}),
        ),
    )


def _watchdog() -> Alert:
    return Alert(
        names.WATCHDOG,
        "none",
        "vector(1)",
        text("If it does not arrive any more, Prometheus or Alertmanager is broken."),
        (Case("fires always", MINUTE_MS, {}, {}),),
    )
