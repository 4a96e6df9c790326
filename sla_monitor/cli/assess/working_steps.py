"""The working of an assessment, step by step: with it and a calculator anybody gets the same penny."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import AllowanceUse, ContractAssessment, KpiAssessment, Outage, ServiceAssessment
from sla_monitor.assess.charges_in_words import charge_lines
from sla_monitor.assess.failure_causes import cause_of_kpi, cause_of_outage
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.cli.shared.terminal import plain, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import FirstTimeFixKpi, Kpi, RatioKpi, TicketKpi
from sla_monitor.contract.maintenance import OVER_WORDS
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Claim, TicketRecord, Underpinning
from sla_monitor.sla.downtime import Seconds
from sla_monitor.sla.tickets import Stop, Ticket, TimedTicket, elapsed_ms, tickets_of
from sla_monitor.sla.working import Working
from sla_monitor.wording.durations import format_duration, format_exact_duration
from sla_monitor.wording.instants import format_instant, format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.sights import describe_end, describe_seen_at
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id, describe_reason


def format_working(one: ContractAssessment, contract: Contract, columns: int | None) -> str:
    """The way of counting, the outages, then every KPI, credit line, cap and trigger."""
    blocks = [("How time is counted", list(one.accounting))]
    said = effective_entries(one.entries)
    blocks += [_outages(service, ZoneInfo(one.time_zone), said) for service in one.services if service.outages]
    blocks += [("Maintenance used", [_allowance(each) for each in one.allowances])]
    explained = said.of(Underpinning)
    for kpi in one.kpis:
        told = [(entry, why) for entry, why in explained if kpi.kpi in why.kpis and why.month == one.period.name]
        blocks += [(f"{kpi.kpi}, explained by", [f"{why.explanation}, entry {entry.number}" for entry, why in told])]
        if kpi.terms and kpi.terms.measurement_months > 1:
            lines = [_outage(outage, ZoneInfo(one.time_zone), kpi.service_id, said) for outage in kpi.outages]
            blocks += [(f"Outages of {kpi.kpi} in its measurement period", lines)]
        blocks += [(f"{kpi.kpi}, cause", list(_cause_of(one, kpi, said)))]
        blocks += _of_kpi(kpi, is_running=one.status == "running")
        blocks += [(f"{kpi.kpi}, tickets", ticket_lines(one, contract, kpi.terms))]
    blocks += [("Charges of the month", charge_lines(one, contract)), *_money(one)]
    return "\n\n".join(_block(heading, lines, columns) for heading, lines in blocks if lines)


def _money(one: ContractAssessment) -> Iterator[tuple[str, list[str]]]:
    if one.result is None:
        return
    credit = one.result.credit
    for line in credit.lines:
        yield f"Credit {describe_id(line.rule)}", _steps(line.working)
    for line in credit.held:
        yield f"Not due: {describe_id(line.rule)}", _steps(line.working)
    for cap in credit.caps:
        yield f"Cap {describe_id(cap.cap)} of {cap.scope or 'the contract'}", _steps(cap.working)
    yield "Claims", _steps(credit.working)
    for trigger in one.result.triggers:
        yield f"Trigger {describe_id(trigger.trigger)}", _steps(trigger.working)
    for name, working in one.shares_working.items():
        yield f"Share of {name}", _steps(working)


def _allowance(one: AllowanceUse) -> str:
    """`custody: 30 h of 40 h a contract year, 10 h left`."""
    used, whole, left = (format_duration(ms) for ms in (one.used_ms, one.allowance_ms, one.left_ms))
    return f"{format_list(one.services)}: {used} of {whole} {OVER_WORDS[one.over]}, {left} left"


def _outages(service: ServiceAssessment, zone: ZoneInfo, said: EffectiveEntries) -> tuple[str, list[str]]:
    """One after the other, and what they add up to. KPIs with rules of their own may count less of each."""
    gross, counts = format_exact_duration(service.gross_downtime_ms), format_exact_duration(service.downtime_ms)
    told = (_outage(outage, zone, service.service, said) for outage in service.outages)
    lines = [*told, f"in all: {gross}, after exclusions {counts}"]
    lines += _steps(service.impact_cost.working) if service.impact_cost else []
    return f"Outages of {service.service} in its hours", lines


def _cause_of(one: ContractAssessment, kpi: KpiAssessment, said: EffectiveEntries) -> Iterator[str]:
    period = kpi.period or one.period
    if (given := cause_of_kpi(said, kpi.kpi, period.start_ms, period.end_ms)) is not None:
        yield f"{given[1].explanation}, entry {given[0].number}"


def _outage(outage: Outage, zone: ZoneInfo, service: str, said: EffectiveEntries) -> str:
    when = describe_end(format_stretch(outage.start_ms, outage.end_ms, zone), is_seen=outage.end_seen)
    found, given = describe_reason(outage.reason), cause_of_outage(said, service, outage.start_ms, outage.end_ms)
    found += f" ({given[1].root_cause}; owner {given[1].owner}, entry {given[0].number})" if given else ""
    entries = f" ({', '.join(f'#{number}' for number in outage.entries)})" if outage.entries else ""
    gross, counts = format_exact_duration(outage.gross_ms), format_exact_duration(outage.downtime_ms)
    seen_at = describe_seen_at(outage.endpoints, outage.places)
    return f"{when}, {seen_at}, {found}: {gross}, after exclusions {counts}{entries}"


def _of_kpi(kpi: KpiAssessment, *, is_running: bool) -> Iterator[tuple[str, list[str]]]:
    """Each working once, with the views that it is of; the agreed one up to its points after repeats."""
    found: dict[tuple[Seconds | None, Working], list[str]] = {}
    for view, figure in kpi.views.items():
        is_final = view == "agreed" and kpi.result is not None
        working = kpi.result.working if kpi.result and is_final else figure.working
        found.setdefault((figure.seconds, working), []).append(view)
    for (seconds, working), views in found.items():
        yield f"{kpi.kpi}, {' and '.join(views)}", [*_classes(seconds, is_running=is_running), *_steps(working)]


def _classes(time: Seconds | None, *, is_running: bool) -> Iterator[str]:
    """The time that an availability is made of, before any of its rules."""
    if time is not None:
        classes = {"excluded": time.excluded_ms, "unseen": time.unknown_ms, "degraded": time.degraded_ms}
        classes |= {"down": sum(loss.counted_ms for loss in time.losses)}
        told = ", ".join(f"{name} {format_exact_duration(ms)}" for name, ms in classes.items())
        so_far = " so far" if is_running else ""
        yield f"agreed time{so_far}: {format_exact_duration(time.agreed_ms)}; of it {told}, the rest was up"


def _steps(working: Working) -> list[str]:
    return [str(step) for step in working]


def _block(heading: str, lines: list[str], columns: int | None) -> str:
    """Wrapped on a terminal only: a file holds one step in one line."""
    told = [f"  {plain(line)}" for line in lines]
    return "\n".join([heading, *(wrapped(line, columns, "  ") if columns else line for line in told)])


TOLD_AT_MOST = 50
"""Tickets told of one KPI; the review pack has them all."""


def ticket_lines(one: ContractAssessment, contract: Contract, kpi: Kpi | None) -> list[str]:
    """A line for each ticket of the month that is late under a KPI, or that makes its figure, and for those that were
    left out. Of a measurement period that began before, the months before tell theirs."""
    terms = None if kpi is None else kpi.ticket_terms
    lines = [] if terms is None else list(_of_tickets(one, contract, terms))
    more = len(lines) - TOLD_AT_MOST
    return lines if more <= 0 else [*lines[:TOLD_AT_MOST], f"... and {more} more"]


def _of_tickets(one: ContractAssessment, contract: Contract, kpi: TicketKpi) -> Iterator[str]:
    case = RequestContext(contract, effective_entries(one.entries))
    excused = {
        name: entry.number
        for entry, said in case.effective.of(Claim)
        if (not said.kpis or kpi.id in said.kpis) and is_granted(case, entry, said)
        for name in said.tickets
    }
    zone, now_ms = ZoneInfo(one.time_zone), one.at_ms
    calendar = contract.version_at(min(one.period.end_ms - 1, now_ms)).terms.calendars.get(kpi.clock.calendar)
    several = list(_covered(kpi, case))
    if isinstance(kpi, RatioKpi):
        counted = (ticket for ticket in several if _is_of_month(one, kpi, ticket))
        timed = [TimedTicket(each, elapsed_ms(each, kpi, calendar, zone, now_ms), False) for each in counted]
        timed = [each for each in timed if each.took_ms > (kpi.within_ms or 0)]
    else:
        timed = tickets_of(kpi, several, calendar, zone, one.period, now_ms)
    for ticket, took_ms, is_open in timed:
        left_out = f", left out by #{excused[ticket.id]}" if ticket.id in excused else ""
        told = f"{ticket.id} ({ticket.priority}, {format_instant(ticket.opened_ms, zone)})"
        yield f"{_word(kpi, ticket, is_open)}: {told}: {format_duration(took_ms)} on the clock{left_out}"


def _word(kpi: TicketKpi, ticket: Ticket, is_open: bool) -> str:
    if isinstance(kpi, RatioKpi):
        return "late"
    if isinstance(kpi, FirstTimeFixKpi):
        return "left out" if ticket.attempts is None else format_count(ticket.attempts, "attempt")
    return "open" if is_open else "counted"


def _is_of_month(one: ContractAssessment, kpi: RatioKpi, ticket: Ticket) -> bool:
    ended_ms = ticket.ended_ms if kpi.measures == "resolution" else ticket.responded_ms or ticket.ended_ms
    belongs_ms = ticket.opened_ms if kpi.counted_when == "opened" else ended_ms
    return belongs_ms is not None and one.period.start_ms <= belongs_ms < one.period.end_ms


def _covered(kpi: TicketKpi, case: RequestContext) -> Iterator[Ticket]:
    """The tickets that are of the KPI's priorities and service."""
    for _, said in case.effective.of(TicketRecord):
        if kpi.covers(said.priority, said.service):
            stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in said.stops)
            times = said.opened_ms, said.responded_ms, said.ended_ms
            yield Ticket(said.id, said.priority, *times, stops, said.service, said.attempts)
