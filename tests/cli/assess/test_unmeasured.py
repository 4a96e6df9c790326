"""What nobody has measured has no figure anywhere, from a contract's file and an evidence file to terminal and pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_monitor.cli.review.command import review
from tests.support.quarter import run

CONTRACT = """\
id: small
title: A small contract
authority: An authority
supplier: A supplier
term: {start: 2026-01-01, end: 2028-12-31}
time_zone: Europe/London
currency: GBP
services:
  - {id: portal, endpoints: [{id: web, kind: http, url: "https://portal.example/health", every: 60s, timeout: 5s}]}
  - {id: desk, name: Service desk}
kpis:
  - {id: up, title: Portal is up, service: portal, target: 99.9}
  - {id: fix, indicator: ratio_in_target, service: desk, target: 95, within: 4h, no_events: met}
charges: {monthly: [{service: portal, amount: 10000}]}
credits: [{id: uptime, method: tiers, service: portal, kpi: up, tiers: [{below: 99.9, percent: 10}]}]
claims: {automatic: false, months: 2}
"""
OUTAGE = {"start": "2026-10-07 01:00", "end": "2026-10-07 03:30", "reason": "timeout"}
EVIDENCE = {
    "format": "sla-monitor-evidence", "version": 1, "contract": "small", "zone": "Europe/London",
    "at": "2026-11-10T09:00:00Z", "seen": {"from": "2026-09-01", "until": "2026-11-01"},
    "observed": [{"kind": "outages", "service": "portal", "outages": [OUTAGE]}],
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    contract, evidence = tmp_path / "small.yaml", tmp_path / "evidence.json"
    contract.write_text(CONTRACT)
    evidence.write_text(json.dumps(EVIDENCE))
    return str(contract), "--evidence", str(evidence)


def pack_of(files: tuple[str, str, str], folder: Path) -> str:
    wanted = (*files, "--period", "2026-10", "--output", str(folder), "--format", "html")
    result = CliRunner().invoke(review, wanted)
    assert result.exit_code == 0, result.stderr
    return (folder / "small-2026-10" / "small-2026-10.html").read_text()


def test_a_month_without_evidence_has_no_points_and_no_money(files: tuple[str, str, str]) -> None:
    told = run(*files, "--period", "2026-06").stdout
    assert "No KPI could be assessed in this month: no points and no credit are calculated." in told
    assert "0.00" not in told.replace("0.00 %", "")
    assert "100" not in told, "a month without tickets is met only where somebody kept a register"


def test_points_that_no_term_gives_are_not_told_and_a_credit_of_nought_says_why(files: tuple[str, str, str]) -> None:
    told = run(*files, "--period", "2026-10").stdout
    assert "Points" not in told.replace("Bands, points", "")
    assert "Credit GBP 0.00 of GBP 1,000.00: GBP 1,000.00 was not claimed yet." in told


def test_a_pack_has_no_noughts_for_what_nobody_measured(files: tuple[str, str, str], tmp_path: Path) -> None:
    page = pack_of(files, tmp_path / "packs")
    assert "August 2026: not assessed" in page
    assert "August 2026: £0.00" not in page
    assert "September 2026: £0.00" in page
    assert "Service points by month" not in page
    assert "service points" not in page
    assert "none: nothing of it is probed" in page


def test_a_failure_without_bands_is_missed_and_not_serious(files: tuple[str, str, str], tmp_path: Path) -> None:
    page = pack_of(files, tmp_path / "packs")
    assert "Key: ✓ met, !! missed, ? not assessed" in page
    assert 'class="mark missed"' in page
