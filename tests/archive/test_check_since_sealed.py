"""What was recorded since the last sealed day is checked by itself: links, register, spans and packed hours."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.errors import ArchiveError
from sla_monitor.ledger import Ledger
from sla_monitor.sla.observation import Observation
from tests.archive.support import DAY_MS, EVERY_MS, HOUR_MS, T0, Place, entry, observations, seen
from tests.ledger.support import DEADLINE_S

SEALED, DAYS = date(2026, 1, 3), 4


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Four days on record, two of them sealed, all of it before the third was over; with packed hours of the last."""
    place = Place.furnished(tmp_path_factory.mktemp("since") / "place")
    several = list(observations(DAYS))
    place.record(one for one in several if one.at_ms < T0 + 2 * DAY_MS + 6 * HOUR_MS)
    place.seal(SEALED)
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        for one in several:
            if one.at_ms >= T0 + 2 * DAY_MS + 6 * HOUR_MS:
                ledger.record(one, EVERY_MS)
        assert ledger.flush(DEADLINE_S)
        ledger.keep_samples(["custody/web"], T0 + 3 * DAY_MS, T0 + 4 * DAY_MS)
    place.say(entry("minute", T0 + DAY_MS, month="2026-01"), entry("minute", T0 + 3 * DAY_MS, month="2026-01"))
    return place


@pytest.fixture
def place(kept: Place, tmp_path: Path) -> Place:
    shutil.copytree(kept.folder, tmp_path / "place")
    return Place(tmp_path / "place")


def checked(place: Place) -> Result:
    words = ["ledger", "check", "--since-sealed", "--config", str(place.settings)]
    return CliRunner().invoke(cli, words)


def spoil(place: Place, statement: str) -> None:
    """Change the file as its administrator could, who may drop a trigger and put it back."""
    with closing(sqlite3.connect(place.ledger, isolation_level=None)) as database:
        triggers = database.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"drop trigger {name}")
        assert database.execute(statement).rowcount
        for _, sql in triggers:
            database.execute(sql)


def test_what_came_after_the_last_sealed_day_is_whole(place: Place) -> None:
    said = checked(place)
    assert said.exit_code == 0, said.output
    assert "whole after 2026-01-02, the last sealed day; what was recorded before was not read" in said.output
    since = 2 * (DAYS - 2) * DAY_MS // 600_000  # a third day was begun when the second was sealed
    assert f"observations   {since:>12}" in said.output


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update observations set outcome = 3 where id = (select max(id) - 7 from observations)", "observation "),
        ("delete from observations where id = (select max(id) - 7 from observations)", "is missing"),
        (f"update observations set duration_us = 1 where at_ms = {T0 + 2 * DAY_MS}", "of custody/web at 2026-01-03T00"),
        ("update register set note = 'other' where number = 2", "register entry 2 was altered"),
        ("update last_spans set looks = looks + 1", "spans disagree"),
        (f"delete from ended_spans where start_ms > {T0 + 3 * DAY_MS}", "spans disagree"),
        (f"update ended_spans set outcome = 1 where start_ms > {T0 + 2 * DAY_MS}", "spans disagree"),
        ("insert into ended_spans select endpoint_id, end_ms + 1, end_ms + 9, end_ms + 5, 1, null, 1 from last_spans",
         "spans disagree"),
        ("update looks_by_hour set body = (select max(body) from looks_by_hour)", "packed hours disagree"),
        ("delete from chain where number = (select max(number) - 1 from chain)", "missing"),
        ("drop index observations_evidence", "observations_evidence"),
    ],
)  # fmt: skip
def test_what_was_changed_after_it_is_found(place: Place, statement: str, told: str) -> None:
    spoil(place, statement)
    said = checked(place)
    assert said.exit_code == 1
    assert told in said.output


def test_what_came_in_late_for_a_sealed_day_is_checked(place: Place) -> None:
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        ledger.record(Observation("custody/web", T0 + 30, seen(3)), EVERY_MS)
        assert ledger.flush(DEADLINE_S)
    assert checked(place).exit_code == 0
    spoil(place, f"update observations set duration_us = 1 where at_ms = {T0 + 30}")
    assert "observation " in checked(place).output


def test_a_step_of_the_clock_since_then_is_no_difference(place: Place) -> None:
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        ledger.clock_stepped(-HOUR_MS)
        assert ledger.flush(DEADLINE_S)
        for at_ms in range(T0 + 5 * DAY_MS, T0 + 5 * DAY_MS + 600_000, EVERY_MS):
            ledger.record(Observation("custody/web", at_ms, seen(3)), EVERY_MS)
        assert ledger.flush(DEADLINE_S)
    assert checked(place).exit_code == 0


def test_where_no_day_is_sealed_the_whole_is_to_be_checked(place: Place) -> None:
    shutil.rmtree(place.sealed)
    error = checked(place).exception
    assert isinstance(error, ArchiveError)
    assert "no day is sealed yet" in str(error)


def test_an_anchor_proves_what_came_before(place: Place) -> None:
    words = ["ledger", "check", "--since-sealed", "--anchor", str(place.settings), "--config", str(place.settings)]
    assert CliRunner().invoke(cli, words).exit_code == 2
