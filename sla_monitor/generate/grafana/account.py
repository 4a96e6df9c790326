"""The scorecard's points and money: month by month, against caps, and what sets off a trigger."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.money.trigger_terms import Condition, Trigger
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.kpi_tables import NOW
from sla_monitor.generate.grafana.panels import Look, Panel, bar_chart, bar_gauge, text, timeseries
from sla_monitor.generate.grafana.queries import CONTRACT, Query, each, select


def _by_month(now: str, past: str) -> Query:
    return Query(f'label_replace(max({now}), "month", "{NOW}", "", "") or {each("month", past)}')


def month_points() -> Panel:
    return bar_chart(
        "Service points by month",
        "Points count against the triggers below over their windows.",
        _by_month(select(names.CONTRACT_POINTS, *CONTRACT), select(names.MONTH_POINTS, *CONTRACT)),
        Look(decimals=0, least=0, thresholds=style.steps((None, style.SERIOUS))),
        "month",
    )


def month_credit(money: str) -> Panel:
    return bar_chart(
        "Service credit by month",
        "What each month cost the supplier, after caps.",
        _by_month(select(names.CONTRACT_CREDIT, *CONTRACT), select(names.MONTH_CREDIT, *CONTRACT)),
        Look(unit=money, least=0, thresholds=style.steps((None, "blue"))),
        "month",
    )


def caps() -> Panel:
    limit, left = (each("cap, scope", select(metric, *CONTRACT)) for metric in (names.CAP_LIMIT, names.CAP_REMAINING))
    return bar_gauge(
        "Caps used",
        "The part of each cap's window that credits have used; a cap limits money and never points.",
        Query(f"1 - {left} / ({limit} > 0)", "{{cap}} ({{scope}})"),
        Look(unit="percentunit", decimals=1, least=0, most=1, thresholds=style.SHARE_USED),
    )


def credit(money: str) -> Panel:
    cases = [
        Query(each("case", select(names.OUTLOOK_CREDIT, *CONTRACT, f'case="{case}"')), "{{case}}")
        for case in ("now", "best", "worst")
    ]
    left = Query(each("cap, scope", select(names.CAP_REMAINING, *CONTRACT)), "{{cap}} ({{scope}}) left")
    return timeseries(
        "Service credit against the caps",
        "The month's credit as it stands, at best and at worst, and what the caps still let through.",
        [*cases, left],
        Look(unit=money, least=0),
    )


def triggers() -> Panel:
    return bar_gauge(
        "Triggers",
        "What the month has set off as it stands.",
        Query(each("trigger", select(names.TRIGGER, *CONTRACT)), "{{trigger}}"),
        Look(unit="none", least=0, most=1, texts=style.BAD_WHEN_ONE, thresholds=style.ANY_IS_BAD),
    )


def rules(contracts: Sequence[Terms]) -> Panel:
    lines = [
        f"- `{terms.id}` **{trigger.id}**: {_conditions(trigger)}" for terms in contracts for trigger in terms.triggers
    ]
    markdown = "\n".join(lines) or "The contracts have no triggers."
    return text("What sets off a trigger", "By the terms in force.", markdown, width=12, height=8)


def _conditions(trigger: Trigger) -> str:
    return f" {'or' if trigger.when == 'any' else 'and'} ".join(map(_condition, trigger.conditions))


def _condition(condition: Condition) -> str:
    word = "more than" if condition.more_than is not None else "at least"
    length = "1 month" if condition.months == 1 else f"{condition.months} months"
    whole = {"contract_year": "over the contract year", "rolling": f"over {length}"}
    window = whole.get(condition.window, f"in each of {length}")
    return f"{condition.measure.replace('_', ' ')} {word} {condition.limit:f} {window}"
