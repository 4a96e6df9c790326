"""Settlement: running, provisional or final, the register entries that belong to a month, and who has which part of
what is deducted for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import Restatement, Status
from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.credit_inputs import terms_by_day
from sla_monitor.assess.history import as_of
from sla_monitor.assess.measuring import is_seen
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, month_at, period_of
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.entries import Comment, Decision, Done, Entry, TicketRecord, Timed, Undo
from sla_monitor.sla.money.apportionment import shared
from sla_monitor.sla.money.participant_shares import shares_through
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import minor_units, shown
from sla_monitor.sla.working import Working, step


def status_of(context: PeriodContext) -> Status:
    """Whether a month goes on, has ended, or is signed."""
    if context.contract_context.now_ms < context.period.end_ms:
        return "running"
    return "provisional" if context.contract_context.effective.sign_off(context.month) is None else "final"


def restatement(context: PeriodContext, result: PeriodResult, entries: Sequence[Entry]) -> Restatement | None:
    """What a signed month has become, if that is not what was signed; the signed figures stay as they are.

    A sign-off says points and money; any other figure is compared with what it is without what was said since.
    """
    found = context.contract_context.effective.sign_off(context.month)
    if found is None:
        return None
    signed, said = found
    since = _since(context, signed.number, entries)
    is_worth_the_same = result.points == said.points and result.deducted == said.credit
    if is_worth_the_same and not since:
        return None
    before = as_of(context, signed.number)
    if is_worth_the_same and _figures(before) == _figures(result):
        return None
    return Restatement(signed, result.points, Decimal(result.deducted), since, before)


def _since(context: PeriodContext, number: int, entries: Sequence[Entry]) -> tuple[int, ...]:
    """The entries after one that may have changed a month: those about it, or about a month before it, on which caps,
    repeats and averages look back. What awaits a decision has changed nothing yet."""
    contract_context, others = context.contract_context, Others(entries)
    undecided = {one.number for one in contract_context.effective.pending(contract_context.contract)}
    zone, later = contract_context.contract.time_zone, (one for one in entries if one.number > number)
    first = {
        one.number: first_changed(one.body, zone, others, contract_context.margin_ms)
        for one in later
        if one.number not in undecided
    }
    return tuple(number for number, month in first.items() if month is not None and month <= context.month)


def _figures(result: PeriodResult) -> list[tuple[object, ...]]:
    return [(one.kpi, one.value, one.rounded, one.band, one.is_met, one.points) for one in result.kpis]


def entries_of(contract_context: ContractContext, entries: Sequence[Entry], period: Period) -> tuple[Entry, ...]:
    """What the register says about a month: what overlaps it or names it, and what was said about that. Entries that
    were undone are among them, with their undoing."""
    numbers: set[int] = set()
    zone = contract_context.contract.time_zone
    for entry in entries:
        if _touches(entry, numbers, period, zone):
            numbers.add(entry.number)
    return tuple(entry for entry in entries if entry.number in numbers)


def _touches(entry: Entry, numbers: set[int], period: Period, zone: ZoneInfo) -> bool:
    body = entry.body
    if isinstance(body, Decision | Done | Undo) or (isinstance(body, Comment) and body.month is None):
        return body.subject() in numbers
    if isinstance(body, Timed):
        return body.start_ms < period.end_ms and body.end_ms > period.start_ms
    if isinstance(body, TicketRecord):
        return body.opened_ms < period.end_ms and (body.ended_ms is None or body.ended_ms >= period.start_ms)
    return period.name in (body.months(zone) or (month_at(entry.at_ms, zone),))


def report_due_ms(contract_context: ContractContext, terms: Terms, month: str) -> int | None:
    """When the report on the month before is due: the end of that Working Day. None before the second month. Once the
    contract has ended, it is the report on its last month."""
    before = month if contract_context.has_ended and month == contract_context.run.last else shifted(month, -1)
    if before < contract_context.run.first:
        return None
    try:
        due_on = add_working_days(last_day(before), terms.reporting.report_working_days, terms.working_calendar)
    except ValueError:  # a calendar without any Working Day: nothing is ever due
        return None
    return midnight_ms(due_on + timedelta(days=1), terms.time_zone)


def missing_figures(contract_context: ContractContext, earlier: Sequence[PeriodResult]) -> tuple[tuple[str, str], ...]:
    """(KPI, month) of every figure that somebody has to report and nobody has, for months that are over."""
    found: list[tuple[str, str]] = []
    terms_of = _TermsOf(contract_context)
    for past in earlier:
        for result in past.kpis:
            kpi = terms_of.kpi(past.month, result.kpi)
            if result.figure is None and kpi is not None and _is_reported(contract_context, kpi, past.month):
                found.append((result.kpi, past.month))
    return tuple(found)


class _TermsOf:
    """The KPIs in force in each month."""

    def __init__(self, contract_context: ContractContext) -> None:
        self._contract_context = contract_context
        self._known: dict[str, Mapping[str, KpiTerms]] = {}

    def kpi(self, month: str, name: str) -> KpiTerms | None:
        if month not in self._known:
            period = period_of(self._contract_context.contract, month)
            terms = terms_in(self._contract_context.contract, period, self._contract_context.now_ms)
            self._known[month] = {kpi.id: kpi for kpi in terms.kpis}
        return self._known[month].get(name)


def _is_reported(contract_context: ContractContext, kpi: KpiTerms, month: str) -> bool:
    """Whether a KPI's figure comes from people: not from probing, nor from tickets, nor from other KPIs."""
    context = PeriodContext(contract_context, contract_context.run.period_months(month, kpi.measurement_months))
    if kpi.part_kpis or kpi.ticket_terms is not None:
        return False
    return kpi.source_of_truth == "supplier" or not is_seen(context, kpi)


def shares_of(contract: Contract, result: PeriodResult) -> dict[str, tuple[Decimal, Working]]:
    """What each participant has of it, with its working: of a service's money, those who take it. Empty where nobody
    has a share."""
    parts = terms_by_day(contract, result.month)
    places = minor_units(contract.currency)
    total: dict[str, tuple[Decimal, Working]] = {name: (Decimal(0), ()) for name in shares_through(parts)}
    for service, amount in _amounts(result):
        shares = shares_through(parts, service or None)
        if not shares:
            continue
        for name, part in shared(amount, {name: share for name, (share, _) in shares.items()}, places).items():
            share, said = shares[name]
            coins = step(service or "contract", f"{shown(share * 100)} % × {amount}, shared out to the coin", part)
            before, working = total.get(name, (Decimal(0), ()))
            total[name] = before + part, ((*working, said, coins) if amount else working)
    return total


def _amounts(result: PeriodResult) -> Iterator[tuple[str, Decimal]]:
    yield from result.credit.by_service.items()
    yield "", result.withheld
