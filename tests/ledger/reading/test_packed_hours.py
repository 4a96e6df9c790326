"""Packed hours: read as the observations are, and never instead of newer ones."""

from __future__ import annotations

import random
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.reading.packed_hours import HOUR_MS, PackedHours
from sla_monitor.ledger.recording.packing import SPARE_HOURS
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases
from sla_monitor.sla.samples import Sample, Samples
from tests.ledger.support import DEADLINE_S, EVERY_MS, FOREVER_MS, T0, opened

KEYS = "custody/login", "custody/search"
EVERY = 600_000
HOURS = 30
HOUR = T0 // HOUR_MS
MEANINGS = Meanings(dict(enumerate(reversed(Outcome), start=3)), {})


def seen(index: int, key: str) -> Observation:
    chance = random.Random(f"{index} {key}")
    phases = Phases(first_byte_us=chance.choice([None, chance.randint(0, 9_000)]))
    outcome, jitter_ms = chance.choice(list(Outcome)), chance.randint(0, 50)
    return Observation(
        key, T0 + index * EVERY + jitter_ms, Finding(outcome, None, "", chance.randint(0, 10**10), phases)
    )


def told(key: str) -> list[Sample]:
    """What was recorded of an endpoint, as `filled` records it."""
    several = (seen(index, key) for index in range(HOURS * HOUR_MS // EVERY))
    return [
        (one.at_ms, one.finding.outcome, one.finding.duration_us, one.finding.phases.first_byte_us) for one in several
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with some hours of observations at three endpoints."""
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        for index in range(HOURS * HOUR_MS // EVERY):
            for key in (*KEYS, "custody/other"):
                ledger.record(seen(index, key), EVERY_MS)
        assert ledger.flush(DEADLINE_S)
    return path


def packed(path: Path) -> list[tuple[int, str]]:
    """The hours that are packed, counted from the first one, and of which endpoints."""
    query = "select hour - ?, key from looks_by_hour join endpoints e on e.id = endpoint_id order by 1, 2"
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query, (HOUR,)).fetchall()


def all_samples(ledger: Ledger, key: str) -> list[Sample]:
    return list(ledger.samples(key, 0, FOREVER_MS))


def late(ledger: Ledger, index: int, key: str = KEYS[0]) -> Sample:
    """Record an observation that nobody expected any more."""
    ledger.record(Observation(key, T0 + index * EVERY + 100, Finding(Outcome.DOWN, duration_us=77)), EVERY_MS)
    assert ledger.flush(DEADLINE_S)
    return T0 + index * EVERY + 100, Outcome.DOWN, 77, None


sample_lists = st.lists(
    st.tuples(
        st.integers(0, HOUR_MS - 1),
        st.sampled_from(Outcome),
        st.integers(0, 2**62),
        st.none() | st.integers(0, 2**62),
    )
)


@given(sample_lists)
def test_what_is_unpacked_is_what_was_packed(samples: list[Sample]) -> None:
    hours, hour = PackedHours.of(MEANINGS), 490_000
    samples = sorted(((hour * HOUR_MS + one[0], *one[1:]) for one in samples), key=lambda one: one[0])
    given_samples = Samples.of(samples)
    unpacked = hours.opened(hours.closed(given_samples, 7, hour), 7, hour)
    assert unpacked == given_samples
    assert list(unpacked or ()) == samples


def test_packed_hours_give_what_the_observations_give(path: Path) -> None:
    with opened(path) as ledger:
        before = {key: all_samples(ledger, key) for key in KEYS}
        ledger.keep_samples(KEYS, T0 + 2 * HOUR_MS, T0 + 7 * HOUR_MS + 1)
        assert before == {key: told(key) for key in KEYS}
        assert {key: all_samples(ledger, key) for key in KEYS} == before
        part = T0 + HOUR_MS + 1, T0 + 3 * HOUR_MS - 1
        assert list(ledger.samples(KEYS[0], *part)) == [one for one in told(KEYS[0]) if part[0] <= one[0] < part[1]]
    assert packed(path) == [(hour, key) for hour in range(2, 7) for key in KEYS]


def test_many_endpoints_are_read_at_once_each_ascending(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep_samples(KEYS[:1], T0, T0 + 5 * HOUR_MS)
        found = {key: Samples() for key in (*KEYS, "custody/never-seen")}
        for key, several in ledger.columns(tuple(found), 0, FOREVER_MS):
            found[key].extend(several)
    assert {key: list(several) for key, several in found.items()} == {
        **{key: told(key) for key in KEYS},
        "custody/never-seen": [],
    }


def test_hours_before_the_record_are_not_packed_and_quiet_ones_are(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep_samples(KEYS[:1], T0 - 5 * HOUR_MS, T0 + (HOURS + 2) * HOUR_MS)
    assert packed(path) == [(hour, KEYS[0]) for hour in range(HOURS + 2)]


def test_a_late_sample_is_read_although_its_hour_was_packed(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep_samples(KEYS, T0, T0 + 9 * HOUR_MS)
        expected = sorted([*told(KEYS[0]), late(ledger, 20)])
        assert all_samples(ledger, KEYS[0]) == expected
    assert set(packed(path)) == {(hour, key) for hour in range(9) for key in KEYS} - {(3, KEYS[0])}
    assert check(path, lambda *_: None).problems == ()
    with opened(path) as ledger:  # the next start packs it anew
        ledger.keep_samples(KEYS, T0, T0 + 9 * HOUR_MS)
        assert all_samples(ledger, KEYS[0]) == expected
    assert packed(path) == [(hour, key) for hour in range(9) for key in KEYS]


def test_a_sample_that_comes_in_while_its_hour_is_packed_keeps_it_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples_of = PackedHours.samples_of
    with opened(path) as ledger:

        def slowly(*given: Any) -> Any:
            found = samples_of(*given)
            if not came:
                came.append(late(ledger, 20))
            return found

        came: list[Sample] = []
        monkeypatch.setattr(PackedHours, "samples_of", slowly)
        ledger.keep_samples(KEYS, T0 + 3 * HOUR_MS, T0 + 5 * HOUR_MS)
        assert all_samples(ledger, KEYS[0]) == sorted([*told(KEYS[0]), *came])
    assert packed(path) == [(4, key) for key in KEYS]


def test_hours_that_nobody_asks_for_any_more_are_thrown_away(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep_samples(KEYS, T0, T0 + 9 * HOUR_MS)
        ledger.keep_samples(KEYS, T0 + (SPARE_HOURS + 4) * HOUR_MS, T0 + 10 * HOUR_MS)
        assert {hour for hour, _ in packed(path)} == set(range(4, 10))
        assert all_samples(ledger, KEYS[0]) == told(KEYS[0])


def test_a_body_that_nobody_packed_is_found_and_not_believed(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep_samples(KEYS, T0, T0 + 3 * HOUR_MS)
    beyond = zlib.compress(b"\x7f" * 50)  # two observations, at instants that no integer of the database can tell
    bodies = b"garbage", PackedHours.of(MEANINGS).closed(Samples(), 1, HOUR), beyond
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for hour, body in enumerate(bodies):
            database.execute("update looks_by_hour set body = ? where hour = ?", (body, HOUR + hour))
    (problem,) = check(path, lambda *_: None).problems
    assert "6 packed hours disagree with the observations" in problem
    assert "rebuild-spans" in problem
    with read_only(path) as reader:
        for begin_ms in (T0, T0 + 2 * HOUR_MS):
            found = reader.samples(KEYS[0], begin_ms, begin_ms + HOUR_MS)
            assert list(found) == [one for one in told(KEYS[0]) if begin_ms <= one[0] < begin_ms + HOUR_MS]
    rebuild_spans(path, lambda *_: None)
    assert packed(path) == []
    assert check(path, lambda *_: None).problems == ()


def test_a_ledger_of_an_earlier_version_gets_the_table(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("drop table looks_by_hour")
        database.execute("delete from _sqlite_migrations where name = 'm0004_looks_by_hour'")
    with opened(path) as ledger:
        ledger.keep_samples(KEYS, T0, T0 + HOUR_MS)
        assert all_samples(ledger, KEYS[0]) == told(KEYS[0])
    assert packed(path) == [(0, key) for key in KEYS]
