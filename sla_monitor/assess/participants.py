"""Each participant's part of what is deducted for a month."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sla_monitor.assess.credit_inputs import terms_by_day
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.money.apportionment import shared
from sla_monitor.sla.money.participant_shares import shares_through
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import minor_units, shown
from sla_monitor.sla.working import Working, step


def shares_of(contract: Contract, result: PeriodResult) -> dict[str, tuple[Decimal, Working]]:
    """What each participant has of it, with its working: of a service's money, those who take it. Empty where nobody
    has a share."""
    parts = terms_by_day(contract, result.month)
    places = minor_units(contract.currency)
    total: dict[str, tuple[Decimal, Working]] = {name: (Decimal(0), ()) for name in shares_through(parts)}
    for service, amount in _amounts(result):
        shares = shares_through(parts, service or None)
        if not shares:
            continue
        for name, part in shared(amount, {name: share for name, (share, _) in shares.items()}, places).items():
            share, said = shares[name]
            coins = step(service or "contract", f"{shown(share * 100)} % × {amount}, shared out to the coin", part)
            before, working = total.get(name, (Decimal(0), ()))
            total[name] = before + part, ((*working, said, coins) if amount else working)
    return total


def _amounts(result: PeriodResult) -> Iterator[tuple[str, Decimal]]:
    yield from result.credit.by_service.items()
    yield "", result.withheld
