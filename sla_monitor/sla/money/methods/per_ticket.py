"""A price for each late ticket, by its lateness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.money.credit_methods import PerTicketCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.tickets import LateTicket
from sla_monitor.sla.working import Step, step


def lines(rule: PerTicketCredit, case: CreditInput) -> Iterator[CreditLine]:
    """The greatest price that holds, for each ticket of the agreed view that has ended late, or for its blocks."""
    result, measured = case.results.get(rule.kpi), case.seen.measured.get(rule.kpi)
    waiver = case.seen.waived.get(rule.kpi)
    if result is None or measured is None or not (result.is_priced or waiver):
        return
    charges = case.charges(rule)
    for ticket in measured.late:
        holding = [one for one in rule.late if one.holds(ticket.late_ms)]
        greatest = max(holding, key=lambda one: one.price(charges), default=None)
        amount = Fraction(0) if greatest is None else greatest.price(charges)
        if greatest is None or not amount:
            continue
        price = greatest.words(charges)
        formula = f"{price} for the ticket"
        working = [_lateness(rule, ticket)]
        if rule.block_ms is not None:
            exact = Fraction(ticket.late_ms, rule.block_ms)
            blocks = floor(exact) if rule.blocks == "full" else ceil(exact)
            said = f"{spelled_duration(ticket.late_ms)} / {spelled_duration(rule.block_ms)}, {rule.blocks} ones"
            working.append(step("blocks", said, blocks, rule.clause))
            amount *= blocks
            formula = f"{price} × {blocks} block{'' if blocks == 1 else 's'}"
        if waiver is not None:
            amount, formula = Fraction(0), f"waived, {waiver.why}"
        yield replace(case.line(rule, rule.kpi, amount, formula, tuple(working)), ticket=ticket.id)


def _lateness(rule: PerTicketCredit, ticket: LateTicket) -> Step:
    """Of which ticket, and by how much on its clock."""
    about = f" of {ticket.service}" if ticket.service else ""
    within_ms = ticket.elapsed_ms - ticket.late_ms
    formula = f"{spelled_duration(ticket.elapsed_ms)} − {spelled_duration(within_ms)}"
    what = f"late, ticket {ticket.id}{about}, {ticket.priority}"
    return step(what, formula, spelled_duration(ticket.late_ms), rule.clause)
