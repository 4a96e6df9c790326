"""Measuring: what observations, tickets and reports say of one KPI in its measurement period, in one view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from operator import floordiv, sub
from typing import Any, TypeAlias

from sla_monitor.assess.assessment import View
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.result_cache import VERSION
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.kpis.kpi import ErrorRateKpi, ResponseTimeKpi, TicketKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.intervals import Intervals, intersect, subtract
from sla_monitor.periods.terms_slices import MARGIN_MS
from sla_monitor.register.entries import Claim, ReportedFigure
from sla_monitor.sla.indicators import EventCounts, in_target_percent, mean, ordered, percentile, summed
from sla_monitor.sla.measure import SampleStatistics, made_of_slots
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.tickets import Stop, Ticket


@dataclass(frozen=True, slots=True)
class CountedTime:
    """Of an endpoint as a site sees it: the time in which its probes count, and what is taken for true instead."""

    key: str
    inside: Intervals
    corrections: Corrections


def made_of_samples(context: PeriodContext, kpi: KpiTerms, view: View, statistic: SampleStatistic) -> SampleStatistics:
    """The statistic of a measurement period so far. For months that are over, the evidence may have kept it."""
    counting = list(_counting(context, kpi, view))
    contract_context, period = context.contract_context, context.period
    seen = [
        (key, context.endpoints.observed_time(key, period.start_ms, period.end_ms))
        for key in (one.key for one in counting)
    ]
    others = contract_context.imports_in(period.start_ms, period.end_ms)
    question = (VERSION, *statistic.terms, [_content(one) for one in counting], seen, *others)

    def answer() -> str:
        made = statistic.of_all(piece.part(statistic) for piece in _pieces(context, counting))
        return f"{made.of} {'-' if made.value is None else made.value}"

    is_in = period.end_ms + MARGIN_MS <= contract_context.now_ms
    of, value = (contract_context.recall(question, answer) if is_in else answer()).split()
    return SampleStatistics(int(of), None if value == "-" else Fraction(value))


def _counting(context: PeriodContext, kpi: KpiTerms, view: View) -> Iterator[CountedTime]:
    for service, endpoint in context.terms.endpoints_of(kpi):
        inside = subtract(context.through(service.id).hours, context.excluded(service.id, view, kpi.id))
        if kpi.related is not None and kpi.related.dedupe == "exclude_samples":
            inside = subtract(inside, context.through(service.id).down)
        for site, when in _sites(context, service.id, endpoint).items():
            key = endpoint_key(context.contract_context.contract.id, endpoint.id, site)
            counts = inside if when is None else intersect(inside, when)
            yield CountedTime(key, counts, _corrected(context, service.id, endpoint, site))


def _sites(context: PeriodContext, service: str, endpoint: Endpoint) -> dict[str, Intervals | None]:
    """Which sites probed an endpoint, and in which part of the period, version by version; None: in all of it."""
    if endpoint.seen_from is None and not _seen_elsewhere(context, service, endpoint):
        return {MAIN: None}
    found: dict[str, Intervals | None] = {}
    for start_ms, end_ms, version in _versions(context, service, endpoint):
        for site in version.sites:
            found[site] = [*(found.get(site) or []), (start_ms, end_ms)]
    return found


def _seen_elsewhere(context: PeriodContext, service: str, endpoint: Endpoint) -> bool:
    return any(version.seen_from is not None for _, _, version in _versions(context, service, endpoint))


def _versions(context: PeriodContext, service: str, endpoint: Endpoint) -> Iterator[tuple[int, int, Endpoint]]:
    """An endpoint by each version of the terms, and from when to when that holds."""
    for one in context.slices(service):
        for version in one.service.endpoints:
            if version.id == endpoint.id:
                yield one.start_ms, one.end_ms, version


def _corrected(context: PeriodContext, service: str, endpoint: Endpoint, site: str) -> Corrections:
    """What is taken for true of an endpoint's time in the period instead of what a site saw, the last word last:
    nothing where the site was outvoted, and what the register says."""
    start_ms, end_ms = context.period.start_ms, context.period.end_ms
    failures = context.terms.accounting.confirmation_failures
    several = [
        (max(first_ms, from_ms), min(last_ms, until_ms), Outcome.UNKNOWN)
        for from_ms, until_ms, version in _versions(context, service, endpoint)
        for first_ms, last_ms in context.endpoints.outvoted(version, site, failures)
    ]
    several += context.endpoints.corrected(endpoint)
    cut = [(max(one[0], start_ms), min(one[1], end_ms), one[2]) for one in several]
    return [one for one in cut if one[0] < one[1]]


def _content(one: CountedTime) -> tuple[object, ...]:
    return one.key, one.inside, [(start, end, f"{outcome}") for start, end, outcome in one.corrections]


def _pieces(context: PeriodContext, counting: list[CountedTime]) -> Iterator[MeasuredSlice]:
    """The observations, with what counts of them."""
    rules = {one.key: (one.inside, one.corrections) for one in counting}
    found = context.contract_context.samples(list(rules), context.period.start_ms, context.until_ms)
    return (MeasuredSlice(samples, *rules[key]) for key, samples in found)


Corrections: TypeAlias = Sequence[tuple[int, int, Outcome]]
Slots: TypeAlias = tuple[Counter[int], Counter[int]]
"""Observations by slot, and the failed ones of them."""


@dataclass(frozen=True, slots=True)
class MeasuredSlice:
    """Observations of one endpoint, a day of them, say, with the time in which they count and how the register corrects
    them."""

    samples: Samples
    inside: Intervals
    corrections: Corrections

    def part(self, statistic: SampleStatistic) -> Any:
        """What a statistic takes from the observations that count: those that began inside, as corrected, without those
        that saw nothing. Worked out once, as long as the observations are remembered."""
        touched = self.samples.touched(self.inside)
        question = statistic.terms, tuple(touched), tuple(self.corrections)

        def answer() -> Any:
            return statistic.of_piece(self.samples.inside(touched).corrected(self.corrections).seen())

        return self.samples.once(question, answer)


@dataclass(frozen=True, slots=True)
class SampleStatistic:
    """How observations make a figure. `terms`: all that it takes from a KPI's terms; `of_piece`: what it takes from
    some observations; `of_all`: what several of these come to together."""

    terms: tuple[str, ...]
    of_piece: Callable[[Samples], Any]
    of_all: Callable[[Iterable[Any]], SampleStatistics]


def error_rate(kpi: ErrorRateKpi, start_ms: int) -> SampleStatistic:
    """Of a measurement period that began at `start_ms`."""
    terms = "error rate", f"{kpi.slot_ms}", f"{start_ms}"
    return SampleStatistic(
        terms, lambda samples: _slots(kpi, start_ms, samples), lambda pieces: made_of_slots(_joined(pieces))
    )


def response_time(kpi: ResponseTimeKpi) -> SampleStatistic:
    """Mean or percentile."""
    percent, terms = kpi.percentile, ("response time", f"{kpi.percentile}", kpi.phase)
    if percent is None:
        return SampleStatistic(
            terms, lambda samples: summed(_times_us(kpi, samples)), lambda pieces: SampleStatistics(*mean(pieces))
        )
    return SampleStatistic(
        terms,
        lambda samples: ordered(_times_us(kpi, samples)),
        lambda pieces: SampleStatistics(*percentile(pieces, percent)),
    )


def _times_us(kpi: ResponseTimeKpi, samples: Samples) -> Iterator[int]:
    return samples.answer_times_us() if kpi.phase == "total" else samples.first_bytes_us()


def _slots(kpi: ErrorRateKpi, start_ms: int, samples: Samples) -> Slots:
    """By slot, counted from the beginning of the measurement period."""

    def slot(at_ms: Iterable[int]) -> Iterator[int]:
        return map(floordiv, map(sub, at_ms, repeat(start_ms)), repeat(kpi.slot_ms))

    return Counter(slot(samples.at_ms)), Counter(slot(samples.failed_at_ms()))


def _joined(parts: Iterable[Slots]) -> list[tuple[int, int]]:
    """Failed and all requests of each slot. Slots in which no probe ran are left out: unseen is not free of errors."""
    made, failed = Counter[int](), Counter[int]()
    for samples, down in parts:
        made.update(samples)
        failed.update(down)
    return list(zip(map(failed.__getitem__, made), made.values(), strict=True))


def figure(context: PeriodContext, kpi: KpiTerms, party: str) -> Fraction | None:
    """A party's figure for the measurement period."""
    found = context.contract_context.effective.figure(kpi.id, context.month, party)
    return None if found is None else value_of(kpi, found[1])


def reported_counts(context: PeriodContext, kpi: KpiTerms) -> EventCounts | None:
    """So many in target of so many, where the authority's figure is reported so."""
    found = context.contract_context.effective.figure(kpi.id, context.month, "authority")
    if found is None or found[1].in_target is None or found[1].total is None:
        return None
    return EventCounts(found[1].in_target, found[1].total)


def value_of(kpi: KpiTerms, said: ReportedFigure) -> Fraction | None:
    """A figure in the KPI's unit; counts become per cent as the KPI says."""
    if said.value is not None:
        return Fraction(said.value)
    counts = EventCounts(said.in_target or 0, said.total or 0)
    if counts.total:
        return in_target_percent(counts, kpi.least_denominator)
    return kpi.value_without_events


def is_seen(context: PeriodContext, kpi: KpiTerms) -> bool:
    """Whether the figure comes from probing endpoints."""
    return bool(kpi.named_endpoints) or (kpi.is_probed and kpi.service in context.services_with_endpoints)


def tickets(context: PeriodContext, kpi: TicketKpi, view: View) -> tuple[Ticket, ...]:
    """The tickets of the register that count in a view; those that a claim names are left out where it is granted, and
    in the view in which every claim is."""
    left_out = excused(context, kpi, view)
    found = []
    for said in context.tickets:
        if kpi.covers(said.priority, said.service) and said.id not in left_out:
            stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in said.stops)
            times = (said.opened_ms, said.responded_ms, said.ended_ms)
            found.append(Ticket(said.id, said.priority, *times, stops, said.service, said.attempts))
    return tuple(found)


def excused(context: PeriodContext, kpi: TicketKpi, view: View) -> frozenset[str]:
    """The ids of the tickets that a view leaves out."""
    case = context.contract_context.case
    named = (
        said.tickets
        for entry, said in case.effective.of(Claim)
        if (not said.kpis or kpi.id in said.kpis) and (view == "claimed" or is_granted(case, entry, said))
    )
    return frozenset() if view == "gross" else frozenset(ticket for several in named for ticket in several)
