"""Every query of every panel against a real Prometheus that scraped the daemon with the demo estate."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.demo.estate import ANY_PORTS, Estate, Ports
from sla_monitor.demo.scenario import CALM, Behaviour
from sla_monitor.signing import SigningKey
from tests.generate.grafana.test_dashboard import BOARDS, EXAMPLE, VARIABLES, panels
from tests.support.prometheus import scraping
from tests.support.running import Monitor
from tests.support.waiting import wait_until

CHOSEN = VARIABLES | {"$contract": "police-strategic-it", "$service": "custody", "$__rate_interval": "30s"}


PLACES = "id: custody-health\n        places: {sites: [main, north], quorum: any}"


def shipped_contract(estate: Estate) -> str:
    """The example contract, pointed at where this estate listens, probed a little more often, and one endpoint of it
    also from a site that is cut off."""
    text = EXAMPLE.read_text().replace("../../var/demo", str(estate.folder))
    text = text.replace("../calendars/", f"{EXAMPLE.parents[1]}/calendars/")
    for name, port in asdict(Ports()).items():
        text = text.replace(str(port), str(asdict(estate.ports)[name]))
    text = re.sub(r"every: \d+s", "every: 4s", text).replace("id: custody-health", PLACES)
    return re.sub(r"timeout: [4-9]s", "timeout: 3900ms", text)


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    """The daemon with the shipped example; the custody web is down."""
    folder = tmp_path / "monitor"
    folder.mkdir()
    estate = Estate(tmp_path / "estate", ports=ANY_PORTS, scenario=CALM)
    estate.start()
    one = Monitor(folder, estate)
    SigningKey.make(folder / "ledger.key")
    one.write(
        ledger={"path": "ledger.db", "key": "ledger.key"},
        sites={"nats": {"servers": ["nats://localhost:1"]}, "known": [{"id": "north"}]},
    )
    (folder / "contracts" / "demo.yaml").write_text(shipped_contract(estate))
    try:
        estate.force("/custody/health", Behaviour("status", status=503))
        one.start()
        yield one
    finally:
        one.stop()
        estate.stop()


@pytest.fixture
def prometheus(tmp_path: Path, monitor: Monitor) -> Iterator[str]:
    """A real Prometheus that scrapes it every second; gives its address."""
    with scraping(monitor.port, tmp_path) as address:
        yield address


def asked(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """The series of an expression; an error of the query is one of the test."""
    address = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        with error:
            pytest.fail(f"{expression}: {error.read().decode()}")
    return found


def put_in(expression: str) -> str:
    for name, value in CHOSEN.items():
        expression = expression.replace(name, value)
    return expression


def is_ready(prometheus: str) -> bool:
    try:
        with urllib.request.urlopen(f"{prometheus}/-/ready", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def is_scraped(prometheus: str) -> bool:
    """Whether every endpoint was probed, and the outage of the custody service was confirmed."""
    probes = asked(prometheus, "min(sla_probes_total)")
    down = asked(prometheus, 'sla_service_state{service="custody",state="down"} == 1')
    return bool(probes) and float(probes[0]["value"][1]) >= 1 and bool(down)


OF_A_PAIR = r"sla_(collector|lease|pair)_|sla_far_site_behind"
"""This monitor is alone; tests/e2e/test_standby.py asks a pair for these."""


def silent(prometheus: str, panel: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets of a panel that have no result and should have one."""
    targets = panel.get("targets", [])
    if any(re.search(OF_A_PAIR, target["expr"]) for target in targets):
        return []
    found = {target["refId"]: asked(prometheus, put_in(target["expr"])) for target in targets}
    none = [target for target in targets if not found[target["refId"]]]
    if panel["type"] == "stat":  # a verdict: one case at a time
        assert len(targets) - len(none) <= 1, panel["title"]
        return none if len(none) == len(targets) else []
    # nobody has reported how content the customers are, and no site that is cut off says how it is
    unknown = r'sla_kpi_value.*unit="number"|sla_far_site_(clock_ahead|waiting)'
    return [target for target in none if not re.search(unknown, target["expr"])]


def test_every_query_of_every_panel_gives_something(prometheus: str) -> None:
    wait_until(lambda: is_ready(prometheus))
    wait_until(lambda: is_scraped(prometheus))
    time.sleep(3)  # so that a rate has two samples
    empty = [
        f"{name}: {panel['title']} {target['refId']}: {target['expr']}"
        for name, board in BOARDS.items()
        for panel in panels(board)
        for target in silent(prometheus, panel)
    ]
    assert not empty, "\n".join(empty)
    marks = {one["name"]: one["expr"] for one in BOARDS["service"]["annotations"]["list"][1:]}
    assert [each["metric"]["service"] for each in asked(prometheus, put_in(marks["Outages"]))] == ["custody"]
    assert [each["metric"]["terms"] for each in asked(prometheus, put_in(marks["Terms"]))]
    assert asked(prometheus, put_in(marks["Maintenance"])) == []
    for board in BOARDS.values():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                selector = variable["definition"].removeprefix("label_values(").rpartition(", ")[0]
                labels = {each["metric"][variable["name"]] for each in asked(prometheus, put_in(selector))}
                assert labels, variable["name"]
