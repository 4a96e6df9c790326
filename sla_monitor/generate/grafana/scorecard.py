"""The contract scorecard: KPIs and bands, points, money against its caps, the three views, what awaits people."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.money.trigger_terms import Trigger, TriggerCondition
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import kpi_tables, style
from sla_monitor.generate.grafana.dashboard import ONE_CONTRACT, Dashboard
from sla_monitor.generate.grafana.dashboard_queries import CONTRACT, Query, each, select
from sla_monitor.generate.grafana.drill_down import SCORECARD
from sla_monitor.generate.grafana.kpi_tables import NOW
from sla_monitor.generate.grafana.panels import Panel, PanelStyle, bar_chart, bar_gauge, stat, text, timeseries


def scorecard(contracts: Sequence[Terms], money: str) -> Dashboard:
    """One contract at a time. `money`: the unit of amounts."""
    return Dashboard(
        uid=SCORECARD,
        title="SLA 3: Contract scorecard",
        description="What does the contract say about this month, and about the last twelve?",
        rows=(
            ("This month as it stands", (*_points(), *_amounts(money), *_people())),
            ("KPIs this period", (kpi_tables.per_cent(contracts), *kpi_tables.others(contracts))),
            (
                "The last twelve months",
                (kpi_tables.months(contracts), month_points(), month_credit(money)),
            ),
            ("Points and money", (caps(), credit(money), triggers(), rules(contracts))),
        ),
        variables=(ONE_CONTRACT,),
        span="now-30d",
        refresh="1m",
        about=CONTRACT,
    )


def _now(title: str, description: str, expression: str, panel_style: PanelStyle, legend: str = "") -> Panel:
    return stat(title, description, Query(expression, legend), panel_style)


def _points() -> tuple[Panel, ...]:
    worst = select(names.OUTLOOK_POINTS, *CONTRACT, 'case="worst"')
    return (
        _now(
            "Service points",
            "Of the running month, agreed view, after repeats and related failures.",
            f"max({select(names.CONTRACT_POINTS, *CONTRACT)})",
            PanelStyle(thresholds=style.steps((None, style.PLAIN), (0.001, style.SERIOUS))),
        ),
        _now(
            "Points at worst",
            "If everything were down from now to the month's end.",
            f"max({worst})",
            PanelStyle(thresholds=style.steps((None, "text"))),
        ),
    )


def _amounts(money: str) -> tuple[Panel, ...]:
    worst = select(names.OUTLOOK_CREDIT, *CONTRACT, 'case="worst"')
    plain = PanelStyle(unit=money, thresholds=style.steps((None, "text")))
    return (
        _now(
            "Service credit",
            "What the month costs the supplier as it stands, after caps.",
            each("currency", select(names.CONTRACT_CREDIT, *CONTRACT)),
            PanelStyle(unit=money, thresholds=style.steps((None, style.PLAIN), (0.01, style.SERIOUS))),
            "{{currency}}",
        ),
        _now(
            "Credit before caps",
            "The same, before any cap.",
            each("currency", select(names.CONTRACT_CREDIT_BEFORE, *CONTRACT)),
            plain,
            "{{currency}}",
        ),
        _now(
            "Credit at worst",
            "If everything were down from now to the month's end, after caps.",
            each("currency", worst),
            plain,
            "{{currency}}",
        ),
    )


def _people() -> tuple[Panel, ...]:
    ends = f"max({select(names.PERIOD_END, *CONTRACT)}) * 1000"
    return (
        _now(
            "The month ends",
            "In the contract's own zone.",
            ends,
            PanelStyle(unit="dateTimeFromNow", thresholds=style.steps((None, style.PLAIN))),
        ),
        _now(
            "Awaiting a decision",
            "Entries of the register without a decision.",
            f"max({select(names.REGISTER_PENDING, *CONTRACT)})",
            PanelStyle(thresholds=style.ANY_IS_NEAR, decimals=0),
        ),
        _now(
            "Figures owed",
            "KPI figures that a party owes for months that have ended.",
            f"max({select(names.FIGURES_MISSING, *CONTRACT)})",
            PanelStyle(thresholds=style.ANY_IS_NEAR, decimals=0),
        ),
        stat(
            "Terms in force",
            "The change that the terms in force come from.",
            Query(each("terms", select(names.CONTRACT_INFO, *CONTRACT)), "{{terms}}"),
            PanelStyle(unit="none", thresholds=style.steps((None, "text")), texts={"1": ("in force", "text")}),
            size=(8, 4),
            text_mode="name",
        ),
    )


def _by_month(called: str, now: str, past: str) -> Query:
    return Query(f'label_replace(max({now}), "month", "{NOW}", "", "") or {each("month", past)}', called)


def month_points() -> Panel:
    return bar_chart(
        "Service points by month",
        "Points count against the triggers below over their windows.",
        _by_month("Points", select(names.CONTRACT_POINTS, *CONTRACT), select(names.MONTH_POINTS, *CONTRACT)),
        PanelStyle(decimals=0, least=0, thresholds=style.steps((None, style.SERIOUS))),
        "month",
    )


def month_credit(money: str) -> Panel:
    return bar_chart(
        "Service credit by month",
        "What each month cost the supplier, after caps.",
        _by_month("Credit", select(names.CONTRACT_CREDIT, *CONTRACT), select(names.MONTH_CREDIT, *CONTRACT)),
        PanelStyle(unit=money, least=0, thresholds=style.steps((None, "blue"))),
        "month",
    )


def caps() -> Panel:
    limit, left = (each("cap, scope", select(metric, *CONTRACT)) for metric in (names.CAP_LIMIT, names.CAP_REMAINING))
    return bar_gauge(
        "Caps used",
        "The part of each cap's window that credits have used; a cap limits money and never points.",
        Query(f"1 - {left} / ({limit} > 0)", "{{cap}} ({{scope}})"),
        PanelStyle(unit="percentunit", decimals=1, least=0, most=1, thresholds=style.SHARE_USED),
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
        PanelStyle(unit=money, least=0),
    )


def triggers() -> Panel:
    return bar_gauge(
        "Triggers",
        "What the month has set off as it stands.",
        Query(each("trigger", select(names.TRIGGER, *CONTRACT)), "{{trigger}}"),
        PanelStyle(unit="none", least=0, most=1, texts=style.BAD_WHEN_ONE, thresholds=style.ANY_IS_BAD),
    )


def rules(contracts: Sequence[Terms]) -> Panel:
    lines = [
        f"- `{terms.id}` **{trigger.id}**: {_conditions(trigger)}" for terms in contracts for trigger in terms.triggers
    ]
    markdown = "\n".join(lines) or "The contracts have no triggers."
    return text("What sets off a trigger", "By the terms in force.", markdown, width=12, height=8)


def _conditions(trigger: Trigger) -> str:
    return f" {'or' if trigger.when == 'any' else 'and'} ".join(map(_condition, trigger.conditions))


def _condition(condition: TriggerCondition) -> str:
    word = "more than" if condition.more_than is not None else "at least"
    length = "1 month" if condition.months == 1 else f"{condition.months} months"
    whole = {"contract_year": "over the contract year", "rolling": f"over {length}"}
    if condition.days is not None:
        length = "1 day" if condition.days == 1 else f"{condition.days} days"
        whole = {"rolling": f"in any {length}"}
    window = whole.get(condition.window, f"in each of {length}")
    return f"{condition.measure.replace('_', ' ')} {word} {condition.limit:f} {window}"
