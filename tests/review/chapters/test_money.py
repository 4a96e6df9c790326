"""The chapter on the credit: every amount with the steps that lead to it."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.review.blocks import Prose
from sla_monitor.review.chapters.money import money
from tests.review import estate
from tests.review.chapters.test_register import rows


def test_charges_and_caps_stand_with_their_working_and_lines_with_their_rounding() -> None:
    case = replace(estate.case(), charges_worked_out={"": "800000 × (1 + 6.25 / 100)"})
    section = money(case)
    assert rows(section, "charges")[0][1] == "800000 × (1 + 6.25 / 100)"
    assert [row[1] for row in rows(section, "caps-working")][:3] == ["cap", "used in earlier months", "after the cap"]
    told = "\n".join(line for block in section.blocks if isinstance(block, Prose) for line in block.lines)
    assert "Charged in the months before, 2026-04 to 2026-09: 6 × 850000 = 5100000" in told
    assert "Each line is rounded once, at its end, to the smallest coin: half up." in told
    assert "odd coins go to those that lose most by rounding down" in told
