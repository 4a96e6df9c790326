"""A supplier's outage list, however its file is spelled: what is read of it, what is left out, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import SIZE_LIMIT
from sla_monitor.register.instant import parse_instant
from sla_monitor.register.outage_lists import ListFile, ReadList, read_list
from sla_monitor.register.rules import UNPRINTABLE
from tests.register.contracts import PARTS, contract
from tests.register.saying import said
from tests.register.test_rules import wrong

OCTOBER = parse_instant("2025-09-30T23:00:00Z"), parse_instant("2025-11-01T00:00:00Z")
"""On the wall in London; the clocks go back on the 26th."""
SERVICES = [
    {**PARTS["services"][0], "name": "Custody suite"},
    {"id": "desk", "endpoints": [{"id": "portal", "name": "The portal", "kind": "tcp", "host": "h", "port": 1}]},
]


def ours() -> Contract:
    return contract(services=SERVICES)


def read(content: str | bytes, **more: Any) -> ReadList:
    whole = content if isinstance(content, bytes) else content.encode()
    return read_list(ListFile("theirs", whole, **more), ours(), OCTOBER)


def refused(content: str | bytes, **more: Any) -> list[str]:
    with pytest.raises(RegisterError) as caught:
        read(content, **more)
    return caught.value.problems


def told(found: ReadList) -> list[tuple[str, str, str | None]]:
    """Service, start and end as the register's JSON has them."""
    rows = [one.model_dump(mode="json", by_alias=True) for one in found.outages]
    return [(row["service"], row["start"], row["end"]) for row in rows]


PLAIN = "id,service,started,ended,title\nI1,custody,2025-10-05 14:00,2025-10-05 15:00,Disk full\n"
EXCEL = '\ufeffIncident;System;Start;Resolved;Summary\r\nI1;"Custody suite";05/10/2025 14:00;05.10.2025 15:00;"a;b"\r\n'


def test_a_row_is_an_outage_in_the_zone_of_the_contract() -> None:
    (one,) = read(PLAIN).outages
    assert told(read(PLAIN)) == [("custody", "2025-10-05T13:00:00Z", "2025-10-05T14:00:00Z")]
    assert (one.id, one.title, one.named) == ("I1", "Disk full", "")


@pytest.mark.parametrize("content", [EXCEL.encode(), EXCEL.encode("utf-16"), EXCEL.replace(";", "\t").encode()])
def test_a_spreadsheet_s_ways_are_known(content: bytes) -> None:
    found = read(content, dates="day-first")
    assert told(found) == told(read(PLAIN))
    assert found.outages[0].named == "Custody suite"


def test_the_order_of_day_and_month_is_never_guessed() -> None:
    assert refused(EXCEL)[0] == (
        "theirs:2: started: 05/10/2025 14:00 begins with the day or the month (say which comes first)"
    )
    assert read(EXCEL, dates="month-first").left_out == {"of other time": 1}  # 10 May


def test_a_time_that_the_clocks_tell_twice_is_refused_with_its_line_and_the_way_out() -> None:
    row = "service,started,ended\ncustody,2025-10-26 01:30,2025-10-26 03:00\n"
    (line,) = refused(row)
    assert line.startswith("theirs:2: started: 2025-10-26 01:30:00 occurs twice or not at all in Europe/London")
    assert "add Z or +01:00" in line
    assert told(read(row.replace("01:30", "01:30+01:00"))) == [
        ("custody", "2025-10-26T00:30:00Z", "2025-10-26T03:00:00Z")
    ]


def test_without_an_end_it_goes_on_and_other_times_are_left_out_and_counted() -> None:
    found = read(
        "service,started,ended\n"
        "custody,2025-10-31 23:00,\n"
        "custody,2025-09-30 23:00,2025-10-01 00:00\n"
        "custody,2025-11-01 00:00,2025-11-01 01:00\n"
        "custody,2025-10-05 14:00,2025-10-05 14:00\n"
        "custody,2025-09-30 23:59,2025-10-01 00:01\n"
    )
    assert told(found) == [
        ("custody", "2025-09-30T22:59:00Z", "2025-09-30T23:01:00Z"),
        ("custody", "2025-10-31T23:00:00Z", None),
    ]
    assert found.left_out == {"of other time": 2, "without any length": 1}


def test_every_mistake_is_told_with_its_line() -> None:
    found = refused(
        "id,service,started,ended,title\n"
        "1,,2025-10-05 14:00,,\n"
        "2,custdy,2025-10-05 14:00,,\n"
        "3,custody,,2025-10-05 14:00,\n"
        "4,custody,2025-10-05 14:00,2025-10-05 13:00,\n"
        "5,custody,yesterday,,\n"
    )
    assert [line.split(": ")[:3] for line in found] == [
        ["theirs:2", "service", "is missing (say which service it is about)"],
        ["theirs:3", "service", "custdy is not one of ours (did you mean custody?; say which name is which service)"],
        ["theirs:4", "started", "is missing (write when the outage began)"],
        ["theirs:5", "ended", "must not be before started (check the dates)"],
        ["theirs:6", "started", found[-1].split(": ", 2)[2]],
    ]


def test_a_heading_is_mapped_and_what_is_left_over_is_named() -> None:
    found = read(
        PLAIN.replace("service", "Welches System").replace("title", "Who"), columns={"Welches System": "service"}
    )
    assert (told(found), found.ignored) == (told(read(PLAIN)), ("Who",))


class TestNames:
    @pytest.mark.parametrize("name", ["custody", "CUSTODY", " custody  suite ", "health", "Custody suite"])
    def test_the_contract_s_own_names_are_known(self, name: str) -> None:
        assert told(read(PLAIN.replace(",custody,", f",{name},"))) == told(read(PLAIN))

    def test_an_endpoint_stands_for_its_service(self) -> None:
        found = read(PLAIN.replace(",custody,", ",The portal,"))
        assert [(one.service, one.named) for one in found.outages] == [("desk", "The portal")]

    def test_a_table_says_what_the_supplier_calls_them(self) -> None:
        rows = PLAIN + "I2,Blog,2025-10-06 14:00,,\nI3,custody,2025-10-07 14:00,,\n"
        found = read(rows, names={"Blog": None, "CUSTODY": "The portal"})
        assert [(one.id, one.service, one.named) for one in found.outages] == [
            ("I1", "desk", "custody"),
            ("I3", "desk", "custody"),
        ]
        assert found.left_out == {"of names that are not ours": 1}
        assert read(rows, names={"*": None}).left_out == {"of names that are not ours": 1}

    def test_of_some_services_alone_the_others_are_left_out_and_counted(self) -> None:
        found = read(PLAIN + "I2,desk,2025-10-06 14:00,,\n", services=("desk",))
        assert [one.id for one in found.outages] == ["I2"]
        assert found.left_out == {"of other services": 1}

    def test_a_table_that_leads_nowhere_is_refused(self) -> None:
        assert refused(PLAIN, names={"Blog": "custdy"})[0] == "names: custdy is not one of ours (did you mean custody?)"

    def test_a_name_of_two_services_is_not_guessed(self) -> None:
        both = [{**one, "name": "Portal"} for one in SERVICES]
        content = PLAIN.replace(",custody,", ",portal,").encode()
        source = ListFile("theirs", content)
        with pytest.raises(RegisterError, match=r"Portal may be custody or desk|portal may be custody or desk"):
            read_list(source, contract(services=[both[0], {**both[1], "endpoints": []}]), OCTOBER)


def incident(number: str = "abc", **more: Any) -> dict[str, Any]:
    """As `/api/v2/incidents.json` of a status page has it."""
    return {
        "id": number, "name": "Custody is down", "status": "resolved", "impact": "major", "shortlink": "https://x.invalid",
        "created_at": "2025-10-05T13:00:30.123Z", "started_at": "2025-10-05T13:00:00.000Z",
        "updated_at": "2025-10-05T14:00:00.000Z", "monitoring_at": None, "resolved_at": "2025-10-05T15:00:00.000+01:00",
        "page_id": "p", "incident_updates": [{"id": "u", "body": "<b>", "affected_components": None}],
        "components": [{"id": "c", "name": "Custody suite", "status": "operational"}], **more,
    }  # fmt: skip


def page(*incidents: Any) -> str:
    return json.dumps({"page": {"id": "p", "time_zone": "Etc/UTC"}, "incidents": incidents})


class TestStatusPage:
    def test_an_incident_is_an_outage_of_each_of_its_components(self) -> None:
        update = {"affected_components": [{"code": "d", "name": "desk", "old_status": "x", "new_status": "y"}]}
        found = read(page(incident(incident_updates=[update])))
        assert told(found) == [
            ("custody", "2025-10-05T13:00:00Z", "2025-10-05T14:00:00Z"),
            ("desk", "2025-10-05T13:00:00Z", "2025-10-05T14:00:00Z"),
        ]
        assert [one.title for one in found.outages] == ["Custody is down"] * 2

    def test_what_is_not_over_goes_on_and_without_a_start_its_making_counts(self) -> None:
        found = read(page(incident(started_at=None, resolved_at=None)))
        assert told(found) == [("custody", "2025-10-05T13:00:30.123Z", None)]

    def test_impacts_that_are_no_outage_are_left_out_and_counted(self) -> None:
        several = [incident(str(i), impact=impact) for i, impact in enumerate(["none", "maintenance", "minor", None])]
        found = read(page(*several))
        assert [one.id for one in found.outages] == ["2", "3"]
        assert found.left_out == {"of impact maintenance": 1, "of impact none": 1}
        assert read(page(*several), impacts=("none",)).left_out == {"of impact maintenance": 1, "of impact minor": 1}

    def test_an_incident_of_no_component_is_named_by_its_id(self) -> None:
        bare = page(incident(components=[], incident_updates=[]))
        assert refused(bare)[0].startswith("theirs: incident abc: service: abc is not one of ours")
        assert told(read(bare, names={"abc": "desk"}))[0][0] == "desk"

    def test_a_page_tells_of_its_newest_incidents_alone(self) -> None:
        """50 of them: what was before the oldest is not in it, and not compared."""
        full = page(
            *(incident(str(i), started_at=f"2025-10-{6 + i // 2:02}T00:00:00Z", resolved_at=None) for i in range(50))
        )
        assert read(full).start_ms == parse_instant("2025-10-06T00:00:00Z")
        assert read(page(*(incident(str(i)) for i in range(49)))).start_ms == OCTOBER[0]
        late = page(*(incident(str(i), started_at="2025-12-01T00:00:00Z", resolved_at=None) for i in range(50)))
        (line,) = refused(late)
        assert line == (
            "theirs: covers only its 50 newest incidents, since 2025-12-01T00:00:00Z, and of nothing before"
            " (ask the supplier for a list of that time)"
        )

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("{", "theirs: is not JSON"),
            ("[" * 100_000, "theirs: is not JSON"),
            ("[]", "theirs: the file: "),
            ('{"incidents": [{"id": 7}]}', "theirs: incidents.0.id: "),
            ('{"incidents": {}}', "theirs: incidents: "),
            (page(incident(started_at="2025-10-05 13:00")), "theirs: incident abc: started: must be an instant"),
            (page(incident(started_at="1" * 5_000)), "theirs: incident abc: started: must be an instant"),
        ],
    )
    def test_what_is_no_such_file_is_refused_in_one_line(self, content: str, words: str) -> None:
        found = refused(content)
        assert found[0].startswith(words)
        assert all(len(line) < 600 and line.isprintable() for line in found)


def test_hostile_texts_are_kept_short_and_printable_and_make_a_good_entry() -> None:
    worst = "\x1b[2J\u202e=HYPERLINK(1)\x00\n" + "W" * 999
    found = read(
        page(incident(worst, name=worst, components=[{"name": "desk"}, {"name": worst}]), incident()), names={"*": None}
    )
    for one in found.outages:
        assert all(text.isprintable() and len(text) <= 200 for text in (one.id, one.title, one.named))
    words = {"start": OCTOBER[0], "end": OCTOBER[1], "digest": "0" * 64, "outages": found.outages}
    assert wrong(("outage_list", words)) == []


def test_a_file_is_bounded() -> None:
    assert "larger than" in refused(b"{" + b" " * SIZE_LIMIT)[0]
    rows = "".join(f"custody,2025-10-05 14:00:{i % 60:02},2025-10-06 14:00\n" for i in range(5_001))
    assert "has 5,001 outages, more than 5,000 (split it)" in refused(f"service,started,ended\n{rows}")[0]


def test_the_digest_is_that_of_the_file() -> None:
    assert ListFile("theirs", PLAIN.encode()).digest == sha256(PLAIN.encode()).hexdigest()


@given(some.binary(max_size=300) | some.text(max_size=200).map(str.encode))
def test_whatever_is_in_a_file_the_answer_is_a_list_or_a_refusal(content: bytes) -> None:
    with suppress(RegisterError):
        assert all(one.service in {"custody", "desk"} for one in read(content).outages)


SPAN = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z", "digest": "0" * 64}
OUTAGE = {"service": "custody", "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z"}


def listed(*outages: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "outage_list", {**SPAN, "outages": outages, **more}


REFUSED: list[tuple[tuple[str, dict[str, Any]], str]] = [
    (listed(services=["custdy"]), "services: no such service: custdy (did you mean custody?)"),
    (listed({**OUTAGE, "service": "dsk"}), "outages: no such service: dsk (did you mean desk?)"),
    (listed(OUTAGE, services=["desk"]), "outages: custody is not among the services of the list"),
    (listed({**OUTAGE, "end": "2027-01-05T10:00:00Z"}), "outages: 2026-01-05T10:00:00Z reaches into the future"),
    (listed({**OUTAGE, "start": "2026-02-01T00:00:00Z", "end": None}), "outages: 2026-02-01T00:00:00Z lies outside"),
    (listed({**OUTAGE, "title": "a\x1bb"}), f"outages: {UNPRINTABLE}"),
    (listed(end="2026-04-01T00:00:00Z"), "end: lies in the future"),
]


@pytest.mark.parametrize(("entry", "words"), REFUSED, ids=[words[:40] for _, words in REFUSED])
def test_a_list_that_cannot_be_is_not_kept(entry: tuple[str, dict[str, Any]], words: str) -> None:
    found = wrong(entry)
    assert any(line.startswith(words) for line in found), found


@pytest.mark.parametrize("before", [(), (listed(),), (listed(OUTAGE, services=["custody"]),)])
def test_a_list_is_kept_beside_others_and_instead_of_its_like(before: Sequence[tuple[str, dict[str, Any]]]) -> None:
    assert wrong(listed(OUTAGE), before) == []


def test_the_same_list_again_is_refused_and_its_outages_go_forwards() -> None:
    assert wrong(listed(OUTAGE), (listed(OUTAGE),))[0].startswith("kind: entry 1 says the same")
    with pytest.raises(ValueError, match="must be after the start"):
        said("outage_list", **SPAN, outages=[{**OUTAGE, "end": OUTAGE["start"]}])
