"""Alerts on the contract's triggers: set off, or close to it by the running month's own points and money."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.contract.money.trigger_terms import Trigger, TriggerCondition
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Label, Value, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, late
from sla_monitor.generate.alerts.subject import AlertSubject
from sla_monitor.generate.promql import PER_CONTRACT


def trigger_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Reached, for all triggers; near, for those with a limit that the month's figures can come close to."""
    triggers = subject.terms.triggers
    if not triggers:
        return
    first = triggers[0].id
    tripped = subject.sample(names.TRIGGER, trigger=first)
    yield contract_alert(
        subject,
        names.TRIGGER_REACHED,
        f"{subject.select(names.TRIGGER)} == 1",
        text("Trigger ", Label("trigger"), " is set off as the month stands."),
        (
            AlertTest("fires when it is set off", late(subject), {tripped: "1x100"}, subject.came(trigger=first)),
            AlertTest("is quiet while it is not", late(subject), {tripped: "0x100"}),
        ),
    )
    for trigger in triggers:
        found = [(number, *figure) for number, c in enumerate(trigger.conditions) if (figure := _figure(subject, c))]
        if found:
            yield _near(subject, trigger, *found[0][1:])


def _figure(subject: AlertSubject, condition: TriggerCondition) -> tuple[str, str, float] | None:
    """The running month's figure of a condition, a series of it for tests, and its limit; None for
    conditions on several months, on failures and on other triggers."""
    limit = float(condition.limit)
    if condition.months > 1 or condition.window == "contract_year" or condition.kpis or limit <= 0:
        return None
    if condition.measure == "points":
        return subject.select(names.CONTRACT_POINTS), subject.sample(names.CONTRACT_POINTS), limit
    if condition.measure == "credits":
        currency = subject.terms.currency
        return subject.select(names.CONTRACT_CREDIT), subject.sample(names.CONTRACT_CREDIT, currency=currency), limit
    return None


def _near(subject: AlertSubject, trigger: Trigger, figure: str, series: str, limit: float) -> Alert:
    near = float(subject.settings.alerting.near_percent) / 100 * limit
    tripped = subject.sample(names.TRIGGER, trigger=trigger.id)
    at_ms, told = late(subject), {"value": f"{near:.2f}"}
    came = subject.came(**({"currency": subject.terms.currency} if "currency" in series else {}))
    return contract_alert(
        subject,
        names.TRIGGER_NEAR,
        f"{figure} >= {near:g}\nunless {PER_CONTRACT} {subject.select(names.TRIGGER, trigger=trigger.id)} == 1",
        text("The month stands at ", Value('printf "%.2f"'), f"; trigger {trigger.id} is set off at {limit:g}."),
        (
            AlertTest("fires near the limit", at_ms, {series: f"{near:g}x100", tripped: "0x100"}, came, told),
            AlertTest("is quiet far from it", at_ms, {series: f"{near / 2:g}x100", tripped: "0x100"}),
            AlertTest("is quiet once it is set off", at_ms, {series: f"{limit:g}x100", tripped: "1x100"}),
        ),
        labels={"trigger": trigger.id},
    )
