"""Comments: what they are about, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sla_monitor.register.affected_months import months_of
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import problems
from tests.register.kinds.test_kind import NOW_MS, SAY, ZONE, named
from tests.register.saying import claim, entry


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"month": "2026-10"}, "Comment on October 2026"),
        ({"month": "2026-10", "kpi": "KPI1"}, "Comment on KPI1 in October 2026"),
        ({"about": 12, "internal": True}, "Internal comment on entry 12"),
        ({"about": 12, "month": "2026-10", "service": "custody"}, "Comment on entry 12 and on custody in October 2026"),
    ],
)
def test_a_comment_names_what_it_is_about(words: dict[str, Any], said: str) -> None:
    assert entry(1, "comment", **words).body.words(SAY) == said


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({}, "month"),
        ({"about": 9}, "about"),
        ({"about": 1, "kpi": "KPI1"}, "kpi"),
        ({"month": "2026-10", "service": "custodi"}, "service"),
        ({"about": 2}, "internal"),
    ],
)
def test_what_is_about_nothing_is_refused(words: dict[str, Any], field: str) -> None:
    before = [entry(1, *claim()[:1], **claim()[1]), entry(2, "comment", month="2026-10", internal=True)]
    made = entry(3, "comment", **words).model_copy(update={"note": "A word.", "at_ms": NOW_MS})
    assert [line.partition(":")[0] for line in problems(made, EntryContext.of(named(), before))] == [field]


def test_a_comment_on_an_entry_is_about_its_month_unless_it_names_one() -> None:
    others = {1: entry(1, *claim()[:1], **claim()[1])}
    assert months_of(entry(2, "comment", about=1).body, ZONE, others) == ("2026-01",)
    assert months_of(entry(2, "comment", about=1, month="2026-03").body, ZONE, others) == ("2026-03",)
