"""The page that stands alone."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.periods.edges import month_of
from sla_monitor.review.blocks import Prose, Table
from sla_monitor.review.chapters.first_page import first_page
from sla_monitor.review.pack_input import PackInput
from tests.review import estate
from tests.review.estate import DAY


def table(case: PackInput, name: str) -> Table:
    return next(one for one in first_page(case) if isinstance(one, Table) and one.id == name)


def texts(case: PackInput, name: str) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table(case, name).rows]


def said(case: PackInput) -> str:
    return "\n".join(line for one in first_page(case) if isinstance(one, Prose) for line in (one.caption, *one.lines))


def test_what_was_missed_stands_with_its_reason_and_its_cost_the_costliest_first() -> None:
    rows = texts(estate.case(), "missed")
    assert rows[0] == [
        "Command and control is available (KPI1)", "97.40 %", "99.5 %", "severe",
        "timeout, 10 h; status unexpected, 7 h; 1 other cause, 4 min", "£51,000.00",
    ]  # fmt: skip
    assert rows[3][4] == "1 late ticket: INC1002"
    assert [row[5] for row in rows] == ["£51,000.00", "£34,000.00", "£17,000.00", "£8,500.00", "nothing"]


def test_what_was_excluded_stands_with_who_decided_it_and_why() -> None:
    assert texts(estate.case(), "excluded-today") == [
        [
            "Waiver of money for KPI5, October 2026 (entry 14)", "", "",
            "j.smith, 2 November 2026: Strike at the authority",
        ],
        [
            "Claim for Command and control (entry 3)", "8 Oct 2026 00:00:00 to 02:00:00 BST", "1 h 45 min",
            "j.smith, 2 November 2026: Change record seen",
        ],
    ]  # fmt: skip


def test_of_fifty_kpis_the_worst_are_shown_and_the_rest_counted() -> None:
    case = estate.large()
    rows = texts(case, "missed")
    assert [row[0].rpartition(" ")[2] for row in rows[:3]] == ["(KPI48)", "(KPI45)", "(KPI42)"]
    assert rows[-1][0] == "9 more KPIs, told in their chapter"
    assert len(rows) == 8
    heat = texts(case, "deviation")
    assert len(heat) == 20
    assert heat[0][0].endswith("(KPI48)")
    assert "Not shown: 30 more KPIs (30 met). Key:" in said(case)


def test_decisions_that_do_not_fit_are_counted() -> None:
    owed = tuple((f"KPI{number}", "2026-10") for number in range(1, 9))
    assert "5 more decisions: see “What needs a decision”." in said(estate.case(missing_figures=owed))


def test_the_heat_map_tells_target_threshold_unknown_and_no_data_apart() -> None:
    rows = table(estate.case(), "deviation").rows
    assert [(cell.text, cell.mark, cell.tone) for cell in (rows[1][3], rows[0][7], rows[1][7])] == [
        ("12", "", "minor"), ("84", "", "severe"), ("132", "", "below_threshold"),
    ]  # fmt: skip
    assert [(cell.mark, cell.hint) for cell in (rows[0][1], rows[2][2], rows[4][7])] == [
        ("✓", "met"), ("?", "not assessable"), ("!", "minor"),
    ]  # fmt: skip
    case = estate.case()
    blind = replace(case.months[0], kpis=())
    months = (blind, *case.months[1:-1])
    assert {row[1].hint for row in table(estate.case(earlier=months), "deviation").rows} == {"no data"}


def test_a_month_under_other_terms_has_no_place_on_todays_scale() -> None:
    """Target and threshold are today's; a figure of before is not measured by them."""
    changed_ms = month_of(estate.OCTOBER.start_ms - DAY, estate.ZONE).start_ms
    rows = table(estate.case(terms_from_ms=changed_ms), "deviation").rows
    assert (rows[1][3].text, rows[1][3].mark, rows[1][3].hint) == ("", "!", "minor")
    assert rows[0][6].text == "32"


def test_a_running_month_is_in_the_heat_map_as_it_stands() -> None:
    case = estate.case()
    kpis = tuple(replace(kpi, result=None) for kpi in case.assessment.kpis)
    running = estate.case(kpis=kpis, status="running", result=None)
    assert [row[-1].text or row[-1].mark for row in table(running, "deviation").rows[:2]] == ["84", "132"]


def test_a_month_without_a_failure_or_an_exclusion_says_so() -> None:
    services = tuple(replace(one, excluded=()) for one in estate.services())
    calm = estate.case(kpis=estate.case().assessment.kpis[3:4], services=services, entries=(), pending=())
    found = {one.id: one.empty for one in first_page(calm) if isinstance(one, Table) and not one.rows}
    assert set(found) == {"missed", "excluded-today"}
    assert found["excluded-today"] == "Nothing."
    assert "its target" in found["missed"]
