"""The terms that hold in each part of a period, and how far beyond it evidence is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.edges import Period, period_of
from sla_monitor.periods.intervals import Intervals, intersect
from sla_monitor.periods.service_hours import agreed_hours

MARGIN_MS = 86_400_000
"""How much more than a month is read on both sides, so that outages over its edges are known as a whole; and how
long after its end everything that was seen of it is in, unless answers that are too slow are confirmed more slowly."""


def reach_ms(failures: int, every_ms: int) -> int:
    """How far beyond a month single observations show whether a run of slow answers over its edge is confirmed."""
    return max(MARGIN_MS, 2 * failures * every_ms)


def margin_ms(contract: Contract) -> int:
    """The widest reach that any of a contract's terms asks for: with so much more than a month, on both sides, there is
    all that its figures are made of."""
    reaches = (
        reach_ms(version.terms.accounting.confirmation_failures, endpoint.every_ms)
        for version in contract.versions
        for kpi in version.terms.kpis
        if kpi.downtime_counting is not None and kpi.downtime_counting.slow_as_down is not None
        for _, endpoint in version.terms.endpoints_of(kpi)
    )
    return max(reaches, default=MARGIN_MS)


def evidence_range(contract: Contract, first_ms: int | None, months: tuple[str, str], now_ms: int) -> tuple[int, int]:
    """From when until when an evidence file of some months speaks: as much around them as their figures reach for, and
    no time before or after the record, in which something was seen first at `first_ms`."""
    whole, more_ms = period_of(contract, *months), margin_ms(contract)
    until_ms = min(whole.end_ms + more_ms, now_ms)
    seen_ms = until_ms if first_ms is None else first_ms
    # where nothing was seen, what was said is all there is: the file speaks of an instant, and of no month before it
    return max(whole.start_ms - more_ms, min(seen_ms, until_ms - 1), 0), until_ms


def terms_in(contract: Contract, period: Period, now_ms: int) -> Terms:
    """The terms by which a month is banded, pointed and priced: those in force at its end, or now while it runs."""
    return contract.version_at(max(min(now_ms, period.end_ms - 1), period.start_ms)).terms


def terms_at_end(contract: Contract, month: str) -> Terms:
    """Those in force at a month's end, be it over or not."""
    period = period_of(contract, month)
    return terms_in(contract, period, period.end_ms)


@dataclass(frozen=True, slots=True)
class TermsSlice:
    """A service under one version of the terms: what holds from `start_ms` to `end_ms`, with its agreed hours."""

    start_ms: int
    end_ms: int
    terms: Terms
    service: Service
    hours: Intervals


class ServiceHours:
    """Agreed hours, each calendar's worked out once for each stretch of time. Reads calendars as they are now."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, int, int], Intervals] = {}
        self._kept: list[Terms] = []  # so that no other terms can have the same id()

    def of(self, terms: Terms, calendar: str, start_ms: int, end_ms: int) -> Intervals:
        """The hours of one of the terms' calendars in `[start_ms, end_ms)`."""
        key = (id(terms), calendar, start_ms, end_ms)
        if key not in self._known:
            self._kept.append(terms)
            self._known[key] = agreed_hours(terms.calendars.get(calendar), terms.time_zone, start_ms, end_ms)
        return self._known[key]


def slices_of(contract: Contract, service_id: str, period: Period, hours: ServiceHours) -> Iterator[TermsSlice]:
    """A service through a period, version by version; nothing for the time in which the contract has no such one."""
    for version in contract.versions_in(period.start_ms, period.end_ms):
        service = version.terms.services_by_id.get(service_id)
        if service is not None:
            agreed = hours.of(version.terms, service.service_hours, version.start_ms, version.end_ms)
            yield TermsSlice(version.start_ms, version.end_ms, version.terms, service, agreed)


def until(whole: TermsSlice, now_ms: int) -> TermsSlice:
    """The same part up to an instant."""
    if whole.end_ms <= now_ms:
        return whole
    return replace(whole, end_ms=now_ms, hours=intersect(whole.hours, [(whole.start_ms, max(now_ms, whole.start_ms))]))
