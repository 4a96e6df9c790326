"""Where an import receives: page, sealed days, and a month that was signed before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sla_monitor.assess import assess_month
from sla_monitor.clock import SystemClock
from sla_monitor.evidence.disclosed import DisclosedEvidence
from sla_monitor.ledger import read_only
from sla_monitor.ledger.reading.whole_days import Marks, WholeDays
from sla_monitor.web.page.contract_summary import contract_summary_of
from sla_monitor.web.page.service_cards import figures
from tests.backfill.support import UP, Desk, at, desk_in, minutes
from tests.evidence.support import evidence

DAY_MS = 86_400_000
SAMPLES = [{"at": at(0), "duration_us": 5}]
FILE = evidence(
    observed=[
        {"kind": "outages", "service": "custody", "outages": [{"start": at(0), "end": at(30)}]},
        {"kind": "observations", "endpoint": "webmail", "every": "60s", "looks": SAMPLES},
    ]
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def brought_in(desk: Desk, *more: str) -> None:
    desk.told("ledger", "import", desk.write("october.json", FILE), "--actor", "ann", "--yes", *more)


def test_the_page_tells_of_an_import_beside_the_coverage_and_by_name(desk: Desk) -> None:
    brought_in(desk)
    now_ms = SystemClock().now_ms()
    with read_only(desk.ledger) as reader:
        found = assess_month(desk.contract, reader, "2026-10", now_ms)
    shown = {label: of for label, _, of in figures(found.services[0], ())}
    assert shown["Coverage"] == "seen throughout, 745 h of it by others"
    summary = contract_summary_of(found, now_ms)
    assert summary is not None
    (line,) = [line for line in summary.accounting if line.startswith("Import 1")]
    assert line.startswith("Import 1: imported from october.json by ann on ")
    assert "agreed time of custody 745 h, email 1 min" in line


def test_a_sealed_day_holds_what_was_brought_in_on_it_and_what_was_taken_back(desk: Desk) -> None:
    brought_in(desk)
    desk.told("ledger", "undo-import", "1", "--why", "No", "--actor", "dora", "--yes")
    start_ms = SystemClock().now_ms() // DAY_MS * DAY_MS - DAY_MS  # nothing waits for midnight
    with WholeDays(desk.ledger) as days:
        lines = []
        for first_ms in (start_ms, start_ms + DAY_MS):
            with days.day("small", first_ms, first_ms + DAY_MS, Marks()) as record:
                lines += [json.loads(json.dumps(line)) for line in record.imports()]
        with days.day("large", start_ms, start_ms + 2 * DAY_MS, Marks()) as record:
            assert list(record.imports()) == []
    head, *others = lines
    assert (head["import"], head["actor"], head["kind"], head["source"]) == (1, "ann", "evidence", "october.json")
    told = {line["endpoint"] for line in others if "outcome" in line}
    assert told == {"small/health", "small/records", "small/webmail"}
    assert [line["hour"] for line in others if "hour" in line] == [minutes(0, 1)[0][0] // 3_600_000]
    assert (others[-1]["actor"], others[-1]["why"]) == ("dora", "No")


def test_a_final_month_is_changed_only_for_a_reason_and_is_restated_then(desk: Desk) -> None:
    desk.see("webmail", [(minutes(0, 1)[0][0] - DAY_MS, UP)])
    desk.run("register", "sign-off", "small", "--period", "2026-10", "--yes", "--actor", "ann")
    name = desk.write("october.json", FILE)
    told = desk.problem("ledger", "import", name, "--yes")
    assert "2026-10 is final, and this changes its figures (give the reason with --note)" in told
    assert desk.told("ledger", "imports") == {"imports": []}
    brought_in(desk, "--note", "The supplier's own monitor was right")
    assert desk.told("ledger", "imports")["imports"][0]["note"] == "The supplier's own monitor was right"


def test_what_is_given_to_a_party_tells_of_it_too(desk: Desk) -> None:
    brought_in(desk)
    with read_only(desk.ledger) as reader:
        given = DisclosedEvidence(reader, is_redacted=True)
        assert [one.number for one in given.imports("small")] == [1]
        assert given.imports_in("small", 0, SystemClock().now_ms()) == reader.imports_in(
            "small", 0, SystemClock().now_ms()
        )
