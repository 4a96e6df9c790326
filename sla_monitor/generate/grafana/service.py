"""The service dashboard: how one service did, where the time went, and why probes failed."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard import ONE_CONTRACT, Dashboard, variable
from sla_monitor.generate.grafana.dashboard_queries import (
    CONTRACT,
    KPI_LABELS,
    SERVICE,
    Query,
    assessed,
    cut,
    each,
    kpi_state_code,
    only_assessable,
    rate,
    select,
    state_code,
    unassessed,
)
from sla_monitor.generate.grafana.drill_down import SERVICE as UID
from sla_monitor.generate.grafana.drill_down import to_scorecard
from sla_monitor.generate.grafana.panels import (
    Case,
    Panel,
    PanelStyle,
    Size,
    fitting,
    stat,
    state_timeline,
    timeseries,
    verdict,
)
from sla_monitor.generate.grafana.table_panels import Key, TableColumn, table
from sla_monitor.generate.probe_series import ProbeSeries
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.vocabulary import MET, MISSED, NOT_ASSESSABLE, describe_id, describe_reason

ENDPOINT = (*SERVICE, 'endpoint=~"$endpoint"')
MOST_ROWS = 20
RATIO = PanelStyle(unit="percentunit", decimals=3)
PLAIN = style.steps((None, style.PLAIN))
NEUTRAL_TIME, NEUTRAL_COUNT = PanelStyle(unit="dthms", thresholds=PLAIN), PanelStyle(decimals=0, thresholds=PLAIN)


def service(size: Size, series: ProbeSeries) -> Dashboard:
    """One service at a time. `size`: what there is to find room for."""
    return Dashboard(
        uid=UID,
        title="SLA 2: Service",
        description="How did this service do, where did the time go, and why did probes fail?",
        rows=(
            ("The running period so far", _figures()),
            ("When", (_endpoints(size.endpoints, series), _hours())),
            *(
                (("From where", (_places(size.sights), _by_place(size.sights))),)
                if size.sights and series.has_each
                else ()
            ),
            ("How fast, and why not", (_durations(), _phases(), _reasons(), _failures()))
            if series.has_each
            else ("Why not", (_reasons(), _failures_of_all(series))),
            ("Against the target", (_availability(), _allowance(), _burn())),
        ),
        variables=(
            ONE_CONTRACT,
            variable("service", "Service", select(names.SERVICE_COVERAGE, *CONTRACT), several=False),
            variable("endpoint", "Endpoint", select(names.ENDPOINT_STATE, *SERVICE)),
        ),
        about=SERVICE,
    )


def _figures() -> tuple[Panel, ...]:
    def now(title: str, description: str, expression: str, panel_style: PanelStyle) -> Panel:
        return stat(title, description, Query(expression), panel_style)

    def of(metric: names.MetricName) -> str:
        return f"max({select(metric, *SERVICE)})"

    state = f"max({state_code(names.SERVICE_STATE, 'contract, service', SERVICE)})"
    return (
        now("State", "By the contract's own rules.", state, PanelStyle(unit="none", texts=style.STATES)),
        _availability_so_far(),
        now(
            "Seen",
            "Observed part of the agreed service time: what the availability is worth.",
            cut(of(names.SERVICE_COVERAGE), 3),
            PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN),
        ),
        now("Downtime (h:m:s)", "After the contract's rules.", of(names.SERVICE_DOWNTIME), NEUTRAL_TIME),
        now("Outages", "Confirmed, with a part that counts.", of(names.SERVICE_OUTAGES), NEUTRAL_COUNT),
        _allowance_so_far(),
    )


def _availability_so_far() -> Panel:
    """In the colour of the worst of the service's own availability KPIs: there is no number that is good for all."""
    figure = cut(f"max({select(names.SERVICE_AVAILABILITY, *SERVICE)})", 5)
    promised = each(KPI_LABELS, select(names.KPI_TARGET_RATIO, *SERVICE))
    worst = f"max(({kpi_state_code(SERVICE)}) and {promised})"
    known = ((0, MET, style.GOOD), (2, NOT_ASSESSABLE, style.UNKNOWN), (3, MISSED, style.BAD))
    cases = [Case(Query(f"{figure} and on () ({worst} == {code})", word), color) for code, word, color in known]
    unpromised = Query(f"{figure} unless on () ({worst} != 1)", "No target")
    return verdict(
        "Availability",
        "Of the agreed time that was seen, against the service's own targets.",
        [*cases, Case(unpromised, style.UNKNOWN)],
        RATIO,
        "value_and_name",
    )


def _allowance_so_far() -> Panel:
    left = each(KPI_LABELS, select(names.KPI_ALLOWANCE_LEFT, *SERVICE))
    least = f"min by (contract) ({only_assessable(left, SERVICE)})"
    none = f"max by (contract) ({unassessed(SERVICE)}) * 0 unless on (contract) {least}"
    return verdict(
        "Allowance left (h:m:s)",
        "The least that any KPI of the service has left. Click for the contract's scorecard.",
        [Case(Query(least)), Case(Query(none), style.UNKNOWN, NOT_ASSESSABLE)],
        PanelStyle(
            unit="dthms",
            thresholds=style.steps((None, style.BAD), (0.001, style.GOOD)),
            negative=style.USED_UP,
            links=(to_scorecard("field.labels"),),
        ),
    )


def _endpoints(most: int, series: ProbeSeries) -> Panel:
    others = "" if series.has_each else " Endpoints with nothing wrong for an hour are not shown."
    return state_timeline(
        "Endpoints",
        f"The outcome of each probe. A service is down only after the contract's confirmation rule.{others}",
        [
            Query(state_code(names.SERVICE_STATE, "service", SERVICE), "{{service}} (the service)"),
            Query(state_code(names.ENDPOINT_STATE, "endpoint", ENDPOINT), "{{endpoint}}"),
        ],
        PanelStyle(unit="none", texts=style.STATES),
        height=min(5 + most, MOST_ROWS),
    )


def _places(most: int) -> Panel:
    """A row for each endpoint and place."""
    pair = "endpoint, place"
    return table(
        "Endpoints by place",
        "How each place sees an endpoint now, and what it saw of the period so far. Outvoted: seen down from too few"
        " places to make an outage.",
        (Key("endpoint", "Endpoint"), Key("place", "Place")),
        (
            TableColumn(
                "Now",
                state_code(names.PLACE_STATE, pair, ENDPOINT),
                PanelStyle(unit="none", texts=style.STATES),
                is_coloured=True,
            ),
            TableColumn(
                "Seen",
                cut(each(pair, select(names.PLACE_COVERAGE, *ENDPOINT)), 3),
                PanelStyle(unit="percentunit", decimals=1, thresholds=style.SHARE_SEEN),
                is_coloured=True,
            ),
            TableColumn(
                "Seen down (h:m:s)", each(pair, select(names.PLACE_DOWNTIME, *ENDPOINT)), PanelStyle(unit="dthms")
            ),
            TableColumn(
                "Outvoted (h:m:s)", each(pair, select(names.PLACE_OUTVOTED, *ENDPOINT)), PanelStyle(unit="dthms")
            ),
            TableColumn(
                "Places missing",
                f"{each(pair, select(names.PLACE_STATE, *ENDPOINT))} * 0 + on (endpoint) group_left ()"
                f" {each('endpoint', select(names.PLACES_SHORT, *ENDPOINT))}",
                PanelStyle(decimals=0, thresholds=style.ANY_IS_UNSEEN),
                is_coloured=True,
            ),
        ),
        height=fitting(most),
    )


def _by_place(most: int) -> Panel:
    return state_timeline(
        "What each place saw",
        "A service is down only where enough places see it so: the contract's quorum. A place that is cut off has no"
        " say.",
        [Query(state_code(names.PLACE_STATE, "endpoint, place", ENDPOINT), "{{endpoint}} from {{place}}")],
        PanelStyle(unit="none", texts=style.STATES),
        height=min(5 + most, MOST_ROWS),
    )


def _hours() -> Panel:
    grows = f"delta({select(names.SERVICE_AGREED, *SERVICE)}[5m]) != bool 0"
    down = select(names.SERVICE_STATE, *SERVICE, 'state="down"')
    return state_timeline(
        "Outages against service hours and maintenance",
        "An outage counts only within service hours and outside permitted maintenance, of which nobody is called.",
        [
            Query(each("service", grows), "Service hours"),
            Query(f"2 * {each('service', select(names.SERVICE_MAINTENANCE, *SERVICE))}", "Permitted maintenance"),
            Query(
                f"4 * {each('service', select(names.SERVICE_BOOKED_AND_LOUD, *SERVICE))}", "Other maintenance booked"
            ),
            Query(f"3 * {each('service', down)}", "Outage"),
        ],
        PanelStyle(unit="none", texts=style.HOURS),
        height=6,
    )


def _durations() -> Panel:
    return timeseries(
        "Probe duration",
        "From the name to the last byte, by endpoint.",
        [Query(each("endpoint", select(names.PROBE_DURATION, *ENDPOINT)), "{{endpoint}}")],
        PanelStyle(unit="s", least=0),
    )


def _phases() -> Panel:
    parts = select(names.PROBE_PHASE, *ENDPOINT)
    return timeseries(
        "Probe phases",
        "Name lookup, connecting, TLS, first byte, transfer: the mean of the endpoints. They add up to the probe.",
        [Query(f"avg by (phase) ({parts})", "{{phase}}")],
        PanelStyle(unit="s", least=0, called={phase: describe_id(phase) for phase in names.PHASES}),
        stacked=True,
    )


def _reasons() -> Panel:
    watched = f"max({select(names.SERVICE_STATE, *SERVICE)}) * 0"
    nothing = f'label_replace({watched}, "reason", "none", "", "")'
    return timeseries(
        "Failures by reason",
        "Endpoints whose last probe found something wrong, by reason.",
        [Query(f"sum by (reason) ({select(names.SERVICE_FAILING, *SERVICE)}) or {nothing}", "{{reason}}")],
        PanelStyle(
            unit="short", decimals=0, least=0, called={reason.value: describe_reason(reason) for reason in Reason}
        ),
        stacked=True,
    )


def _failures() -> Panel:
    failed, all_probes = (
        f"sum by (endpoint) ({rate(metric, *ENDPOINT)})" for metric in (names.PROBE_FAILURES, names.PROBES)
    )
    return timeseries(
        "Failed probes",
        "Share of the probes of each endpoint that found it down.",
        [Query(f"{failed} / {all_probes}", "{{endpoint}}")],
        PanelStyle(unit="percentunit", least=0, most=1),
    )


def _failures_of_all(series: ProbeSeries) -> Panel:
    failed, made = (f"sum by (service) ({rate(metric, *SERVICE)})" for metric in (series.failed, series.made))
    return timeseries(
        "Failed probes",
        "Share of the probes of all endpoints that found one down.",
        [Query(f"{failed} / {made}", "{{service}}")],
        PanelStyle(unit="percentunit", least=0, most=1),
    )


def _availability() -> Panel:
    return timeseries(
        "Availability against the target",
        "The running period so far, as agreed. It begins again with each period.",
        [
            Query(each("kpi", select(names.KPI_AVAILABILITY, *SERVICE)), "{{kpi}}"),
            Query(each("kpi", select(names.KPI_TARGET_RATIO, *SERVICE)), "{{kpi}} target"),
        ],
        RATIO,
        width=8,
    )


def _allowance() -> Panel:
    return timeseries(
        "Downtime allowance left",
        "For the whole period; below nothing, the promise is broken.",
        [Query(assessed(each(KPI_LABELS, select(names.KPI_ALLOWANCE_LEFT, *SERVICE)), SERVICE), "{{kpi}}")],
        PanelStyle(unit="s", thresholds=style.steps((None, style.BAD), (0, style.GOOD))),
        width=8,
    )


def _burn() -> Panel:
    return timeseries(
        "Burn rate",
        "Downtime over the downtime allowed in the same time, over the period and over the last seven days.",
        [
            Query(
                assessed(each(KPI_LABELS, select(names.KPI_BURN_RATE, *SERVICE, f'window="{window}"')), SERVICE), called
            )
            for window, called in (("period", "{{kpi}}, the period so far"), ("trailing", "{{kpi}}, last 7 days"))
        ],
        PanelStyle(decimals=2, thresholds=style.BURN, least=0),
        width=8,
    )
