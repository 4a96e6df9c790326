"""What a KPI was in the measurement periods before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.sla.results import KpiResult, PeriodResult


def recent(earlier: Sequence[PeriodResult], kpi: KpiTerms, periods: int) -> list[KpiResult]:
    """The KPI's results of the last so many measurement periods, oldest first. A period without a figure has a
    result too; a period in which the KPI was no term of the contract has none."""
    return list(_backwards(earlier, kpi, periods))[::-1]


def _backwards(earlier: Sequence[PeriodResult], kpi: KpiTerms, periods: int) -> Iterator[KpiResult]:
    months = periods * kpi.measurement_months
    for past in earlier[: -months - 1 : -1]:
        result = past.kpi(kpi.id)
        if result is not None:
            yield result
