"""The kinds of entry that the register takes: what somebody said, when, and where the papers are.

An entry is never edited. To undo one, add an `undo`; a later ticket with the same id, or a later figure of the same
party for the same KPI and month, stands in place of the earlier one (sla_monitor.register.standing).

To add a kind: a class here and its name in `Said`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.bands import Level
from sla_monitor.contract.fields import Day, Identifier, Misplaced, Money, Strict, Whole, YesNo
from sla_monitor.register.instant import Instant

Month = Annotated[str, StringConstraints(pattern=r"^(19[7-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])$")]
"""A service period: 2026-10."""

Text = Annotated[str, StringConstraints(max_length=4000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Number = Annotated[Whole, Field(ge=1)]
Count = Annotated[Whole, Field(ge=0)]


class Timed(Strict):
    """Something that lasted: `[start, end)`."""

    start_ms: Instant = Field(alias="start", description="From this instant on.")
    end_ms: Instant = Field(alias="end", description="Up to this instant, which is not in it.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise Misplaced([(("end",), "must be after the start")])
        return self


class Maintenance(Timed):
    """A booking of maintenance, which may become permitted maintenance."""

    kind: Literal["maintenance"] = "maintenance"
    services: tuple[Identifier, ...] = Field((), description="The services it is for; none: all.")
    notified_ms: Instant | None = Field(None, alias="notified", description="When the supplier asked for it.")
    emergency: YesNo = Field(False, description="Whether it could not wait.")


class Claim(Timed):
    """The supplier's claim that time, or tickets, or a KPI's failure in a month, should not count against it."""

    kind: Literal["claim"] = "claim"
    cause: Identifier = Field(description="One that the contract lists: authority_cause, force_majeure, ...")
    services: tuple[Identifier, ...] = Field((), description="The services whose time it is about; none: all.")
    kpis: tuple[Identifier, ...] = Field((), description="Only for these KPIs; none: every KPI of the services.")
    tickets: tuple[Line, ...] = Field((), description="Tickets that should not count, by id.")
    aware_ms: Instant | None = Field(None, alias="aware", description="When the supplier knew of the cause.")
    notified_ms: Instant | None = Field(None, alias="notified", description="When it told the authority.")


class Decision(Strict):
    """The authority's decision on a booking, a claim, a correction or another entry that asks for one."""

    kind: Literal["decision"] = "decision"
    about: Number = Field(description="The number of the entry that is decided.")
    granted: YesNo = Field(description="false: refused.")
    start_ms: Instant | None = Field(None, alias="start", description="Granted only from here on.")
    end_ms: Instant | None = Field(None, alias="end", description="Granted only up to here.")


class Figure(Strict):
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


class Misreported(Strict):
    """A deduction that the supplier left out of its report."""

    kind: Literal["misreport"] = "misreport"
    month: Month = Field(description="The service period in which it is made good.")
    omitted: Money = Field(description="The deduction that was left out.")
    deliberate: YesNo = Field(False, description="Whether on purpose.")
    corrected: YesNo = Field(False, description="Whether corrected before payment.")


class Correction(Timed):
    """What the monitor saw was wrong: for a time, an endpoint (or all of a service's) was something else."""

    kind: Literal["correction"] = "correction"
    endpoints: tuple[Identifier, ...] = Field((), description="By id.")
    services: tuple[Identifier, ...] = Field((), description="All endpoints of these.")
    outcome: Literal["up", "degraded", "down", "unknown"] = Field(description="What it was.")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not self.endpoints and not self.services:
            raise Misplaced([(("endpoints",), "or services: say what it is about")])
        return self


class Impact(Timed):
    """How many of a service's users an outage hit."""

    kind: Literal["impact"] = "impact"
    service: Identifier = Field(description="The id of the service.")
    users: Count = Field(description="Those who were hit.")
    of: Number = Field(description="All of them.")

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.users > self.of:
            raise Misplaced([(("users",), "are more than all of them")])
        return self


class Waiver(Strict):
    """The authority lets a failure pass."""

    kind: Literal["waiver"] = "waiver"
    month: Month = Field(description="The service period.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose; none: all.")
    what: Literal["points_and_money", "money"] = Field(description="money: the points stand.")


class EarnedBack(Strict):
    """Money that the supplier earns back, or that is otherwise returned to it."""

    kind: Literal["earn_back"] = "earn_back"
    month: Month = Field(description="The service period whose invoice it is set against.")
    amount: Annotated[Money, Field(gt=Decimal(0))] = Field(description="In the contract's currency.")


class CreditClaim(Strict):
    """The authority claims a month's credit, where the contract says that there is none without a claim."""

    kind: Literal["credit_claim"] = "credit_claim"
    month: Month = Field(description="The service period.")
    claimed_ms: Instant = Field(alias="claimed", description="When.")


class SignOff(Strict):
    """A month's figures are final. A later sign-off of the same month is a restatement and says why."""

    kind: Literal["sign_off"] = "sign_off"
    month: Month = Field(description="The service period.")
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the month's assessment in JSON."
    )
    points: Level = Field(description="All service points.")
    credit: Annotated[Decimal, Field(max_digits=18, decimal_places=2)] = Field(description="What is deducted.")
    reason: Text = Field("", description="Why a final month was stated again.")


class Minute(Strict):
    """A line of the review meeting's minutes."""

    kind: Literal["minute"] = "minute"
    month: Month = Field(description="The service period that was reviewed.")


class Action(Strict):
    """Something that somebody will do."""

    kind: Literal["action"] = "action"
    owner: Line = Field(description="Who.")
    due_on: Day | None = Field(None, alias="due", description="By when.")
    month: Month | None = Field(None, description="The service period whose review it comes from.")
    kpi: Identifier | None = Field(None, description="For a rectification plan: the KPI.")


class Done(Strict):
    """An action was done."""

    kind: Literal["done"] = "done"
    about: Number = Field(description="The number of the action.")


class Undo(Strict):
    """An earlier entry was a mistake; it stays, and no longer counts."""

    kind: Literal["undo"] = "undo"
    about: Number = Field(description="The number of the entry.")


Said = Annotated[
    Maintenance
    | Claim
    | Decision
    | Figure
    | TicketRecord
    | Occurred
    | Misreported
    | Correction
    | Impact
    | Waiver
    | EarnedBack
    | CreditClaim
    | SignOff
    | Minute
    | Action
    | Done
    | Undo,
    Field(discriminator="kind"),
]
"""What an entry says."""


class Entry(Strict):
    """One entry. `number` counts from 1 within a ledger and never changes."""

    number: Number = Field(description="By which others speak of it.")
    at_ms: Instant = Field(alias="at", description="When it was entered.")
    actor: Line = Field(description="Who entered it.")
    contract: Identifier = Field(description="The id of the contract.")
    reference: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="A number in somebody's files."
    )
    evidence: Annotated[str, StringConstraints(max_length=1000)] = Field("", description="Where the papers are.")
    note: Text = Field("", description="Why, in words.")
    said: Said = Field(description="What is said, by kind.")
