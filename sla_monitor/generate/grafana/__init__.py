"""Terms -> what Grafana reads: four dashboards, one question each, and the files by which it finds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana.monitor_health import health
from sla_monitor.generate.grafana.operations import operations
from sla_monitor.generate.grafana.panels import Size
from sla_monitor.generate.grafana.provisioning import DASHBOARDS, datasource, provider
from sla_monitor.generate.grafana.scorecard import scorecard
from sla_monitor.generate.grafana.service import service
from sla_monitor.generate.grafana.style import Json, currency_unit
from sla_monitor.generate.probe_series import ProbeSeries
from sla_monitor.settings import Settings
from sla_monitor.settings.metrics import MetricsSettings

__all__ = ["dashboards", "grafana_files"]


def dashboards(
    terms: Sequence[Terms], metrics: MetricsSettings | None = None, sites: int = 0, *, is_pair: bool = False
) -> dict[str, Json]:
    """The dashboards by file name, from the general to the special. `sites`: how many there are far away; `is_pair`:
    whether there are two collectors."""
    series = ProbeSeries.of(metrics or MetricsSettings())
    services = [service for one in terms for service in one.services]
    size = Size(
        services=len(services),
        kpis=sum(len(one.kpis) for one in terms),
        endpoints=max((len(one.endpoints) for one in services), default=1),
        sights=max((sum(len(each.sites) for each in one.endpoints if each.seen_from) for one in services), default=0),
    )
    money = currency_unit(terms)
    boards = {
        "operations": operations(money, size),
        "service": service(size, series),
        "scorecard": scorecard(terms, money),
    }
    whole = boards | {"monitor-health": health(series, sites, is_pair=is_pair)}
    return {name: board.json() for name, board in whole.items()}


def grafana_files(
    terms: Sequence[Terms], settings: Settings, prometheus: str, place: str = DASHBOARDS
) -> dict[str, Any]:
    """Every file by its path: JSON as text, the rest as data. `terms`: those in force; `prometheus`: its address as
    Grafana sees it; `place`: the folder in which Grafana finds the dashboards."""
    sites, is_pair = len(settings.sites.known), settings.collectors is not None
    found: dict[str, Any] = {
        f"dashboards/{name}.json": json.dumps(board, indent=2, ensure_ascii=False) + "\n"
        for name, board in dashboards(terms, settings.metrics, sites, is_pair=is_pair).items()
    }
    interval = spelled_duration(settings.alerting.scrape_every_ms)
    found["provisioning/datasources/sla-monitor.yaml"] = datasource(prometheus, interval)
    found["provisioning/dashboards/sla-monitor.yaml"] = provider(place)
    return found
