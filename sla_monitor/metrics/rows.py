"""From board and assessment to rows, one way for each thing that has series."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from sla_monitor.assess import Assessment, ContractAssessment, KpiAssessment, ServiceAssessment
from sla_monitor.assess.assessment import PlaceTime
from sla_monitor.board import Board, Watched
from sla_monitor.metrics.series import Row

Rows = Callable[[Board], Iterator[Row]]


def seconds(ms: int | Fraction) -> float:
    """Milliseconds in the base unit."""
    return float(Fraction(ms) / 1000) if isinstance(ms, Fraction) else ms / 1000


def maybe(ratio: Fraction | None) -> float | None:
    """A figure; one that is not known leaves its series out."""
    return None if ratio is None else float(ratio)


def maybe_seconds(ms: int | None) -> float | None:
    """An instant or a duration, if there is one."""
    return None if ms is None else seconds(ms)


def of_endpoints(value: Callable[[Watched], float | None]) -> Rows:
    """A series for each endpoint."""
    return lambda board: ((watched.labels, value(watched)) for watched in list(board.endpoints.values()))


def of_services(value: Callable[[ServiceAssessment], float | None]) -> Rows:
    """A series for each service."""

    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for service in contract.services:
                yield (contract.contract, service.service), value(service)

    return rows


def of_places(value: Callable[[PlaceTime], float | None]) -> Rows:
    """A series for each place of each endpoint that several places probe."""

    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for service in contract.services:
                for place in service.places:
                    yield (contract.contract, service.service, place.endpoint, place.site), value(place)

    return rows


def of_kpis(value: Callable[[KpiAssessment], float | None]) -> Rows:
    """A series for each KPI."""

    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for kpi in contract.kpis:
                yield (contract.contract, kpi.kpi, kpi.service_id), value(kpi)

    return rows


def of_contracts(value: Callable[[ContractAssessment], float | None]) -> Rows:
    """A series for each contract."""
    return lambda board: (((contract.contract,), value(contract)) for contract in board.assessment.contracts)


def within_contracts(rows_of: Callable[[ContractAssessment], Iterator[Row]]) -> Rows:
    """Several series for each contract: `rows_of` gives their labels but the first, and their values."""

    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for labels, value in rows_of(contract):
                yield (contract.contract, *labels), value

    return rows


def kept(rows: Rows) -> Rows:
    """The same rows until the figures are worked out again: a scrape need not divide every fraction anew. One tuple,
    so that two scrapes at once cannot mix what belongs together."""
    last: tuple[Assessment, list[Row]] | None = None

    def again(board: Board) -> Iterator[Row]:
        nonlocal last
        known, assessment = last, board.assessment
        if known is None or known[0] is not assessment:
            known = last = (assessment, list(rows(board)))
        return iter(known[1])

    return again
