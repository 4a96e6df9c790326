"""Outage lists: what lies outside a list's time is refused; edges are half-open."""

from __future__ import annotations

import pytest

from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import problems
from tests.register.contracts import contract
from tests.register.saying import entry


@pytest.mark.parametrize(
    ("start", "end", "is_refused"),
    [
        ("2026-05-31 23:00", "2026-06-01 00:00", True),
        ("2026-05-31 23:00", "2026-06-01 00:01", False),
        ("2026-06-30 23:59", "2026-07-01 02:00", False),
        ("2026-07-01 00:00", "2026-07-01 02:00", True),
    ],
)
def test_an_outage_must_have_a_part_in_the_lists_time(start: str, end: str, is_refused: bool) -> None:
    outage = {"service": "custody", "start": start, "end": end}
    said = entry(1, "outage_list", start="2026-06-01 00:00", end="2026-07-01 00:00", outages=[outage], digest="a" * 64)
    found = problems(said, EntryContext.of(contract(), []))
    assert any("lies outside the list" in str(problem) for problem in found) is is_refused
