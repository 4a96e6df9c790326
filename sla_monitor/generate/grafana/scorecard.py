"""The contract scorecard: KPIs and bands, points, money against its caps, the three views, what awaits people."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.triggers import Condition, Trigger
from sla_monitor.generate.grafana import looks
from sla_monitor.generate.grafana.board import ONE_CONTRACT, Board
from sla_monitor.generate.grafana.links import SCORECARD, to_service
from sla_monitor.generate.grafana.panels import Look, Panel, bar_chart, bar_gauge, stat, text, timeseries
from sla_monitor.generate.grafana.queries import CONTRACT, Query, each, select
from sla_monitor.generate.grafana.tables import Column, Key, matrix, table

VIEWS = (("Agreed", "agreed"), ("Gross", "gross"), ("Claimed", "claimed"))
NOW = "now"
"""The running month among the closed ones; as text it comes after them."""


def scorecard(contracts: Sequence[Terms], money: str) -> Board:
    """One contract at a time. `money`: the unit of amounts."""
    return Board(
        uid=SCORECARD,
        title="SLA 3: Contract scorecard",
        description="What does the contract say about this month, and about the last twelve?",
        rows=(
            ("This month as it stands", (*_points(), *_amounts(money), *_people())),
            ("KPIs this period", (_per_cent(contracts), _others(contracts))),
            ("The last twelve months", (_months(contracts), _month_points(), _month_credit(money))),
            ("Points and money", (_caps(), _credit(money), _triggers(), _rules(contracts))),
        ),
        variables=(ONE_CONTRACT,),
        span="now-30d",
        refresh="1m",
        about=CONTRACT,
    )


def _now(title: str, description: str, expression: str, look: Look, legend: str = "") -> Panel:
    return stat(title, description, Query(expression, legend), look)


def _points() -> tuple[Panel, ...]:
    worst = select(names.OUTLOOK_POINTS, *CONTRACT, 'case="worst"')
    return (
        _now(
            "Service points",
            "Of the running month, agreed view, after repeats and related failures.",
            f"max({select(names.CONTRACT_POINTS, *CONTRACT)})",
            Look(thresholds=looks.steps((None, looks.GOOD), (0.001, looks.SERIOUS))),
        ),
        _now(
            "Points at worst",
            "If everything were down from now to the month's end.",
            f"max({worst})",
            Look(thresholds=looks.steps((None, "text"))),
        ),
    )


def _amounts(money: str) -> tuple[Panel, ...]:
    worst = select(names.OUTLOOK_CREDIT, *CONTRACT, 'case="worst"')
    plain = Look(unit=money, thresholds=looks.steps((None, "text")))
    return (
        _now(
            "Service credit",
            "What the month costs the supplier as it stands, after caps.",
            each("currency", select(names.CONTRACT_CREDIT, *CONTRACT)),
            Look(unit=money, thresholds=looks.steps((None, looks.GOOD), (0.01, looks.SERIOUS))),
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
        _now("The month ends", "In the contract's own zone.", ends, Look(unit="dateTimeFromNow")),
        _now(
            "Awaiting a decision",
            "Entries of the register that nobody has decided yet.",
            f"max({select(names.REGISTER_PENDING, *CONTRACT)})",
            Look(thresholds=looks.ANY_IS_NEAR, decimals=0),
        ),
        _now(
            "Figures owed",
            "KPI figures that a party owes for months that have ended.",
            f"max({select(names.FIGURES_MISSING, *CONTRACT)})",
            Look(thresholds=looks.ANY_IS_NEAR, decimals=0),
        ),
        stat(
            "Terms in force",
            "The change that the terms in force come from.",
            Query(each("terms", select(names.CONTRACT_INFO, *CONTRACT)), "{{terms}}"),
            Look(unit="none", thresholds=looks.steps((None, "text")), texts={"1": ("in force", "text")}),
            width=8,
            by_name=True,
        ),
    )


def _figures(contracts: Sequence[Terms], matcher: str, labels: str, look: Look) -> tuple[Column, ...]:
    """Band, target and the three views of the KPIs with these units."""
    bands = looks.band_colors(contracts)
    held = " or ".join(f"({each('kpi, service', _of_band(name))} == 1) * {number}" for number, name in enumerate(bands))
    target = each(labels, select(names.KPI_TARGET, *CONTRACT, matcher))
    texts = {str(number): shown for number, shown in enumerate(bands.values())}
    band = f"{target} * 0 + on (kpi, service) group_left () ({held or 'vector(0)'})"
    values = [
        Column(heading, each(labels, select(names.KPI_VALUE, *CONTRACT, matcher, f'view="{view}"')), look)
        for heading, view in VIEWS
    ]
    return (
        Column("Band", band, Look(unit="none", texts=texts), is_coloured=True),
        Column("Target", target, look),
        *values,
    )


def _of_band(name: str) -> str:
    return select(names.KPI_BAND, *CONTRACT, f'band="{name}"')


def _per_cent(contracts: Sequence[Terms]) -> Panel:
    seen = Look(unit="percentunit", decimals=1, thresholds=looks.SHARE_SEEN)
    columns = (
        *_figures(contracts, 'unit="ratio"', "kpi, service", Look(unit="percentunit", decimals=3)),
        Column("Seen", each("kpi, service", select(names.KPI_COVERAGE, *CONTRACT)), seen, is_coloured=True),
        Column("Points", _in_per_cent(names.KPI_POINTS), Look(thresholds=looks.ANY_IS_BAD)),
        Column("Failures in a row", _in_per_cent(names.KPI_FAILURES), Look(decimals=0)),
    )
    return table(
        "KPIs in per cent, in three views",
        "Gross excludes nothing, claimed is as if every claim and booking were granted; agreed is what is priced.",
        (Key("kpi", "KPI"), Key("service", "Service", to_service("data.fields"))),
        columns,
        height=11,
    )


def _in_per_cent(metric: names.MetricName) -> str:
    of_unit = select(names.KPI_TARGET, *CONTRACT, 'unit="ratio"')
    return each("kpi, service", f"{select(metric, *CONTRACT)} and on (contract, kpi, instance) {of_unit}")


def _others(contracts: Sequence[Terms]) -> Panel:
    return table(
        "Other KPIs, in three views",
        "Times are in seconds. What nobody has measured or submitted yet is empty.",
        (Key("kpi", "KPI"), Key("service", "Service"), Key("unit", "Unit")),
        _figures(contracts, 'unit!="ratio"', "kpi, service, unit", Look(unit="none")),
        height=6,
    )


def _months(contracts: Sequence[Terms]) -> Panel:
    now = f"{each('kpi, band', select(names.KPI_BAND, *CONTRACT))} == 1"
    past = each("kpi, month, band", select(names.KPI_MONTH_BAND, *CONTRACT))
    return matrix(
        "Bands by month",
        "The band that each KPI got in each closed month, and where it stands now.",
        Query(f'label_replace({now}, "month", "{NOW}", "", "") or {past}'),
        ("kpi", "month", "band"),
        Look(unit="none", texts=looks.band_colors(contracts)),
    )


def _by_month(now: str, past: str) -> Query:
    return Query(f'label_replace(max({now}), "month", "{NOW}", "", "") or {each("month", past)}')


def _month_points() -> Panel:
    return bar_chart(
        "Service points by month",
        "Points count against the triggers below over their windows.",
        _by_month(select(names.CONTRACT_POINTS, *CONTRACT), select(names.MONTH_POINTS, *CONTRACT)),
        Look(decimals=0, least=0, thresholds=looks.steps((None, looks.SERIOUS))),
        "month",
    )


def _month_credit(money: str) -> Panel:
    return bar_chart(
        "Service credit by month",
        "What each month cost the supplier, after caps.",
        _by_month(select(names.CONTRACT_CREDIT, *CONTRACT), select(names.MONTH_CREDIT, *CONTRACT)),
        Look(unit=money, least=0, thresholds=looks.steps((None, "blue"))),
        "month",
    )


def _caps() -> Panel:
    limit, left = (each("cap, scope", select(metric, *CONTRACT)) for metric in (names.CAP_LIMIT, names.CAP_REMAINING))
    return bar_gauge(
        "Caps used",
        "The part of each cap's window that credits have used; a cap limits money and never points.",
        Query(f"1 - {left} / ({limit} > 0)", "{{cap}} ({{scope}})"),
        Look(unit="percentunit", decimals=1, least=0, most=1, thresholds=looks.SHARE_USED),
    )


def _credit(money: str) -> Panel:
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


def _triggers() -> Panel:
    return bar_gauge(
        "Triggers",
        "What the month has set off as it stands.",
        Query(each("trigger", select(names.TRIGGER, *CONTRACT)), "{{trigger}}"),
        Look(unit="none", least=0, most=1, texts=looks.BAD_WHEN_ONE, thresholds=looks.ANY_IS_BAD),
    )


def _rules(contracts: Sequence[Terms]) -> Panel:
    lines = [
        f"- `{terms.id}` **{trigger.id}**: {_conditions(trigger)}" for terms in contracts for trigger in terms.triggers
    ]
    markdown = "\n".join(lines) or "The contracts have no triggers."
    return text("What sets off a trigger", "By the terms in force.", markdown, width=12, height=8)


def _conditions(trigger: Trigger) -> str:
    return f" {'or' if trigger.when == 'any' else 'and'} ".join(map(_condition, trigger.conditions))


def _condition(condition: Condition) -> str:
    word = "more than" if condition.more_than is not None else "at least"
    whole = {"contract_year": "over the contract year", "rolling": f"over {condition.months} months"}
    window = whole.get(condition.window, f"in each of {condition.months} months")
    return f"{condition.measure.replace('_', ' ')} {word} {condition.limit:f} {window}"
