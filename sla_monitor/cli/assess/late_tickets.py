"""The tickets that a figure is made of, and which of them are late: they can be counted after."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.rulings import Case
from sla_monitor.cli.shared.table_figures import told_duration, told_time
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import Kpi, RatioKpi
from sla_monitor.register.effective import standing
from sla_monitor.register.entries import Claim, TicketRecord
from sla_monitor.sla.tickets import Stop, Ticket, elapsed_ms

TOLD_AT_MOST = 50
"""Late tickets told of one KPI; the review pack has them all."""


def late_tickets(one: ContractAssessment, contract: Contract, kpi: Kpi | None) -> list[str]:
    """A line for each ticket of the month that is late under a KPI, and for those that were left out. Of a measurement
    period that began before, the months before tell theirs."""
    if not isinstance(kpi, RatioKpi) or kpi.within_ms is None:
        return []
    lines = list(_late(one, contract, kpi))
    more = len(lines) - TOLD_AT_MOST
    return lines if more <= 0 else [*lines[:TOLD_AT_MOST], f"... and {more} more"]


def _late(one: ContractAssessment, contract: Contract, kpi: RatioKpi) -> Iterator[str]:
    case = Case(contract, standing(one.entries))
    excused = {
        name: entry.number
        for entry, said in case.standing.of(Claim)
        if (not said.kpis or kpi.id in said.kpis) and is_granted(case, entry, said)
        for name in said.tickets
    }
    zone, now_ms = ZoneInfo(one.time_zone), one.at_ms
    calendar = contract.version_at(min(one.period.end_ms - 1, now_ms)).terms.calendars.get(kpi.clock.calendar)
    for ticket in _counted(one, kpi, case):
        took_ms = elapsed_ms(ticket, kpi, calendar, zone, now_ms)
        if took_ms > (kpi.within_ms or 0):
            left_out = f", left out by #{excused[ticket.id]}" if ticket.id in excused else ""
            told = f"{ticket.id} ({ticket.priority}, {told_time(ticket.opened_ms, zone)})"
            yield f"late: {told}: {told_duration(took_ms)} on the clock{left_out}"


def _counted(one: ContractAssessment, kpi: RatioKpi, case: Case) -> Iterator[Ticket]:
    """The tickets of the month that are of the KPI's priorities and service."""
    for _, said in case.standing.of(TicketRecord):
        ended_ms = said.ended_ms if kpi.measures == "resolution" else said.responded_ms or said.ended_ms
        belongs_ms = said.opened_ms if kpi.counted_when == "opened" else ended_ms
        is_ours = kpi.service is None or said.service in {None, kpi.service}
        if belongs_ms is None or not one.period.start_ms <= belongs_ms < one.period.end_ms or not is_ours:
            continue
        if not kpi.priorities or said.priority in kpi.priorities:
            stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in said.stops)
            yield Ticket(said.id, said.priority, said.opened_ms, said.responded_ms, said.ended_ms, stops)
