"""Burn-rate alerts that cannot work are refused, with what would help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla_monitor.errors import GenerateError
from tests.generate.support import ENDPOINT, contract, generated, promtool
from tests.generate.test_prometheus import rules_of

HOURS = {"hours": {"mon-fri": "09:00-17:00"}}
TWO = [{**ENDPOINT, "id": name, "every": "60s"} for name in ("login", "other")]


def one(target: str, *, every: str = "30s", confirmation: int = 1, **service: Any) -> Any:
    return contract(
        {
            "accounting": {"confirmation": confirmation},
            "calendars": {"office": HOURS},
            "services": [{"id": "cad", "endpoints": [{**ENDPOINT, "every": every}], **service}],
            "kpis": [{"id": "K1", "service": "cad", "target": target}],
        }
    )


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (
            one("60"),
            "no burn-rate page: no outage of 6h uses so much of its allowance of 288h 0m up (set a share below 2.08",
        ),
        (
            one("99.9", every="60s"),
            "no burn-rate page: one failed probe at login, 1m 5s until the next, would be enough for it (set",
        ),
        (
            one("99.9", available_when="all", endpoints=TWO),
            "no burn-rate page: one failed probe at login, 1m 5s until the next, would be enough for it (set",
        ),
        (
            one("99.9", available_when=2, endpoints=TWO),
            "no burn-rate page: one failed probe at login, 1m 5s until the next, would be enough for it (set",
        ),
        (
            one("99.9", available_when="any", endpoints=TWO[:1]),
            "no burn-rate page: one failed probe at login, 1m 5s until the next, would be enough for it (set",
        ),
        (
            one("100"),
            "no burn-rate ticket: one failed probe at login, 35s until the next, would be enough for it (set",
        ),
    ],
)
def test_an_alert_that_cannot_work_is_refused(terms: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(GenerateError) as refused:
        generated(tmp_path, terms)
    assert any(problem.startswith(f"small: K1: {told}") for problem in refused.value.problems)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "terms",
    [
        one("99.9", every="60s", confirmation=2),
        one("99.5", every="60s"),
        one("99.9", every="40s"),
        one("90"),
        one("99", service_hours="office"),
        one("99.9", available_when="any", endpoints=TWO),
    ],
)
def test_an_alert_that_can_work_is_made(terms: Any, tmp_path: Path) -> None:
    alerts = {rule.get("alert") for rule in rules_of(generated(tmp_path, terms))}
    assert {"SlaAllowanceBurnsFast", "SlaAllowanceBurns"} <= alerts


def test_a_rate_that_cannot_be_reached_is_left_out_of_the_alert(tmp_path: Path) -> None:
    """At 90 per cent an outage of a whole hour is less than 2 per cent of the allowance of 72 hours."""
    (fast,) = [r for r in rules_of(generated(tmp_path, one("90"))) if r.get("alert") == "SlaAllowanceBurnsFast"]
    assert "delta1h" not in fast["expr"]
    assert "delta6h" in fast["expr"]


def test_permitted_maintenance_mutes_the_kpis_that_leave_it_out(tmp_path: Path) -> None:
    """The one that counts it burns in it like at any other time."""
    counted = {"id": "K2", "service": "cad", "target": "99.5", "counting": {"maintenance": "counted"}}
    plain = {"id": "K1", "service": "cad", "target": "99.5"}
    folder = generated(tmp_path, contract({"kpis": [plain, counted], "accounting": {"confirmation": 2}}))
    assert promtool("check", "rules", *(folder / "rules").glob("*.yaml")).returncode == 0
    (fast,) = [rule for rule in rules_of(folder) if rule.get("alert") == "SlaAllowanceBurnsFast"]
    muted, loud = fast["expr"].split("\nor\n")
    assert ("K1" in muted, "K2" in muted, "sla_service_maintenance{" in muted) == (True, False, True)
    assert ("K1" in loud, "K2" in loud, "sla_service_maintenance{" in loud) == (False, True, False)


def test_what_is_refused_can_be_left_out(tmp_path: Path) -> None:
    alerts = {r.get("alert") for r in rules_of(generated(tmp_path, one("99.9", every="60s"), leave_out_refused=True))}
    assert "SlaServiceDown" in alerts
    assert "SlaAllowanceBurnsFast" not in alerts
    assert "SlaAllowanceBurns" in alerts


def test_all_refusals_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GenerateError) as refused:
        generated(tmp_path, one("60"), one("99.9", every="60s"))
    assert len(refused.value.problems) == 2
