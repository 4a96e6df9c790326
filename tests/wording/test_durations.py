"""Lengths of time are in whole seconds and every unit that is not nought."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sla_monitor.wording.durations import (
    format_age,
    format_days_left,
    format_duration,
    format_duration_difference,
    format_exact_duration,
    format_probe_duration,
    format_short_duration,
)


@pytest.mark.parametrize(
    ("milliseconds", "down", "up"),
    [
        (0, "0 s", "0 s"),
        (1, "under 1 s", "1 s"),
        (999, "under 1 s", "1 s"),
        (59_999, "59 s", "1 min"),
        (60_000, "1 min", "1 min"),
        (1_296_000, "21 min 36 s", "21 min 36 s"),
        (3_599_001, "59 min 59 s", "1 h"),
        (3_601_000, "1 h 1 s", "1 h 1 s"),
        (14_400_001, "4 h", "4 h 1 s"),
        (90_000_000, "25 h", "25 h"),
        (172_799_000, "47 h 59 min 59 s", "47 h 59 min 59 s"),
        (172_800_000, "48 h", "48 h"),
        (2_682_061_000, "745 h 1 min 1 s", "745 h 1 min 1 s"),
        (-61_500, "−1 min 1 s", "−1 min 2 s"),
        (Fraction(2_682_000), "44 min 42 s", "44 min 42 s"),
        (Fraction(999, 2), "under 1 s", "1 s"),
    ],
)
def test_a_duration_is_cut_or_raised_as_asked(milliseconds: int | Fraction, down: str, up: str) -> None:
    assert format_duration(milliseconds) == down
    assert format_duration(milliseconds, up=True) == up


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 s"),
        (1, "0.001 s"),
        (60_000, "1 min"),
        (60_250, "1 min 0.25 s"),
        (3_661_500, "1 h 1 min 1.5 s"),
        (3_600_000_000, "1,000 h"),
    ],
)
def test_a_length_is_told_exactly(milliseconds: int, words: str) -> None:
    assert format_exact_duration(milliseconds) == words
    assert format_duration_difference(milliseconds) == (f"+{words}" if milliseconds else words)
    assert format_duration_difference(-milliseconds) == (f"−{words}" if milliseconds else words)


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [(86_400_000 * 9 + 1, "9 days left"), (86_400_000, "1 day left"), (86_399_999, "0 days left"), (-1, "expired")],
)
def test_certificate_days_are_whole_days_still_left(left_ms: int, shown: str) -> None:
    expires_at_s = 1_763_821_526
    assert format_days_left(expires_at_s, expires_at_s * 1000 - left_ms) == shown


@pytest.mark.parametrize(
    ("us", "shown"), [(0, "under 1 ms"), (999, "under 1 ms"), (41_900, "41 ms"), (2_199_999, "2.1 s")]
)
def test_how_long_a_probe_took(us: int, shown: str) -> None:
    assert format_probe_duration(us) == shown


def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    assert format_age(-5_000) == "just now"
    assert format_age(12_000) == "12 s ago"
    assert format_age(90_000_000) == "1 d 1 h ago"


def test_what_is_still_to_come_has_two_units() -> None:
    assert format_short_duration(725_674_000) == "8 d 9 h"
    assert format_short_duration(60_000) == "1 min"
    assert format_short_duration(0) == "0 s"
