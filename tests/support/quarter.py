"""The first quarter of 2025 of a small contract, in a real ledger: probes once an hour, and what people said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sla_monitor.cli.assess.command import assess
from sla_monitor.cli.ledger.export import export
from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import parse_instant
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason

CONTRACT = """\
id: partnership
title: IT Partnership
authority: The Authority
supplier: The Supplier
term: {start: 2025-01-01, end: 2044-12-31}
time_zone: Europe/London
currency: GBP
participants:
  - {id: police, share: 60}
  - {id: commissioner, share: 40}
calendars:
  office: {hours: {mon-fri: "08:00-18:00"}}
services:
  - id: custody
    name: Custody
    participants: [police]
    endpoints:
      - {id: health, kind: http, url: "http://127.0.0.1:1/", every: 1h, timeout: 5s}
      - {id: records, kind: http, url: "http://127.0.0.1:2/", every: 1h, timeout: 5s}
  - id: desk
    endpoints:
      - {id: portal, kind: http, url: "http://127.0.0.1:3/", every: 1h, timeout: 5s}
kpis:
  - id: KPI1
    title: Custody is available
    clause: Schedule 2.2, 1.1
    service: custody
    target: 99.9
    rounding: {mode: half_up, places: 2}
    bands: &bands
      - {name: met, at_least: 99.9}
      - {name: minor, at_least: 99, below: 99.9, points: 1}
      - {name: severe, below: 99, points: 3, material: true}
    repeat: {factor: 2, on_missing: breaks}
  - id: KPI2
    title: The portal answers quickly
    service: desk
    indicator: response_time
    statistic: percentile
    percentile: 95
    target: 500ms
  - id: KPI3
    title: P1 incidents are resolved in four hours
    indicator: ratio_in_target
    priorities: [P1]
    within: 4h
    clock: {calendar: office, stops: [awaiting_user]}
    target: 95
  - {id: PI4, kind: PI, title: Users are content, indicator: score, target: 7, measurement_months: 3}
charges: {monthly: [{amount: 850000.00}, {service: custody, amount: 50000.00}]}
credits:
  - {id: credits, clause: Schedule 7.1, method: points, per_point_percent: 1}
caps:
  - {id: year, clause: Schedule 7.2, amount: 40000.00, over: contract_year}
triggers:
  - id: bad-run
    conditions: [{measure: points, window: rolling, months: 3, at_least: 5}]
    effects: [termination_right]
"""

HOUR = 3_600_000
BEGIN, END = parse_instant("2025-01-01T00:00Z"), parse_instant("2025-04-02T00:00Z")
DOWN = {
    "health": [("2025-02-03T10:00Z", "2025-02-03T13:00Z"), ("2025-03-10T09:00Z", "2025-03-10T19:00Z")],
    "records": [("2025-03-10T12:00Z", "2025-03-10T21:00Z"), ("2025-03-31T20:00Z", "2025-04-01T02:00Z")],
}
UNSEEN = [("2025-03-20T00:00Z", "2025-03-20T06:00Z")]

SAID: list[dict[str, Any]] = [
    {"kind": "maintenance", "services": ["custody"], "start": "2025-03-10T09:00Z", "end": "2025-03-10T11:00Z"},
    {
        "kind": "claim",
        "cause": "authority_cause",
        "services": ["custody"],
        "start": "2025-03-10T18:00Z",
        "end": "2025-03-10T21:00Z",
    },
    {"kind": "decision", "about": 1, "granted": True},
    {"kind": "ticket", "id": "INC-1", "priority": "P1", "opened": "2025-03-05T09:00Z", "ended": "2025-03-05T12:00Z"},
    {"kind": "ticket", "id": "INC-2", "priority": "P1", "opened": "2025-03-06T17:00Z", "ended": "2025-03-07T14:00Z"},
    {"kind": "figure", "kpi": "PI4", "month": "2025-03", "party": "authority", "value": "7.25"},
    {"kind": "figure", "kpi": "KPI1", "month": "2025-03", "party": "supplier", "value": "99.95"},
]


def observations() -> Iterator[Observation]:
    """Every endpoint at every full hour, but for the hours that nobody saw."""
    for at_ms in range(BEGIN, END, HOUR):
        if not _is_in(at_ms, UNSEEN):
            for endpoint in ("health", "records", "portal"):
                yield Observation(f"partnership/{endpoint}", at_ms, _found(endpoint, at_ms))


def _found(endpoint: str, at_ms: int) -> Finding:
    took_us = 100_000 + at_ms // HOUR % 500 * 1_000
    up = Finding(Outcome.UP, duration_us=took_us, phases=Phases(first_byte_us=took_us - 50_000))
    if _is_in(at_ms, DOWN.get(endpoint, ())):
        return replace(up, outcome=Outcome.DOWN, reason=Reason.STATUS_UNEXPECTED, detail="503 \x1b[2J")
    return up


def _is_in(at_ms: int, ranges: Any) -> bool:
    return any(parse_instant(start) <= at_ms < parse_instant(end) for start, end in ranges)


def recorded_in(path: Path) -> None:
    """The quarter as a ledger, and what was said of it in its register."""
    ledger = Ledger.open(path, SystemClock())
    for observation in observations():
        ledger.record(observation, HOUR)
    assert ledger.close(30)
    Register.open(path, SystemClock()).add([entry(i, said) for i, said in enumerate(SAID, 1)])


def entry(number: int, said: dict[str, Any]) -> Entry:
    at = f"2025-04-0{number}T10:00:00Z" if number < 9 else "2025-04-20T10:00:00Z"
    actor = "b.chief" if said["kind"] == "decision" else "a.person"  # four eyes
    whole = {"number": number, "at": at, "actor": actor, "contract": "partnership", "said": said}
    return Entry.model_validate(whole)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(assess, arguments, catch_exceptions=True)


def run_export(*arguments: str) -> Result:
    return CliRunner().invoke(export, arguments, catch_exceptions=True)
