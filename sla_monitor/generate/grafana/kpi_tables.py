"""The scorecard's KPIs: figures in three views, and bands month by month."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard_queries import (
    CONTRACT,
    KPI_LABELS,
    Query,
    assessed,
    cut,
    each,
    kpi_state_code,
    select,
)
from sla_monitor.generate.grafana.drill_down import to_service
from sla_monitor.generate.grafana.panels import Panel, PanelStyle, fitting
from sla_monitor.generate.grafana.table_panels import Key, TableColumn, matrix, table
from sla_monitor.wording.figures import NO_FIGURE
from sla_monitor.wording.vocabulary import NOT_ASSESSABLE

VIEWS = (("Agreed", "agreed"), ("Gross", "gross"), ("Claimed", "claimed"))
RATIO = "ratio"
KEYS = (
    Key("contract", "Contract", is_hidden=True),
    Key("kpi", "KPI"),
    Key("service", "Service", to_service("data.fields")),
)
NOW = "now"
"""The running month among the closed ones; as text it comes after them."""


UNIT_STYLES = {
    "seconds": ("KPIs in seconds", PanelStyle(unit="s", decimals=3, gap=NO_FIGURE)),
    "days": ("KPIs in days", PanelStyle(unit="suffix:days", decimals=1, gap=NO_FIGURE)),
    "count": ("KPIs that count", PanelStyle(unit="locale", decimals=0, gap=NO_FIGURE)),
    "score": ("Scores", PanelStyle(unit="none", decimals=1, gap=NO_FIGURE)),
    "number": ("KPIs without a unit", PanelStyle(unit="none", decimals=2, gap=NO_FIGURE)),
}
"""KPIs other than those in per cent, by the label `unit`: a column of a table has one unit."""


def _figures(contracts: Sequence[Terms], unit: str, panel_style: PanelStyle) -> tuple[TableColumn, ...]:
    """Band, target and the three views of the KPIs with this unit."""
    matcher = f'unit="{unit}"'
    bands = style.band_colors(contracts)
    target = each(KPI_LABELS, select(names.KPI_TARGET, *CONTRACT, matcher))
    nothing = each(KPI_LABELS, select(names.KPI_OF_NOTHING, *CONTRACT))
    held = " or ".join(
        f"({each(KPI_LABELS, _of_band(name))} == 1) * {number} unless {nothing}" for number, name in enumerate(bands)
    )
    states = kpi_state_code(CONTRACT)
    others = f"(({states}) == 1) * -1 or (({states}) == 2) * -1"
    texts = {str(number): shown for number, shown in enumerate(bands.values())}
    texts |= {str(-number): style.KPI_STATES[str(number)] for number in (1, 2)}
    band = f"({' or '.join(filter(None, (held, others)))}) and {target}"

    def figure(view: str) -> str:
        shown = each(KPI_LABELS, select(names.KPI_VALUE, *CONTRACT, matcher, f'view="{view}"'))
        return f"{cut(shown, 5) if unit == RATIO else shown} unless {nothing}"

    return (
        TableColumn("Band", band, PanelStyle(unit="none", texts=texts), is_coloured=True),
        TableColumn("Target", target, panel_style),
        *(TableColumn(heading, figure(view), panel_style) for heading, view in VIEWS),
    )


def _of_band(name: str) -> str:
    return select(names.KPI_BAND, *CONTRACT, f'band="{name}"')


def per_cent(contracts: Sequence[Terms]) -> Panel:
    used = sum(names.UNITS[kpi.unit] == RATIO for terms in contracts for kpi in terms.kpis)
    seen = PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN, gap="–")
    coverage = cut(each(KPI_LABELS, select(names.KPI_COVERAGE, *CONTRACT)), 3)
    columns = (
        *_figures(contracts, RATIO, PanelStyle(unit="percentunit", decimals=3, gap=NO_FIGURE)),
        TableColumn("Seen", _in_per_cent(coverage), seen, is_coloured=True),
        TableColumn("Points", _in_per_cent(assessed(_of_kpi(names.KPI_POINTS), CONTRACT)), PanelStyle(gap=NO_FIGURE)),
        TableColumn("Failures in a row", _in_per_cent(_of_kpi(names.KPI_FAILURES)), PanelStyle(decimals=0)),
    )
    return table(
        "KPIs in per cent, in three views",
        "Gross excludes nothing, claimed is as if every claim and booking were granted; agreed is what is priced."
        " A figure that is not assessable is shown, and not priced.",
        KEYS,
        columns,
        height=fitting(used),
    )


def _of_kpi(metric: names.MetricName) -> str:
    return each(KPI_LABELS, select(metric, *CONTRACT))


def _in_per_cent(expression: str) -> str:
    """Only the rows of KPIs in per cent."""
    of_unit = select(names.KPI_TARGET, *CONTRACT, f'unit="{RATIO}"')
    return f"({expression}) and {each(KPI_LABELS, of_unit)}"


def others(contracts: Sequence[Terms]) -> tuple[Panel, ...]:
    """A table for each unit that the terms use."""
    used = [names.UNITS[kpi.unit] for terms in contracts for kpi in terms.kpis]
    return tuple(
        table(
            f"{title}, in three views",
            "KPIs that were not measured or submitted yet have no figure.",
            KEYS,
            _figures(contracts, unit, panel_style),
            height=fitting(used.count(unit)),
        )
        for unit, (title, panel_style) in UNIT_STYLES.items()
        if unit in used
    )


def months(contracts: Sequence[Terms]) -> Panel:
    now = f"{each('kpi, band', select(names.KPI_BAND, *CONTRACT))} == 1"
    nothing = f"max by (kpi) ({select(names.KPI_OF_NOTHING, *CONTRACT)})"
    unassessed = f"max by (kpi) (({kpi_state_code(CONTRACT)}) == 2) / 2"
    grey = f'label_replace({unassessed}, "band", "{names.NOT_ASSESSABLE}", "", "")'
    standing = f"{now} unless on (kpi) {nothing} or {grey}"
    past = each("kpi, month, band", select(names.KPI_MONTH_BAND, *CONTRACT))
    return matrix(
        "Bands by month",
        "The band that each KPI got in each closed month, and where it stands now.",
        Query(f'label_replace({standing}, "month", "{NOW}", "", "") or {past}', "KPI"),
        ("kpi", "month", "band"),
        PanelStyle(
            unit="none",
            texts=style.band_colors(contracts) | {names.NOT_ASSESSABLE: (NOT_ASSESSABLE, style.UNKNOWN)},
        ),
    )
