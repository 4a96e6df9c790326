"""Alerts about deadlines, and about what somebody owes: a claim, a decision, a report."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Value, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, late
from sla_monitor.generate.alerts.subject import DAY_S, AlertSubject
from sla_monitor.generate.promql import PER_CONTRACT, joined


def deadline_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Those that the register and the calendar give a reason for."""
    alerting, at_ms = subject.settings.alerting, late(subject)
    claim, pending = subject.sample(names.CLAIM_DEADLINE), subject.sample(names.OLDEST_PENDING)
    soon_s, long_s = alerting.claim_days * DAY_S, alerting.decision_days * DAY_S
    now_s = at_ms // 1000
    yield contract_alert(
        subject,
        names.CLAIM_NEAR,
        f"{subject.select(names.CLAIM_DEADLINE)} - time() < {soon_s}",
        text("A credit lapses in ", Value("humanizeDuration"), " unless it is claimed."),
        (
            AlertTest(
                "fires before the deadline",
                at_ms,
                {claim: f"{now_s + DAY_S}x100"},
                subject.came(),
                {"value": "1d 0h 0m 0s"},
            ),
            AlertTest("is quiet long before", at_ms, {claim: f"{now_s + soon_s + DAY_S}x100"}),
        ),
    )
    waited = {"value": f"{alerting.decision_days + 1}d 0h 0m 0s"}
    yield contract_alert(
        subject,
        names.DECISION_PENDING,
        f"time() - {subject.select(names.OLDEST_PENDING)} > {long_s}",
        text("An entry of the register has waited ", Value("humanizeDuration"), " for its decision."),
        (
            AlertTest(
                "fires when it has waited long",
                at_ms,
                {pending: f"{now_s - long_s - DAY_S}x100"},
                subject.came(),
                waited,
            ),
            AlertTest("a fresh entry may wait", at_ms, {pending: "0x100"}),
        ),
    )
    yield _report(subject)


def _report(subject: AlertSubject) -> Alert:
    missing, due = subject.sample(names.FIGURES_MISSING), subject.sample(names.REPORT_DUE)
    at_ms = late(subject)
    return contract_alert(
        subject,
        names.REPORT_OVERDUE,
        joined(
            f"{subject.select(names.FIGURES_MISSING)} > 0",
            f"and {PER_CONTRACT} ({subject.select(names.REPORT_DUE)} < time())",
        ),
        text("The report is due; figures that are missing: ", Value('printf "%.0f"'), "."),
        (
            AlertTest(
                "fires when a figure is missing",
                at_ms,
                {missing: "2x100", due: "0x100"},
                subject.came(),
                {"value": "2"},
            ),
            AlertTest("there is time until the report is due", at_ms, {missing: "2x100", due: "99999x100"}),
            AlertTest("nothing is missing", at_ms, {missing: "0x100", due: "0x100"}),
        ),
    )
