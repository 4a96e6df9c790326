"""What people report: figures, tickets, occurrences, and what was left out of a report."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Money, Strict, Whole, YesNo
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.parts import Count, Line, Month, Number, Timed


class ReportedFigure(Strict):
    """A KPI's figure for the measurement period that ends with a month, as one party gives it or both agree on it."""

    kind: Literal["figure"] = "figure"
    kpi: Identifier = Field(description="The id of the KPI.")
    month: Month = Field(description="The last month of the measurement period.")
    party: Literal["supplier", "authority", "agreed"] = Field(description="Whose figure it is.")
    value: Level | None = Field(None, description="In the KPI's unit.")
    in_target: Count | None = Field(None, description="Or counts: so many in target ...")
    total: Count | None = Field(None, description="... of so many.")

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        counts = (self.in_target, self.total)
        if (self.value is None) == (None in counts) or counts.count(None) == 1:
            raise Misplaced([(("value",), "or in_target and total: write one of the two")])
        if self.in_target is not None and self.total is not None and self.in_target > self.total:
            raise Misplaced([(("in_target",), "is more than the total")])
        return self


class ClockStop(Strict):
    """Time for which a ticket's clock is said to have stopped."""

    start_ms: Instant = Field(alias="start", description="From this instant on.")
    end_ms: Instant | None = Field(None, alias="end", description="None: it still is.")
    reason: Identifier = Field(description="Counts only if the KPI's clock lists it.")


class TicketRecord(Strict):
    """An incident or request, as it stands in the service desk's tool."""

    kind: Literal["ticket"] = "ticket"
    id: Line = Field(description="Its number there.")
    priority: Identifier = Field(description="P1, P2, ...")
    service: Identifier | None = Field(None, description="The service it is about.")
    opened_ms: Instant = Field(alias="opened", description="When it was reported.")
    responded_ms: Instant | None = Field(None, alias="responded", description="When a person took it up.")
    ended_ms: Instant | None = Field(None, alias="ended", description="When it was resolved.")
    stops: tuple[ClockStop, ...] = Field((), description="When its clock stood still.")


class Occurred(Strict):
    """One time that an area or service was unavailable, for a credit by unit rate."""

    kind: Literal["occurrence"] = "occurrence"
    rule: Identifier = Field(description="The id of the credit rule.")
    month: Month = Field(description="The service period in which it counts.")
    duration_ms: Annotated[Whole, Field(ge=0)] = Field(description="How long, in milliseconds.")
    area: str = Field("", description="One of the rule's weights.")
    used: YesNo = Field(False, description="Whether it was used all the same.")
    repeats: Number = Field(1, description="How often it has happened in the month.")


LISTED_AT_MOST = 5_000
"""Outages in one list."""
TOLERANCE_MS = 120_000
"""A minute for a list that is kept to the minute, and one for probes a minute apart."""

Words = Annotated[str, StringConstraints(max_length=200)]


class ListedOutage(Strict):
    """One outage in a supplier's own list."""

    service: Identifier = Field(description="The id of the service.")
    start_ms: Instant = Field(alias="start", description="When it began.")
    end_ms: Instant | None = Field(None, alias="end", description="When it was over; none: it went on.")
    id: Words = Field("", description="Its number there.")
    title: Words = Field("", description="What it is called there.")
    named: Words = Field("", description="What the service is called there.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end_ms is not None and self.end_ms <= self.start_ms:
            raise Misplaced([(("end",), "must be after the start")])
        return self


class OutageList(Timed):
    """A supplier's own list of outages for a stretch of time, to be held against ours. It changes no figure."""

    kind: Literal["outage_list"] = "outage_list"
    services: tuple[Identifier, ...] = Field((), description="The services that it speaks of; none: all.")
    tolerance_ms: Annotated[Whole, Field(ge=0, le=86_400_000)] = Field(
        TOLERANCE_MS, description="How far edges may differ and still agree, in milliseconds."
    )
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="SHA-256 of its file.")
    left_out: Count = Field(0, description="Rows of the file that are not in here: of other time, or of other names.")
    outages: tuple[ListedOutage, ...] = Field((), max_length=LISTED_AT_MOST, description="Every outage.")


class Misreported(Strict):
    """A deduction that the supplier left out of its report."""

    kind: Literal["misreport"] = "misreport"
    month: Month = Field(description="The service period in which it is made good.")
    omitted: Money = Field(description="The deduction that was left out.")
    deliberate: YesNo = Field(False, description="Whether on purpose.")
    corrected: YesNo = Field(False, description="Whether corrected before payment.")
