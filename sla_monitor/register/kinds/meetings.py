"""What a review meeting leaves behind."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_monitor.contract.fields import Day, Identifier, Strict
from sla_monitor.register.kinds.parts import Line, Month, Number


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
