"""Ways of counting: how seconds become downtime, each choice with a name.

The same history gives anything from 66.7 to 90 per cent under one or the other, so the choice is a term of the
contract and stands on every report.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import UNITS_MS, DurationMs, Misplaced, Percent, Strict, Whole
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


class FailedRequests(Strict):
    """A service is down in every slot of time in which so large a share of the requests to it fails."""

    percent: Annotated[Percent, Field(gt=0)] = Field(description="The least share of failed requests that is downtime.")
    slot_ms: DurationMs = Field(
        300_000, alias="slot", description="How long a slot is; slots begin at midnight UTC. It divides a day."
    )

    @model_validator(mode="after")
    def _divides_a_day(self) -> Self:
        if UNITS_MS["d"] % self.slot_ms:
            raise Misplaced([(("slot",), "must divide a day (write for example 1m, 5m or 1h)")])
        return self


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
    denominator_ms: DurationMs | None = Field(
        None,
        alias="denominator",
        description="A fixed month, such as 43200m: the downtime of a measurement period is divided by it, however long"
        " the period is.",
    )
    quorum: Quorum | None = Field(None, description="How many of the places that probe must see it down.")
    slow_as_down: SlowAsDown | None = Field(None, description="When an answer is too slow to be one.")
    failed_requests: FailedRequests | None = Field(
        None, description="How many of the requests in a slot of time must fail, at all endpoints together."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        for key in ("quorum", "slow_as_down"):
            if self.failed_requests is not None and getattr(self, key) is not None:
                raise Misplaced([((key,), "or failed_requests: write one of the two")])
        return self

    @property
    def sight(self) -> tuple[Quorum | None, SlowAsDown | None, FailedRequests | None]:
        """All by which a service is down at other times than for other KPIs."""
        return self.quorum, self.slow_as_down, self.failed_requests

    @property
    def needs_samples(self) -> bool:
        """Whether it judges single observations."""
        return self.slow_as_down is not None or self.failed_requests is not None

    @property
    def of_maintenance(self) -> ExcludedTime:
        """What happens to permitted maintenance."""
        return self.maintenance or self.excluded

    def kinds(self, *treated: ExcludedTime) -> tuple[ExcludedKind, ...]:
        """The kinds of excluded time that are treated in one of these ways."""
        kinds: tuple[ExcludedKind, ...] = ("maintenance",) if self.of_maintenance in treated else ()
        return (*kinds, "claim") if self.excluded in treated else kinds
