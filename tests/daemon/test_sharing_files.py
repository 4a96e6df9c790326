"""Files that go with entries are at both collectors of a pair, once, however large, whoever is killed or replaced."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.daemon import following, sharing_files
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.housekeeping.restoring import restore
from sla_monitor.ledger.reading.day_rows import DAY_MS, DayRows
from sla_monitor.ledger.recording.attached_files import attach
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.pair import shared_register
from sla_monitor.pair.day_roots import Teller, difference
from sla_monitor.register.attachments import AttachedFile, attached_file
from sla_monitor.transport import line as line_module
from tests.daemon import file_worker
from tests.pair.support import paired, register, said, trouble
from tests.register.saying import T0
from tests.support.nats import Collector, Server, serving, wait

LARGE = b"%PDF-" + b"".join(sha256(f"{number}".encode()).digest() for number in range(50_000))
"""More than a message may have, and nothing that could be packed into one."""
NOTE = b"As agreed on the phone.\n"
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.daemon.file_worker"])


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for as long as in earnest."""
    monkeypatch.setattr(following, "EVERY_S", 0.5)
    monkeypatch.setattr(following, "FETCH_EVERY_S", 0.1)
    monkeypatch.setattr(sharing_files, "AT_ONCE", 3)
    monkeypatch.setattr(shared_register, "PAUSE_S", 0.1)
    monkeypatch.setattr(line_module, "LONGEST_PAUSE_S", 0.3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def papers(**several: bytes) -> tuple[dict[str, bytes], list[AttachedFile]]:
    """Files as a command has them, by the stem of their names."""
    made = [
        attached_file(f"{name}.{'pdf' if body[:1] == b'%' else 'txt'}", body, 1 << 24) for name, body in several.items()
    ]
    return {sha256(body).hexdigest(): body for body in several.values()}, made


def attached(one: Collector) -> list[tuple[int, str, str, bool]]:
    with read_only(one.path) as reader:
        return sorted((each.entry, each.file.name, each.actor, each.is_here) for each in reader.attachments())


def have(*several: Collector, count: int) -> None:
    """All of it, with what it holds, and the same day."""
    wait(lambda: all(len(attached(one)) == count and all(each[3] for each in attached(one)) for one in several))
    first = attached(several[0])
    assert all(attached(one) == first for one in several)
    with DayRows(several[0].path) as here, DayRows(several[-1].path) as there:
        for day_ms in {T0 // DAY_MS * DAY_MS, int(time.time() * 1000) // DAY_MS * DAY_MS}:
            assert difference(day_ms, Teller(here), Teller(there)) is None


def content(one: Collector, body: bytes) -> bytes:
    with read_only(one.path) as reader:
        return reader.kept_file(sha256(body).hexdigest())


def test_what_is_attached_at_either_is_at_both_however_large_and_whenever(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        contents, files = papers(large=LARGE, note=NOTE)
        for _ in range(2):
            done = register(east).add([said("A"), said("B")], once="form-1", files=contents, attached=files)
            assert done == (1, 2)
        assert [each[:2] for each in attached(east)] == [
            (entry, name) for entry in (1, 2) for name in ("large.pdf", "note.txt")
        ]
        have(east, west, count=4)
        assert content(west, LARGE) == LARGE
        contents, files = papers(late=NOTE, more=LARGE[:-1] + b"!", three=b"3", four=b"4", five=b"5")
        wait(lambda: Register(west.path).last_number("small") == 2)
        for _ in range(2):
            attach(west.path, "small", [2], files, contents, at_ms=int(time.time() * 1000), actor="bo")
        have(east, west, count=9)
        large = b"id: small\n" + LARGE.hex().encode()
        digest = sha256(large).hexdigest()
        register(west).add([said("C").model_copy(update={"evidence": digest})], files={digest: large})
        wait(lambda: not east.following.files.lacking and Register(east.path).last_number("small") == 3)  # type: ignore[union-attr]
        wait(lambda: is_kept(east, large))
        assert content(east, large) == large
        assert not trouble(east)


def is_kept(one: Collector, body: bytes) -> bool:
    try:
        return content(one, body) == body
    except LedgerError:
        return False


def test_who_is_killed_in_between_leaves_an_entry_with_its_files_and_a_replaced_one_has_them(
    tmp_path: Path, server: Server
) -> None:
    """The command is killed when the server has the entry and no ledger has, and its own collector does not run."""
    with paired(tmp_path, server) as (east, west):
        register(east).add([said("A")])
        contents, files = papers(large=LARGE, note=NOTE)
        east.stop()
        killed = FORKED.Process(
            target=file_worker.main, args=(east.path, server.settings("collector"), contents, files)
        )
        killed.start()
        killed.join()
        assert killed.exitcode == -signal.SIGKILL
        assert Register(east.path).last_number("small") == 1

        wait(lambda: len(attached(west)) == 2)
        assert [each[1:] for each in attached(west)] == [("large.pdf", "ann", False), ("note.txt", "ann", True)]
        with pytest.raises(
            LedgerError, match=r"large\.pdf .* held by the other collector of the pair, and not here yet"
        ):
            content(west, LARGE)
        assert west.following is not None
        wait(lambda: bool(west.following.files.lacking))  # type: ignore[union-attr]
        assert any(line.startswith("1 file is held by the other collector") for line in west.following.troubles())
        assert west.following.metrics()[names.PAIR_IN_STEP] == [((), False)]
        assert register(west).add([said("B")], once="form-1", files=contents, attached=files) == (2,)

        east.start()
        have(east, west, count=2)
        wait(lambda: not west.following.files.lacking)  # type: ignore[union-attr]
        assert content(west, LARGE) == LARGE

        copy = tmp_path / "copy.db"
        backup(east.path, copy, lambda *_: None)
        west.stop()
        shutil.rmtree(west.path.parent)
        contents, files = papers(later=b"later", larger=LARGE + LARGE)
        attach(east.path, "small", [1], files[:1], contents, at_ms=int(time.time() * 1000), actor="cy")
        west.path.parent.mkdir()
        restore(copy, west.path, int(time.time() * 1000), lambda *_: None)
        west.start()
        have(east, west, count=3)
        assert content(west, LARGE) == LARGE
        for one in (east, west):
            assert not check(one.path, lambda *_: None).problems
