"""The scorecard's KPIs: figures in three views, and bands month by month."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard_queries import CONTRACT, Query, each, select
from sla_monitor.generate.grafana.drill_down import to_service
from sla_monitor.generate.grafana.panels import Panel, PanelStyle
from sla_monitor.generate.grafana.table_panels import Key, TableColumn, matrix, table

VIEWS = (("Agreed", "agreed"), ("Gross", "gross"), ("Claimed", "claimed"))
NOW = "now"
"""The running month among the closed ones; as text it comes after them."""


def _figures(contracts: Sequence[Terms], matcher: str, labels: str, panel_style: PanelStyle) -> tuple[TableColumn, ...]:
    """Band, target and the three views of the KPIs with these units."""
    bands = style.band_colors(contracts)
    held = " or ".join(f"({each('kpi, service', _of_band(name))} == 1) * {number}" for number, name in enumerate(bands))
    target = each(labels, select(names.KPI_TARGET, *CONTRACT, matcher))
    texts = {str(number): shown for number, shown in enumerate(bands.values())}
    band = f"{target} * 0 + on (kpi, service) group_left () ({held or 'vector(0)'})"
    values = [
        TableColumn(heading, each(labels, select(names.KPI_VALUE, *CONTRACT, matcher, f'view="{view}"')), panel_style)
        for heading, view in VIEWS
    ]
    return (
        TableColumn("Band", band, PanelStyle(unit="none", texts=texts), is_coloured=True),
        TableColumn("Target", target, panel_style),
        *values,
    )


def _of_band(name: str) -> str:
    return select(names.KPI_BAND, *CONTRACT, f'band="{name}"')


def per_cent(contracts: Sequence[Terms]) -> Panel:
    seen = PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN)
    columns = (
        *_figures(contracts, 'unit="ratio"', "kpi, service", PanelStyle(unit="percentunit", decimals=3)),
        TableColumn("Seen", each("kpi, service", select(names.KPI_COVERAGE, *CONTRACT)), seen, is_coloured=True),
        TableColumn("Points", _in_per_cent(names.KPI_POINTS), PanelStyle(thresholds=style.ANY_IS_BAD)),
        TableColumn("Failures in a row", _in_per_cent(names.KPI_FAILURES), PanelStyle(decimals=0)),
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


def others(contracts: Sequence[Terms]) -> Panel:
    return table(
        "Other KPIs, in three views",
        "Times are in seconds. KPIs not yet measured or submitted are empty.",
        (Key("kpi", "KPI"), Key("service", "Service"), Key("unit", "Unit")),
        _figures(contracts, 'unit!="ratio"', "kpi, service, unit", PanelStyle(unit="none")),
        height=6,
    )


def months(contracts: Sequence[Terms]) -> Panel:
    now = f"{each('kpi, band', select(names.KPI_BAND, *CONTRACT))} == 1"
    past = each("kpi, month, band", select(names.KPI_MONTH_BAND, *CONTRACT))
    return matrix(
        "Bands by month",
        "The band that each KPI got in each closed month, and where it stands now.",
        Query(f'label_replace({now}, "month", "{NOW}", "", "") or {past}'),
        ("kpi", "month", "band"),
        PanelStyle(unit="none", texts=style.band_colors(contracts)),
    )
