"""What people say of a stretch of time: booked, claimed, seen wrongly, and whom it hit."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, YesNo
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.parts import Count, Line, Number, Timed


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


class Dispute(Timed):
    """A party disputes what the other one says of a stretch of time. It changes no figure; a decision settles it."""

    kind: Literal["dispute"] = "dispute"
    party: Literal["supplier", "authority"] = Field(description="Who disputes it.")
    services: tuple[Identifier, ...] = Field((), description="The services it is about; none: all.")


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
