"""Where a value leads: from the general dashboard to the special one, with contract and service filled in."""

from __future__ import annotations

from sla_monitor.generate.grafana.panels import link
from sla_monitor.generate.grafana.style import Json
from sla_monitor.names import SERVICE_DASHBOARD

OPERATIONS, SERVICE, SCORECARD, HEALTH = "sla-operations", SERVICE_DASHBOARD, "sla-scorecard", "sla-monitor-health"

_KEPT = "${datasource:queryparam}&${__url_time_range}"


def to_service(source: str) -> Json:
    """To the service of a row (`data.fields`) or of a series (`field.labels`)."""
    chosen = f"var-contract=${{__{source}.contract}}&var-service=${{__{source}.service}}"
    return link("The service", f"/d/{SERVICE}?{chosen}&{_KEPT}")


def to_scorecard(source: str) -> Json:
    """To the scorecard of a row's or a series' contract."""
    return link("The contract's scorecard", f"/d/{SCORECARD}?var-contract=${{__{source}.contract}}&{_KEPT}")


def to_health() -> Json:
    """To the monitor's own health."""
    return link("Monitor health", f"/d/{HEALTH}?{_KEPT}")
