"""Cells of the pack."""

from __future__ import annotations

from sla_monitor.review.blocks import Cell


def test_what_people_wrote_has_no_controls_in_a_cell() -> None:
    assert Cell("a\x1b[2Jb\u202ec\nd").text == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c d"
    assert Cell("e" + "\u0301" * 50).text == "e" + "\u0301" * 2
