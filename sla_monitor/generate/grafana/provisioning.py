"""The files by which Grafana finds its data source and the dashboards when it starts."""

from __future__ import annotations

from sla_monitor.generate.grafana.style import Json

FOLDER = "SLA monitor"
DASHBOARDS = "/var/lib/grafana/dashboards/sla-monitor"
"""Where the how-to puts the dashboards."""


def datasource(prometheus: str, scrape_interval: str) -> Json:
    """The Prometheus that scrapes the monitor. Grafana makes `$__rate_interval` from the scrape interval."""
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "SLA monitor",
                "uid": "sla-monitor",
                "type": "prometheus",
                "access": "proxy",
                "url": prometheus,
                "isDefault": False,
                "editable": False,
                "jsonData": {"timeInterval": scrape_interval, "httpMethod": "POST"},
            }
        ],
    }


def provider(place: str) -> Json:
    """Dashboards come from files and are changed there; what somebody saves in the browser is overwritten."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "sla-monitor",
                "folder": FOLDER,
                "folderUid": "sla-monitor",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": place},
            }
        ],
    }
