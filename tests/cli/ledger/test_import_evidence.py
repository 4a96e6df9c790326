"""`ledger import`: an evidence file into a ledger, beneath what was seen here, told everywhere, undone as a whole."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import assess_month
from sla_monitor.clock import SystemClock
from sla_monitor.document import document, figures_digest
from sla_monitor.evidence import read_evidence
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from tests.backfill.support import DOWN, Desk, at, desk_in, minutes
from tests.evidence.support import entry, evidence

SAMPLES = [
    {"at": at(0), "duration_us": 200_000, "first_byte_us": 100_000},
    {"at": at(30), "duration_us": 400_000},
    {"at": at(60), "outcome": "down", "reason": "timeout", "duration_us": 5_000_000},
]
CLAIM = {"kind": "claim", "cause": "force_majeure", "services": ["custody"], "start": at(0), "end": at(10)}
FILE = evidence(
    at="2026-11-09T10:00:00Z",
    observed=[
        {"kind": "outages", "service": "custody", "outages": [{"start": at(0), "end": at(30), "reason": "timeout"}]},
        {"kind": "observations", "endpoint": "webmail", "every": "30m", "looks": SAMPLES},
    ],
    entries=[
        entry(3, CLAIM, actor="supplier"),
        entry(7, {"kind": "decision", "about": 3, "granted": True}, actor="authority", note="Agreed"),
        entry(8, {"kind": "minute", "month": "2026-10"}, at="2026-11-20T09:00:00Z", note="After the file's instant"),
    ],
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def figures(desk: Desk) -> str:
    with read_only(desk.ledger) as reader:
        return figures_digest(assess_month(desk.contract, reader, "2026-10", SystemClock().now_ms()))


def brought_in(desk: Desk, content: dict[str, Any] = FILE, *more: str) -> Any:
    return desk.told("ledger", "import", desk.write("october.json", content), "--actor", "ann", "--yes", *more)


def test_a_month_comes_to_the_same_from_the_ledger_as_from_the_file(desk: Desk) -> None:
    told = brought_in(desk)
    assert (told["import"], told["entries"]) == (1, {"1": 3, "2": 7})
    assert {row["figure"] for row in told["changed"]} >= {"KPI1", "KPI2"}
    numbered = json.dumps(FILE)
    for before, after in (('"number": 3', '"number": 1'), ('"number": 7', '"number": 2'), ('"about": 3', '"about": 1')):
        numbered = numbered.replace(before, after)
    file = read_evidence(Path(desk.write("numbered.json", numbered)), desk.contract)
    assert figures(desk) == figures_digest(assess_month(desk.contract, file, "2026-10", file.as_of_ms))
    assert desk.problems() == ()


def test_it_is_told_that_it_was_imported_and_an_export_carries_it_on(desk: Desk) -> None:
    brought_in(desk)
    told = desk.told("assess", "small", "--period", "2026-10")
    (one,) = told["imports"]
    assert (one["number"], one["actor"], one["kind"], one["source"]) == (1, "ann", "evidence", "october.json")
    assert {each["service"]: each["seconds"] for each in one["services"]} == {"custody": "2682000", "email": "5400"}
    assert "imported from october.json by ann on" in desk.run("assess", "small", "--period", "2026-10").output
    exported = desk.run("ledger", "export", "small", "--until", "2026-10").stdout
    file = read_evidence(Path(desk.write("again.json", exported)), desk.contract)
    again = document(assess_month(desk.contract, file, "2026-10", file.as_of_ms))
    assert again["imports"] == told["imports"]
    assert again["kpis"] == told["kpis"]


def test_what_was_seen_here_has_the_say_and_stays_seen_here(desk: Desk) -> None:
    desk.see("health", [*minutes(-5, 3), *minutes(20, 25, DOWN), *minutes(25, 40)])
    told = brought_in(desk)
    (health,) = [one for one in told["endpoints"] if one["endpoint"] == "health"]
    assert health["told_ms"] - health["filled_ms"] == (8 + 20) * 60_000
    assert [one for one in desk.outcomes() if one[2] == "down"] == [(3, 25, "down")]
    assert desk.problems() == ()


def test_samples_of_an_import_count_where_nobody_probed(desk: Desk) -> None:
    """Response times: 50 ms were measured here at one of the instants that the file tells of."""
    desk.see("webmail", minutes(30, 31), every_ms=1)
    brought_in(desk)
    with read_only(desk.ledger) as reader:
        assert [(sample[0], sample[2]) for sample in reader.samples("small/webmail", 0, SystemClock().now_ms())] == [
            (minutes(0, 1)[0][0], 200_000), (minutes(30, 31)[0][0], 50_000), (minutes(60, 61)[0][0], 5_000_000),
        ]  # fmt: skip


def test_it_is_undone_as_a_whole_and_stays_in_the_ledger(desk: Desk) -> None:
    before = figures(desk)
    brought_in(desk)
    told = desk.told("ledger", "undo-import", "1", "--why", "The wrong file", "--actor", "dora", "--yes")
    assert told["undone"] == [2, 1]
    assert figures(desk) == before
    (one,) = desk.told("ledger", "imports")["imports"]
    assert one["withdrawn"]["actor"] == "dora"
    assert one["withdrawn"]["why"] == "The wrong file"
    assert desk.outcomes() == []
    assert "was taken back by dora already" in desk.problem("ledger", "undo-import", "1", "--why", "Again")
    assert desk.problems() == ()
    assert brought_in(desk)["import"] == 2
    assert desk.problems() == ()


def test_nobody_undoes_by_it_what_four_eyes_keep_from_him(desk: Desk) -> None:
    brought_in(desk)
    told = desk.problem("ledger", "undo-import", "1", "--why", "No", "--actor", "supplier", "--yes")
    assert "four eyes" in told
    assert desk.told("ledger", "imports")["imports"][0]["withdrawn"] is None


def test_nothing_is_brought_in_twice_nor_over_a_register_that_has_entries(desk: Desk) -> None:
    brought_in(desk)
    assert "was brought in before: it is import 1" in desk.problem(
        "ledger", "import", desk.write("copy.json", FILE), "--without-entries", "--yes"
    )
    other = desk.write("other.json", FILE | {"at": "2026-11-09T11:00:00Z"})
    assert "the register has entries of small already" in desk.problem("ledger", "import", other, "--yes")
    assert desk.told("ledger", "import", other, "--without-entries", "--yes")["endpoints"][0]["filled_ms"] == 0


def test_a_dry_run_changes_nothing_and_tells_what_would_change(desk: Desk) -> None:
    told = brought_in(desk, FILE, "--dry-run")
    assert (told["import"], told["dry_run"]) == (None, True)
    assert {row["figure"] for row in told["changed"]} >= {"KPI1", "KPI2"}
    assert desk.told("ledger", "imports") == {"imports": []}
    assert desk.outcomes() == []
    with closing(sqlite3.connect(desk.ledger)) as connection:
        several = ("imports", "imported_spans", "imported_looks", "register", "endpoints")
        assert [connection.execute(f"select count(*) from {name}").fetchone()[0] for name in several] == [0] * 5


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"seen": {"from": "2026-10-01", "until": "2099-01-01"}, "at": None}, "a time to come"),
        ({"entries": [entry(1, CLAIM, note="\x1b[2J")], "at": None}, "entry 1: note: holds a character"),
        ({"contract": "large"}, "there is no contract 'large'"),
    ],
)
def test_what_a_ledger_must_not_hold_is_refused(desk: Desk, parts: dict[str, Any], told: str) -> None:
    content = {key: value for key, value in (FILE | parts).items() if value is not None}
    assert told in desk.problem("ledger", "import", desk.write("wrong.json", content), "--yes")
    assert desk.told("ledger", "imports") == {"imports": []}


def test_spans_that_are_rebuilt_leave_imports_alone(desk: Desk) -> None:
    desk.see("health", minutes(-5, 3))
    brought_in(desk)
    before = desk.spans()
    assert rebuild_spans(desk.ledger, lambda done, total: None) == 0
    assert desk.spans() == before


@pytest.mark.parametrize(
    "statement",
    [
        "update imported_spans set outcome = 1",
        "delete from imported_spans where id = 1",
        "update imports set source = 'elsewhere'",
        "insert or replace into imported_looks select id, import_id, endpoint_id, hour, x'00' from imported_looks",
        "delete from withdrawn_imports",
    ],
)
def test_imports_are_append_only_and_chained(desk: Desk, statement: str) -> None:
    brought_in(desk)
    desk.told("ledger", "undo-import", "1", "--why", "No", "--yes")
    with closing(sqlite3.connect(desk.ledger, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
        triggers = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"drop trigger {name}")
        connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
    assert desk.problems() != ()
