"""A journey from the site that makes it to everybody who receives: metrics, status page, record."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from sla_monitor.demo.estate import Estate
from sla_monitor.demo.scenario import Behaviour
from sla_monitor.ledger import read_only
from sla_monitor.sla.observation import Outcome, Reason
from tests.cli.test_probe import transaction
from tests.support.running import Monitor
from tests.support.waiting import wait_until

FAILED = 'sla_endpoint_failed_step{contract="demo",endpoint="transaction",service="cad",step="search"}'
FOREVER_MS = 10**15


def said(ledger: Path) -> list[tuple[Outcome, str, bytes]]:
    with read_only(ledger) as reader:
        observations = reader.observations("demo/transaction", 0, FOREVER_MS)
        return [(one.finding.outcome, one.finding.detail, one.finding.evidence) for one in observations]


def test_the_step_at_which_a_journey_fails_is_told_everywhere(monitor: Monitor, estate: Estate) -> None:
    walk = transaction(estate)
    walk["steps"][0]["capture"]["token"] = {"matches": '"token": "([^"]+)"', "secret": True}
    monitor.write(endpoints=[{**walk, "every": "1s", "timeout": "900ms"}])
    monitor.start()
    wait_until(lambda: monitor.state("transaction") == "up")
    assert monitor.metric(FAILED) is None
    estate.force("/custody/search", Behaviour("status", status=500))
    wait_until(lambda: monitor.metric(FAILED) == 1)
    detail = "step 2 of 3, «search»: the status is 500, expected 200-299"
    with urllib.request.urlopen(f"http://127.0.0.1:{monitor.port}/", timeout=60) as answer:
        assert detail in answer.read().decode()
    estate.clear()
    wait_until(lambda: monitor.state("transaction") == "up")
    assert monitor.metric(FAILED) is None
    assert monitor.stop() == 0
    down = [one for one in said(monitor.ledger) if one[0] is Outcome.DOWN]
    assert {found for _, found, _ in down} == {detail}
    evidence = down[0][2].decode()
    assert [line.partition(": ")[0] for line in evidence.splitlines()[:3]] == [
        "step 1 of 3, «Sign in»",
        "step 2 of 3, «search»",
        "step 3 of 3, «out»",
    ]
    assert "HTTP/1.1 500" in evidence
    assert estate.password_file.read_text().strip() not in evidence
    assert Reason.STATUS_UNEXPECTED in monitor.log.read_text()
