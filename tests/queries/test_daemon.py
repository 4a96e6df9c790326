"""The daemon asks by itself, and says on /metrics how often it did."""

from __future__ import annotations

import json
from pathlib import Path

from sla_monitor.configuration import read_configuration
from sla_monitor.daemon import Daemon
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import ReportedFigure
from tests.fakes.clock import FakeClock
from tests.queries.servers import Canned, success
from tests.support.terms import HEAD


def test_the_daemon_asks_for_what_is_due_and_enters_it(tmp_path: Path, server: Canned) -> None:
    server.body = success("87.5")
    kpi = {"id": "K", "indicator": "submitted", "target": 80, "source": {"prometheus": server.url, "value": "x"}}
    contract = {**HEAD, "services": [{"id": "desk"}], "kpis": [kpi]}
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "small.yaml").write_text(json.dumps(contract))
    settings = tmp_path / "sla-monitor.yaml"
    settings.write_text("ledger: {path: ledger.db}\nlisten: 127.0.0.1:0\n")
    clock = FakeClock(1_789_000_000_000)
    daemon = Daemon(settings, read_configuration(settings), clock)
    try:
        daemon._errands.ask_for_figures()
        thread = daemon._errands._queries._thread
        assert thread is not None
        thread.join(30)
        page = daemon._exporter.answer()[1].decode()
    finally:
        daemon.stop()
    assert 'sla_kpi_queries_total{contract="small",kpi="K"} 2.0' in page
    assert 'sla_kpi_query_failures_total{contract="small",kpi="K"} 0.0' in page
    entries = Register.open(tmp_path / "ledger.db", clock).entries("small")
    assert [(entry.actor, entry.body.month) for entry in entries if isinstance(entry.body, ReportedFigure)] == [
        ("sla-monitor", "2026-08"),
        ("sla-monitor", "2026-09"),
    ]
