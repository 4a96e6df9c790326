"""What an entry does not do, though whoever makes it may think so: said when it is entered, and no reason to refuse it.

What can never have an effect is refused (`sla_monitor.register.rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from sla_monitor.contract.kpis.kpi import CompositeKpi, Kpi
from sla_monitor.contract.money.credit_methods import CreditTerms
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import first_day
from sla_monitor.register.affected_figures import (
    counting_tickets,
    counts_it_all,
    is_of_tickets,
    is_probed,
    meant,
    out_of_reach,
)
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.entries import Claim, Entry, Maintenance, ReportedFigure, TicketRecord, Waiver
from sla_monitor.register.entry_context import EntryContext

COUNTS = {"authority": "the authority's figure counts", "supplier": "the supplier's figure counts"}


def doubts(entry: Entry, ground: EntryContext) -> list[str]:
    """What the figures do not take from an entry, a sentence each; none: nothing is known that speaks against it."""
    found = _DOUBTS.get(type(entry.said))
    return list(dict.fromkeys(found(entry.said, ground))) if found else []


def _claim(said: Claim, ground: EntryContext) -> Iterator[str]:
    yield from out_of_reach(said, ground)
    if said.services or not said.tickets:
        yield from _time(said, ground)
    if said.tickets:
        terms = ground.contract.version_at(said.start_ms).terms
        known = [ticket for _, ticket in ground.stands.of(TicketRecord) if ticket.id in said.tickets]
        idle = set(said.tickets) - counting_tickets(known, terms, said.kpis)
        yield from (
            f"no KPI that is meant counts ticket {name} (see its priority and service)" for name in sorted(idle)
        )


def _time(said: Claim | Maintenance, ground: EntryContext) -> Iterator[str]:
    """About time that no figure is made of, or from whose figures it is not taken."""
    terms = ground.contract.version_at(said.start_ms).terms
    kpis = list(meant(said, terms))
    if not kpis and not (isinstance(said, Claim) and said.kpis):
        whose = ", ".join(said.services) or "these services"
        remedy = " (for a figure that somebody reports, name its KPI)" if isinstance(said, Claim) else ""
        yield f"no KPI is worked out from the time of {whose}: no figure changes{remedy}"
    for kpi in kpis:
        if kpi.source_of_truth == "supplier":
            yield from _suppliers(kpi, said)
        elif counts_it_all(kpi):
            yield f"{kpi.id} counts excluded time like any other: its figure does not change"
        else:
            yield from _agreed(kpi, said, ground)


def _suppliers(kpi: Kpi, said: Claim | Maintenance) -> Iterator[str]:
    """A claim that names the KPI lets its failure pass, as for any figure that cannot be worked out again."""
    if isinstance(said, Maintenance) or kpi.id not in said.kpis:
        remedy = " (name the KPI, and its failure is let pass)" if isinstance(said, Claim) else ""
        yield f"the supplier's figure counts for {kpi.id}, and does not change{remedy}"


def _agreed(kpi: Kpi, said: Claim | Maintenance, ground: EntryContext) -> Iterator[str]:
    for month in months_of(said, ground.contract.time_zone, {}):
        found = ground.stands.figure(kpi.id, month, "agreed")
        if found is not None:
            yield f"entry {found[0].number} is an agreed figure of {kpi.id} for {month}, which does not change"


def _waiver(said: Waiver, ground: EntryContext) -> Iterator[str]:
    terms = ground.terms_of(said.month)
    for name in said.kpis:
        kpi = ground.kpi(name, said.month)
        if kpi is not None:
            yield from _nothing_to_waive(kpi, said, terms)
    for whole in terms.kpis:
        parts = {part.kpi for part in whole.parts} if isinstance(whole, CompositeKpi) else set()
        if parts & set(said.kpis) and whole.id not in said.kpis:
            named = ", ".join(sorted(parts & set(said.kpis)))
            yield f"{whole.id}, of which {named} is a part, is not waived with it"


def _nothing_to_waive(kpi: Kpi, said: Waiver, terms: Terms) -> Iterator[str]:
    has_points = any(band.points for band in kpi.bands)
    if kpi.kind == "PI":
        yield f"{kpi.id} is a PI, which costs nothing"
    elif not has_points and not any(kpi.id in _priced(rule) for rule in terms.credits):
        yield f"{kpi.id} has neither points nor a credit of its own: there is nothing to waive"
    elif said.what == "money" and first_day(said.month) < (kpi.bedding_in_until or date.min):
        yield f"{kpi.id} is bedding in until {kpi.bedding_in_until}: its points cost no money yet"


def _priced(rule: CreditTerms) -> set[str]:
    """The KPIs that a rule names, whichever way it does."""
    one, several = getattr(rule, "kpi", None), getattr(rule, "kpis", ())
    return {one, *several, *getattr(rule, "allocation", ()), *getattr(rule, "amounts", ())} - {None}


def _figure(said: ReportedFigure, ground: EntryContext) -> Iterator[str]:
    kpi = ground.kpi(said.kpi, said.month)
    if kpi is None or said.party == "agreed":
        return
    agreed = ground.stands.figure(said.kpi, said.month, "agreed")
    if agreed is not None:
        yield f"entry {agreed[0].number} is the agreed figure of {kpi.id} for {said.month}, and counts"
    elif kpi.source_of_truth in COUNTS and kpi.source_of_truth != said.party:
        yield f"{COUNTS[kpi.source_of_truth]} for {kpi.id} (source_of_truth); this one is shown beside it"
    elif said.party == "authority":
        terms = ground.terms_of(said.month)
        if is_probed(kpi, terms) or is_of_tickets(kpi):
            made = "tickets are counted" if is_of_tickets(kpi) else "its endpoints are looked at"
            yield f"{kpi.id} is worked out where {made}: this figure stands only where there is nothing to work out"


_DOUBTS: dict[type, Callable[[Any, EntryContext], Iterator[str]]] = {
    Claim: _claim,
    Maintenance: _time,
    Waiver: _waiver,
    ReportedFigure: _figure,
}
