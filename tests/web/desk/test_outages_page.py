"""The outages of a month at the desk: the figures of every screen, with forms that are filled in and lead back."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.assess import assess_month
from sla_monitor.ledger import HistoryReader
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import FailureCause, Waiver
from sla_monitor.review.chapters.outages import outage_table
from sla_monitor.review.pack_input import PackInput
from sla_monitor.web.desk.forms import came_back, desk_path
from tests.fakes.clock import FakeClock
from tests.web.api.test_answers import resolved
from tests.web.desk.house import Browser, House, Page, furnished
from tests.web.desk.test_decide_form import words
from tests.web.desk.waiting_house import NOW_MS, assessed, contract_in, ms, record, say, waiting_house

OCTOBER, NOVEMBER = (f"/desk/contracts/small/months/2026-{month}/outages" for month in (10, 11))
API = "/api/v1/contracts/small/months/2026-10/outages"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with told(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[House]:
    with told(tmp_path) as found:
        yield found


@contextmanager
def told(folder: Path) -> Iterator[House]:
    """A month with an outage, a miss without one, and a dispute that is settled."""
    with waiting_house(folder) as found:
        say(found, "figure", "sue", kpi="KPI3", month="2026-10", party="supplier", value="71")
        say(found, "decision", "anna", about=3, granted=False, note="The log of the carrier agrees.")
        assessed(found)
        yield found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("many")
    record(folder, [(f"2026-10-{day:02d}T{hour:02d}:00", 2) for day in range(1, 31) for hour in range(1, 24, 4)])
    with furnished(folder, clock=FakeClock(NOW_MS), contracts=[contract_in(folder)]) as found:
        assessed(found)
        yield found


def links(page: Page, words_: str) -> Sequence[str]:
    """The addresses behind links that begin with these words."""
    return [html.unescape(one) for one in re.findall(rf'href="([^"]+)">{words_}<', page.text)]


def filled(page: Page) -> dict[str, str]:
    """What stands in the plain inputs of the form on a page."""
    found = re.findall(r'<input id="field-[^"]+" name="([^"]+)"[^>]* value="([^"]*)"', page.text)
    ticked = re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]*)" checked>', page.text)
    return {name: html.unescape(value) for name, value in (*found, *ticked)}


def test_it_says_what_failed_and_what_became_of_what_was_said(house: House) -> None:
    page = words(house.browser("vera").get(OCTOBER))
    assert "1 outage; 1 KPI missed without one. Without a cause and an owner: 2." in page
    assert "KPI3 Satisfaction Result 71.00 (missed, 0 points) Root cause and owner nobody has said yet" in page
    assert "Custody records 6 Oct 2026 10:00:00 to 13:00:00 BST Lasted 3 h In service hours 3 h Counts 3 h" in page
    assert "Counts in Custody availability : 3 h missed Root cause and owner nobody has said yet" in page
    assert "Entry 1 : Claim of third party for Custody records , awaits a decision" in page
    assert "settled: refused by entry 6: The log of the carrier agrees." in page
    assert "2 h" in words(house.browser("vera").get(NOVEMBER))


def test_the_json_says_the_same(house: House) -> None:
    script = house.script()
    read = json.loads(script.get(API).text)
    Draft202012Validator(resolved("MonthFailuresJson")).validate(read)
    (outage,), (missed,) = read["outages"], read["missed_without_outages"]
    assert (read["total"], read["without_cause"], read["status"]) == (1, 2, "provisional")
    assert (outage["counted_ms"], outage["claim_by"], outage["cause"]) == (10_800_000, "2026-11-30", None)
    assert [(one["kpi"], one["counted_ms"], one["missed"]) for one in outage["kpis"]] == [("KPI1", 10_800_000, True)]
    assert [one["state"][:15] for one in outage["entries"]] == ["awaits a decisi", "settled: refuse"]
    assert (missed["kpi"], missed["result"]) == ("KPI3", "71.00 (missed, 0 points)")
    assert script.get(f"{API}?cursor=x").status == 400
    assert script.get(API.replace("2026-10", "2027-10")).status == 404
    assert house.browser("carl").get(OCTOBER.replace("2026-10", "2027-10")).status == 404


def test_the_pack_has_the_same_outages(house: House) -> None:
    contract = house.parts.contracts[0]
    with HistoryReader(house.ledger) as reader:
        found = assess_month(contract, reader, "2026-10", NOW_MS)
    case = PackInput(found, contract.versions[0].terms, effective_entries(house.entries()))
    (row, _) = outage_table("outages", case, found.services[0], found.kpis[0].outages).rows
    when, lasted, in_hours, counts, cause, *_ = (cell.text for cell in row)
    page = words(house.browser("vera").get(OCTOBER))
    assert f"{when} Lasted {lasted} In service hours {in_hours} Counts {counts} Seen {cause} " in page


def test_an_outage_that_goes_on_is_taken_in_hand_from_the_list(tmp_path: Path) -> None:
    record(tmp_path, [("2026-11-20T12:00", 3)])
    with furnished(tmp_path, clock=FakeClock(NOW_MS), contracts=[contract_in(tmp_path)]) as house:
        assessed(house)
        olga = house.browser("olga")
        page = olga.get(NOVEMBER)
        assert "20 Nov 2026 12:00:00 GMT, still open Lasted 2 h 25 min 26 s" in words(page)
        (address,) = links(page, "Take it in hand")
        told = olga.fill_in(olga.get(address), address.partition("?")[0], service="custody", note="On it.")
        page = olga.get(told.location)
        assert "In hand On it. olga" in words(page)
        assert links(page, "Take it in hand") == []
        (address,) = links(page, "Say its cause")
        form = olga.get(address)
        assert filled(form)["end"] == "2026-11-20T14:25:26"
        given = {**filled(form), "root_cause": "Not known yet", "owner": "Supplier"}
        assert olga.fill_in(form, address.partition("?")[0], **given).status == 303


@pytest.mark.parametrize(
    ("who", "can"),
    [
        ("vera", set()),
        ("olga", {"Say its cause"}),
        ("carl", {"Say its cause", "Claim relief", "Dispute it", "Correct it"}),
        ("anna", {"Waive", "Decide"}),
        ("sue", {"Say its cause", "Claim relief", "Dispute it"}),
    ],
)
def test_each_is_offered_what_it_may_do(house: House, who: str, can: set[str]) -> None:
    page = house.browser(who).get(OCTOBER)
    every = {"Say its cause", "Claim relief", "Dispute it", "Correct it", "Waive", "Decide"}
    assert {one for one in every if links(page, one)} == can
    assert ("until 30 Nov 2026" in words(page)) == ("Claim relief" in can)


def test_a_cause_is_entered_from_its_outage_and_leads_back_to_it(fresh: House) -> None:
    sue = fresh.browser("sue")
    address = next(one for one in links(sue.get(f"{OCTOBER}?service=custody"), "Say its cause") if "services" in one)
    form = sue.get(address)
    assert filled(form) | {"root_cause": "", "owner": ""} == {
        "start": "2026-10-06T10:00", "end": "2026-10-06T13:00", "services": "custody", "root_cause": "", "owner": "",
        "reference": "", "evidence": "",
    }  # fmt: skip
    assert form.hidden["next"] == f"{OCTOBER}?service=custody"
    path, given = address.partition("?")[0], {**filled(form), "root_cause": "<b>Cable</b> cut", "owner": "Carrier Ltd"}
    answer = sue.fill_in(form, path, **given)
    number = fresh.entries()[-1].number
    assert answer.location == f"{OCTOBER}?service=custody&entered={number}"
    assert isinstance(fresh.entries()[-1].body, FailureCause)
    page = sue.get(answer.location)
    assert f"It is entered, as entry {number}." in words(page)
    assert "&lt;b&gt;Cable&lt;/b&gt; cut" in page.text
    assert "Without a cause and an owner: 1." in words(page)
    assert "entered already" in words(sue.get(sue.fill_in(form, path, **given).location))
    assert "It is entered" not in fresh.browser("carl").get(answer.location).text
    assert links(sue.get(f"{OCTOBER}?without=cause"), "Say another cause") == []


def test_a_waiver_of_what_was_missed_is_filled_in_with_month_and_kpi(fresh: House) -> None:
    anna = fresh.browser("anna")
    address = next(one for one in links(anna.get(OCTOBER), "Waive") if "KPI1" in one)
    form = anna.get(address)
    assert {"month": "2026-10", "kpis": "KPI1"}.items() <= filled(form).items()
    path = address.partition("?")[0]
    shown = anna.fill_in(form, path, month="2026-10", kpis="KPI1", what="money", note="As agreed.")
    assert "£100.00" in shown.text
    assert shown.hidden["next"] == OCTOBER
    mark = re.findall(r'name="_confirmed" value="([^"]+)"', shown.text)[0]
    told = anna.post(path, {**shown.hidden, "_confirmed": mark})
    assert told.location.startswith(f"{OCTOBER}?entered=")
    assert isinstance(fresh.entries()[-1].body, Waiver)
    number = fresh.entries()[-1].number
    assert f"missed, money waived by entry {number}" in words(anna.get(told.location))
    for page in ("", "/meeting"):
        told = fresh.browser("vera").get(OCTOBER.removesuffix("/outages") + page)
        assert f"money waived by entry {number}" in words(told)


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example/desk", "https://evil.example", "/desk/../sign-out", "/desk/%2e%2e/x", "/sign-out", "/desk\\x",
        "/desk/x\r\nSet-Cookie: a=b", "/desk/é", "/desk/a b", "/desk?next=//evil.example", "/deskx",
        "/desk//evil.example",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_an_entry(house: House, wanted: str) -> None:
    olga = house.browser("olga")
    path = "/desk/contracts/small/enter/acknowledgement"
    told = olga.fill_in(olga.get("/desk"), path, service="custody", note=f"On it: {len(wanted)}", next=wanted)
    assert told.location.startswith("/desk/contracts/small/entered?number=")
    assert desk_path(wanted) == ""


def test_a_page_of_the_desk_is_told_what_was_entered_in_place_of_the_entry_before() -> None:
    assert came_back("/desk/a?service=x&entered=3&again=1#y", 4) == "/desk/a?service=x&entered=4#y"
    assert came_back("/desk/a", 4, is_again=True) == "/desk/a?entered=4&again=1"


def test_a_claim_is_too_late_after_its_last_day(tmp_path: Path) -> None:
    record(tmp_path, [("2026-10-06T09:00", 3)])
    clock = FakeClock(ms("2026-12-01T10:00"))
    with furnished(tmp_path, clock=clock, contracts=[contract_in(tmp_path)]) as house:
        page = house.browser("sue").get(OCTOBER)
        assert "Claim relief: too late since 1 Dec 2026" in words(page).replace(" :", ":")
        assert links(page, "Claim relief") == []


def test_hundreds_of_outages_come_page_by_page_and_the_filters_stay(many: House) -> None:
    vera = many.browser("vera")
    seen: list[str] = []
    address = f"{OCTOBER}?service=custody&without=cause"
    while address:
        page = vera.get(address)
        seen += re.findall(r'<li id="(custody-\d+)"', page.text)
        (address, *_) = (*links(page, "Next page"), "")
        assert not address or parse_qs(urlsplit(address).query)["without"] == ["cause"]
    assert (len(seen), len(set(seen))) == (180, 180)
    assert len(page.text) < 200_000
    assert "Page 4 of 4, 180 outages" in words(page)
    assert "Page 4 of 4" in words(vera.get(f"{OCTOBER}?page=99"))
    assert "Page 1 of 4" in words(vera.get(f"{OCTOBER}?page=-1"))
    assert "No outage is like that." in words(vera.get(f"{OCTOBER}?service=nobody"))
    every = list(json_pages(many.script(), f"{API}?limit=100"))
    assert [one["id"].rpartition("/")[2] for one in every] == [one.partition("-")[2] for one in seen]


def json_pages(script: Browser, address: str | None) -> Iterator[dict[str, str]]:
    while address:
        found = json.loads(script.get(address).text)
        yield from found["outages"]
        address = found["next"]


def test_times_that_the_clocks_tell_twice_are_filled_in_with_their_offset(tmp_path: Path) -> None:
    record(tmp_path, [("2026-10-25T00:00", 2)])
    with furnished(tmp_path, clock=FakeClock(NOW_MS), contracts=[contract_in(tmp_path)]) as house:
        assessed(house)
        page = house.browser("sue").get(OCTOBER)
        (address,) = links(page, "Dispute it")
        form = house.browser("sue").get(address)
        assert filled(form)["start"] == "2026-10-25T01:00+01:00"
        told = house.browser("sue").get(links(page, "Claim relief")[0])
        assert filled(told)["end"] == "2026-10-25T02:00"
