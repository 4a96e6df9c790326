"""Alerts for those who manage the contract: KPIs that miss their targets or are close to it, and money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import (
    PERCENT,
    SHORT_DURATION,
    Ask,
    By,
    Instant,
    Text,
    Value,
    money_pipeline,
    name_of_something,
    text,
)
from sla_monitor.generate.alerts.subject import DAY_S, MINUTE_MS, AlertSubject, asked_for, minutes
from sla_monitor.generate.grafana.drill_down import SCORECARD
from sla_monitor.generate.promql import PER_KPI
from sla_monitor.wording.durations import format_duration, format_short_duration
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.numbers import format_money, format_ratio
from sla_monitor.wording.vocabulary import describe_id

UTC = ZoneInfo("UTC")


def contract_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Those that the terms give a reason for."""
    yield from _runs_out(subject)
    yield from _breached(subject)
    yield _signed(subject)
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
    summary: Text | None = None,
    resolved: Text | None = None,
) -> Alert:
    """A ticket about the contract, once it has lasted for a while."""
    details = {**subject.about(), **(details or {}), "call": subject.contacts_of_contract()}
    fixed = {**subject.labels(), **(labels or {})}
    wait_ms = subject.settings.alerting.patience_ms
    dashboard = subject.dashboard(SCORECARD)
    return Alert(
        name, "warning", expression, description, cases, fixed, details, dashboard, wait_ms, summary, resolved,
        subject.clock,
    )  # fmt: skip


def _about_kpi(subject: AlertSubject) -> dict[str, Text]:
    return {
        **subject.about("kpi"),
        "promise": subject.promise_of_kpi,
        **subject.impact("contract", "kpi"),
    }


def credit_so_far(subject: AlertSubject) -> dict[str, Text]:
    """What the whole month costs the supplier as it stands."""
    query = f"{subject.select(names.CONTRACT_CREDIT)} > 0"
    show = f"{{{{ . | value | {money_pipeline(subject.terms.currency)} }}}} as the month stands"
    return {"credit_so_far": text(Ask("credit", query, (), show))}


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
    left = {
        subject.sample(names.KPI_ALLOWANCE_LEFT, **where): "90x100",
        subject.sample(names.KPI_ASSESSABLE, **where): "1x100",
    }
    title = subject.kpis.get(kpis[0].id, kpis[0].id)
    told = {
        "value": format_short_duration(DAY_S * 1000),
        "allowance": f"{format_duration(90_000)} left {subject.period_name}, {title}",
        "exhausted": f"{format_instant(at_ms + DAY_S * 1000, UTC)}",
    }
    runs_out = asked_for(names.KPI_EXHAUSTED, ("contract", "kpi"), "window='trailing'")
    yield contract_alert(
        subject,
        names.RUNS_OUT,
        f"{series['trailing']} - time() > 0\nand {PER_KPI} {series['period']}",
        text(
            "At the rate of the last seven days it is used up in ",
            Value(SHORT_DURATION),
            ", at ",
            Instant("exhausted", runs_out, ("contract", "kpi")),
            ", before its period ends.",
        ),
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
        details=_about_kpi(subject),
        summary=text("At the present rate the allowance will not last the period: ", subject.kpi, "."),
        resolved=text("The allowance no longer runs out at the present rate, or was used up: ", subject.kpi, "."),
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
            text(
                "The allowance of an availability that is used up does not come back; other figures may still recover."
            ),
            tuple(cases),
            details=_about_kpi(subject),
            summary=text("A target is missed as the period stands: ", subject.kpi, "."),
            resolved=text("A target was no longer missed as the period stood: ", subject.kpi, "."),
        )


def _signed(subject: AlertSubject) -> Alert:
    """Whatever the terms are: a signed figure that would not come out again is one that somebody will dispute."""
    series, at_ms = subject.sample(names.SIGNED_DIFFER), late(subject)
    return contract_alert(
        subject,
        names.SIGNED_DIFFERS,
        f"{subject.select(names.SIGNED_DIFFER)} > 0",
        text("Months: ", Value("humanize"), ". Which, since when and why: sla-monitor recalculations."),
        (
            AlertTest("fires while one does", at_ms, {series: "1x100"}, subject.came(), {"value": "1"}),
            AlertTest("is quiet while none does", at_ms, {series: "0x100"}),
        ),
    )


def _caps(subject: AlertSubject) -> Iterator[Alert]:
    if not subject.terms.caps:
        return
    near = float(subject.settings.alerting.near_percent)
    first = subject.terms.caps[0]
    scope = subject.terms.services[0].id if first.scope == "service" else names.WHOLE_CONTRACT
    where = {"cap": first.id, "scope": scope, "currency": subject.terms.currency}
    left, limit = subject.sample(names.CAP_REMAINING, **where), subject.sample(names.CAP_LIMIT, **where)
    left_share = f"{subject.select(names.CAP_REMAINING)} / ({subject.select(names.CAP_LIMIT)} > 0)"
    at_ms = late(subject)
    cap = By("cap", {one.id: name_with_clause(one.id, one.clause) for one in subject.terms.caps})
    scopes = {service.id: f" for {name_of_something(service.name, service.id)}" for service in subject.terms.services}
    about = By("scope", {**scopes, names.WHOLE_CONTRACT: ""}, "")
    yield contract_alert(
        subject,
        names.CAP_NEAR,
        f"100 * (1 - {left_share}) >= {near:g}",
        text("Of it, ", Value(PERCENT), " is used up. Failures beyond a cap cost the supplier nothing more."),
        (
            AlertTest(
                "fires near the cap",
                at_ms,
                {
                    left: "0x100",
                    limit: "500x100",
                    subject.sample(names.CONTRACT_CREDIT, currency=where["currency"]): "1234567.5x100",
                },
                subject.came(**where),
                {
                    "value": format_ratio(Fraction(1)),
                    "credit": f"{format_money(Decimal('1234567.5'), where['currency'])} as the month stands",
                },
            ),
            AlertTest(
                "says no more than there is",
                at_ms,
                {left: "0.02x100", limit: "500x100"},
                subject.came(**where),
                {"value": format_ratio(Fraction(49998, 50000))},
            ),
            AlertTest("is quiet far from it", at_ms, {left: "50x99", limit: "50x99"}),
        ),
        details=credit_so_far(subject),
        summary=text("Credits are close to their cap: ", cap, about, "."),
        resolved=text("Credits are no longer close to their cap: ", cap, about, "."),
    )


def name_with_clause(identifier: str, clause: str) -> str:
    """The name of a cap or a trigger for people: its id in words, and where the contract has it."""
    said = describe_id(identifier)
    return f"{said} ({name_of_something(clause, '')})" if clause else said
