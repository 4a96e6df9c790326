"""One history under two contracts."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator

from sla_monitor.assess.compare import Comparison, Totals, compared
from sla_monitor.cli.assess.comparison import format_comparison
from sla_monitor.document import comparison_document, document_text
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult
from tests.cli.test_schema import printed
from tests.support.terms import terms_of

BANDS: list[dict[str, Any]] = [
    {"name": "met", "at_least": "99.9"},
    {"name": "minor", "at_least": "99", "below": "99.9", "points": 1},
    {"name": "severe", "below": "99", "points": 3},
]
KPI = {"id": "KPI1", "service": "service", "target": "99.9", "rounding": {"mode": "none"}, "bands": BANDS}
PARTS: dict[str, Any] = {
    "kpis": [KPI],
    "credits": [{"id": "credits", "method": "points", "per_point_percent": 1}],
    "triggers": [
        {
            "id": "bad-run",
            "conditions": [{"measure": "points", "window": "rolling", "months": 2, "at_least": 4}],
            "effects": ["termination_right"],
        }
    ],
}
FIGURES = {"2026-01": "99.95", "2026-02": "99.5", "2026-03": "98", "2026-04": "99.95"}


def months(parts: dict[str, Any], figures: dict[str, str] = FIGURES) -> tuple[PeriodResult, ...]:
    terms = terms_of(parts)
    seen = [
        MonthInput(month, {"KPI1": Measured(Fraction(value))}, {"": Decimal("850000.00")})
        for month, value in figures.items()
    ]
    return fold(Setting(TermMonths("2026-01"), "GBP"), lambda _: terms, seen)


def draft() -> dict[str, Any]:
    """The minor band is forgiven, a point is dearer."""
    bands = [band | {"points": 0} if band["name"] == "minor" else band for band in BANDS]
    credit = {"id": "credits", "method": "points", "per_point_percent": 2}
    return {**PARTS, "kpis": [{**KPI, "bands": bands}], "credits": [credit]}


def comparison() -> Comparison:
    return compared("small", "GBP", months(PARTS), months(draft()))


def test_points_and_money_are_compared_month_by_month_and_in_all() -> None:
    found = comparison()
    assert [month.month for month in found.months if month.is_different] == ["2026-02", "2026-03"]
    assert found.present == Totals(Fraction(4), Decimal("34000.00"), Decimal("34000.00"))
    assert found.draft == Totals(Fraction(3), Decimal("51000.00"), Decimal("51000.00"))
    february = found.months[1]
    assert [(change.kpi, change.band, change.draft_band) for change in february.changes] == [("KPI1", "minor", "minor")]
    assert (found.months[2].set_off, found.months[2].draft_set_off) == (("bad-run",), ())


def test_the_same_terms_differ_in_nothing() -> None:
    found = compared("small", "GBP", months(PARTS), months(PARTS))
    assert not any(month.is_different for month in found.months)
    assert found.draft - found.present == Totals()


def test_a_month_that_only_one_of_them_has_is_nothing_under_the_other() -> None:
    later = {month: value for month, value in FIGURES.items() if month > "2026-02"}
    found = compared("small", "GBP", months(PARTS), months(PARTS, later))
    assert (found.months[1].draft, found.months[1].changes[0].draft_band) == (Totals(), None)
    assert found.draft.points == 3


def test_a_kpi_that_only_one_of_them_has_costs_nothing_under_the_other() -> None:
    without = {**PARTS, "kpis": [{**KPI, "id": "KPI2"}]}
    for ours, draft, expected in ((PARTS, without, ("minor", None, 1, 0)), (without, PARTS, (None, "minor", 0, 1))):
        february = compared("small", "GBP", months(ours), months(draft)).months[1]
        found = [one for one in february.changes if one.kpi == "KPI1"]
        assert [(one.band, one.draft_band, one.points, one.draft_points) for one in found] == [expected]


def test_the_json_fits_its_schema() -> None:
    told = comparison_document(comparison())
    assert [e.message for e in Draft202012Validator(json.loads(printed("comparison"))).iter_errors(told)] == []
    assert told["difference"]["credit"] == {"amount": "17000.00", "currency": "GBP"}
    assert document_text(told) == document_text(comparison_document(comparison()))


def test_the_table_shows_the_months_that_differ_and_the_sums() -> None:
    text = format_comparison(comparison(), "draft.yaml", None)
    assert text.splitlines()[0] == "small under draft.yaml: 4 months, 2026-01 to 2026-04; 2 of them differ"
    rows = [line.split() for line in text.splitlines()[5:]]
    assert [row[0] for row in rows] == ["2026-02", "2026-03", "all"]
    assert "GBP 34,000.00 -> GBP 51,000.00" in text
    assert "+GBP 17,000.00" in text
