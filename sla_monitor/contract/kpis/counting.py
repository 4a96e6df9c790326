"""Ways of counting: how seconds become downtime, each choice with a name.

The same history gives anything from 66.7 to 90 per cent under one or the other, so the choice is a term of the
contract and stands on every report.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from sla_monitor.contract.fields import DurationMs, Percent, Strict, Whole
from sla_monitor.contract.kpis.bands import Level

Multiple = Annotated[Level, Field(ge=1, le=1000)]
"""So many times a promise: an answer that was in time is an answer."""


ExcludedTime = Literal["removed", "available", "counted"]
ExcludedKind = Literal["maintenance", "claim"]


class Quorum(Strict):
    """A service is down when so large a share of the places that probe see it so (ICANN: 51 per cent)."""

    percent: Percent = Field(description="The share of the active places that sees it down.")
    min_active: Annotated[Whole, Field(ge=1)] = Field(1, description="Fewer probing places say nothing.")


class SlowAsDown(Strict):
    """An answer slower than so many times the promised time is no answer (ICANN: 5 times)."""

    promised_ms: DurationMs = Field(alias="promised", description="The time that an answer should take.")
    multiple: Multiple = Field(Decimal(1), description="How many times as long is no answer; 1 or more.")


class Counting(Strict):
    """What happens to excluded and unseen time, and which part of an outage counts."""

    excluded: ExcludedTime = Field(
        "removed",
        description="Permitted maintenance and granted relief: removed from both sides of the ratio, deemed available,"
        " or counted like any other time.",
    )
    maintenance: ExcludedTime | None = Field(
        None, description="The same for permitted maintenance alone; without it, as `excluded`."
    )
    unknown: Literal["excluded", "up", "down"] = Field(
        "excluded", description="Whether time without observations counts."
    )
    minutes: Literal["exact", "whole", "begun"] = Field(
        "exact", description="Outages to the millisecond, in whole minutes only, or every minute begun."
    )
    shortest_outage_ms: DurationMs | None = Field(
        None, alias="shortest_outage", description="Shorter outages do not count; judged on the whole outage."
    )
    degraded_percent: Percent = Field(
        Decimal(0), alias="degraded", description="How much of degraded time is downtime: 0 none, 100 all of it."
    )
    quorum: Quorum | None = Field(None, description="How many of the places that probe must see it down.")
    slow_as_down: SlowAsDown | None = Field(None, description="When an answer is too slow to be one.")

    @property
    def of_maintenance(self) -> ExcludedTime:
        """What happens to permitted maintenance."""
        return self.maintenance or self.excluded

    def kinds(self, *treated: ExcludedTime) -> tuple[ExcludedKind, ...]:
        """The kinds of excluded time that are treated in one of these ways."""
        ways: dict[ExcludedKind, ExcludedTime] = {"maintenance": self.of_maintenance, "claim": self.excluded}
        return tuple(kind for kind, way in ways.items() if way in treated)
