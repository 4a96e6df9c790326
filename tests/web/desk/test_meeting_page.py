"""The page of the review meeting: what is to be talked about, minutes and actions on it, and both in the pack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sla_monitor.assess import assess_month
from sla_monitor.ledger import HistoryReader
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Done, MeetingAction, Minute
from sla_monitor.review.chapters.meeting import meeting
from sla_monitor.review.pack_input import PackInput
from sla_monitor.web.desk.assessed_months import has_begun
from tests.web.desk.house import Browser, House, Page
from tests.web.desk.test_decide_form import words
from tests.web.desk.test_outages_page import links
from tests.web.desk.waiting_house import NOW_MS, assessed, contract_in, say, waiting_house

HERE = "/desk/contracts/small/months/2026-10/meeting"
ENTER = "/desk/contracts/small/enter"


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """In which nobody enters anything."""
    with waiting_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with waiting_house(tmp_path) as found:
        yield found


def form_to(page: Page, kind: str, number: int = 0) -> Mapping[str, str]:
    """The hidden fields of one of the forms on a page: of several, the one about an entry."""
    forms = [one for one in page.text.split("<form")[1:] if f'action="{ENTER}/{kind}"' in one.partition(">")[0]]
    found = next(one for one in forms if not number or f'name="about" value="{number}"' in one)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found.partition("</form")[0]))


def add(browser: Browser, kind: str, **fields: str) -> Page:
    return browser.post(f"{ENTER}/{kind}", {**form_to(browser.get(HERE), kind), **fields})


def test_it_has_what_the_meeting_talks_about(calm: House) -> None:
    page = words(calm.browser("carl").get(HERE))
    assert "1 point, £100.00 deducted Set off: rectification (rectification plan)." in page
    assert "KPI1 Custody availability ≥ 99.9 % 99.59 % 100.00 % 99.59 % minor 1" in page
    assert "KPI3 (Satisfaction) is not assessed: the supplier has reported no figure." in page
    assert "Entry 1 : Claim of third party for Custody records, 6 Oct 2026 10:00:00 to 13:00:00 BST" in page
    assert "Custody records 6 Oct 2026 10:00:00 to 13:00:00 BST, counts 3 h Say its cause" in page
    assert "16 Nov 2026, 4 days late Sue : Write the plan. Entry 4" in page
    assert "No minutes are on record." in page
    assert '<option value="KPI1">KPI1 Custody availability</option>' in calm.browser("carl").get(HERE).text
    assert "<bdi>Custody records</bdi></label>" in calm.browser("carl").get(f"{ENTER}/claim").text
    assert links(calm.browser("anna").get(HERE), "Waive")
    assert links(calm.browser("anna").get(HERE), "Decide")
    assert "£100.00 deducted" in words(calm.browser("sue").get(HERE))


def test_what_is_about_no_time_has_none(house: House) -> None:
    say(house, "obligation_excused", "sue", obligation="insurance", due="2026-11-18", note="The insurer changes.")
    page = words(house.browser("carl").get(HERE))
    assert "Request that obligation insurance, due 18 Nov 2026, be excused" in page, page
    assert "1970" not in page


def test_minutes_and_actions_are_entered_on_it_by_two_at_once_and_stand_in_the_pack(house: House) -> None:
    carl, anna = house.browser("carl"), house.browser("anna")
    before = carl.get(HERE)
    assert add(anna, "minute", note="Present: Anna, Carl, Sue.").location == f"{HERE}?entered=5"
    told = carl.post(f"{ENTER}/minute", {**form_to(before, "minute"), "note": "<b>The line</b> is replaced."})
    assert told.location == f"{HERE}?entered=6"
    again = carl.post(f"{ENTER}/minute", {**form_to(before, "minute"), "note": "<b>The line</b> is replaced."})
    assert again.location == f"{HERE}?entered=6&again=1"
    fields = {"note": "Order the line.", "owner": "Sue", "due": "2026-12-01", "kpi": "KPI1"}
    action = carl.post(f"{ENTER}/action", {**form_to(before, "action"), **fields})
    assert action.location == f"{HERE}?entered=7"
    page = carl.get(action.location)
    assert "It is entered, as entry 7." in words(page)
    assert "&lt;b&gt;The line&lt;/b&gt; is replaced." in page.text
    assert "1 Dec 2026, in 11 days Sue : Order the line. Entry 7 , plan for KPI1" in words(page)
    entered = [one.body for one in house.entries()[-3:]]
    assert [type(one) for one in entered] == [Minute, Minute, MeetingAction]
    assert {getattr(one, "month", "") for one in entered} == {"2026-10"}
    assert {"Present: Anna, Carl, Sue.", "<b>The line</b> is replaced.", "Order the line."} <= in_pack(house)


def in_pack(house: House) -> set[str]:
    """What the pack of the month says of its meeting."""
    contract = house.parts.contracts[0]
    with HistoryReader(house.ledger) as reader:
        found = assess_month(contract, reader, "2026-10", NOW_MS)
    case = PackInput(found, contract.versions[0].terms, effective_entries(house.entries()))
    rows = [row for block in meeting(case).blocks for row in getattr(block, "rows", ())]
    return {cell.text for row in rows for cell in row}


def test_an_action_is_done_in_one_click_and_once(house: House) -> None:
    sue, carl = house.browser("sue"), house.browser("carl")
    page = sue.get(HERE)
    assert "Add to the minutes" not in page.text
    told = sue.post(f"{ENTER}/done", form_to(page, "done", 4))
    assert told.location == f"{HERE}?entered=5"
    assert isinstance(house.entries()[-1].body, Done)
    assert "No action is open." in words(carl.get(HERE))
    late = carl.post(f"{ENTER}/done", {**form_to(page, "done", 4), **carl.get("/desk").hidden})
    assert (late.status, "is done already" in late.text, f'name="next" value="{HERE}"' in late.text) == (
        422,
        True,
        True,
    )
    assert len(house.entries()) == 5


def test_what_is_wrong_is_said_in_the_form_which_still_leads_back(house: House) -> None:
    carl = house.browser("carl")
    told = add(carl, "action", note="Order it.", owner="", due="2026-12-01")
    assert told.status == 422
    assert told.hidden["next"] == HERE
    assert "Order it." in told.text
    right = carl.fill_in(told, f"{ENTER}/action", note="Order it.", owner="Sue", month="2026-10")
    assert right.location == f"{HERE}?entered=5"


def test_a_month_that_runs_is_met_about_so_far(calm: House) -> None:
    page = words(calm.browser("carl").get(HERE.replace("2026-10", "2026-11")))
    assert "so far" in page
    assert "The month can be signed off once it is over." in page
    assert "To the sign-off" not in page


def test_a_dispute_that_is_settled_is_told_of_its_month(house: House) -> None:
    say(house, "decision", "anna", about=3, granted=True, note="The log agrees.")
    assessed(house)
    told = "Dispute by the authority about Custody records, 6 Oct 2026 10:00:00 to 13:00:00 BST , settled: granted by"
    page = words(house.browser("sue").get(HERE.removesuffix("/meeting")))
    assert f"{told} entry 5: The log agrees." in page
    assert "settled: granted by entry 5" in words(house.browser("sue").get(HERE.replace("meeting", "outages")))


def test_desk_and_waiting_list_lead_to_both_pages(calm: House) -> None:
    page = calm.browser("carl").get("/desk")
    assert links(page, "Outages") == [HERE.replace("2026-10/meeting", "2026-11/outages")]
    assert HERE in links(page, "Review meeting")
    assert f'{HERE.replace("meeting", "outages")}"' in calm.browser("sue").get("/desk").text


def test_a_form_that_was_read_to_no_entry_is_shown_again(calm: House) -> None:
    """Python reads no number of so many digits."""
    assert add(calm.browser("carl"), "minute", note="x", _see="1", _read_to="9" * 5000).status == 200


@pytest.mark.parametrize("month", ["2025-13", "2026-00", "2026-99", "9999-12"])
def test_no_page_is_of_a_month_that_is_in_no_calendar(calm: House, month: str) -> None:
    carl, here = calm.browser("carl"), f"/contracts/small/months/{month}"
    paths = [f"/desk{here}{end}" for end in ("", "/outages", "/meeting")] + [f"/api/v1{here}", f"/api/v1{here}/outages"]
    paths += [f"{at}/contracts/small/maintenance?month={month}" for at in ("/desk", "/api/v1")]
    assert {path: carl.get(path).status for path in paths} == dict.fromkeys(paths, 404)


def test_no_month_between_two_others_has_begun_by_its_spelling(tmp_path: Path) -> None:
    contract, later = contract_in(tmp_path), NOW_MS + 400 * 86_400_000
    assert has_begun(contract, "2026-12", later)
    assert not any(has_begun(contract, f"2026-{month}", later) for month in ("00", "13", "99"))
