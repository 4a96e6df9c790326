"""What the pack says, before it is rendered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from sla_monitor.assess.assessment import Restatement
from sla_monitor.register.entries import Entry, SignOff
from sla_monitor.review.blocks import Block, Cell, Facts, Notice, Prose, Section, Table
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import score_cell
from sla_monitor.sla.results import TriggerResult
from tests.review.estate import case
from tests.review.months import case_of, evidence

ORDER = [
    "summary", "about", "kpis", "failures", "services", "register", "credit", "tickets", "maintenance", "quality",
    "method", "checking", "ratings", "change-control", "meeting", "signatures",
]  # fmt: skip


def table(made: PackInput, name: str) -> list[list[str]]:
    """A table's rows as texts."""
    found = next(one for one in pack(made).tables if one.id == name)
    return [[cell.text for cell in row] for row in found.rows]


def column(made: PackInput, name: str, title: str) -> list[str]:
    found = next(one for one in pack(made).tables if one.id == name)
    position = [one.title for one in found.columns].index(title)
    return [row[position].text for row in found.rows]


def first_page(made: PackInput) -> str:
    return "\n".join("\n".join(block.lines) for block in pack(made).cover if isinstance(block, Prose))


def prose(section: Section) -> str:
    blocks: list[Block] = [*section.blocks, *(block for inner in section.sections for block in inner.blocks)]
    return "\n".join("\n".join(block.lines) for block in blocks if isinstance(block, Prose))


def test_the_chapters_stand_in_the_meetings_order() -> None:
    assert [section.id for section in pack(case()).sections] == ORDER


def test_the_pack_says_how_final_it_is_from_what_and_how_to_check_it() -> None:
    made = pack(case())
    about = next(section for section in made.sections if section.id == "about")
    facts = dict(next(block for block in about.blocks if isinstance(block, Facts)).items)
    assert "Provisional." in str(made.cover[0])
    assert facts["Terms"].text == "CCN-12, since 1 April 2026"
    assert facts["Data cut-off"].text == "1 Nov 2026 00:00:00 GMT"
    assert facts["Assessment, SHA-256"].text == "ab" * 32
    assert made.header == "Strategic IT Partnership · October 2026 · Provisional · abababababababab"
    assert "The chapter “How to check this pack” says how" in str(about)
    chapter = next(section for section in made.sections if section.id == "checking")
    assert "sla-monitor assess partnership --period 2026-10" in str(chapter)


def test_the_headline_counts_what_was_met_and_what_it_costs() -> None:
    said = first_page(case())
    assert "In October 2026, 2 KPIs of 7 met the target and 5 missed it." in said
    assert "13 service points and owes service credits of £85,000.00, capped from £110,500.00." in said


def test_a_month_in_which_more_is_earned_back_than_lost_says_who_owes_whom() -> None:
    made = case()
    assert made.result is not None
    credit = replace(made.result.credit, total=Decimal(-2600), before_caps=Decimal(-2600))
    result = replace(made.result, credit=credit)
    said = first_page(replace(made, assessment=replace(made.assessment, result=result)))
    assert "The supplier has 13 service points and is owed £2,600.00 by the authority." in said
    assert "−£" not in said


def test_the_scorecard_has_a_row_for_each_kpi_and_a_mark_beside_each_colour() -> None:
    scores = next(one for one in pack(case()).tables if one.id == "scorecard")
    assert [row[0].text for row in scores.rows] == ["KPI1", "KPI2", "KPI3", "KPI4", "KPI5", "KPI6", "PI1"]
    last = [(row[-1].mark, row[-1].tone, row[-1].hint) for row in scores.rows]
    assert last[:3] == [
        ("!!!R", "severe", "severe, repeat"),
        ("✕", "below_threshold", "below threshold"),
        ("!R", "minor", "minor, repeat"),
    ]
    assert all(cell.mark for row in scores.rows for cell in row[1:] if cell.tone)


def test_the_scorecard_does_not_say_of_a_month_that_nobody_measured_that_it_goes_on() -> None:
    terms = case().assessment.kpis[0].terms
    assert terms is not None
    assert score_cell(terms, None) == Cell("", hint="not measured")


def test_what_is_to_be_decided_is_on_the_first_page_and_what_changed_on_the_next() -> None:
    assert "KPI2: from met to below threshold." in prose(pack(case()).sections[0])
    said = first_page(case())
    assert "Entry 5: Claim of authority cause for Command and control" in said
    assert "PI1: a figure for October 2026 is owed and missing." in said
    assert "The figures of this month are to be signed off." in said


def test_money_before_caps_is_shared_out_over_the_kpis_to_the_penny() -> None:
    assert column(case(), "kpis", "Before caps") == ["£51,000.00", "£34,000.00", "£17,000.00", "", "£8,500.00", "", ""]
    assert sum(case().money_by_kpi().values()) == Decimal("110500.00")


def test_a_running_kpi_says_so_far_and_has_no_points() -> None:
    made = case()
    kpis = tuple(replace(kpi, result=None) for kpi in made.assessment.kpis)
    running = replace(made, assessment=replace(made.assessment, kpis=kpis, status="running", result=None))
    assert column(running, "kpis", "Band")[0] == "severe so far"
    assert column(running, "kpis", "Points") == [""] * 7
    assert "In October 2026 so far," in first_page(running)


def test_every_failed_kpi_has_its_page_with_outages_working_and_plan() -> None:
    pages = next(one for one in pack(case()).sections if one.id == "failures").sections
    assert [page.id for page in pages] == [f"failed-KPI{number}" for number in (1, 2, 3, 5, 6)]
    assert [block.kind for block in pages[0].blocks] == ["facts", "picture", *["table"] * 4]
    assert "Entry 10: Replace the custody link (Boeing, due 20 November 2026, open)." in prose(pages[1])
    plan = "a draft plan is due within 10 Working Days: by 13 November 2026, counted from the month’s end [27.1]."
    assert f"Rectification was set off: {plan}" in prose(pages[1])


def test_outages_add_up_in_their_last_row() -> None:
    rows = table(case(), "service-command-and-control-outages")
    assert rows[-1][:4] == ["All outages", "", "18 h 49 min", "17 h 4 min"]
    assert rows[0][4:] == ["status unexpected", "front, back", "3, 4"]


def test_a_failed_kpis_page_says_what_the_first_failed_observation_at_each_endpoint_found() -> None:
    rows = table(case(), "failed-KPI1-looks")
    assert rows[:2] == [
        ["8 Oct 2026 00:15:00 BST", "front", "status unexpected, status 503", "status 503 where 200 was asked"],
        ["8 Oct 2026 00:15:00 BST", "back", "not on record", ""],
    ]
    assert len(rows) == 6
    assert "Nobody is here" not in str(pack(case()))


def test_where_evidence_has_no_observations_the_page_says_so() -> None:
    made = next(one for one in pack(replace(case(), first_failures=None)).tables if one.id == "failed-KPI1-looks")
    assert (made.rows, made.empty) == ((), "not in the evidence file.")


def test_a_hundred_failed_observations_are_counted_and_not_all_printed() -> None:
    made = case()
    seen = made.assessment.services[0]
    many = replace(seen, outages=tuple(seen.outages[2]._replace(start_ms=number) for number in range(50)))
    kpis = tuple(
        replace(kpi, service=many, outages=many.outages) if kpi.service is seen else kpi for kpi in made.assessment.kpis
    )
    rows = table(replace(made, assessment=replace(made.assessment, kpis=kpis)), "failed-KPI1-looks")
    assert (len(rows), rows[-1][0]) == (41, "60 more probes in the file of outages")


def test_exclusions_say_how_much_was_down_in_them_and_why_they_count_or_not() -> None:
    assert table(case(), "exclusions") == [
        ["3", "Command and control", "claim", "8 Oct 2026 00:00:00 to 02:00:00 BST", "1 h 45 min", "excluded",
         "granted by entry 4"],
        ["5", "Command and control", "claim", "12 Oct 2026 00:00:00 to 04:00:00 BST", "4 h", "awaits a decision",
         "no decision yet"],
    ]  # fmt: skip
    assert table(case(), "effects")[0][1:] == ["97.15 %", "severe", "3", "97.40 %", "severe", "3"]


def test_the_register_tells_who_knew_what_when_and_who_decided() -> None:
    claim = table(case(), "entries")[0]
    assert claim[3] == "aware 8 Oct 2026 07:00:00 BST, notified 9 Oct 2026 11:00:00 BST"
    assert claim[5] == "granted by j.smith, 2 November 2026: Change record seen"
    assert table(case(), "entries")[1][5] == "awaits a decision"


def test_a_trigger_that_goes_by_days_says_its_day() -> None:
    made = case()
    assert made.result is not None
    chronic = TriggerResult("chronic", ("2025-05", "2025-06"), ("termination_right",), (), date(2025, 6, 5))
    result = replace(made.result, triggers=(chronic,))
    made = replace(made, assessment=replace(made.assessment, result=result))
    assert column(made, "triggers", "Trigger") == ["chronic, on 5 June 2025"]


def test_what_has_not_repeated_is_listed_and_what_is_due_late_names_its_month() -> None:
    made = case()
    assert made.result is not None
    first, *others = made.result.credit.lines
    credit = replace(made.result.credit, lines=(replace(first, month="2026-09"), *others), held=(first,))
    result = replace(made.result, credit=credit)
    made = replace(made, assessment=replace(made.assessment, result=result))
    assert column(made, "credit-lines", "For")[0].endswith(" of September 2026")
    (row,) = table(made, "credit-held")
    assert row[3] == column(made, "credit-lines", "Credit")[0]
    assert table(made, "credit-held-1")[-1] == table(made, "credit-line-1")[-1]


def test_a_credit_that_is_not_paid_says_what_it_is_by_itself() -> None:
    made = case()
    assert made.result is not None
    first, *others = made.result.credit.lines
    reduced = replace(first, amount=Decimal(0), before_combining=Decimal("1234.50"))
    result = replace(made.result, credit=replace(made.result.credit, lines=(reduced, *others)))
    made = replace(made, assessment=replace(made.assessment, result=result))
    assert "(£1,234.50 by itself, " in column(made, "credit-lines", "For")[0]
    assert column(made, "credit-lines", "Credit")[0] == "£0.00"


def test_six_months_and_what_they_add_up_to() -> None:
    rows = table(case(), "rolling")
    assert [row[0] for row in rows] == [
        "May 2026", "June 2026", "July 2026", "August 2026", "September 2026", "October 2026",
        "Together, of what could be assessed",
    ]  # fmt: skip
    assert rows[-1][1:6] == ["9", "1", "18", "£153,000.00", "£127,500.00"]


def test_tickets_are_told_by_the_contracts_clock_and_its_stops() -> None:
    rows = table(case(), "tickets-KPI5")
    assert [row[0] for row in rows] == ["INC1001", "INC1002"]
    assert rows[1][4:6] == ["5 h 30 min", "late"]
    assert "lunch, 5 Oct 2026 14:00:00 to 15:00:00 BST, which the contract does not list" in rows[1][6]
    assert column(case(), "ticket-volumes", "Still open") == ["0", "0", "1"]


def test_a_ticket_that_is_answered_and_not_resolved_is_open(tmp_path: Path) -> None:
    """Two hours of its four are over when the month ends."""
    night = {"opened": "2026-09-30 22:00", "responded": "2026-09-30 22:10"}
    said = ({"kind": "ticket", "id": "INC8", "priority": "P1", **night},)
    made, _ = case_of(evidence(tmp_path, {}, said), "2026-09")
    assert table(made, "tickets-KPI4") == [["INC8", "P1", "30 Sep 2026 22:00:00 BST", "", "2 h", "open", ""]]


def test_maintenance_ahead_says_whether_it_is_approved() -> None:
    assert table(case(), "maintenance")[0][2:5] == ["4 h", "Network", "granted"]


def test_time_that_nobody_saw_anywhere_is_the_monitors_own() -> None:
    assert table(case(), "blind") == [
        ["21 Oct 2026 00:00:00 to 01:30:00 BST", "1 h 30 min"],
        ["1 gap together", "1 h 30 min"],
    ]
    assert column(case(), "coverage", "Coverage")[0] == "99.79 %"


def test_the_monitors_own_faults_are_counted_by_their_reason() -> None:
    assert table(case(), "unseen") == [
        ["the monitor itself was offline", "0", "", ""],
        ["the monitor’s clock was set, or it stood still", "1", "1 min 30 s", "1 min 30 s"],
        ["no endpoint was probed: the monitor did not run, or nothing says why", "1", "1 h 30 min", "1 h 30 min"],
        ["internal error of the monitor", "1", "1 min", "1 min"],
    ]


def test_corrections_say_whom_they_favour_and_how_much() -> None:
    (row,) = table(case(), "corrections")
    assert row[4] == "supplier"
    said = prose(next(one for one in pack(case()).sections if one.id == "quality"))
    assert f"Corrections by whom they favour: supplier 1 ({row[3]}), authority 0, neither 0." in said


def test_the_meeting_knows_when_the_report_and_the_review_are_due() -> None:
    """Ten Working Days after the month's end, and five more."""
    said = prose(next(one for one in pack(case()).sections if one.id == "meeting"))
    assert "The report on October 2026 is due on 13 November 2026, and its review on 20 November 2026." in said


def test_open_actions_and_those_done_since_the_last_meeting() -> None:
    assert [(row[0], row[-1]) for row in table(case(), "actions")] == [("10", "open"), ("11", "done")]
    assert table(case(), "minutes")[0][1] == "The supplier will report on the custody link."


def test_a_restated_month_says_what_was_signed_what_it_is_and_why() -> None:
    signed = Entry.model_validate(
        {
            "number": 20, "at": "2026-11-20T09:00:00Z", "actor": "j.smith", "contract": "partnership",
            "said": {"kind": "sign_off", "month": "2026-10", "digest": "0" * 64, "points": 13, "credit": "85000.00"},
        }
    )  # fmt: skip
    restated = Restatement(signed, Fraction(11), Decimal("76500.00"), (21, 22))
    made = pack(case(status="final", restatement=restated))
    said = [block.text for block in made.cover if isinstance(block, Notice)]
    assert said[0] == "Final, restated. The month was signed off, and its figures have changed since."
    assert said[1] == (
        "This month was signed off in entry 20 with 13 points and £85,000.00. It is now 11 points and £76,500.00,"
        " because of entry 21 and entry 22 in the register."
    )
    assert Notice(said[1]) in next(one for one in made.sections if one.id == "credit").blocks


def moved_by(said: dict[str, Any], *others: Entry) -> PackInput:
    """The case, signed with 13 points by entry 20; then entries 21 and 22 gave KPI1 one point less."""
    made = case()
    assert made.result is not None
    (first, *rest) = made.result.kpis
    before = replace(made.result, kpis=(replace(first, band="severe", points=first.points + 1), *rest))
    head = {"at": "2026-11-20T09:00:00Z", "actor": "j.smith", "contract": "partnership"}
    sign_off = {"kind": "sign_off", "month": "2026-10", "digest": "0" * 64, "points": 13, "credit": "85000.00"}
    signed, entry = (
        Entry.model_validate({**head, "number": number, "said": one}) for number, one in ((20, sign_off), (21, said))
    )
    restated = Restatement(signed, Fraction(11), Decimal("76500.00"), (21, 22), before)
    entries = (*made.assessment.entries, entry, *others)
    return replace(made, assessment=replace(made.assessment, status="final", restatement=restated, entries=entries))


def test_a_restated_month_lists_the_kpis_that_moved_and_the_entries_that_moved_them() -> None:
    made = moved_by({"kind": "undo", "about": 3})
    (row,) = table(made, "restated")
    assert [row[0], row[2], row[5]] == ["KPI1", "severe", column(case(), "kpis", "Band")[0]]
    assert Fraction(row[3]) == Fraction(row[6]) + 1
    undoing, before = table(made, "restated-because")
    assert undoing[:4] == ["21", "Undoing of entry 3", "", "j.smith, 20 November 2026"]
    assert before[:2] == ["22", "about a month before"]
    assert not [one for one in pack(case()).tables if one.id.startswith("restated")]


def test_a_change_that_no_entry_explains_is_told_on_the_first_page() -> None:
    """Another contract's file, or other evidence: by the register of the sign-off the month is not what was signed."""
    restated = moved_by({"kind": "undo", "about": 3}).assessment.restatement
    assert restated is not None
    assert restated.before is not None
    signed = restated.signed.model_copy(
        update={"body": SignOff(month="2026-10", digest="0" * 64, points=Decimal(99), credit=Decimal(1))}
    )
    texts = [
        block.text
        for block in pack(case(restatement=replace(restated, signed=signed))).cover
        if isinstance(block, Notice)
    ]
    assert "the contract’s file, or what was seen or imported, has changed since." in texts[1]


def test_figures_that_would_look_alike_have_all_their_digits() -> None:
    made = moved_by({"kind": "decision", "about": 3, "granted": True})
    restated = made.assessment.restatement
    assert restated is not None
    assert restated.before is not None
    (first, *rest) = restated.before.kpis
    assert first.value is not None
    near = replace(first, value=first.value + Fraction(1, 10**6))
    now = replace(restated, before=replace(restated.before, kpis=(near, *rest)))
    ((_, was, *_, value, _, _),) = table(
        replace(made, assessment=replace(made.assessment, restatement=now)), "restated"
    )
    assert was != value
    assert [text.endswith(" %") for text in (was, value)] == [True, True]


def test_no_name_of_a_table_or_a_section_is_used_twice() -> None:
    """They are links in HTML and names of files."""
    made = pack(case())
    for names in ([one.id for one in made.tables], [name for section in made.sections for name in ids(section)]):
        assert len(names) == len(set(names))


def ids(section: Section) -> list[str]:
    return [section.id, *(name for inner in section.sections for name in ids(inner))]


def test_a_table_has_a_cell_for_every_column() -> None:
    for one in pack(case()).tables:
        assert isinstance(one, Table)
        assert {len(row) for row in one.rows} <= {len(one.columns)}, one.id
