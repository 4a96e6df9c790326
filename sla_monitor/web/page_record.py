"""SubjectHistory of single services and endpoints for their pages, read from the record when somebody asks.

Of a page that is asked for again, everything is kept until the next assessment: page and figures are of one moment.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.day_states import DayState, days_until, endpoint_days, service_days
from sla_monitor.assess.history import Cache, contract_context_of
from sla_monitor.assess.response_times import ResponseTimes
from sla_monitor.assess.sight import seen_together
from sla_monitor.contract.contract import Contract, endpoint_of_key
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.errors import LedgerError
from sla_monitor.evidence.source import site_keys
from sla_monitor.ledger.reading.history_reader import HistoryReader
from sla_monitor.periods.edges import month_of
from sla_monitor.periods.terms_slices import margin_ms
from sla_monitor.sla.observation import Observation, Outcome, Reason
from sla_monitor.sla.spans import Span, held, joined

DAYS = 90
"""Days of history on a page, today included."""

FAILURES = 8
"""Latest runs of failed probes on a page."""

Times: TypeAlias = tuple[Sequence[ResponseTimes], Sequence[ResponseTimes]]

PAGES_KEPT = 100
"""Histories held, some 30 kB each."""


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run of failed probes of an endpoint by one site. `end_ms` None: it goes on; `end_seen` is False where
    nothing was seen when it ended. `first`: its first probe with the
    evidence, hostile text included; None: it is in the archive or an import, and no longer here."""

    endpoint: str
    site: str
    start_ms: int
    end_ms: int | None
    end_seen: bool
    reason: Reason | None
    probes: int
    first: Observation | None


@dataclass(frozen=True, slots=True)
class SubjectHistory:
    """What the record says of a service or an endpoint up to `at_ms`. `failures`: the latest first. `down_since_ms`: of
    an endpoint, from when it is down by its places' quorum, confirmed or not; None: it is not. `problem`: why there is
    nothing of it; empty: all is well."""

    at_ms: int
    days: tuple[DayState, ...] = ()
    failures: tuple[FailedRun, ...] = ()
    first_ms: int | None = None
    down_since_ms: int | None = None
    problem: str = ""


Reading: TypeAlias = Callable[[HistoryReader], SubjectHistory]


class PageRecord:
    """The record as pages ask it, from any thread, one at a time. `opened` opens it, when it is first needed."""

    def __init__(
        self,
        opened: Callable[[], HistoryReader],
        contracts: Callable[[], Sequence[Contract]],
        response_times: Callable[[str, str], Times] = lambda contract, subject: ((), ()),
    ) -> None:
        """`opened` makes a reader; pages that ask much of it make one of their own.

        `response_times`: of a contract's `service ID` or `endpoint ID`, of days and of months, ascending."""
        self.contracts, self.response_times = contracts, response_times
        self.opened, self._lock = opened, threading.Lock()
        self._reader: HistoryReader | None = None
        self._caches: dict[str, Cache] = {}
        self._kept: OrderedDict[tuple[str, str], SubjectHistory] = OrderedDict()

    def service_history(self, contract: Contract, service: str, at_ms: int) -> SubjectHistory:
        """A service as the contract counts it, with the failures of all its endpoints."""

        def read(reader: HistoryReader) -> SubjectHistory:
            names = dict.fromkeys(
                endpoint.id
                for version in contract.versions
                for one in version.terms.services
                for endpoint in one.endpoints
                if one.id == service
            )
            keys = [key for name in names for key in site_keys(contract, name).values()]
            days, first_ms = days_until(at_ms, DAYS, contract), reader.first_seen_ms(keys)
            start_ms = month_of(days.range_ms[0], contract.time_zone).start_ms - margin_ms(contract)
            spans = reader.kept_spans(keys, start_ms, at_ms) if keys else {}
            context = replace(self._context(contract, reader, at_ms), seen=spans)
            failures = [pair for key in keys for pair in _down(key, spans.get(key, ()), days.range_ms[0])]
            return SubjectHistory(
                at_ms, service_days(context, service, days, first_ms), _failures(reader, failures, at_ms), first_ms
            )

        return self._answer((contract.id, f"service {service}"), at_ms, read)

    def endpoint_history(self, contract: Contract, endpoint: str, at_ms: int) -> SubjectHistory:
        """An endpoint as its probes found it."""
        keys = site_keys(contract, endpoint)

        def read(reader: HistoryReader) -> SubjectHistory:
            days, first_ms = days_until(at_ms, DAYS, contract), reader.first_seen_ms(list(keys.values()))
            kept = reader.kept_spans(list(keys.values()), days.range_ms[0], at_ms)
            failures = [pair for key in keys.values() for pair in _down(key, kept.get(key, ()), days.range_ms[0])]
            spans: Sequence[Span] = kept.get(keys[MAIN], ())
            if len(keys) > 1:
                by_site = {site: held(kept.get(key, ()), at_ms) for site, key in keys.items()}
                spans = seen_together(contract, endpoint, by_site, (days.range_ms[0], at_ms))
            last = next(reversed(joined(spans)), None)
            is_down = last is not None and last.outcome is Outcome.DOWN and last.end_ms >= at_ms
            return SubjectHistory(
                at_ms,
                endpoint_days(spans, days, first_ms, at_ms),
                _failures(reader, failures, at_ms),
                first_ms,
                last.start_ms if last is not None and is_down else None,
            )

        return self._answer((contract.id, f"endpoint {endpoint}"), at_ms, read)

    def close(self) -> None:
        with self._lock:
            self._forget_reader()

    def _context(self, contract: Contract, reader: HistoryReader, at_ms: int) -> ContractContext:
        return contract_context_of(contract, reader, at_ms, self._caches.setdefault(contract.id, Cache()))

    def _answer(
        self, subject: tuple[str, str], at_ms: int, read: Callable[[HistoryReader], SubjectHistory]
    ) -> SubjectHistory:
        with self._lock:
            known = self._kept.get(subject)
            if known is not None and known.at_ms == at_ms:
                return known
            try:
                if self._reader is None:
                    self._reader = self.opened()
                found = read(self._reader)
            except LedgerError as error:  # tried anew with the next page
                self._forget_reader()
                return SubjectHistory(at_ms, problem=str(error))
            self._kept[subject] = found
            self._kept.move_to_end(subject)
            while len(self._kept) > PAGES_KEPT:
                self._kept.popitem(last=False)
            return found

    def _forget_reader(self) -> None:
        reader, self._reader = self._reader, None
        self._caches.clear()
        if reader is not None:
            reader.close()


def _down(key: str, spans: Sequence[Span], since_ms: int) -> list[tuple[str, Span, bool]]:
    """Each with whether it was seen to end."""
    seen_from = {one.start_ms for one in spans if one.outcome is not Outcome.UNKNOWN}
    downs = (one for one in spans if one.outcome is Outcome.DOWN and one.end_ms > since_ms)
    return [(key, one, one.end_ms in seen_from) for one in downs]


def _failures(reader: HistoryReader, several: list[tuple[str, Span, bool]], at_ms: int) -> tuple[FailedRun, ...]:
    """The latest runs of failed probes, each with its first one. A span reaches as far as its last probe vouches."""
    latest = sorted(several, key=lambda pair: pair[1].start_ms, reverse=True)[:FAILURES]
    return tuple(
        FailedRun(
            endpoint=endpoint_of_key(key)[0],
            site=endpoint_of_key(key)[1],
            start_ms=one.start_ms,
            end_ms=one.end_ms if one.end_ms < at_ms else None,
            end_seen=is_seen or one.end_ms >= at_ms,
            reason=one.reason,
            probes=one.probes,
            first=reader.observation_at(key, one.start_ms),
        )
        for key, one, is_seen in latest
    )
