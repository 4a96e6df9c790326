"""The account of a contract's credits, worked out from the ledger as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sla_monitor.cli.shared.sources import recorded

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.sla.money.recovery import CreditAccount


def account_of(contract: Contract, config: Path, ledger: Path | None) -> CreditAccount:
    """The account of a contract now."""
    from sla_monitor.assess.history import Cache, contract_context_of, earlier_months
    from sla_monitor.assess.known_days import KnownDays
    from sla_monitor.assess.recovery import credit_account
    from sla_monitor.clock import SystemClock
    from sla_monitor.periods.edges import month_of
    from sla_monitor.periods.months import shifted

    now_ms, cache = SystemClock().now_ms(), Cache()
    with recorded(config, ledger) as reader:
        context = contract_context_of(contract, reader, now_ms, cache)
        period = month_of(now_ms, contract.time_zone)
        until = shifted(period.name, 1) if context.has_ended else period.name
        return credit_account(context, period, earlier_months(context, until, cache), KnownDays(contract))
