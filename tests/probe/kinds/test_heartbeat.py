"""What a job's reports come to: success, failure, runs that are too long, silence, and what nobody can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla_monitor import probe
from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.probe import Finding, Heard, Surroundings
from sla_monitor.probe.kinds.heartbeat import STOOD_STILL_S, HeartbeatProber, judge
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind, Timetable
from sla_monitor.sla.observation import DETAIL_LIMIT, Outcome, Reason
from tests.fakes.clock import FakeClock
from tests.probe.looking import terms

NOW_MS = 1_777_975_200_000
"""Tuesday 2026-05-05 10:00 UTC."""
MINUTE_MS = 60_000
PATIENCE_MS = 65 * MINUTE_MS
LONG_AGO_MS = NOW_MS - 10 * PATIENCE_MS
UP, DOWN, UNKNOWN = (Outcome.UP, None), Outcome.DOWN, (Outcome.UNKNOWN, Reason.NOT_YET_SEEN)
SILENT, FAILED, SLOW = (DOWN, Reason.HEARTBEAT_SILENT), (DOWN, Reason.JOB_FAILED), (DOWN, Reason.TOO_SLOW)


def hourly(**more: Any) -> HeartbeatEndpoint:
    made = terms("heartbeat", token="${env:TOKEN}", period="1h", grace="5m", max_duration="10m", every="10s", **more)
    assert isinstance(made, HeartbeatEndpoint)
    return made


TIMETABLE = Timetable(ZoneInfo("UTC"), None, (), 60 * MINUTE_MS, 5 * MINUTE_MS)


def at(minutes_ago: float, kind: str = "done", text: str = "", took_m: float | None = None) -> JobReport:
    took_ms = None if took_m is None else round(took_m * MINUTE_MS)
    return JobReport(ReportKind(kind), NOW_MS - round(minutes_ago * MINUTE_MS), 0, text, took_ms)


def state(*reports: JobReport) -> JobState:
    found = JobState()
    for report in reports:
        found = found.after(report)
    return found


def judged(job: JobState, since_ms: int = LONG_AGO_MS, now_ms: int = NOW_MS) -> Finding:
    return judge(hourly(), TIMETABLE, job, since_ms, now_ms)


@pytest.mark.parametrize(
    ("reports", "since_m", "expected"),
    [
        # silence
        ([at(0)], 0, UP),
        ([at(65)], 0, UP),
        ([at(65.1)], 65.1, SILENT),
        ([at(65.1)], 65, UNKNOWN),
        ([at(650)], 65, UNKNOWN),  # we were stopped: nobody could be heard
        ([at(650)], 65.1, SILENT),
        ([], 0, UNKNOWN),
        ([], 65, UNKNOWN),
        ([], 65.1, SILENT),
        # a start is no success
        ([at(65.1), at(1, "start")], 650, SILENT),
        ([at(1, "start")], 0, UNKNOWN),
        # a failure stands until the next success
        ([at(1), at(0, "fail")], 650, FAILED),
        ([at(60, "fail")], 650, FAILED),
        ([at(600, "fail")], 650, FAILED),
        ([at(2, "fail"), at(1, "start")], 650, FAILED),
        ([at(2, "fail"), at(1)], 650, UP),
        ([at(0, "fail")], 0, FAILED),
        ([at(60, "fail")], 30, UNKNOWN),  # its success may have come while nobody listened
        ([at(600, "fail")], 65.1, FAILED),
        # a run that takes too long, or took too long
        ([at(30), at(10, "start")], 650, UP),
        ([at(30), at(10.1, "start")], 650, SLOW),
        ([at(30), at(10.1, "start")], 10, UNKNOWN),
        ([at(1, took_m=10)], 650, UP),
        ([at(1, took_m=10.1)], 650, SLOW),
        ([at(2, took_m=10.1), at(1, "start")], 650, SLOW),
        ([at(2, took_m=10.1), at(1, took_m=9)], 650, UP),
        ([at(2, took_m=10.1), at(1)], 650, UP),
        ([at(1, "fail", took_m=10.1)], 650, FAILED),
    ],
)
def test_what_reports_come_to(
    reports: list[JobReport], since_m: float, expected: tuple[Outcome, Reason | None]
) -> None:
    found = judged(state(*reports), NOW_MS - round(since_m * MINUTE_MS))
    assert (found.outcome, found.reason) == expected


def test_without_a_limit_no_run_is_too_long() -> None:
    unlimited = hourly().model_copy(update={"max_duration_ms": None})
    for job in (state(at(30), at(10.1, "start")), state(at(1, took_m=1000))):
        assert judge(unlimited, TIMETABLE, job, LONG_AGO_MS, NOW_MS) == Finding(Outcome.UP)


@pytest.mark.parametrize(
    ("job", "detail"),
    [
        (state(at(1, "fail", "disk full")), "the job failed at 2026-05-05T09:59:00Z: disk full"),
        (state(at(1, "fail")), "the job failed at 2026-05-05T09:59:00Z"),
        (state(at(1, took_m=11)), "the job that ended at 2026-05-05T09:59:00Z took 660 s, more than 10m"),
        (state(at(11, "start")), "the job has been running since 2026-05-05T09:49:00Z, more than 10m"),
        (
            state(at(120)),
            "the job last reported success at 2026-05-05T08:00:00Z; its period and grace allow 3900 s",
        ),
        (state(), "the job has never reported success; its period and grace allow 3900 s"),
    ],
)
def test_a_job_that_is_down_says_why(job: JobState, detail: str) -> None:
    assert judged(job).detail == detail


def test_a_run_that_is_missed_says_when_it_was_due() -> None:
    nightly = replace(TIMETABLE, at=(time(2),), grace_ms=30 * MINUTE_MS)
    found = judge(hourly(), nightly, state(at(600)), LONG_AGO_MS, NOW_MS)
    assert (found.outcome, found.reason) == SILENT
    missed = "no report of the run that was due at 2026-05-05T02:00:00Z, nor in 1800 s after"
    assert found.detail == f"{missed}; the job last reported success at 2026-05-05T00:00:00Z"


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "\x1b[31m\r\n\0\x9b\u2028", "\N{RIGHT-TO-LEFT OVERRIDE}" * 300, "\udcff\ud800", "<script>"]
)
def test_hostile_text_is_one_short_line(text: str) -> None:
    detail = judged(state(at(1, "fail", text))).detail
    assert len(detail) <= DETAIL_LIMIT
    assert detail.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "").isprintable(), "which every screen replaces"
    detail.encode()


class Job:
    """A job and its prober, in a world where the clock can be set. Patience: 7 s, a probe each second."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW_MS)
        self.state = JobState()
        self.cut_off_s = float("-inf")
        self.unheard = ""
        self.terms = hourly().model_copy(update={"every_ms": 1_000, "period_ms": 5_000, "grace_ms": 2_000})
        timetable = replace(TIMETABLE, period_ms=5_000, grace_ms=2_000)
        heard = Heard(lambda: self.state, timetable, lambda: self.cut_off_s, lambda: self.unheard)
        around = Surroundings(self.clock, "c/it", NOW_MS, heard)
        self.prober = HeartbeatProber(self.terms, around)

    def post(self, kind: str = "done") -> None:
        report = JobReport(ReportKind(kind), self.clock.now_ms(), self.clock.monotonic())
        self.state = self.state.after(self.state.timed(report))

    def outcomes(self, seconds: int, *, posts_every: int = 0) -> str:
        """The first letter of each second's outcome: u, d, or ? for unknown."""
        letters = ""
        for second in range(seconds):
            if posts_every and second % posts_every == 0:
                self.post()
            found = probe.observe_once(self.prober, self.clock)
            letters += "?" if found.outcome is Outcome.UNKNOWN else found.outcome[0]
            self.clock.advance(1_000)
        return letters


HOUR_MS = 3_600_000


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS, 86_400_000, 2_000, -2_000, -100 * 86_400_000])
def test_a_clock_that_is_set_and_put_right_costs_a_good_job_nothing(step_ms: int) -> None:
    job = Job()
    assert job.outcomes(20, posts_every=5) == "u" * 20
    for step in (step_ms, -step_ms):
        job.clock.step(step)
        seen = job.outcomes(20, posts_every=5)
        assert set(seen) <= {"u", "?"}
        assert seen[5:] == "u" * 15
    assert job.outcomes(2 * 3_600, posts_every=5) == "u" * 7_200, "nor later, when the wrong time comes round"


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_a_clock_that_was_wrong_for_twelve_seconds_hides_no_silence(step_ms: int) -> None:
    job = Job()
    job.outcomes(10, posts_every=5)
    job.clock.step(step_ms)
    job.outcomes(12, posts_every=5)
    job.clock.step(-step_ms)
    seen = job.outcomes(2 * 3_600)
    assert "d" in seen[:9], "seven seconds of patience, from when the clock was put right at the latest"
    assert set(seen[9:]) == {"d"}


def test_a_run_is_no_longer_because_the_clock_was_set() -> None:
    job = Job()
    job.post("start")
    job.clock.step(HOUR_MS)
    assert set(job.outcomes(300)) <= {"?", "d"}
    found = job.prober.find()
    assert found.reason is Reason.HEARTBEAT_SILENT, "not too slow: it has been running for five minutes"


def test_a_host_that_slept_knows_nothing_of_the_time() -> None:
    """Its wall clock goes on, its monotonic one does not; no report could come in."""
    job = Job()
    job.outcomes(10, posts_every=5)
    job.clock.step(HOUR_MS)
    assert job.outcomes(8) == "????????"
    assert set(job.outcomes(10)) == {"d"}


def test_a_job_whose_token_we_cannot_read_is_not_charged_for_its_silence() -> None:
    """Every report is refused meanwhile: it is our fault, and the job has its time anew once the token is there."""
    job = Job()
    job.outcomes(10, posts_every=5)
    job.unheard = "${file:/gone}: no such file"
    assert job.outcomes(60) == "?" * 60
    found = job.prober.find()
    assert (found.reason, found.detail) == (Reason.MONITOR_MISCONFIGURED, job.unheard)
    job.unheard = ""
    assert job.outcomes(12) == "????????dddd"
    job.post()
    assert job.outcomes(1) == "u"


def test_a_process_that_stood_still_charges_nobody() -> None:
    """SIGSTOP: both clocks go on."""
    job = Job()
    job.outcomes(10, posts_every=5)
    job.clock.advance(round(STOOD_STILL_S * 1000) + 60_000)
    assert job.outcomes(8) == "????????"
    assert set(job.outcomes(10)) == {"d"}


def test_a_silence_that_may_be_an_outage_of_our_network_charges_nobody() -> None:
    job = Job()
    job.outcomes(10, posts_every=5)
    job.cut_off_s = job.clock.monotonic() + 3
    assert job.outcomes(12) == "uuu????????d"


def test_a_failure_stands_however_long_the_clock_is_wrong() -> None:
    job = Job()
    job.outcomes(10, posts_every=5)
    job.post("fail")
    assert job.outcomes(3) == "ddd"
    job.post("done")
    assert job.outcomes(3) == "uuu"
