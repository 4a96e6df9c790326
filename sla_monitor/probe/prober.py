"""The prober: made once from an endpoint's terms, then asked to probe, again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import EndpointTerms
from sla_monitor.probe.loop import Loop
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch
from sla_monitor.probe.verdict import Verdict, finding, plain
from sla_monitor.sla.observation import Finding, Outcome, Reason

if TYPE_CHECKING:
    from sla_monitor.sla.jobs import JobState, Timetable  # the contract's other terms, which no site has a use for

log = logging.getLogger(__name__)

CLOCK_TOLERANCE_MS = 1000
OVERDUE_TOLERANCE_MS = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """What the collector knows of a job. `state`: what it reported; `timetable`: when it is expected; `cut_off_s`:
    monotonic seconds at which the monitor last had no network, as far as is known; `unheard`: why no report of it can
    be accepted now, if that is so."""

    state: Callable[[], JobState]
    timetable: Timetable
    cut_off_s: Callable[[], float] = lambda: float("-inf")
    unheard: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a prober may know besides its terms.

    key: the endpoint's; started_ms: when this prober was made; heard: of the job, for a heartbeat endpoint.
    """

    clock: Clock
    key: str
    started_ms: int
    heard: Heard | None = None


class Prober(Protocol):
    """One endpoint's probe."""

    @property
    def terms(self) -> EndpointTerms:
        """What it was made from."""

    async def probe(self, watch: Stopwatch) -> Finding:
        """One probe, which awaits nothing but what ends by the stopwatch. What the supplier does wrong is a finding,
        never an exception."""

    def close(self) -> None:
        """Let go of what is kept between probes."""


async def observe(prober: Prober, loop: Loop, clock: Clock) -> Finding:
    """One probe, timed and judged for its speed. An error of ours is UNKNOWN, never DOWN.

    Once the peer has sent anything, an exception is its doing: it would otherwise be able to make its outages UNKNOWN.
    """
    wall_ms, began, lost_s, stood_still_s = clock.now_ms(), clock.monotonic(), loop.lost(), loop.stood_still_s
    watch = Stopwatch(loop, prober.terms.timeout_ms)
    try:
        found = await prober.probe(watch)
    except DeadlinePassed:
        found = finding(watch, Verdict(Reason.TIMEOUT, f"the time was up while {watch.doing}"))
    except MemoryError as error:  # all probes share it: nobody knows whose doing it is
        log.error("a probe found no memory left", exc_info=error, extra={"endpoint": prober.terms.id})
        found = internal_error("the monitor has no memory left (sites.memory_mb)")
    except Exception as error:
        log.error("a probe ended in an exception", exc_info=error, extra={"endpoint": prober.terms.id})
        found = _exception(error, watch)
    finally:
        watch.stop()
    elapsed = clock.monotonic() - began
    stepped_ms = abs(clock.now_ms() - wall_ms - elapsed * 1000)
    lost_s = min(max(0.0, loop.lost() - lost_s), elapsed)
    # What peers made us compute is no reason to see nothing: else they could make their outages UNKNOWN.
    computed_s = lost_s - (loop.stood_still_s - stood_still_s)
    overdue_ms = (elapsed - computed_s - watch.ours_s) * 1000 - prober.terms.timeout_ms
    if stepped_ms > CLOCK_TOLERANCE_MS:
        detail = f"the clock stepped by {stepped_ms / 1000:.1f} s during the probe, or the host was suspended"
        found = Finding(Outcome.UNKNOWN, Reason.CLOCK_STEPPED, detail)
    elif overdue_ms > OVERDUE_TOLERANCE_MS:  # every probe ends by its deadline: it was we who stood still
        found = Finding(Outcome.UNKNOWN, Reason.CLOCK_STEPPED, f"the monitor stood still for {overdue_ms / 1000:.1f} s")
    theirs_s = max(elapsed - lost_s - watch.ours_s, 0.0)
    return _for_speed(found, prober.terms, round(theirs_s * 1_000_000))


async def is_answered(prober: Prober, loop: Loop) -> bool:
    """One probe of a witness: whether anything at all came back, be it a refusal in the protocol's own words or a
    drip. Any byte proves the way."""
    watch = Stopwatch(loop, prober.terms.timeout_ms)
    try:
        found = await prober.probe(watch)
    except DeadlinePassed:
        return watch.was_answered
    finally:
        watch.stop()
    return watch.was_answered or found.outcome in {Outcome.UP, Outcome.DEGRADED}


def _exception(error: Exception, watch: Stopwatch) -> Finding:
    name = type(error).__name__
    if not watch.was_answered:
        return internal_error(f"{name} in the probe (see the log)")
    evidence = f"{name}: {error}\n\n".encode(errors="backslashreplace") + watch.seen
    return finding(watch, Verdict(Reason.PROTOCOL_ERROR, f"the answer cannot be understood ({name})"), evidence)


def observe_once(prober: Prober, clock: Clock) -> Finding:
    """One probe in a loop of its own: for whoever has no loop."""
    loop = Loop()
    try:
        return loop.run(observe(prober, loop, clock))
    finally:
        prober.close()
        loop.close()


def internal_error(detail: str) -> Finding:
    """What cannot be known for a reason of our own."""
    return Finding(Outcome.UNKNOWN, Reason.INTERNAL_ERROR, plain(detail))


def misconfigured(detail: str) -> Finding:
    """What cannot be known because the monitor lacks a secret or a file that its configuration refers to."""
    return Finding(Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED, plain(detail))


def _for_speed(found: Finding, terms: EndpointTerms, duration_us: int) -> Finding:
    """The finding with its duration, and worse if that was too long. DOWN and UNKNOWN stay what they are."""
    if found.outcome in {Outcome.UP, Outcome.DEGRADED}:
        for outcome, limit_ms in ((Outcome.DOWN, terms.down_above_ms), (Outcome.DEGRADED, terms.degraded_above_ms)):
            if limit_ms is not None and duration_us > limit_ms * 1000 and found.outcome is not outcome:
                detail = f"it took {duration_us / 1000:.0f} ms, more than {limit_ms} ms"
                return replace(found, outcome=outcome, reason=Reason.TOO_SLOW, detail=detail, duration_us=duration_us)
    return found.lasting(duration_us)
