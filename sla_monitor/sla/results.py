"""Inputs and results of the month engine: plain frozen data, every figure with its working."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import DaysOf
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.downtime import CountedOutage
from sla_monitor.sla.tickets import LateTicket
from sla_monitor.sla.working import Working


@dataclass(frozen=True, slots=True)
class Measured:
    """A KPI's figure for one measurement period, in the KPI's unit; None: there is none.

    `submitted` is the supplier's figure, `agreed` the one both have signed; which of them counts is a term of the
    contract. `coverage`: observed / agreed service time. A figure that is not assessable is shown and not priced.
    `of`: how many slots an error rate is the mean of; `downtime_ms`: for an availability that was seen; `outages`: what
    it is made of, in the period that begins at `begins_ms`; `late`: the tickets that ended late. `is_of_nothing`:
    nothing happened that counts, and the figure is what the contract says of that.
    """

    value: Fraction | None
    submitted: Fraction | None = None
    agreed: Fraction | None = None
    coverage: Fraction | None = None
    is_assessable: bool = True
    working: Working = ()
    of: int = 0
    downtime_ms: Fraction | None = None
    outages: tuple[CountedOutage, ...] = ()
    late: tuple[LateTicket, ...] = ()
    begins_ms: int = 0
    is_of_nothing: bool = False


@dataclass(frozen=True, slots=True)
class KpiResult:
    """A KPI in one measurement period.

    `value`: after averaging, before rounding; `figure`: this period's own, before averaging. `band` is None, and
    `is_met` too, where there is no assessable figure. `failures_in_a_row` counts this one; `points` are after repeat
    factor and related failures, `own_points` before both. `difference`: supplier's figure less ours. `is_kpi`:
    and no PI. `downtime_ms`: of an availability that was seen and assessed.
    """

    kpi: str
    month: str
    figure: Fraction | None
    value: Fraction | None
    rounded: Fraction | None
    band: str | None
    is_met: bool | None
    is_below_threshold: bool
    is_material: bool
    is_priced: bool
    own_points: Fraction
    points: Fraction
    failures_in_a_row: int
    coverage: Fraction | None
    difference: Fraction | None
    working: Working
    is_kpi: bool = True
    downtime_ms: Fraction | None = None

    @property
    def is_repeat(self) -> bool:
        return self.is_met is False and self.failures_in_a_row > 1


class DayDowntime(NamedTuple):
    """What one outage cost on one day of the contract's zone, as its KPI counts it. `outage_ms`: when the outage began
    as a whole, by which it is known on its other days; None: time that is downtime and no outage."""

    day: date
    outage_ms: int | None
    downtime_ms: Fraction


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that something was unavailable, for unit rates. `repeats`: how often it has happened in the month."""

    duration_ms: int
    area: str = ""
    is_used: bool = False
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Misreport:
    """A deduction that the supplier left out of its report, in the contract's currency."""

    omitted: Decimal
    is_deliberate: bool = False
    is_corrected: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """A failure that costs nothing: no money, or no points either. `why` says who let it pass."""

    why: str
    points_stand: bool = False


@dataclass(frozen=True, slots=True)
class EarnedBack:
    """Money that is returned to the supplier with a month's invoice, in the contract's currency."""

    amount: Decimal
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """When a month's credit was claimed, where there is none without a claim; None: it was not, by `today`."""

    claimed_on: date | None
    today: date


@dataclass(frozen=True, slots=True)
class MonthInput:
    """What is known of one service period (a calendar month): `month` is its name, 2026-10.

    `measured` holds the KPIs whose measurement period ends in this month; those `unmeasured` were measured by nobody
    yet, and have no result at all. `charges`: the month's charges by service; the empty name is what is charged for the
    contract as a whole. `coming`: those of the months of the contract year after this one, as far as the terms tell
    them. `occurrences`: by rule, or by service. `claim` None: nothing is asked about claims. `by_day`: the month's
    downtime by availability KPI, ascending by day, where a trigger asks for it.
    """

    month: str
    measured: Mapping[str, Measured] = field(default_factory=dict)
    charges: Mapping[str, Decimal] = field(default_factory=dict)
    coming: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    occurrences: Mapping[str, tuple[Occurrence, ...]] = field(default_factory=dict)
    misreports: tuple[Misreport, ...] = ()
    unmeasured: frozenset[str] = frozenset()
    waived: Mapping[str, Waived] = field(default_factory=dict)
    earned_back: tuple[EarnedBack, ...] = ()
    claim: ClaimMade | None = None
    by_day: Mapping[str, tuple[DayDowntime, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DaysGiven:
    """A credit that is no money: `of` is what the days are of."""

    days: int
    of: DaysOf

    def __str__(self) -> str:
        many = "1 day" if self.days == 1 else f"{self.days} days"
        return f"{many} {'of free service' if self.of == 'free_service' else 'added to the term'}"


@dataclass(frozen=True, slots=True)
class CreditLine:
    """One credit, rounded to the smallest coin: `rule` is the contract's rule, `kpi` the KPI it is for, if one.

    `service`: whose charges it is taken from. A negative amount is money that was earned back, or a bonus. `earned`: a
    bonus of the month, of which `amount` is what was set off or paid. `given`: what there is in place of an amount.
    `month`: that of the failure, where it is an earlier one. `before_combining`: what it would be by itself, where it
    is one of several. `ticket`: the id of the only one that it is for; `outage_ms`: when the only outage that it is for
    began.
    """

    rule: str
    kpi: str | None
    service: str
    amount: Decimal
    working: Working
    month: str | None = None
    earned: Decimal = Decimal(0)
    given: DaysGiven | None = None
    before_combining: Decimal | None = None
    ticket: str | None = None
    outage_ms: int | None = None

    @property
    def by_itself(self) -> Decimal:
        """What its own rule gives."""
        return self.amount if self.before_combining is None else self.before_combining

    @property
    def about(self) -> str:
        """The KPI and the ticket or outage that it is for, as far as there are any."""
        outage = None if self.outage_ms is None else f"outage at {format_utc(self.outage_ms)}"
        return ", ".join(name for name in (self.kpi, self.ticket, outage) if name)


@dataclass(frozen=True, slots=True)
class CapResult:
    """A cap in one month, for one scope (a service, or the contract: ""): the limit over its window, what earlier
    months of the window have used, and the money before and after."""

    cap: str
    scope: str
    limit: Decimal
    used: Decimal
    before: Decimal
    after: Decimal
    working: Working

    @property
    def left(self) -> Decimal:
        """What may still be credited after this month."""
        return max(self.limit - self.used - self.after, Decimal(0))


@dataclass(frozen=True, slots=True)
class CreditResult:
    """A month's money. `by_service` is what is left of the lines after the caps; `total` is their sum.

    Where there is no credit without a claim, `unclaimed` is what is not deducted for want of one, and `claim_by` the
    last day for it (None: no deadline); once that has passed, it `is_lapsed`. `held`: what failures would cost that
    cost nothing unless they repeat.
    """

    lines: tuple[CreditLine, ...]
    caps: tuple[CapResult, ...]
    by_service: Mapping[str, Decimal]
    before_caps: Decimal
    total: Decimal
    unclaimed: Decimal = Decimal(0)
    claim_by: date | None = None
    is_lapsed: bool = False
    working: Working = ()
    held: tuple[CreditLine, ...] = ()


@dataclass(frozen=True, slots=True)
class TriggerResult:
    """A trigger that was set off, with the months that set it off and what follows. `on`: the first day of the month
    on which it was, where it goes by days."""

    trigger: str
    months: tuple[str, ...]
    effects: tuple[str, ...]
    working: Working
    on: date | None = None


@dataclass(frozen=True, slots=True)
class PeriodResult:
    """A month: its KPIs, its points, its money and what it set off. `withheld`: charges kept back as compensation
    in place of credits. `charges` are those that percentages were taken of. `by_day`: downtime by KPI and day, for
    triggers of later months."""

    month: str
    kpis: tuple[KpiResult, ...]
    points: Fraction
    credit: CreditResult
    withheld: Decimal
    triggers: tuple[TriggerResult, ...]
    charges: Mapping[str, Decimal]
    by_day: Mapping[str, tuple[DayDowntime, ...]] = field(default_factory=dict)

    @property
    def deducted(self) -> Decimal:
        """All that the supplier is not paid for the month: credits after caps, and charges kept back."""
        return self.credit.total + self.withheld

    @property
    def is_measured(self) -> bool:
        """Whether anything is known of the month: a KPI that could be assessed, or money. Noughts of others are no
        figures."""
        return bool(any(one.band is not None for one in self.kpis) or self.credit.lines or self.withheld)

    @property
    def unassessed(self) -> int:
        """How many KPIs could not be assessed: the month's failures, points and money are those of the others."""
        return sum(1 for one in self.kpis if one.band is None)

    @property
    def failures(self) -> int:
        """How many KPIs missed their target."""
        return sum(1 for one in self.kpis if one.is_met is False)

    def kpi(self, name: str) -> KpiResult | None:
        return next((result for result in self.kpis if result.kpi == name), None)


def recent(earlier: Sequence[PeriodResult], kpi: KpiTerms, periods: int) -> list[KpiResult]:
    """The KPI's results of the last so many measurement periods, oldest first. A period without a figure has a
    result too; a period in which the KPI was no term of the contract has none."""
    return list(_backwards(earlier, kpi, periods))[::-1]


def _backwards(earlier: Sequence[PeriodResult], kpi: KpiTerms, periods: int) -> Iterator[KpiResult]:
    months = periods * kpi.measurement_months
    for past in earlier[: -months - 1 : -1]:
        result = past.kpi(kpi.id)
        if result is not None:
            yield result
