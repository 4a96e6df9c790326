"""Which figures a claim or a booking can change: every kind of KPI is made of something else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Terms

if TYPE_CHECKING:
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.kinds.kind import TimedKind
    from sla_monitor.register.kinds.ticket import TicketRecord


def lets_pass(kpi: Kpi, terms: Terms) -> bool:
    """Whether a granted claim that names a KPI lets its failure pass: nothing can be left out of a figure that somebody
    reports, nor, whatever is seen here, of the supplier's where that one counts."""
    is_made_here = bool(kpi.part_kpis) or kpi.ticket_terms is not None or is_probed(kpi, terms)
    return kpi.source_of_truth == "supplier" or not is_made_here


def is_probed(kpi: Kpi, terms: Terms) -> bool:
    """Whether a figure comes from probing endpoints."""
    return kpi.is_probed and next(terms.endpoints_of(kpi), None) is not None


def time_doubts(
    said: TimedKind, services: Collection[str], named: Collection[str] | None, context: EntryContext
) -> Iterator[str]:
    """About time of services (none: all) that no figure is made of, or from whose figures it is not taken. `named`: the
    KPIs that are meant alone, if any; None: a kind of entry that cannot name any."""
    kpis = list(_meant(services, named or (), context.contract.version_at(said.start_ms).terms))
    if not kpis and not named:
        whose = ", ".join(services) or "these services"
        remedy = "" if named is None else " (for a figure that somebody reports, name its KPI)"
        yield f"no KPI is worked out from the time of {whose}: no figure changes{remedy}"
    for kpi in kpis:
        if kpi.source_of_truth == "supplier":
            if kpi.id not in (named or ()):
                remedy = "" if named is None else " (name the KPI, and its failure is let pass)"
                yield f"the supplier's figure counts for {kpi.id}, and does not change{remedy}"
        elif counts_it_all(kpi, said):
            yield f"{kpi.id} counts excluded time like any other: its figure does not change"
        else:
            yield from _agreed(kpi, said, context)


def _agreed(kpi: Kpi, said: TimedKind, context: EntryContext) -> Iterator[str]:
    for month in said.months(context.contract.time_zone):
        found = context.effective.figure(kpi.id, month, "agreed")
        if found is not None:
            yield f"entry {found[0].number} is an agreed figure of {kpi.id} for {month}, which does not change"


def _meant(services: Collection[str], named: Collection[str], terms: Terms) -> Iterator[Kpi]:
    """The KPIs made of the time of the services that are meant, as far as they are named."""
    for kpi in terms.kpis:
        is_ours = not named or kpi.id in named
        whose = (service.id for service, _ in terms.endpoints_of(kpi)) if is_ours and is_probed(kpi, terms) else ()
        if any(not services or name in services for name in whose):
            yield kpi


def counts_it_all(kpi: Kpi, said: TimedKind) -> bool:
    """Whether time that an entry excludes counts like any other."""
    counting = kpi.downtime_counting
    return counting is not None and said.excludes in counting.kinds("counted")


def counting_tickets(tickets: Iterable[TicketRecord], terms: Terms, named: Iterable[str]) -> set[str]:
    """The ids of tickets that one of the KPIs named, or of all, counts."""
    only = set(named)
    several = (kpi.ticket_terms for kpi in terms.kpis if not only or kpi.id in only)
    kpis = [kpi for kpi in several if kpi is not None]
    return {ticket.id for ticket in tickets if any(kpi.covers(ticket.priority, ticket.service) for kpi in kpis)}
