"""Alerts about credits on their way to money: not notified, not on the invoice, past due."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import CountOf, Instant, Text, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, late
from sla_monitor.generate.alerts.subject import DAY_S, AlertSubject, asked_for
from sla_monitor.names import AlertName, MetricName
from sla_monitor.wording.instants import format_instant

UTC = ZoneInfo("UTC")
_BY = ("contract",)


def recovery_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Those that the terms of invoicing give a reason for."""
    invoicing = subject.terms.invoicing
    if invoicing is None:
        return
    if invoicing.notify_working_days is not None:
        yield _not_notified(subject)
    yield _counted(
        subject,
        names.CREDIT_NOT_ON_INVOICE,
        names.CREDIT_NOT_INVOICED,
        text(
            CountOf("month has a credit that is", "months have credits that are"),
            " not on the invoice on which it was due. `sla-monitor credits list` names it.",
        ),
    )
    yield _counted(
        subject,
        names.CREDIT_PAST_DUE,
        names.CREDIT_OVERDUE,
        text(
            CountOf("month has a credit that is", "months have credits that are"),
            " open and past due by the contract’s terms of payment.",
        ),
    )


def _not_notified(subject: AlertSubject) -> Alert:
    at_ms, soon_s = late(subject), subject.settings.alerting.claim_days * DAY_S
    deadline, now_s = subject.sample(names.CREDIT_NOTIFY_DEADLINE), at_ms // 1000
    return contract_alert(
        subject,
        names.CREDIT_NOT_NOTIFIED,
        f"{subject.select(names.CREDIT_NOTIFY_DEADLINE)} - time() < {soon_s}",
        text(
            "The last day for the notice ends at ",
            Instant("by", asked_for(names.CREDIT_NOTIFY_DEADLINE, _BY), _BY),
            ".",
        ),
        (
            AlertTest(
                "fires before the deadline",
                at_ms,
                {deadline: f"{now_s + DAY_S}x100"},
                subject.came(),
                {"by": format_instant(at_ms + DAY_S * 1000, UTC)},
            ),
            AlertTest(
                "fires on after it",
                at_ms,
                {deadline: "0x100"},
                subject.came(),
                {"by": "1 Jan 1970 00:00:00 UTC"},
            ),
            AlertTest("is quiet long before", at_ms, {deadline: f"{now_s + soon_s + DAY_S}x100"}),
        ),
    )


def _counted(subject: AlertSubject, name: AlertName, metric: MetricName, description: Text) -> Alert:
    series, at_ms = subject.sample(metric), late(subject)
    return contract_alert(
        subject,
        name,
        f"{subject.select(metric)} > 0",
        description,
        (
            AlertTest("fires for one month", at_ms, {series: "1x100"}, subject.came(), {"value": "1"}),
            AlertTest("counts several", at_ms, {series: "3x100"}, subject.came(), {"value": "3"}),
            AlertTest("is quiet while there is none", at_ms, {series: "0x100"}),
        ),
    )
