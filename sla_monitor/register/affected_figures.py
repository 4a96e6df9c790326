"""Which figures a claim or a booking can change: every kind of KPI is made of something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sla_monitor.contract.kpis.kpi import AvailabilityKpi, Kpi, RatioKpi
from sla_monitor.contract.terms import Terms
from sla_monitor.register.entries import Claim, Maintenance, TicketRecord
from sla_monitor.register.entry_context import EntryContext, EntryProblem


def without_reach(said: Claim, ground: EntryContext) -> Iterator[EntryProblem]:
    """What is wrong with a claim that names KPIs none of which it could ever change."""
    several = {name: _of_one(said, name, ground) for name in said.kpis}
    if several and all(several.values()):
        yield from (("kpis", why) for why in several.values())


def out_of_reach(said: Claim, ground: EntryContext) -> Iterator[str]:
    """The KPIs that a claim names beside others, and does not change."""
    yield from filter(None, (_of_one(said, name, ground) for name in said.kpis))


def _of_one(said: Claim, name: str, ground: EntryContext) -> str:
    """Why a claim changes nothing of a KPI that it names, whatever the terms in that time; empty: it may."""
    several = [terms for terms in ground.in_force(said.start_ms, said.end_ms) if _kpi(terms, name)]
    found = [
        "" if lets_pass(kpi, terms) else _why_not(said, kpi, terms, ground)
        for terms in several
        if (kpi := _kpi(terms, name))
    ]
    return found[0] if found and all(found) else ""


def _kpi(terms: Terms, name: str) -> Kpi | None:
    return next((kpi for kpi in terms.kpis if kpi.id == name), None)


def _why_not(said: Claim, kpi: Kpi, terms: Terms, ground: EntryContext) -> str:
    if kpi.part_kpis:
        parts = ", ".join(kpi.part_kpis)
        return f"{kpi.id} is made of other KPIs, and changes by their figures alone (name {parts})"
    if kpi.is_of_tickets:
        return "" if said.tickets else f"{kpi.id} is made of tickets, and not of time (name them under tickets)"
    if said.tickets and not said.services:
        return f"{kpi.id} is made of time, and the claim is about tickets alone (name its service)"
    whose = {service.id for service, _ in terms.endpoints_of(kpi)}
    if said.services and not whose & set(said.services):
        return f"{kpi.id} is about {', '.join(sorted(whose))}, which the claim is not (name its service)"
    return ""


def lets_pass(kpi: Kpi, terms: Terms) -> bool:
    """Whether a granted claim that names a KPI lets its failure pass: nothing can be left out of a figure that somebody
    reports, nor, whatever is seen here, of the supplier's where that one counts."""
    is_made_here = bool(kpi.part_kpis) or kpi.is_of_tickets or is_probed(kpi, terms)
    return kpi.source_of_truth == "supplier" or not is_made_here


def is_probed(kpi: Kpi, terms: Terms) -> bool:
    """Whether a figure comes from looking at endpoints."""
    return kpi.is_probed and next(terms.endpoints_of(kpi), None) is not None


def meant(said: Claim | Maintenance, terms: Terms) -> Iterator[Kpi]:
    """The KPIs made of the time of the services that are meant, as far as they are named."""
    named = said.kpis if isinstance(said, Claim) else ()
    for kpi in terms.kpis:
        is_ours = not named or kpi.id in named
        whose = (service.id for service, _ in terms.endpoints_of(kpi)) if is_ours and is_probed(kpi, terms) else ()
        if any(not said.services or name in said.services for name in whose):
            yield kpi


def counts_it_all(kpi: Kpi) -> bool:
    """Whether excluded time counts like any other."""
    return isinstance(kpi, AvailabilityKpi) and kpi.counting.excluded == "counted"


def counting_tickets(tickets: Iterable[TicketRecord], terms: Terms, named: Iterable[str]) -> set[str]:
    """The ids of tickets that one of the KPIs named, or of all, counts."""
    only = set(named)
    several = [kpi for kpi in terms.kpis if isinstance(kpi, RatioKpi) and kpi.is_of_tickets]
    kpis = [kpi for kpi in several if not only or kpi.id in only]
    return {ticket.id for ticket in tickets if any(_counts(kpi, ticket) for kpi in kpis)}


def _counts(kpi: RatioKpi, ticket: TicketRecord) -> bool:
    is_ours = kpi.service is None or ticket.service in {None, kpi.service}
    return is_ours and (not kpi.priorities or ticket.priority in kpi.priorities)
