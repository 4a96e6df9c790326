"""The whole of it: a supplier's outage goes all the way to somebody's desk; what is planned, or ours, does not."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.cli.generate.stack import write_stack
from sla_monitor.clock import SystemClock
from sla_monitor.configuration import read_configuration
from sla_monitor.demo.estate import ANY_PORTS, Estate
from sla_monitor.demo.scenario import CALM, REFUSE, status
from sla_monitor.demo.stack_processes import Stack
from sla_monitor.demo.webhook import Call, Desk
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from tests.support.instants import exact
from tests.support.ports import free_port
from tests.support.running import Monitor
from tests.support.stack import now_ms
from tests.support.waiting import wait_until

HOUR_MS = 3_600_000
INSTANT = r"\d+ \w{3} \d{4} \d\d:\d\d:\d\d \w+( \(.*UTC\))?"
"""Local time, with UTC beside it where that is another."""


class Watched(Monitor):
    """A monitor whose one service is critical, and whose maintenance needs nobody's approval."""

    alertmanager = 0

    def write(self, *, endpoints: list[dict[str, Any]] | None = None, **settings: Any) -> None:
        self.alertmanager = self.alertmanager or free_port()
        plain = {
            "alerting": {"scrape_every": "1s", "evaluate_every": "1s", "group_wait": "1s", "patience": "3s"},
            "alertmanager": {"url": f"http://127.0.0.1:{self.alertmanager}", "silences": True, "every": "1s"},
            "witnesses": [
                {"id": "w", "kind": "tcp", "host": "127.0.0.1", "port": self.estate.ports.witness, "every": "1s"}
                | {"timeout": "500ms"}
            ],
        }
        super().write(endpoints=endpoints, **plain, **settings)
        path = self.folder / "contracts" / "demo.yaml"
        contract = json.loads(path.read_text())
        contract["services"][0]["criticality"] = "critical"
        contract["maintenance"] = {"approval": "none"}
        path.write_text(json.dumps(contract))


class Whole:
    """Estate, monitor, Prometheus, Alertmanager, desk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.estate = Estate(folder / "estate", ports=ANY_PORTS, scenario=CALM)
        self.desk = Desk()
        self._ends = ExitStack()

    def start(self) -> None:
        self._ends.callback(self.desk.stop)
        self._ends.callback(self.estate.stop)
        self.estate.start()
        (self.folder / "monitor").mkdir()
        self.monitor = Watched(self.folder / "monitor", self.estate)
        self.stack = Stack(self.folder, f"127.0.0.1:{free_port()}", f"127.0.0.1:{self.monitor.alertmanager}")
        write_stack(read_configuration(self.monitor.settings), self.folder, self.desk.start(), self.stack.prometheus)
        self._ends.callback(self.monitor.stop)
        self.monitor.start()
        self._ends.callback(self.stack.stop)
        self.stack.start()
        wait_until(self.is_settled)

    def is_settled(self) -> bool:
        """Rules have been evaluated over the service's hours: from now on an outage would be told."""
        assert self.stack.ended is None, self.stack.log(str(self.stack.ended)).read_text()
        return self.stack.is_ready() and (self.asked("service:sla_service_agreed_seconds:increase4s") or 0) > 0

    def asked(self, query: str) -> float | None:
        """What Prometheus says of a query with one result."""
        url = f"http://{self.stack.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            result = json.load(answer)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def is_down(self) -> bool:
        return self.asked('sla_service_state{service="cad",state="down"}') == 1

    def called(self, alert: str, told: str) -> Call | None:
        return next((c for c in self.desk.calls if (c.labels["alertname"], c.status) == (alert, told)), None)

    def ring(self) -> None:
        """Show that whatever Alertmanager is told now does reach the desk."""
        labels = {"alertname": "Ring", "area": "monitor"}
        body = json.dumps([{"labels": labels, "annotations": {}}]).encode()
        address, header = f"http://{self.stack.alertmanager}/api/v2/alerts", {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(address, data=body, headers=header), timeout=60).close()
        wait_until(lambda: self.called("Ring", "firing") is not None)

    def told_of(self, area: str) -> list[str]:
        return [call.labels["alertname"] for call in self.desk.calls if call.labels.get("area") == area]

    def close(self) -> None:
        """What was started, however far that came, and whatever of it does not stop as it should."""
        self._ends.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with closing(Whole(tmp_path)) as one:
        one.start()
        yield one


def test_an_outage_is_told_to_the_pager_and_its_end_too(whole: Whole) -> None:
    """supplier fails -> observation -> metric -> rule -> Alertmanager -> webhook, and all the way back."""
    whole.estate.force("/cad/login", status(503))
    wait_until(lambda: whole.called("SlaServiceDown", "firing") is not None)
    call = whole.called("SlaServiceDown", "firing")
    assert call is not None
    assert call.desk == "demo-pager"
    assert call.labels["supplier"] == "Supplier"
    assert call.labels["criticality"] == "critical"
    assert call.annotations["summary"] == "cad is down."
    assert re.fullmatch(r"login: status unexpected", call.annotations["reason"])
    assert re.fullmatch(INSTANT, call.annotations["since"])
    assert whole.asked('ALERTS{alertname="SlaServiceDown",alertstate="firing"}') == 1
    whole.estate.clear()
    wait_until(lambda: whole.called("SlaServiceDown", "resolved") is not None)
    over = whole.called("SlaServiceDown", "resolved")
    assert over is not None
    assert re.fullmatch(rf"cad recovered at {INSTANT}, after [\d a-z]+\.", over.annotations["resolved"])
    assert over.annotations["since"] == call.annotations["since"]


def test_nobody_is_called_in_booked_maintenance(whole: Whole) -> None:
    said = {"kind": "maintenance", "start": now_ms() - HOUR_MS, "end": now_ms() + HOUR_MS, "services": ["cad"]}
    entry = {"number": 1, "at": now_ms(), "actor": "Ann", "contract": "demo", "said": said}
    Register.open(whole.monitor.ledger, SystemClock()).add([Entry.model_validate(exact(entry))])
    wait_until(lambda: whole.asked('sla_service_maintenance{service="cad"}') == 1)
    wait_until(lambda: whole.asked("sla_silences") == 1)
    whole.estate.force("/cad/login", status(503))
    wait_until(whole.is_down)
    time.sleep(8)  # as long as the outage of the other test takes to be told, and more
    whole.ring()
    assert whole.is_down()
    assert whole.told_of("supplier") == []
    assert whole.asked("sla_silences_failing") == 0


def test_when_our_own_network_is_gone_only_the_monitors_people_are_called(whole: Whole) -> None:
    whole.estate.force("witness", REFUSE)
    for place in ("http", "ssh"):
        whole.estate.force(place, REFUSE)
    wait_until(lambda: whole.called("SlaMonitorBlind", "firing") is not None)
    call = whole.called("SlaMonitorBlind", "firing")
    assert call is not None
    assert call.desk == "monitor-pager"
    time.sleep(5)
    assert whole.told_of("supplier") == []
    assert whole.asked('sla_service_state{service="cad",state="unknown"}') == 1
