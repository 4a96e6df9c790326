"""A supplier's batch job that posts to us: one that fails, runs too long or stays silent for too long is DOWN."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.contract.fields import spelled_duration
from sla_monitor.probe.prober import CLOCK_TOLERANCE_MS, Surroundings, misconfigured
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import plain
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind, Timetable
from sla_monitor.sla.observation import Finding, Outcome, Reason

STOOD_STILL_S = 5.0
"""A probe that comes so much later than its interval says that the monitor stood still, and heard nothing meanwhile."""


class HeartbeatProber:
    """Judges a job by what it reported, and keeps since when nobody can have reported without being heard.

    That time begins anew when the monitor starts, when the host slept or a clock was set, when the process stood still,
    when it was cut off from the network, and when it could not read the job's token.
    """

    __slots__ = ("_clock", "_heard", "_offset_ms", "_probed_s", "_since_ms", "terms")

    def __init__(self, terms: HeartbeatEndpoint, surroundings: Surroundings) -> None:
        """Raises ValueError where there is nobody who hears the job."""
        if surroundings.heard is None:
            raise ValueError("only the collector hears heartbeats")
        self.terms = terms
        self._heard, self._clock = surroundings.heard, surroundings.clock
        self._since_ms = surroundings.started_ms
        self._probed_s = self._clock.monotonic()
        self._offset_ms = self._wall_less_monotonic_ms()

    async def probe(self, _: Stopwatch) -> Finding:
        return self.find()

    def find(self) -> Finding:
        """What is known of the job now."""
        heard, now_ms, monotonic_s = self._heard, self._clock.now_ms(), self._listen()
        if why := heard.unheard():  # our own fault: what the job posts meanwhile is lost
            self._since_ms = now_ms
            return misconfigured(why)
        job = heard.state().as_of(now_ms, monotonic_s)
        cut_off_ms = now_ms - 1000 * (monotonic_s - heard.cut_off_s())
        return judge(self.terms, heard.timetable, job, int(max(self._since_ms, cut_off_ms)), now_ms)

    def close(self) -> None:
        """Nothing is kept between probes."""

    def _listen(self) -> float:
        """Monotonic seconds now; `_since_ms` begins anew if something has come between this probe and the last."""
        clock = self._clock
        monotonic_s, offset_ms = clock.monotonic(), self._wall_less_monotonic_ms()
        was_set = abs(offset_ms - self._offset_ms) >= CLOCK_TOLERANCE_MS
        stood_still = monotonic_s - self._probed_s > self.terms.every_ms / 1000 + STOOD_STILL_S
        if was_set or stood_still:
            self._since_ms, self._offset_ms = clock.now_ms(), offset_ms
        self._probed_s = monotonic_s
        return monotonic_s

    def _wall_less_monotonic_ms(self) -> int:
        clock = self._clock
        return clock.now_ms() - int(clock.monotonic() * 1000)


class JobTrouble(NamedTuple):
    """What is wrong with a job. `at_ms`: the report that says so; of a silence, the last one that did not."""

    reason: Reason
    at_ms: float
    detail: str


def judge(terms: HeartbeatEndpoint, timetable: Timetable, job: JobState, since_ms: int, now_ms: int) -> Finding:
    """What a job's reports come to at `now_ms`, given that everything it posted since `since_ms` was heard.

    Trouble from before then may be over, and the report of it lost on us. It is not held against the job before the
    job has had its time to report again: until then nobody knows.
    """
    trouble = _reported(terms, job, now_ms)
    if trouble is None:
        if job.done is not None and not timetable.is_overdue(job.done.at_ms, now_ms):
            return Finding(Outcome.UP)
        trouble = _silence(timetable, job.done, now_ms)
    if since_ms > trouble.at_ms and not timetable.is_overdue(since_ms, now_ms):
        detail = f"the job has not been heard since {_moment(since_ms)}, when we began to listen without a break"
        return Finding(Outcome.UNKNOWN, Reason.NOT_YET_SEEN, detail)
    return Finding(Outcome.DOWN, trouble.reason, plain(trouble.detail))


def _reported(terms: HeartbeatEndpoint, job: JobState, now_ms: int) -> JobTrouble | None:
    """What the job itself says is wrong, until its next good end."""
    if job.ended is not None and job.ended.kind is ReportKind.FAIL:
        said = f": {job.ended.text}" if job.ended.text else ""
        return JobTrouble(Reason.JOB_FAILED, job.ended.at_ms, f"the job failed at {_moment(job.ended.at_ms)}{said}")
    limit_ms = terms.max_duration_ms
    if limit_ms is None:
        return None
    allowed = f"more than {spelled_duration(limit_ms)}"
    if job.ended is not None and (job.ended.duration_ms or 0) > limit_ms:
        took = f"the job that ended at {_moment(job.ended.at_ms)} took {(job.ended.duration_ms or 0) // 1000} s"
        return JobTrouble(Reason.TOO_SLOW, job.ended.at_ms, f"{took}, {allowed}")
    if job.running is not None and now_ms - job.running.at_ms > limit_ms:
        running = f"the job has been running since {_moment(job.running.at_ms)}"
        return JobTrouble(Reason.TOO_SLOW, job.running.at_ms, f"{running}, {allowed}")
    return None


def _silence(timetable: Timetable, done: JobReport | None, now_ms: int) -> JobTrouble:
    at_ms = float("-inf") if done is None else done.at_ms
    heard = "has never reported success" if done is None else f"last reported success at {_moment(done.at_ms)}"
    run = timetable.last_run(0 if done is None else done.at_ms, now_ms) if timetable.at else None
    if run is not None:
        missed = (
            f"no report of the run that was due at {_moment(run.due_ms)}, nor in {timetable.grace_ms // 1000} s after"
        )
        return JobTrouble(Reason.HEARTBEAT_SILENT, at_ms, f"{missed}; the job {heard}")
    allowed = f"its period and grace allow {(timetable.period_ms + timetable.grace_ms) // 1000} s"
    hours = " of its hours" if timetable.calendar is not None else ""
    return JobTrouble(Reason.HEARTBEAT_SILENT, at_ms, f"the job {heard}; {allowed}{hours}")


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
