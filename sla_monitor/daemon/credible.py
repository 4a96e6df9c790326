"""Credibility of what a site sends: messages that cannot be true are refused.

A site reads hostile bytes and may have been taken over by them. It can then lie about its own endpoints,
but it cannot rewrite what it said before, speak of tomorrow, flood the record, or put into it what cannot
be.
"""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import EndpointTerms, JourneyEndpoint
from sla_monitor.probe.verdict import UNSEEN, is_plain
from sla_monitor.sla.observation import EVIDENCE_LIMIT, Finding, Observation, Outcome, Phases, Reason, StepFinding

AHEAD = 3
"""Intervals that an endpoint may be ahead of its pace: probes that are on time follow on one that was late. From then
on its observations may be half an interval apart, and no less."""

UNNOTED_MS = 5_000
"""A probe may have begun so long after the last note of the time, and before the clock was set back."""

UNDER_WAY_S = 600.0
"""So long after that there may be probes with the time of before."""

_LONGEST_US = 400 * 86_400 * 1_000_000
_MOST_BYTES = 1 << 40
_LAST_DAY_S = 1 << 40

_JOBS = {Reason.HEARTBEAT_SILENT, Reason.JOB_FAILED}
_DEGRADED = {Reason.CERTIFICATE_EXPIRING, Reason.TOO_SLOW}
REASONS: dict[Outcome, frozenset[Reason | None]] = {
    Outcome.UP: frozenset({None}),
    Outcome.DEGRADED: frozenset(_DEGRADED),
    Outcome.DOWN: frozenset(set(Reason) - UNSEEN - _JOBS - {Reason.CERTIFICATE_EXPIRING}),
    Outcome.UNKNOWN: UNSEEN - {Reason.NOT_YET_SEEN, Reason.TOO_FEW_PLACES},
}
"""Why a site may have found an endpoint to be what it found. Jobs, and what several sites make of it, are judged by the
collector."""


class Credible:
    """Judges observations in the order in which they come in. `note_time` is to be called before, and now and then."""

    def __init__(self, clock: Clock, reach_ms: int = 0) -> None:
        """`reach_ms`: how far before now what comes in first may have been seen."""
        self._clock = clock
        self._now_ms = self._latest_ms = clock.now_ms()
        self._earliest_ms = self._now_ms - reach_ms
        self._set_back_s = float("-inf")
        self._last_ms: dict[str, int] = {}
        self._ahead_ms: dict[str, int] = {}

    def note_time(self) -> None:
        """Read the clock. It may have been set back since: then what is new seems to be old."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic()
        if now_ms < self._now_ms:
            self._set_back_s = now_s
            self._earliest_ms = min(self._earliest_ms, now_ms)
            self._latest_ms = max(self._latest_ms, self._now_ms + UNNOTED_MS)
            self._last_ms = {key: min(at_ms, now_ms) for key, at_ms in self._last_ms.items()}
        is_young = now_s - self._set_back_s <= UNDER_WAY_S
        self._now_ms, self._latest_ms = now_ms, max(self._latest_ms, now_ms) if is_young else now_ms

    def doubt(self, one: Observation, terms: EndpointTerms) -> str:
        """Why it cannot be so; nothing, and it is taken note of, where it can."""
        wrong = content_doubt(one.finding, terms)
        if wrong:
            return wrong
        if not self.is_next(one.endpoint, one.at_ms):
            return "it is dated before the last one, or in the future"
        if not self.is_in_its_pace(one, terms.every_ms):
            return "there are more than were due"
        self.note(one.endpoint, one.at_ms)
        return ""

    def is_next(self, key: str, at_ms: int) -> bool:
        """Whether a probe of this endpoint may have begun then: after the last one that is known."""
        return max(self._last_ms.get(key, 0), self._earliest_ms - 1) < at_ms <= self._latest_ms

    def note(self, key: str, at_ms: int) -> None:
        """There is an observation of that time."""
        self._last_ms[key] = min(at_ms, self._now_ms)

    def forget(self, keys: Iterable[str]) -> None:
        """These are no longer probed. When they last were stays known."""
        for key in keys:
            self._ahead_ms.pop(key, None)

    def is_in_its_pace(self, one: Observation, every_ms: int) -> bool:
        """Whether so many were due; it is counted then."""
        since_ms = max(0, one.at_ms - self._last_ms.get(one.endpoint, 0))
        # No more than that is held against it: its intervals may have become shorter.
        ahead_ms = max(0, min(self._ahead_ms.get(one.endpoint, 0), AHEAD * every_ms) - since_ms) + every_ms
        if 2 * ahead_ms > (2 * AHEAD + 1) * every_ms:
            return False
        self._ahead_ms[one.endpoint] = ahead_ms
        return True


def content_doubt(found: Finding, terms: EndpointTerms) -> str:
    """What cannot be in a finding at an endpoint of these terms."""
    return _wrong(found) or _wrong_steps(found, terms)


def _wrong(found: Finding) -> str:
    """What cannot be in a finding."""
    if found.reason not in REASONS[found.outcome]:
        return f"{found.outcome} for the reason {found.reason}"
    if found.detail and not is_plain(found.detail):
        return "a detail that is too long or is no line"
    if found.evidence and (found.outcome is not Outcome.DOWN or len(found.evidence) > EVIDENCE_LIMIT):
        return "evidence that is too long, or of no failure"
    if not _is_measured(found) or not _are_possible(found.phases):
        return "a number that cannot be"
    return ""


def _wrong_steps(found: Finding, terms: EndpointTerms) -> str:
    """What cannot be in a finding's steps: they become labels of metrics, so they are the contract's own."""
    if not found.steps:
        return ""
    known = [(step.id, step.title) for step in terms.steps] if isinstance(terms, JourneyEndpoint) else []
    if [(step.step, step.title) for step in found.steps] != known:
        return "steps that the contract does not have"
    if not all(is_plain(step.detail) and _is_possible(step) for step in found.steps):
        return "a step that cannot be"
    return ""


def _is_possible(step: StepFinding) -> bool:
    is_timed = 0 <= step.duration_us <= _LONGEST_US and _are_possible(step.phases)
    return is_timed and (step.status is None or 0 <= step.status <= 999)


def _is_measured(found: Finding) -> bool:
    status, size, until_s, address = found.status, found.body_bytes, found.certificate_expires_at_s, found.address
    return (
        0 <= found.duration_us <= _LONGEST_US
        and (status is None or 0 <= status <= 999)
        and (size is None or 0 <= size <= _MOST_BYTES)
        and (until_s is None or -_LAST_DAY_S <= until_s <= _LAST_DAY_S)
        and (address is None or (len(address) <= 64 and address.isprintable()))
    )


def _are_possible(phases: Phases) -> bool:
    several = (phases.dns_us, phases.connect_us, phases.tls_us, phases.first_byte_us, phases.transfer_us)
    return all(one is None or 0 <= one <= _LONGEST_US for one in several)
