"""What became of credits: the months' money, what was entered about it, and the contract's days for each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import Period
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import CreditInvoiced, CreditNotified, CreditSettled, CreditWrittenOff, Dispute
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit, Move, moves_by_month
from sla_monitor.sla.results import PeriodResult


def credit_account(
    contract_context: ContractContext, period: Period, results: Sequence[PeriodResult], days: KnownDays
) -> CreditAccount:
    """The account at the end of a month, or now while it runs. `results`: the months that are over, ascending. Empty
    where the contract says nothing of invoicing and nobody has entered anything."""
    contract = contract_context.contract
    moves = list(_moves(contract_context.effective))
    if not moves and not any(version.terms.invoicing for version in contract.versions):
        return CreditAccount()
    as_of = local_date(min(contract_context.now_ms, period.end_ms - 1), contract.time_zone)
    disputes, by_month = _disputes(contract, contract_context.effective), moves_by_month(moves, as_of)
    months = []
    measured = [past for past in results if past.is_measured]
    for past in measured:
        ours = by_month.get(past.month, ())
        expected = Decimal(past.deducted)
        signed = contract_context.effective.sign_off(past.month)
        if expected or ours:
            worth = None if signed is None or signed[1].no_figures else signed[1].credit
            when, disputed = days.of_credit(past.month), disputes.get(past.month, ())
            months.append(MonthCredit(past.month, as_of, when, expected, worth, ours, disputed))
    known = {past.month for past in measured}
    stray = tuple(sorted(move.entry for move in moves if move.month not in known and move.on <= as_of))
    return CreditAccount(as_of, tuple(months), stray)


def brought_up_to(
    account: CreditAccount, contract: Contract, effective: EffectiveEntries, now_ms: int
) -> CreditAccount:
    """The account with all that was entered until now. What its months come to is as it was assessed."""
    moves, disputes = list(_moves(effective)), _disputes(contract, effective)
    if not moves and not account:
        return account
    as_of = local_date(now_ms, contract.time_zone)
    by_month = moves_by_month(moves, as_of)
    months = tuple(
        replace(one, as_of=as_of, moves=by_month.get(one.month, ()), disputed_by=disputes.get(one.month, ()))
        for one in account.months
    )
    known = {one.month for one in months}
    stray = tuple(sorted(move.entry for move in moves if move.month not in known and move.on <= as_of))
    return CreditAccount(as_of, months, stray)


def _moves(effective: EffectiveEntries) -> Iterator[Move]:
    for entry, notice in effective.of(CreditNotified):
        yield Move(entry.number, "notified", notice.month, notice.amount, notice.on, reference=entry.reference)
    for entry, line in effective.of(CreditInvoiced):
        where = {"invoice": line.invoice, "line": line.line or "", "reference": entry.reference}
        yield Move(entry.number, "invoiced", line.month, line.amount, line.on, **where)
    for entry, money in effective.of(CreditSettled):
        yield Move(entry.number, money.how, money.month, money.amount, money.on, reference=entry.reference)
    for entry, given_up in effective.of(CreditWrittenOff):
        yield Move(entry.number, "written_off", given_up.month, given_up.amount, given_up.on, reference=entry.reference)


def _disputes(contract: Contract, effective: EffectiveEntries) -> dict[str, tuple[int, ...]]:
    """The disputes that await a decision, by the months that they are about."""
    found: dict[str, tuple[int, ...]] = {}
    zone = contract.time_zone
    for entry in effective.pending(contract):
        for month in entry.body.months(zone) if isinstance(entry.body, Dispute) else ():
            found[month] = (*found.get(month, ()), entry.number)
    return found
