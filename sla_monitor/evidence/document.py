"""The evidence file: what was seen and what was said of one contract, as one JSON document.

With the contract's file it is all that a month is worked out from, so that authority and supplier can both do it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Strict, TimeZone, Whole
from sla_monitor.register.entries import Entry, Timed
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.parts import Line, Number, Text
from sla_monitor.sla.observation import Outcome, Reason

FORMAT = "sla-monitor-evidence"
VERSION = 1
SITE = "The site that saw it; none: the collector's own."

HANDED_NAME = r"^holidays-[A-Za-z0-9._-]{1,200}$"
HandedName = Annotated[str, StringConstraints(pattern=HANDED_NAME)]
Micros = Annotated[Whole, Field(ge=0, le=86_400_000_000)]


class Range(Strict):
    """The time that the file speaks of: what reaches over its edges is known as a whole, and other time is not."""

    from_ms: Instant = Field(alias="from", description="From this instant on.")
    until_ms: Instant = Field(alias="until", description="End, exclusive.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.until_ms <= self.from_ms:
            raise Misplaced([(("until",), "must be after from")])
        return self


class SpanRecord(Timed):
    """A run of observations with the same outcome. Two that touch and have the same outcome are one."""

    outcome: Outcome = Field(description="What they found; time in no span was seen by nobody.")
    reason: Reason | None = Field(None, description="Why, for the first of them.")
    seen_ms: Instant | None = Field(None, alias="last_look", description="When the last of them began; none: the end.")
    probes: Annotated[Whole, Field(ge=1, le=1_000_000_000)] | None = Field(
        None, alias="looks", description="How many; none: as many as the contract asks to confirm an outage."
    )


class ObservationRecord(Strict):
    """One probe of an endpoint."""

    at_ms: Instant = Field(alias="at", description="When it began.")
    outcome: Outcome = Field(Outcome.UP, description="What it found.")
    reason: Reason | None = Field(None, description="Why it was not up.")
    duration_us: Micros | None = Field(
        None,
        description="How long the whole probe took, in microseconds; none: nobody knows, and it is no response time.",
    )
    first_byte_us: Micros | None = Field(
        None, description="How long the first byte of the answer was in coming, in microseconds."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.reason is not None and self.outcome is Outcome.UP:
            raise Misplaced([(("reason",), "says why it was not up (write the outcome too, or leave the reason out)")])
        return self


class SpansRecord(Strict):
    """An endpoint, as runs of equal outcomes."""

    kind: Literal["spans"] = Field(description="The form of the record.")
    endpoint: Identifier = Field(description="The id of the endpoint.")
    site: Identifier = Field(MAIN, description=SITE)
    spans: tuple[SpanRecord, ...] = Field(description="In any order; none may overlap another of the endpoint.")


class ObservationsRecord(Strict):
    """An endpoint, observation by observation, in any order. Response times are read from here too."""

    kind: Literal["observations"] = Field(description="The form of the record.")
    endpoint: Identifier = Field(description="The id of the endpoint.")
    site: Identifier = Field(MAIN, description=SITE)
    every_ms: DurationMs = Field(
        alias="every", description="The time between two observations; an observation vouches for so long."
    )
    observations: tuple[ObservationRecord, ...] = Field(
        alias="looks", description="All observations of that time; each instant once."
    )


class Down(Strict):
    """An outage that both sides know of; it needs no confirmation."""

    start_ms: Instant = Field(alias="start", description="From this instant on.")
    end_ms: Instant | None = Field(
        None,
        alias="end",
        description="Up to this instant; none: it went on to the end of `seen`, and what came after that nobody says.",
    )
    reason: Reason | None = Field(None, description="Why.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end_ms is not None and self.end_ms <= self.start_ms:
            raise Misplaced([(("end",), "must be after the start")])
        return self


class Outages(Strict):
    """An endpoint, or every endpoint of a service, that was up in the range of the file but for these outages. Those
    that touch or overlap are one, even across several lists, and override unobserved time."""

    kind: Literal["outages"] = Field(description="The form of the record.")
    endpoint: Identifier | None = Field(None, description="The id of the endpoint;")
    service: Identifier | None = Field(None, description="or that of a service, for all of its endpoints.")
    site: Identifier | None = Field(None, description="By which site it was seen so; none: by all of them.")
    outages: tuple[Down, ...] = Field((), description="When it was down.")
    unseen: tuple[Timed, ...] = Field((), description="When no probe ran.")

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.endpoint is None) == (self.service is None):
            raise Misplaced([(("endpoint",), "or service: write one of the two")])
        return self


Observed = Annotated[SpansRecord | ObservationsRecord | Outages, Field(discriminator="kind")]


class SampleBlock(Strict):
    """The observations of an endpoint with spans: for response times and error rates."""

    endpoint: Identifier = Field(description="The id of the endpoint.")
    site: Identifier = Field(MAIN, description=SITE)
    observations: tuple[ObservationRecord, ...] = Field(alias="looks", description="In any order; each instant once.")


class ClockMoved(Strict):
    """That the clock by which all this was seen was set, or that the host slept."""

    at_ms: Instant = Field(alias="at", description="The clock's reading after the step.")
    expected_ms: Instant = Field(
        alias="expected", description="The expected reading at that moment: the same if the host was only suspended."
    )
    slept_ms: Annotated[Whole, Field(ge=0)] = Field(0, description="For how many milliseconds the host had slept.")


class Filled(Timed):
    """Time of an endpoint that nobody saw but for an import."""

    endpoint: Identifier = Field(description="The id of the endpoint.")
    site: Identifier = Field(MAIN, description=SITE)


class ImportRecord(Strict):
    """Something that a ledger had brought in from elsewhere before the file was written."""

    number: Number = Field(description="Of the import in that ledger.")
    at_ms: Instant = Field(alias="at", description="When it was brought in.")
    actor: Line = Field(description="Who did it.")
    kind: Identifier = Field(description="From what: an evidence file, a Prometheus, ...")
    source: Text = Field(description="From where, in words.")
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] = Field(
        alias="sha256", description="SHA-256 of what was read there."
    )
    from_ms: Instant = Field(alias="from", description="Start of the covered time.")
    until_ms: Instant = Field(alias="until", description="End, exclusive.")
    filled: tuple[Filled, ...] = Field((), description="The time that only this import covers.")


class AttachedRecord(Strict):
    """A file that goes with an entry. What it holds is not in here: whoever has it knows it by its digest."""

    entry: Number = Field(description="The number of the entry.")
    at_ms: Instant = Field(alias="at", description="When it was attached.")
    actor: Line = Field(description="By whom.")
    name: Line = Field(description="What it was called; anybody's words.")
    media_type: Line = Field(alias="type", description="Its media type.")
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] = Field(
        alias="sha256", description="SHA-256 of what it holds, as `sha256sum` gives it."
    )
    size: Annotated[Whole, Field(ge=1)] = Field(description="How many bytes it has.")


class EvidenceDocument(Strict):
    """Observations and entries. Instants without an offset are local times in `zone`."""

    format: Literal["sla-monitor-evidence"] = Field(description="What kind of file this is.")
    version: Literal[1] = Field(description="Of the format.")
    contract: Identifier = Field(description="The id of the contract.")
    zone: TimeZone = Field(description="The contract's time zone.")
    at_ms: Instant | None = Field(
        None,
        alias="at",
        description="As of when: a month that goes on then is running, and entries made later do not count. An outage"
        " without an end goes on to the end of `seen`, and no further. None: the end"
        " of what was seen, or the last entry if that is later.",
    )
    seen: Range = Field(description="The time that the file covers.")
    observed: tuple[Observed, ...] = Field((), description="What was seen; an endpoint that is in none was not seen.")
    samples: tuple[SampleBlock, ...] = Field((), description="Single observations of endpoints whose record is spans.")
    clock_moves: tuple[ClockMoved, ...] = Field(
        (), description="When the clock was set or the host slept, in the order in which that was noticed."
    )
    imports: tuple[ImportRecord, ...] = Field((), description="What of the above was brought in from elsewhere.")
    entries: tuple[Entry, ...] = Field((), description="What the register says, in the order of the numbers.")
    attachments: tuple[AttachedRecord, ...] = Field((), description="The files that go with entries.")
    bank_holidays: dict[HandedName, str] = Field(
        default_factory=dict,
        description="The files of bank holidays that the contract names, each as it is, by its name after `holidays-`.",
    )

    @property
    def as_of_ms(self) -> int:
        """The instant at which months are worked out: the file does not change with the day on which it is read."""
        last_ms = max((entry.at_ms for entry in self.entries), default=0)
        return max(self.seen.until_ms, last_ms) if self.at_ms is None else self.at_ms
