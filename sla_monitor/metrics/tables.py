"""Board -> rows: what each metric family of endpoints, services, KPIs and contracts says right now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from operator import attrgetter

from sla_monitor import names
from sla_monitor.assess import Assessment, ContractAssessment, KpiAssessment, ServiceAssessment
from sla_monitor.board import Board, Watched
from sla_monitor.metrics.series import Row
from sla_monitor.names import MetricName
from sla_monitor.sla.observation import Finding

Rows = Callable[[Board], Iterator[Row]]


def _seconds(ms: int | Fraction) -> float:
    return float(Fraction(ms) / 1000) if isinstance(ms, Fraction) else ms / 1000


def _maybe(ratio: Fraction | None) -> float | None:
    return None if ratio is None else float(ratio)


def _endpoints(value: Callable[[Watched], float | None]) -> Rows:
    return lambda board: ((watched.labels, value(watched)) for watched in list(board.endpoints.values()))


def _endpoint_states(board: Board) -> Iterator[Row]:
    for watched in list(board.endpoints.values()):
        outcome, labels = watched.outcome, watched.labels
        for state in names.STATES:
            yield (*labels, state), outcome == state


def _phases(board: Board) -> Iterator[Row]:
    of_phase = attrgetter(*(f"{phase}_us" for phase in names.PHASES))
    for watched in list(board.endpoints.values()):
        if watched.last is not None:
            labels = watched.labels
            for phase, us in zip(names.PHASES, of_phase(watched.last.finding.phases), strict=True):
                if us is not None:
                    yield (*labels, phase), us / 1_000_000


def _found(value: Callable[[Finding], float | None]) -> Rows:
    return _endpoints(lambda watched: None if watched.last is None else value(watched.last.finding))


def _services(value: Callable[[ServiceAssessment], float | None]) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for service in contract.services:
                yield (contract.contract, service.service), value(service)

    return rows


def _service_states(board: Board) -> Iterator[Row]:
    for contract in board.assessment.contracts:
        for service in contract.services:
            for state in names.STATES:
                yield (contract.contract, service.service, state), service.state == state


def _kpis(value: Callable[[KpiAssessment], float | None]) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for kpi in contract.kpis:
                yield (contract.contract, kpi.kpi, kpi.service_id), value(kpi)

    return rows


def _contracts(value: Callable[[ContractAssessment], float]) -> Rows:
    return lambda board: (((contract.contract,), value(contract)) for contract in board.assessment.contracts)


def _contract_info(board: Board) -> Iterator[Row]:
    for each in board.assessment.contracts:
        terms = each.terms_reference or "original"
        yield (each.contract, each.authority, each.supplier, each.period.name, terms), 1


def _assessed(board: Board) -> Iterator[Row]:
    assessment: Assessment = board.assessment
    yield (), _seconds(assessment.at_ms)


TABLES: Mapping[MetricName, Rows] = {
    names.ENDPOINT_STATE: _endpoint_states,
    names.PROBE_DURATION: _found(lambda finding: finding.duration_us / 1_000_000),
    names.PROBE_PHASE: _phases,
    names.PROBES: _endpoints(lambda watched: watched.looks),
    names.PROBE_FAILURES: _endpoints(lambda watched: watched.failed),
    names.PROBES_SKIPPED: _endpoints(lambda watched: watched.skipped),
    names.LAST_PROBE: _endpoints(lambda watched: None if watched.last is None else watched.last.at_ms / 1000),
    names.CERTIFICATE_EXPIRY: _found(lambda finding: finding.certificate_expires_at_s),
    names.SERVICE_STATE: _service_states,
    names.SERVICE_AVAILABILITY: _services(lambda service: _maybe(service.availability_ratio)),
    names.SERVICE_COVERAGE: _services(lambda service: _maybe(service.coverage_ratio)),
    names.SERVICE_AGREED: _services(lambda service: _seconds(service.agreed_ms)),
    names.SERVICE_DOWNTIME: _services(lambda service: _seconds(service.downtime_ms)),
    names.SERVICE_UNKNOWN: _services(lambda service: _seconds(service.unknown_ms)),
    names.SERVICE_OUTAGES: _services(lambda service: len(service.outages)),
    names.SERVICE_OUTAGE_START: _services(
        lambda service: None if service.open_outage is None else _seconds(service.open_outage.start_ms)
    ),
    names.KPI_AVAILABILITY: _kpis(lambda kpi: _maybe(kpi.availability_ratio)),
    names.KPI_TARGET: _kpis(lambda kpi: float(kpi.target_ratio)),
    names.KPI_ALLOWANCE: _kpis(lambda kpi: _seconds(kpi.allowance_ms)),
    names.KPI_ALLOWANCE_LEFT: _kpis(lambda kpi: _seconds(kpi.allowance_left_ms)),
    names.KPI_MET: _kpis(lambda kpi: kpi.is_met),
    names.KPI_ASSESSABLE: _kpis(lambda kpi: kpi.is_assessable),
    names.CONTRACT_INFO: _contract_info,
    names.PERIOD_START: _contracts(lambda contract: _seconds(contract.period.start_ms)),
    names.PERIOD_END: _contracts(lambda contract: _seconds(contract.period.end_ms)),
    names.ASSESSED: _assessed,
}
