"""The outbox on disk: what is put into it is there after a restart, whatever happens to the disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import OutboxError
from sla_monitor.outpost import outbox as outbox_module
from sla_monitor.outpost.outbox import BEGINNING, FarOutbox
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from tests.support.nats import KEY, times, wait

DOWN = Finding(Outcome.DOWN, Reason.TIMEOUT, "no \x00 answer", 1, evidence=bytes(range(256)))


@contextmanager
def opened(path: Path) -> Iterator[FarOutbox]:
    outbox = FarOutbox(path, 1 << 30, SystemClock(), lambda: 7)
    try:
        yield outbox
    finally:
        outbox.close(10)


def saw(count: int, start: int = 0) -> list[Observation]:
    return [Observation(KEY, at_ms, DOWN) for at_ms in times(count, start=start)]


def fill(path: Path) -> None:
    """A file that takes all the room there is."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(os.urandom(4_096))


def test_what_was_put_in_is_there_after_a_restart_in_its_order(tmp_path: Path) -> None:
    path, seen = tmp_path / "var" / "outbox.db", saw(5)
    with opened(path) as outbox:
        outbox.put(seen[:3])
        with pytest.raises(OutboxError, match="another site has it open"):
            FarOutbox(path, 1 << 30, SystemClock(), lambda: None)
        first = outbox.name
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    with opened(path) as outbox:
        outbox.put(seen[3:])
        wait(lambda: not outbox._held)
        entries = outbox.after(BEGINNING, 10)
        assert [one.observation for one in entries] == seen
        assert [(one.name, one.place.sequence) for one in entries] == [
            (first, 1), (first, 2), (first, 3), (outbox.name, 1), (outbox.name, 2),
        ]  # fmt: skip
        assert {one.skew_ms for one in entries} == {7}
        assert outbox.names() == (first, outbox.name)
        assert outbox.oldest_ms() == seen[0].at_ms
        assert outbox.acknowledge({first: 2, outbox.name: 1, "of another host": 9}) == 3
        assert [one.observation for one in outbox.after(BEGINNING, 10)] == [seen[2], seen[4]]
        assert (outbox.waiting, outbox.lost) == (2, 0)


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with opened(tmp_path / "outbox.db") as outbox:
        assert outbox._execute("pragma synchronous") == [(2,)]
        assert outbox._execute("pragma journal_mode") == [("wal",)]


def test_an_outbox_that_is_damaged_is_set_aside_and_probing_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"not a database at all" * 1_000)
    with opened(path) as outbox:
        outbox.put(saw(1))
    (aside,) = tmp_path.glob("outbox.db.damaged-*")
    assert aside.read_bytes().startswith(b"not a database")
    assert "the outbox is damaged and set aside; an empty one is made" in caplog.messages


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table theirs (a)")
    with pytest.raises(OutboxError, match="another program's"):
        FarOutbox(path, 1 << 30, SystemClock(), lambda: None)
    with pytest.raises(OutboxError, match=r"sites\.outpost\.outbox"):
        FarOutbox(path / "below" / "a" / "file", 1 << 30, SystemClock(), lambda: None)


def test_a_full_disk_holds_what_is_seen_in_memory_until_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "PAUSE_S", 0.02)
    monkeypatch.setattr(outbox_module, "MOST_HELD", 2_000)
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", folder], check=True)
    try:
        seen = saw(2_600)
        with opened(folder / "outbox.db") as outbox:
            outbox.put(seen[:100])
            wait(lambda: not outbox._held)
            filler = folder / "filler"
            fill(filler)
            outbox.put(seen[100:2_000])
            wait(lambda: bool(outbox.trouble))
            outbox.put(seen[2_000:])
            assert outbox.waiting == 2_100
            assert (outbox.dropped, outbox.lost) == (500, 0)
            filler.unlink()
            wait(lambda: not outbox._held)
            assert outbox.trouble == ""
            assert [one.observation for one in outbox.after(BEGINNING, 9_999)] == seen[:2_100]
        assert any("cannot be written" in message for message in caplog.messages)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
