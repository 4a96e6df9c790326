"""Charges, the caps on credits, and the deadlines for claiming them.

Amounts and percentages that change on a date use the versions of the file: at any instant these models hold what is
in force then.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Money, Strict, Whole, YesNo
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.contract.money.credit_tables import PercentPart


class Charge(Strict):
    """What is paid for a full month, gross of credits and without VAT."""

    service: Identifier | None = Field(None, description="None: charged for the contract as a whole.")
    amount: Money = Field(description="In the contract's currency.")


class Indexation(Strict):
    """A rise (or a fall) of every charge from the date on which the item begins."""

    percent: Annotated[Level, Field(gt=-100, le=1000)] = Field(description="Of what was charged before.")
    index: str = Field("", description="Where the figure comes from: CPI January 2026.")


class Charges(Strict):
    """The monthly charges in force."""

    monthly: tuple[Charge, ...] = Field((), description="By service, or for the contract as a whole.")
    indexation: tuple[Indexation, ...] = Field((), description="Applied one after the other, rounded once at the end.")
    part_months: Literal["by_day", "whole"] = Field(
        "by_day",
        description="What a month that is cut short costs, and participants bear of one in which they join or leave:"
        " their days, or the whole of it.",
    )
    estimated_year_1: Money | None = Field(None, description="The estimate that caps of the first year are taken of.")


class Cap(Strict):
    """A limit on money over a window; it never touches points."""

    id: Identifier = Field(description="The name by which triggers know it.")
    clause: str = Field("", description="Where the contract says so.")
    percent: PercentPart | None = Field(None, description="Of the base.")
    amount: Money | None = Field(None, description="In place of a percentage.")
    base: (
        Literal["estimated_year_1", "trailing_12_months", "contract_year", "calendar_year", "quarter", "period"] | None
    ) = Field(
        None,
        description="What the percentage is of. trailing_12_months: the charges of the twelve months before;"
        " contract_year, calendar_year, quarter: those of all its months in the term, months to come by the charges in"
        " force then; period: the month's.",
    )
    first_year_base: Literal["estimated_year_1"] | None = Field(None, description="The base in the first year.")
    over: Literal["period", "quarter", "contract_year", "calendar_year", "trailing_12_months"] = Field(
        description="The credits that are limited together; period: the month's; trailing_12_months: those and the"
        " eleven months before."
    )
    scope: Literal["contract", "service"] = Field("contract", description="service: for each service by itself.")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise Misplaced([(("percent",), "stands with a base, or else there is an amount (write one of the two)")])
        if (self.percent is None) != (self.base is None):
            raise Misplaced([(("base",), "belongs to percent (write for example base: period)")])
        return self


class Claims(Strict):
    """What must be done to have a credit, and by when."""

    automatic: YesNo = Field(True, description="false: no claim, no credit.")
    months: Annotated[Whole, Field(ge=0, le=120)] = Field(
        0, description="Calendar months, from month end to month end."
    )
    days: Annotated[Whole, Field(ge=0, le=3660)] = Field(0, description="Calendar days more.")
    after: Literal["period_end", "next_period_end"] = Field(
        "period_end",
        description="From when on months and days count. next_period_end: the end of the month after. Where a contract"
        " says the end of the second billing cycle after an outage, write months: 2 in its place.",
    )


class MinimumPayout(Strict):
    """A credit below this is not paid."""

    more_than: Money | None = Field(None, description="An equal amount is not paid.")
    at_least: Money | None = Field(None, description="An equal amount is paid.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.more_than is None) == (self.at_least is None):
            raise Misplaced([(("more_than",), "or at_least: which of the two decides about an equal amount")])
        return self

    def is_reached(self, amount: Decimal) -> bool:
        return amount >= self.at_least if self.at_least is not None else amount > (self.more_than or 0)
