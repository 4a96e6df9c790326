"""Obligations in a contract's file: each mistake with its line and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.support import SERVICES, loaded, problems

ONE = "obligations:\n  - id: report\n    title: The report\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "",
            (
                "12:5: obligations.report.due: or rrule: write one of the two"
                " (due: 2026-03-31, or rrule: FREQ=MONTHLY;BYMONTHDAY=-1)"
            ),
        ),
        (
            "    due: 2026-03-31\n    starting: 2026-01-01\n",
            "15:15: obligations.report.starting: belongs to rrule (leave it out)",
        ),
        (
            "    rrule: FREQ=MINUTELY\n",
            (
                "14:12: obligations.report.rrule: gives more than one time a day, and a duty is due on a day"
                " (write FREQ=DAILY or longer)"
            ),
        ),
        (
            "    rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n",
            (
                "14:12: obligations.report.rrule: gives no day from 2025-04-01 up to the end of the term, 2035-03-31"
                " (check its parts)"
            ),
        ),
        (
            "    due: 2016-03-31\n",
            (
                "14:10: obligations.report.due: is more than a year outside the term, 2025-04-01 to 2035-03-31"
                " (check the year)"
            ),
        ),
        (
            "    due: 2026-03-31\n    calendar: ofice\n",
            "15:15: obligations.report.calendar: no such calendar (known here: always)",
        ),
        (
            "    due: 2026-03-31\n    leads_to: plan\n",
            "15:15: obligations.report.leads_to: no such trigger or credit (known here: none)",
        ),
        (
            "    due: 2026-03-31\n  - {id: report, title: Again, due: 2026-04-01}\n",
            "15:10: obligations.report.id: obligation 'report' is given twice (choose another id)",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, lines: str, expected: str) -> None:
    assert problems(tmp_path, SERVICES + ONE + lines) == [f"c.yaml:{expected}"]


def test_a_rule_without_an_end_is_fine_and_a_version_may_change_it(tmp_path: Path) -> None:
    versions = "    rrule: FREQ=MONTHLY\n    versions: [{from: 2026-04-01, ref: CCN-1, rrule: FREQ=YEARLY}]\n"
    contract = loaded(tmp_path, SERVICES + ONE + versions)
    assert [one.terms.obligations[0].rrule for one in contract.versions] == ["FREQ=MONTHLY", "FREQ=YEARLY"]
