"""How far a month is settled, and what of the register belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import Restatement, Status
from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.history import as_of
from sla_monitor.assess.measuring import is_seen
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.kpis.kpi import CompositeKpi, RatioKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, month_at, period_of
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.entries import Decision, Done, Entry, TicketRecord, Timed, Undo
from sla_monitor.sla.results import PeriodResult


def status_of(ground: PeriodContext) -> Status:
    """Whether a month goes on, has ended, or is signed."""
    if ground.world.now_ms < ground.period.end_ms:
        return "running"
    return "provisional" if ground.world.standing.sign_off(ground.month) is None else "final"


def restatement(ground: PeriodContext, result: PeriodResult, entries: Sequence[Entry]) -> Restatement | None:
    """What a signed month has become, if that is not what was signed; the signed figures stay as they are.

    A sign-off says points and money; any other figure is compared with what it is without what was said since.
    """
    found = ground.world.standing.sign_off(ground.month)
    if found is None:
        return None
    signed, said = found
    since = _since(ground, signed.number, entries)
    is_worth_the_same = result.points == said.points and result.deducted == said.credit
    if is_worth_the_same and not since:
        return None
    before = as_of(ground, signed.number)
    if is_worth_the_same and _figures(before) == _figures(result):
        return None
    return Restatement(signed, result.points, Decimal(result.deducted), since, before)


def _since(ground: PeriodContext, number: int, entries: Sequence[Entry]) -> tuple[int, ...]:
    """The entries after one that may have changed a month: those about it, or about a month before it, on which caps,
    repeats and averages look back. What awaits a decision has changed nothing yet."""
    world, others = ground.world, Others(entries)
    undecided = {one.number for one in world.standing.pending(world.contract)}
    zone, later = world.contract.time_zone, (one for one in entries if one.number > number)
    first = {
        one.number: first_changed(one.said, zone, others, world.margin_ms)
        for one in later
        if one.number not in undecided
    }
    return tuple(number for number, month in first.items() if month is not None and month <= ground.month)


def _figures(result: PeriodResult) -> list[tuple[object, ...]]:
    return [(one.kpi, one.value, one.rounded, one.band, one.is_met, one.points) for one in result.kpis]


def entries_of(world: ContractContext, entries: Sequence[Entry], period: Period) -> tuple[Entry, ...]:
    """What the register says about a month: what overlaps it or names it, and what was said about that. Entries that
    were undone are among them, with their undoing."""
    numbers: set[int] = set()
    zone = world.contract.time_zone
    for entry in entries:
        if _touches(entry, numbers, period, zone):
            numbers.add(entry.number)
    return tuple(entry for entry in entries if entry.number in numbers)


def _touches(entry: Entry, numbers: set[int], period: Period, zone: ZoneInfo) -> bool:
    said = entry.said
    if isinstance(said, Decision | Done | Undo):
        return said.about in numbers
    if isinstance(said, Timed):
        return said.start_ms < period.end_ms and said.end_ms > period.start_ms
    if isinstance(said, TicketRecord):
        ended_ms = said.opened_ms if said.ended_ms is None else said.ended_ms
        return said.opened_ms < period.end_ms and ended_ms >= period.start_ms
    return (said.month or month_at(entry.at_ms, zone)) == period.name


def report_due_ms(world: ContractContext, terms: Terms, month: str) -> int | None:
    """When the report on the month before is due: the end of that Working Day. None before the second month. Once the
    contract has ended, it is the report on its last month."""
    before = month if world.has_ended and month == world.run.last else shifted(month, -1)
    if before < world.run.first:
        return None
    try:
        due_on = add_working_days(last_day(before), terms.reporting.report_working_days, terms.working_calendar)
    except ValueError:  # a calendar without any Working Day: nothing is ever due
        return None
    return midnight_ms(due_on + timedelta(days=1), terms.time_zone)


def missing_figures(world: ContractContext, earlier: Sequence[PeriodResult]) -> tuple[tuple[str, str], ...]:
    """(KPI, month) of every figure that somebody has to report and nobody has, for months that are over."""
    found: list[tuple[str, str]] = []
    terms_of = _TermsOf(world)
    for past in earlier:
        for result in past.kpis:
            kpi = terms_of.kpi(past.month, result.kpi)
            if result.figure is None and kpi is not None and _is_reported(world, kpi, past.month):
                found.append((result.kpi, past.month))
    return tuple(found)


class _TermsOf:
    """The KPIs in force in each month."""

    def __init__(self, world: ContractContext) -> None:
        self._world = world
        self._known: dict[str, Mapping[str, KpiTerms]] = {}

    def kpi(self, month: str, name: str) -> KpiTerms | None:
        if month not in self._known:
            period = period_of(self._world.contract, month)
            terms = terms_in(self._world.contract, period, self._world.now_ms)
            self._known[month] = {kpi.id: kpi for kpi in terms.kpis}
        return self._known[month].get(name)


def _is_reported(world: ContractContext, kpi: KpiTerms, month: str) -> bool:
    """Whether a KPI's figure comes from people: not from looking, nor from tickets, nor from other KPIs."""
    ground = PeriodContext(world, world.run.period_months(month, kpi.measurement_months))
    if isinstance(kpi, CompositeKpi) or (isinstance(kpi, RatioKpi) and kpi.within_ms is not None):
        return False
    return kpi.source_of_truth == "supplier" or not is_seen(ground, kpi)
