"""The observation: the record of one probe of an endpoint. Pure data: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DETAIL_LIMIT = 200
"""Characters of a finding's detail line."""

EVIDENCE_LIMIT = 2048
"""Bytes kept of a failed probe's response."""


class Outcome(StrEnum):
    """How the endpoint was. UNKNOWN is "we did not see", never a number."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an observation was not UP: the closed set that metrics, reports and the ledger share."""

    # DOWN: the supplier's side
    DNS_FAILED = "dns_failed"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_FAILED = "connection_failed"
    CONNECTION_RESET = "connection_reset"
    TIMEOUT = "timeout"
    TLS_FAILED = "tls_failed"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    PROTOCOL_ERROR = "protocol_error"
    TOO_LARGE = "too_large"
    REDIRECT_REFUSED = "redirect_refused"
    REDIRECT_LIMIT = "redirect_limit"
    STATUS_UNEXPECTED = "status_unexpected"
    HEADER_UNEXPECTED = "header_unexpected"
    BODY_UNEXPECTED = "body_unexpected"
    ANSWER_UNEXPECTED = "answer_unexpected"
    TOO_COSTLY = "too_costly"
    TOO_SLOW = "too_slow"
    HEARTBEAT_SILENT = "heartbeat_silent"
    JOB_FAILED = "job_failed"
    # UNKNOWN: our side
    MONITOR_OFFLINE = "monitor_offline"
    INTERNAL_ERROR = "internal_error"
    CLOCK_STEPPED = "clock_stepped"
    NOT_YET_SEEN = "not_yet_seen"
    MONITOR_MISCONFIGURED = "monitor_misconfigured"
    TOO_FEW_PLACES = "too_few_places"


NETWORK_REASONS = frozenset(
    {
        Reason.DNS_FAILED,
        Reason.CONNECTION_REFUSED,
        Reason.CONNECTION_FAILED,
        Reason.CONNECTION_RESET,
        Reason.TIMEOUT,
        Reason.TLS_FAILED,
        Reason.PROTOCOL_ERROR,
        Reason.HEARTBEAT_SILENT,
    }
)
"""Failures that our own network could have caused. A wrong status or a bad certificate came through it."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Microseconds spent in each phase of an observation; None where the observation had no such phase or never reached
    it."""

    dns_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    transfer_us: int | None = None


NO_PHASES = Phases()


@dataclass(frozen=True, slots=True)
class StepFinding:
    """What one step of a journey came to; `outcome` is None where it was not reached. `title` is the contract's, and
    `detail` hostile text."""

    step: str
    title: str
    outcome: Outcome | None
    detail: str = ""
    duration_us: int = 0
    phases: Phases = NO_PHASES
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a prober found. `detail` and `evidence` are hostile text from the supplier: escape them everywhere.

    duration_us: the whole probe on the monotonic clock; certificate_expires_at_s: Unix seconds of the earliest
    expiry in the chain; evidence: at most EVIDENCE_LIMIT bytes of the response, kept on failure only; steps: of a
    journey, whose phases are the sums of theirs. The record keeps them in the evidence of a failure alone.
    """

    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    duration_us: int = 0
    phases: Phases = NO_PHASES
    address: str | None = None
    status: int | None = None
    body_bytes: int | None = None
    certificate_expires_at_s: int | None = None
    evidence: bytes = b""
    steps: tuple[StepFinding, ...] = ()

    def lasting(self, duration_us: int) -> Finding:
        """The same, of so long. dataclasses.replace takes five times as long, and each probe comes through here."""
        made = object.__new__(Finding)
        for name in Finding.__slots__:
            object.__setattr__(made, name, getattr(self, name))
        object.__setattr__(made, "duration_us", duration_us)
        return made

    @property
    def failed_step(self) -> StepFinding | None:
        """The step at which a journey failed."""
        failed = (step for step in self.steps if step.outcome is Outcome.DOWN)
        return next(failed, None) if self.outcome is Outcome.DOWN else None


@dataclass(frozen=True, slots=True)
class Observation:
    """One probe of one endpoint: the raw record that is never changed. `at_ms` is when the observation began, UTC."""

    endpoint: str
    at_ms: int
    finding: Finding
