"""KPIs -> rows: figures in three views, bands, points, and how long the allowance lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from sla_monitor import names
from sla_monitor.assess.assessment import VIEWS, ContractAssessment, KpiAssessment, KpiForecast
from sla_monitor.assess.open_points import is_assessed
from sla_monitor.board import Board
from sla_monitor.metrics.rows import (
    Rows,
    maybe,
    maybe_seconds,
    of_kpis,
    seconds,
    within_contracts,
)
from sla_monitor.metrics.series import Row
from sla_monitor.names import MetricName
from sla_monitor.sla.banding import bands_of
from sla_monitor.sla.results import KpiResult

PER_BASE_UNIT = {"percent": Fraction(100), "ms": Fraction(1000), "minutes": Fraction(1, 60)}
"""How many of a KPI's unit make one of the unit in which Prometheus is told."""


def unit_of(kpi: KpiAssessment) -> str:
    """The label `unit`."""
    return names.UNITS[kpi.terms.unit] if kpi.terms else "ratio"


def in_base_unit(kpi: KpiAssessment, value: Fraction | Decimal | None) -> float | None:
    """A figure in the KPI's unit as Prometheus has it: per cent as a ratio, milliseconds and minutes as seconds."""
    return None if value is None else float(Fraction(value) / PER_BASE_UNIT.get(kpi.terms.unit if kpi.terms else "", 1))


def _in_kpis(rows_of: Callable[[KpiAssessment], Iterator[Row]]) -> Rows:
    def rows(contract: ContractAssessment) -> Iterator[Row]:
        for kpi in contract.kpis:
            for labels, value in rows_of(kpi):
                yield (kpi.kpi, kpi.service_id, *labels), value

    return within_contracts(rows)


def _values(kpi: KpiAssessment) -> Iterator[Row]:
    unit = unit_of(kpi)
    for view in VIEWS:
        figure = kpi.views.get(view)
        yield (unit, view), in_base_unit(kpi, figure.value if figure else None)


def _targets(kpi: KpiAssessment) -> Iterator[Row]:
    yield (unit_of(kpi),), in_base_unit(kpi, kpi.terms.target if kpi.terms else kpi.target_ratio)


def _bands(kpi: KpiAssessment) -> Iterator[Row]:
    agreed = kpi.views.get("agreed")
    for band in bands_of(kpi.terms) if kpi.terms else ():
        yield (band.name,), agreed is not None and agreed.band == band.name


def _availability_only(value: Callable[[KpiAssessment], float]) -> Rows:
    return of_kpis(lambda kpi: value(kpi) if kpi.service else None)


def _forecasts(period: Callable[[KpiForecast], float | None], trailing: Callable[[KpiForecast], float | None]) -> Rows:
    def rows(kpi: KpiAssessment) -> Iterator[Row]:
        if kpi.forecast is not None and kpi.service is not None:
            yield ("period",), period(kpi.forecast)
            yield ("trailing",), trailing(kpi.forecast)

    return _in_kpis(rows)


def _failures(board: Board) -> Iterator[Row]:
    """Of the measurement period that ended last: a quarterly KPI keeps its number through the quarter."""
    for contract in board.assessment.contracts:
        latest = _latest_results(contract)
        for kpi in contract.kpis:
            result = kpi.result or latest.get(kpi.kpi)
            yield (contract.contract, kpi.kpi, kpi.service_id), result.failures_in_a_row if result else None


def _points(kpi: KpiAssessment) -> float | None:
    """None while it has no verdict: a nought would be a claim. 0 of a KPI whose period ends in a later month."""
    if not is_assessed(kpi):
        return None
    return float(kpi.result.points) if kpi.result else 0


def _allowance_left(kpi: KpiAssessment) -> float | None:
    """None while no time of it counts: nobody knows what is left."""
    is_known = kpi.service is not None and kpi.availability_ratio is not None
    return seconds(kpi.allowance_left_ms) if is_known else None


def _latest_results(contract: ContractAssessment) -> dict[str, KpiResult]:
    return {result.kpi: result for month in contract.earlier[-names.MONTHS_KEPT :] for result in month.kpis}


def _month_bands(contract: ContractAssessment) -> Iterator[Row]:
    services = {kpi.kpi: kpi.service_id for kpi in contract.kpis}
    for month in contract.earlier[-names.MONTHS_KEPT :]:
        for result in month.kpis:
            if result.kpi in services and result.value is not None:
                yield (result.kpi, services[result.kpi], month.month, result.band or names.NOT_ASSESSABLE), 1


KPIS: Mapping[MetricName, Rows] = {
    names.KPI_AVAILABILITY: of_kpis(lambda kpi: maybe(kpi.availability_ratio)),
    names.KPI_TARGET_RATIO: _availability_only(lambda kpi: float(kpi.target_ratio)),
    names.KPI_ALLOWANCE: _availability_only(lambda kpi: seconds(kpi.allowance_ms)),
    names.KPI_ALLOWANCE_LEFT: of_kpis(_allowance_left),
    names.KPI_MET: of_kpis(lambda kpi: kpi.is_met),
    names.KPI_ASSESSABLE: of_kpis(lambda kpi: kpi.is_assessable),
    names.KPI_OF_NOTHING: of_kpis(lambda kpi: 1 if kpi.is_of_nothing else None),
    names.KPI_VALUE: _in_kpis(_values),
    names.KPI_TARGET: _in_kpis(_targets),
    names.KPI_BAND: _in_kpis(_bands),
    names.KPI_POINTS: of_kpis(_points),
    names.KPI_FAILURES: _failures,
    names.KPI_COVERAGE: of_kpis(lambda kpi: maybe(kpi.coverage_ratio)),
    names.KPI_BURN_RATE: _forecasts(
        lambda forecast: maybe(forecast.burn_rate), lambda forecast: maybe(forecast.trailing_burn_rate)
    ),
    names.KPI_EXHAUSTED: _forecasts(
        lambda forecast: maybe_seconds(forecast.runs_out_ms),
        lambda forecast: maybe_seconds(forecast.trailing_runs_out_ms),
    ),
    names.KPI_MONTH_BAND: within_contracts(_month_bands),
}
