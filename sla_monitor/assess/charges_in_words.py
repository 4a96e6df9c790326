"""The charges of a month in words: each with its rises and days, and what the months that caps look back on come to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.money.charges_and_caps import Charges
from sla_monitor.periods.months import last_day

MONTHS = 12
"""Before the month: as far back as caps look."""

Parts = list[tuple[Charges, int]]
"""Charges with the number of days for which they were in force."""


def charge_lines(one: ContractAssessment, contract: Contract) -> list[str]:
    """A line for each service that something is charged for, and for the contract as a whole."""
    if one.result is None:
        return []
    told = charges_worked_out(one, contract)
    lines = [f"{name or 'the contract'}: {told[name]} = {amount:f}" for name, amount in one.result.charges.items()]
    total = [f"in all: {sum(one.result.charges.values(), Decimal(0)):f}"] if len(lines) > 1 else []
    return [*lines, *total, *charged_before(one)]


def charges_worked_out(one: ContractAssessment, contract: Contract) -> dict[str, str]:
    """How each charge of the month comes about, by service; empty: the contract as a whole."""
    parts = _parts(one, contract)
    is_cut = bool(parts) and parts[0][0].part_months == "by_day"
    days = last_day(one.period.name).day if is_cut else sum(in_force for _, in_force in parts)
    return {name: " + ".join(_terms(parts, name, days)) for name in (one.result.charges if one.result else ())}


def charged_before(one: ContractAssessment) -> Iterator[str]:
    """What was charged in the months that caps look back on, and what that adds up to."""
    charged = [(month.month, sum(month.charges.values(), Decimal(0))) for month in one.earlier[-MONTHS:]]
    if not any(amount for _, amount in charged):
        return
    runs = [(amount, len(list(run))) for amount, run in groupby(charged, key=lambda one: one[1])]
    told = " + ".join(f"{count} × {amount:f}" if count > 1 else f"{amount:f}" for amount, count in runs)
    total = sum((amount for _, amount in charged), Decimal(0))
    yield f"in the months before, {charged[0][0]} to {charged[-1][0]}: {told} = {total:f}"


def _parts(one: ContractAssessment, contract: Contract) -> Parts:
    parts: Parts = []
    for version in contract.versions_in(one.period.start_ms, one.period.end_ms):
        charges, zone = version.terms.charges, version.terms.time_zone
        days = (local_date(version.end_ms, zone) - local_date(version.start_ms, zone)).days
        if parts and parts[-1][0] == charges:
            parts[-1] = charges, parts[-1][1] + days
        else:
            parts.append((charges, days))
    return parts


def _terms(parts: Parts, name: str, days: int) -> Iterator[str]:
    for charges, in_force in parts:
        rises = [f"(1 + {rise.percent:f} / 100)" for rise in charges.indexation]
        share = [] if in_force == days else [f"{in_force} / {days} days"]
        for charge in charges.monthly:
            if (charge.service or "") == name:
                yield " × ".join([f"{charge.amount:f}", *rises, *share])
