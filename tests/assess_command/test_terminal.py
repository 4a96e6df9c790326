"""Figures and tables as a person sees them."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.cli.shared.table_figures import told_duration, told_figure, told_percent, told_target, told_time
from sla_monitor.cli.shared.terminal import lines_of, plain, table

TARGET = Fraction("99.95")


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Fraction(100), "100"),
        (Fraction("99.95"), "99.95"),
        (Fraction("99.9495"), "99.949"),
        (Fraction("99.94996"), "99.949"),
        (Fraction("99.9500004"), "99.9500004"),
        (Fraction("99.9509"), "99.9509"),
        (Fraction(299, 3), "99.666"),
        (None, "-"),
    ],
)
def test_a_figure_that_is_not_the_target_never_looks_like_it(figure: Fraction | None, told: str) -> None:
    assert told_figure(figure, TARGET) == told


def test_a_figure_is_cut_so_that_nobody_rounds_it_twice() -> None:
    """The contract's two places make 99.86 of it; out of 99.865 a reader would make 99.87."""
    assert told_figure(Fraction("99.86496"), TARGET) == "99.864"


def test_a_target_keeps_all_its_digits() -> None:
    assert told_target(Fraction("99.9995"), "percent") == "99.9995 %"
    assert told_target(Fraction(800), "ms") == "800 ms"


def test_two_figures_that_differ_are_told_apart() -> None:
    before, after = Fraction("99.8641"), Fraction("99.8642")
    assert told_figure(before, after) != told_figure(after, before)


def test_coverage_short_of_the_whole_never_looks_whole() -> None:
    assert told_percent(Fraction(1)) == "100 %"
    assert told_percent(Fraction(999_999, 1_000_000)) == "99.999 %"
    assert told_percent(None) == "-"


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (61_000, "1 min 1 s"),
        (90_000_000, "1 d 1 h"),
        (-61_500, "-1 min 1 s"),
        (Fraction(2_682_000), "44 min 42 s"),
    ],
)
def test_durations_are_told_in_whole_seconds(milliseconds: int | Fraction, told: str) -> None:
    assert told_duration(milliseconds) == told


def test_the_two_hours_of_autumn_are_told_apart() -> None:
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)
    london = ZoneInfo("Europe/London")
    assert told_time(first, london) == "2026-10-25 01:30:00 BST"
    assert told_time(first + 3_600_000, london) == "2026-10-25 01:30:00 GMT"
    assert told_time(None, london) == "-"


def test_nothing_in_a_text_moves_the_cursor_or_turns_the_writing_round() -> None:
    assert plain("a\x1b[2J\u009b1m\u202eb\nc") == "a\\x1b[2J\\x9b1m\\u202eb\\nc"
    assert plain("Kriminalität") == "Kriminalität"


def test_what_goes_to_no_terminal_is_plain_ascii() -> None:
    assert lines_of("3 × 2 − 1 = 5 …, ä") == "3 x 2 - 1 = 5 ..., \\xe4"


ROWS = [
    {"KPI": "KPI1", "title": "Command and control is available", "agreed": "99.95", "clause": "Schedule 2.2"},
    {"KPI": "KPI2", "title": "Custody\nis available", "agreed": "99.9", "clause": ""},
]


def test_a_table_has_all_its_columns_where_there_is_room() -> None:
    for columns in (None, 120):
        text = table(ROWS, ("title", "clause"), columns)
        assert text.splitlines()[0].split() == ["KPI", "title", "agreed", "clause"]
        assert "Custody\\nis available" in text


def test_a_narrow_terminal_does_without_the_dispensable_columns_and_says_so() -> None:
    text = table(ROWS, ("title", "clause"), 40)
    assert text.splitlines()[0].split() == ["KPI", "agreed", "clause"]
    assert text.splitlines()[-1] == "(left out, no room: title)"


def test_a_very_narrow_terminal_gets_a_few_lines_for_each_row() -> None:
    assert table(ROWS, ("title",), 20).splitlines() == [
        "KPI: KPI1",
        "  title: Command and control is available",
        "  agreed: 99.95",
        "  clause: Schedule 2.2",
        "KPI: KPI2",
        "  title: Custody\\nis available",
        "  agreed: 99.9",
    ]
