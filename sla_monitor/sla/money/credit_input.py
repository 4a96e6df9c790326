"""CreditInput: one month of one contract, and the months before, as credit rules read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import CreditTerms
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.banding import banded_value
from sla_monitor.sla.money.charges import of_measurement_period, of_service
from sla_monitor.sla.results import CreditLine, KpiResult, MonthInput, PeriodResult
from sla_monitor.sla.rounding import money, shown
from sla_monitor.sla.scoring import is_bedding_in
from sla_monitor.sla.working import Working, step


@dataclass(frozen=True, slots=True)
class CreditInput:
    """All that a credit may depend on: the month, its results, and the months before, oldest first. `given`: what the
    rules before it come to in the month."""

    seen: MonthInput
    run: TermMonths
    currency: str
    kpis: dict[str, KpiTerms]
    results: dict[str, KpiResult]
    earlier: Sequence[PeriodResult] = ()
    given: Decimal = Decimal(0)

    def priced(self, names: Sequence[str]) -> Iterator[KpiResult]:
        """The results of the named KPIs (none: of all) that cost money: KPIs, assessable, bedded in."""
        found = (self.results[name] for name in names or self.results if name in self.results)
        return (result for result in found if result.is_priced)

    def costing(self, names: Sequence[str]) -> Iterator[KpiResult]:
        """The same without those that a waiver lets pass, also where they meet their target and cost something."""
        return (result for result in self.priced(names) if result.kpi not in self.seen.waived)

    def earning(self, names: Sequence[str]) -> Iterator[KpiResult]:
        """Those that cost money, and those that meet their target and are let pass: a waiver takes nothing away."""
        for name in (name for name in names if name in self.results):
            result, kpi = self.results[name], self.kpis[name]
            is_let_pass = result.is_met and result.is_kpi and name in self.seen.waived
            if result.is_priced or (is_let_pass and not is_bedding_in(kpi, self.seen.month)):
                yield result

    def value_of(self, result: KpiResult) -> Fraction:
        """The figure that is compared with edges."""
        return banded_value(self.kpis[result.kpi], result.value or Fraction(0))

    def points(self, names: Sequence[str]) -> Fraction:
        """The points of the named KPIs (none: of all) that cost money."""
        return sum((result.points for result in self.costing(names)), Fraction(0))

    def charges(self, rule: CreditTerms) -> Decimal:
        """The month's."""
        return of_service(self.seen.charges, rule.service)

    def period_charges(self, rule: CreditTerms, kpi: str) -> tuple[Decimal, Working]:
        """The charges of all months of a KPI's measurement period, with their sum where they are several."""
        months = self.kpis[kpi].measurement_months
        if months == 1:
            return self.charges(rule), ()
        known = {past.month: past.charges for past in self.earlier} | {self.seen.month: self.seen.charges}
        several = of_measurement_period(self.run, self.seen.month, months, known, rule.service)
        total = sum(several, Decimal(0))
        return total, (step("charges of the measurement period", " + ".join(map(str, several)), total, rule.clause),)

    def line(
        self, rule: CreditTerms, kpi: str | None, amount: Fraction, formula: str, before: Working = ()
    ) -> CreditLine:
        """An amount, rounded, or nothing where it does not reach the minimum payout."""
        paid = money(amount, self.currency, rule.rounding)
        working = (*before, step("credit", formula, paid, rule.clause))
        if rule.min_payout and paid > 0 and not rule.min_payout.is_reached(paid):
            paid = money(Fraction(0), self.currency)
            working = (*working, step("minimum payout", "not reached", paid, rule.clause))
        return CreditLine(rule.id, kpi, rule.service or "", paid, working)


def percent_of(percent: Fraction, charges: Decimal) -> tuple[Fraction, str]:
    """A percentage of the charges, and how that is written."""
    return percent / 100 * Fraction(charges), f"{shown(percent)} % × {charges}"
