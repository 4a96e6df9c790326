"""October 2026 of the sample partnership, from the two files that ship: every figure can be checked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.reading import read_evidence
from sla_monitor.register.instant import parse_instant

from .two_files import kpi

CONFIG = Path(__file__).parents[2] / "config"
EVIDENCE = CONFIG / "evidence" / "police-strategic-it-2026-10.json"
MINUTES = 745 * 60
"""October has an hour more in London."""


@pytest.fixture(scope="module")
def october() -> ContractAssessment:
    contract = load_contract(CONFIG / "contracts" / "police-strategic-it.yaml")
    record = read_evidence(EVIDENCE, contract)
    return assess_month(contract, record, "2026-10", parse_instant("2026-11-10T09:00:00Z"))


def test_maintenance_and_a_relief_claim_granted_in_part_make_three_figures(october: ContractAssessment) -> None:
    """Down for 150 minutes of booked maintenance (240) and for 90 more, of which 60 are claimed and 30 granted."""
    views = kpi(october).views
    assert views["gross"].value == Fraction(100 * (MINUTES - 240), MINUTES)
    assert views["claimed"].value == Fraction(100 * (MINUTES - 300 - 30), MINUTES - 300)
    assert views["agreed"].value == Fraction(100 * (MINUTES - 270 - 60), MINUTES - 270)
    assert (views["agreed"].band, views["claimed"].band) == ("minor", "minor")


def test_tickets_are_counted_by_priority_with_their_own_clocks(october: ContractAssessment) -> None:
    """P1: one of three late (5 h 56 min), divided by five. P2: one of six late, by a minute of its eight hours; one
    was saved by two hours for which the customer gave no access."""
    assert kpi(october, "KPI8").views["agreed"].value == 80
    assert kpi(october, "KPI9").views["agreed"].value == Fraction(500, 6)


def test_a_slow_answer_of_twenty_is_beyond_the_95th_per_cent(october: ContractAssessment) -> None:
    assert kpi(october, "KPI10").views["agreed"].value == 390


def test_five_points_cost_two_and_a_half_per_cent_of_the_month(october: ContractAssessment) -> None:
    """811,420 and 3 per cent are 835,762.60. The cap is a tenth of six months of each."""
    result = october.result
    assert result is not None
    points = {one.kpi: one.points for one in result.kpis if one.points}
    assert points == {"KPI1": 1, "KPI3": 1, "KPI8": 2, "KPI9": 1}
    assert sum(result.charges.values()) == Decimal("835762.60")
    assert result.credit.total == Decimal("20894.07")
    assert [cap.limit for cap in result.credit.caps] == [Decimal("988309.56")]
    assert [trigger.trigger for trigger in result.triggers] == ["rectification"]
    assert october.shares == {
        "staffordshire-police": Decimal("16715.26"),
        "staffordshire-commissioner": Decimal("4178.81"),
    }


def test_the_supplier_s_own_figure_stands_beside_ours(october: ContractAssessment) -> None:
    """99.93 leaves the refused half hour out."""
    assert october.result is not None
    found = october.result.kpi("KPI1")
    assert found is not None
    assert found.difference == Fraction("99.93") - kpi(october).views["agreed"].value  # type: ignore[operator]
