"""Levels of KPIs in minutes: numbers of minutes, or durations."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sla_monitor.contract.money.credit_methods import ShortfallCredit, TierCredit
from tests.contract.support import SERVICES, loaded, problems

DOWN = "id: KPI1, indicator: downtime, service: custody"


def with_kpi(terms: str, more: str = "") -> str:
    return f"{SERVICES}kpis:\n  - {{{DOWN}, {terms}}}\n{more}"


@pytest.mark.parametrize(("written", "minutes"), [("43.2", "43.2"), ("45m", "45"), ("1h30m", "90"), ("2d", "2880")])
def test_a_target_is_minutes_or_a_duration(tmp_path: Path, written: str, minutes: str) -> None:
    (kpi,) = loaded(tmp_path, with_kpi(f"target: {written}")).versions[0].terms.kpis
    assert f"{kpi.target:f}" == minutes
    assert kpi.allowed_ms(1) == Fraction(minutes) * 60_000


def test_a_table_of_credits_has_them_too(tmp_path: Path) -> None:
    rule = (
        "credits:\n  - {id: c, method: tiers, kpi: KPI1, tiers: [{above: 1h, percent: 10}, {above: 90, percent: 20}]}\n"
    )
    (found,) = loaded(tmp_path, with_kpi("target: 1h", rule)).versions[0].terms.credits
    assert isinstance(found, TierCredit)
    assert [f"{tier.above}" for tier in found.tiers] == ["60", "90"]


def test_so_has_the_step_of_a_shortfall(tmp_path: Path) -> None:
    rule = "credits:\n  - {id: c, method: shortfall, kpis: [KPI1], step: 2h, rate_percent: 5, partial: floor}\n"
    (found,) = loaded(tmp_path, with_kpi("target: 1h", rule)).versions[0].terms.credits
    assert isinstance(found, ShortfallCredit)
    assert found.step == 120


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (with_kpi("target: 90s"), "c.yaml:12:63: kpis.KPI1.target: must be whole minutes (write for example 30m"),
        (with_kpi("target: 3 m"), "c.yaml:12:63: kpis.KPI1.target: '3 m' is not a duration"),
        (
            with_kpi("target: 5, counting: {denominator: 43200m}"),
            "kpis.KPI1.counting.denominator: is for availability per cent",
        ),
        (
            with_kpi(
                "target: 5", "credits:\n  - {id: c, method: tiers, kpi: KPI1, tiers: [{above: 90s, percent: 1}]}\n"
            ),
            "credits.c.tiers.0.above: must be whole minutes",
        ),
        (with_kpi("target: 5, threshold: 4m"), "kpis.KPI1.threshold: must be worse than the target"),
    ],
)
def test_what_is_no_level_is_refused_at_its_place(tmp_path: Path, text: str, line: str) -> None:
    (found,) = problems(tmp_path, text)
    assert line in found
