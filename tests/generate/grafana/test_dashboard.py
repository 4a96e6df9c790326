"""The dashboards as data: the rules of Grafana's dashboard linter, the grid, the colours, the ways between them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from sla_monitor import names
from sla_monitor.contract.load import load_contract_files
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.grafana import dashboards, grafana_files
from sla_monitor.generate.grafana.style import band_colors, currency_unit
from sla_monitor.settings import Settings
from tests.support.terms import terms_of

Json = dict[str, Any]
EXAMPLE = Path(__file__).parents[3] / "config" / "contracts" / "police-strategic-it.yaml"
UNITS = {
    "bytes",
    "cps",
    "currencyGBP",
    "dateTimeFromNow",
    "dthms",
    "locale",
    "none",
    "percentunit",
    "s",
    "short",
    "suffix:days",
}
"""Ids of Grafana's; a misspelt one would be shown as a suffix."""
VARIABLES = {
    "$__rate_interval": "5m",
    "$job": ".+",
    "$instance": ".+",
    "$contract": ".+",
    "$service": ".+",
    "$endpoint": ".+",
}


def placed() -> Json:
    """A service whose endpoint two places probe."""
    endpoint = {"id": "e", "kind": "tcp", "host": "h", "port": 1}
    return {"id": "placed", "places": {"sites": ["north", "south"], "quorum": "all"}, "endpoints": [endpoint]}


def example() -> Terms:
    (contract,) = load_contract_files([EXAMPLE])
    return contract.versions[-1].terms


BOARDS = dashboards([example(), terms_of({"services": [placed()]})], sites=1, is_pair=True)


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: Json) -> Iterator[tuple[str, str]]:
    """Title of the panel, expression."""
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def filled(expression: str) -> str:
    """An expression with every variable in its place."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


@pytest.fixture(params=BOARDS, name="board")
def _board(request: pytest.FixtureRequest) -> Json:
    return BOARDS[request.param]


def test_there_are_four_and_each_asks_one_question() -> None:
    assert list(BOARDS) == ["operations", "service", "scorecard", "monitor-health"]
    assert all(board["description"].endswith("?") for board in BOARDS.values())


def test_identity_and_settings_are_fit_for_files(board: Json) -> None:
    """uneditable-dashboard; and a uid of 8 to 40 lower-case characters that links can rely on."""
    assert re.fullmatch(r"[a-z][a-z-]{7,39}", board["uid"])
    assert (board["id"], board["editable"], board["schemaVersion"]) == (None, False, 36)
    assert board["tags"] == ["sla-monitor"]
    assert board["graphTooltip"] == 1


def test_uids_and_titles_are_unique() -> None:
    for key in ("uid", "title"):
        assert len({board[key] for board in BOARDS.values()}) == len(BOARDS)


def test_the_data_source_is_a_variable(board: Json) -> None:
    """template-datasource, panel-datasource."""
    sources = [one for one in board["templating"]["list"] if one["type"] == "datasource"]
    assert [(one["name"], one["label"], one["query"]) for one in sources] == [
        ("datasource", "Data source", "prometheus")
    ]
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    asking = [panel for panel in panels(board) if panel["type"] != "text"]
    assert all(panel["datasource"] == wanted for panel in asking)
    assert all(target["datasource"] == wanted for panel in asking for target in panel["targets"])
    assert "__inputs" not in board


def test_job_and_instance_can_be_chosen_and_hold_every_query(board: Json) -> None:
    """template-job, template-instance, target-job, target-instance."""
    variables = {one["name"]: one for one in board["templating"]["list"]}
    for name in ("job", "instance"):
        one = variables[name]
        assert (one["label"], one["multi"], one["allValue"]) == (name, True, ".+")
    for title, expression in queries(board):
        selectors = re.findall(r"\b(?:sla|process|scrape|up)\w*\{([^}]*)\}", expression)
        assert selectors, title
        for matchers in selectors:
            assert {'job=~"$job"', 'instance=~"$instance"'} <= set(matchers.split(",")), (title, matchers)


def test_variables_are_read_again_when_the_time_changes(board: Json) -> None:
    """template-on-time-change-reload, template-label-promql."""
    for one in board["templating"]["list"]:
        if one["type"] == "query":
            assert one["refresh"] == 2
            assert one["datasource"]["uid"] == "${datasource}"
            assert re.fullmatch(rf"label_values\(.+, {one['name']}\)", one["definition"])
            assert one["query"]["query"] == one["definition"]


def test_a_variable_depends_only_on_those_before_it(board: Json) -> None:
    known: set[str] = set()
    for one in board["templating"]["list"]:
        if one["type"] == "query":
            assert set(re.findall(r"\$(\w+)", one["definition"])) <= known
        known.add(one["name"])
    used = {name for _, expression in queries(board) for name in re.findall(r"\$(\w+)", expression)}
    assert used - {"__rate_interval"} <= known


def test_every_panel_says_what_it_shows_in_which_unit(board: Json) -> None:
    """panel-title-description, panel-units, panel-no-targets."""
    for panel in panels(board):
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] != "text":
            assert panel["targets"]
            units = re.findall(
                r'"unit": "([^"]*)"|{"id": "unit", "value": "([^"]*)"}', json.dumps(panel["fieldConfig"])
            )
            assert {"".join(unit) for unit in units} <= UNITS, panel["title"]
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None


def test_tables_carry_a_custom_object_and_say_each_columns_unit(board: Json) -> None:
    for panel in panels(board):
        if panel["type"] == "table":
            assert "displayMode" in panel["fieldConfig"]["defaults"]["custom"]


def test_counters_are_read_as_rates_over_the_rate_interval(board: Json) -> None:
    """target-counter-agg, target-rate-interval."""
    for title, expression in queries(board):
        for counter in re.findall(r"(\w*\(?)(\w+_total)\{", expression):
            assert counter[0] == "rate(", (title, counter)
        assert set(re.findall(r"rate\([^[]+\[([^\]]+)\]", expression)) <= {"$__rate_interval"}, title


def test_every_metric_that_is_asked_for_exists(board: Json) -> None:
    known = {metric.sample for metric in names.ALL_METRICS} | {f"{names.LATENESS.name}_bucket"}
    for title, expression in queries(board):
        assert set(re.findall(r"\b(sla_\w+)\{", expression)) <= known, title


def test_every_expression_is_good_promql(tmp_path: Path) -> None:
    """promtool reads all of them, the annotations' too, as recording rules."""
    expressions = [expression for board in BOARDS.values() for _, expression in queries(board)]
    expressions += [one["expr"] for board in BOARDS.values() for one in board["annotations"]["list"] if "expr" in one]
    rules = [{"record": f"x:{n}", "expr": filled(each)} for n, each in enumerate(expressions)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))
    command = ["promtool", "check", "rules", "--lint=none", str(tmp_path / "rules.yaml")]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    assert f"{len(rules)} rules found" in check.stdout


def test_no_panel_lies_on_another_or_beyond_the_grid(board: Json) -> None:
    cells = [(panel["gridPos"], panel["title"]) for panel in board["panels"]]
    for at, title in cells:
        assert at["x"] + at["w"] <= 24, title
    for (a, first), (b, second) in combinations(cells, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"], (first, second)
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_the_dashboards_lead_to_each_other(board: Json) -> None:
    (link,) = board["links"]
    assert (link["type"], link["tags"], link["includeVars"], link["keepTime"]) == (
        "dashboards",
        ["sla-monitor"],
        True,
        True,
    )
    uids = {one["uid"]: {v["name"] for v in one["templating"]["list"]} for one in BOARDS.values()}
    for url in re.findall(r'"/d/([^"]+)"', json.dumps(board)):
        uid, _, given = url.partition("?")
        assert set(re.findall(r"var-(\w+)=", given)) <= uids[uid]


def test_from_the_general_a_click_leads_to_the_special() -> None:
    found = {name: set(re.findall(r'"/d/([a-z-]+)\?', json.dumps(board))) for name, board in BOARDS.items()}
    assert found["operations"] == {"sla-service", "sla-scorecard", "sla-monitor-health"}
    assert found["service"] == {"sla-scorecard"}


def test_outages_maintenance_and_changed_terms_are_marked(board: Json) -> None:
    assert [one["name"] for one in board["annotations"]["list"][1:]] == ["Outages", "Maintenance", "Terms"]
    assert board["annotations"]["list"][0]["builtIn"] == 1


def test_a_kpi_that_is_met_is_green_and_worse_bands_are_redder() -> None:
    colors = {name: color for name, (_, color) in band_colors([example()]).items()}
    assert colors["met"] == "green"
    assert [colors[name] for name in ("minor", "serious", "severe", "below_threshold")] == [
        "yellow",
        "orange",
        "red",
        "dark-red",
    ]


@pytest.mark.parametrize(
    ("currencies", "unit"), [(["GBP"], "currencyGBP"), (["GBP", "EUR"], "short"), (["XAF"], "short"), ([], "short")]
)
def test_money_has_a_unit_where_grafana_knows_the_one_currency(currencies: list[str], unit: str) -> None:
    assert currency_unit([terms_of({"currency": code}) for code in currencies]) == unit


def test_every_band_of_the_terms_has_a_query_and_a_colour() -> None:
    bands = [
        {"name": "superb", "at_least": 99},
        {"name": "fair", "at_least": 98, "below": 99},
        {"name": "poor", "below": 98},
    ]
    kpi = {"id": "K", "service": "s", "target": 99, "bands": bands, "rounding": {"mode": "none"}}
    board = json.dumps(dashboards([terms_of({"kpis": [kpi]})])["scorecard"])
    assert all(f'band=\\\\\\"{name}\\\\\\"' in json.dumps(board) for name in ("superb", "fair", "poor"))
    assert '"dark-red"' not in board


def test_terms_without_kpis_and_triggers_make_dashboards_too() -> None:
    board = dashboards([terms_of({})])["scorecard"]
    (rules,) = [panel for panel in panels(board) if panel["type"] == "text"]
    assert rules["options"]["content"] == "The contracts have no triggers."


def test_the_triggers_are_said_in_words() -> None:
    (rules,) = [panel for panel in panels(BOARDS["scorecard"]) if panel["type"] == "text"]
    assert (
        "**critical-performance-failure**: points at least 50 over 3 months or"
        " credits percent of cap at least 100 over the contract year"
    ) in rules["options"]["content"]


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"days": 30}, "outages more than 3 in any 30 days"),
        ({"days": 1}, "outages more than 3 in any 1 day"),
        ({"days": 2, "window": "consecutive"}, "outages more than 3 in each of 2 days"),
    ],
)
def test_windows_of_days_are_said_in_words(window: dict[str, Any], words: str) -> None:
    condition = {"measure": "outages", "more_than": 3, **window}
    board = dashboards([terms_of({"triggers": [{"id": "t", "conditions": [condition], "effects": ["notice"]}]})])
    (rules,) = [panel for panel in panels(board["scorecard"]) if panel["type"] == "text"]
    assert rules["options"]["content"].endswith(f"**t**: {words}")


def test_grafana_is_told_the_scrape_interval_and_that_files_rule() -> None:
    settings = Settings.model_validate({"alerting": {"scrape_every": "30s"}})
    files = grafana_files([example()], settings, "http://prometheus:9090")
    (source,) = files["provisioning/datasources/sla-monitor.yaml"]["datasources"]
    assert (source["url"], source["jsonData"]["timeInterval"]) == ("http://prometheus:9090", "30s")
    (provider,) = files["provisioning/dashboards/sla-monitor.yaml"]["providers"]
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)


def test_the_same_terms_give_the_same_bytes() -> None:
    first, second = (grafana_files([example()], Settings(), "http://127.0.0.1:9090") for _ in range(2))
    assert first == second
    assert all(json.loads(text)["uid"] for name, text in first.items() if name.endswith(".json"))
