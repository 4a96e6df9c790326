"""The register as a list: chosen, page by page, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger.recording.audit import newest_deeds
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.web.desk import register_page
from sla_monitor.web.desk.register_page import RegisterChoice, wanted_entries
from sla_monitor.wording.text import describe_left_out
from tests.web.desk.house import House, furnished
from tests.web.desk.test_decide_form import words
from tests.web.desk.test_entry_page import CLAIM, ENTRIES, say

FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("desk")) as found:
        claim = say(found, "claim", "sue", FORMULA, **CLAIM)
        say(found, "claim", "sue", "Waits.", **{**CLAIM, "start": "2024-11-05 14:00", "end": "2024-11-05 15:00"})
        say(found, "decision", "anna", "Ours.", about=claim, granted=False)
        minute = say(found, "minute", "carl", "Said.", month="2024-11")
        say(found, "undo", "carl", "Wrong.", about=minute)
        for place in range(60):
            say(found, "minute", "carl", f"Line {place}.", month="2024-12")
        yield found


def numbers(house: House, query: str, who: str = "carl") -> list[int]:
    page = house.browser(who).get(f"{ENTRIES}{query}")
    assert page.status == 200
    return [int(one) for one in re.findall(r'<th scope="row"[^>]*><a [^>]*>(\d+)</a>', page.text)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?kind=claim", [2, 1]),
        ("?who=SU", [2, 1]),
        ("?month=2024-10", [3, 1]),
        ("?state=waits", [2]),
        ("?state=decided", [1]),
        ("?state=undone", [4]),
        ("?kind=minute&who=carl&month=2024-11", [4]),
        ("?kind=claim&before=2", [1]),
        ("?who=nobody", []),
    ],
)
def test_entries_are_chosen(house: House, query: str, found: list[int]) -> None:
    assert numbers(house, query) == found


@pytest.mark.parametrize("query", ["month=soon", "kind=clame", "state=wait"])
def test_a_choice_that_means_nothing_is_said_on_the_page_and_makes_no_file(house: House, query: str) -> None:
    """A file of everything would be taken for what was asked for."""
    page, file = (house.browser("carl").get(f"{ENTRIES}{end}?{query}") for end in ("", ".csv"))
    assert (page.status, "This is more than was asked for" in page.text) == (422, True)
    assert (file.status, "content-disposition" in file.headers) == (422, False)


def test_the_newest_come_first_and_a_page_leads_to_the_older_ones(house: House) -> None:
    first = numbers(house, "")
    assert first == list(range(65, 15, -1))
    page = house.browser("carl").get(ENTRIES)
    (older,) = re.findall(r'href="[^"]*\?(before=\d+)" rel="next"', page.text)
    assert numbers(house, f"?{older}") == list(range(15, 0, -1))
    told = words(house.browser("carl").get(f"{ENTRIES}?kind=claim"))
    assert "Refused entry 3" in told
    assert "Waits for a decision" in told


def test_a_month_that_makes_no_sense_is_told(house: House) -> None:
    page = house.browser("carl").get(f"{ENTRIES}?month=October")
    assert (page.status, "write it as 2026-10" in page.text) == (422, True)


def test_a_file_that_is_cut_says_so_and_how_to_come_by_the_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_page, "IN_FILE", 2)
    carl = house.browser("carl")
    lines = carl.get(f"{ENTRIES}.csv").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:3]] == ["65", "64"]
    assert lines[3:] == [f'"{describe_left_out(2, register_page.OTHERS)}"']
    assert len(carl.get(f"{ENTRIES}.csv?kind=claim").text.splitlines()) == 3, "all of them: nothing is said"


def test_a_state_that_is_chosen_is_the_one_that_is_shown(house: House) -> None:
    contract = house.parts.contracts[0]
    figure = {"kpi": "KPI1", "month": "2024-10", "party": "supplier"}
    said: list[tuple[str, dict[str, Any]]] = [
        ("figure", {**figure, "value": "99"}),
        ("figure", {**figure, "value": "98"}),
        ("claim", CLAIM),
        ("decision", {"about": 3, "granted": True}),
        ("claim", CLAIM),
        ("minute", {"month": "2024-11"}),
        ("undo", {"about": 6}),
    ]
    known: dict[str, Any] = {"at_ms": 1, "actor": "carl", "contract": "small", "note": "-"}
    entries = [
        entry_of(body_of(kind, words, contract.time_zone), **known).model_copy(update={"number": number})
        for number, (kind, words) in enumerate(said, 1)
    ]
    standing = effective_entries(entries)
    for state, number in {"replaced": 1, "decided": 3, "waits": 5, "undone": 6}.items():
        (found,) = wanted_entries(entries, standing, contract, RegisterChoice(state=state))
        assert found.number == number, state
    assert {"replaced", "decided", "waits", "undone"} == set(register_page.STATES)


def test_the_file_has_what_was_chosen_and_no_formula_and_its_download_is_on_record(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        claim = say(house, "claim", "sue", FORMULA, **CLAIM)
        say(house, "decision", "anna", "Ours.", about=claim, granted=False)
        page = house.browser("carl").get(f"{ENTRIES}.csv?kind=claim")
    (row,) = csv.DictReader(io.StringIO(page.text))
    assert (row["entry"], row["state"], row["by_entry"], row["note"]) == ("1", "refused", "2", f"'{FORMULA}")
    assert (row["from"], row["months"]) == ("2024-10-05T13:00:00Z", "2024-10")
    assert page.headers["content-disposition"] == 'attachment; filename="small-entries.csv"'
    assert ("downloaded", "entries.csv") in [(one.event, one.subject) for one in newest_deeds(house.ledger, 9)]
