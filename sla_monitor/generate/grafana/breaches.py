"""Is a breach near: what is left of each allowance, how fast it goes, and what the month may cost."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.links import to_scorecard, to_service
from sla_monitor.generate.grafana.panels import Look, Panel, timeseries
from sla_monitor.generate.grafana.queries import CONTRACT, Query, each, select
from sla_monitor.generate.grafana.tables import Column, Key, table

KPI_LABELS = "contract, kpi, service"
CONTRACT_KEY = Key("contract", "Contract", to_scorecard("data.fields"))
SERVICE_KEY = Key("service", "Service", to_service("data.fields"))


def kpis() -> Panel:
    left, whole = (
        each(KPI_LABELS, select(metric, *CONTRACT)) for metric in (names.KPI_ALLOWANCE_LEFT, names.KPI_ALLOWANCE)
    )
    never = each(KPI_LABELS, select(names.KPI_ALLOWANCE, *CONTRACT)) + " * 0"
    out = f"min by ({KPI_LABELS}) ({select(names.KPI_EXHAUSTED, *CONTRACT)}) * 1000"
    burn = each(KPI_LABELS, select(names.KPI_BURN_RATE, *CONTRACT))
    columns = (
        Column(
            "So far",
            each(KPI_LABELS, select(names.KPI_MET, *CONTRACT)),
            Look(unit="none", texts=style.MET),
            is_coloured=True,
        ),
        Column("Allowance left", left, Look(unit="dtdurations")),
        Column(
            "Share left",
            f"{left} / ({whole} > 0)",
            Look(unit="percentunit", decimals=0, thresholds=style.SHARE_LEFT),
            is_coloured=True,
        ),
        Column("Runs out", f"{out} or {never}", Look(unit="dateTimeFromNow", texts=style.NEVER)),
        Column("Burn rate", burn, Look(decimals=2, thresholds=style.BURN), is_coloured=True),
        Column("Points", each(KPI_LABELS, select(names.KPI_POINTS, *CONTRACT)), Look(thresholds=style.ANY_IS_BAD)),
    )
    return table(
        "KPIs: what is left of the allowance, and when it runs out",
        "Allowance: the downtime that the whole period may have at the target. Burn rate: 1 uses it up exactly at the"
        " period's end; the faster of the whole period and the last seven days.",
        (CONTRACT_KEY, Key("kpi", "KPI"), SERVICE_KEY),
        columns,
        sort_by="Burn rate",
    )


def burn() -> Panel:
    return timeseries(
        "Burn rate",
        "How fast each allowance is used up, by the last seven days; 1 uses it up exactly at the period's end.",
        [
            Query(
                each("kpi, service", select(names.KPI_BURN_RATE, *CONTRACT, 'window="trailing"')), "{{kpi}} {{service}}"
            )
        ],
        Look(decimals=2, thresholds=style.BURN, least=0),
    )


def money_at_stake(money: str) -> Panel:
    cases = [
        Query(each("contract, currency", outlook(case)), f"{{{{contract}}}} {case} {{{{currency}}}}")
        for case in ("now", "best", "worst")
    ]
    return timeseries(
        "Service credit of the month: now, at best, at worst",
        "What the month costs, after caps: as it stands, and if nothing or everything were down from now on.",
        cases,
        Look(unit=money, least=0),
    )


def outlook(case: str) -> str:
    return select(names.OUTLOOK_CREDIT, *CONTRACT, f'case="{case}"')
