"""Service credits: how a failure becomes money. One class for each method; a contract may use several at once.

A class says all that is asked of its method outside of the maths; nothing else in the program tells methods apart. The
maths is `sla_monitor/sla/money/methods/`, a module for each. To add a method: docs/how-to/add-a-credit-method.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from sla_monitor.contract.fields import UNITS_MS, DurationMs, Identifier, Misplaced, Money, Price, Strict, Whole, YesNo
from sla_monitor.contract.kpis.bands import Level, Points
from sla_monitor.contract.kpis.kpi_references import KpiId, KpiReference, find_kpi_references
from sla_monitor.contract.kpis.kpi_terms import Factor, KpiTerms
from sla_monitor.contract.money.charges_and_caps import MinimumPayout
from sla_monitor.contract.money.credit_tables import (
    ChargeShare,
    DayTier,
    LatePrice,
    Number,
    OnlyIfRepeated,
    PercentPart,
    PercentUp,
    RepeatStep,
    Reward,
    Rung,
    ShortfallSlice,
    Slice,
    Tier,
)
from sla_monitor.contract.rules.plain_values import RuleProblem

Partial = Literal["prorata", "floor", "ceil"]
DaysOf = Literal["free_service", "added_term"]

LONGEST_MONTH_MS = 31 * UNITS_MS["d"]


class CreditTerms(Strict):
    """What every rule has, and what every method answers about itself.

    `service`: the charges that a percentage is of; none: those of the whole contract.
    """

    summary: ClassVar[str]
    """What a credit is, in a line: for the workbook and for the table in docs/contract-terms.md."""
    example: ClassVar[Mapping[str, str]]
    """The method's own keys as a file would have them: for messages about missing keys, and for tests."""
    costs_for: ClassVar[str] = ""
    """What the pack says that a line costs money for where it is of no one KPI."""
    prices_points: ClassVar[bool] = False
    """Whether it is worth nothing without bands that have points."""
    prices_bands: ClassVar[bool] = False
    """Whether it gives the amounts of bands."""
    prices_misreports: ClassVar[bool] = False
    """Whether it takes the register's misreports."""
    is_bonus: ClassVar[bool] = False
    is_combinable: ClassVar[bool] = True
    """Whether it gives credits in money, of which one of several may be paid."""
    """Whether it gives money to the supplier: it comes after all rules that take some."""

    id: Identifier = Field(description="The name of the rule in reports.")
    clause: str = Field("", description="Where the contract says so.")
    service: Identifier | None = Field(None, description="Whose charges percentages are of; none: all charges.")
    rounding: Literal["half_up", "half_even", "down", "up"] = Field("half_up", description="To the smallest coin.")
    min_payout: MinimumPayout | None = Field(
        None, description="A smaller line is not paid: each KPI of the rule by itself."
    )

    @property
    def kpi_references(self) -> tuple[KpiReference, ...]:
        """The KPIs that the rule names, each with the path to the name."""
        return tuple(find_kpi_references(type(self), self))

    @property
    def named_kpis(self) -> tuple[str, ...]:
        """The KPIs that the rule names; none: it is of all KPIs, or of what is no KPI."""
        return tuple(name for _, name in self.kpi_references)

    @property
    def is_of_charges(self) -> bool:
        """Whether it is a percentage or a share of the charges, and so nothing where nothing is charged."""
        return True

    @property
    def only_sets_off(self) -> bool:
        """Whether it gives nothing where no other rule takes any money."""
        return False

    @property
    def prices_occurrences(self) -> bool:
        """Whether it takes the register's occurrences."""
        return False

    def recorded(self, kpis: Iterable[KpiTerms]) -> tuple[KpiTerms, ...]:
        """The availabilities of which it prices each outage."""
        return ()

    def may_be_recorded(self, area: str, kpis: Iterable[KpiTerms]) -> bool:
        """Whether an occurrence in an area may be an outage on record that it prices as well."""
        return False

    @property
    def weighted_areas(self) -> Collection[str]:
        """The areas in which an occurrence has a weight of its own; empty: all are alike."""
        return ()

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        """The smallest credit of one failure as a percentage of a month's charges; None where the terms do not tell.

        `least_points`: the fewest points of any band that has some. `charges`: those that the rule is of; None where
        the contract has none yet.
        """
        return None

    def doubts(self, kpis: Mapping[str, KpiTerms]) -> Iterator[RuleProblem]:
        """What of it can never cost anything, with the path of the term below the rule."""
        yield from ()


class RepeatedCreditTerms(CreditTerms):
    """What the rules have whose credits are each for the failure of one KPI."""

    only_if_repeated: OnlyIfRepeated | None = Field(None, description="A failure costs nothing unless it repeats.")


class PointsCredit(CreditTerms):
    """Sum of the period's points, times a percentage, of the charges."""

    summary: ClassVar[str] = "points × per cent a point × charges"
    example: ClassVar[Mapping[str, str]] = {"per_point_percent": "1"}
    costs_for: ClassVar[str] = "points of the month"
    prices_points: ClassVar[bool] = True

    method: Literal["points"] = Field(description="Credit method.")
    kpis: tuple[KpiId, ...] = Field((), description="Whose points; none: all KPIs'.")
    per_point_percent: PercentUp = Field(description="Of the charges, for each point.")

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        return None if least_points is None else Fraction(least_points) * Fraction(self.per_point_percent)


class ShortfallCredit(RepeatedCreditTerms):
    """A rate for each step by which a result misses its target; a step is one of the KPI's unit unless it is given."""

    summary: ClassVar[str] = (
        "steps by which a result misses its target × rate × charges; `partial`: what a begun one is"
    )
    example: ClassVar[Mapping[str, str]] = {"kpis": "[KPI1]", "rate_percent": "0.5", "partial": "prorata"}

    method: Literal["shortfall"] = Field(description="Credit method.")
    kpis: tuple[KpiId, ...] = Field(min_length=1, description="Whose shortfall.")
    measured_from: Level | None = Field(None, description="Where the shortfall of a miss begins; none: at the target.")
    step: Annotated[Level, Field(gt=0)] = Field(Decimal(1), description="How long a step is, in the KPI's unit.")
    partial: Partial = Field(description="A begun step counts in proportion, not at all, or whole.")
    rate_percent: PercentUp | None = Field(None, description="Of the charges, for each step;")
    share: ChargeShare | None = Field(None, description="or the same as a share of the charges, such as 1/30 a day;")
    slices: tuple[ShortfallSlice, ...] = Field((), description="or slices with rates of their own, from the target on.")
    max_percent: PercentUp | None = Field(None, description="No more than this for one KPI.")

    def doubts(self, kpis: Mapping[str, KpiTerms]) -> Iterator[RuleProblem]:
        for kpi in (kpis[name] for name in self.named_kpis):
            if self.slices:
                begin = self.begins_at(kpi)
                for i, one in enumerate(self.slices):
                    for said in self._out_of_reach(kpi, begin, one.to, is_stepped=one.percent is None):
                        yield ("slices", i), said
                    begin = begin if one.to is None else one.to
            else:
                for said in self._out_of_reach(kpi, self.begins_at(kpi), None):
                    yield ("step",), said

    def begins_at(self, kpi: KpiTerms) -> Decimal:
        """Where the shortfall of a KPI begins."""
        return kpi.target if self.measured_from is None else self.measured_from

    def _out_of_reach(
        self, kpi: KpiTerms, begin: Decimal, end: Decimal | None, *, is_stepped: bool = True
    ) -> Iterator[str]:
        """Why no result costs anything between two levels. Per cent end at 0 and at 100."""
        if end is None and kpi.unit == "percent":
            end = Decimal(0 if kpi.direction == "higher_is_better" else 100)
        if end is None:
            return
        if not kpi.is_worse(end, begin):
            message = f"no result of {kpi.id} is worse than {begin:f} and not worse than {end:f}"
            yield f"{message}: it never gives anything (let it end at a worse result than it begins)"
        elif is_stepped and self.partial == "floor" and abs(end - begin) < self.step:
            message = f"{begin:f} to {end:f} is less than a full step of {self.step:f}"
            yield f"{message}: it never gives anything (write a shorter step)"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if sum((self.rate_percent is not None, self.share is not None, bool(self.slices))) != 1:
            raise Misplaced([(("rate_percent",), "or share or slices: write one of them")])
        ends = [one.to for one in self.slices]
        if None in ends[:-1]:
            raise Misplaced(
                [(("slices", ends.index(None), "to"), "is missing (write to for every slice but the last)")]
            )
        known = [end for end in ends if end is not None]
        if known not in (sorted({*known}), sorted({*known}, reverse=True)):
            raise Misplaced([(("slices",), "must go from the target on, each worse than the one before")])
        return self


class TierCredit(RepeatedCreditTerms):
    """A table from results to percentages of the bill."""

    summary: ClassVar[str] = "the percentage that a table gives for the result"
    example: ClassVar[Mapping[str, str]] = {"kpi": "KPI1", "tiers": "[{below: 99.9, percent: 10}]"}

    method: Literal["tiers"] = Field(description="Credit method.")
    kpi: KpiId = Field(description="Whose result is looked up.")
    tiers: tuple[Tier, ...] = Field(min_length=1, description="In any order.")

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        return min((tier.percent for tier in self.tiers if tier.percent), default=None)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len({tier.is_low for tier in self.tiers}) > 1:
            raise Misplaced(
                [
                    (
                        ("tiers",),
                        "must all look the same way (write below and at_most, or above and at_least)",
                    )
                ]
            )
        return self


class EarnBack(Strict):
    """A credit is returned if the mean of the results of so many periods after it is at or over the target."""

    periods: Annotated[Whole, Field(ge=1, le=120)] = Field(description="Measurement periods after the failure.")


class PoolCredit(CreditTerms):
    """A part of the charges is at risk; each KPI in default takes its weight out of it."""

    summary: ClassVar[str] = "pool × allocation × at-risk percentage × charges, with `earn_back`"
    example: ClassVar[Mapping[str, str]] = {"at_risk_percent": "10", "allocation": "{KPI1: 40, KPI2: 60}"}

    method: Literal["at_risk_pool"] = Field(description="Credit method.")
    at_risk_percent: PercentPart = Field(description="Of the charges: no month costs more by this rule.")
    pool_percent: PercentUp = Field(Decimal(100), description="The part of the amount at risk for this rule's KPIs.")
    allocation: dict[KpiId, PercentUp] = Field(min_length=1, description="Each KPI's weight in the pool.")
    misses: Annotated[Whole, Field(ge=1)] = Field(1, description="So many missed targets are a default...")
    in_periods: Annotated[Whole, Field(ge=1)] = Field(1, description="... in so many measurement periods.")
    earn_back: EarnBack | None = Field(None, description="When a credit is returned.")


class LadderCredit(CreditTerms):
    """A table from the period's points to a percentage of the charges."""

    summary: ClassVar[str] = (
        "the percentage that a table gives for the points; `between` says what lies between two rungs"
    )
    example: ClassVar[Mapping[str, str]] = {"rungs": "[{at_least: 5, percent: 2}]", "between": "step_down"}
    costs_for: ClassVar[str] = "points of the month"
    prices_points: ClassVar[bool] = True

    method: Literal["ladder"] = Field(description="Credit method.")
    kpis: tuple[KpiId, ...] = Field((), description="Whose points; none: all KPIs'.")
    rungs: tuple[Rung, ...] = Field(min_length=1, description="Ascending by points.")
    between: Literal["step_down", "step_up", "prorata"] = Field(description="What a number between two rungs gives.")

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        return min((rung.percent for rung in self.rungs if rung.percent), default=None)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        points = [rung.at_least for rung in self.rungs]
        if points != sorted(set(points)):
            raise Misplaced([(("rungs",), "must ascend, each number of points once")])
        return self


class RatchetCredit(CreditTerms):
    """A price for each point over a free allowance, which rises with the number of points."""

    summary: ClassVar[str] = "points over the `free` ones × price × the factor of their slice"
    example: ClassVar[Mapping[str, str]] = {
        "per_point": "3.00",
        "slices": "[{up_to: 100, factor: 1}, {factor: 1.5}]",
    }
    costs_for: ClassVar[str] = "points of the month"
    prices_points: ClassVar[bool] = True

    method: Literal["ratchet"] = Field(description="Credit method.")
    kpis: tuple[KpiId, ...] = Field((), description="Whose points; none: all KPIs'.")
    free: Points = Field(Decimal(0), description="Points that cost nothing.")
    per_point: Price = Field(description="The price of a point.")
    slices: tuple[Slice, ...] = Field(min_length=1, description="Ascending; the last is open.")

    @property
    def is_of_charges(self) -> bool:
        return False

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        ends = [self.free, *(one.up_to for one in self.slices[:-1])]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends) or known != sorted(set(known)) or self.slices[-1].up_to is not None:
            raise Misplaced(
                [(("slices",), "must ascend from the free points, and the last must be open (write no up_to there)")]
            )
        return self


class UnitRateCredit(CreditTerms):
    """A rate for every block of time (or every unit of a count) of unavailability, by weight of the area.

    Without `kpi` it prices the outages on record of the services that it is for, and what is entered as occurrences.
    """

    summary: ClassVar[str] = (
        "rate × weight × blocks of time × factors for use and repeats; nothing for what was put right in time"
    )
    example: ClassVar[Mapping[str, str]] = {"rate": "2.00", "block": "2h"}
    costs_for: ClassVar[str] = "unavailability"

    method: Literal["unit_rate"] = Field(description="Credit method.")
    kpi: KpiId | None = Field(
        None, description="A count whose result is the number of blocks; none: outages on record, and occurrences."
    )
    rate: Price | None = Field(None, description="For one block, at a weight of 1.")
    share: ChargeShare | None = Field(
        None, description="The rate as a share of the charges, such as 1/30 a day; at most twelve digits on each side."
    )
    weights: dict[Identifier, Factor] = Field(
        default_factory=dict,
        description="By area; one not named has 1. With weights, outages on record are those of services named here.",
    )
    block_ms: DurationMs | None = Field(None, alias="block", description="How long a block of an outage is.")
    blocks: Literal["full", "begun", "prorata"] = Field("full", description="How a block that is not full counts.")
    blocks_of: Literal["outage", "period"] = Field(
        "outage", description="Each outage has blocks of its own, or all of a measurement period have them together."
    )
    after_ms: DurationMs | None = Field(
        None,
        alias="after",
        description="So much costs nothing: of each outage, or of all together by blocks_of.",
    )
    rectified_within_ms: DurationMs | None = Field(
        None,
        alias="rectified_within",
        description="An outage put right within this time costs nothing; a longer one counts from its beginning.",
    )
    used_factor: Factor = Field(Decimal(1), description="For what was unavailable and used all the same.")
    repeats: tuple[RepeatStep, ...] = Field((), description="The last that holds decides.")
    max_blocks: Annotated[Whole, Field(ge=1)] | None = Field(None, description="In one month.")

    @property
    def is_of_charges(self) -> bool:
        return self.share is not None

    @property
    def prices_occurrences(self) -> bool:
        return self.kpi is None

    def recorded(self, kpis: Iterable[KpiTerms]) -> tuple[KpiTerms, ...]:
        """Of each service that it is for, the first in the file. A PI costs nothing, and where areas have weights, so
        must a service have one."""
        if self.kpi is not None:
            return ()
        by_service: dict[str, KpiTerms] = {}
        for kpi in kpis:
            service = kpi.service
            if (
                service is None
                or kpi.downtime_counting is None
                or kpi.kind == "PI"
                or self.service not in {None, service}
            ):
                continue
            if not self.weights or service in self.weights:
                by_service.setdefault(service, kpi)
        return tuple(by_service.values())

    def doubts(self, kpis: Mapping[str, KpiTerms]) -> Iterator[RuleProblem]:
        put_right_ms = self.rectified_within_ms if self.blocks_of == "outage" else None
        if put_right_ms is not None and put_right_ms <= (self.after_ms or 0):
            yield ("rectified_within",), "is no longer than after, so that it changes nothing (leave it out)"
        longest = max((kpi.measurement_months for kpi in self.recorded(kpis.values())), default=None)
        if longest is None or self.block_ms is None:
            return
        least_ms = (self.after_ms or 0) + (self.block_ms if self.blocks == "full" else 1)
        if least_ms > longest * LONGEST_MONTH_MS:
            message = "no measurement period is so long, so that it never costs anything"
            yield ("block",), f"{message} (write less for block, or for after)"

    def may_be_recorded(self, area: str, kpis: Iterable[KpiTerms]) -> bool:
        """An area with a weight of its own is no service on record, unless it is called so."""
        services = {kpi.service for kpi in self.recorded(kpis)}
        return bool(services) and (not self.weights or area in {"", *services})

    @property
    def weighted_areas(self) -> Collection[str]:
        return self.weights

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.rate is None) == (self.share is None):
            raise Misplaced([(("rate",), "or share: write one of them")])
        if (self.kpi is None) == (self.block_ms is None):
            raise Misplaced([(("block",), "is for outages, kpi for a count: write one of them")])
        keys: tuple[str, ...] = ("used_factor", "repeats") if self.blocks_of == "period" else ()
        message = "is for blocks of each outage"
        if self.kpi is not None:
            message, keys = "is for outages, and not for a count", ("after", "blocks_of", "rectified_within")
        is_set = {
            "after": self.after_ms,
            "blocks_of": self.blocks_of == "period",
            "rectified_within": self.rectified_within_ms,
            "used_factor": self.used_factor != 1,
            "repeats": self.repeats,
        }
        wrong = [key for key in keys if is_set[key]]
        if wrong:
            raise Misplaced([((key,), f"{message} (leave it out)") for key in wrong])
        return self


class BandCredit(RepeatedCreditTerms):
    """The amount that the band of a result has in the KPI's own table of bands."""

    summary: ClassVar[str] = "the `amount` of the band that the result is in"
    example: ClassVar[Mapping[str, str]] = {"kpis": "[KPI1]"}
    prices_bands: ClassVar[bool] = True

    method: Literal["bands"] = Field(description="Credit method.")
    kpis: tuple[KpiId, ...] = Field(min_length=1, description="Whose bands; the amounts of several add up.")

    @property
    def is_of_charges(self) -> bool:
        return False

    def doubts(self, kpis: Mapping[str, KpiTerms]) -> Iterator[RuleProblem]:
        for i, name in enumerate(self.kpis):
            if not any(band.amount for band in kpis[name].bands):
                message = f"no band of {name} has an amount, so that it never gives anything for it"
                yield ("kpis", i), f"{message} (write for example amount: 1000.00 in its bands)"


class PerTicketCredit(CreditTerms):
    """A price for each late ticket on record, by how late it was on its own clock."""

    summary: ClassVar[str] = "a price for each late ticket on record, or for each `block` of its lateness"
    example: ClassVar[Mapping[str, str]] = {"kpi": "KPI1", "late": "[{at_least: 10m, amount: 600.00}]"}

    method: Literal["per_ticket"] = Field(description="Credit method.")
    kpi: KpiId = Field(description="Whose tickets are priced, whether it misses its target or not.")
    late: tuple[LatePrice, ...] = Field(min_length=1, description="In any order; the greatest that holds counts.")
    block_ms: DurationMs | None = Field(
        None, alias="block", description="The price is for each so much lateness; none: for the ticket."
    )
    blocks: Literal["full", "begun"] = Field("full", description="How a block that is not full counts.")

    @property
    def is_of_charges(self) -> bool:
        return any(price.share is not None for price in self.late)

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        if not charges or self.block_ms is not None:
            return None
        return min(price.price(charges) for price in self.late) / Fraction(charges) * 100

    def doubts(self, kpis: Mapping[str, KpiTerms]) -> Iterator[RuleProblem]:
        tickets = kpis[self.kpi].ticket_terms
        if tickets is None or tickets.limit_ms is None:
            message = f"{self.kpi} has no late tickets, so that it never gives anything"
            yield ("kpi",), f"{message} (name a ratio_in_target with within)"
        for i, price in enumerate(self.late):
            if not price.amount and not price.share:
                key = "amount" if price.share is None else "share"
                yield ("late", i, key), "is nothing, and no ticket costs less (leave the row out)"


class FixedCredit(RepeatedCreditTerms):
    """An amount for each KPI that misses its target."""

    summary: ClassVar[str] = "an amount for each KPI that missed its target"
    example: ClassVar[Mapping[str, str]] = {"amounts": "{KPI1: 500.00}"}

    method: Literal["fixed"] = Field(description="Credit method.")
    amounts: dict[KpiId, Money] = Field(min_length=1, description="By KPI.")

    @property
    def is_of_charges(self) -> bool:
        return False

    def least_percent(self, least_points: Decimal | None, charges: Decimal | None) -> Number | None:
        return min(self.amounts.values()) / charges * 100 if charges else None


class MisreportingCredit(CreditTerms):
    """A deduction that was not reported is made after all, and a surcharge on it."""

    summary: ClassVar[str] = "a deduction that was left out, and a surcharge"
    example: ClassVar[Mapping[str, str]] = {
        "deliberate_percent": "50",
        "otherwise_percent": "25",
        "none_if_corrected": "true",
    }
    costs_for: ClassVar[str] = "deductions left out"
    prices_misreports: ClassVar[bool] = True

    method: Literal["misreporting"] = Field(description="Credit method.")
    deliberate_percent: PercentUp = Field(description="The surcharge on what was left out on purpose.")
    otherwise_percent: PercentUp = Field(description="The surcharge on what was left out by mistake.")
    none_if_corrected: YesNo = Field(description="No surcharge if corrected before payment.")

    @property
    def is_of_charges(self) -> bool:
        return False


class DaysCredit(CreditTerms):
    """Days in place of money: of service that costs nothing, or of added term."""

    summary: ClassVar[str] = "days of free service or of added term that a table gives for the result, and no money"
    example: ClassVar[Mapping[str, str]] = {"kpi": "KPI1", "gives": "added_term", "tiers": "[{below: 99.9, days: 1}]"}
    is_combinable: ClassVar[bool] = False

    method: Literal["days"] = Field(description="How the credit is worked out.")
    kpi: KpiId = Field(description="Whose result is looked up.")
    gives: DaysOf = Field(description="What the days are of.")
    tiers: tuple[DayTier, ...] = Field(min_length=1, description="In any order.")
    max_days: Annotated[Whole, Field(ge=1)] | None = Field(None, description="In one contract year.")

    @property
    def is_of_charges(self) -> bool:
        return False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        wrong = []
        if len({tier.is_low for tier in self.tiers}) > 1:
            wrong.append(("tiers", "must all look the same way (write below and at_most, or above and at_least)"))
        if self.min_payout is not None:
            wrong.append(("min_payout", "is for money (leave it out)"))
        if wrong:
            raise Misplaced([((key,), message) for key, message in wrong])
        return self


class BonusCredit(CreditTerms):
    """What a good result earns the supplier: a negative credit, which sets off those of the month or is paid on top."""

    summary: ClassVar[str] = "what a table gives the supplier for a good result, as a negative credit"
    example: ClassVar[Mapping[str, str]] = {"kpi": "KPI1", "rewards": "[{at_least: 99.99, percent: 1}]"}
    is_bonus: ClassVar[bool] = True
    is_combinable: ClassVar[bool] = False

    method: Literal["bonus"] = Field(description="How the credit is worked out.")
    kpi: KpiId = Field(description="Whose result earns it.")
    rewards: tuple[Reward, ...] = Field(min_length=1, description="In any order; the greatest that holds is earned.")
    against: Literal["credits", "charges"] = Field(
        "credits",
        description="It sets off credits of the month and is no more than they are, or it is paid in any case.",
    )
    carry_forward_months: Annotated[Whole, Field(ge=0, le=120)] = Field(
        0, description="For so many months after, what found no credit to set off sets off later ones."
    )

    @property
    def is_of_charges(self) -> bool:
        return any(reward.percent for reward in self.rewards)

    @property
    def only_sets_off(self) -> bool:
        return self.against == "credits"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        wrong = []
        if len({reward.is_low for reward in self.rewards}) > 1:
            wrong.append(("rewards", "must all look the same way (write below and at_most, or above and at_least)"))
        if self.carry_forward_months and self.against == "charges":
            wrong.append(("carry_forward_months", "is for against: credits (leave it out, or write against: credits)"))
        if self.min_payout is not None:
            wrong.append(("min_payout", "is for credits (leave it out)"))
        if wrong:
            raise Misplaced([((key,), message) for key, message in wrong])
        return self


Credit = Annotated[
    PointsCredit
    | ShortfallCredit
    | TierCredit
    | PoolCredit
    | LadderCredit
    | RatchetCredit
    | UnitRateCredit
    | BandCredit
    | PerTicketCredit
    | FixedCredit
    | DaysCredit
    | BonusCredit
    | MisreportingCredit,
    Field(discriminator="method"),
]
"""One rule that makes credits."""

METHODS: dict[str, type[CreditTerms]] = {
    get_args(terms.model_fields["method"].annotation)[0]: terms for terms in get_args(get_args(Credit)[0])
}
"""The terms of every method by its name, in the order of the union."""
