"""The outages that a KPI's downtime is made of, by its own way of counting, in its whole measurement period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import floor

from sla_monitor.assess.assessment import Outage, ServiceAssessment
from sla_monitor.assess.contract_context import is_over
from sla_monitor.assess.indicators import KpiEvaluation
from sla_monitor.assess.kpi_evaluation import ServiceTimes
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_and_kpi import outages_of
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.sla.downtime import CountedOutage

HALF = Fraction(1, 2)


def kpi_outages(
    context: PeriodContext, services: Mapping[str, ServiceAssessment], one: KpiEvaluation, times: ServiceTimes
) -> tuple[Outage, ...]:
    """Each with what it adds to the downtime, to the millisecond: the list adds up to it in every view. An outage that
    does not count is listed with nothing. `context`: the month up to which is told; `services`: what was seen in it."""
    service, counting = one.kpi.service, one.kpi.downtime_counting
    if service is None or counting is None or not one.times:
        return ()
    before = (_seen_before(context, service, counting, month, times) for month in one.months if month < context.month)
    several = chain(*before, _seen_now(context, services, service, counting))
    seen = {outage.start_ms: outage for outage in _together(several)}
    agreed, gross, claimed = (one.measured[view].outages for view in ("agreed", "gross", "claimed"))
    agreed_ms = _whole(agreed)
    gross_ms = agreed_ms if gross is agreed else _whole(gross)
    claimed_ms = agreed_ms if claimed is agreed else _whole(claimed)
    now_ms = context.contract_context.now_ms
    found: list[Outage] = []
    for (start_ms, end_ms, _), counted, whole, least in zip(agreed, agreed_ms, gross_ms, claimed_ms, strict=True):
        fact = seen.get(start_ms)
        if fact is not None:
            until_ms = None if end_ms >= now_ms else end_ms
            is_seen = until_ms is None or fact.end_ms != until_ms or fact.end_seen
            changed = fact._replace(end_ms=until_ms, end_seen=is_seen, downtime_ms=counted)
            found.append(changed._replace(gross_ms=whole, claimed_ms=least))
    return tuple(found)


def _seen_now(
    context: PeriodContext, services: Mapping[str, ServiceAssessment], service: str, counting: Counting
) -> Sequence[Outage]:
    """What was seen down in each outage: the service's own, unless the KPI sees others."""
    is_plain = not any(counting.sight)
    return services[service].outages if is_plain else outages_of(context, service, counting)


def _seen_before(
    context: PeriodContext, service: str, counting: Counting, month: str, times: ServiceTimes
) -> Sequence[Outage]:
    """The same in an earlier month. Once that is over it is kept, as its time is."""
    key = month, service, counting.sight
    found = times.outages.get(key)
    if found is None:
        earlier = PeriodContext(context.contract_context, (month,))
        found = outages_of(earlier, service, counting)
        if is_over(context.contract_context, earlier.period):
            times.outages[key] = found
    return found


def _together(several: Iterable[Outage]) -> Iterator[Outage]:
    """What two months tell of an outage over their edge is one."""
    last: Outage | None = None
    for one in several:
        if last is not None and last.start_ms == one.start_ms:
            names, numbers = dict.fromkeys((*last.endpoints, *one.endpoints)), {*last.entries, *one.entries}
            places = max(last.places, one.places, key=lambda several: sum(place.whole_ms for place in several))
            last = last._replace(endpoints=tuple(names), entries=tuple(sorted(numbers)), places=places)
            last = last._replace(end_ms=one.end_ms, end_seen=one.end_seen)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _whole(several: Iterable[CountedOutage]) -> list[int]:
    """Whole milliseconds that add up to the sum, to the nearest one."""
    total: Fraction | int = 0
    found: list[int] = []
    for _, _, ms in several:
        if type(ms) is int and type(total) is int:  # nearly every one: a Fraction costs ten times as much
            found.append(ms)
            total += ms
        else:
            before, total = floor(total + HALF), Fraction(total + ms)
            found.append(floor(total + HALF) - before)
    return found
