"""The operations dashboard: what is broken now, for whom, and is a breach near."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard import CONTRACTS, Dashboard
from sla_monitor.generate.grafana.dashboard_queries import (
    CONTRACT,
    KPI_LABELS,
    Query,
    assessed,
    cut,
    each,
    kpi_state_code,
    or_zero,
    rate,
    select,
    state_code,
)
from sla_monitor.generate.grafana.drill_down import OPERATIONS, to_health, to_scorecard, to_service
from sla_monitor.generate.grafana.panels import Panel, PanelStyle, Size, fitting, stat, timeseries
from sla_monitor.generate.grafana.table_panels import Key, TableColumn, table
from sla_monitor.wording.figures import NO_FIGURE
from sla_monitor.wording.vocabulary import NOT_ASSESSABLE

SERVICE_LABELS = "contract, service"
NARROW = (3, 4)
NOT_OF_THIS_KIND = "–"
"""In the columns of an allowance: a KPI that has none."""
SERVICES_ABREAST = 6
"""Tiles of services beside each other that can still be read at 1,280 pixels."""


def operations(money: str, size: Size) -> Dashboard:
    """`money`: the unit of amounts; `size`: what there is to find room for."""
    return Dashboard(
        uid=OPERATIONS,
        title="SLA 1: Operations",
        description="What is broken now, for whom, and is a breach near?",
        rows=(
            ("Now", (*_counts(money), _services(size.services), _open_outages(size.services))),
            ("Is a breach near?", (kpis(size.kpis), burn(), money_at_stake(money))),
            ("Certificates and the monitor itself", (_certificates(), *_own_health())),
        ),
        variables=(CONTRACTS,),
        about=CONTRACT,
    )


def _counts(money: str) -> list[Panel]:
    states = (("down", style.ANY_IS_BAD), ("degraded", style.ANY_IS_NEAR), ("unknown", style.ANY_IS_UNSEEN))
    found = [
        stat(
            f"Services {state}",
            f"Services whose state is {state} by the contract's own rules.",
            Query(f"sum({_in_state(state)})"),
            PanelStyle(thresholds=thresholds, decimals=0),
            size=NARROW,
        )
        for state, thresholds in states
    ]
    kpi_states, every = kpi_state_code(CONTRACT), each(KPI_LABELS, select(names.KPI_ASSESSABLE, *CONTRACT))
    worst, now = (each("contract, currency", outlook(case)) for case in ("worst", "now"))
    pending = f"sum({each('contract', select(names.REGISTER_PENDING, *CONTRACT))})"
    return [
        *found,
        stat(
            "KPIs missed",
            "KPIs whose figure so far, as agreed, does not meet the target; of those that are assessable.",
            Query(or_zero(f"count(({kpi_states}) == 3)", every)),
            PanelStyle(thresholds=style.ANY_IS_BAD, decimals=0),
            size=NARROW,
        ),
        stat(
            f"KPIs {NOT_ASSESSABLE.lower()}",
            "KPIs with a figure so far of which too little was seen.",
            Query(or_zero(f"count(({kpi_states}) == 2)", every)),
            PanelStyle(thresholds=style.steps((None, style.GOOD), (1, style.UNKNOWN)), decimals=0),
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


def _services(count: int) -> Panel:
    return stat(
        "State of every service",
        "Each service by the contract's own rules: down only after the confirmation rule. Click for the service.",
        Query(state_code(names.SERVICE_STATE, SERVICE_LABELS, CONTRACT), "{{service}}"),
        PanelStyle(unit="none", texts=style.STATES, links=(to_service("field.labels"),)),
        size=(24, 2 + 2 * -(-count // SERVICES_ABREAST) if count else 4),
        text_mode="value_and_name",
    )


def _open_outages(services: int) -> Panel:
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
        TableColumn("Outages", _of_service(names.SERVICE_OUTAGES), PanelStyle(decimals=0)),
        TableColumn("Downtime (h:m:s)", _of_service(names.SERVICE_DOWNTIME), PanelStyle(unit="dthms")),
        TableColumn(
            "Availability",
            cut(_of_service(names.SERVICE_AVAILABILITY), 5),
            PanelStyle(unit="percentunit", decimals=3),
        ),
        TableColumn(
            "Seen",
            cut(_of_service(names.SERVICE_COVERAGE), 3),
            PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN),
            is_coloured=True,
        ),
    )
    return table(
        "Services, and since when they are down",
        "The running period so far, agreed view. An availability is worth what was seen of the time.",
        (CONTRACT_KEY, SERVICE_KEY),
        columns,
        height=fitting(services),
        sort_by="State",
    )


def _of_service(metric: names.MetricName) -> str:
    return each(SERVICE_LABELS, select(metric, *CONTRACT))


def _certificates() -> Panel:
    expiry = each("contract, service, endpoint", select(names.CERTIFICATE_EXPIRY, *CONTRACT))
    expires = PanelStyle(
        unit="suffix:days",
        decimals=0,
        thresholds=style.steps((None, style.BAD), (7, style.NEAR), (21, style.GOOD)),
        texts={"0": ("less than 1 day", style.BAD), "1": ("1 day", style.BAD)},
        negative=("expired", style.BAD),
    )
    return table(
        "Certificates",
        "Whole days until the earliest certificate of each endpoint's chain expires.",
        (CONTRACT_KEY, SERVICE_KEY, Key("endpoint", "Endpoint")),
        (TableColumn("Expires in", f"floor(({expiry} - time()) / 86400)", expires, is_coloured=True),),
        height=7,
    )


def _own_health() -> list[Panel]:
    def own(title: str, description: str, expression: str, panel_style: PanelStyle) -> Panel:
        return stat(title, description, Query(expression), panel_style, size=(6, 4))

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


CONTRACT_KEY = Key("contract", "Contract", to_scorecard("data.fields"))
SERVICE_KEY = Key("service", "Service", to_service("data.fields"))


def kpis(count: int) -> Panel:
    left, whole = (
        each(KPI_LABELS, select(metric, *CONTRACT)) for metric in (names.KPI_ALLOWANCE_LEFT, names.KPI_ALLOWANCE)
    )
    never = each(KPI_LABELS, select(names.KPI_ALLOWANCE, *CONTRACT)) + " * 0"
    out = f"min by ({KPI_LABELS}) ({select(names.KPI_EXHAUSTED, *CONTRACT)}) * 1000"
    burn = each(KPI_LABELS, select(names.KPI_BURN_RATE, *CONTRACT))
    columns = (
        TableColumn(
            "So far",
            kpi_state_code(CONTRACT),
            PanelStyle(unit="none", texts=style.KPI_STATES),
            is_coloured=True,
        ),
        TableColumn(
            "Left (h:m:s)",
            assessed(left, CONTRACT),
            PanelStyle(unit="dthms", negative=style.USED_UP, gap=NOT_OF_THIS_KIND),
        ),
        TableColumn(
            "Share left",
            assessed(cut(f"{left} / ({whole} > 0)", 2), CONTRACT),
            PanelStyle(unit="percentunit", decimals=0, thresholds=style.SHARE_LEFT, gap=NOT_OF_THIS_KIND),
            is_coloured=True,
        ),
        TableColumn(
            "Runs out",
            assessed(f"{out} or {never}", CONTRACT),
            PanelStyle(unit="dateTimeFromNow", texts=style.NEVER, gap=NOT_OF_THIS_KIND),
        ),
        TableColumn(
            "Burn rate",
            assessed(burn, CONTRACT),
            PanelStyle(decimals=2, thresholds=style.BURN, gap=NOT_OF_THIS_KIND),
            is_coloured=True,
        ),
        TableColumn(
            "Points",
            assessed(each(KPI_LABELS, select(names.KPI_POINTS, *CONTRACT)), CONTRACT),
            PanelStyle(gap=NO_FIGURE),
        ),
    )
    return table(
        "KPIs: what is left of the allowance, and when it runs out",
        "Allowance: the downtime that the whole period may have at the target. Burn rate: 1 uses it up exactly at the"
        " period's end; the faster of the whole period and the last seven days. Neither is known of a KPI that is not"
        " assessable.",
        (CONTRACT_KEY, Key("kpi", "KPI"), SERVICE_KEY),
        columns,
        height=fitting(count),
        sort_by="So far",
    )


def burn() -> Panel:
    return timeseries(
        "Burn rate",
        "How fast each allowance is used up, by the last seven days; 1 uses it up exactly at the period's end.",
        [
            Query(
                assessed(each(KPI_LABELS, select(names.KPI_BURN_RATE, *CONTRACT, 'window="trailing"')), CONTRACT),
                "{{kpi}} {{service}}",
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
