"""How figures and hostile text are put into words."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.web import words

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (Fraction(1), "100.00 %"),
        (Fraction(99_996, 100_000), "99.99 %"),
        (Fraction(999_999_999, 1_000_000_000), "99.99 %"),
        (Fraction(9_995, 10_000), "99.95 %"),
        (Fraction(0), "0.00 %"),
        (Fraction(1, 100_000), "0.00 %"),
        (None, "unknown"),
    ],
)
def test_a_percentage_is_cut_off_and_never_flatters(ratio: Fraction | None, shown: str) -> None:
    assert words.percent(ratio) == shown


@given(st.fractions(0, 1), st.sampled_from(["95", "99.5", "99.9", "99.95", "99.999"]))
def test_what_misses_its_target_never_looks_as_if_it_met_it(ratio: Fraction, target: str) -> None:
    wanted = Fraction(target) / 100
    shown = words.percent(ratio, words.decimals_of(wanted)).removesuffix(" %")
    assert (Fraction(shown) >= Fraction(target)) == (ratio >= wanted)


@pytest.mark.parametrize(
    ("percent", "shown"), [("99.9", "99.9 %"), ("100", "100 %"), ("99.50", "99.5 %"), ("0", "0 %")]
)
def test_a_target_is_shown_as_the_contract_gives_it(percent: str, shown: str) -> None:
    assert words.target(Fraction(percent) / 100) == shown


@pytest.mark.parametrize(
    ("milliseconds", "down", "up"),
    [
        (0, "0 s", "0 s"),
        (1, "0 s", "1 s"),
        (999, "0 s", "1 s"),
        (59_999, "59 s", "1 min"),
        (60_000, "1 min", "1 min"),
        (1_296_000, "21 min 36 s", "21 min 36 s"),
        (2_592_000, "43 min 12 s", "43 min 12 s"),
        (3_599_001, "59 min 59 s", "1 h"),
        (3_600_000, "1 h", "1 h"),
        (3_601_000, "1 h", "1 h 1 min"),
        (86_399_000, "23 h 59 min", "1 d"),
        (90_000_000, "1 d 1 h", "1 d 1 h"),
        (2_678_400_000, "31 d", "31 d"),
    ],
)
def test_a_duration_has_two_units_and_is_cut_or_raised_as_asked(milliseconds: int, down: str, up: str) -> None:
    assert words.duration(milliseconds) == down
    assert words.duration(milliseconds, up=True) == up


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\0b\x1b[31m\r\n\tc", "a�b�[31m���c"),
        ("\u202eevil\u202c \u2066x\u2069 \u200bz\ufeff", "�evil� �x� �z�"),
        ("\ud800", "�"),
        ("naïve café Straße 東京 שלום", "naïve café Straße 東京 שלום"),
        ("Z" + "\u0300" * 50 + "a", "Z\u0300\u0300a"),
        ("<script>", "<script>"),
    ],
)
def test_text_shows_as_what_it_is(text: str, shown: str) -> None:
    assert words.plain(text) == shown


@given(st.text())
def test_no_text_keeps_anything_that_cannot_be_seen(text: str) -> None:
    shown = words.plain(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown


def test_every_reason_and_outcome_has_words() -> None:
    assert all(words.reason_words(reason) and "_" not in words.reason_words(reason) for reason in Reason)
    assert set(words.SYMBOLS) == set(words.WORDS) == set(words.SEVERITY) == set(Outcome)
    assert len(set(words.SYMBOLS.values())) == len(Outcome)


def test_an_unseen_endpoint_is_worse_than_one_that_is_up() -> None:
    assert words.worst([Outcome.UP, Outcome.UNKNOWN]) is Outcome.UNKNOWN
    assert words.worst([Outcome.UNKNOWN, Outcome.DEGRADED, Outcome.UP]) is Outcome.DEGRADED
    assert words.worst([]) is Outcome.UNKNOWN


def test_times_are_in_the_zone_with_its_summer_time() -> None:
    assert words.moment(1_763_821_526_999, LONDON) == "22 Nov 2025, 14:25:26 GMT"
    assert words.moment(1_751_373_000_000, LONDON) == "1 Jul 2025, 13:30:00 BST"


def test_the_date_is_left_out_when_it_is_todays_in_the_zone() -> None:
    before_midnight, after = 1_751_409_000_000, 1_751_412_600_000  # 23:30 and 00:30 in London, one day in UTC
    assert words.lately(before_midnight, LONDON, after) == "1 Jul 2025, 23:30:00 BST"
    assert words.lately(before_midnight, LONDON, before_midnight) == "23:30:00 BST"


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [(86_400_000 * 9 + 1, "9 days left"), (86_400_000, "1 day left"), (86_399_999, "0 days left"), (-1, "expired")],
)
def test_certificate_days_are_whole_days_still_left(left_ms: int, shown: str) -> None:
    expires_at_s = 1_763_821_526
    assert words.days_left(expires_at_s, expires_at_s * 1000 - left_ms) == shown


@pytest.mark.parametrize(
    ("us", "shown"), [(0, "under 1 ms"), (999, "under 1 ms"), (41_900, "41 ms"), (2_199_999, "2.1 s")]
)
def test_how_long_a_look_took(us: int, shown: str) -> None:
    assert words.took(us) == shown


def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    assert words.ago(-5_000) == "just now"
    assert words.ago(12_000) == "12 s ago"
