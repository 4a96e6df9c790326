"""The months before, each worked out once and kept for as long as nothing that it rests on changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sla_monitor.assess.contract_context import ContractContext, is_over
from sla_monitor.assess.credit_inputs import month_input
from sla_monitor.assess.excerpt import excerpt
from sla_monitor.assess.indicators import KpiEvaluation, seen
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.kpi_evaluation import ServiceTimes
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.reconciliation import Reconciliation
from sla_monitor.assess.sample_cache import Memory
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import period_of
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.downtime import CountedOutage
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.measure import measured
from sla_monitor.sla.money.month_engine import Setting, period_result
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult
from sla_monitor.sla.tickets import LateTicket
from sla_monitor.sla.working import Step

CLOCK_SLACK = 6
"""How many times as long as its clock a ticket may take on the wall: a week has 168 hours, and about 40 of work."""

FOREVER_MS = 2**62


@dataclass(slots=True)
class Cache:
    """What one contract's closed months came to, for as long as neither its terms change nor what was said of its
    figures, and nobody sets the clock. Give the same one at every assessment of the contract; it is for one thread at a
    time."""

    contract: Contract | None = None
    entries: tuple[Entry, ...] = ()
    figured_from: tuple[Entry, ...] = ()
    imports: tuple[Import, ...] = ()
    mark: tuple[object, ...] = ()
    effective: EffectiveEntries = field(default_factory=EffectiveEntries)
    results: dict[str, PeriodResult] = field(default_factory=dict)
    reconciled: dict[str, Reconciliation] = field(default_factory=dict)
    times: ServiceTimes = field(default_factory=ServiceTimes)
    days: KnownDays | None = None
    samples: Memory = field(default_factory=Memory)
    latest_ms: int = 0
    moves: tuple[ClockMove, ...] = ()

    def mind_the_clock(self, moves: tuple[ClockMove, ...], now_ms: int) -> None:
        """Forget what was made by another clock: by that a month was over and its observations were in."""
        if now_ms < self.latest_ms or moves != self.moves:
            self.mark, self.samples = (), Memory()
        self.latest_ms, self.moves = now_ms, moves

    def effective_of(
        self, contract: Contract, entries: tuple[Entry, ...], now_ms: int, imports: tuple[Import, ...] = ()
    ) -> EffectiveEntries:
        """What stands of a contract's entries; whatever rests on others, or on other imports, is forgotten. Where
        credits must be claimed, every day may be the last one. Months stay where no entry was made that may change a
        figure: a line of the minutes, a comment or the payment of a credit does not."""
        if imports != self.imports:
            self.imports, self.mark, self.samples = imports, (), Memory()
        needs_claims = any(not version.terms.claims.automatic for version in contract.versions)
        mark = (local_date(now_ms, contract.time_zone) if needs_claims else None,)
        is_as_before = contract is self.contract and mark == self.mark
        before, self.entries = self.entries, entries
        if is_as_before and entries == before:
            return self.effective
        figured_from = tuple(entry for entry in entries if entry.body.changes_figures)
        if not is_as_before or figured_from != self.figured_from:
            self.results = {}
        self.contract, self.mark, self.figured_from = contract, mark, figured_from
        self.effective = effective_entries(entries)
        self.reconciled, self.times = {}, ServiceTimes()
        self.samples.expect(contract)
        return self.effective

    def days_of(self, contract: Contract) -> KnownDays:
        """What follows from the contract alone."""
        if self.days is None or self.days.contract is not contract:
            self.days = KnownDays(contract)
        return self.days


def contract_context_of(
    contract: Contract, evidence: Evidence, now_ms: int, cache: Cache, said: Sequence[Entry] | None = None
) -> ContractContext:
    """A contract and its evidence at an instant. `said`: the register, if it is another one than the evidence's."""
    cache.mind_the_clock(tuple(evidence.clock_moves(0, FOREVER_MS)), now_ms)
    known = evidence.entries(contract.id) if said is None else said
    entries = tuple(entry for entry in known if entry.at_ms <= now_ms)
    imports = tuple(evidence.imports(contract.id))
    return ContractContext(
        contract, evidence, cache.effective_of(contract, entries, now_ms, imports), now_ms, imports=imports
    )


def history(
    contract: Contract,
    evidence: Evidence,
    until_month: str,
    now_ms: int,
    cache: Cache | None = None,
    said: Sequence[Entry] | None = None,
) -> tuple[PeriodResult, ...]:
    """Every month before `until_month` (2026-10), oldest first, folded from the contract's first month on.

    Months before anything was seen have no measured availability. A month is kept in the cache once nothing that was
    seen can change it any more: a day after its end (`margin_ms`), and when none of its tickets is open.
    """
    cache = cache or Cache()
    return earlier_months(contract_context_of(contract, evidence, now_ms, cache, said), until_month, cache)


def earlier_months(
    contract_context: ContractContext,
    until_month: str,
    cache: Cache,
    yield_control: Callable[[], None] = lambda: None,
    young: ContractContext | None = None,
) -> tuple[PeriodResult, ...]:
    """The same for a contract's context that is there already. `yield_control` is called between months. `young`: the
    same context as months should ask it that are not over yet: on the first day of a month, all of the one before is
    asked for every time."""
    results: list[PeriodResult] = []
    is_settled = True
    for month in contract_context.months(until_month):
        kept = cache.results.get(month)
        if kept is None:
            is_settled = is_settled and _is_settled(contract_context, month)
            is_young = young and not is_over(contract_context, period_of(contract_context.contract, month))
            kept = month_result(young if young and is_young else contract_context, month, results)
            yield_control()
            if is_settled:
                cache.results[month] = kept
        results.append(kept)
    return tuple(results)


def month_result(contract_context: ContractContext, month: str, earlier: list[PeriodResult]) -> PeriodResult:
    """A month that is over."""
    terms = terms_in(contract_context.contract, period_of(contract_context.contract, month), contract_context.now_ms)
    return period_result(setting_of(contract_context), terms, closed_month(contract_context, month), earlier)


def as_of(context: PeriodContext, number: int) -> PeriodResult:
    """What a month comes to by the entries up to this one alone."""
    contract_context = context.contract_context
    entries = tuple(
        entry for entry in contract_context.evidence.entries(contract_context.contract.id) if entry.number <= number
    )
    before = replace(contract_context, effective=effective_entries(entries))
    return month_result(before, context.month, list(earlier_months(before, context.month, Cache())))


def setting_of(contract_context: ContractContext) -> Setting:
    return Setting(contract_context.run, contract_context.contract.currency)


def _is_settled(contract_context: ContractContext, month: str) -> bool:
    """Whether time alone can change a month no more. A ticket that is still open becomes late some day."""
    period = period_of(contract_context.contract, month)
    if not is_over(contract_context, period):
        return False
    several = (kpi.ticket_terms for version in contract_context.contract.versions for kpi in version.terms.kpis)
    longest_ms = max((kpi.limit_ms or 0 for kpi in several if kpi is not None), default=0)
    young_ms = max(period.start_ms, contract_context.now_ms - longest_ms * CLOCK_SLACK)
    return not any(young_ms <= opened_ms < period.end_ms for opened_ms in contract_context.open_tickets)


def closed_month(contract_context: ContractContext, month: str) -> MonthInput:
    """What is priced of a month that has ended."""
    context = PeriodContext(contract_context, (month,))
    by_length: dict[int, list[Kpi]] = {}
    for kpi in context.terms.kpis:
        by_length.setdefault(kpi.measurement_months, []).append(kpi)
    ending: dict[tuple[str, ...], list[Kpi]] = {}
    for length, several in by_length.items():
        months = contract_context.run.period_months(month, length)
        if month == months[-1]:
            ending.setdefault(months, []).extend(several)
    evaluations: dict[str, KpiEvaluation] = {}
    for months, kpis in ending.items():
        figures = _figures(contract_context, months, kpis)
        for kpi, figure in zip(kpis, figures, strict=True):
            evaluations[kpi.id] = KpiEvaluation(kpi, months, {"agreed": figure}, {}, {})
    return month_input(context, evaluations)


def _figures(contract_context: ContractContext, months: tuple[str, ...], kpis: Sequence[Kpi]) -> list[Measured]:
    """What KPIs measured in a measurement period that ended; looked up, once nothing of it can change any more."""
    if not is_over(contract_context, PeriodContext(contract_context, months).period):
        return _measured(contract_context, months, kpis)
    known = excerpt(contract_context, months, kpis)
    if not known.is_settled():
        return _measured(known.contract_context, months, kpis)
    kept = contract_context.recall(known.question(kpis), lambda: _text(_measured(known.contract_context, months, kpis)))
    return [_of_row(row) for row in json.loads(kept)]


def _measured(contract_context: ContractContext, months: tuple[str, ...], kpis: Sequence[Kpi]) -> list[Measured]:
    """A composite that nobody has reported is left to the engine, which has the results of its parts."""
    context, times = PeriodContext(contract_context, months[-1:]), ServiceTimes()
    whole = context if len(months) == 1 else PeriodContext(contract_context, months)

    def figure(kpi: Kpi) -> Measured:
        return measured(kpi, seen(whole, kpi, "agreed", times.of(context, kpi, "agreed")), whole.frame)

    return [figure(kpi) for kpi in kpis]


def _text(figures: Sequence[Measured]) -> str:
    return json.dumps([_row(one) for one in figures], separators=(",", ":"))


def _row(one: Measured) -> list[Any]:
    fractions = (one.value, one.submitted, one.agreed, one.coverage, one.downtime_ms)
    pairs = [None if value is None else [value.numerator, value.denominator] for value in fractions]
    outages = [(*ends, *Fraction(counted_ms).as_integer_ratio()) for *ends, counted_ms in one.outages]
    return [*pairs, one.is_assessable, one.of, one.working, outages, one.late, one.begins_ms]


def _of_row(row: list[Any]) -> Measured:
    *pairs, is_assessable, of, working, listed, tickets, begins_ms = row
    value, submitted, agreed, coverage, downtime_ms = (None if pair is None else Fraction(*pair) for pair in pairs)
    steps = tuple([Step(*step) for step in working])
    outages = tuple([CountedOutage(start_ms, end_ms, Fraction(*counted)) for start_ms, end_ms, *counted in listed])
    late = tuple([LateTicket(*each) for each in tickets])
    return Measured(value, submitted, agreed, coverage, is_assessable, steps, of, downtime_ms, outages, late, begins_ms)
