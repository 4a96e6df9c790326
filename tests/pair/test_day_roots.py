"""Two ledgers of the same day are equal whatever the order in which it came in; else the first difference is named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.reading.day_rows import DAY_MS, DayRows
from sla_monitor.ledger.recording.attached_files import attach
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.pair import day_roots
from sla_monitor.pair.day_roots import Answer, Difference, Question, Teller, difference
from sla_monitor.register.attachments import attached_file
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason
from tests.pair.support import said
from tests.register.saying import T0

UP = Finding(Outcome.UP, duration_us=900, phases=Phases(1, 2, 3, 4, 5), address="192.0.2.1", status=200)
DOWN = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer", 900_000)
KEYS = "small/login", "small/login@north", "small/portal@north", "custody/desk@south"


def seen() -> list[Observation]:
    return [Observation(key, T0 + number * 60_000, UP if number % 7 else DOWN) for key in KEYS for number in range(50)]


def ledger(path: Path, several: Iterable[Observation], entries: Iterable[str] = ("A", "B")) -> DayRows:
    with Ledger.open(path, SystemClock(), commit_within_ms=5) as ledger:
        for one in several:
            ledger.record(one, 60_000)
        assert ledger.flush(20)
    for name in entries:
        Register(path).add([said(name)])
    return DayRows(path)


def compared(here: DayRows, there: DayRows, without: Iterable[str] = ()) -> Difference | None:
    with here, there:
        return difference(T0, Teller(here, list(without)), Teller(there, list(without)))


def test_the_order_in_which_it_came_in_does_not_matter(tmp_path: Path) -> None:
    by_time = sorted(seen(), key=lambda one: one.at_ms)
    assert compared(ledger(tmp_path / "a.db", seen()), ledger(tmp_path / "b.db", by_time)) is None


def test_another_day_does_not_matter(tmp_path: Path) -> None:
    later = [*seen(), *(replace(one, at_ms=one.at_ms + DAY_MS) for one in seen()[:3])]
    with ledger(tmp_path / "a.db", seen()) as here, ledger(tmp_path / "b.db", later) as there:
        assert difference(T0, Teller(here), Teller(there)) is None
        found = difference(T0 + DAY_MS, Teller(here), Teller(there))
        assert found is not None
        assert (found.key, found.at_ms, found.here) == (KEYS[0], T0 + DAY_MS, None)
        assert list(there.days(T0 + 2 * DAY_MS)) == [T0 + DAY_MS, T0]


def test_what_one_has_and_the_other_has_not_is_named(tmp_path: Path) -> None:
    lacking = [one for one in seen() if (one.endpoint, one.at_ms) != (KEYS[2], T0 + 11 * 60_000)]
    found = compared(ledger(tmp_path / "a.db", seen()), ledger(tmp_path / "b.db", lacking))
    assert found is not None
    assert (found.key, found.at_ms, found.there) == (KEYS[2], T0 + 11 * 60_000, None)
    assert json.loads(found.here or "")[2] == "up"
    assert found.told("east", "west") == f"{KEYS[2]} at 2026-01-01T00:11:00Z: east has up, west has nothing"


def test_each_column_that_people_see_counts(tmp_path: Path) -> None:
    others = (
        replace(UP, duration_us=901), replace(UP, status=201), replace(UP, address="192.0.2.2"),
        replace(UP, phases=Phases(1, 2, 3, 4, 6)), replace(UP, body_bytes=1), replace(UP, certificate_expires_at_s=1),
        replace(DOWN, detail="no answer at all"), replace(DOWN, reason=Reason.CONNECTION_REFUSED),
    )  # fmt: skip
    plain = [Observation(f"small/{number}", T0, UP if number < 6 else DOWN) for number in range(8)]
    changed = [replace(one, finding=finding) for one, finding in zip(plain, others, strict=True)]
    with ledger(tmp_path / "a.db", plain) as here, ledger(tmp_path / "b.db", changed) as there:
        ours, theirs = here.digests(T0)[0], there.digests(T0)[0]
        assert len(ours) == 8
        assert all(ours[key] != theirs[key] for key in ours)
        found = difference(T0, Teller(here), Teller(there))
        assert found is not None
        assert (found.at_ms, found.here != found.there) == (T0, True)
        of_first = Difference(T0, "small/0", T0, *(rows.lines(T0, "small/0", 0)[0] for rows in (here, there)))
        told = of_first.told("east", "west")
        assert told == "small/0 at 2026-01-01T00:00:00Z: duration_us is 900 at east and 901 at west"


def test_an_entry_that_is_another_is_named_and_what_is_each_ones_own_is_left_out(tmp_path: Path) -> None:
    found = compared(ledger(tmp_path / "a.db", seen()), ledger(tmp_path / "b.db", seen(), ("A", "C")))
    assert found is not None
    assert found.key == "register"
    assert json.loads(found.here or "")[0] == json.loads(found.there or "")[0] == 2
    assert found.told("east", "west").startswith("register at 2026-01-01T00:00:00.001Z: digest is ")
    lacking = Difference(T0, "register", T0, None, found.there)
    assert lacking.told("east", "west").endswith("east has nothing, west has entry 2, ticket by ann")
    more = [*seen(), Observation("small/job", T0, UP)]
    assert compared(ledger(tmp_path / "c.db", seen()), ledger(tmp_path / "d.db", more), ["small/job"]) is None


def test_entries_travel_in_answers_that_a_server_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_roots, "AT_ONCE", 2)
    several = [f"{number}" for number in range(5)]
    with ledger(tmp_path / "a.db", (), several) as here, ledger(tmp_path / "b.db", (), [*several[:4], "x"]) as there:
        answers = list[Answer]()

        def ask(question: Question) -> Answer:
            answers.append(Teller(there)(question))
            return answers[-1]

        found = difference(T0, Teller(here), ask)
    assert found is not None
    assert json.loads(found.here or "")[0] == json.loads(found.there or "")[0] == 5
    assert [len(one["lines"]) for one in answers if "lines" in one] == [2, 2, 1, 0]


def test_a_file_that_one_has_not_attached_is_named_and_their_order_does_not_matter(tmp_path: Path) -> None:
    files = [attached_file(f"{name}.txt", b"As agreed.", 100) for name in ("one", "two")]
    for place, several in enumerate((files, files[::-1], files[:1])):
        path = tmp_path / f"{place}.db"
        ledger(path, seen()).close()
        for file in several:
            attach(path, "small", [1], [file], {file.digest: b"As agreed."}, at_ms=T0 + 5, actor="ann")
    assert compared(DayRows(tmp_path / "0.db"), DayRows(tmp_path / "1.db")) is None
    found = compared(DayRows(tmp_path / "0.db"), DayRows(tmp_path / "2.db"))
    assert found is not None
    assert (found.key, found.at_ms, found.there) == ("register", T0 + 5, None)
    assert found.told("east", "west").endswith("east has two.txt attached to entry 1 by ann, west has nothing")
