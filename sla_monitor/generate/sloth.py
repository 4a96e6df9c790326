"""Sloth's records: KPIs under the names that Sloth's dashboards for Grafana expect (an option of the command).

Sloth counts bad events in a rolling window; a contract counts seconds of downtime in its period. What is recorded here
is the contract's: the 30-day figures are those of the running period.
"""

from __future__ import annotations

from typing import Any

from sla_monitor import __version__, names
from sla_monitor.contract.kpis.kpi import ServiceTimeKpi
from sla_monitor.contract.usual_month import allowed_share
from sla_monitor.generate.alerts.subject import AlertSubject
from sla_monitor.generate.promql import PER_SERVICE, lasting

PERIOD = "30d"
MONTH_DAYS = 30


def sloth_group(subject: AlertSubject) -> list[dict[str, Any]]:
    """The records of every availability KPI of a contract."""
    return [rule for kpi in subject.terms.availability_kpis for rule in _records(subject, kpi)]


def _records(subject: AlertSubject, kpi: ServiceTimeKpi) -> list[dict[str, Any]]:
    labels = {"sloth_id": f"{subject.id}-{kpi.id}", "sloth_service": kpi.service, "sloth_slo": kpi.id}
    alerting = subject.settings.alerting
    windows = sorted({ms for burn in (*alerting.page, *alerting.ticket) for ms in (burn.long_ms, burn.short_ms)})
    ratios = [
        _rule(f"slo:sli_error:ratio_rate{lasting(ms)}", _ratio(subject, kpi, ms), labels, sloth_window=lasting(ms))
        for ms in windows
    ]
    agreed = subject.select(names.SERVICE_AGREED, service=kpi.service)
    sofar = subject.select(names.DOWNTIME_RECORD, kpi=kpi.id)
    left, allowed = (subject.select(m, kpi=kpi.id) for m in (names.KPI_ALLOWANCE_LEFT, names.KPI_ALLOWANCE))
    whole = f"({sofar} / {PER_SERVICE} ({agreed} > 0))"
    objective = 1 - allowed_share(subject.terms, kpi)
    budget = f"{float(1 - objective):.9g}"
    info = {"sloth_objective": f"{float(objective * 100):g}", "sloth_version": __version__, "sloth_spec": "sla-monitor"}
    return [
        *ratios,
        _rule(f"slo:sli_error:ratio_rate{PERIOD}", whole, labels, sloth_window=PERIOD),
        _rule("slo:objective:ratio", f"vector({float(objective):.9g})", labels),
        _rule("slo:error_budget:ratio", f"vector({budget})", labels),
        _rule("slo:time_period:days", f"vector({MONTH_DAYS * kpi.measurement_months})", labels),
        _rule("slo:current_burn_rate:ratio", f"{_ratio(subject, kpi, windows[0])} / {budget}", labels),
        _rule("slo:period_burn_rate:ratio", f"{whole} / {budget}", labels),
        _rule("slo:period_error_budget_remaining:ratio", f"{left} / {allowed}", labels),
        _rule("sloth_slo_info", "vector(1)", labels, sloth_mode="cli-gen-prom", **info),
    ]


def _ratio(subject: AlertSubject, kpi: ServiceTimeKpi, window_ms: int) -> str:
    """Downtime over agreed time in a window: no figure outside service hours."""
    downtime = subject.select(f"{names.DELTA_RECORD}{lasting(window_ms)}", kpi=kpi.id)
    agreed = f"increase({subject.select(names.SERVICE_AGREED, service=kpi.service)}[{lasting(window_ms)}])"
    return f"clamp_max({downtime} / {PER_SERVICE} ({agreed} > 0), 1)"


def _rule(record: str, expression: str, labels: dict[str, str], **more: str) -> dict[str, Any]:
    return {"record": record, "expr": expression, "labels": {**labels, **more}}
