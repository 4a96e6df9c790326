"""Caps limit money, never points: each looks at its own window of months, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.charges_and_caps import Cap
from sla_monitor.sla.money.account import WHOLE, Account
from sla_monitor.sla.money.charges import split
from sla_monitor.sla.results import CapResult, CreditLine, CreditResult
from sla_monitor.sla.rounding import minor_units, money, shown
from sla_monitor.sla.working import Step, step

NOTHING = Decimal(0)


def capped(caps: Sequence[Cap], lines: Sequence[CreditLine], account: Account) -> CreditResult:
    """The month's lines after every cap, in the contract's order."""
    by_service = _by_service(lines)
    before = sum(by_service.values(), NOTHING)
    results: list[CapResult] = []
    for cap in caps:
        if cap.scope == "service":
            for service in [name for name in by_service if name]:
                results.append(cap_result(cap, service, by_service[service], account))
                by_service[service] = results[-1].after
        else:
            results.append(cap_result(cap, WHOLE, sum(by_service.values(), NOTHING), account))
            by_service = _shared_out(results[-1], by_service, account.currency)
    return CreditResult(tuple(lines), tuple(results), by_service, before, sum(by_service.values(), NOTHING))


def cap_result(cap: Cap, scope: str, before: Decimal, account: Account) -> CapResult:
    """What one cap leaves of an amount."""
    limit, told = cap_limit(cap, scope, account)
    used = account.given_before(cap.over, scope)
    after = min(before, max(limit - used, NOTHING))
    steps = (
        told,
        step("used in earlier months", cap.over.replace("_", " "), used, cap.clause),
        step("after the cap", f"the smaller of {before} and {max(limit - used, NOTHING)}", after, cap.clause),
    )
    return CapResult(cap.id, scope, limit, used, before, after, steps)


def cap_limit(cap: Cap, scope: str, account: Account) -> tuple[Decimal, Step]:
    """The cap as an amount, with its working."""
    if cap.amount is not None:
        return cap.amount, step("cap", "", cap.amount, cap.clause)
    is_first_year = account.run.year_of(account.month) == 1
    base = cap.first_year_base if is_first_year and cap.first_year_base else cap.base or "period"
    charges = account.charges_of(base, scope)
    percent = Fraction(cap.percent or 0)
    limit = money(percent / 100 * Fraction(charges), account.currency)
    return limit, step("cap", f"{shown(percent)} % × {charges} ({base.replace('_', ' ')})", limit, cap.clause)


def _by_service(lines: Sequence[CreditLine]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line.service] = totals.get(line.service, NOTHING) + line.amount
    return totals


def _shared_out(result: CapResult, by_service: dict[str, Decimal], currency: str) -> dict[str, Decimal]:
    """What a cap on the whole leaves, in proportion to what each service had."""
    if result.after == result.before:
        return by_service
    positive = {name: max(amount, NOTHING) for name, amount in by_service.items()}
    return split(result.after, positive, minor_units(currency))
