"""Heartbeat endpoints: when a job is expected, and what `check` says of terms that cannot be meant."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from sla_monitor.contract.advice import advice
from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
from sla_monitor.sla.jobs import timetable_of
from tests.contract.support import HEAD, loaded, problems

JOB = """\
calendars:
  office: {hours: {mon-fri: "08:00-18:00"}}
  never: {hours: {}}
  dates: {hours: {}, open_on: {2026-04-30: "08:00-18:00"}}
services:
  - id: batch
    service_hours: office
    endpoints:
      - id: nightly
        kind: heartbeat
        token: ${env:TOKEN}
        grace: 30m
"""


def job(*lines: str) -> str:
    """Its keys stand from line 19 on."""
    return HEAD + JOB + "".join(f"        {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("lines", "calendar", "at"),
    [
        (["period: 30m"], "office", ()),
        (["period: 30m", "expected: {calendar: always}"], None, ()),
        (["period: 30m", "expected: {}"], "office", ()),
        (["expected: {at: [02:00]}"], "office", (time(2),)),
        (["expected: {at: ['02:00', '14:30:15'], calendar: always}"], None, (time(2), time(14, 30, 15))),
        (["expected: {at: ['02:00'], calendar: dates}"], "dates", (time(2),)),
    ],
)
def test_a_job_is_expected_in_the_services_hours_unless_the_terms_say_otherwise(
    tmp_path: Path, lines: list[str], calendar: str | None, at: tuple[time, ...]
) -> None:
    terms = loaded(tmp_path, job(*lines)).versions[0].terms
    (service,) = terms.services
    (endpoint,) = service.endpoints
    assert isinstance(endpoint, HeartbeatEndpoint)
    timetable = timetable_of(endpoint, terms, service)
    assert timetable.calendar == (terms.calendars[calendar] if calendar else None)
    assert (timetable.at, timetable.zone.key, timetable.grace_ms) == (at, "Europe/London", 1_800_000)
    assert timetable.period_ms == (0 if at else 1_800_000)


NIGHTLY = "services.batch.endpoints.nightly"
TOO_LONG = "must end a minute before the next run is due, or one report would answer for two"
NO_DAY = "has no hours on any day, so that the job would never be expected"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            [],
            f"c.yaml:15:9: {NIGHTLY}.period: is missing (write for example period: 1d, or expected: {{at: ['02:00']}})",
        ),
        (
            ["period: 1d", "expected: {at: ['02:00']}"],
            f"c.yaml:19:17: {NIGHTLY}.period: must not be given beside expected.at (leave one of them out)",
        ),
        (
            ["expected: {at: ['02:00', '14:00', '02:00']}"],
            f"c.yaml:19:24: {NIGHTLY}.expected.at: names a time twice (leave one of them out)",
        ),
        (
            ["expected: {at: ['02:00', '02:31']}"],
            f"c.yaml:18:16: {NIGHTLY}.grace: {TOO_LONG} (less than 30m)",
        ),
        (
            ["expected: {at: ['23:50', '00:10']}"],
            f"c.yaml:18:16: {NIGHTLY}.grace: {TOO_LONG} (less than 19m)",
        ),
        (
            ["period: 30m", "expected: {calendar: ofice}"],
            f"c.yaml:20:30: {NIGHTLY}.expected.calendar: no such calendar (did you mean office?)",
        ),
        (
            ["expected: {at: ['02:00'], calendar: never}"],
            f"c.yaml:19:45: {NIGHTLY}.expected.calendar: {NO_DAY} (choose another)",
        ),
        (
            ["period: 30m", "expected: {calender: office}"],
            f"c.yaml:20:20: {NIGHTLY}.expected.calender: unknown key (did you mean calendar?)",
        ),
        (
            ["expected: {at: '02:00'}"],
            f"c.yaml:19:24: {NIGHTLY}.expected.at: must be a list (one item a line, each after '- ')",
        ),
        (
            ["period: 30m", "max_duration: 0s"],
            f"c.yaml:20:23: {NIGHTLY}.max_duration: must be longer than zero (write for example 30s)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, lines: list[str], problem: str) -> None:
    assert problems(tmp_path, job(*lines)) == [problem]


@pytest.mark.parametrize("at", ["2:00", "24:00", "02:60", "02:00Z", "02:00+01:00", "0200", "2 am", "12", "", "٠٢:٠٠"])
def test_what_is_no_time_of_day_is_refused(tmp_path: Path, at: str) -> None:
    (problem,) = problems(tmp_path, job(f"expected: {{at: ['{at}']}}"))
    assert problem == f"c.yaml:19:25: {NIGHTLY}.expected.at.0: {at!r} is not a time of day (write for example 02:00)"


KPI = "kpis: [{id: K, service: batch, target: 50}]\n"


def advised(folder: Path, text: str) -> list[str]:
    return [line.removeprefix(f"{folder}/") for line in advice(loaded(folder, text + KPI), 0) if NIGHTLY in line]


def test_a_period_of_a_day_in_hours_of_the_day_is_doubted(tmp_path: Path) -> None:
    counted = "counts in the hours of office, at most 10h 0m a day, so that 24h 0m of silence take several days"
    remedy = "(write expected: {at: ['02:00']} for a job that runs at a time of day)"
    assert advised(tmp_path, job("period: 1d")) == [f"c.yaml:19:17: {NIGHTLY}.period: {counted} {remedy}"]


@pytest.mark.parametrize(
    "lines", [["period: 10h"], ["period: 1d", "expected: {calendar: always}"], ["expected: {at: ['02:00']}"]]
)
def test_what_fits_is_not_doubted(tmp_path: Path, lines: list[str]) -> None:
    assert advised(tmp_path, job(*lines)) == []


def test_a_version_may_turn_a_period_into_a_time_of_day(tmp_path: Path) -> None:
    change = "versions: [{from: 2026-04-01, ref: CCN-9, period: null, expected: {at: ['02:00']}}]"
    first, second = loaded(tmp_path, job("period: 30m", change)).versions
    (before,), (after,) = first.terms.services[0].endpoints, second.terms.services[0].endpoints
    assert isinstance(before, HeartbeatEndpoint)
    assert isinstance(after, HeartbeatEndpoint)
    assert (before.period_ms, after.period_ms, after.expected.at) == (1_800_000, None, (time(2),))
