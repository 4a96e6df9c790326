"""Texts and tables as a person sees them."""

from __future__ import annotations

from sla_monitor.cli.shared.terminal import lines_of, plain, table


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
