"""The operations dashboard: what is broken now, for whom, and is a breach near."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard import CONTRACTS, Dashboard
from sla_monitor.generate.grafana.dashboard_queries import (
    CONTRACT,
    Query,
    each,
    or_zero,
    rate,
    select,
    state_code,
)
from sla_monitor.generate.grafana.drill_down import OPERATIONS, to_health, to_scorecard, to_service
from sla_monitor.generate.grafana.panels import Panel, PanelStyle, stat, timeseries
from sla_monitor.generate.grafana.table_panels import Key, TableColumn, table

SERVICE_LABELS = "contract, service"


def operations(money: str) -> Dashboard:
    """`money`: the unit of amounts."""
    return Dashboard(
        uid=OPERATIONS,
        title="SLA 1: Operations",
        description="What is broken now, for whom, and is a breach near?",
        rows=(
            ("Now", (*_counts(money), _services(), _open_outages())),
            ("Is a breach near?", (kpis(), burn(), money_at_stake(money))),
            ("Certificates and the monitor itself", (_certificates(), *_own_health())),
        ),
        variables=(CONTRACTS,),
        about=CONTRACT,
    )


def _counts(money: str) -> list[Panel]:
    states = (("down", style.ANY_IS_BAD), ("degraded", style.ANY_IS_NEAR), ("unknown", style.ANY_IS_NEAR))
    found = [
        stat(
            f"Services {state}",
            f"Services whose state is {state} by the contract's own rules.",
            Query(f"sum({_in_state(state)})"),
            PanelStyle(thresholds=thresholds, decimals=0),
        )
        for state, thresholds in states
    ]
    missed = f"count({each(KPI_LABELS, select(names.KPI_MET, *CONTRACT))} == 0)"
    worst, now = (each("contract, currency", outlook(case)) for case in ("worst", "now"))
    pending = f"sum({each('contract', select(names.REGISTER_PENDING, *CONTRACT))})"
    return [
        *found,
        stat(
            "KPIs missed so far",
            "KPIs whose figure so far, as agreed, does not meet the target.",
            Query(or_zero(missed)),
            PanelStyle(thresholds=style.ANY_IS_BAD, decimals=0),
        ),
        stat(
            "Money at risk",
            "What this month may still cost the supplier: the credit at worst, less the credit as it stands.",
            Query(f"sum by (currency) ({worst} - {now})", "{{currency}}"),
            PanelStyle(unit=money, thresholds=style.steps((None, "text"))),
        ),
        stat(
            "Awaiting a decision",
            "Entries of the register (bookings, claims) without a decision.",
            Query(pending),
            PanelStyle(thresholds=style.ANY_IS_NEAR, decimals=0),
        ),
    ]


def _in_state(state: str) -> str:
    return each(SERVICE_LABELS, select(names.SERVICE_STATE, *CONTRACT, f'state="{state}"'))


def _services() -> Panel:
    return stat(
        "State of every service",
        "Each service by the contract's own rules: down only after the confirmation rule. Click for the service.",
        Query(state_code(names.SERVICE_STATE, SERVICE_LABELS, CONTRACT), "{{service}}"),
        PanelStyle(unit="none", texts=style.STATES, links=(to_service("field.labels"),)),
        width=24,
        by_name=True,
    )


def _open_outages() -> Panel:
    nobody = each(SERVICE_LABELS, select(names.SERVICE_STATE, *CONTRACT)) + " * 0"
    begun = each(SERVICE_LABELS, select(names.SERVICE_OUTAGE_START, *CONTRACT)) + " * 1000"
    columns = (
        TableColumn(
            "State",
            state_code(names.SERVICE_STATE, SERVICE_LABELS, CONTRACT),
            PanelStyle(unit="none", texts=style.STATES),
            is_coloured=True,
        ),
        TableColumn("Down since", f"{begun} or {nobody}", PanelStyle(unit="dateTimeFromNow", texts=style.NEVER)),
        _plain("Outages", names.SERVICE_OUTAGES, PanelStyle(decimals=0)),
        _plain("Downtime", names.SERVICE_DOWNTIME, PanelStyle(unit="dtdurations")),
        _plain("Availability", names.SERVICE_AVAILABILITY, PanelStyle(unit="percentunit", decimals=3)),
        TableColumn(
            "Seen",
            each(SERVICE_LABELS, select(names.SERVICE_COVERAGE, *CONTRACT)),
            PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN),
            is_coloured=True,
        ),
    )
    return table(
        "Services, and since when they are down",
        "The running period so far, agreed view. An availability is worth what was seen of the time.",
        (CONTRACT_KEY, SERVICE_KEY),
        columns,
        sort_by="State",
    )


def _plain(heading: str, metric: names.MetricName, panel_style: PanelStyle) -> TableColumn:
    return TableColumn(heading, each(SERVICE_LABELS, select(metric, *CONTRACT)), panel_style)


def _certificates() -> Panel:
    left = f"{each('contract, service, endpoint', select(names.CERTIFICATE_EXPIRY, *CONTRACT))} - time()"
    days = style.steps((None, style.BAD), (7 * 86_400, style.NEAR), (21 * 86_400, style.GOOD))
    return table(
        "Certificates",
        "Time until the earliest certificate of each endpoint's chain expires.",
        (CONTRACT_KEY, SERVICE_KEY, Key("endpoint", "Endpoint")),
        (TableColumn("Expires in", left, PanelStyle(unit="dtdurations", thresholds=days), is_coloured=True),),
        height=7,
    )


def _own_health() -> list[Panel]:
    def own(title: str, description: str, expression: str, panel_style: PanelStyle) -> Panel:
        return stat(title, description, Query(expression), panel_style, width=6)

    to = (to_health(),)
    yes, no = style.steps((None, style.BAD), (1, style.GOOD)), style.ANY_IS_BAD
    return [
        own(
            "Monitor online",
            "Whether a witness answers; if none does, what fails is unknown.",
            f"min({select(names.MONITOR_ONLINE)})",
            PanelStyle(unit="none", texts=style.GOOD_WHEN_ONE, thresholds=yes, links=to),
        ),
        own(
            "Ledger failing",
            "Whether observations cannot be committed.",
            f"max({select(names.LEDGER_FAILING)})",
            PanelStyle(unit="none", texts=style.BAD_WHEN_ONE, thresholds=no, links=to),
        ),
        own(
            "Age of figures",
            "Time since the figures were last worked out.",
            f"time() - min({select(names.ASSESSED)})",
            PanelStyle(
                unit="s", thresholds=style.steps((None, style.GOOD), (60, style.NEAR), (300, style.BAD)), links=to
            ),
        ),
        own(
            "Probes missed a second",
            "Probes lost because the schedule was late or the host slept.",
            f"sum({rate(names.MISSED)})",
            PanelStyle(
                unit="none", decimals=2, thresholds=style.steps((None, style.GOOD), (0.01, style.NEAR)), links=to
            ),
        ),
    ]


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
        TableColumn(
            "So far",
            each(KPI_LABELS, select(names.KPI_MET, *CONTRACT)),
            PanelStyle(unit="none", texts=style.MET),
            is_coloured=True,
        ),
        TableColumn("Allowance left", left, PanelStyle(unit="dtdurations")),
        TableColumn(
            "Share left",
            f"{left} / ({whole} > 0)",
            PanelStyle(unit="percentunit", decimals=0, thresholds=style.SHARE_LEFT),
            is_coloured=True,
        ),
        TableColumn("Runs out", f"{out} or {never}", PanelStyle(unit="dateTimeFromNow", texts=style.NEVER)),
        TableColumn("Burn rate", burn, PanelStyle(decimals=2, thresholds=style.BURN), is_coloured=True),
        TableColumn(
            "Points", each(KPI_LABELS, select(names.KPI_POINTS, *CONTRACT)), PanelStyle(thresholds=style.ANY_IS_BAD)
        ),
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
        PanelStyle(decimals=2, thresholds=style.BURN, least=0),
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
        PanelStyle(unit=money, least=0),
    )


def outlook(case: str) -> str:
    return select(names.OUTLOOK_CREDIT, *CONTRACT, f'case="{case}"')
