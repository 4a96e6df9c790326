"""The audit as its reader sees it: chosen by person, event and day, proved, and as CSV without formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from sla_monitor.ledger.recording.audit import AuditEvent, add_events
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk import audit_page
from sla_monitor.wording.text import describe_left_out
from tests.web.desk.house import House
from tests.web.desk.side_house import FORMULA, HOSTILE, NOW_MS, side_house

DAY = 86_400_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        events = [
            AuditEvent(NOW_MS - DAY, NOW_MS - DAY, "forbidden", "sue", "password", subject=Action.SEE_AUDIT),
            AuditEvent(NOW_MS - DAY, NOW_MS - DAY, "signed-in", "sue", "password", addresses="10.0.0.1"),
            AuditEvent(NOW_MS - 5, NOW_MS - 5, "downloaded", FORMULA, "password", "small", HOSTILE, count=3),
        ]
        add_events(found.ledger, events)
        yield found


def test_rows_are_chosen_and_have_their_proof(house: House) -> None:
    auditor = house.browser("audrey")
    whole = auditor.get("/desk/audit").text
    assert "Downloaded × 3" in whole
    assert "<script>alert" not in whole
    assert "\u202e" not in whole
    entry = house.entries()[0]
    chosen = auditor.get("/desk/audit?person=A.+Authority&event=entered&day=2026-11-19").text
    assert chosen.count("<tr><th") == 11, "a heading and ten entries"
    assert f">entry {entry.number}</a>, figure" in chosen
    assert "sla-monitor-head/1 link=" in chosen
    assert "There is nothing of it." in auditor.get("/desk/audit?day=2020-01-01").text
    wrong = auditor.get("/desk/audit?day=soon")
    assert (wrong.status, "write it as 2026-11-30" in wrong.text) == (422, True)


def test_a_spreadsheet_works_nothing_out(house: House) -> None:
    given = house.browser("audrey").get("/desk/audit.csv?event=downloaded")
    (row,) = (one for one in csv.DictReader(io.StringIO(given.text)) if one["count"] == "3")
    assert row["who"] == f"'{FORMULA}"
    assert row["link"].isdigit()
    assert given.headers["content-disposition"].startswith("attachment")


def test_a_file_that_is_cut_says_so_and_how_to_come_by_the_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_page, "IN_FILE", 2)
    lines = house.browser("audrey").get("/desk/audit.csv?event=entered").text.splitlines()
    assert lines[3:] == [f'"{describe_left_out(2, audit_page.OTHERS)}"']
    one = house.browser("audrey").get("/desk/audit.csv?event=forbidden&person=sue").text
    assert "left out" not in one


def test_a_choice_that_means_nothing_is_said_on_the_page_and_makes_no_file(house: House) -> None:
    """A file of everything would be taken for what was asked for."""
    for query in ("day=soon", "event=downlaoded"):
        page, file = (house.browser("audrey").get(f"/desk/audit{end}?{query}") for end in ("", ".csv"))
        assert (page.status, "This is more than was asked for" in page.text) == (422, True), query
        assert (file.status, "content-disposition" in file.headers) == (422, False), query
    assert "No event is called downlaoded" in house.browser("audrey").get("/desk/audit.csv?event=downlaoded").text


def test_nobody_but_an_auditor_reads_it(house: House) -> None:
    for name in ("olga", "carl", "anna", "sue", "kent"):
        assert {house.browser(name).get(path).status for path in ("/desk/audit", "/desk/audit.csv")} == {403}
        assert "/desk/audit" not in house.browser(name).get("/desk").text
    told = house.browser("audrey").get("/desk/audit?event=forbidden&person=sue").text
    assert TABLE[Action.SEE_AUDIT].words in told
    assert Action.SEE_AUDIT not in told
