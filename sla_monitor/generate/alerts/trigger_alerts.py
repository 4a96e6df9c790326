"""Alerts on the contract's triggers: set off, or close to it by the running month's own points and money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sla_monitor import names
from sla_monitor.contract.money.trigger_terms import Trigger, TriggerCondition
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import POINTS, By, Value, money_pipeline, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, credit_so_far, late, name_with_clause
from sla_monitor.generate.alerts.subject import AlertSubject
from sla_monitor.generate.promql import PER_CONTRACT
from sla_monitor.wording.numbers import format_money, format_points
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id


def trigger_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Reached, for all triggers; near, for those with a limit that the month's figures can come close to."""
    triggers = subject.terms.triggers
    if not triggers:
        return
    first = triggers[0].id
    named = By("trigger", {one.id: name_with_clause(one.id, one.clause) for one in triggers})
    effects = {one.id: format_list([describe_id(effect) for effect in one.effects]) for one in triggers}
    tripped = subject.sample(names.TRIGGER, trigger=first)
    yield contract_alert(
        subject,
        names.TRIGGER_REACHED,
        f"{subject.select(names.TRIGGER)} == 1",
        text("What follows: ", By("trigger", effects), ". It becomes final when the month is signed off."),
        (
            AlertTest("fires when it is set off", late(subject), {tripped: "1x100"}, subject.came(trigger=first)),
            AlertTest("is quiet while it is not", late(subject), {tripped: "0x100"}),
        ),
        details=credit_so_far(subject),
        summary=text("A trigger is set off as the month stands: ", named, "."),
        resolved=text("A trigger was no longer set off as the month stood: ", named, "."),
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
    near = float(f"{float(subject.settings.alerting.near_percent) / 100 * limit:g}")
    is_money, currency = "currency" in series, subject.terms.currency
    value = Value(money_pipeline(currency)) if is_money else Value(POINTS)

    def said(amount: float) -> str:
        exact = Decimal(f"{amount:g}")
        return format_money(exact, currency) if is_money else format_points(exact)

    unit, named = "" if is_money else " service points", name_with_clause(trigger.id, trigger.clause)
    tripped = subject.sample(names.TRIGGER, trigger=trigger.id)
    at_ms, told = late(subject), {"value": said(near)}
    came = subject.came(**({"currency": subject.terms.currency} if "currency" in series else {}))
    return contract_alert(
        subject,
        names.TRIGGER_NEAR,
        f"{figure} >= {near:g}\nunless {PER_CONTRACT} {subject.select(names.TRIGGER, trigger=trigger.id)} == 1",
        text("The month stands at ", value, f"{unit}; it is set off at {said(limit)}{unit}."),
        (
            AlertTest("fires near the limit", at_ms, {series: f"{near:g}x100", tripped: "0x100"}, came, told),
            AlertTest("is quiet far from it", at_ms, {series: f"{near / 2:g}x100", tripped: "0x100"}),
            AlertTest("is quiet once it is set off", at_ms, {series: f"{limit:g}x100", tripped: "1x100"}),
        ),
        labels={"trigger": trigger.id},
        summary=text(f"A trigger is close to being set off: {named}."),
        resolved=text(f"A trigger is no longer close to being set off, or was set off: {named}."),
    )
