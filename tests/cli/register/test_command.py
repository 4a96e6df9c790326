"""`sla-monitor register` as it is typed."""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sla_monitor.cli.register.add import add
from sla_monitor.cli.register.entering import enter
from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.clock import SystemClock
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.entry_parsing import body_of
from tests.ledger.support import observed, opened, record_all
from tests.register.office import Office

ROOT = Path(__file__).parents[3]
BOOKING = ("--service", "custody", "--start", "2024-07-05 22:00", "--end", "2024-07-06 01:00")
CLAIM = (
    "--cause",
    "authority_cause",
    "--service",
    "custody",
    "--start",
    "2024-02-05 10:00",
    "--end",
    "2024-02-05 12:00",
)
LATE = ("--id", "INC1", "--priority", "P1", "--opened", "2024-02-05 09:00", "--ended", "2024-02-05 17:00")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path)


def test_local_times_are_in_the_contracts_zone(office: Office) -> None:
    office.done("add", "maintenance", "small", *BOOKING, "--notified", "2024-06-28", "--reference", "CHG-1")
    (entry,) = office.done("list", "small", "--format", "json").json["entries"]
    assert entry["said"]["start"] == "2024-07-05T21:00:00Z"
    assert (entry["actor"], entry["reference"], entry["state"]) == ("ann", "CHG-1", "awaits a decision")
    assert "5 Jul 2024 22:00:00 BST to" in office.done("list", "small").out


def test_a_time_that_the_clocks_leave_out_is_refused(office: Office) -> None:
    said = office.run("add", "maintenance", "small", "--start", "2024-03-31 01:30", "--end", "2024-03-31 03:00")
    assert said.code == 1
    assert said.err.startswith("start: 2024-03-31 01:30:00 occurs twice or not at all in Europe/London")


def test_all_mistakes_are_told_at_once_and_nothing_is_entered(office: Office) -> None:
    said = office.run(
        "add", "claim", "small", *CLAIM[2:], "--cause", "weather", "--kpi", "KPI9", "--notified", "2039-01-01"
    )
    assert said.code == 1
    assert said.err.splitlines() == [
        "notified: lies in the future (check the date)",
        "kpis: no such KPI: KPI9 (did you mean KPI3?)",
        "cause: no such cause of relief: weather (known here: authority_cause, force_majeure, third_party)",
    ]
    assert office.done("list", "small", "--all").out == "no entries\n"


def test_an_unknown_contract_is_refused_with_the_nearest_name(office: Office) -> None:
    said = office.run("add", "claim", "smal", *CLAIM)
    assert said.code == 2
    assert "did you mean small?" in said.err


def test_a_claim_is_decided_by_somebody_else(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    assert "four eyes" in office.run("decide", "small", "1", "--grant", "--why", "true", "--yes").err
    office.done(
        "decide", "small", "1", "--grant", "--end", "2024-02-05 11:00", "--why", "half of it", "--yes", actor="bob"
    )
    (claim, decision) = office.done("list", "small", "--format", "json").json["entries"]
    assert claim["state"] == "granted in part by 2"
    assert decision["said"] == {
        "kind": "decision",
        "about": 1,
        "granted": True,
        "start": None,
        "end": "2024-02-05T11:00:00Z",
    }


def test_a_decision_says_which_way_and_why(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    assert "the decision is missing (pass --grant or --refuse)" in office.run("decide", "small", "1", "--why", "x").err
    assert "Missing option '--why'" in office.run("decide", "small", "1", "--grant").err


def test_an_undone_entry_is_shown_with_its_undoing_and_can_be_restored(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    office.done("undo", "small", "1", "--why", "wrong month")
    assert office.done("list", "small").out == "no entries\n"
    shown = office.done("show", "small", "1").out
    assert re.search(r"^state +undone by 2$", shown, re.M)
    assert "entry 2, ann: Undoing of entry 1; wrong month" in shown
    office.done("undo", "small", "2", "--why", "it was right")
    listed = office.done("list", "small", "--all", "--format", "json").json["entries"]
    assert [(each["number"], each["state"]) for each in listed] == [
        (1, "awaits a decision"),
        (2, "undone by 3"),
        (3, "stands"),
    ]
    about = office.done("show", "small", "1", "--format", "json").json["entry"]["about_it"]
    assert [each["number"] for each in about] == [2, 3]


def test_the_list_can_be_of_a_kind_a_month_or_what_is_pending(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    office.done("add", "maintenance", "small", *BOOKING)
    office.done("decide", "small", "1", "--refuse", "--why", "no", "--yes", actor="bob")

    def numbers(*options: str) -> list[int]:
        return [one["number"] for one in office.done("list", "small", *options, "--format", "json").json["entries"]]

    assert numbers("--kind", "claim") == [1]
    assert numbers("--period", "2024-02") == [1, 3]
    assert numbers("--pending") == [2]
    assert numbers("--kind", "claim", "--pending") == []
    assert "did you mean claim?" in office.run("list", "small", "--kind", "clam").err


def test_the_list_of_a_month_is_without_what_is_about_none(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    office.done("add", "action", "small", "--owner", "bob", "--note", "Look into it")
    of_month = office.done("list", "small", "--period", "2024-02", "--format", "json").json["entries"]
    assert [one["number"] for one in of_month] == [1]


def test_what_changes_a_month_that_is_over_is_shown_and_needs_a_yes(office: Office) -> None:
    said = office.run("add", "ticket", "small", *LATE)
    assert said.code == 1
    assert "no terminal to confirm on" in said.err
    rows = [re.split("  +", line) for line in said.err.splitlines() if line.startswith("2024-02")]
    assert rows == [
        ["2024-02", "KPI2", "-", "0.00 % (minor, 2 points)"],
        ["2024-02", "points", "-", "2"],
        ["2024-02", "credit, GBP", "-", "GBP 20.00"],
    ]
    assert office.done("list", "small", "--all").out == "no entries\n"
    office.done("add", "ticket", "small", *LATE, "--yes")
    assert "INC1" in office.done("list", "small").out


def test_all_entries_of_an_import_are_undone_together(office: Office) -> None:
    rows = "id,priority,opened,ended\n" + "".join(f"INC{n},P1,2024-02-05,2024-02-06\n" for n in range(3))
    office.done("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    said = office.run("undo", "small", "2", "--through", "9", "--why", "the wrong file")
    assert (said.code, "no entry 4 in the register" in said.err) == (1, True)
    told = office.done("undo", "small", "1", "--through", "3", "--why", "the wrong file", "--yes").out
    assert [line.partition(":")[0] for line in told.splitlines()] == ["entry 4", "entry 5", "entry 6"]
    assert office.done("list", "small", "--kind", "ticket").out == "no entries\n"
    assert office.run("undo", "small", "3", "--through", "2", "--why", "x").code == 2


def test_undoing_a_decision_shows_what_it_takes_back(office: Office) -> None:
    office.done("add", "ticket", "small", *LATE, "--yes")
    words = (*CLAIM[:2], "--start", "2024-02-05 09:00", "--end", "2024-02-05 17:00")
    office.done("add", "claim", "small", *words, "--ticket", "INC1")
    office.done("decide", "small", "2", "--grant", "--why", "ours", "--yes", actor="bob")
    told = office.done("undo", "small", "3", "--why", "it was not", "--yes", "--format", "json", actor="bob").json
    assert {"month": "2024-02", "figure": "points", "before": "-", "after": "2"} in told["changed"]


def test_what_others_said_meanwhile_is_judged_again(office: Office) -> None:
    """Somebody else claims between the reading and the writing: the same claim is then one too many."""
    office.done("add", "maintenance", "small", *BOOKING)
    desk = EntrySession.open("small", office.folder / "sla-monitor.yaml", None, "ann")
    draft = desk.entry(
        body_of("claim", {"cause": "third_party", "start": "2024-02-05", "end": "2024-02-06"}, desk.zone)
    )
    seen: list[int] = []

    def propose(read: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        said = read()
        seen.append(len(said))
        if len(seen) == 1:
            desk.register.add([draft])
        return [draft] if len(said) == 1 else []

    assert enter(desk, propose, yes=True).entries == []
    assert seen == [1, 2]


@pytest.mark.parametrize(("answer", "code", "entries"), [("y\n", 0, 1), ("n\n", 1, 0)])
def test_a_person_at_a_terminal_is_asked(office: Office, answer: str, code: int, entries: int) -> None:
    ours, theirs = pty.openpty()
    words = ["register", "add", "ticket", "small", *LATE, "--config", str(office.folder / "sla-monitor.yaml")]
    with subprocess.Popen(
        [sys.executable, "-m", "sla_monitor", *words],
        cwd=ROOT,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, answer.encode())
        _, told = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Enter it? [y/N]:" in told
    assert process.returncode == code
    assert len(office.done("list", "small", "--format", "json").json["entries"]) == entries


def test_what_is_entered_while_somebody_is_asked_is_not_acknowledged_unseen(office: Office) -> None:
    ours, theirs = pty.openpty()
    words = ["sign-off", "small", "--period", "2024-02", "--config", str(office.folder / "sla-monitor.yaml")]
    with subprocess.Popen(
        [sys.executable, "-m", "sla_monitor", "register", *words],
        cwd=ROOT,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        asked = b""
        while not asked.endswith(b"[y/N]: "):
            asked += process.stderr.read(1)
        office.done("add", "claim", "small", *CLAIM, "--note", "found in the change log")
        os.write(ours, b"y\n")
        told = process.stderr.read().decode()
        assert process.wait(60) == 1
    os.close(ours)
    os.close(theirs)
    assert "entry 1 was made meanwhile: nothing was entered" in " ".join(told.split())
    assert [one["number"] for one in office.done("list", "small", "--format", "json").json["entries"]] == [1]


def test_a_signed_month_is_final_and_restated_only_for_a_reason(office: Office) -> None:
    office.done("add", "ticket", "small", *LATE, "--yes")
    assert "2024-02: 2 points, £20.00 deducted" in office.done("sign-off", "small", "--period", "2024-02", "--yes").err
    assert "made 2024-02 final already" in office.run("sign-off", "small", "--month", "2024-02", "--yes").err
    assert "2024-02 is final" in office.run("add", "claim", "small", *CLAIM).err
    office.done("add", "claim", "small", *CLAIM, "--note", "found in the change log")
    again = office.done(
        "sign-off", "small", "--month", "2024-02", "--yes", "--why", "checked again", "--format", "json"
    )
    assert again.json["added"][0]["said"]["points"] == "2"
    said = office.run("sign-off", "small", "--month", "2024-02", "--why", "without a terminal")
    assert "Entry 3 awaits a decision: Claim of authority cause" in " ".join(said.err.split())
    assert "no terminal to confirm on" in said.err
    assert said.code == 1


def test_a_sign_off_lists_what_is_open_and_keeps_what_was_acknowledged(office: Office) -> None:
    office.done("add", "ticket", "small", *LATE, "--yes")
    office.done("add", "claim", "small", *CLAIM, "--note", "found in the change log")
    minutes = office.file(b"%PDF-1.7", "minutes.pdf")
    said = office.done("sign-off", "small", "--period", "2024-02", "--yes", "--format", "json", "--attach", minutes)
    assert "minutes.pdf" in office.done("show", "small", f"{said.json['added'][0]['number']}").out
    told, kept = " ".join(said.err.split()), said.json["added"][0]["said"]["acknowledged"]
    assert kept[0] == "2 of 3 KPIs could not be assessed."
    assert "KPI1 is not assessed: nothing was seen of its service." in kept
    assert "KPI3 is not assessed: nobody has reported a figure." in kept
    assert any(one.startswith("Entry 2 awaits a decision: Claim of authority cause") for one in kept)
    assert "Made after the month had ended: ticket, entry 1." in kept
    assert kept[-1] == "No day of this month is sealed: nobody but the monitor’s owner vouches for the record."
    assert "open points of this month, which the sign-off acknowledges" in told
    assert all(one.replace("’", "'") in told for one in kept), told
    assert f"with {len(kept)} open points acknowledged" in office.done("list", "small").out


def test_a_sign_off_of_a_month_that_nobody_measured_says_no_number(office: Office) -> None:
    said = office.done("sign-off", "small", "--period", "2024-02", "--yes", "--format", "json")
    assert "2024-02: nothing was measured, so that there are no points and no credit to sign" in said.err
    assert said.json["added"][0]["said"]["measured"] is False
    told = office.done("show", "small", "1").out
    assert re.search("^measured +no$", told, re.MULTILINE)
    assert not re.search("^(points|credit) ", told, re.MULTILINE)
    assert "Sign-off of February 2024: nothing was measured" in " ".join(
        office.done("list", "small", "--all").out.split()
    )


def test_a_sign_off_tells_of_a_damaged_record(office: Office) -> None:
    """Something that no figure of the month is made of, so that nothing else would tell."""
    with closing(sqlite3.connect(office.ledger)) as database, database:
        database.execute("drop index observations_at_ms")
    said = office.done("sign-off", "small", "--period", "2024-02", "--yes", "--format", "json")
    kept = said.json["added"][0]["said"]["acknowledged"]
    assert any(one.startswith("The record is damaged: ") for one in kept), kept


def test_a_sign_off_names_the_figures_and_nothing_that_moves_none(office: Office) -> None:
    def signed() -> str:
        words = ("--period", "2024-02", "--yes", "--why", "once more", "--format", "json")
        digest: str = office.done("sign-off", "small", *words).json["added"][0]["said"]["digest"]
        return digest

    first = signed()
    office.done("add", "minute", "small", "--month", "2024-02", "--note", "all agreed")
    assert signed() == first
    office.done("add", "ticket", "small", *LATE, "--yes", "--note", "found in the archive")
    assert signed() != first


def test_a_suppliers_text_cannot_move_the_terminals_cursor(office: Office) -> None:
    assert "cannot be printed" in office.run("add", "claim", "small", *CLAIM, "--note", "\x1b[2J").err
    office.done("add", "claim", "small", *CLAIM, "--note", "two\nlines")
    assert "two\\nlines" in office.done("list", "small").out
    assert "two\\nlines" in office.done("show", "small", "1").out


def test_entries_are_added_while_a_daemon_records(office: Office) -> None:
    with opened(office.ledger) as ledger:
        record_all(ledger, observed(0))
        office.done("add", "claim", "small", *CLAIM)
        record_all(ledger, observed(1))
        assert [entry.number for entry in ledger.entries("small")] == [1]
    assert check(office.ledger, lambda *_: None).problems == ()


def test_the_ledger_may_be_named(office: Office) -> None:
    other = office.folder / "other.db"
    office.ledger.rename(other)
    office.done("add", "claim", "small", *CLAIM, "--ledger", str(other))
    assert not office.ledger.exists()
    assert "authority cause" in office.done("list", "small", "--ledger", str(other)).out


@pytest.mark.parametrize("words", [("list", "small"), ("add", "claim", "small", *CLAIM)], ids=["list", "add"])
def test_a_ledger_that_is_not_there_is_a_clear_error_and_none_is_made(office: Office, words: tuple[str, ...]) -> None:
    office.ledger.unlink()
    said = office.run(*words)
    assert said.code == 1
    where = office.folder / "sla-monitor.yaml"
    assert said.err.startswith(f"{office.ledger}: there is no ledger here (where {where} says); name the daemon's")
    assert not office.ledger.exists()


def test_there_is_no_entry_of_a_number_that_was_not_given(office: Office) -> None:
    office.done("add", "claim", "small", *CLAIM)
    assert "there is no entry 2 in the register of small" in office.run("show", "small", "2").err


def test_every_kind_has_a_command_with_help_for_every_option() -> None:
    told = CliRunner().invoke(add, ["--help"]).output
    for kind in (name for name, model in KINDS.items() if not model.command):
        command = add.get_command(click.Context(add), kind.replace("_", "-"))
        assert command is not None
        assert kind.replace("_", "-") in told
        assert all(option.help for option in command.params if isinstance(option, click.Option)), kind


def test_durations_stops_counts_and_flags_are_typed_as_people_write_them(office: Office) -> None:
    office.done("add", "ticket", "small", *LATE, "--stop", "waiting", "2024-02-05 10:00", "-", "--yes")
    assert "stopped for waiting 5 Feb 2024 10:00:00 GMT to now" in office.done("list", "small").out
    office.done("add", "maintenance", "small", *BOOKING, "--emergency")
    assert "Emergency maintenance of custody" in office.done("list", "small").out
    said = office.run("add", "occurrence", "small", "--rule", "r", "--month", "2024-02", "--duration", "soon")
    assert (said.code, "is not a duration" in said.err) == (2, True)
    said = office.run(
        "add", "figure", "small", "--kpi", "KPI3", "--month", "2024-02", "--party", "agreed", "--total", "x"
    )
    assert said.code == 2


def test_what_the_contract_refuses_all_the_same_is_told_to_who_claims_and_who_grants(tmp_path: Path) -> None:
    office = Office.furnished(tmp_path, relief={"notice_working_days": 5, "late": "refused"})
    words = ("--cause", "force_majeure", "--service", "custody", "--start", "2024-02-05 09:00", "--end", "2024-02-06")
    told = "but refused by the contract: notified 6 Working Days after it was known; 5 are allowed"
    claimed = office.done("add", "claim", "small", *words, "--notified", "2024-02-13", "--yes", actor="bob")
    granted = office.done("decide", "small", "1", "--grant", "--why", "fair", "--yes")
    assert [said.out.splitlines()[1].strip() for said in (claimed, granted)] == [told, told]
    assert told.replace("but ", "but          ") in office.done("show", "small", "1").out.splitlines()
    refused = office.done("decide", "small", "1", "--refuse", "--why", "late", "--yes")
    assert len(refused.out.splitlines()) == 1


def test_maintenance_beyond_the_allowance_is_told_when_it_is_granted(tmp_path: Path) -> None:
    office = Office.furnished(tmp_path, maintenance={"allowance": "2h"})
    words = ("--start", "2024-02-05 09:00", "--end", "2024-02-05 12:00", "--notified", "2024-01-05")
    assert len(office.done("add", "maintenance", "small", *words, "--yes", actor="bob").out.splitlines()) == 1
    granted = office.done("decide", "small", "1", "--grant", "--why", "patches", "--yes")
    assert granted.out.splitlines()[1:] == [
        "  but not left out of the figures for custody: 5 Feb 2024 11:00:00 to 12:00:00 GMT, beyond the allowance of 2h"
    ]


def test_what_will_be_silenced_is_told_to_who_books_and_who_decides(tmp_path: Path) -> None:
    """The window is that of Sunday, 5 June 2039; the booking begins in it and ends after it."""
    night = {"night": {"hours": {"sun": "00:00-06:00"}}}
    office = Office.furnished(tmp_path, calendars=night, maintenance={"hours": "night"})
    words = ("--service", "custody", "--start", "2039-06-05 05:00", "--end", "2039-06-05 07:30")
    whole, early, late = (f"5 Jun 2039 {each} BST, custody" for each in (
        "05:00:00 to 07:30:00", "05:00:00 to 06:00:00", "06:00:00 to 07:30:00"
    ))  # fmt: skip
    told = (
        f"  silenced: {early} (decision 2)",
        f"  not silenced: {late} (outside the hours for it, or what was granted)",
    )
    added = office.done("add", "maintenance", "small", *words, actor="bob")
    granted = office.done("decide", "small", "1", "--grant", "--why", "patches")
    refused = office.done("decide", "small", "1", "--refuse", "--why", "a match day")
    again = office.done("undo", "small", "3", "--why", "the wrong day")
    assert added.out.splitlines()[1:] == [f"  not silenced: {whole} (awaits a decision)"]
    assert tuple(granted.out.splitlines()[2:]) == told
    assert refused.out.splitlines()[1:] == [f"  not silenced: {whole} (refused by decision 3)"]
    assert tuple(again.out.splitlines()[1:]) == told
    taken = office.done("undo", "small", "1", "--why", "not needed", "--format", "json")
    assert taken.json["added"][0]["alerts"] == []


def test_of_a_booking_with_many_windows_the_first_are_told(tmp_path: Path) -> None:
    night = {"night": {"hours": {"mon-sun": "00:00-06:00"}}}
    office = Office.furnished(tmp_path, calendars=night, maintenance={"hours": "night", "approval": "none"})
    words = ("--start", "2039-06-05 00:00", "--end", "2039-06-25 06:00")
    added = office.done("add", "maintenance", "small", *words)
    assert added.out.splitlines()[-1] == "  and 29 more"
    again = office.done("add", "maintenance", "small", *words, "--emergency", "--format", "json")
    assert again.json["added"][0]["alerts"] == [
        {
            "start": "2039-06-04T23:00:00Z",
            "end": "2039-06-25T05:00:00Z",
            "services": ["custody"],
            "silenced": False,
            "why": "emergency maintenance counts",
        }
    ]


def test_an_entry_that_a_clock_ahead_has_dated_is_told_to_whoever_enters_the_next(office: Office) -> None:
    """It has no effect before its time."""
    office.done("add", "maintenance", "small", *BOOKING)
    register = Register.open(office.ledger, SystemClock())
    (first,) = register.entries("small")
    register.add([first.model_copy(update={"at_ms": SystemClock().now_ms() + 400 * 86_400_000})])
    said = office.done("add", "minute", "small", "--month", "2024-02", "--note", "Agreed.")
    assert "entry 2 is dated 20" in said.err
    assert "later than now, and does not count until then; if the clock was ahead, undo it" in said.err
    office.done("undo", "small", "2", "--why", "the clock was ahead")
