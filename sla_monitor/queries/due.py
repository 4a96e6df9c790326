"""Queries that are due: a pure function of the terms, the register, the hour, and earlier queries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
from sla_monitor.periods.edges import Period, month_at, period_of, run_of
from sla_monitor.periods.months import shifted
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Entry, ReportedFigure
from sla_monitor.register.instant import format_utc

ACTOR = "sla-monitor"
SETTLING_MS = 300_000
"""How long after the end of a period its last samples may still be on their way into Prometheus."""

AGAIN_MS = 300_000
"""How long after a question that was not answered it is asked again; each further time twice as long, up to what the
KPI's `every` says: a Prometheus that does not reach back so far will not do so tomorrow either."""

_EVALUATED = re.compile(r"evaluated at (\S+)")


@dataclass(frozen=True, slots=True)
class KpiQuery:
    """A KPI's figure from `start_ms` to the instant of evaluation; `is_last`: the period is over."""

    contract: str
    kpi: str
    month: str
    source: PrometheusSource
    start_ms: int
    at_ms: int
    is_last: bool

    @property
    def key(self) -> Key:
        return self.contract, self.kpi, self.month, self.is_last


Key = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """When a question was asked the last time, and how often in a row it has not been answered."""

    at_ms: int
    failures: int = 0


def questions(
    contract: Contract, entries: Sequence[Entry], asked: Mapping[Key, LastAttempt], now_ms: int
) -> Iterator[KpiQuery]:
    """Those of one contract that are due."""
    effective = effective_entries(entries)
    for name, months in _kpis(contract, now_ms):
        for period, month, is_last in _periods(contract, months, now_ms):
            kpi = next((each for each in terms_in(contract, period, now_ms).kpis if each.id == name), None)
            source = kpi.asked_source if kpi is not None and kpi.measurement_months == months else None
            if source is None or not _is_ours(effective, name, month):
                continue
            at_ms = period.end_ms - 1 if is_last else now_ms
            question = KpiQuery(contract.id, name, month, source, period.start_ms, at_ms, is_last)
            if _is_due(question, entries, asked.get(question.key), now_ms):
                yield question


def ours(entries: Sequence[Entry], kpi: str, month: str) -> tuple[Entry, ReportedFigure] | None:
    """The last figure that was entered here, undone or not."""
    for entry in reversed(entries):
        body = entry.body
        if isinstance(body, ReportedFigure) and entry.actor == ACTOR and (body.kpi, body.month) == (kpi, month):
            return entry, body
    return None


def _kpis(contract: Contract, now_ms: int) -> dict[tuple[str, int], None]:
    """Every KPI that was ever asked for, with the months of its measurement period: it may have gone since."""
    versions = (
        version for version in contract.versions if version.from_ms <= now_ms or version is contract.versions[0]
    )
    return {
        (kpi.id, kpi.measurement_months): None
        for version in versions
        for kpi in version.terms.kpis
        if kpi.asked_source is not None
    }


def _periods(contract: Contract, months: int, now_ms: int) -> Iterator[tuple[Period, str, bool]]:
    """The measurement period that ended last and the running one, each with its last month."""
    first_ms, end_ms = contract.term_ms
    if now_ms <= first_ms:
        return
    run, month = run_of(contract), month_at(min(now_ms, end_ms - 1), contract.time_zone)
    running = run.period_months(month, months)
    is_over = now_ms >= end_ms
    last = running if is_over else run.period_months(shifted(running[0], -1), months)
    if last[-1] >= run.first:
        yield period_of(contract, last[0], last[-1]), last[-1], True
    if not is_over:
        yield period_of(contract, running[0], running[-1]), running[-1], False


def _is_ours(effective: EffectiveEntries, kpi: str, month: str) -> bool:
    """A figure that a person has entered for the authority is never put aside, nor that of a month that is final."""
    if effective.sign_off(month) is not None:
        return False
    found = effective.figure(kpi, month, "authority")
    return found is None or found[0].actor == ACTOR


def _is_due(question: KpiQuery, entries: Sequence[Entry], before: LastAttempt | None, now_ms: int) -> bool:
    if before is not None and before.failures:
        return now_ms >= before.at_ms + min(AGAIN_MS << min(before.failures - 1, 20), question.source.every_ms)
    last = ours(entries, question.kpi, question.month)
    if question.is_last:
        is_settled = now_ms > question.at_ms + SETTLING_MS
        return (
            is_settled
            and before is None
            and not (last is not None and _evaluated(last[0]) == format_utc(question.at_ms))
        )
    since_ms = max(question.start_ms, before.at_ms if before else 0, last[0].at_ms if last else 0)
    return now_ms >= since_ms + question.source.every_ms


def _evaluated(entry: Entry) -> str:
    found = _EVALUATED.search(entry.evidence)
    return found[1] if found else ""
