"""When a job should have reported: in hours, at times of day, over holidays and changes of the clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.calendars import Calendar
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind, Timetable

LONDON = ZoneInfo("Europe/London")
MINUTE_MS = 60_000
OFFICE = Calendar.model_validate({"hours": {"mon-fri": "08:00-18:00"}, "closed_on": ["2026-05-04"]})
TWO_SHIFTS = Calendar.model_validate({"hours": {"mon-fri": ["08:00-12:00", "13:00-17:00"]}})
WEEKDAYS = Calendar.model_validate({"hours": {"mon-fri": "00:00-24:00"}})
NEVER = Calendar.model_validate({"hours": {}})
SUNDAYS = Calendar.model_validate({"hours": {"sun": "00:00-24:00"}})
MONTH_ENDS = Calendar.model_validate(
    {"hours": {}, "open_on": {"2026-04-30": "09:00-17:00", "2026-05-29": "09:00-17:00"}}
)


def ms(local: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=LONDON, fold=fold).timestamp() * 1000)


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


def every(period_m: int, grace_m: int, calendar: Calendar | None) -> Timetable:
    return Timetable(LONDON, calendar, (), period_m * MINUTE_MS, grace_m * MINUTE_MS)


def daily(grace_m: int, calendar: Calendar | None, *at: str) -> Timetable:
    return Timetable(LONDON, calendar, tuple(map(time.fromisoformat, at)), 0, grace_m * MINUTE_MS)


# Half an hour and ten minutes' grace. 2026-05-01 is a Friday, the Monday after it a bank holiday.
HALF_HOURLY = every(30, 10, OFFICE)


@pytest.mark.parametrize(
    ("timetable", "since", "last_in_time"),
    [
        # without hours: forty minutes, at any time
        (every(30, 10, None), "2026-05-02 03:00", "2026-05-02 03:40"),
        (every(30, 10, None), "2026-05-01 17:45", "2026-05-01 18:25"),
        # inside the hours of one day
        (HALF_HOURLY, "2026-05-01 09:00", "2026-05-01 09:40"),
        # in time when the hours ended: the whole of its time from the next opening on, after weekend and holiday
        (HALF_HOURLY, "2026-05-01 17:45", "2026-05-05 08:40"),
        (HALF_HOURLY, "2026-05-01 17:20", "2026-05-05 08:40"),
        (HALF_HOURLY, "2026-05-05 17:45", "2026-05-06 08:40"),
        # late before the hours ended: late at once
        (HALF_HOURLY, "2026-05-01 17:19", "2026-05-01 17:59"),
        # heard while it need not work
        (HALF_HOURLY, "2026-05-01 20:00", "2026-05-05 08:40"),
        (HALF_HOURLY, "2026-05-03 12:00", "2026-05-05 08:40"),
        (HALF_HOURLY, "2026-05-05 07:59", "2026-05-05 08:40"),
        (HALF_HOURLY, "2026-05-05 08:00", "2026-05-05 08:40"),
        # a pause at noon is a rest as well
        (every(30, 10, TWO_SHIFTS), "2026-05-05 11:45", "2026-05-05 13:40"),
        # days that touch are one stretch of hours, until it ends
        (every(30, 10, WEEKDAYS), "2026-05-05 23:50", "2026-05-06 00:30"),
        (every(30, 10, WEEKDAYS), "2026-05-08 23:50", "2026-05-11 00:40"),
        # a patience that is longer than a day's hours is used up over several: 9 h of Tuesday are not owed, 15 h are
        (every(14 * 60, 60, OFFICE), "2026-05-05 09:00", "2026-05-07 13:00"),
        (every(14 * 60, 60, OFFICE), "2026-05-03 12:00", "2026-05-06 13:00"),
        # summer time begins on Sunday 29 March 2026, ends on Sunday 25 October
        (every(30, 10, OFFICE), "2026-03-27 17:45", "2026-03-30 08:40"),
        (every(30, 10, OFFICE), "2026-10-23 17:45", "2026-10-26 08:40"),
        # in the night itself an hour is an hour, whatever the wall clock says
        (every(30, 10, SUNDAYS), "2026-03-29 00:30", "2026-03-29 02:10"),
        (every(60, 0, SUNDAYS), "2026-10-25 00:30", "2026-10-25 01:30"),
    ],
)
def test_silence_counts_in_the_hours_and_begins_anew_when_they_open(
    timetable: Timetable, since: str, last_in_time: str
) -> None:
    end_ms = ms(last_in_time)
    assert not timetable.is_overdue(ms(since), end_ms)
    assert timetable.is_overdue(ms(since), end_ms + 1)
    assert timetable.is_overdue(ms(since), end_ms + 2 * MINUTE_MS)


def test_a_job_that_was_late_when_the_hours_ended_is_late_all_weekend_and_when_they_open() -> None:
    since_ms = ms("2026-05-05 17:10")
    late = ("2026-05-05 17:51", "2026-05-05 20:00", "2026-05-06 07:00", "2026-05-06 08:00", "2026-05-06 08:10")
    assert [HALF_HOURLY.is_overdue(since_ms, ms(at)) for at in late] == [True] * len(late)


NIGHTLY = daily(30, None, "02:00")
WORKDAYS = daily(30, OFFICE, "02:00")


@pytest.mark.parametrize(
    ("timetable", "since", "last_in_time"),
    [
        # every night, and half an hour
        (NIGHTLY, "2026-05-05 02:05", "2026-05-06 02:30"),
        (NIGHTLY, "2026-05-05 14:00", "2026-05-06 02:30"),
        # a report from just before its time answers, for the job's clock is not ours; an earlier one does not
        (NIGHTLY, "2026-05-05 01:59", "2026-05-06 02:30"),
        (NIGHTLY, "2026-05-05 01:58", "2026-05-05 02:30"),
        # days without hours have no run: Saturday, Sunday, and the holiday on Monday
        (WORKDAYS, "2026-05-01 02:10", "2026-05-05 02:30"),
        (WORKDAYS, "2026-05-02 02:10", "2026-05-05 02:30"),
        (daily(30, MONTH_ENDS, "22:00"), "2026-04-30 22:10", "2026-05-29 22:30"),
        # several a day
        (daily(30, None, "02:00", "14:00"), "2026-05-05 02:10", "2026-05-05 14:30"),
        (daily(30, None, "14:00", "02:00"), "2026-05-05 14:10", "2026-05-06 02:30"),
        # grace over midnight
        (daily(90, None, "23:30"), "2026-05-05 00:00", "2026-05-06 01:00"),
        (daily(90, OFFICE, "23:30"), "2026-05-01 12:00", "2026-05-02 01:00"),
        (daily(30, None, "00:00"), "2026-05-04 23:59", "2026-05-06 00:30"),
    ],
)
def test_a_run_is_answered_for_within_grace_of_its_time(timetable: Timetable, since: str, last_in_time: str) -> None:
    end_ms = ms(last_in_time)
    assert not timetable.is_overdue(ms(since), end_ms)
    assert timetable.is_overdue(ms(since), end_ms + 1)
    assert timetable.is_overdue(ms(since), end_ms + 3_600_000)


@pytest.mark.parametrize(
    ("reported", "now", "is_overdue"),
    [
        # 29 March: 01:30 does not come. At 00:30 UTC it is half past midnight, at 01:30 UTC half past two.
        ("2026-03-28 01:35", "2026-03-29 00:50", False),
        ("2026-03-28 01:35", "2026-03-29 01:40", False),
        ("2026-03-28 01:35", "2026-03-29 01:41", True),
        ("2026-03-29 00:30", "2026-03-29 12:00", False),  # a scheduler that goes by the new time
        ("2026-03-29 01:00", "2026-03-29 12:00", False),  # cron, as soon as the clock has changed
        ("2026-03-29 01:30", "2026-03-29 12:00", False),  # one that goes by the old time
        ("2026-03-29 00:28", "2026-03-29 12:00", True),
        ("2026-03-29 01:00", "2026-03-30 00:40", False),  # the night after is an ordinary one
        ("2026-03-29 01:00", "2026-03-30 00:41", True),
        # 25 October: 01:30 comes twice, at 00:30 and at 01:30 UTC
        ("2026-10-24 00:35", "2026-10-25 01:40", False),
        ("2026-10-24 00:35", "2026-10-25 01:41", True),
        ("2026-10-25 00:30", "2026-10-25 12:00", False),
        ("2026-10-25 01:30", "2026-10-25 12:00", False),
        ("2026-10-25 00:28", "2026-10-25 12:00", True),
        ("2026-10-25 00:30", "2026-10-26 01:40", False),
        ("2026-10-25 00:30", "2026-10-26 01:41", True),
    ],
)
def test_a_time_that_the_clock_change_skips_or_repeats_may_be_read_in_any_way(
    reported: str, now: str, is_overdue: bool
) -> None:
    nightly = daily(10, None, "01:30")
    assert nightly.is_overdue(utc_ms(reported), utc_ms(now)) is is_overdue


@pytest.mark.parametrize("timetable", [every(30, 10, NEVER), daily(30, NEVER, "02:00")])
def test_a_calendar_without_a_day_expects_nothing(timetable: Timetable) -> None:
    assert not timetable.is_overdue(ms("2020-01-01 00:00"), ms("2026-05-05 00:00"))


@given(
    st.integers(0, 14 * 24 * 60).map(lambda m: ms("2026-10-19 00:00") + m * MINUTE_MS),
    st.integers(0, 14 * 24 * 60),
    st.sampled_from([HALF_HOURLY, every(30, 10, TWO_SHIFTS), NIGHTLY, WORKDAYS, daily(30, OFFICE, "02:00", "14:00")]),
)
def test_a_job_that_is_overdue_stays_so_until_it_reports(since_ms: int, minutes: int, timetable: Timetable) -> None:
    """Otherwise an outage would end, or a job would be late in a time in which it rests, with nobody doing anything."""
    now_ms = since_ms + minutes * MINUTE_MS
    if timetable.is_overdue(since_ms, now_ms):
        assert all(timetable.is_overdue(since_ms, now_ms + hours * 3_600_000) for hours in range(0, 100, 7))
        assert not timetable.is_overdue(now_ms, now_ms)


@given(st.integers(0, 400), st.sampled_from(["02:00", "00:30", "01:30", "23:59"]))
def test_a_job_that_reports_at_its_time_every_night_is_never_overdue(days: int, at: str) -> None:
    timetable = daily(10, None, at)
    due = datetime.combine(date(2026, 1, 1) + timedelta(days=days), time.fromisoformat(at))
    for one in (due, due + timedelta(days=1)):
        following = one + timedelta(days=1)
        for fold in (0, 1):
            since_ms = int(one.replace(tzinfo=LONDON, fold=fold).timestamp() * 1000)
            until_ms = min(int(following.replace(tzinfo=LONDON, fold=f).timestamp() * 1000) for f in (0, 1))
            assert not any(timetable.is_overdue(since_ms, now) for now in range(since_ms, until_ms, 600_000))


def report(kind: str, at_ms: int, heard_s: float, text: str = "", duration_ms: int | None = None) -> JobReport:
    return JobReport(ReportKind(kind), at_ms, heard_s, text, duration_ms)


def test_the_state_follows_the_order_in_which_reports_came_in_whatever_the_clock_said() -> None:
    start, failed, done = report("start", 9_000, 1), report("fail", 8_000, 2), report("done", 1_000, 3)
    state = JobState().after(start)
    assert state == JobState(running=start)
    assert state.after(failed) == JobState(ended=failed)
    assert state.after(failed).after(done) == JobState(done=done, ended=done)
    assert state.after(done).after(failed) == JobState(done=done, ended=failed)
    assert state.after(done).after(start) == JobState(done=done, ended=done, running=start)


def test_a_run_is_timed_on_the_monotonic_clock_from_its_latest_start() -> None:
    state = JobState().after(report("start", 0, 5)).after(report("start", 0, 10))
    assert state.timed(report("done", 999_999_999, 12.5)).duration_ms == 2_500
    assert state.timed(report("fail", 0, 13)).duration_ms == 3_000
    assert state.timed(report("start", 0, 13)).duration_ms is None
    assert JobState().timed(report("done", 0, 13)).duration_ms is None


@pytest.mark.parametrize(
    ("at_ms", "age_s", "done_ms", "running_ms"),
    [
        (90_000, 10, 90_000, 90_000),  # nothing was set
        (89_001, 10, 90_000, 90_000),  # the clock was put right by less than a second
        (88_999, 10, 88_999, 90_000),
        (3_690_000, 10, 90_000, 90_000),  # it came in while the clock was an hour ahead
        (-3_510_000, 10, -3_510_000, 90_000),  # the clock was set forward since, or the host slept
    ],
)
def test_a_report_is_never_from_the_future_and_a_clock_that_is_set_makes_no_run_longer(
    at_ms: int, age_s: float, done_ms: int, running_ms: int
) -> None:
    now_ms, now_s = 100_000, 50.0
    done, start = report("done", at_ms, now_s - age_s), report("start", at_ms, now_s - age_s)
    seen = JobState(done, done, start).as_of(now_ms, now_s)
    assert seen.done is not None
    assert seen.ended is not None
    assert seen.running is not None
    assert (seen.done.at_ms, seen.ended.at_ms, seen.running.at_ms) == (done_ms, done_ms, running_ms)
    assert JobState().as_of(now_ms, now_s) == JobState()
