"""`sla-monitor reconcile`: a quarter in a real ledger against lists of the supplier's."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from sla_monitor.cli import cli
from sla_monitor.errors import SlaMonitorError
from sla_monitor.register.csv_sheet import LISTED, SYNONYMS
from tests.contract.support import ROOT

THEIRS = """\
\ufeffIncident;System;Start;Resolved;Summary
INC-1;Custody;10/03/2025 09:00;10/03/2025 21:01;"=HYPERLINK(""x"")"
INC-2;Custody;31/03/2025 22:30;;still open
INC-3;desk;12/03/2025 10:00;12/03/2025 10:30;<script>
INC-4;The Website;12/03/2025 10:00;12/03/2025 10:30;none of ours
INC-5;records;20/03/2025 01:00;20/03/2025 02:00;at night
INC-6;custody;03/02/2025 10:00;03/02/2025 13:00;in February
"""
"""Of March: agreed within a minute, 90 minutes late over the month's end, theirs only, and while we saw nothing."""
NAMES = "names:\n  the website:  # not in the contract\n"


@dataclass(frozen=True)
class Desk:
    folder: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--config", str(self.folder / "sla-monitor.yaml")])

    def reconcile(self, *arguments: str) -> Result:
        found = self.run("reconcile", "partnership", *arguments)
        assert found.exit_code == 0, (found.output, found.exception)
        return found

    def read(self, *arguments: str) -> Any:
        return json.loads(self.reconcile(*arguments, "--format", "json").stdout)

    def file(self, text: str, name: str = "theirs.csv") -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    @property
    def theirs(self) -> tuple[str, ...]:
        file, names = self.file(THEIRS), self.file(NAMES, "names.yaml")
        return ("--theirs", file, "--dates", "day-first", "--names", names)


@pytest.fixture
def desk(tmp_path: Path, quarter: Path) -> Desk:
    """With a copy of the quarter's ledger, into which entries may be made."""
    (tmp_path / "contracts").mkdir()
    shutil.copy(quarter / "partnership.yaml", tmp_path / "contracts")
    shutil.copy(quarter / "ledger.db", tmp_path)
    (tmp_path / "sla-monitor.yaml").write_text("contracts: contracts\nledger: {path: ledger.db}\n")
    return Desk(tmp_path)


MARCH = ("--month", "2025-03")


def verdicts(month: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (service["service"], one["verdict"], one["seconds"]["difference"])
        for service in month["services"]
        for one in service["matches"]
    ]


def test_a_list_is_compared_and_nothing_is_entered(desk: Desk) -> None:
    told = desk.read(*MARCH, *desk.theirs)
    (month,) = told["months"]
    assert verdicts(month) == [
        ("custody", "agreed", "60"),
        ("custody", "unseen", "3600"),
        ("custody", "differs", "-5400"),
        ("desk", "theirs_only", "1800"),
    ]
    assert told["left_out"] == [
        {"why": "of names that are not ours", "rows": 1},
        {"why": "of other time", "rows": 1},
    ]
    assert (month["lists"][0]["entry"], month["lists"][0]["left_out"], month["tolerance_seconds"]) == (None, 2, "120")
    assert told["preview"] is None
    assert desk.read(*MARCH)["months"] == []
    schema = json.loads((ROOT / "config/schema/reconciliation.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(told)


def test_the_table_tells_every_column_and_its_sum(desk: Desk) -> None:
    text = desk.reconcile(*MARCH, *desk.theirs).stdout
    rows = [re.split("  +", line) for line in text.splitlines()]
    assert "Rows of the file that are not compared: 1 of names that are not ours, 1 of" in text
    assert ["all", "15 h", "15 h 1 min", "+1 min", "1 h"] in rows
    assert any(row[:3] == ["custody", "agreed", "10 Mar 2025 09:00:00 to 21:00:00 GMT"] for row in rows)
    assert "INC-2 still open: 31 Mar 2025 22:30:00 BST, still open" in text


def test_a_kept_list_is_in_the_register_the_assessment_and_the_next_comparison(desk: Desk) -> None:
    kept = desk.read(*MARCH, *desk.theirs, "--keep", "--actor", "s.supplier", "--reference", "MAIL-7")
    assert kept["months"][0]["lists"][0]["entry"] == 8
    assert desk.read(*MARCH)["months"] == kept["months"]
    assessed = json.loads(desk.run("assess", "partnership", *MARCH, "--format", "json").stdout)
    assert assessed["reconciliation"] == kept["months"][0]
    shown = desk.run("register", "show", "partnership", "8").stdout
    assert re.search(r"outages +4\n", shown)
    assert re.search(r"left out +2\n", shown)
    assert "theirs.csv" in shown
    assert desk.run("ledger", "check").exit_code == 0


def test_a_newer_list_takes_its_place_and_it_can_be_withdrawn(desk: Desk) -> None:
    desk.read(*MARCH, *desk.theirs, "--keep", "--actor", "s.supplier")
    again = ("--theirs", desk.file("service,started,ended\ndesk,2025-03-12 10:00,2025-03-12 10:30\n"))
    (month,) = desk.read(*MARCH, *again, "--keep", "--actor", "s.supplier")["months"]
    assert month["counts"] == {"agreed": 0, "differs": 0, "ours_only": 2, "theirs_only": 1, "unseen": 0}
    listed = desk.run("register", "list", "partnership", "--all", "--kind", "outage-list").stdout
    assert "replaced by 9" in listed
    desk.run("register", "undo", "partnership", "9", "--why", "the wrong file", "--actor", "s.supplier")
    (month,) = desk.read(*MARCH)["months"]
    assert month["counts"]["agreed"] == 1


def test_every_command_that_is_told_can_be_run_and_settles_the_difference(desk: Desk) -> None:
    """Each as it is printed, with somebody else granting it; after the corrections both lists agree."""
    told = desk.read(*MARCH, *desk.theirs, "--keep", "--actor", "s.supplier")
    matches = [one for service in told["months"][0]["services"] for one in service["matches"]]
    commands = [each for one in matches for each in one["may_become"]]
    assert {each["kind"] for each in commands} == {"correction", "claim", "dispute"}
    text = desk.reconcile(*MARCH).stdout
    for number, each in enumerate(commands, start=9):
        assert f"  {each['command']}\n" in text + "\n"
        entered = desk.run(*shlex.split(each["command"])[1:], "--yes", "--actor", "ann")
        assert entered.exit_code == 0, entered.output
        assert f"entry {number}: {each['kind'].capitalize()}" in entered.stdout
    corrections = [number for number, each in enumerate(commands, start=9) if each["kind"] == "correction"]
    for number in corrections:
        why = ("--why", "both logs were read")
        granted = desk.run("register", "decide", "partnership", str(number), "--grant", *why, "--yes", "--actor", "bob")
        assert granted.exit_code == 0, granted.output
    (month,) = desk.read(*MARCH)["months"]
    assert {one[1] for one in verdicts(month)} == {"agreed"}
    waiting = desk.run("register", "list", "partnership", "--pending", "--kind", "dispute").stdout
    assert waiting.count("awaits a decision") == len([each for each in commands if each["kind"] == "dispute"])


def test_a_preview_says_what_each_entry_would_change(desk: Desk) -> None:
    told = desk.read(*MARCH, *desk.theirs, "--preview")
    assert [each["command"] for each in told["preview"]] == [
        each["command"]
        for service in told["months"][0]["services"]
        for one in service["matches"]
        for each in one["may_become"]
    ]
    first = told["preview"][0]
    assert (first["refused"], first["needs_decision"]) == ([], True)
    assert first["changes"][0]["figure"] == "KPI1"
    assert first["changes"][0]["before"] != first["changes"][0]["after"]
    text = desk.reconcile(*MARCH, *desk.theirs, "--preview").stdout
    assert f"once granted, 2025-03 KPI1: {first['changes'][0]['before']} -> {first['changes'][0]['after']}" in text
    assert "once granted, nothing" in text
    assert desk.run("register", "list", "partnership", "--format", "json").stdout.count('"number"') == 7


def test_several_months_are_told_each_and_in_sum(desk: Desk) -> None:
    told = desk.read(*MARCH, "--months", "3", *desk.theirs)
    assert [month["month"] for month in told["months"]] == ["2025-01", "2025-02", "2025-03"]
    assert verdicts(told["months"][1]) == [("custody", "agreed", "0")]
    for key in told["seconds"]:
        assert int(told["seconds"][key]) == sum(int(month["seconds"][key]) for month in told["months"])
    text = desk.reconcile(*MARCH, "--months", "3", *desk.theirs).stdout
    assert "All months: ours 18 h, theirs 18 h 1 min, 1 min more." in text
    assert "No outage list covers 2025-03." in desk.reconcile(*MARCH).stdout


@pytest.mark.parametrize(
    ("tolerance", "verdict"), [("59s", "differs"), ("60s", "agreed"), ("2m", "agreed"), ("0s", "differs")]
)
def test_the_tolerance_is_as_it_is_asked_for(desk: Desk, tolerance: str, verdict: str) -> None:
    told = desk.read(*MARCH, *desk.theirs, "--tolerance", tolerance)
    assert verdicts(told["months"][0])[0] == ("custody", verdict, "60")


def test_a_list_may_speak_of_some_services_alone(desk: Desk) -> None:
    theirs = desk.file("service,started,ended\n", "empty.csv")
    (month,) = desk.read(*MARCH, "--theirs", theirs, "--service", "desk")["months"]
    assert [(each["service"], each["compared_seconds"] == "0") for each in month["services"]] == [
        ("custody", True),
        ("desk", False),
    ]
    assert (
        "custody: no list covers 15 h of our downtime."
        in desk.reconcile(*MARCH, "--theirs", theirs, "--service", "desk").stdout
    )


def test_a_status_page_is_read_like_a_table(desk: Desk) -> None:
    incident = {
        "id": "q1", "name": "Custody \u202e down", "impact": "critical", "created_at": "2025-03-10T09:00:00.000Z",
        "resolved_at": "2025-03-10T21:00:00.000Z", "components": [{"id": "c", "name": "Custody"}],
    }  # fmt: skip
    file = desk.file(json.dumps({"page": {}, "incidents": [incident]}), "incidents.json")
    (month,) = desk.read(*MARCH, "--theirs", file)["months"]
    assert month["services"][0]["matches"][0]["theirs"][0]["title"] == "Custody \ufffd down"
    assert month["counts"]["agreed"] == 1


def test_the_evidence_file_alone_gives_the_same(desk: Desk) -> None:
    desk.read(*MARCH, *desk.theirs, "--keep", "--actor", "s.supplier")
    evidence = desk.folder / "march.json"
    words = ("ledger", "export", "partnership", "--from", "2025-01", "--until", "2025-04")
    exported = desk.run(*words, "--output", str(evidence))
    assert exported.exit_code == 0, exported.output
    assert desk.read(*MARCH, "--evidence", str(evidence)) == desk.read(*MARCH)


READ = ("--theirs", "{file}", "--dates", "day-first", "--names", "{names}")
MISUSED: list[tuple[tuple[str, ...], str]] = [
    (("--keep",), "--theirs is missing"),
    (("--tolerance", "2m"), "--theirs is missing"),
    (("--theirs", "gone.csv"), "gone.csv: cannot be read"),
    ((*READ, "--tolerance", "soon"), "is not a duration"),
    ((*READ, "--tolerance", "2d"), "tolerance_ms: "),
    (
        ("--theirs", "{file}", "--map", "X=when"),
        "an outage has no field 'when' (it has id, service, started, ended, title)",
    ),
    ((*READ, "--service", "dsk"), "services: no such service: dsk (did you mean desk?)"),
    (("--theirs", "{file}", "--names", "{file}"), "theirs.csv:1:1"),
    (("--theirs", "{file}"), "theirs.csv:2: started: 10/03/2025 09:00 begins with the day or the month"),
    (("--month", "2025-3"), "is no month"),
    (("--evidence", "e.json", "--preview"), "--evidence excludes"),
]


@pytest.mark.parametrize(("words", "message"), MISUSED, ids=[message[:30] for _, message in MISUSED])
def test_what_cannot_be_meant_is_refused_with_the_way_out(desk: Desk, words: tuple[str, ...], message: str) -> None:
    given = {"{file}": desk.file(THEIRS), "{names}": desk.file(NAMES, "names.yaml")}
    found = desk.run("reconcile", "partnership", *MARCH, *(given.get(word, word) for word in words))
    assert found.exit_code != 0
    told = f"{found.stderr}{found.exception}" if isinstance(found.exception, SlaMonitorError) else found.stderr
    assert message in " ".join(told.split())


def test_nothing_of_the_supplier_s_moves_the_cursor(desk: Desk) -> None:
    worst = 'id,service,started,ended,title\n"\x1b[2J",desk,2025-03-12 10:00,2025-03-12 10:30,"\x07\u202eW"\n'
    text = desk.reconcile(*MARCH, "--theirs", desk.file(worst)).output
    assert all(line.isprintable() for line in text.splitlines())


PAGE = ROOT / "docs/how-to/reconcile-outages.md"
BLOCKS = re.compile(r"```(sh|csv|yaml|text)(?: ([\w.]+))?\n(.*?)```", re.S)


def test_the_how_to_does_what_it_says(desk: Desk) -> None:
    """Its files are written, its commands are run one after the other, and the first one says what stands below it."""
    last, entered = "", 0
    for kind, name, text in BLOCKS.findall(PAGE.read_text(encoding="utf-8")):
        if kind in {"csv", "yaml"}:
            desk.file(text, name)
        elif kind == "text":
            told = [line.rstrip() for line in last.splitlines()]
            assert told[: text.count("\n")] == [line.rstrip() for line in text.splitlines()]
        for line in text.splitlines() if kind == "sh" else ():
            if not line.startswith("sla-monitor "):  # curl asks somebody else's status page
                continue
            words = [
                str(desk.folder / one) if one in {"theirs.csv", "names.yaml"} else one for one in shlex.split(line)
            ]
            found = desk.run(*words[1:])
            assert found.exit_code == 0, (line, found.output)
            last, entered = found.stdout, entered + ("--keep" in words or "register" in words)
    assert len(
        json.loads(desk.run("register", "list", "partnership", "--all", "--format", "json").stdout)["entries"]
    ) == (7 + entered)


def test_the_how_to_lists_every_column_with_the_headings_that_are_known() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert {field for field, _ in rows} == set(LISTED)
    known = {heading: field for field, told in rows for heading in re.findall(r"`(\w+)`", told)}
    assert known == SYNONYMS["outage"]
