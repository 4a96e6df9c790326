"""Calendars: bank holidays from a frozen file, days that differ, and the command that freezes and shows them."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.contract.bank_holidays import HolidayFile, frozen, spelled_file
from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.local_time import instant_ms
from sla_monitor.contract.reading.model_file import load_model
from sla_monitor.errors import CalendarError
from sla_monitor.periods.intervals import length
from sla_monitor.periods.service_hours import agreed_hours
from tests.contract.support import HEAD, ROOT, contract_file, loaded, problems

FROZEN = ROOT / "config/calendars/GB-ENG.yaml"
UTC = ZoneInfo("UTC")
SERVICE = "services: [{id: desk, service_hours: office}]\n"
FILE = """\
country: GB
region: ENG
first_year: 2026
last_year: 2026
days:
  2026-12-25: Christmas Day
  2026-12-26: Boxing Day
  2026-12-28: Boxing Day (observed)
"""


def office(rest: str) -> str:
    return f"{HEAD}calendars:\n  office:\n    hours: {{mon-sat: '08:00-18:00'}}\n{rest}{SERVICE}"


@pytest.fixture
def frozen_file(tmp_path: Path) -> Path:
    (tmp_path / "days.yaml").write_text(FILE)
    return tmp_path / "days.yaml"


def calendar_of(folder: Path, rest: str) -> Calendar:
    return loaded(folder, office(rest)).versions[0].terms.calendars["office"]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


@pytest.mark.parametrize(
    "hours",
    [
        "2200-2300", "22-23", "T08:00-T09:00", "08:00:30-09:00:15", "8:00-9:00", "08:00-9:00", "08:00 - 09:00",
        "08:00-09:00-10:00", "08:00-09:00Z", "24:00-24:00", "08:60-09:00", "08:00", "٠٨:٠٠-٠٩:٠٠",
    ],
)  # fmt: skip
def test_hours_are_written_in_one_way(tmp_path: Path, hours: str) -> None:
    """Two digits for the hour and two for the minute, on both sides, under `hours` and under `open_on`."""
    (line,) = problems(tmp_path, office("").replace("08:00-18:00", hours))
    assert line.endswith(f"{hours!r} is not a span of hours (write 08:00-18:00)")
    (line,) = problems(tmp_path, office(f"    open_on: {{2026-12-24: '{hours}'}}\n"))
    assert line.endswith(f"{hours!r} is not a span of hours (write 08:00-18:00)")


@pytest.mark.parametrize(("hours", "minutes"), [("00:00-24:00", 1440), ("23:59-24:00", 1), ("08:05-09:10", 65)])
def test_a_day_ends_at_its_24th_hour(tmp_path: Path, hours: str, minutes: int) -> None:
    calendar = loaded(tmp_path, office("").replace("08:00-18:00", hours)).versions[0].terms.calendars["office"]
    day = instant_ms(date(2026, 6, 1), time.min, UTC)
    assert length(agreed_hours(calendar, UTC, day, day + 86_400_000)) == minutes * 60_000


@pytest.mark.usefixtures("frozen_file")
def test_bank_holidays_are_closed_unless_the_contract_opens_them(tmp_path: Path) -> None:
    calendar = calendar_of(
        tmp_path,
        "    bank_holidays: days.yaml\n    closed_on: [2026-12-24]\n"
        "    open_on: {2026-12-26: ['09:00-11:00', '12:00-13:00'], 2026-12-27: '10:00-12:00'}\n",
    )
    hours = {day: sum(b.hour - a.hour for a, b in calendar.hours_on(date(2026, 12, day))) for day in range(23, 30)}
    assert hours == {23: 10, 24: 0, 25: 0, 26: 3, 27: 2, 28: 0, 29: 10}
    assert calendar.holidays == {date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28)}
    told = [calendar.why_closed(date(2026, 12, day)) for day in range(23, 28)]
    assert told == ["", "closed", "Christmas Day", "", ""]


@pytest.mark.usefixtures("frozen_file")
def test_a_corrected_file_makes_another_contract(tmp_path: Path) -> None:
    """A reload must see it: the past is then worked out anew."""
    before = loaded(tmp_path, office("    bank_holidays: days.yaml\n"))
    (tmp_path / "days.yaml").write_text(FILE.replace("  2026-12-26: Boxing Day\n", ""))
    after = loaded(tmp_path, office("    bank_holidays: days.yaml\n"))
    assert before != after
    assert after == loaded(tmp_path, office("    bank_holidays: days.yaml\n"))


def test_a_mistake_in_the_frozen_file_is_told_at_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "days.yaml").write_text(FILE.replace("2026-12-28", "2027-12-28").replace("2026-12-25", "2026-13-25"))
    assert problems(
        tmp_path, office("    bank_holidays: days.yaml\n    versions: [{from: 2027-01-01, closed_on: [2027-01-01]}]\n")
    ) == [
        ("c.yaml:10:20: calendars.office.bank_holidays: leads to a file with mistakes (listed under its name)"),
        "days.yaml:6:3: days.2026-13-25: must be a date (write for example 2026-04-01)",
    ]
    (tmp_path / "days.yaml").write_text(FILE.replace("2026-12-28", "2027-12-28"))
    assert problems(tmp_path, office("    bank_holidays: days.yaml\n"))[1] == (
        "days.yaml:8:15: days.2027-12-28: is outside 2026 to 2026 (change first_year, last_year)"
    )


def test_a_frozen_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    lines = problems(tmp_path, office("    bank_holidays: nowhere.yaml\n"))
    assert lines[0].startswith("c.yaml:10:20: calendars.office.bank_holidays: leads to a file with mistakes")
    assert (
        lines[1]
        == "nowhere.yaml:1:1: file: cannot be read: No such file or directory (check the path and its permissions)"
    )


def test_a_day_is_not_open_and_closed(tmp_path: Path) -> None:
    text = office("    closed_on: [2026-12-24]\n    open_on: {2026-12-24: '09:00-12:00'}\n")
    assert problems(tmp_path, text) == [
        "c.yaml:11:14: calendars.office.open_on: opens 2026-12-24, which closed_on closes (keep one of the two)"
    ]


def test_a_day_that_opens_needs_hours(tmp_path: Path) -> None:
    assert problems(tmp_path, office("    open_on: {2026-12-24: 9-12, tomorrow: '09:00-12:00'}\n")) == [
        "c.yaml:10:27: calendars.office.open_on.2026-12-24: '9-12' is not a span of hours (write 08:00-18:00)",
        "c.yaml:10:33: calendars.office.open_on.tomorrow: must be a date (write for example 2026-04-01)",
    ]


def test_england_has_nine_days_in_2026_with_the_substitute_and_the_saturday() -> None:
    """Without the region, Easter Monday and the day in August would be missing."""
    england, kingdom = frozen("GB", "ENG", 2026, 2026), frozen("GB", None, 2026, 2026)
    assert {str(day) for day in england.days} == {
        *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31"),
        *("2026-12-25", "2026-12-26", "2026-12-28"),
    }
    assert {str(day) for day in england.days.keys() - kingdom.days.keys()} == {"2026-04-06", "2026-08-31"}


def test_the_shipped_file_is_what_the_library_says() -> None:
    """A difference is for a person to probe at: `sla-monitor calendar freeze ... --force` says what it is."""
    shipped = load_model(FROZEN, HolidayFile)
    again = frozen("GB", "ENG", shipped.first_year, shipped.last_year)
    assert shipped.days == again.days
    assert FROZEN.read_text(encoding="utf-8") == spelled_file(again).replace(again.made_with, shipped.made_with)


def test_a_frozen_file_names_the_command_that_makes_it(tmp_path: Path) -> None:
    """Word for word, but for where it is written to."""
    line = FROZEN.read_text(encoding="utf-8").splitlines()[1]
    words = line.removeprefix("# Made by: sla-monitor ").split()
    assert "--until" in words
    output = tmp_path / "again.yaml"
    assert run(*words, "--output", str(output)).exit_code == 0
    assert load_model(output, HolidayFile).days == load_model(FROZEN, HolidayFile).days


def test_freezing_does_not_write_over_a_file_unasked_and_says_what_would_change(tmp_path: Path) -> None:
    output = tmp_path / "GB-ENG.yaml"
    words = ["calendar", "freeze", "GB", "ENG", "--from", "2026", "--to", "2026", "--output", str(output)]
    assert run(*words).stdout == f"{output}: 9 days from 2026 to 2026, 0 changed\n"
    assert run(*words).exit_code == 0, "the same again changes nothing"
    output.write_text(output.read_text().replace("2026-04-03", "2026-04-02").replace("May Day", "Early May"))
    refused = run(*words)
    assert isinstance(refused.exception, CalendarError)
    changes = ["- 2026-04-02 Good Friday", "+ 2026-04-03 Good Friday", "~ 2026-05-04 Early May -> May Day"]
    assert str(refused.exception).splitlines()[1:] == changes
    assert "2026-04-02" in output.read_text()
    assert run(*words, "--force").stdout.splitlines()[:3] == changes
    assert load_model(output, HolidayFile).days == frozen("GB", "ENG", 2026, 2026).days


@pytest.mark.parametrize(
    ("place", "message"), [(("XX", None), "XX not available"), (("GB", "XXX"), "does not have subdivision XXX")]
)
def test_a_place_that_nobody_knows_is_told(place: tuple[str, str | None], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        frozen(*place, 2026, 2026)


def test_years_that_run_backwards_are_refused() -> None:
    result = run("calendar", "freeze", "GB", "ENG", "--from", "2027", "--to", "2026")
    assert result.exit_code == 2
    assert "--until must not be before --from" in result.stderr


@pytest.mark.usefixtures("frozen_file")
def test_showing_a_calendar_tells_days_hours_and_names(tmp_path: Path) -> None:
    rest = "    bank_holidays: days.yaml\n    open_on: {2026-12-26: '09:00-13:00', 2026-12-27: '20:00-24:00'}\n"
    path = contract_file(tmp_path, office(rest))
    lines = run("calendar", "show", str(path), "office", "--period", "2026-12").stdout.splitlines()
    assert lines[23:28] == [
        "2026-12-24 Thu  08:00-18:00",
        "2026-12-25 Fri  closed: Christmas Day",
        "2026-12-26 Sat  09:00-13:00 (open_on)",
        "2026-12-27 Sun  20:00-24:00 (open_on)",
        "2026-12-28 Mon  closed: Boxing Day (observed)",
    ]
    assert lines[-1] == "2026-12: 248 h 00 min in office"


@pytest.mark.parametrize(("month", "hours"), [("2026-03", 743), ("2026-10", 745)])
def test_always_is_shown_with_the_hours_that_the_clock_has(tmp_path: Path, month: str, hours: int) -> None:
    path = contract_file(tmp_path, office(""))
    lines = run("calendar", "show", str(path), "always", "--month", month).stdout.splitlines()
    assert lines[-1] == f"{month}: {hours} h 00 min in always"
    assert {line.partition("  ")[2] for line in lines[:-1]} == {"00:00-24:00"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["office", "--month", "2026-13"], "must be a month (write for example 2026-12)"),
        (["ofice", "--month", "2026-12"], "no such calendar: ofice (did you mean office?)"),
    ],
)
def test_what_cannot_be_shown_is_told(tmp_path: Path, words: list[str], message: str) -> None:
    path = contract_file(tmp_path, office(""))
    result = run("calendar", "show", str(path), *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_contract_is_shown_by_its_id_too() -> None:
    config = str(ROOT / "config/sla-monitor.yaml")
    good = run("calendar", "show", "police-strategic-it", "working-hours", "--month", "2026-12", "--config", config)
    assert good.stdout.splitlines()[-1] == "2026-12: 210 h 00 min in working-hours"
    bad = run("calendar", "show", "police-strategic", "working-hours", "--config", config)
    assert "did you mean police-strategic-it?" in bad.stderr
