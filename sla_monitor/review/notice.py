"""The figures of a Contract Performance Notice, in the order of the Procurement Regulations 2024, regulation 39(4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sla_monitor.assess.open_points import why_not_assessed
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.notice import NOTICE_FIELDS
from sla_monitor.periods.months import first_day, last_day, shifted, within
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.results import KpiResult, PeriodResult
from sla_monitor.wording.figures import format_figure, format_level
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_id

OTHER = "other"
SECTION_52_GBP, LEAST_KPIS = Decimal(5_000_000), 3
"""A contract of an estimated value above this has at least so many KPIs set and published (section 52)."""
STATEMENT = (
    "This notice sets out the contracting authority’s assessment of performance against the key performance indicators"
    " (Procurement Act 2023, section 71(2))."
)


@dataclass(frozen=True, slots=True)
class Rated:
    """One KPI's rating, for its last measurement period. `explanation`: why it is “other”; `met` of `assessed`
    measurement periods kept the promise."""

    kpi: KpiTerms
    result: KpiResult | None
    rating: str
    explanation: str
    met: int
    assessed: int

    @property
    def months(self) -> tuple[str, str] | None:
        """The first and the last month of what is rated."""
        if self.result is None:
            return None
        return shifted(self.result.month, 1 - self.kpi.measurement_months), self.result.month


def rated_months(case: PackInput, length: int = 1) -> Sequence[PeriodResult]:
    """Those that a notice is about: of a month's pack the last twelve, of a longer one its own."""
    return case.months[-12:] if length == 1 else within(case.months, case.month, length)


def rated(case: PackInput, months: Sequence[PeriodResult]) -> tuple[Rated, ...]:
    """The KPIs that the contract marks as publishable."""
    kpis = (kpi for kpi in case.terms.kpis if kpi.publishable)
    return tuple(_rated(case, kpi, [found for past in months if (found := past.kpi(kpi.id))]) for kpi in kpis)


def _rated(case: PackInput, kpi: KpiTerms, results: Sequence[KpiResult]) -> Rated:
    last = results[-1] if results else None
    found = rating(case, last)
    known = [one for one in results if one.band is not None]
    explanation = _why_other(case, kpi, last) if found == OTHER else ""
    return Rated(kpi, last, found, explanation, sum(1 for one in known if one.is_met), len(known))


def rating(case: PackInput, result: KpiResult | None) -> str:
    """What the contract calls a band when it is published; for a KPI without bands of its own, met or missed."""
    publish = case.terms.reporting.publish
    if result is None or result.band is None:
        return OTHER
    verdict = "met" if result.is_met else "missed"
    return publish.get(result.band, publish.get(verdict, OTHER))


def _why_other(case: PackInput, kpi: KpiTerms, last: KpiResult | None) -> str:
    if last is not None and last.band is not None:
        return f"The contract gives no rating for “{describe_id(last.band)}”."
    month = case.month if last is None else last.month
    here = next((one for one in case.assessment.kpis if one.kpi == kpi.id), None)
    why = why_not_assessed(case.assessment, here) if here is not None and month == case.month else ""
    if not why and (kpi.id, month) in case.assessment.missing_figures:
        why = "the figure is owed and missing"
    return f"Not assessed for {format_month(month)}{f': {why}' if why else ''}."


def unpublished(case: PackInput) -> Iterator[tuple[KpiTerms, str]]:
    """Every other KPI, and why it is not rated."""
    for kpi in case.terms.kpis:
        if not kpi.publishable:
            what = "A PI, which is reported and not priced: " if kpi.kind == "PI" else ""
            yield kpi, f"{what}{'t' if what else 'T'}he contract does not mark it as publishable."


def warnings(case: PackInput) -> Iterator[str]:
    """What the notice lacks."""
    value, one = case.assessment.total_value, case.assessment
    count = sum(1 for kpi in case.terms.kpis if kpi.publishable)
    if one.currency == "GBP" and value is not None and value > SECTION_52_GBP and count < LEAST_KPIS:
        yield (
            f"A contract worth more than £5 million has at least {LEAST_KPIS} KPIs to publish (section 52), unless"
            f" it is exempt: {count} are marked as publishable."
        )
    missing = [label for name, label in NOTICE_FIELDS.items() if not getattr(case.terms.reporting.notice, name)]
    if missing:
        yield f"To be filled in by the publisher, for the contract does not say it: {', '.join(missing)}."


def notice_file(case: PackInput, months: Sequence[PeriodResult]) -> bytes:
    """The notice as JSON; what the contract does not say is null."""
    terms, one = case.terms.reporting.notice, case.assessment
    found = rated(case, months)
    told = {
        "format": "sla-monitor-notice",
        "version": 1,
        "contract": one.contract,
        "status": one.status,
        "contracting_authority": {"name": plain(one.authority), "identifier": terms.authority_id or None},
        "procurement_title": terms.procurement_title or None,
        "procurement_identifier": terms.procurement_id or None,
        "contract_identifier": terms.contract_id or None,
        "contract_title": plain(one.title),
        "key_performance_indicators": [
            {"kpi": each.kpi.id, "title": plain(each.kpi.title), "target": format_level(each.kpi.target, each.kpi)}
            for each in found
        ],
        "statement": STATEMENT,
        "supplier": {
            "name": plain(one.supplier),
            "address": terms.supplier_address or None,
            "email": terms.supplier_email or None,
            "identifier": terms.supplier_id or None,
        },
        "assessment": [_assessment(each) for each in found],
        "period": _days(months[0].month, months[-1].month) if months else None,
        "not_rated": [{"kpi": kpi.id, "title": plain(kpi.title), "why": why} for kpi, why in unpublished(case)],
        "warnings": list(warnings(case)),
    }
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def _assessment(one: Rated) -> dict[str, Any]:
    return {
        "kpi": one.kpi.id,
        "rating": one.rating,
        "explanation": one.explanation or None,
        "period": None if one.months is None else _days(*one.months),
        "figure": None if one.result is None or one.result.value is None else format_figure(one.result.value, one.kpi),
        "periods_met": one.met if one.assessed else None,
        "periods_assessed": one.assessed,
    }


def _days(first: str, last: str) -> dict[str, str]:
    return {"from": first_day(first).isoformat(), "to": last_day(last).isoformat()}
