"""When the monthly report and its review are due, and how results are published."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier, Strict, Whole

Rating = Literal["good", "approaching_target", "requires_improvement", "inadequate"]
"""The words of a Contract Performance Notice (Procurement Act 2023, section 71)."""
Days = Annotated[Whole, Field(ge=0, le=366)]


class Reporting(Strict):
    """The performance monitoring report, the review meeting, and the published ratings."""

    report_working_days: Days = Field(10, description="The report is due so many Working Days after the month's end.")
    review_working_days: Days = Field(5, description="The review takes place so many Working Days after the report.")
    publish: dict[Identifier, Rating] = Field(
        default_factory=dict,
        description="Band: its rating in a Contract Performance Notice; a KPI without bands is `met` or `missed`.",
    )
