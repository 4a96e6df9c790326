"""Obligations: dated duties of a contract beside its KPIs, such as reports, plans, insurance and tests."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.fields import Day, Identifier, Misplaced, Name, Strict, Whole
from sla_monitor.contract.recurrence import RecurrenceRule

Party = Literal["supplier", "authority"]
Shift = Literal["none", "next", "previous"]
WorkingDays = Annotated[Whole, Field(ge=0, le=250)]
_Words = Annotated[str, StringConstraints(max_length=500)]


class Obligation(Strict):
    """A duty that is due on a day, or on days that come again.

    Each day is due until its end, in the contract's zone. Of several days that Working Days bring together, one is due.
    """

    id: Identifier = Field(description="The name in the register, metrics and alerts; keep it for the whole term.")
    title: Name = Field(description="What is due: Performance Monitoring Report.")
    clause: str = Field("", description="Where the contract says so.")
    kind: Literal["report", "plan", "review", "insurance", "benchmark", "continuity_test", "data_delivery", "other"] = (
        Field("other", description="What kind of duty it is.")
    )
    party: Party = Field("supplier", description="Who owes it.")
    due_on: Day | None = Field(None, alias="due", description="The day, where it is due once.")
    rrule: RecurrenceRule | None = Field(
        None, description="The days, where it is due again and again, as RFC 5545 has them; they end with the term."
    )
    starting_on: Day | None = Field(
        None, alias="starting", description="From when on the rule counts (its DTSTART); none: from the term's start."
    )
    working_days: WorkingDays = Field(0, description="It is due so many Working Days after each of these days.")
    shift: Shift = Field("none", description="Where that is no Working Day: the next one, or the one before.")
    calendar: Identifier | None = Field(
        None, description="The calendar whose days with hours are its Working Days; none: the contract's."
    )
    remind_days: Annotated[Whole, Field(ge=0, le=366)] = Field(
        14, description="It is due soon so many days before it is due."
    )
    grace_working_days: WorkingDays = Field(0, description="It is late only so many Working Days after it was due.")
    proof: _Words = Field("", description="What proves that it was met: the insurer's certificate.")
    consequence: _Words = Field("", description="What follows if it is late, in words.")
    leads_to: Identifier | None = Field(
        None, description="The trigger or credit that prices its lateness by conditions of its own: a reference."
    )

    @model_validator(mode="after")
    def _dated(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str]] = []
        if (self.due_on is None) == (self.rrule is None):
            sample = "due: 2026-03-31, or rrule: FREQ=MONTHLY;BYMONTHDAY=-1"
            problems.append((("due",), f"or rrule: write one of the two ({sample})"))
        if self.due_on is not None and self.starting_on is not None:
            problems.append((("starting",), "belongs to rrule (leave it out)"))
        if problems:
            raise Misplaced(problems)
        return self
