"""`sla-monitor obligations`: lists with filters and an exit status, and a calendar that others read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar

from sla_monitor.cli import cli
from tests.register.office import Office

TODAY = datetime.now(UTC).date()
PAST, SOON = TODAY - timedelta(days=40), TODAY + timedelta(days=30)
DUTIES = [
    {"id": "report", "title": "The report", "due": f"{PAST}", "leads_to": "points", "consequence": "A letter"},
    {"id": "plan", "title": "The <plan>; all of it, 100 %", "due": f"{SOON}", "remind_days": 40, "party": "authority"},
    {"id": "later", "title": "Later", "rrule": "FREQ=WEEKLY", "starting": f"{TODAY + timedelta(days=60)}"},
]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path, obligations=DUTIES)


def run(office: Office, *words: str) -> Result:
    return CliRunner().invoke(cli, ["obligations", *words, "--config", str(office.folder / "sla-monitor.yaml")])


def listed(office: Office, *words: str) -> dict[str, str]:
    told: Any = json.loads(run(office, "list", "small", "--format", "json", *words).stdout)
    return {one["obligation"]: one["state"] for one in told["obligations"]}


def test_the_exit_status_says_whether_something_listed_is_late(office: Office) -> None:
    late = run(office, "list", "small")
    assert late.exit_code == 1
    assert "A letter; see points" in late.stdout
    assert run(office, "list", "small", "--party", "authority").exit_code == 0
    office.done("add", "obligation-met", "small", "--obligation", "report", "--due", f"{PAST}", "--met",
                f"{PAST} 10:00", "--by", "S. Supplier", "--reference", "DOC-1")  # fmt: skip
    assert run(office, "list", "small").exit_code == 0


def test_filters(office: Office) -> None:
    assert listed(office) == {"report": "late", "plan": "due_soon", "later": "upcoming"}
    assert listed(office, "--state", "due-soon", "--state", "late") == {"report": "late", "plan": "due_soon"}
    assert listed(office, "--obligation", "later") == {"later": "upcoming"}
    assert run(office, "list", "small", "--ahead", "--obligation", "later").stdout.count("Later") > 40
    unknown = run(office, "list", "small", "--obligation", "laterr")
    assert (unknown.exit_code, "did you mean later?" in unknown.stderr) == (2, True)


def test_somebody_else_than_who_asks_puts_it_off(office: Office) -> None:
    until = f"{SOON + timedelta(days=30)}"
    office.done("add", "obligation-excused", "small", "--obligation", "plan", "--due", f"{SOON}", "--until", until,
                "--note", "The office moves.", actor="s.supplier")  # fmt: skip
    refused = office.run("decide", "small", "1", "--grant", "--why", "yes", "--start", f"{TODAY} 10:00")
    assert "is for what is about a stretch of time" in refused.err
    office.done("decide", "small", "1", "--grant", "--why", "agreed", actor="a.authority")
    assert listed(office, "--obligation", "plan") == {"plan": "upcoming"}
    assert "put off from" in run(office, "list", "small").stdout


def test_a_day_on_which_nothing_is_due_is_refused(office: Office) -> None:
    said = office.run("add", "obligation-met", "small", "--obligation", "report", "--due", f"{SOON}", "--met",
                      f"{PAST}", "--by", "x")  # fmt: skip
    assert said.err == f"due: report is not due on {SOON} (near it: {PAST})\n"


def test_the_calendar_is_read_by_others(office: Office, tmp_path: Path) -> None:
    assert run(office, "calendar", "small", "--output", str(tmp_path / "c.ics")).exit_code == 0
    content = (tmp_path / "c.ics").read_bytes()
    assert content == run(office, "calendar").stdout_bytes
    events = {str(event["uid"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    plan = events[f"small.plan.{SOON}@sla-monitor.invalid"]
    assert plan.decoded("dtstart") == SOON
    assert str(plan["summary"]) == "The <plan>; all of it, 100 %: due soon"
    assert [alarm.decoded("trigger") for alarm in plan.walk("VALARM")] == [timedelta(days=-40)]
    assert {uid.split(".")[1] for uid in events} == {"report", "plan", "later", "review"}
    assert len(events) == len(Calendar.from_ical(content).walk("VEVENT"))
