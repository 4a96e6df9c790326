"""Hostile text shows as what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.wording.text import breakable, format_list, plain, plain_lines, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\0b\x1b[31m\r\n\tc", "a�b�[31m c"),
        ("\u202eevil\u202c \u2066x\u2069 \u200bz\ufeff", "�evil� �x� �z�"),
        ("\ud800", "�"),
        ("naïve café Straße 東京 שלום", "naïve café Straße 東京 שלום"),
        ("Z" + "\u0300" * 50 + "a", "Z\u0300\u0300a"),
        ("<script>", "<script>"),
    ],
)
def test_text_shows_as_what_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_no_text_keeps_anything_that_cannot_be_seen(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown


@given(st.text())
def test_a_text_that_may_break_is_the_same_text(text: str) -> None:
    pieces = breakable(text)
    assert "".join(pieces) == text
    assert all(pieces)


def test_a_long_word_may_break_and_a_short_one_may_not() -> None:
    assert breakable("to example.com") == ["to example.com"]
    assert breakable("to abcdefghijklmnopqrst now") == ["to ", "abcdef", "ghijkl", "mnopqr", "st", " now"]


def test_a_long_name_breaks_between_its_words() -> None:
    assert breakable("of command-and-control") == ["of ", "command-", "and-", "control"]
    assert breakable("https://example.org/status") == ["https://", "example.", "org/", "status"]
    assert breakable("abcdefghijklmnopqrstu/v") == ["abcdef", "ghijkl", "mnopqr", "stu/", "v"]


@pytest.mark.parametrize(
    ("names", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_joined_as_a_sentence_joins_them(names: list[str], told: str) -> None:
    assert format_list(names) == told


def test_many_names_are_cut_and_the_rest_is_counted() -> None:
    names = [f"S{number}" for number in range(1_000)]
    assert shortened(names) == "S0, S1, S2, S3, S4, S5 and 994 more"
    assert shortened(names[:7]) == "S0, S1, S2, S3, S4, S5 and S6", "one more is no shorter than its name"
    assert shortened(names[:1]) == "S0"


def test_a_text_of_several_lines_keeps_them() -> None:
    assert plain_lines("One\u202e.\r\nTwo\x07") == "One\N{REPLACEMENT CHARACTER}.\nTwo\N{REPLACEMENT CHARACTER}"
