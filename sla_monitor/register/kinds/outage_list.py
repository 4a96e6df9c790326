"""A supplier's own lists of outages."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Strict, Whole
from sla_monitor.register.instant import SKEW_MS, Instant, format_utc
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Wording
from sla_monitor.register.kinds.parts import Count
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

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


class OutageList(TimedKind):
    """A supplier's own list of outages for a stretch of time, to be held against ours. It changes no figure."""

    action = Action.EXPLAIN_FAILURE
    example = Example(
        {
            "services": ["custody"],
            "start": "2026-10-01",
            "end": "2026-11-01",
            "digest": "0" * 64,
            "outages": [{"service": "custody", "start": "2026-10-05 09:00", "end": "2026-10-05 09:20", "id": "INC-1"}],
        }
    )
    command = "reconcile"
    is_of_the_past = True
    changes_figures = False

    kind: Literal["outage_list"] = "outage_list"
    services: tuple[Identifier, ...] = Field((), description="The services that it covers; none: all.")
    tolerance_ms: Annotated[Whole, Field(ge=0, le=86_400_000)] = Field(
        TOLERANCE_MS, description="How far edges may differ and still agree, in milliseconds."
    )
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="SHA-256 of its file.")
    left_out: Count = Field(0, description="Rows of the file that are not in here: of other time, or of other names.")
    outages: tuple[ListedOutage, ...] = Field((), max_length=LISTED_AT_MOST, description="Every outage.")

    def words(self, say: Wording) -> str:
        count = len(self.outages)
        number = f"{count:,} {'outage' if count == 1 else 'outages'}"
        return f"The supplier’s outage list for {say.names(self.services)}: {number}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        span = self.start_ms, self.end_ms
        yield from context.unknown_services("services", self.services, span)
        names = dict.fromkeys(one.service for one in self.outages)
        yield from context.unknown_services("outages", names, span)
        for name in names:
            if self.services and name not in self.services:
                message = f"{name} is not among the services of the list (name it, or leave it out)"
                yield EntryProblem("outages", message)
        for one in self.outages:
            if one.start_ms >= self.end_ms or (one.end_ms is not None and one.end_ms <= self.start_ms):
                yield EntryProblem("outages", f"{format_utc(one.start_ms)} lies outside the list's time (leave it out)")
            if max(one.start_ms, one.end_ms or 0) > entry.at_ms + SKEW_MS:
                yield EntryProblem("outages", f"{format_utc(one.start_ms)} reaches into the future (check the dates)")

    def last_word_on(self) -> Hashable:
        return self.start_ms, self.end_ms, frozenset(self.services)
