"""Alerts about the monitor itself: others hear of them than those who deal with suppliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest, Severity
from sla_monitor.generate.alerts.annotations import (
    SHORT_DURATION,
    By,
    CountOf,
    Label,
    Text,
    Value,
    name_of_something,
    text,
)
from sla_monitor.generate.alerts.subject import MINUTE_MS, minutes, title_of
from sla_monitor.generate.grafana.drill_down import HEALTH
from sla_monitor.generate.probe_series import ProbeSeries
from sla_monitor.generate.promql import lasting, sample, seconds, select
from sla_monitor.ledger.recording.stats import LARGE_LOG_BYTES, LEAST_ROOM_BYTES
from sla_monitor.names import AlertName, MetricName
from sla_monitor.settings import Settings
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.durations import format_short_duration

JOB = "sla_monitor"


def monitor_alerts(settings: Settings, contracts: Sequence[Terms]) -> Iterator[Alert]:
    """Those that concern no contract."""
    yield _down(settings)
    yield _not_probing(settings, contracts)
    yield _broken(settings, contracts)
    yield _restarted(settings)
    yield _unwatched(settings, contracts)
    yield _untold(settings)
    yield _stale(settings)
    yield from _counts(settings)
    yield _disk_fills(settings)
    yield _log_grows(settings)
    yield _record_ahead(settings)
    yield from _states(settings)
    yield _terms(settings, contracts)
    yield _webhook_failing(settings)
    yield _silenced_by_hand(settings)
    yield _watchdog()


def monitor_alert(  # noqa: PLR0913 - what all of them share stands here once
    settings: Settings,
    name: AlertName,
    severity: Severity,
    expression: str,
    description: Text,
    cases: tuple[AlertTest, ...],
    *,
    for_ms: int = 0,
    contract: By | None = None,
) -> Alert:
    """`contract`: the name of the one that it is about."""
    dashboard = text(f"{str(settings.links.dashboards).rstrip('/')}/d/{HEALTH}")
    details = {} if contract is None else {"contract_title": text(contract)}
    return Alert(name, severity, expression, description, cases, for_ms=for_ms, dashboard=dashboard, details=details)


def ours(metric: MetricName | str, **labels: str) -> str:
    return sample(metric, **OURS, **labels)


def _down(settings: Settings) -> Alert:
    wait_ms = 8 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    up, job = ours("up"), select("up", job=JOB)
    if settings.collectors is not None:
        return _both_down(settings, wait_ms, at_ms)
    return monitor_alert(
        settings,
        names.MONITOR_DOWN,
        "critical",
        f"{job} == 0\nor absent({job})",
        text("No supplier outage would be reported."),
        (
            AlertTest("fires when it cannot be scraped", at_ms, {up: "1x3 0x100"}, dict(OURS)),
            AlertTest("fires when it is not there at all", at_ms, {}, {"job": JOB}),
            AlertTest("a single failed scrape does not alert", 5 * MINUTE_MS, {up: "1x3 0 1x100"}),
        ),
        for_ms=wait_ms,
    )


def _both_down(settings: Settings, wait_ms: int, at_ms: int) -> Alert:
    """Of a pair. That one of them is down is another alert, and less grave."""
    one, other = (sample("up", **{**OURS, "instance": f"{name}:9810"}) for name in ("east", "west"))
    job = select("up", job=JOB)
    return monitor_alert(
        settings,
        names.MONITOR_DOWN,
        "critical",
        f"(max without (instance) ({job}) == 0)\nor absent({job})",
        text("Both collectors are down. No supplier outage would be reported."),
        (
            AlertTest("fires when neither can be scraped", at_ms, {one: "1x3 0x100", other: "0x103"}, {"job": JOB}),
            AlertTest("fires when neither is there at all", at_ms, {}, {"job": JOB}),
            AlertTest("is quiet while one can be", at_ms, {one: "0x100", other: "1x100"}),
        ),
        for_ms=wait_ms,
    )


def _not_probing(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    every = [e.every_ms for terms in contracts for service in terms.services for e in service.endpoints]
    window_ms = max(20 * settings.alerting.scrape_every_ms, 3 * min(every, default=MINUTE_MS))
    # One of a pair that speaks again has two samples that are the same, before it has counted its first probe.
    wait_ms = max(4 * settings.alerting.scrape_every_ms, min(every, default=MINUTE_MS))
    series = ProbeSeries.of(settings.metrics)
    probes, age = ours(series.made, **series.where), ours(names.PULSE)
    at_ms, begun = (2 * minutes(window_ms) + 4) * MINUTE_MS, minutes(window_ms) + 5
    made, window, counted = f"sum without ({', '.join(series.by)})", lasting(window_ms), series.made.sample
    # Who counts for as long as that, and now: of a pair, the one that has just begun to speak, or has ended, does not.
    counts = f"and {made} ({counted})\nand {made} ({counted} offset {window})"
    total = f"{made} (increase({counted}[{window}])) == 0"
    return monitor_alert(
        settings,
        names.NOT_PROBING,
        "critical",
        f"{names.PULSE.sample} > 30\nor ({total}\n{counts})",
        text("It is up and makes no probes: supplier outages are not seen."),
        (
            AlertTest("fires when the loop stands still", MINUTE_MS + wait_ms, {age: "60x100"}, dict(OURS)),
            AlertTest("fires when no probe is made", at_ms, {age: "0x100", probes: "5x100"}, dict(OURS)),
            AlertTest("is quiet while probes are made", at_ms, {age: "1x100", probes: "0+12x100"}),
            AlertTest("one that has just begun is quiet", at_ms, {age: "1x100", probes: f"_x{begun} 5x100"}),
            AlertTest("one that counts no more is quiet", at_ms, {age: "1x100", probes: f"0+12x{begun} 48 48 stale"}),
        ),
        for_ms=wait_ms,
    )


def _broken(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    """A secret that is missing, a file that cannot be read, a mistake of ours: UNKNOWN is charged to nobody, and so
    nobody else would be told."""
    patience_ms = settings.alerting.patience_ms
    at_ms, endpoint = (minutes(patience_ms) + 2) * MINUTE_MS, {"contract": "c", "service": "s"}
    failing = ours(names.SERVICE_FAILING, **endpoint, reason=Reason.INTERNAL_ERROR.value)
    lacking = ours(names.SERVICE_FAILING, **endpoint, reason=Reason.MONITOR_MISCONFIGURED.value)
    other = ours(names.SERVICE_FAILING, **endpoint, reason=Reason.TIMEOUT.value)
    came = {**OURS, **endpoint, "reason": Reason.INTERNAL_ERROR.value}
    return monitor_alert(
        settings,
        names.PROBE_BROKEN,
        "warning",
        f'{names.SERVICE_FAILING.sample}{{reason=~"{Reason.INTERNAL_ERROR}|{Reason.MONITOR_MISCONFIGURED}"}} > 0',
        text(
            CountOf("endpoint of ", "endpoints of "),
            service_by_name(contracts),
            ": a secret or a file cannot be read, or the program has a fault. Outages are not seen.",
        ),
        (
            AlertTest("fires while it lasts", at_ms, {failing: "1x100"}, came, {"value": "1"}),
            AlertTest(
                "fires while a secret cannot be read",
                at_ms,
                {lacking: "1x100"},
                {**came, "reason": Reason.MONITOR_MISCONFIGURED.value},
                {"value": "1"},
            ),
            AlertTest("a moment does not alert", at_ms, {failing: "1 0x100"}),
            AlertTest("the supplier's failures are not ours", at_ms, {other: "1x100"}),
        ),
        for_ms=patience_ms,
    )


def contract_by_name(contracts: Sequence[Terms]) -> By:
    """Contracts by name, with the supplier."""
    return By("contract", {one.id: title_of(one) for one in contracts})


def example_contract(contracts: Sequence[Terms]) -> str:
    """The contract that unit tests speak of."""
    return contracts[0].id if contracts else "c"


def service_by_name(contracts: Sequence[Terms]) -> By:
    """Services by name; where two contracts call one id differently, it stays the id."""
    found: dict[str, set[str]] = {}
    for service in (each for terms in contracts for each in terms.services):
        found.setdefault(service.id, set()).add(name_of_something(service.name, service.id))
    return By("service", {each: next(iter(said)) for each, said in found.items() if len(said) == 1 and said != {each}})


def _restarted(settings: Settings) -> Alert:
    ended, held = (ours(names.SITE_RESTARTS, why=why) for why in ("ended", "held"))
    return monitor_alert(
        settings,
        names.SITE_RESTARTED,
        "warning",
        f"sum without (why) (increase({names.SITE_RESTARTS.sample}[30m])) > 0",
        text("Probes that were in flight are unknown."),
        (
            AlertTest("fires when one had to be", 10 * MINUTE_MS, {ended: "0x100", held: "0x5 1x100"}, dict(OURS)),
            AlertTest("is quiet half an hour later", 50 * MINUTE_MS, {ended: "0x100", held: "0x5 1x100"}),
            AlertTest("is quiet while none is", 10 * MINUTE_MS, {ended: "3x100", held: "0x100"}),
        ),
    )


def _unwatched(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    """Each of several collectors says which contracts it leaves to others; one that nobody has would be missed by
    nobody."""
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    name, one = contract_by_name(contracts), example_contract(contracts)
    elsewhere = ours(names.CONTRACT_ELSEWHERE, contract=one)
    info = sample(names.CONTRACT_INFO, instance="other:9810", job=JOB, contract=one)
    return monitor_alert(
        settings,
        names.CONTRACT_UNWATCHED,
        "critical",
        f"max by (contract) ({names.CONTRACT_ELSEWHERE.sample}) unless on (contract) {names.CONTRACT_INFO.sample}",
        text("No collector that can be scraped has ", name, ": nothing of it is seen."),
        (
            AlertTest("fires when nobody has it", at_ms, {elsewhere: "1x100"}, {"contract": one}),
            AlertTest("is quiet while another collector has it", at_ms, {elsewhere: "1x100", info: "1x100"}),
            AlertTest("a collector may be started anew", at_ms, {elsewhere: "1x100", info: "1x4 _x3 1x100"}),
        ),
        for_ms=wait_ms,
        contract=name,
    )


def _untold(settings: Settings) -> Alert:
    """Where only failing endpoints have series, an alert about one of them asks for its series."""
    untold, well = (ours(names.WITHOUT_SERIES, why=why) for why in ("too_many", "well"))
    wait_ms = 4 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    came = {**OURS, "why": "too_many"}
    return monitor_alert(
        settings,
        names.ENDPOINTS_UNTOLD,
        "warning",
        f'{names.WITHOUT_SERIES.sample}{{why="too_many"}} > 0',
        text(
            CountOf("endpoint fails", "endpoints fail"),
            " without an alert of its own: too many do. Services and KPIs are alerted as ever. The page names all.",
        ),
        (
            AlertTest("fires while some are left out", at_ms, {untold: "0x3 7x100"}, came, {"value": "7"}),
            AlertTest("is quiet about those that are well", at_ms, {untold: "0x100", well: "99000x100"}),
        ),
        for_ms=wait_ms,
    )


def _stale(settings: Settings) -> Alert:
    limit_ms = 8 * max(settings.assess_every_ms, settings.alerting.scrape_every_ms)
    assessed = ours(names.ASSESSED)
    at_ms = (minutes(limit_ms) + 2) * MINUTE_MS
    return monitor_alert(
        settings,
        names.ASSESSMENT_STALE,
        "critical",
        f"time() - {names.ASSESSED.sample} > {seconds(limit_ms)}",
        text("The figures are ", Value(SHORT_DURATION), " old: alerts about suppliers rest on them."),
        (
            AlertTest(
                "fires when they are old",
                at_ms,
                {assessed: "0x100"},
                dict(OURS),
                {"value": format_short_duration(at_ms)},
            ),
            AlertTest("is quiet while they are fresh", at_ms, {assessed: "0+60x100"}),
        ),
    )


def _counts(settings: Settings) -> Iterator[Alert]:
    """What must never happen, and is told each time that it did."""
    rows: tuple[tuple[AlertName, Severity, MetricName, str], ...] = (
        (
            names.OBSERVATIONS_REFUSED,
            "warning",
            names.REFUSED_OBSERVATIONS,
            "Their time is unknown.",
        ),
        (
            names.CLOCK_STEPPED_ALERT,
            "warning",
            names.CLOCK_STEPS,
            "The time in doubt is unknown.",
        ),
        (
            names.LEDGER_SAVED_ANEW_ALERT,
            "critical",
            names.LEDGER_SAVED_ANEW,
            "It was saved again, and nothing is lost this time.",
        ),
    )
    for name, severity, metric, description in rows:
        series = ours(metric)
        yield monitor_alert(
            settings,
            name,
            severity,
            f"increase({metric.sample}[30m]) > 0",
            text(description),
            (
                AlertTest("fires when it happened", 10 * MINUTE_MS, {series: "0x5 1x100"}, dict(OURS)),
                AlertTest("is quiet half an hour later", 50 * MINUTE_MS, {series: "0x5 1x100"}),
                AlertTest("is quiet while it does not", 10 * MINUTE_MS, {series: "3x100"}),
            ),
        )


def _disk_fills(settings: Settings) -> Alert:
    """Before it is full: what cannot be written is told by the ledger itself, and is lost when memory is full too."""
    free, size, patience_ms = ours(names.LEDGER_FREE), ours(names.LEDGER_SIZE), settings.alerting.patience_ms
    at_ms = (minutes(patience_ms) + 2) * MINUTE_MS
    half, large = f"{LEAST_ROOM_BYTES // 2}x100", f"{LEAST_ROOM_BYTES * 4}x100"
    return monitor_alert(
        settings,
        names.LEDGER_DISK_FILLS,
        "warning",
        f"{names.LEDGER_FREE.sample} < clamp_min({names.LEDGER_SIZE.sample}, {LEAST_ROOM_BYTES})",
        text(
            Value('humanize1024 | reReplaceAll "([KMGTPEZY]i)$" " $1"'),
            "B are free: less than 1 GiB, or than the ledger itself has.",
        ),
        (
            AlertTest("fires where little is free", at_ms, {free: half, size: "1x99"}, dict(OURS), {"value": "512 Mi"}),
            AlertTest(
                "fires where a copy has no room", at_ms, {free: f"{LEAST_ROOM_BYTES * 2}x100", size: large}, dict(OURS),
                {"value": "2 Gi"},
            ),
            AlertTest("is quiet where there is room", at_ms, {free: large, size: half}),
        ),
        for_ms=patience_ms,
    )  # fmt: skip


def _log_grows(settings: Settings) -> Alert:
    size, patience_ms = ours(names.LEDGER_LOG), settings.alerting.patience_ms
    large, small = (f"{LARGE_LOG_BYTES * part // 4}" for part in (8, 1))
    at_ms = (minutes(patience_ms) + 2) * MINUTE_MS
    return monitor_alert(
        settings,
        names.LEDGER_LOG_GROWS,
        "warning",
        f"{names.LEDGER_LOG.sample} > {LARGE_LOG_BYTES}",
        text(
            "It has ",
            Value('humanize1024 | reReplaceAll "([KMGTPEZY]i)$" " $1"'),
            "B: a reader keeps a transaction open.",
        ),
        (
            AlertTest("fires while it is large", at_ms, {size: f"{large}x100"}, dict(OURS), {"value": "512 Mi"}),
            AlertTest("is quiet while it is small", at_ms, {size: f"{small}x100"}),
            AlertTest("a backup does not alert", at_ms, {size: f"{large}x5 0x100"}),
        ),
        for_ms=patience_ms,
    )


def _record_ahead(settings: Settings) -> Alert:
    lead, wait_ms = ours(names.LEDGER_LEAD), 4 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 2) * MINUTE_MS
    return monitor_alert(
        settings,
        names.RECORD_AHEAD,
        "critical",
        f"{names.LEDGER_LEAD.sample} > 0",
        text(
            "By ",
            Value(SHORT_DURATION),
            ". What is seen now does not count.",
        ),
        (
            AlertTest(
                "fires while it does",
                at_ms,
                {lead: "3600x100"},
                dict(OURS),
                {"value": format_short_duration(3_600_000)},
            ),
            AlertTest("is quiet while it does not", at_ms, {lead: "0x100"}),
            AlertTest("a moment does not alert", at_ms, {lead: "3600 0x100"}),
        ),
        for_ms=wait_ms,
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
            "Its own network is gone, and suppliers are not seen.",
            wait_ms,
        ),
        (
            names.NAME_SERVER_SILENT,
            "critical",
            names.NAME_SERVER_ANSWERS,
            0,
            "Endpoints that are given by name are not seen.",
            wait_ms,
        ),
        (
            names.LEDGER_ALERT,
            "critical",
            names.LEDGER_FAILING,
            1,
            "The status page and the log say why. Probes are held in memory, and are lost when that is full.",
            wait_ms,
        ),
        (
            names.LEDGER_UNVERIFIED_ALERT,
            "critical",
            names.LEDGER_UNVERIFIED,
            1,
            "Somebody has changed it, or the disk fails. Figures are refused.",
            wait_ms,
        ),
        (
            names.LEDGER_KEY_ALERT,
            "warning",
            names.LEDGER_KEY_FAILING,
            1,
            "Heads of the record's chain are published without a signature.",
            patience_ms,
        ),
        (names.RELOAD_FAILED, "warning", names.RELOAD_OK, 0, "An older one is in force.", patience_ms),
        (
            names.SILENCES_ALERT,
            "warning",
            names.SILENCES_FAILING,
            1,
            "It may call people.",
            patience_ms,
        ),
        (
            names.ARCHIVE_ALERT,
            "warning",
            names.ARCHIVE_FAILING,
            1,
            "The database still has them.",
            patience_ms,
        ),
    )
    for name, severity, metric, bad, description, for_ms in rows:
        at_ms, series = (minutes(for_ms) + 2) * MINUTE_MS, ours(metric)
        cases = (
            AlertTest("fires while it lasts", at_ms, {series: f"{bad}x100"}, dict(OURS)),
            AlertTest("is quiet while all is well", at_ms, {series: f"{1 - bad}x100"}),
            AlertTest("a moment does not alert", at_ms, {series: f"{bad} {1 - bad}x100"}),
        )
        yield monitor_alert(
            settings, name, severity, f"{metric.sample} == {bad}", text(description), cases, for_ms=for_ms
        )


WHAT_OF_TERMS = {
    "not_approved": "are in force and were never approved by two people.",
    "file_differs": "do not come from its file: that was changed without an approval, and is not in force.",
    "file_missing": "stay in force though its file is gone.",
    "unreadable": "cannot be read from the ledger: the file is in force in their place.",
}


def _terms(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    """One for each contract and problem, where the settings require an approval."""
    patience_ms, metric = settings.alerting.patience_ms, names.TERMS_PROBLEM
    at_ms = (minutes(patience_ms) + 2) * MINUTE_MS
    name, example = contract_by_name(contracts), example_contract(contracts)
    labels = [{"contract": example, "problem": problem} for problem in names.TERMS_PROBLEMS]
    first = labels[1]
    return monitor_alert(
        settings,
        names.TERMS_NOT_APPROVED,
        "warning",
        f"{metric.sample} == 1",
        text("The terms of ", name, " ", By("problem", WHAT_OF_TERMS)),
        (
            *(
                AlertTest(f"fires: {one['problem']}", at_ms, {ours(metric, **one): "1x100"}, {**OURS, **one})
                for one in labels
            ),
            AlertTest("is quiet while all is well", at_ms, {ours(metric, **first): "0x100"}),
            AlertTest("a moment does not alert", at_ms, {ours(metric, **first): "1 0x100"}),
        ),
        for_ms=patience_ms,
        contract=name,
    )


def _webhook_failing(settings: Settings) -> Alert:
    """One for each receiver: what it is not told is kept, and is told it later, in order."""
    wait_ms, one = settings.alerting.patience_ms, {"webhook": "servicenow"}
    at_ms, series = (minutes(wait_ms) + 2) * MINUTE_MS, ours(names.WEBHOOK_FAILING, **one)
    return monitor_alert(
        settings,
        names.WEBHOOK_ALERT,
        "warning",
        f"{names.WEBHOOK_FAILING.sample} == 1",
        text("The webhook ", Label("webhook"), " is not told of what happens. Nothing is lost: it is tried again."),
        (
            AlertTest("fires while it lasts", at_ms, {series: "1x100"}, {**OURS, **one}),
            AlertTest("is quiet while all is well", at_ms, {series: "0x100"}),
            AlertTest("a moment does not alert", at_ms, {series: "1 0x100"}),
        ),
        for_ms=wait_ms,
    )


def _silenced_by_hand(settings: Settings) -> Alert:
    """What no register speaks of: a silence that was forgotten keeps the next outage from everybody."""
    wait_ms = settings.alerting.patience_ms
    at_ms, series = (minutes(wait_ms) + 2) * MINUTE_MS, ours(names.SILENCES_FOREIGN)
    return monitor_alert(
        settings,
        names.SILENCED_BY_HAND,
        "warning",
        f"{names.SILENCES_FOREIGN.sample} > 0",
        text(
            CountOf("active silence", "active silences"),
            " in Alertmanager for which nothing is booked. Nobody may be called for what they cover.",
        ),
        (
            AlertTest("fires while there is one", at_ms, {series: "2x100"}, dict(OURS), {"value": "2"}),
            AlertTest("is quiet without any", at_ms, {series: "0x100"}),
        ),
        for_ms=wait_ms,
    )


def _watchdog() -> Alert:
    return Alert(
        names.WATCHDOG,
        "none",
        "vector(1)",
        text("If it does not arrive any more, Prometheus or Alertmanager is broken."),
        (AlertTest("fires always", MINUTE_MS, {}, {}),),
    )
