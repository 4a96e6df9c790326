"""KPIs as JSON: how each stands so far, exact where the pages round. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import floor

from sla_monitor.assess import KpiAssessment
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.document.values import number, optional
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.shapes import KpiJson, Verdict
from sla_monitor.web.page.kpi_rows import At, kpi_state, outlook
from sla_monitor.web.page.subject import contract_address, service_address
from sla_monitor.wording.text import plain

VERDICTS: dict[Outcome, Verdict] = {
    Outcome.UP: "met", Outcome.DEGRADED: "near", Outcome.DOWN: "missed", Outcome.UNKNOWN: "unknown",
}  # fmt: skip


def kpis_json(kpis: Iterable[KpiAssessment], contract: str, at: At) -> list[KpiJson]:
    """Every KPI whose terms are known, in the contract's order."""
    return [_kpi(kpi, kpi.terms, contract, at) for kpi in kpis if kpi.terms is not None]


def _kpi(kpi: KpiAssessment, terms: Kpi, contract: str, at: At) -> KpiJson:
    nulls, (state, word) = Nulls(), kpi_state(kpi)
    figures = {view: figure.value for view, figure in kpi.views.items()}
    no_figure = "there is no figure yet"
    without = "the contract allows no downtime here: it is no availability"
    is_of_time = kpi.service is not None
    return {
        "kpi": kpi.kpi,
        "title": plain(kpi.title or kpi.kpi),
        "url": service_address(contract, kpi.service_id) if kpi.service else contract_address(contract),
        "service": nulls.text("service", kpi.service_id, "it is about no single service"),
        "clause": nulls.text("clause", plain(kpi.clause), "the contract gives none"),
        "state": VERDICTS[state],
        "word": word,
        "unit": terms.unit,
        "target": f"{terms.target:f}",
        "is_met_from": "above" if terms.direction == "higher_is_better" else "below",
        "gross": nulls.told("gross", optional(figures.get("gross")), no_figure),
        "claimed": nulls.told("claimed", optional(figures.get("claimed")), no_figure),
        "agreed": nulls.told("agreed", optional(figures.get("agreed")), no_figure),
        "points": nulls.told(
            "points", number(kpi.result.points) if kpi.result else None, "its measurement period goes on"
        ),
        "coverage": nulls.told("coverage", optional(kpi.coverage_ratio), "nobody watches it, or not yet"),
        "allowance_ms": nulls.told("allowance_ms", _whole(kpi.allowance_ms) if is_of_time else None, without),
        "allowance_left_ms": nulls.told(
            "allowance_left_ms", _whole(kpi.allowance_left_ms) if is_of_time else None, without
        ),
        "outlook": nulls.text("outlook", outlook(kpi, at), "nothing is foreseen"),
        "why_null": nulls.why,
    }


def _whole(milliseconds: Fraction) -> int:
    """Cut against the supplier, as the pages cut it: what is left is never too much."""
    return floor(milliseconds)
