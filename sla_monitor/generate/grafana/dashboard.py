"""A dashboard as data: variables, panels on a grid, annotations, links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor import names
from sla_monitor.generate.grafana.dashboard_queries import CONTRACT, each, select
from sla_monitor.generate.grafana.panels import DATASOURCE, Panel
from sla_monitor.generate.grafana.style import BAD, NEAR, Json

TAG = "sla-monitor"
SCHEMA_VERSION = 36
"""Grafana 9's; every later one takes it further by itself."""

COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard. `rows`: a heading, and the panels under it from left to right. `about`: the matchers that hold
    its annotations to what it shows."""

    uid: str
    title: str
    description: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    variables: Sequence[Json] = ()
    span: str = "now-24h"
    refresh: str = "30s"
    about: Sequence[str] = ()

    def json(self) -> Json:
        """What Grafana reads."""
        return {
            "id": None,
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "timezone": "browser",
            "graphTooltip": 1,
            "refresh": self.refresh,
            "time": {"from": self.span, "to": "now"},
            "timepicker": {},
            "links": [_links()],
            "annotations": {"list": _annotations(self.about)},
            "templating": {"list": [*MONITOR_VARIABLES, *self.variables]},
            "panels": list(_grid(self.rows)),
        }


def variable(name: str, label: str, asked: str, *, several: bool = True) -> Json:
    """A variable with the values of the label that it is named after."""
    everything = (
        {"includeAll": True, "allValue": ".+", "multi": True} if several else {"includeAll": False, "multi": False}
    )
    chosen = {"selected": False, "text": ["All"], "value": ["$__all"]} if several else {}
    query = f"label_values({asked}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "regex": "",
        "skipUrlSync": False,
        "current": chosen,
        "options": [],
        **everything,
    }


MONITOR_VARIABLES: tuple[Json, ...] = (
    {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
    },
    variable("job", "job", names.BUILD_INFO.sample),
    variable("instance", "instance", f'{names.BUILD_INFO.sample}{{job=~"$job"}}'),
)
CONTRACTS = variable("contract", "Contract", select(names.CONTRACT_INFO))
ONE_CONTRACT = variable("contract", "Contract", select(names.CONTRACT_INFO), several=False)


def _links() -> Json:
    return {
        "type": "dashboards",
        "title": "SLA dashboards",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "icon": "external link",
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def _annotations(about: Sequence[str]) -> list[Json]:
    down = each("contract, service", select(names.SERVICE_STATE, *about, 'state="down"')) + " == 1"
    maintained = each("contract, service", select(names.SERVICE_MAINTENANCE, *about)) + " == 1"
    info = select(names.CONTRACT_INFO, *(matcher for matcher in about if matcher in CONTRACT))
    changed = f"{each('contract, terms', info)} unless {each('contract, terms', f'{info} offset 10m')}"
    return [
        {
            "builtIn": 1,
            "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": True,
            "hide": True,
            "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts",
            "type": "dashboard",
        },
        _annotation("Outages", down, BAD, "{{service}} is down", "contract,service"),
        _annotation("Maintenance", maintained, NEAR, "{{service}}: permitted maintenance", "contract,service"),
        _annotation("Terms", changed, "blue", "{{contract}}: terms {{terms}}", "contract,terms"),
    ]


def _annotation(name: str, expression: str, color: str, title: str, tags: str) -> Json:
    return {
        "datasource": DATASOURCE,
        "enable": True,
        "expr": expression,
        "hide": False,
        "iconColor": color,
        "name": name,
        "step": "60s",
        "tagKeys": tags,
        "textFormat": "",
        "titleFormat": title,
        "useValueForTime": "off",
    }


def _grid(rows: Sequence[tuple[str, Sequence[Panel]]]) -> list[Json]:
    """Panels from left to right, wrapped where a row is full."""
    placed: list[Json] = []
    y = 0
    for heading, panels in rows:
        row = {"id": len(placed) + 1, "type": "row", "title": heading, "collapsed": False, "panels": []}
        placed.append({**row, "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y}})
        x, y, tallest = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            placed.append(panel.placed(len(placed) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return placed
