"""`ledger backfill csv`: lists of outages and of probes, however a spreadsheet has spelled them."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla_monitor.cli import cli
from sla_monitor.errors import SlaMonitorError
from sla_monitor.ledger import read_only
from sla_monitor.sla.observation import Reason
from tests.backfill.support import DOWN, MINUTE, NOON, Desk, desk_in, minutes

OCTOBER = ("--from", "2026-10-01", "--until", "2026-11-01", "--yes")
OUTAGES = (
    "start,end,reason\n2026-10-05 13:00,2026-10-05 13:30,timeout\n2026-10-05 14:00,2026-10-05 14:10,A switch failed\n"
)
"""On the wall in London, an hour ahead of UTC."""

PROBES = "at,outcome,duration_ms\n" + "".join(
    f"2026-10-05T12:{minute:02}:00Z,{'down' if 5 <= minute < 8 else 'up'},{minute + 1}\n" for minute in range(10)
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def outages(desk: Desk, content: str | bytes, *more: str) -> Any:
    words = ["--kind", "outages", "--service", "custody", *OCTOBER, *more]
    return desk.told("ledger", "backfill", "csv", "small", desk.write("list.csv", content), *words)


def probes(desk: Desk, content: str | bytes, *more: str, endpoint: str = "webmail") -> Any:
    words = ["--kind", "probes", "--endpoint", endpoint, "--every", "60s", "--yes", *more]
    return desk.told("ledger", "backfill", "csv", "small", desk.write("list.csv", content), *words)


def refused(desk: Desk, content: str | bytes, *more: str, kind: str = "outages") -> str:
    words = ["--kind", kind, "--endpoint", "health", "--every", "60s", *OCTOBER, *more]
    told = desk.problem("ledger", "backfill", "csv", "small", desk.write("list.csv", content), *words)
    assert desk.told("ledger", "imports") == {"imports": []}
    return told


def downs(desk: Desk, endpoint: str = "health") -> list[tuple[int, int]]:
    return [one[:2] for one in desk.outcomes(endpoint) if one[2] == "down"]


def test_outages_fill_what_nobody_saw_and_the_rest_was_up(desk: Desk) -> None:
    desk.see("health", minutes(-5, 10))
    told = outages(desk, OUTAGES)
    assert {one["endpoint"] for one in told["endpoints"]} == {"health", "records"}
    assert downs(desk) == [(10, 30), (60, 70)]
    assert downs(desk, "records") == [(0, 30), (60, 70)]
    (first, second) = [one for one in desk.spans("records") if one.outcome is DOWN]
    assert (first.reason, second.reason) == (Reason.TIMEOUT, None)
    assert desk.problems() == ()


SPELLED = {
    "semicolons": OUTAGES.replace(",", ";"),
    "separator said": "sep=;\r\n" + OUTAGES.replace(",", ";").replace("\n", "\r\n"),
    "tabs": OUTAGES.replace(",", "\t"),
    "byte order mark": codecs.BOM_UTF8 + OUTAGES.encode(),
    "UTF-16": OUTAGES.encode("utf-16"),
    "other headings": OUTAGES.replace("start,end", "Began,To"),
    "quotes": OUTAGES.replace("A switch failed", '"A ""switch"",\nfailed"'),
    "kept as text": OUTAGES.replace("2026-10-05 13:00", '="2026-10-05 13:00"').replace("start", '"start"'),
    "offsets": OUTAGES.replace("2026-10-05 13:00", "2026-10-05T12:00:00Z").replace("13:30", "14:30+02:00"),
    "more columns": "Site," + OUTAGES.replace("\n2", "\nHQ,2"),
    "a line without anything": OUTAGES + "\n,,\n",
    "twice": OUTAGES + OUTAGES.partition("\n")[2],
}


@pytest.mark.parametrize("content", SPELLED.values(), ids=SPELLED.keys())
def test_a_list_is_read_however_it_is_spelled(desk: Desk, content: str | bytes) -> None:
    outages(desk, content)
    assert downs(desk) == [(0, 30), (60, 70)]


def test_dates_of_a_spreadsheet_are_read_when_it_is_said_how(desk: Desk) -> None:
    content = "start,end\n05/10/2026 13:00,5.10.2026 13:30\n"
    assert "list.csv:2: start: 05/10/2026 13:00 begins with the day or the month (say which" in refused(desk, content)
    outages(desk, content, "--dates", "day-first")
    assert downs(desk) == [(0, 30)]


def test_an_outage_without_an_end_goes_on_to_the_end_of_the_range(desk: Desk) -> None:
    outages(desk, "start,end\n2026-10-31T00:00Z,\n")
    (down,) = [one for one in desk.spans() if one.outcome is DOWN]
    assert (down.end_ms - down.start_ms) // MINUTE == 24 * 60


def test_probes_become_spans_in_whatever_order_and_their_times_are_response_times(desk: Desk) -> None:
    head, *rows = PROBES.splitlines(keepends=True)
    desk.see("webmail", minutes(2, 4))
    told = probes(desk, head + "".join(reversed(rows)) + rows[3])
    assert desk.outcomes("webmail") == [(0, 5, "up"), (5, 8, "down"), (8, 10, "up")]
    assert told["endpoints"] == [{"endpoint": "webmail", "told_ms": 10 * MINUTE, "filled_ms": 8 * MINUTE}]
    with read_only(desk.ledger) as reader:
        times = [sample[2] for sample in reader.samples("small/webmail", NOON, NOON + 20 * MINUTE)]
    assert times == [1_000, 2_000, 50_000, 50_000, *(1_000 * minute for minute in range(5, 11))]
    (down,) = [one for one in desk.spans("webmail") if one.outcome is DOWN]
    assert down.probes == 3


def test_a_gap_between_probes_is_seen_by_nobody(desk: Desk) -> None:
    lines = PROBES.splitlines(keepends=True)
    probes(desk, "".join([*lines[:4], *lines[9:]]))
    assert desk.outcomes("webmail") == [(0, 3, "up"), (8, 10, "up")]


def test_columns_may_be_named_and_rows_may_name_their_endpoints(desk: Desk) -> None:
    content = "When;Where;State\n2026-10-05T12:00Z;health;1\n2026-10-05T12:00Z;records;0\n"
    words = ("--map", "When=at", "--map", "Where=endpoint", "--map", "State=outcome")
    probes(desk, content, *words)
    assert [desk.outcomes(name) for name in ("health", "records")] == [[(0, 1, "up")], [(0, 1, "down")]]


WRONG = [
    ("outages", "start,end\n2026-10-25 01:30,2026-10-25 03:00\n", "list.csv:2: start: '2026-10-25 01:30' 2026-10"),
    ("outages", "start,end\n2026-10-05 12:00,46300.58\n", "list.csv:2: end: 46300.58 is a spreadsheet's number"),
    ("outages", "start,end\n2026-10-05 12:00,2026-10-05 11:00\n", "list.csv:2: end: must be after the start"),
    ("outages", "start,end\n2025-10-05 12:00,2025-10-05 13:00\n", "list.csv:2: lies outside the range"),
    ("outages", "start,end\n2026-10-05 14:00 PM,\n", "list.csv:2: start: 2026-10-05 14:00 PM is no time of a 12-hour"),
    ("outages", "start,end\nyesterday,\n", "list.csv:2: start: 'yesterday' must be an instant"),
    ("outages", "start,end,service\n2026-10-05 12:00,,custdy\n", "no such service: custdy (did you mean custody?)"),
    ("outages", "start,end,endpoint\n2026-10-05 12:00,,helth\n", "no such endpoint: helth (did you mean health?)"),
    ("outages", "start,end\n,2026-10-05 12:00\n", "list.csv:2: start: is missing"),
    ("outages", "begin,end\n2026-10-05 12:00,\n", "list.csv:1: has no columns for start (say which column is which"),
    ("outages", "start,began,end\n2026-10-05 12:00,,\n", "list.csv:1: has 2 columns for start"),
    ("outages", "start,end\n1,2,3\n", "list.csv:2: has 3 cells, and the heading has 2 (check the quotes)"),
    ("outages", 'start,end\n"2026-10-05 12:00,\n', "cannot be read: unexpected end of data (check the quotes)"),
    ("outages", b"start,end\n2026-10-05 12:00,\xff\n", "is not UTF-8 text (save the file as CSV UTF-8)"),
    ("outages", "", "list.csv:0: has no columns for start"),
    ("outages", "start,end\n" + "x" * 2_000_000, "cannot be read: the line has no end"),
    ("probes", "at,outcome\n2026-10-05T12:00Z,maybe\n", "list.csv:2: outcome: 'maybe' is not an outcome"),
    ("probes", "at,outcome\n1790000000,up\n", "list.csv:2: at: '1790000000' must be an instant"),
    ("probes", "at,outcome,duration_ms\n2026-10-05T12:00Z,up,NaN\n", "list.csv:2: duration_ms: 'NaN' is not between"),
    ("probes", "at,outcome,duration_ms\n2026-10-05T12:00Z,up,1e99\n", "list.csv:2: duration_ms: '1e99' is not between"),
    ("probes", "at,outcome,duration_ms\n2026-10-05T12:00Z,up,fast\n", "list.csv:2: duration_ms: 'fast' is no number"),
    ("probes", "at,outcome\n2026-10-05T12:00Z,up\n2026-10-05T13:00+01:00,down\n", "list.csv:3: health has another"),
    ("probes", "at,outcome\n", "no data to import"),
    ("probes", "at,outcome\n2027-10-05T12:00Z,up\n", "no data to import"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "told"), WRONG)
def test_what_cannot_be_read_is_told_with_its_line_and_nothing_is_taken(
    desk: Desk, kind: str, content: str | bytes, told: str
) -> None:
    assert told in refused(desk, content, kind=kind)


def test_every_wrong_line_is_told_up_to_a_hundred(desk: Desk) -> None:
    told = refused(desk, "at,outcome\n" + "2026-10-05T12:00Z,no\n" * 5_000, kind="probes")
    assert told.count("list.csv:") == 100
    assert "more" in told.splitlines()[-1]


def test_a_list_may_be_that_of_several_endpoints_each_once(desk: Desk) -> None:
    outages(desk, OUTAGES)
    name = desk.write("list.csv", OUTAGES)
    words = ("ledger", "backfill", "csv", "small", name, "--kind", "outages", *OCTOBER)
    assert "is already import 1" in desk.problem(*words, "--endpoint", "records")
    assert desk.told(*words, "--endpoint", "webmail")["import"] == 2


def test_a_list_of_outages_needs_its_range_and_probes_their_interval(desk: Desk) -> None:
    name = desk.write("list.csv", OUTAGES)
    words = ("ledger", "backfill", "csv", "small", name, "--endpoint", "health")
    assert "the time that the outages cover is missing" in desk.problem(*words, "--kind", "outages")
    assert "the interval between two probes is missing" in desk.problem(*words, "--kind", "probes")
    assert "cannot be read: No such file" in desk.problem(
        "ledger", "backfill", "csv", "small", f"{name}.gone", "--kind", "outages", *OCTOBER
    )
    assert "names no endpoint" in desk.problem(
        "ledger", "backfill", "csv", "small", name, "--kind", "outages", *OCTOBER
    )


JUNK = st.one_of(
    st.binary(max_size=200), st.text(alphabet='start,end;\n"=\t\x00é2026-10T:Z ', max_size=200).map(str.encode)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JUNK, st.sampled_from(["outages", "probes"]))
def test_whatever_a_file_holds_the_answer_is_an_import_or_what_is_wrong(desk: Desk, junk: bytes, kind: str) -> None:
    head = b"start,end\n" if kind == "outages" else b"at,outcome\n"
    words = ["--kind", kind, "--endpoint", "health", "--every", "60s", *OCTOBER, "--dry-run"]
    for content in (junk, head + junk):
        command = ["ledger", "backfill", "csv", "small", desk.write("junk.csv", content), *words]
        found = CliRunner().invoke(cli, [*command, "--config", str(desk.folder / "sla-monitor.yaml")])
        assert found.exception is None or isinstance(found.exception, SystemExit | SlaMonitorError)
