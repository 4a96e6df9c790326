"""The daemon's start over a record that takes long to work through: nothing else waits for the figures."""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.configuration import read_configuration
from sla_monitor.daemon import Daemon, daemon
from sla_monitor.demo.estate import Estate
from tests.support.running import Monitor, calm_estate
from tests.support.waiting import wait_until


def files(folder: Path, estate: Estate) -> Path:
    """Settings of a daemon on a free port."""
    folder.mkdir()
    one = Monitor(folder, estate)
    settings = json.loads(one.settings.read_text())
    one.settings.write_text(json.dumps(settings | {"listen": "127.0.0.1:0"}))
    return one.settings


def test_probes_are_made_and_told_of_before_the_first_figures_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "FIRST_S", 0.01)
    with calm_estate(tmp_path / "estate") as estate, ExitStack() as at_end:
        settings = files(tmp_path / "monitor", estate)
        one = Daemon(settings, read_configuration(settings), SystemClock())
        at_end.callback(one.stop)
        with one._assessing.recorded():  # as an assessment of millions of probes would hold it
            one.start()
            wait_until(lambda: all(watched.probes for watched in one.board.endpoints.values()))
            said = ready(one)
            assert said.startswith("ready\n")
            assert "the first figures since the start are still being calculated" in said
            assert assessed(one) == []
        wait_until(lambda: "first figures" not in ready(one))
        assert assessed(one) == ["demo"]


def test_at_the_end_all_is_in_the_database_and_nothing_in_its_log(tmp_path: Path) -> None:
    """Whoever reads the ledger beside the daemon is closed before it: else the log stays, and a copy of the database
    alone is an old one."""
    with calm_estate(tmp_path / "estate") as estate:
        settings = files(tmp_path / "monitor", estate)
        told = json.loads(settings.read_text())
        secret = tmp_path / "monitor/secret"
        secret.write_text("whsec_" + "A" * 32)
        secret.chmod(0o600)
        where = {"url": "http://127.0.0.1:9/", "secret": f"${{file:{secret}}}"}
        webhook = {"name": "desk", **where, "events": ["decision"], "contracts": ["demo"]}
        settings.write_text(json.dumps(told | {"webhooks": [webhook]}))
        one = Daemon(settings, read_configuration(settings), SystemClock())
        ledger = one._configuration.settings.ledger.path
        try:
            one.start()
            wait_until(lambda: all(watched.probes for watched in one.board.endpoints.values()))
            wait_until(lambda: assessed(one) == ["demo"])
        finally:
            one.stop()
    assert ledger.stat().st_size > 8_192
    assert [file.name for file in ledger.parent.glob(f"{ledger.name}-*")] == []


def assessed(one: Daemon) -> list[str]:
    return [contract.contract for contract in one.board.assessment.contracts]


def ready(one: Daemon) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{one._web.port}/-/ready", timeout=60) as answer:
        text: str = answer.read().decode()
        return text
