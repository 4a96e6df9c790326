"""Alerts about deadlines, and about what somebody owes: a claim, a decision, a report."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import SHORT_DURATION, CountOf, Instant, Value, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, late
from sla_monitor.generate.alerts.subject import DAY_S, AlertSubject, asked_for
from sla_monitor.generate.promql import PER_CONTRACT, joined
from sla_monitor.wording.durations import format_short_duration
from sla_monitor.wording.instants import format_instant

UTC = ZoneInfo("UTC")
_BY = ("contract",)


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
        text(
            "It lapses in ",
            Value(SHORT_DURATION),
            " unless it is claimed by then: ",
            Instant("deadline", asked_for(names.CLAIM_DEADLINE, _BY), _BY),
            ".",
        ),
        (
            AlertTest(
                "fires before the deadline",
                at_ms,
                {claim: f"{now_s + DAY_S}x100"},
                subject.came(),
                {"value": format_short_duration(DAY_S * 1000), "deadline": format_instant(at_ms + DAY_S * 1000, UTC)},
            ),
            AlertTest("is quiet long before", at_ms, {claim: f"{now_s + soon_s + DAY_S}x100"}),
        ),
    )
    waited = {
        "value": format_short_duration((alerting.decision_days + 1) * DAY_S * 1000),
        "made": "1 Jan 1970 00:00:00 UTC",
    }
    after_ms = (long_s + DAY_S) * 1000
    yield contract_alert(
        subject,
        names.DECISION_PENDING,
        f"time() - {subject.select(names.OLDEST_PENDING)} > {long_s}",
        text(
            "The oldest has waited ",
            Value(SHORT_DURATION),
            " for its decision, since ",
            Instant("made", asked_for(names.OLDEST_PENDING, _BY), _BY),
            ".",
        ),
        (
            AlertTest(
                "fires when it has waited long",
                after_ms,
                {pending: "0x~"},
                subject.came(),
                waited,
                6 * 3_600_000,
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
        text(
            "It was due at ",
            Instant("due", asked_for(names.REPORT_DUE, _BY), _BY),
            "; ",
            CountOf("figure is missing", "figures are missing"),
            ".",
        ),
        (
            AlertTest(
                "fires when a figure is missing",
                at_ms,
                {missing: "2x100", due: "0x100"},
                subject.came(),
                {"value": "2", "due": "1 Jan 1970 00:00:00 UTC"},
            ),
            AlertTest(
                "counts one figure as one",
                at_ms,
                {missing: "1x100", due: "0x100"},
                subject.came(),
                {"value": "1", "due": "1 Jan 1970 00:00:00 UTC"},
            ),
            AlertTest("there is time until the report is due", at_ms, {missing: "2x100", due: "99999x100"}),
            AlertTest("nothing is missing", at_ms, {missing: "0x100", due: "0x100"}),
        ),
    )
