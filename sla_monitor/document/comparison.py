"""The JSON of a comparison."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sla_monitor.assess.compare import BandChange, Comparison, MonthCompared, Totals
from sla_monitor.document.values import Money, Number, money, number


class SumsPart(TypedDict):
    """Points and money."""

    points: Number
    """All service points."""
    before_caps: Money
    """Credit before the caps."""
    credit: Money
    """What is deducted."""
    withheld: Money
    """Compensation in place of credits."""


class BandPart(TypedDict):
    """A KPI that falls into another band, or costs other points."""

    kpi: str
    """Its id."""
    band: str | None
    """Under the contract; null: no figure, or no such KPI."""
    draft_band: str | None
    """Under the draft."""
    points: Number
    """Under the contract."""
    draft_points: Number
    """Under the draft."""


class MonthPart(TypedDict):
    """One month under both."""

    month: str
    """Its name."""
    contract: SumsPart
    """Under the contract."""
    draft: SumsPart
    """Under the draft."""
    difference: SumsPart
    """Draft less contract."""
    kpis: list[BandPart]
    """Those that differ."""
    triggers: list[str]
    """What is set off under the contract."""
    draft_triggers: list[str]
    """What is set off under the draft."""


class ComparisonDocument(TypedDict):
    """One history under a contract and under a draft of it."""

    format: Literal["sla-monitor-comparison"]
    """What kind of file this is."""
    version: Literal[1]
    """Of the format."""
    contract: str
    """The id of the contract."""
    months: list[MonthPart]
    """Every month, oldest first."""
    total: SumsPart
    """All months under the contract."""
    draft_total: SumsPart
    """All months under the draft."""
    difference: SumsPart
    """Draft less contract."""


def comparison_document(one: Comparison) -> ComparisonDocument:
    """The JSON of a comparison."""
    return {
        "format": "sla-monitor-comparison",
        "version": 1,
        "contract": one.contract,
        "months": [_month_part(month, one.currency) for month in one.months],
        "total": _sums_part(one.present, one.currency),
        "draft_total": _sums_part(one.draft, one.currency),
        "difference": _sums_part(one.draft - one.present, one.currency),
    }


def _month_part(month: MonthCompared, currency: str) -> MonthPart:
    return {
        "month": month.month,
        "contract": _sums_part(month.present, currency),
        "draft": _sums_part(month.draft, currency),
        "difference": _sums_part(month.draft - month.present, currency),
        "kpis": [_band_part(change) for change in month.changes],
        "triggers": list(month.set_off),
        "draft_triggers": list(month.draft_set_off),
    }


def _sums_part(sums: Totals, currency: str) -> SumsPart:
    return {
        "points": number(sums.points),
        "before_caps": money(sums.before_caps, currency),
        "credit": money(sums.credit, currency),
        "withheld": money(sums.withheld, currency),
    }


def _band_part(change: BandChange) -> BandPart:
    return {
        "kpi": change.kpi,
        "band": change.band,
        "draft_band": change.draft_band,
        "points": number(change.points),
        "draft_points": number(change.draft_points),
    }
