"""What Grafana 9 and 12 show of the dashboards, worked out by their own code from what a real Prometheus answers."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sla_monitor.generate.grafana.panels import MOST_HEIGHT
from sla_monitor.wording.figures import NO_FIGURE
from sla_monitor.wording.vocabulary import MET, MISSED, NO_DATA, NO_FIGURE_YET, NOT_ASSESSABLE
from tests.generate.grafana.test_dashboard import BOARDS, VARIABLES, panels
from tests.support.grafana import (
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    RED,
    VERSIONS,
    YELLOW,
    Ask,
    Json,
    cells,
    nothing,
    rendered,
    table,
)
from tests.support.prometheus import scraping
from tests.support.waiting import wait_until

SHOWN = {name: [one for one in panels(board) if one["type"] != "text"] for name, board in BOARDS.items()}
EVERY = [(board, panel) for board, several in SHOWN.items() for panel in several]
STATES = ("up", "degraded", "down", "unknown")
PAGE = """
sla_build_info{version="1",python_version="3"} 1
sla_monitor_online 1
sla_kpi_target_ratio{contract="c",kpi="K-good",service="good"} 0.999
sla_kpi_target_ratio{contract="c",kpi="K-bad",service="bad"} 0.999
sla_kpi_target_ratio{contract="c",kpi="K-new",service="new"} 0.999
sla_kpi_met{contract="c",kpi="K-good",service="good"} 1
sla_kpi_met{contract="c",kpi="K-bad",service="bad"} 0
sla_kpi_met{contract="c",kpi="K-new",service="new"} 0
sla_kpi_met{contract="c",kpi="K-tickets",service=""} 1
sla_kpi_without_events{contract="c",kpi="K-tickets",service=""} 1
sla_kpi_assessable{contract="c",kpi="K-good",service="good"} 1
sla_kpi_assessable{contract="c",kpi="K-bad",service="bad"} 1
sla_kpi_assessable{contract="c",kpi="K-new",service="new"} 0
sla_kpi_assessable{contract="c",kpi="K-tickets",service=""} 1
sla_kpi_assessable{contract="c",kpi="K-none",service=""} 0
sla_kpi_downtime_allowance_seconds{contract="c",kpi="K-good",service="good"} 2592
sla_kpi_downtime_allowance_seconds{contract="c",kpi="K-bad",service="bad"} 2592
sla_kpi_downtime_allowance_seconds{contract="c",kpi="K-new",service="new"} 2592
sla_kpi_downtime_allowance_remaining_seconds{contract="c",kpi="K-good",service="good"} 2592
sla_kpi_downtime_allowance_remaining_seconds{contract="c",kpi="K-bad",service="bad"} -600
sla_kpi_downtime_allowance_remaining_seconds{contract="c",kpi="K-new",service="new"} 2436
sla_kpi_points{contract="c",kpi="K-good",service="good"} 0
sla_kpi_points{contract="c",kpi="K-bad",service="bad"} 2
sla_kpi_points{contract="c",kpi="K-new",service="new"} 0
sla_kpi_points{contract="c",kpi="K-tickets",service=""} 0
sla_kpi_target{contract="c",kpi="K-good",service="good",unit="ratio"} 0.999
sla_kpi_target{contract="c",kpi="K-bad",service="bad",unit="ratio"} 0.999
sla_kpi_target{contract="c",kpi="K-new",service="new",unit="ratio"} 0.999
sla_kpi_target{contract="c",kpi="K-tickets",service="",unit="ratio"} 0.95
sla_kpi_value{contract="c",kpi="K-bad",service="bad",unit="ratio",view="agreed"} 0.99899999
sla_kpi_value{contract="c",kpi="K-new",service="new",unit="ratio",view="agreed"} 0.99
sla_kpi_value{contract="c",kpi="K-tickets",service="",unit="ratio",view="agreed"} 1
sla_kpi_band{contract="c",kpi="K-good",service="good",band="met"} 1
sla_kpi_band{contract="c",kpi="K-bad",service="bad",band="severe"} 1
sla_kpi_band{contract="c",kpi="K-new",service="new",band="met"} 0
sla_kpi_band{contract="c",kpi="K-tickets",service="",band="met"} 1
sla_kpi_month_band{contract="c",kpi="K-good",service="good",month="2026-10",band="not_assessable"} 1
sla_kpi_month_band{contract="c",kpi="K-bad",service="bad",month="2026-10",band="below_threshold"} 1
sla_service_maintenance{contract="c",service="bad"} 1
sla_service_maintenance_not_permitted{contract="c",service="bad"} 1
sla_service_failing_endpoints{contract="c",service="bad",reason="status_unexpected"} 1
sla_service_agreed_seconds{contract="c",service="bad"} 1000
sla_endpoint_places_short{contract="c",service="bad",endpoint="e"} 1
sla_service_endpoints_without_quorum{contract="c",service="bad"} 1
sla_line_up 1
"""


def page() -> str:
    """Services in every state, and KPIs in every state."""
    lines = [PAGE.strip()]
    for service, state in (("good", "up"), ("slow", "degraded"), ("bad", "down"), ("new", "unknown")):
        labels = f'contract="c",service="{service}"'
        lines += [f'sla_service_state{{{labels},state="{one}"}} {int(one == state)}' for one in STATES]
        lines += [f'sla_endpoint_state{{{labels},endpoint="e",state="{one}"}} {int(one == state)}' for one in STATES]
        lines.append(f"sla_service_availability_ratio{{{labels}}} 0.99899999")
        lines.append(f"sla_service_downtime_seconds{{{labels}}} 828000")
    for place, state in (("main", "up"), ("north", "down"), ("south", "unknown")):
        labels = f'contract="c",service="bad",endpoint="e",place="{place}"'
        lines += [f'sla_place_state{{{labels},state="{one}"}} {int(one == state)}' for one in STATES]
        lines.append(f"sla_place_coverage_ratio{{{labels}}} {0.5 if place == 'south' else 0.999}")
        lines.append(f"sla_place_downtime_seconds{{{labels}}} {3_600 if place == 'north' else 0}")
        lines.append(f"sla_place_outvoted_seconds{{{labels}}} {60 if place == 'north' else 0}")
        if place != "main":
            lines.append(f'sla_far_site_connected{{place="{place}"}} {int(place == "north")}')
            lines.append(f'sla_far_site_waiting_observations{{place="{place}"}} 7')
    expires = time.time() + 89.5 * 86_400
    for endpoint, expiry in (("fresh", expires), ("last-day", time.time() + 86_400 * 1.5), ("late", time.time() - 60)):
        labels = f'contract="c",service="good",endpoint="{endpoint}"'
        lines.append(f"sla_endpoint_certificate_expiry_timestamp_seconds{{{labels}}} {expiry}")
    return "\n".join(lines) + "\n"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page().encode())

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Source:
    """Answers as Prometheus does at one moment, as a dashboard on which one service is chosen asks."""

    address: str
    service: str
    now_s: float

    def __call__(self, target: Json) -> Json:
        expression = target["expr"]
        for name, value in (VARIABLES | {"$contract": "c", "$service": self.service}).items():
            expression = expression.replace(name, value)
        if target["instant"]:
            return asked(self.address, "query", query=expression, time=self.now_s)
        return asked(self.address, "query_range", query=expression, start=self.now_s - 1, end=self.now_s, step=1)


def asked(address: str, path: str, **query: Any) -> Json:
    with urllib.request.urlopen(f"{address}/api/v1/{path}?{urllib.parse.urlencode(query)}") as answer:
        found: Json = json.load(answer)["data"]
        return found


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Source]]:
    """One for each service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with scraping(server.server_port, tmp_path_factory.mktemp("prometheus")) as address:
            wait_until(lambda: is_there(address))
            yield {name: Source(address, name, time.time()) for name in ("good", "slow", "bad", "new")}
        server.shutdown()


def is_there(address: str) -> bool:
    try:
        return len(asked(address, "query", query="count_over_time(sla_monitor_online[1m]) >= 2")["result"]) > 0
    except OSError:
        return False


Boards = dict[str, dict[str, Json]]
"""Dashboard: title: what the panel shows."""


@pytest.fixture(scope="module", params=VERSIONS)
def everything(request: pytest.FixtureRequest, sources: dict[str, Source]) -> Boards:
    """Each dashboard as it is, the service's for every service, and "empty": all of them on an empty Prometheus."""
    wanted: dict[str, tuple[Json, Ask]] = {
        f"{board}/{panel['title']}": (panel, sources["bad"]) for board, panel in EVERY if board != "service"
    }
    wanted |= {f"{name}/{one['title']}": (one, source) for name, source in sources.items() for one in SHOWN["service"]}
    wanted |= {f"empty/{board}, {panel['title']}": (panel, nothing) for board, panel in EVERY}
    found: Boards = {}
    for name, shown in rendered(wanted, request.param).items():
        board, _, title = name.partition("/")
        found.setdefault(board, {})[title] = shown
    return found


@pytest.fixture(scope="module")
def boards(everything: Boards) -> Boards:
    """The dashboards; `service` is of the one that is down."""
    return {name: shown for name, shown in everything.items() if name != "empty"} | {"service": everything["bad"]}


@pytest.fixture(scope="module")
def empty(everything: Boards) -> dict[str, Json]:
    return everything["empty"]


def test_the_state_of_every_service_is_a_word_and_a_colour(boards: Boards) -> None:
    shown = boards["operations"]
    states = {"good": ("✓ Up", GREEN), "slow": ("▲ Degraded", YELLOW), "bad": ("✕ Down", RED)}
    states["new"] = ("? Unknown", PURPLE)
    tiles = shown["State of every service"]["tiles"]
    assert {one["name"]: (one["text"], one["color"]) for one in tiles} == states
    services = shown["Services, and since when they are down"]
    assert table(services, "Service", "State") == states
    assert table(services, "Service", "Downtime (h:m:s)")["bad"][0] == "230:00:00"


def test_a_kpi_is_missed_only_where_it_is_assessable(boards: Boards) -> None:
    """And one of tickets without tickets has no figure."""
    shown = boards["operations"]["KPIs: what is left of the allowance, and when it runs out"]
    assert table(shown, "KPI", "So far") == {
        "K-good": (MET, GREEN),
        "K-bad": (MISSED, RED),
        "K-new": (NOT_ASSESSABLE, GREY),
        "K-tickets": (NO_FIGURE_YET, GREY),
        "K-none": (NO_FIGURE_YET, GREY),
    }
    left, share, points = (table(shown, "KPI", heading) for heading in ("Left (h:m:s)", "Share left", "Points"))
    assert (left["K-good"][0], left["K-bad"], left["K-new"]) == ("00:43:12", ("Used up", RED), (NOT_ASSESSABLE, GREY))
    assert (share["K-good"], share["K-new"]) == (("100%", GREEN), (NOT_ASSESSABLE, GREY))
    assert share["K-bad"][1] == RED
    assert (points["K-bad"][0], points["K-new"][0], points["K-tickets"][0]) == ("2", NOT_ASSESSABLE, NO_FIGURE)
    tiles = boards["operations"]
    assert [tiles[title]["tiles"][0]["text"] for title in ("KPIs missed", "KPIs not assessable")] == ["1", "1"]


def test_the_scorecard_says_the_same(boards: Boards) -> None:
    shown = boards["scorecard"]["KPIs in per cent, in three views"]
    bands, figures = table(shown, "KPI", "Band"), table(shown, "KPI", "Agreed")
    assert bands["K-good"] == ("Met", GREEN)
    assert (bands["K-new"], bands["K-tickets"]) == ((NOT_ASSESSABLE, GREY), (NO_FIGURE_YET, GREY))
    assert bands["K-bad"][0] == "Severe"
    # 99.899999 % does not become the 99.9 % that it misses
    assert [figures[kpi][0] for kpi in ("K-bad", "K-new", "K-tickets")] == ["99.899%", "99.000%", NO_FIGURE]
    months = boards["scorecard"]["Bands by month"]
    assert table(months, "KPI", "now")["K-new"] == (NOT_ASSESSABLE, GREY)
    assert table(months, "KPI", "2026-10")["K-good"] == (NOT_ASSESSABLE, GREY)
    assert table(months, "KPI", "2026-10")["K-bad"][0] == "Below threshold"
    assert table(months, "KPI", "2026-10")["K-new"] == (NO_DATA, GREY)


def test_both_timelines_show_an_outage_in_red_and_name_it_in_the_legend(boards: Boards) -> None:
    endpoints = boards["service"]["Endpoints"]
    assert {row["name"]: row["states"][-1] for row in endpoints["rows"]} == {
        "bad (the service)": {"text": "✕ Down", "color": RED},
        "e": {"text": "✕ Down", "color": RED},
    }
    assert endpoints["legend"] == [{"text": "✕ Down", "color": RED}]
    hours = boards["service"]["Outages against service hours and maintenance"]
    assert {row["name"]: row["states"][-1] for row in hours["rows"]} | {"Service hours": None} == {
        "Service hours": None,
        "Permitted maintenance": {"text": "Permitted maintenance", "color": YELLOW},
        "Other maintenance booked": {"text": "Booked, not permitted", "color": "#FF9830"},
        "Outage": {"text": "Down", "color": RED},
    }
    assert {one["text"]: one["color"] for one in hours["legend"]}.items() <= {
        "Service hours": BLUE,
        "Permitted maintenance": YELLOW,
        "Booked, not permitted": "#FF9830",
        "Down": RED,
        "": "#00000000",
    }.items()


def test_each_place_says_what_it_sees_and_a_quorum_that_cannot_be_made_is_told(boards: Boards) -> None:
    places = boards["service"]["Endpoints by place"]
    states = {"main": ("✓ Up", GREEN), "north": ("✕ Down", RED), "south": ("? Unknown", PURPLE)}
    assert table(places, "Place", "Now") == states
    assert table(places, "Place", "Seen")["south"] == ("50.0%", RED)
    assert [text for text, _ in cells(places, "Seen down (h:m:s)")] == ["00:00:00", "01:00:00", "00:00:00"]
    assert table(places, "Place", "Outvoted (h:m:s)")["north"][0] == "00:01:00"
    assert set(cells(places, "Places missing")) == {("1", PURPLE)}
    rows = boards["service"]["What each place saw"]["rows"]
    assert {row["name"]: row["states"][-1]["text"] for row in rows} == {
        f"e from {place}": text for place, (text, _) in states.items()
    }
    health = boards["monitor-health"]
    assert [(one["name"], one["text"]) for one in health["Connected"]["tiles"]] == [("north", "Yes"), ("south", "No")]
    assert [(one["text"], one["color"]) for one in health["Without a quorum"]["tiles"]] == [("1", PURPLE)]
    assert {line["name"] for line in health["Waiting in outboxes"]["lines"]} == {"north", "south"}


@pytest.mark.parametrize(
    ("service", "told", "color"),
    [("good", MET, GREEN), ("bad", MISSED, RED), ("new", NOT_ASSESSABLE, GREY), ("slow", "No target", GREY)],
)
def test_an_availability_has_the_colour_of_its_own_target(boards: Boards, service: str, told: str, color: str) -> None:
    """The same figure of four services."""
    shown = boards[service]
    assert shown["Availability"]["tiles"] == [{"name": told, "text": "99.899%", "color": color}]
    left = {
        "good": ("00:43:12", GREEN),
        "bad": ("Used up", RED),
        "new": (NOT_ASSESSABLE, GREY),
        "slow": (NO_DATA, GREY),
    }
    (tile,) = shown["Allowance left (h:m:s)"]["tiles"]
    assert (tile["text"], tile["color"]) == left[service]


def test_a_certificate_lasts_for_days(boards: Boards) -> None:
    assert table(boards["operations"]["Certificates"], "Endpoint", "Expires in") == {
        "fresh": ("89 days", GREEN),
        "last-day": ("1 day", RED),
        "late": ("expired", RED),
    }


def test_no_series_and_no_column_is_called_value(boards: Boards) -> None:
    for shown in (one for board in boards.values() for one in board.values()):
        for one in (
            *shown.get("tiles", ()),
            *shown.get("columns", ()),
            *shown.get("lines", ()),
            *shown.get("rows", ()),
        ):
            assert one.get("text") == NO_DATA or re.fullmatch(r"(?!Value)(?!.*[{}_]).+", one["name"]), shown


def test_no_data_is_grey_in_every_tile(empty: dict[str, Json]) -> None:
    tiles = {title: shown["tiles"] for title, shown in empty.items() if "tiles" in shown}
    assert len(tiles) > 20
    for title, several in tiles.items():
        assert {(one["text"], one["color"]) for one in several} == {(NO_DATA, GREY)}, title


def test_axes_have_numbers_and_nothing_else(empty: dict[str, Json]) -> None:
    ticks = {title: shown["ticks"] for title, shown in empty.items() if "ticks" in shown}
    assert len(ticks) > 15
    for title, (*numbers, gap) in ticks.items():
        assert all(re.search(r"\d", text) for text in numbers), title
        assert gap == "", title


def test_names_are_never_taken_for_figures(boards: Boards) -> None:
    """Grafana 9 takes every text for "not a number"."""
    for board in boards.values():
        for shown in board.values():
            for column in shown.get("columns", ()):
                if column["name"] in {"Contract", "Service", "KPI", "Endpoint", "month"}:
                    texts = {text for text, _ in cells(shown, column["name"])}
                    assert not texts & {NOT_ASSESSABLE, NO_DATA}, column


def test_every_timeline_is_coloured_by_its_mappings() -> None:
    for panel in (one for several in SHOWN.values() for one in several if one["type"] == "state-timeline"):
        assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "fixed", panel["title"]


def test_panels_are_no_higher_than_a_screen() -> None:
    for panel in (one for several in SHOWN.values() for one in several):
        assert panel["gridPos"]["h"] <= max(MOST_HEIGHT, 20), panel["title"]
