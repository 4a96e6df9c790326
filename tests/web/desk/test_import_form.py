"""Tickets and figures from a file at the desk: how it is read, what it changes, entered once, taken back whole."""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator

import pytest

from sla_monitor.web.desk.import_reading import FILE_BYTES, ROWS
from tests.web.desk.house import Browser, House, Page
from tests.web.desk.side_house import FORMULA, side_house

TICKETS, FIGURES = (f"/desk/contracts/small/import?kind={kind}" for kind in ("ticket", "figure"))
QUIRKS = (
    "\ufeffVorgang;Priorität;Geöffnet;Erledigt;Dienst;Beschreibung;<b>Note</b>\r\n"
    'INC1;1 - Critical;07/05/2026 9:00 AM;07/05/2026 10:15 AM;Custody suite;"Three\r\nlines\r\nhere";x\r\n'
    f'"{FORMULA.replace(chr(34), chr(34) * 2)}";Blocker;07/06/2026 9:00 AM;07/06/2026 9:30 AM;Canteen;;y\r\n'
    ";;;;;;\r\n"
)
"""As a German spreadsheet saves an American tool's export."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


def upload(browser: Browser, content: bytes, address: str = TICKETS, name: str = "t.csv", **fields: str) -> Page:
    page = browser.get(f"{address}&afresh=yes")
    return browser.upload(address, {**all_hidden(page), **fields}, {"file": (name, content)})


def chosen(page: Page) -> dict[str, list[str]]:
    """What the selects, ticks and texts of the page have, as a browser would send it."""
    found: dict[str, list[str]] = {name: [value] for name, value in page.hidden.items()}
    for name, inside in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page.text, re.S):
        options = re.findall(r'<option value="([^"]*)"( selected)?>', inside)
        value = next((value for value, is_so in options if is_so), options[0][0])
        found.setdefault(name, []).append(html.unescape(value))
    written = re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    ticked = re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]+)" checked', page.text)
    return found | {name: [html.unescape(text)] for name, text in (*written, *ticked)}


def look(browser: Browser, page: Page, address: str = TICKETS, **changed: str | list[str]) -> Page:
    return browser.post(address, {**chosen(page), **changed})


def read_as(page: Page) -> dict[str, int]:
    told = re.findall(r"<dt>([A-Z][a-z ]+)</dt><dd>([\d,]+)</dd>", page.text)
    return {word: int(count.replace(",", "")) for word, count in told}


def test_a_file_with_every_quirk_is_mapped_seen_entered_once_and_taken_back(house: House) -> None:
    carl, before = house.browser("carl"), len(house.entries())
    seen = upload(carl, QUIRKS.encode())
    assert (seen.status, read_as(seen)["Wrong"]) == (200, 1)
    assert "has no column that is known" in seen.text.lower()
    assert "&lt;b&gt;Note&lt;/b&gt;" in seen.text
    assert "Three lines here" in seen.text
    columns = {"Vorgang": "id", "Priorität": "priority", "Geöffnet": "opened", "Erledigt": "ended", "Dienst": "service"}
    seen = look(carl, seen, map=[f"{theirs}={ours}" for theirs, ours in columns.items()])
    assert "07/05/2026 9:00 AM begins with the day or the month" in seen.text
    assert "Say which comes first: “Dates in the file”" in seen.text
    assert re.findall(r"[ (]--[a-z]+", re.sub(r"<style>.*?</style>", "", seen.text, flags=re.S)) == []
    refused = look(carl, seen, _see="yes")
    assert (refused.status, len(house.entries())) == (422, before)
    names = ["Custody suite=custody", "*="]
    seen = look(carl, seen, dates="month-first", service=names, priority=["Blocker=P1"], note="From the tool.")
    assert read_as(seen) == {"New": 2, "Changed": 0, "As before": 0, "Wrong": 0}
    assert "Ticket INC1 of custody, P1, opened 5 Jul 2026 09:00:00 BST" in seen.text
    link = html.unescape(re.findall(r'href="([^"]+)">this link', seen.text)[0])
    preview = look(carl, seen, _see="yes")
    assert (preview.status, "What the file changes" in preview.text, len(house.entries())) == (200, True, before)
    assert "KPI2" in preview.text, "the figures that it changes"
    answers = [confirmed(carl, preview) for _ in range(2)]
    assert {one.status for one in answers} == {303}
    assert len({one.location for one in answers}) == 1
    entered = house.entries()[before:]
    assert [(one.actor, one.body.kind, one.note) for one in entered] == [("carl", "ticket", "From the tool.")] * 2
    assert "2 entries from this file are in the register" in carl.get(answers[0].location).text

    again = upload(carl, QUIRKS.encode(), link)
    assert read_as(again) == {"New": 0, "Changed": 0, "As before": 2, "Wrong": 0}
    assert "There is nothing to enter" in again.text

    back = answers[0].location.replace("/file", "/undo-file")
    page = carl.get(back)
    assert carl.fill_in(page, back, why="").status == 422
    asked = carl.fill_in(page, back, why="Another month's file.")
    assert (asked.status, "KPI2" in asked.text) == (200, True), "what it changes is shown"
    mark = re.findall(r'name="_confirmed" value="([^"]+)"', asked.text)[0]
    assert carl.fill_in(asked, back, _confirmed=mark).status == 303
    assert [one.body.kind for one in house.entries()[before + 2 :]] == ["undo", "undo"]
    assert carl.get(answers[0].location).status == 404


def test_a_priority_that_is_none_of_ours_need_not_become_one_of_ours(house: House) -> None:
    """A file has the tickets of all priorities, and a KPI counts some: one with a name that none may have is chosen."""
    carl, rows = house.browser("carl"), b"id,priority,opened,ended\nINC5,3 - Low,2026-10-05 09:00,2026-10-05 10:00\n"
    seen = upload(carl, rows)
    assert (read_as(seen)["Wrong"], "3 - Low, which no KPI counts" in seen.text) == (1, False)
    assert "choose: it is no priority of ours" in seen.text
    assert "3-Low, which no KPI counts" in seen.text
    seen = look(carl, seen, priority=["3 - Low=3-Low"])
    assert (read_as(seen)["New"], read_as(seen)["Wrong"]) == (1, 0)
    assert chosen(seen)["priority"][0] == "3 - Low=3-Low"
    assert seen.text.count(">3-Low, which no KPI counts<") == 2, "once for it, once for every other one"


def all_hidden(page: Page) -> dict[str, list[str]]:
    last = page.text.rpartition("<form")[2]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', last):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is missing or empty"),
        (workbook(), "is a workbook or another archive"),
        ("id;priority\n1;Stra\u00dfe".encode("cp1252"), "is not UTF-8 text"),
        (bytes(range(256)) * 40, "is not UTF-8 text"),
        (b'id,priority\n"1,P1\n', "cannot be read"),
        (b"\0\0\0\0" * 100, "has no column"),
        (b"\n\n\n", "has no column"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_helps(house: House, content: bytes, why: str) -> None:
    before = len(house.entries())
    answer = upload(house.browser("carl"), content)
    assert answer.status in {200, 422}
    assert why in re.sub(r"<bdi>(\w)", lambda found: found[1].lower(), answer.text), answer.status
    assert len(house.entries()) == before


def test_a_tool_that_is_chosen_later_knows_its_own_headings(house: House) -> None:
    carl = house.browser("carl")
    several = ",".join(["Comment"] * 40 + [f"Custom field ({place})" for place in range(300)])
    text = f"Issue key,Status,Priority,Created,Resolved,{several}\n"
    text += "ITSM-7,Done,Highest,03/Mar/26 9:00 AM,03/Mar/26 11:30 AM\n"
    seen = upload(carl, text.encode(), name="<i>jira</i>.csv")
    assert "03/Mar/26 9:00 AM has a year of two digits" in seen.text
    assert "<i>jira" not in seen.text
    seen = look(carl, seen, preset="jira")
    assert read_as(seen) == {"New": 1, "Changed": 0, "As before": 0, "Wrong": 0}
    assert "Ticket ITSM-7, P1, opened 3 Mar 2026 09:00:00 GMT" in seen.text
    assert "left out: 301" in seen.text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"content": urlsafe_b64encode(zlib.compress(b"id,priority\n" * 99)[:-9]).decode()}, "was not handed back"),
        ({"content": "eJw"}, "was not handed back as it was"),
        ({"content": "\u00e4"}, "was not handed back as it was"),
        ({"content": urlsafe_b64encode(zlib.compress(bytes(FILE_BYTES + 1))).decode()}, "is larger than 5 MiB"),
        ({"content": ""}, "is missing or empty"),
        ({"map": "Number=nothing"}, "a ticket has no field"),
        ({"map": "Number"}, "is no pair"),
        ({"dates": "guess"}, "dates: &#39;guess&#39; is not known"),
    ],
)
def test_what_is_handed_back_otherwise_is_refused(house: House, change: dict[str, str], why: str) -> None:
    carl, before = house.browser("carl"), len(house.entries())
    seen = upload(carl, b"id,priority,opened,ended\n1,P1,2026-10-05,2026-10-06\n")
    answer = look(carl, seen, _see="yes", **change)
    assert (answer.status, why in answer.text, len(house.entries())) == (422, True, before), answer.text


def test_a_row_counts_as_one_thing(house: House) -> None:
    rows = b"X-1,P1,nothing,2026-11-05,2026-11-06\nX-2,P1,custody,2026-11-05,2026-11-06\n"
    seen = upload(house.browser("carl"), b"id,priority,service,opened,ended\n" + rows)
    assert read_as(seen) == {"New": 1, "Changed": 0, "As before": 0, "Wrong": 1}


def test_more_rows_than_are_read_here_are_refused_as_a_whole(house: House) -> None:
    seen = upload(house.browser("carl"), b"id,priority,opened\n" + b"1,P1,2026-10-05\n" * (ROWS + 1))
    assert (read_as(seen)["New"], read_as(seen)["Wrong"]) == (0, 1)
    assert "20,001 rows" in seen.text
    assert "at most 20,000 are read here" in seen.text


def test_a_supplier_gives_its_own_figures_alone(house: House) -> None:
    sue = house.browser("sue")
    rows = b"KPI,Month,Party,Value\nKPI3,2026-09,authority,81\nKPI3,2026-10,,82\n"
    seen = upload(sue, rows, FIGURES, party="agreed")
    assert (seen.status, "is not known" in seen.text or "for whom you do not speak" in seen.text) == (200, True)
    seen = upload(sue, rows, FIGURES)
    assert "Is authority, for whom you do not speak" in seen.text
    seen = upload(sue, rows.replace(b",authority,", b",,"), FIGURES)
    assert "Figure of the supplier for KPI3, September 2026: 81" in seen.text
    preview = look(sue, seen, FIGURES, _see="yes")
    done = confirmed(sue, preview, FIGURES)
    assert done.status == 303
    page = sue.get(done.location)
    assert "2 entries from this file are in the register" in page.text
    assert "undo-file" not in page.text, "that is the contract manager's"


def test_rows_of_the_authority_are_no_file_of_the_suppliers(house: House) -> None:
    carl = house.browser("carl")
    seen = upload(carl, b"KPI,Month,Value\nKPI3,2026-08,80\n", FIGURES, party="authority")
    preview = look(carl, seen, FIGURES, _see="yes")
    done = confirmed(carl, preview, FIGURES)
    assert carl.get(done.location).status == 200
    assert house.browser("sue").get(done.location).status == 404


def confirmed(browser: Browser, preview: Page, address: str = TICKETS) -> Page:
    mark = re.findall(r'name="_confirmed" value="([^"]+)"', preview.text)[0]
    return browser.post(address, {**all_hidden(preview), "_confirmed": mark})


def test_two_people_with_one_file_enter_it_once_and_whoever_is_late_sees_why(house: House) -> None:
    rows = b"id,priority,opened,ended\nINC77,P1,2026-10-05 09:00,2026-10-05 10:00\n"
    carl, olga, before = house.browser("carl"), house.browser("olga"), len(house.entries())
    previews = [look(one, upload(one, rows), _see="yes") for one in (carl, olga)]
    other = olga.get("/desk/contracts/small/enter/comment")
    assert olga.fill_in(other, "/desk/contracts/small/enter/comment", about="1", note="Mine.").status == 303
    late = confirmed(carl, previews[0])
    assert (late.status, "Others have entered something since" in late.text) == (200, True)
    assert confirmed(carl, late).status == 303
    refused = confirmed(olga, previews[1])
    assert (refused.status, "the register says all of it already" in refused.text) == (422, True)
    assert [one.body.kind for one in house.entries()[before:]] == ["comment", "ticket"]


def test_the_next_file_is_read_as_the_last_one_of_the_same_person(house: House) -> None:
    carl, told = house.browser("carl"), "It is read as your last file was"
    row = "Nummer;priority;opened;ended;service\nZ{0};P1;2026-08-0{0} 10:00;2026-08-0{0} 11:00;custody\n"
    columns = [f"{name}={name}" for name in ("priority", "opened", "ended", "service")]
    seen = look(carl, upload(carl, row.format(1).encode()), map=["Nummer=id", *columns])
    assert confirmed(carl, look(carl, seen, _see="yes", note="August.")).status == 303
    page = carl.get(TICKETS)
    assert "map Nummer=id" in page.text
    assert (told in page.text, told in house.browser("anna").get(TICKETS).text) == (True, False)
    again = {"file": ("2.csv", row.format(2).encode())}
    assert read_as(carl.upload(TICKETS, all_hidden(page), again))["New"] == 1
    other = carl.upload(TICKETS, {**all_hidden(page), "preset": "jira"}, again)
    assert read_as(other)["Wrong"] > 0, "another tool has other columns"
    number = house.entries()[-1].number
    assert "how-the-file-was-read.txt" in carl.get(f"/desk/contracts/small/entries/{number}").text
    undo = f"/desk/contracts/small/entries/{number}/undo-file"
    assert confirmed(carl, carl.fill_in(carl.get(undo), undo, why="Not ours."), undo).status == 303
    assert "Nummer=id" not in carl.get(TICKETS).text, "what was taken back is no example"
