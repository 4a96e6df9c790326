"""Panels as data. Each says what it shows, in which unit, from where, and what its colours mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sla_monitor.generate.grafana.dashboard_queries import Query
from sla_monitor.generate.grafana.style import (
    ONE_COLOR,
    PLAIN,
    UNKNOWN,
    Json,
    gap_mappings,
    negative_mapping,
    unassessed_mapping,
    value_mappings,
)
from sla_monitor.wording.vocabulary import NO_DATA

TextMode = Literal["value", "name", "value_and_name"]
WIDE, MOST_HEIGHT = 12, 16
DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Size:
    """What the panels have to find room for: all services and KPIs, the most endpoints of a service, and of those that
    several places probe, the most endpoints and places of a service, each with each; 0: there are none."""

    services: int
    kpis: int
    endpoints: int
    sights: int


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: `width` of 24 columns, `height` in rows of 30 pixels; `body` is the rest of its JSON."""

    title: str
    description: str
    width: int
    height: int
    body: Json

    def placed(self, number: int, x: int, y: int) -> Json:
        """Its JSON at a place on the grid."""
        grid = {"h": self.height, "w": self.width, "x": x, "y": y}
        return {"id": number, "title": self.title, "description": self.description, "gridPos": grid, **self.body}


@dataclass(frozen=True, slots=True)
class PanelStyle:
    """How the values of a panel, or of one column, look. `negative`: one word for all that is below nothing; `gap`: the
    one for what there is not; `called`: the names of series for people."""

    unit: str = "short"
    thresholds: Json = field(default_factory=lambda: ONE_COLOR)
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    negative: tuple[str, str] | None = None
    gap: str = NO_DATA
    decimals: int | None = None
    least: float | None = None
    most: float | None = None
    links: tuple[Json, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def mappings(self) -> list[Json]:
        """Values as words, and a word for every kind of gap: for cells, tiles and states."""
        below = [negative_mapping(*self.negative)] if self.negative else []
        return [*value_mappings(self.texts), *below, *gap_mappings(self.gap), unassessed_mapping()]

    def axis(self, custom: Json) -> Json:
        """Grafana's field defaults for what is drawn against an axis: its ticks are numbers, and a gap is a gap."""
        shown = self.defaults(custom) | {"mappings": value_mappings(self.texts)}
        return {key: value for key, value in shown.items() if key != "noValue"}

    def names(self, custom: Json) -> Json:
        """Grafana's field defaults for cells that hold names."""
        return self.defaults(custom) | {"mappings": [*value_mappings(self.texts), *gap_mappings()]}

    def defaults(self, custom: Json | None = None) -> Json:
        """Grafana's field defaults."""
        bounds = {"decimals": self.decimals, "min": self.least, "max": self.most}
        return {
            "unit": self.unit,
            "color": {"mode": "thresholds"},
            "thresholds": self.thresholds,
            "mappings": self.mappings,
            "noValue": self.gap,
            "links": list(self.links),
            "custom": custom or {},
            **{key: value for key, value in bounds.items() if value is not None},
        }


def link(title: str, url: str) -> Json:
    """From a value to the dashboard that says more."""
    return {"title": title, "url": url, "targetBlank": False}


def targets(queries: Sequence[Query], *, as_table: bool = False) -> list[Json]:
    """A panel's queries, lettered."""
    return [
        {
            "refId": chr(ord("A") + position),
            "datasource": DATASOURCE,
            "expr": query.expression,
            "legendFormat": query.legend,
            "instant": as_table or query.is_instant,
            "range": not (as_table or query.is_instant),
            "format": "table" if as_table else "time_series",
        }
        for position, query in enumerate(queries)
    ]


def stat(
    title: str,
    description: str,
    query: Query,
    style: PanelStyle,
    *,
    size: tuple[int, int] = (4, 4),
    text_mode: TextMode = "value",
) -> Panel:
    """One number (or one for each series, by its name), its background saying whether it is well. `size`: columns, and
    rows."""
    now = Query(query.expression, query.legend or title, is_instant=True)
    return Panel(title, description, *size, _body("stat", [now], style.defaults(), _tile(text_mode, style)))


@dataclass(frozen=True, slots=True)
class Case:
    """One of several things that a tile may say: its query has a result when it is so. `color`: None for that of the
    thresholds; `word` in place of the number."""

    query: Query
    color: str | None = None
    word: str | None = None

    @property
    def properties(self) -> list[Json]:
        """What differs from the panel's own style."""
        color = {"id": "color", "value": {"mode": "fixed", "fixedColor": self.color}}
        word = {"id": "mappings", "value": [*value_mappings({"0": (self.word or "", self.color or UNKNOWN)})]}
        return [*([color] if self.color else []), *([word] if self.word else [])]


def verdict(
    title: str, description: str, cases: Sequence[Case], style: PanelStyle, text_mode: TextMode = "value"
) -> Panel:
    """One number and what is to be thought of it: at any time one of the queries has a result."""
    queries = [Query(case.query.expression, case.query.legend or title, is_instant=True) for case in cases]
    body = _body("stat", queries, style.defaults(), _tile(text_mode, style))
    body["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byFrameRefID", "options": target["refId"]}, "properties": case.properties}
        for target, case in zip(body["targets"], cases, strict=True)
        if case.properties
    ]
    return Panel(title, description, 4, 4, body)


def _tile(text_mode: TextMode, style: PanelStyle) -> Json:
    """Coloured as a whole, where a colour is a judgement; a figure that is not judged is plain text."""
    is_judged = style.thresholds["steps"][0]["color"] != PLAIN
    return {
        "colorMode": "background" if is_judged else "value",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "textMode": text_mode,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }


def timeseries(
    title: str, description: str, queries: Sequence[Query], style: PanelStyle, *, width: int = 12, stacked: bool = False
) -> Panel:
    """Values over time. Stacked only where the parts make a whole."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 30 if stacked else 5,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if len(style.thresholds["steps"]) > 1 else "off"},
        "axisPlacement": "auto",
    }
    options = {
        "legend": _legend(width),
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = style.axis(custom) | {"color": {"mode": "palette-classic"}}
    defaults["mappings"] = [*defaults["mappings"], unassessed_mapping()]  # of the legend
    body = _body("timeseries", queries, defaults, options)
    body["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "displayName", "value": word}]}
        for name, word in style.called.items()
        if name != word
    ]
    return Panel(title, description, width, 8, body)


def _legend(width: int) -> Json:
    """Beside a wide graph, where ten names have room; below a narrow one, without numbers. (Below, a table may have a
    third of the height: two rows.)"""
    if width < WIDE:
        return {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    return {"displayMode": "table", "placement": "right", "showLegend": True, "calcs": ["lastNotNull"]}


def state_timeline(
    title: str, description: str, queries: Sequence[Query], style: PanelStyle, *, height: int = 8
) -> Panel:
    """States over time, a row for each series.

    The colour is a fixed one, and every state's own is in its mapping: of colours by thresholds Grafana merges all
    values between two thresholds into one, called by the thresholds, and forgets the mappings.
    """
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single"},
    }
    defaults = style.defaults({"lineWidth": 0, "fillOpacity": 80})
    defaults["color"] = {"mode": "fixed", "fixedColor": UNKNOWN}
    del defaults["noValue"]  # it would be the name of a state that has none
    return Panel(title, description, 24, height, _body("state-timeline", queries, defaults, options))


def bar_gauge(title: str, description: str, query: Query, style: PanelStyle, *, width: int = 12) -> Panel:
    """A bar for each series, against its bounds."""
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    now = Query(query.expression, query.legend, is_instant=True)
    return Panel(title, description, width, 8, _body("bargauge", [now], style.defaults(), options))


def bar_chart(title: str, description: str, query: Query, style: PanelStyle, x: str, *, width: int = 12) -> Panel:
    """A bar for each value of the label `x`, in its order; the bars are called by the query's legend."""
    options = {
        "orientation": "vertical",
        "xField": x,
        "showValue": "always",
        "stacking": "none",
        "groupWidth": 0.7,
        "barWidth": 0.9,
        "legend": {"displayMode": "hidden", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"fillOpacity": 80, "lineWidth": 1, "axisPlacement": "auto"}
    body = _body("barchart", [query], style.axis(custom), options, as_table=True)
    called = {"Value": query.legend}
    body["transformations"] = [
        {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": x, "desc": False}]}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": called}},
    ]
    return Panel(title, description, width, 8, body)


def fitting(rows: int) -> int:
    """The height of a table that shows so many rows without scrolling; many are scrolled."""
    return min(max(rows, 2) + 2, MOST_HEIGHT)


def text(title: str, description: str, markdown: str, *, width: int = 24, height: int = 4) -> Panel:
    """What a dashboard is for, in words."""
    body: dict[str, Any] = {"type": "text", "options": {"mode": "markdown", "content": markdown}}
    return Panel(title, description, width, height, body)


def _body(kind: str, queries: Sequence[Query], defaults: Json, options: Json, *, as_table: bool = False) -> Json:
    return {
        "type": kind,
        "datasource": DATASOURCE,
        "targets": targets(queries, as_table=as_table),
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
    }
