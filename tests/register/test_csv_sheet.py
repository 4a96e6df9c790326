"""Files that are no tables that anybody made."""

from __future__ import annotations

import pytest

from sla_monitor.register.csv_sheet import COLUMNS_LIMIT, HEADINGS_LIMIT, read_sheet

ROW = b"T1,2,2026-10-01 10:00\n"


@pytest.mark.parametrize(
    "more",
    [b",".join(b"c%d" % number for number in range(COLUMNS_LIMIT)), b"x" * HEADINGS_LIMIT],
    ids=["columns", "letters"],
)
def test_a_heading_that_no_page_can_offer_is_refused_at_once(more: bytes) -> None:
    found = read_sheet(b"\nid,priority,opened," + more + b"\n" + ROW, "ticket", {})
    assert (found.rows, found.columns) == ((), ())
    ((line, told),) = found.problems
    assert line == 2
    assert "check that the first row has the headings" in told
    assert len(told) < 200


def test_columns_without_a_heading_are_none() -> None:
    found = read_sheet(b"id,priority,opened" + b"," * 16_000 + b"\n" + ROW, "ticket", {})
    assert not found.problems
    assert [one.heading for one in found.columns] == ["id", "priority", "opened"]
