"""Instants as other people's tools write them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sla_monitor.register.foreign_instant import Dates, iso_spelling
from sla_monitor.register.instant import FIRST_MS, LAST_MS, format_utc, parse_instant

LONDON = ZoneInfo("Europe/London")
DATES: tuple[Dates, ...] = get_args(Dates)


@pytest.mark.parametrize(
    ("text", "plain", "turned"),
    [
        ("5/2/2024", "2024-02-05", "2024-05-02"),
        ("05.02.2024 9:05", "2024-02-05 09:05", "2024-05-02 09:05"),
        ("05-02-2024 09:05", "2024-02-05 09:05", "2024-05-02 09:05"),
        ("05/02/2024 09:05:07", "2024-02-05 09:05:07", "2024-05-02 09:05:07"),
        ("05/02/2024, 9:05 pm", "2024-02-05 21:05", "2024-05-02 21:05"),
        ("05/02/2024 9:05 +0100", "2024-02-05 09:05+01:00", "2024-05-02 09:05+01:00"),
        ("2024-02-05 09:05", "2024-02-05 09:05", "2024-02-05 09:05"),
        ("tomorrow", "tomorrow", "tomorrow"),
    ],
)
def test_dates_are_read_as_the_file_was_said_to_write_them(text: str, plain: str, turned: str) -> None:
    assert iso_spelling(text, "day-first") == plain
    assert iso_spelling(text, "month-first") == turned


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-05 14:00", "2026-07-05T13:00:00Z"),
        ("2026-07-05T14:00:00+0100", "2026-07-05T13:00:00Z"),
        ("2026-07-05 14:00:00 +01:00", "2026-07-05T13:00:00Z"),
        ("2026-07-05 14:00:00+01", "2026-07-05T13:00:00Z"),
        ("2026-07-05 14:00:00 UTC", "2026-07-05T14:00:00Z"),
        ("2026-07-05 14:00:00 (UTC)", "2026-07-05T14:00:00Z"),
        ("2026-07-05T14:00:00.999999Z", "2026-07-05T14:00:00.999Z"),
        ("2026-07-05 14:00:00,5 GMT", "2026-07-05T14:00:00.500Z"),
        ("2026/07/05 2:00:07 PM", "2026-07-05T13:00:07Z"),
        ("2026-07-05 12:05 AM", "2026-07-04T23:05:00Z"),
        ("2026-07-05 12:05\u202fp.m.", "2026-07-05T11:05:00Z"),
        ("05/Jul/2026 2:00 PM", "2026-07-05T13:00:00Z"),
        ("5 July 2026 14:00", "2026-07-05T13:00:00Z"),
        ("Jul 5, 2026, 2:00 PM", "2026-07-05T13:00:00Z"),
        ("5-Sept-2026", "2026-09-04T23:00:00Z"),
    ],
)
def test_what_can_be_read_in_one_way_needs_no_option(text: str, instant: str) -> None:
    assert format_utc(parse_instant(iso_spelling(text), LONDON)) == instant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("05/10/2026 14:00", "begins with the day or the month (say which comes first)"),
        ("25-10-2026 14:00", "begins with the day or the month"),
        ("05/10/26", "has a year of two digits (export it with four, or say that years have two digits)"),
        ("05/Oct/26 2:00 PM", "has a year of two digits"),
        ("2026-10-05 14:00 PM", "is no time of a 12-hour clock"),
        ("2026-10-05 0:30 AM", "is no time of a 12-hour clock"),
        ("46300.58", "is a spreadsheet's number of a day (format the column as date and time)"),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{text} {why}")):
        iso_spelling(text)


@pytest.mark.parametrize(
    "text", ["2026-13-05 14:00", "31/02/2026", "2026-07-05 25:00", "05/Foo/2026", "2026-07-05 14:00 BST", "", "1" * 99]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|is "):
        parse_instant(iso_spelling(text, "day-first"), LONDON)


def test_a_year_of_two_digits_is_one_of_this_century_when_it_is_said() -> None:
    assert iso_spelling("05/Oct/26 2:00 PM", two_digit_years=True) == "2026-10-05 14:00"
    assert iso_spelling("05/10/26", "month-first", two_digit_years=True) == "2026-05-10"


@given(some.integers(FIRST_MS, LAST_MS - 1))
def test_what_is_ours_stays_ours(at_ms: int) -> None:
    text = format_utc(at_ms)
    assert parse_instant(iso_spelling(text)) == parse_instant(text)


@given(some.text(alphabet="0123456789/-.: TZaApPmMUC+,Oct", max_size=30), some.sampled_from(DATES))
def test_anything_is_read_or_refused(text: str, dates: Dates) -> None:
    with suppress(ValueError):
        assert FIRST_MS <= parse_instant(iso_spelling(text, dates), LONDON) < LAST_MS
