"""Alerts for those who manage the contract: KPIs that miss their targets or are close to it, and money."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Label, Text, Value, text
from sla_monitor.generate.alerts.subject import ALLOWANCE_OF_KPI, DAY_S, MINUTE_MS, MONEY, AlertSubject, minutes
from sla_monitor.generate.grafana.drill_down import SCORECARD
from sla_monitor.generate.promql import PER_KPI


def contract_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Those that the terms give a reason for."""
    yield from _runs_out(subject)
    yield from _breached(subject)
    yield from _caps(subject)


def contract_alert(  # noqa: PLR0913 - what all of them share stands here once
    subject: AlertSubject,
    name: names.AlertName,
    expression: str,
    description: Text,
    cases: tuple[AlertTest, ...],
    *,
    labels: dict[str, str] | None = None,
    details: dict[str, Text] | None = None,
) -> Alert:
    """A ticket about the contract, once it has lasted for a while."""
    details = {**(details or {}), "call": subject.contacts_of_contract()}
    fixed = {**subject.labels(), **(labels or {})}
    wait_ms = subject.settings.alerting.patience_ms
    dashboard = subject.dashboard(SCORECARD)
    return Alert(name, "warning", expression, description, cases, fixed, details, dashboard, wait_ms)


def late(subject: AlertSubject) -> int:
    """An instant of a unit test at which something that was so from the beginning has lasted long enough."""
    return (minutes(subject.settings.alerting.patience_ms) + 2) * MINUTE_MS


def _runs_out(subject: AlertSubject) -> Iterator[Alert]:
    """Both by the period's rate and by that of late: early in a month, one short outage alone would seem ruinous."""
    kpis = subject.terms.availability_kpis
    if not kpis:
        return
    series = {
        window: subject.select(names.KPI_EXHAUSTED, kpi=[kpi.id for kpi in kpis], window=window)
        for window in ("trailing", "period")
    }
    where = {"kpi": kpis[0].id, "service": kpis[0].service}
    both = {window: subject.sample(names.KPI_EXHAUSTED, **where, window=window) for window in series}
    at_ms = late(subject)
    then = f"{at_ms // 1000 + DAY_S}x100"
    left = {subject.sample(names.KPI_ALLOWANCE_LEFT, **where): "90x100"}
    told = {"value": "1d 0h 0m 0s", "allowance": "1m 30s"}
    yield contract_alert(
        subject,
        names.RUNS_OUT,
        f"{series['trailing']} - time() > 0\nand {PER_KPI} {series['period']}",
        text(Label("kpi"), " of ", Label("service"), ": the allowance is used up in ", Value("humanizeDuration"), "."),
        (
            AlertTest(
                "fires when both rates say so",
                at_ms,
                {both["trailing"]: then, both["period"]: then, **left},
                subject.came(**where, window="trailing"),
                told,
            ),
            AlertTest("a bad week alone says nothing", at_ms, {both["trailing"]: then}),
            AlertTest("a bad day long ago alone says nothing", at_ms, {both["period"]: then}),
        ),
        details={"allowance_left": text(ALLOWANCE_OF_KPI), "money_at_risk": text(MONEY)},
    )


def _breached(subject: AlertSubject) -> Iterator[Alert]:
    """An availability KPI once the whole period's allowance is used up; another when its figure so far misses."""
    terms = subject.terms
    seen = [kpi.id for kpi in terms.availability_kpis]
    others = [kpi.id for kpi in terms.kpis if kpi.id not in seen]
    parts, cases, at_ms = [], [], late(subject)
    if seen:
        left = subject.sample(names.KPI_ALLOWANCE_LEFT, kpi=seen[0])
        parts.append(f"{subject.select(names.KPI_ALLOWANCE_LEFT, kpi=seen)} < 0")
        cases += [
            AlertTest("fires when the allowance is used up", at_ms, {left: "-60x100"}, subject.came(kpi=seen[0])),
            AlertTest("an allowance that is left is kept", at_ms, {left: "60x100"}),
            AlertTest("an allowance that is used up exactly is kept", at_ms, {left: "0x100"}),
        ]
    if others:
        met = subject.sample(names.KPI_MET, kpi=others[0])
        parts.append(f"{subject.select(names.KPI_MET, kpi=others)} == 0")
        cases += [
            AlertTest("fires when the figure misses the target", at_ms, {met: "0x100"}, subject.came(kpi=others[0])),
            AlertTest("a figure that meets the target is well", at_ms, {met: "1x100"}),
        ]
    if parts:
        yield contract_alert(
            subject,
            names.KPI_BREACHED,
            "\nor\n".join(parts),
            text(Label("kpi"), f" of {subject.terms.supplier} misses its target as the period stands."),
            tuple(cases),
            details={"money_at_risk": text(MONEY)},
        )


def _caps(subject: AlertSubject) -> Iterator[Alert]:
    if not subject.terms.caps:
        return
    near = float(subject.settings.alerting.near_percent)
    where = {"cap": subject.terms.caps[0].id, "scope": subject.terms.caps[0].scope, "currency": "GBP"}
    left, limit = subject.sample(names.CAP_REMAINING, **where), subject.sample(names.CAP_LIMIT, **where)
    left_share = f"{subject.select(names.CAP_REMAINING)} / ({subject.select(names.CAP_LIMIT)} > 0)"
    at_ms = late(subject)
    yield contract_alert(
        subject,
        names.CAP_NEAR,
        f"1 - {left_share} >= {near / 100:g}",
        text("Cap ", Label("cap"), " (", Label("scope"), "): ", Value("humanizePercentage"), " of it is used up."),
        (
            AlertTest(
                "fires near the cap", at_ms, {left: "0x100", limit: "500x100"}, subject.came(**where), {"value": "100%"}
            ),
            AlertTest("is quiet far from it", at_ms, {left: "50x99", limit: "50x99"}),
        ),
    )
