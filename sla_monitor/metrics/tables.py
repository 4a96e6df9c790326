"""Board -> rows: what each metric family of endpoints, services, KPIs and contracts says right now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter

from sla_monitor import names
from sla_monitor.assess import ServiceAssessment
from sla_monitor.assess.assessment import BookedStretch, Outage
from sla_monitor.board import Board
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.metrics.contracts import CONTRACTS
from sla_monitor.metrics.failing_endpoints import (
    Choice,
    every_endpoint,
    first_expiring,
    first_failing,
    nobody_without,
    of_tallies,
    recently_down,
    without_series,
)
from sla_monitor.metrics.kpis import KPIS
from sla_monitor.metrics.local_time import OFFSET_STARTS, OFFSETS
from sla_monitor.metrics.rows import (
    Rows,
    kept,
    maybe,
    maybe_seconds,
    of_contracts,
    of_endpoints,
    of_places,
    of_services,
    seconds,
)
from sla_monitor.metrics.series import Row
from sla_monitor.names import MetricName
from sla_monitor.settings.metrics import MetricsSettings
from sla_monitor.wording.text import abridged, plain

DAY_MS = 86_400_000


def _states(chosen: Choice) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for watched in chosen(board):
            outcome, labels = watched.outcome, watched.labels
            for state in names.STATES:
                yield (*labels, state), outcome == state

    return rows


def _place_states(board: Board) -> Iterator[Row]:
    for watched in list(board.endpoints.values()):
        labels = watched.labels
        for place in watched.sights:
            for state in names.STATES:
                yield (*labels, place.site, state), place.outcome == state


def _phases(board: Board) -> Iterator[Row]:
    of_phase = attrgetter(*(f"{phase}_us" for phase in names.PHASES))
    for watched in list(board.endpoints.values()):
        if watched.last is None:
            continue
        labels = watched.labels
        for phase, us in zip(names.PHASES, of_phase(watched.last.finding.phases), strict=True):
            if us is not None:
                yield (*labels, phase), us / 1_000_000


def _failed_steps(chosen: Choice) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for watched in chosen(board):
            step = watched.last.finding.failed_step if watched.last else None
            if step is not None:
                yield (*watched.labels, step.step), 1

    return rows


def _down_starts(chosen: Choice) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for watched in chosen(board):
            if watched.down is not None:
                reason = watched.down.reason
                yield (*watched.labels, reason.value if reason else ""), seconds(watched.down.start_ms)

    return rows


def _down_ends(chosen: Choice) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for watched in chosen(board):
            if watched.down is not None:
                yield watched.labels, maybe_seconds(watched.down.end_ms)

    return rows


def _expiries(chosen: Choice) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for watched in chosen(board):
            yield watched.labels, watched.last.finding.certificate_expires_at_s if watched.last else None

    return rows


def _service_states(board: Board) -> Iterator[Row]:
    for contract in board.assessment.contracts:
        for service in contract.services:
            for state in names.STATES:
                yield (contract.contract, service.service, state), service.state == state


def _failing(board: Board) -> Iterator[Row]:
    """How many endpoints of each service are not well, by reason: the reason is no label of an endpoint's series."""
    found: Counter[tuple[str, ...]] = Counter()
    for watched in list(board.endpoints.values()):
        reason = watched.last.finding.reason if watched.last else None
        if reason is not None:
            found[watched.contract, watched.service, reason.value] += 1
    yield from found.items()


def _without_quorum(board: Board) -> Iterator[Row]:
    """How many endpoints of each service too few places see; of services that several places probe."""
    found: Counter[tuple[str, ...]] = Counter()
    for watched in list(board.endpoints.values()):
        if watched.places_short is not None:
            found[watched.contract, watched.service] += watched.places_short > 0
    yield from found.items()


def _acknowledged(board: Board) -> Iterator[Row]:
    """One for each outage that somebody has in hand. A label is a line in somebody's pager: no controls, no novel."""
    for contract in board.assessment.contracts:
        for one in contract.acknowledged:
            by, text = (abridged(plain(said), names.TEXT_KEPT) for said in (one.by, one.text))
            yield (contract.contract, one.service, one.endpoint, by, text), seconds(one.at_ms)


def _last_outage(service: ServiceAssessment) -> Outage | None:
    """The last one that is over."""
    return next((outage for outage in reversed(service.outages) if outage.end_ms is not None), None)


def _last_outage_start(service: ServiceAssessment) -> float | None:
    outage = _last_outage(service)
    return maybe_seconds(outage.start_ms if outage else None)


def _last_outage_end(service: ServiceAssessment) -> float | None:
    outage = _last_outage(service)
    return maybe_seconds(outage.end_ms if outage else None)


def _maintenance(board: Board) -> Iterator[Row]:
    for contract, service, stretches in _booked_now(board):
        yield (contract, service), any(one.is_silenced for one in stretches)


def _booked_and_loud(board: Board) -> Iterator[Row]:
    for contract, service, stretches in _booked_now(board):
        yield (contract, service), bool(stretches) and not any(one.is_silenced for one in stretches)


def _booked_now(board: Board) -> Iterator[tuple[str, str, list[BookedStretch]]]:
    """What is booked of each service now."""
    at_ms = board.assessment.at_ms
    for contract in board.assessment.contracts:
        now = [one for one in contract.booked if one.start_ms <= at_ms < one.end_ms]
        for service in contract.services:
            yield contract.contract, service.service, [one for one in now if service.service in one.services]


def _maintenance_end(board: Board) -> Iterator[Row]:
    """Of what is under way, or else of what has ended lately."""
    at_ms = board.assessment.at_ms
    ended = {
        (contract.contract, service.service): [
            one.end_ms
            for one in service.excluded
            if one.kind == "maintenance" and one.granted and one.end_ms <= at_ms < one.end_ms + DAY_MS
        ]
        for contract in board.assessment.contracts
        for service in contract.services
    }
    for contract, service, stretches in _booked_now(board):
        ends = [one.end_ms for one in stretches if one.is_silenced] or ended[contract, service]
        yield (contract, service), maybe_seconds(max(ends, default=None))


def _contract_info(board: Board) -> Iterator[Row]:
    for each in board.assessment.contracts:
        terms = each.terms_reference or "original"
        yield (each.contract, each.authority, each.supplier, each.period.name, terms), 1


def _assessed(board: Board) -> Iterator[Row]:
    yield (), seconds(board.assessment.at_ms)


_EACH: Mapping[MetricName, Rows] = {
    names.ENDPOINT_STATE: _states(every_endpoint),
    names.PROBE_DURATION: of_endpoints(
        lambda watched: None if watched.last is None else watched.last.finding.duration_us / 1_000_000
    ),
    names.PROBE_PHASE: _phases,
    names.PROBES: of_endpoints(lambda watched: watched.probes if MAIN in watched.terms.sites else None),
    names.PROBE_FAILURES: of_endpoints(lambda watched: watched.failed),
    names.PROBES_SKIPPED: of_endpoints(lambda watched: watched.skipped),
    names.LAST_PROBE: of_endpoints(lambda watched: None if watched.last is None else watched.last.at_ms / 1000),
    names.CERTIFICATE_EXPIRY: _expiries(every_endpoint),
    names.FAILED_STEP: _failed_steps(every_endpoint),
    names.DOWN_START: _down_starts(recently_down),
    names.DOWN_END: _down_ends(recently_down),
    names.WITHOUT_SERIES: nobody_without,
    names.PLACE_STATE: _place_states,
    names.PLACES_SHORT: of_endpoints(lambda watched: watched.places_short),
    names.PLACE_COVERAGE: of_places(lambda place: maybe(place.coverage_ratio)),
    names.PLACE_DOWNTIME: of_places(lambda place: seconds(place.down_ms)),
    names.PLACE_OUTVOTED: of_places(lambda place: seconds(place.outvoted_ms)),
}
"""Of single endpoints, each of them."""


def _failing_only(most: int, days: int) -> Mapping[MetricName, Rows]:
    """Of single endpoints, those that fail; and what is summed up in place of the others' series."""
    chosen = first_failing(most)
    return {
        names.ENDPOINT_STATE: _states(chosen),
        names.CERTIFICATE_EXPIRY: _expiries(first_expiring(most, days)),
        names.FAILED_STEP: _failed_steps(chosen),
        names.DOWN_START: _down_starts(chosen),
        names.DOWN_END: _down_ends(chosen),
        names.WITHOUT_SERIES: without_series(most, days),
        names.SERVICE_PROBES: of_tallies(lambda tally: tally.probes),
        names.SERVICE_PROBE_FAILURES: of_tallies(lambda tally: tally.failed),
        names.SERVICE_PROBES_SKIPPED: of_tallies(lambda tally: tally.skipped),
    }


_OTHERS: Mapping[MetricName, Rows] = {
    names.SERVICE_STATE: _service_states,
    names.SERVICE_AVAILABILITY: of_services(lambda service: maybe(service.availability_ratio)),
    names.SERVICE_COVERAGE: of_services(lambda service: maybe(service.coverage_ratio)),
    names.SERVICE_AGREED: of_services(lambda service: seconds(service.agreed_ms)),
    names.SERVICE_DOWNTIME: of_services(lambda service: seconds(service.downtime_ms)),
    names.SERVICE_UNKNOWN: of_services(lambda service: seconds(service.unknown_ms)),
    names.SERVICE_OUTAGES: of_services(lambda service: len(service.outages)),
    names.SERVICE_OUTAGE_START: of_services(
        lambda service: maybe_seconds(service.open_outage.start_ms if service.open_outage else None)
    ),
    names.LAST_OUTAGE_START: of_services(_last_outage_start),
    names.LAST_OUTAGE_END: of_services(_last_outage_end),
    names.WATCHED_COVERAGE: of_services(lambda service: maybe(service.watched_coverage_ratio)),
    names.SERVICE_FAILING: _failing,
    names.SERVICE_WITHOUT_QUORUM: _without_quorum,
    names.ACKNOWLEDGED: _acknowledged,
    names.SERVICE_MAINTENANCE: _maintenance,
    names.SERVICE_BOOKED_AND_LOUD: _booked_and_loud,
    names.SERVICE_MAINTENANCE_END: _maintenance_end,
    **{metric: kept(rows) for metric, rows in KPIS.items()},
    names.CONTRACT_INFO: _contract_info,
    names.PERIOD_START: of_contracts(lambda contract: seconds(contract.period.start_ms)),
    names.PERIOD_END: of_contracts(lambda contract: seconds(contract.period.end_ms)),
    names.UTC_OFFSET: kept(OFFSETS),
    names.UTC_OFFSET_START: kept(OFFSET_STARTS),
    **{metric: kept(rows) for metric, rows in CONTRACTS.items()},
    names.ASSESSED: _assessed,
}

TABLES: Mapping[MetricName, Rows] = {**_EACH, **_OTHERS}


def tables_of(settings: MetricsSettings, certificate_days: int) -> Mapping[MetricName, Rows]:
    """What is told with these settings. `certificate_days`: before its expiry a certificate is alerted."""
    if settings.endpoint_series == "all":
        return TABLES
    return {**_failing_only(settings.most_failing, certificate_days), **_OTHERS}
