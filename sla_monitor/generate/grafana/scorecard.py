"""The contract scorecard: KPIs and bands, points, money against its caps, the three views, what awaits people."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import account, kpi_tables, style
from sla_monitor.generate.grafana.dashboard import ONE_CONTRACT, Board
from sla_monitor.generate.grafana.links import SCORECARD
from sla_monitor.generate.grafana.panels import Look, Panel, stat
from sla_monitor.generate.grafana.queries import CONTRACT, Query, each, select


def scorecard(contracts: Sequence[Terms], money: str) -> Board:
    """One contract at a time. `money`: the unit of amounts."""
    return Board(
        uid=SCORECARD,
        title="SLA 3: Contract scorecard",
        description="What does the contract say about this month, and about the last twelve?",
        rows=(
            ("This month as it stands", (*_points(), *_amounts(money), *_people())),
            ("KPIs this period", (kpi_tables.per_cent(contracts), kpi_tables.others(contracts))),
            (
                "The last twelve months",
                (kpi_tables.months(contracts), account.month_points(), account.month_credit(money)),
            ),
            ("Points and money", (account.caps(), account.credit(money), account.triggers(), account.rules(contracts))),
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
            Look(thresholds=style.steps((None, style.GOOD), (0.001, style.SERIOUS))),
        ),
        _now(
            "Points at worst",
            "If everything were down from now to the month's end.",
            f"max({worst})",
            Look(thresholds=style.steps((None, "text"))),
        ),
    )


def _amounts(money: str) -> tuple[Panel, ...]:
    worst = select(names.OUTLOOK_CREDIT, *CONTRACT, 'case="worst"')
    plain = Look(unit=money, thresholds=style.steps((None, "text")))
    return (
        _now(
            "Service credit",
            "What the month costs the supplier as it stands, after caps.",
            each("currency", select(names.CONTRACT_CREDIT, *CONTRACT)),
            Look(unit=money, thresholds=style.steps((None, style.GOOD), (0.01, style.SERIOUS))),
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
            Look(thresholds=style.ANY_IS_NEAR, decimals=0),
        ),
        _now(
            "Figures owed",
            "KPI figures that a party owes for months that have ended.",
            f"max({select(names.FIGURES_MISSING, *CONTRACT)})",
            Look(thresholds=style.ANY_IS_NEAR, decimals=0),
        ),
        stat(
            "Terms in force",
            "The change that the terms in force come from.",
            Query(each("terms", select(names.CONTRACT_INFO, *CONTRACT)), "{{terms}}"),
            Look(unit="none", thresholds=style.steps((None, "text")), texts={"1": ("in force", "text")}),
            width=8,
            by_name=True,
        ),
    )
