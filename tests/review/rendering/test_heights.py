"""A section that is kept whole fits on one page, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_monitor.review.blocks import Cell, Column, Facts, Prose, Section, Table
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.heights import TALLEST, height, is_kept_whole
from tests.review import estate, hostile


def section(text: str, rows: int) -> Section:
    table = Table("one", "Table", (Column("A"), Column("B", 2)), ((Cell("a"), Cell(text)),) * rows)
    facts = Facts((("Name", Cell("short")),) * 6)
    return Section("one", "One", (facts, table, Prose((text,))), is_whole=True)


def test_a_wide_letter_needs_more_than_a_narrow_one_and_a_long_text_more_lines() -> None:
    assert height(section("W" * 400, 1)) > 1.4 * height(section("w" * 400, 1)) > height(section("w", 1))
    assert height(section("w", 30)) - height(section("w", 10)) == pytest.approx(20 * 3.9)


def test_what_is_short_stays_whole_and_what_is_long_does_not() -> None:
    assert is_kept_whole(section("short", 20))
    assert not is_kept_whole(section("short", 60))
    assert not is_kept_whole(section("W" * 400, 9))


@pytest.mark.parametrize("case", [estate.case, hostile.case])
def test_every_kpi_and_service_is_whole_or_too_long(case: Callable[[], PackInput]) -> None:
    parts = [one for one in pack(case()).sections if one.id in {"failures", "services"}]
    inside = [one for part in parts for one in part.sections]
    assert len(inside) == 9
    assert any(is_kept_whole(one) for one in inside)
    assert all(height(one) <= TALLEST for one in inside if is_kept_whole(one))
