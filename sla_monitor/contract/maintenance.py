"""Time that is not held against the supplier: permitted maintenance, and relief for what others caused.

What is booked, claimed and decided stands in the register; here is which of it counts.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Strict, Whole, YesNo, spelled_duration

Days = Annotated[Whole, Field(ge=0, le=366)]

AllowanceOver = Literal["month", "contract_year", "calendar_year", "booking"]

OVER_WORDS: dict[AllowanceOver, str] = {
    "month": "a month",
    "contract_year": "a contract year",
    "calendar_year": "a calendar year",
    "booking": "a booking",
}
YEARS = ("contract_year", "calendar_year")

USUAL_ALLOWANCE = {"allowance_over": "month", "allowance_used_by": "booking", "excess": "counted"}
"""What says more about an allowance, with what goes without saying."""


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
        None, alias="allowance", description="The most that is permitted over allowance_over; none: no limit."
    )
    allowance_over: AllowanceOver = Field(
        "month", description="What the allowance is for: each month, each year, or each booking."
    )
    allowance_per: Literal["service", "contract"] = Field(
        "service", description="Each service has the allowance, or all of them share it."
    )
    allowance_used_by: Literal["booking", "downtime"] = Field(
        "booking",
        description="What uses it up: the time that is booked, or only the downtime in it. With downtime, nothing else"
        " of a booking is excluded.",
    )
    excess: Literal["counted", "excluded"] = Field(
        "counted", description="What goes beyond the allowance: counted like any other time, or excluded all the same."
    )
    emergency: Literal["counted", "excluded"] = Field(
        "counted", description="Maintenance booked as an emergency: counted, or treated like any other booking."
    )

    @property
    def allowance_in_words(self) -> str:
        """`10h`, `40h a contract year`: a month's goes without saying."""
        over = "" if self.allowance_over == "month" else f" {OVER_WORDS[self.allowance_over]}"
        return f"{spelled_duration(self.allowance_ms or 0)}{over}"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.allowance_ms is None:
            told = [key for key, usual in USUAL_ALLOWANCE.items() if getattr(self, key) != usual]
            if told:
                raise Misplaced(
                    [((key,), "belongs to an allowance (write for example allowance: 10h)") for key in told]
                )
        elif self.allowance_used_by == "downtime":
            self._flexible()
        return self

    def _flexible(self) -> None:
        """Downtime is known in its own month and for its own service."""
        clashes = (
            ("allowance_over", self.allowance_over in YEARS, "month or booking"),
            ("allowance_per", self.allowance_per == "contract", "service"),
            ("excess", self.excess == "excluded", "counted"),
        )
        why = "does not go with allowance_used_by: downtime"
        found = [(key, f"{why} (write {key}: {right})") for key, clash, right in clashes if clash]
        if found:
            raise Misplaced([((key,), message) for key, message in found])


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
        None,
        description=(
            "Months after the month it happened in, up to which relief may be claimed; none: always. The day that a"
            " claim names as that of its notice counts."
        ),
    )
