"""Time that is not held against the supplier: permitted maintenance, and relief for what others caused.

What is booked, claimed and decided stands in the register; here is which of it counts.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Strict, Whole, YesNo

Days = Annotated[Whole, Field(ge=0, le=366)]


class MaintenanceTerms(Strict):
    """Which maintenance is permitted: booked in time, granted, inside the hours, and within the allowance."""

    approval: Literal["decision", "none"] = Field(
        "decision", description="decision: a booking counts once it is granted; none: a booking stands by itself."
    )
    notice_ms: DurationMs | None = Field(
        None, alias="notice", description="How long before its beginning it must be booked."
    )
    notice_working_days: Days | None = Field(None, description="The same in Working Days; with notice, both hold.")
    hours: Identifier | None = Field(
        None, description="The name of a calendar: only maintenance inside it is permitted."
    )
    allowance_ms: DurationMs | None = Field(
        None, alias="allowance", description="The most that is permitted in one month; none: no limit."
    )
    allowance_per: Literal["service", "contract"] = Field(
        "service", description="Each service has the allowance, or all of them share it."
    )
    excess: Literal["counted", "excluded"] = Field(
        "counted", description="What goes beyond the allowance: counted like any other time, or excluded all the same."
    )
    emergency: Literal["counted", "excluded"] = Field(
        "counted", description="Maintenance booked as an emergency: counted, or treated like any other booking."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.excess == "excluded" and self.allowance_ms is None:
            raise Misplaced([(("excess",), "belongs to an allowance (write for example allowance: 10h)")])
        return self


class Relief(Strict):
    """When a failure is not held against the supplier, and who may say so."""

    causes: tuple[Identifier, ...] = Field(
        ("authority_cause", "force_majeure", "third_party"), min_length=1, description="What relief may be claimed for."
    )
    notice_working_days: Days | None = Field(
        None, description="Working Days from becoming aware of the cause to notifying the authority."
    )
    late: Literal["refused", "decided"] = Field(
        "decided", description="Late notice: refused by itself, or left for the authority to decide."
    )
    four_eyes: YesNo = Field(True, description="The person who claimed or booked may not decide.")
    deadline_months: Annotated[Whole, Field(ge=0, le=120)] | None = Field(
        None, description="Months after the month it happened in, up to which relief may be claimed; none: always."
    )
