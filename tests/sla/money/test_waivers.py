"""What a waiver lets pass of a KPI that meets its target: what that costs all the same, and no bonus."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.sla.results import Measured, MonthInput, Waived
from sla_monitor.sla.tickets import LateTicket
from tests.sla.regimes import CHARGES, FIRST, regime, told

MET = {"id": "good", "indicator": "submitted", "target": 99}
FEW = {"id": "few", "indicator": "count", "target": 3}
PROMPT = {"id": "prompt", "indicator": "ratio_in_target", "target": 80, "within": "1h", "points_each": 2}
MEASURED = {
    "good": Measured(Fraction("99.5")),
    "few": Measured(Fraction(2)),
    "prompt": Measured(Fraction(90), late=(LateTicket("T1", None, "P1", 4_000_000, 3_600_000),)),
}
RULES: dict[str, dict[str, Any]] = {
    "good": {"method": "tiers", "kpi": "good", "tiers": [{"below": "99.9", "percent": 5}]},
    "few": {"method": "unit_rate", "kpi": "few", "rate": 7},
    "prompt": {"method": "points", "per_point_percent": 1},
}
COSTS = {"good": 5000, "few": 14, "prompt": 2000}


def month_of(kpi: str, waiver: Waived | None, **more: Any) -> Any:
    rules = [RULES[kpi] | {"id": "rule"}, *more.get("rules", ())]
    month = MonthInput(FIRST, MEASURED, CHARGES)
    seen = month if waiver is None else replace(month, waived={kpi: waiver})
    return told(regime(MET, FEW, PROMPT, credits=rules), [seen])[0]


@pytest.mark.parametrize("kpi", COSTS)
def test_what_costs_although_its_target_is_met_is_let_pass(kpi: str) -> None:
    assert month_of(kpi, None).credit.total == COSTS[kpi]
    assert month_of(kpi, Waived("entry 1")).credit.total == 0
    assert month_of(kpi, Waived("entry 1", points_stand=True)).credit.total == 0


def test_points_of_events_stand_where_the_waiver_is_of_money() -> None:
    assert [month_of("prompt", Waived("entry 1", points_stand=stand)).points for stand in (True, False)] == [2, 0]


@pytest.mark.parametrize("kpi", ["good", "prompt"])
def test_a_waiver_takes_no_bonus_away(kpi: str) -> None:
    bonus = {
        "id": "bonus",
        "method": "bonus",
        "kpi": kpi,
        "rewards": [{"at_least": 90, "amount": 100}],
        "against": "charges",
    }
    assert month_of(kpi, Waived("entry 1"), rules=[bonus]).credit.total == -100
