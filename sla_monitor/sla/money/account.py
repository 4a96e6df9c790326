"""The account: charges and credits of earlier months and of the contract year, as bases of caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from sla_monitor.periods.months import TermMonths, Window, shifted
from sla_monitor.sla.money.charges import of_service
from sla_monitor.sla.results import PeriodResult

Over: TypeAlias = Window | Literal["trailing_12_months"]

WHOLE = ""
"""The scope that is the contract as a whole."""


@dataclass(frozen=True, slots=True)
class Account:
    """One month, and the months before, oldest first. `coming`: the charges of later months that the terms tell."""

    run: TermMonths
    month: str
    currency: str
    charges: Mapping[str, Decimal]
    earlier: Sequence[PeriodResult]
    estimated_year_1: Decimal | None = None
    coming: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    def months_before(self, over: Over) -> list[PeriodResult]:
        """The earlier months of a window: none for `period`, eleven for `trailing_12_months`, or those of the quarter
        or the year."""
        begin = shifted(self.month, -11) if over == "trailing_12_months" else self.run.window(over, self.month)[0]
        return [past for past in self.earlier if begin <= past.month < self.month]

    def charges_of(self, base: Over | Literal["estimated_year_1"], scope: str) -> Decimal:
        """The charges that a cap's percentage is of. A year or a quarter ends with the term; months of it of which
        nobody tells the charges are taken at this month's."""
        if base == "estimated_year_1":
            return self.estimated_year_1 or Decimal(0)
        this = _of(self.charges, scope)
        if base == "period":
            return this
        known = {past.month: _of(past.charges, scope) for past in self.earlier}
        if base == "trailing_12_months":
            return sum((known.get(shifted(self.month, -n), Decimal(0)) for n in range(1, 13)), Decimal(0))
        known |= {month: _of(charges, scope) for month, charges in self.coming.items()}
        return sum((known.get(month, this) for month in self.run.window(base, self.month)), Decimal(0))

    def given_before(self, over: Over, scope: str) -> Decimal:
        """Credits and compensation of the earlier months of a window, after their caps."""
        return sum((given(past, scope) for past in self.months_before(over)), Decimal(0))


def given(past: PeriodResult, scope: str = WHOLE) -> Decimal:
    """What the supplier gave up in a month; compensation belongs to the contract as a whole."""
    if scope:
        return past.credit.by_service.get(scope, Decimal(0))
    return past.credit.total + past.withheld


def _of(charges: Mapping[str, Decimal], scope: str) -> Decimal:
    return of_service(charges, scope or None)
