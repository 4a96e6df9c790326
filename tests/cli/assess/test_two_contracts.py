"""A contract's figures rest on its own evidence, whatever else stands in the same ledger."""

from __future__ import annotations

import json
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.register.instant import parse_instant
from sla_monitor.sla.observation import Finding, Observation, Outcome
from tests.support.quarter import run, run_export

HOUR_MS = 3_600_000
CONTRACT = """\
id: late
authority: The Authority
supplier: The Supplier
term: {start: 2025-01-01, end: 2044-12-31}
time_zone: Etc/UTC
currency: GBP
services:
  - {id: mail, endpoints: [{id: smtp, kind: tcp, host: 127.0.0.1, port: 1, every: 1h}]}
kpis:
  - id: KPI1
    service: mail
    target: 99
    rounding: {mode: none}
    bands: [{name: met, at_least: 99}, {name: missed, below: 99, points: 2}]
    repeat: {factor: 2, on_missing: counts}
"""


def watched(path: Path, **since: str) -> None:
    """A ledger in which each contract's endpoint was down on the first day it was probed, up to the end of March."""
    until_ms = parse_instant("2025-04-02T00:00:00Z")
    with Ledger.open(path, SystemClock()) as ledger:
        for contract, begin in since.items():
            first_ms = parse_instant(begin)
            for at_ms in range(first_ms, until_ms, HOUR_MS):
                outcome = Outcome.DOWN if at_ms < first_ms + 24 * HOUR_MS else Outcome.UP
                ledger.record(Observation(f"{contract}/smtp", at_ms, Finding(outcome)), HOUR_MS)
        assert ledger.flush(30)


def test_months_before_a_contract_was_watched_are_nobodys_failures(tmp_path: Path) -> None:
    """Another contract, watched since January, makes no failures of this one's January and February."""
    contract = tmp_path / "late.yaml"
    contract.write_text(CONTRACT, encoding="utf-8")
    watched(tmp_path / "alone.db", late="2025-03-01T00:00:00Z")
    watched(tmp_path / "both.db", early="2025-01-01T00:00:00Z", late="2025-03-01T00:00:00Z")
    evidence = tmp_path / "evidence.json"
    assert run_export(str(contract), "--ledger", str(tmp_path / "both.db"), "--output", str(evidence)).exit_code == 0
    sources = (("--ledger", tmp_path / "alone.db"), ("--ledger", tmp_path / "both.db"), ("--evidence", evidence))
    alone, both, file = (
        run(str(contract), option, str(where), "--period", "2025-03", "--format", "json").stdout
        for option, where in sources
    )
    assert json.loads(alone)["result"]["points"]["exact"] == "2"
    assert alone == both == file


def test_a_contract_that_nobody_probed_at_yet_is_exported_for_what_was_said(tmp_path: Path) -> None:
    contract = tmp_path / "late.yaml"
    contract.write_text(CONTRACT, encoding="utf-8")
    watched(tmp_path / "other.db", early="2025-03-01T00:00:00Z")
    evidence = tmp_path / "evidence.json"
    assert run_export(str(contract), "--ledger", str(tmp_path / "other.db"), "--output", str(evidence)).exit_code == 0
    ours, theirs = (
        run(str(contract), option, str(where), "--period", "2025-03", "--format", "json").stdout
        for option, where in (("--ledger", tmp_path / "other.db"), ("--evidence", evidence))
    )
    assert json.loads(ours)["kpis"][0]["result"] is None
    assert ours == theirs


def test_a_contract_that_has_ended_is_exported_to_its_end(tmp_path: Path) -> None:
    contract = tmp_path / "late.yaml"
    contract.write_text(CONTRACT.replace("2044-12-31", "2025-03-20"), encoding="utf-8")
    watched(tmp_path / "late.db", late="2025-03-18T00:00:00Z")
    result = run_export(str(contract), "--ledger", str(tmp_path / "late.db"))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["seen"] == {"from": "2025-03-18T00:00:00Z", "until": "2025-03-22T00:00:00Z"}
