"""What became of credits: the months' money, what was entered about it, and the contract's days for each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import Period
from sla_monitor.register.entries import CreditInvoiced, CreditNotified, CreditSettled, CreditWrittenOff, Dispute
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit, Move, moves_of
from sla_monitor.sla.results import PeriodResult


def credit_account(
    contract_context: ContractContext, period: Period, results: Sequence[PeriodResult], days: KnownDays
) -> CreditAccount:
    """The account at the end of a month, or now while it runs. `results`: the months that are over, ascending. Empty
    where the contract says nothing of invoicing and nobody has entered anything."""
    contract = contract_context.contract
    moves = list(_moves(contract_context))
    if not moves and not any(version.terms.invoicing for version in contract.versions):
        return CreditAccount()
    as_of = local_date(min(contract_context.now_ms, period.end_ms - 1), contract.time_zone)
    disputes = _disputes(contract_context)
    months = []
    measured = [past for past in results if past.is_measured]
    for past in measured:
        ours = moves_of(moves, past.month, as_of)
        expected = Decimal(past.deducted)
        signed = contract_context.effective.sign_off(past.month)
        if expected or ours:
            worth = None if signed is None or signed[1].no_figures else signed[1].credit
            when, disputed = days.of_credit(past.month), disputes.get(past.month, ())
            months.append(MonthCredit(past.month, as_of, when, expected, worth, ours, disputed))
    known = {past.month for past in measured}
    stray = tuple(sorted(move.entry for move in moves if move.month not in known and move.on <= as_of))
    return CreditAccount(as_of, tuple(months), stray)


def _moves(contract_context: ContractContext) -> Iterator[Move]:
    effective = contract_context.effective
    for entry, notice in effective.of(CreditNotified):
        yield Move(entry.number, "notified", notice.month, notice.amount, notice.on, reference=entry.reference)
    for entry, line in effective.of(CreditInvoiced):
        where = {"invoice": line.invoice, "line": line.line or "", "reference": entry.reference}
        yield Move(entry.number, "invoiced", line.month, line.amount, line.on, **where)
    for entry, money in effective.of(CreditSettled):
        yield Move(entry.number, money.how, money.month, money.amount, money.on, reference=entry.reference)
    for entry, given_up in effective.of(CreditWrittenOff):
        yield Move(entry.number, "written_off", given_up.month, given_up.amount, given_up.on, reference=entry.reference)


def _disputes(contract_context: ContractContext) -> dict[str, tuple[int, ...]]:
    """The disputes that await a decision, by the months that they are about."""
    found: dict[str, tuple[int, ...]] = {}
    zone = contract_context.contract.time_zone
    for entry in contract_context.effective.pending(contract_context.contract):
        for month in entry.body.months(zone) if isinstance(entry.body, Dispute) else ():
            found[month] = (*found.get(month, ()), entry.number)
    return found
