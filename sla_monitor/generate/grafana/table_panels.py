"""Tables: one row for each thing, a column for each query, joined by the labels that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sla_monitor.generate.grafana.dashboard_queries import Query
from sla_monitor.generate.grafana.panels import DATASOURCE, Panel, PanelStyle, targets
from sla_monitor.generate.grafana.style import Json, gap_mappings

LEAST_WIDTH = 85
"""Of a column, in pixels: so that thirteen fit on a screen of 1,280. Grafana's own is 150."""
ABSENT = "–"
"""A name that there is not: a KPI of no service."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of numbers: its heading, the query that fills it, and how its values look. `is_coloured`: the colour
    says something."""

    heading: str
    expression: str
    style: PanelStyle
    is_coloured: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A column of names: the label, its heading, and where a name leads. `is_hidden`: only other columns' links need
    it."""

    label: str
    heading: str
    link: Json | None = None
    is_hidden: bool = False


def table(
    title: str,
    description: str,
    keys: Sequence[Key],
    columns: Sequence[TableColumn],
    *,
    height: int = 9,
    sort_by: str = "",
) -> Panel:
    """One row for each combination of the keys; sorted by a heading, the largest first."""
    queries = [Query(column.expression, column.heading) for column in columns]
    letters = [f"Value #{chr(ord('A') + position)}" for position in range(len(columns))]
    if len(columns) == 1:
        letters = ["Value"]
    names = {key.label: key.heading for key in keys} | {
        letter: column.heading for letter, column in zip(letters, columns, strict=True)
    }
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: position for position, name in enumerate(names)},
        "renameByName": names,
    }
    overrides = [_column(column) for column in columns]
    overrides += [_key(key) for key in keys]
    body: Json = {
        "type": "table",
        "datasource": DATASOURCE,
        "targets": targets(queries, as_table=True),
        "fieldConfig": {"defaults": _defaults(), "overrides": overrides},
        "options": {"showHeader": True, "sortBy": [{"displayName": sort_by, "desc": True}] if sort_by else []},
        "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}],
    }
    return Panel(title, description, 24, height, body)


def matrix(title: str, description: str, query: Query, cells: tuple[str, str, str], style: PanelStyle) -> Panel:
    """A label's value in each cell: `cells` are the labels of the rows, of the columns and of what stands in them; the
    query's legend is the heading of the rows."""
    (row, column, value), heading = cells, query.legend
    defaults = style.names(
        {
            "align": "center",
            "displayMode": "color-background-solid",
            "filterable": False,
            "minWidth": LEAST_WIDTH,
        }
    )
    called = {f"{row}\\{column}": heading}
    shape = {"rowField": row, "columnField": column, "valueField": value}
    body: Json = {
        "type": "table",
        "datasource": DATASOURCE,
        "targets": targets([query], as_table=True),
        "fieldConfig": {"defaults": defaults, "overrides": [_plain(heading)]},
        "options": {"showHeader": True, "sortBy": []},
        "transformations": [
            {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": column, "desc": False}]}},
            {"id": "groupingToMatrix", "options": shape},
            {"id": "organize", "options": {"excludeByName": {}, "indexByName": {}, "renameByName": called}},
        ],
    }
    return Panel(title, description, 24, 10, body)


def _defaults() -> Json:
    return PanelStyle(unit="none").names(
        {"align": "auto", "displayMode": "auto", "filterable": True, "minWidth": LEAST_WIDTH}
    )


def _column(column: TableColumn) -> Json:
    style = column.style
    properties = {
        "unit": style.unit,
        "decimals": style.decimals,
        "thresholds": style.thresholds,
        "mappings": style.mappings,
        "noValue": style.gap,
        "custom.displayMode": "color-background-solid" if column.is_coloured else "auto",
    }
    return _override(column.heading, properties)


def _key(key: Key) -> Json:
    properties = {"links": [key.link] if key.link else None, "mappings": gap_mappings(ABSENT), "noValue": ABSENT}
    return _override(key.heading, properties | {"custom.hidden": key.is_hidden or None})


def _plain(heading: str) -> Json:
    return _override(heading, {"custom.displayMode": "auto", "custom.align": "left"})


def _override(heading: str, properties: Json) -> Json:
    given = [{"id": key, "value": value} for key, value in properties.items() if value is not None]
    return {"matcher": {"id": "byName", "options": heading}, "properties": given}
