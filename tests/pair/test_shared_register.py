"""What is entered at one collector of a pair is in both registers, once, in one order, whatever is cut or lost."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from sla_monitor.daemon import following
from sla_monitor.errors import LedgerError, LedgerLocked, LineError
from sla_monitor.ledger.recording import common_entries
from sla_monitor.ledger.recording.common_entries import WIDTH, tail
from sla_monitor.ledger.recording.register_entries import Overtaken, Register
from sla_monitor.pair import shared_register
from sla_monitor.signing import SigningKey
from sla_monitor.transport import line as line_module
from sla_monitor.transport.entry_log import Entered, EntryLog, packed, sealed
from sla_monitor.transport.line import FarConnection, once
from tests.pair.support import are_the_same, names, paired, register, said, trouble
from tests.support.nats import Collector, Server, collecting, serving, wait


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for as long as in earnest."""
    monkeypatch.setattr(following, "EVERY_S", 0.5)
    monkeypatch.setattr(shared_register, "PAUSE_S", 0.1)
    monkeypatch.setattr(line_module, "LONGEST_PAUSE_S", 0.3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def test_what_is_entered_at_either_is_in_both_with_one_number_time_and_author(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        assert register(east).add([said("A"), said("B")], read_to=0) == (1, 2)
        assert names(east) == ["A", "B"]
        with pytest.raises(Overtaken):
            register(west).add([said("C")], read_to=0)
        assert names(west) == ["A", "B"], "whoever tries again reads what is there now"
        assert register(west).add([said("C")], read_to=2) == (3,)
        wait(lambda: are_the_same(east, west))
        assert Register(east.path).entries("small") == Register(west.path).entries("small")
        assert not east.ledger.close() or east.path.exists()


def test_those_who_enter_at_the_same_time_come_one_after_the_other(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as both:
        given: list[int] = []

        def enter(place: int) -> None:
            for number in range(5):
                given.extend(register(both[place]).add([said(f"{place}-{number}")]))

        threads = [threading.Thread(target=enter, args=(place,)) for place in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait(lambda: are_the_same(*both))
        assert sorted(given) == list(range(1, 11))
        assert sorted(names(both[0])) == sorted(f"{place}-{number}" for place in (0, 1) for number in range(5))


def test_nothing_is_entered_while_the_server_is_away(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        register(east).add([said("A")])
        wait(lambda: are_the_same(east, west))
        server.kill()
        with pytest.raises(LineError, match="nothing was entered"):
            register(east).add([said("B")])
        assert names(east) == names(west) == ["A"]
        server.start()
        register(east).add([said("B")])
        wait(lambda: names(west) == ["A", "B"])


@pytest.mark.parametrize("is_west_away", [False, True])
def test_a_store_that_is_lost_is_filled_again_from_what_both_have(
    tmp_path: Path, server: Server, is_west_away: bool
) -> None:
    with paired(tmp_path, server) as (east, west):
        register(east).add([said("A"), said("B")])
        wait(lambda: are_the_same(east, west))
        if is_west_away:
            west.stop()
            register(east).add([said("C")])
        server.kill()
        server.delete_store()
        server.start()
        if is_west_away:
            with pytest.raises(LineError, match="west does not say"):
                register(east).add([said("D")])
            west.start()
        wait(lambda: is_entered(west, "D"))
        wait(lambda: are_the_same(east, west))
        assert names(east) == names(west) == ["A", "B", *(["C"] if is_west_away else []), "D"]


def is_entered(one: Collector, name: str) -> bool:
    """Whether it could be; what is refused while a server starts is refused whole."""
    with suppress(LineError):
        register(one).add([said(name)])
        return True
    return False


def test_registers_that_are_not_the_same_are_told_and_nothing_is_entered(tmp_path: Path, server: Server) -> None:
    for name in ("east", "west"):
        with collecting(tmp_path / name, server.settings("collector"), name=name) as one:
            Register(one.path).add([said(name)])
    with (
        collecting(tmp_path / "east", server.settings("collector"), name="east") as east,
        collecting(tmp_path / "west", server.settings("collector"), name="west") as west,
    ):
        wait(lambda: "not the same" in trouble(east) or "not the same" in trouble(west))
        with pytest.raises(LedgerError, match=r"not the same|another one"):
            register(east).add([said("B")])
        assert (names(east), names(west)) == (["east"], ["west"])


def test_an_answer_that_never_comes_leaves_no_doubt(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line breaks after the server has the entry, and before: it is found out which."""
    with paired(tmp_path, server) as (east, west):
        put = EntryLog.put
        for place, is_kept in enumerate((True, False)):
            broken: list[bytes] = []

            async def break_once(
                self: EntryLog,
                data: bytes,
                after: int,
                is_kept: bool = is_kept,
                broken: list[bytes] = broken,
            ) -> int:
                if broken:
                    return await put(self, data, after)
                broken.append(data)
                if is_kept:
                    await put(self, data, after)
                raise LineError("cut")

            monkeypatch.setattr(EntryLog, "put", break_once)
            assert register(east).add([said(f"{place}")]) == (place + 1,)
            assert broken
            monkeypatch.setattr(EntryLog, "put", put)
        wait(lambda: are_the_same(east, west))
        assert names(west) == ["0", "1"]
        assert tail(west.path).number == 2


def test_a_submission_that_comes_again_at_the_other_one_is_not_entered_again(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        assert register(east).add([said("A")], once="form-1") == (1,)
        assert register(west).add([said("A")], once="form-1") == (1,)
        assert register(west).add([said("B")], once="form-2") == (2,)
        wait(lambda: are_the_same(east, west))
        assert names(east) == ["A", "B"]


def test_entries_of_a_later_release_wait_until_it_is_there(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        register(east).add([said("A")])
        wait(lambda: are_the_same(east, west))
        last, key = tail(east.path), SigningKey.read(tmp_path / "ledger.key")
        nats = east.settings.sites.nats
        assert nats is not None

        async def say(connection: FarConnection) -> None:
            entries = EntryLog(connection)
            before = await entries.last()
            rows: list[tuple[int | str | None, ...]] = [(2, *("x",) * WIDTH)]
            message = sealed(Entered("west", *last, "d" * 64, packed(rows)), key)
            await entries.put(message, 0 if before is None else before.place)

        once(nats, shared_register.INBOX, say)
        wait(lambda: all("a later release" in trouble(one) for one in (east, west)))
        with pytest.raises(LineError, match="a later release"):
            register(east).add([said("B")])
        assert names(east) == names(west) == ["A"]


def test_a_second_collector_of_one_name_is_told(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server):
        (tmp_path / "more").mkdir()
        shutil.copy(tmp_path / "ledger.key", tmp_path / "more")
        with collecting(tmp_path / "more" / "west", server.settings("collector"), name="west") as other:
            wait(lambda: "calls itself west" in trouble(other))
            assert other.following is not None
            assert any("calls itself west" in one for one in other.following.troubles())


def test_files_that_an_entry_names_come_with_it_also_from_the_other_one(tmp_path: Path, server: Server) -> None:
    body = b"id: small\n"
    digest = sha256(body).hexdigest()
    with paired(tmp_path, server) as (east, west):
        register(east).add([said("A").model_copy(update={"evidence": digest})], files={digest: body})
        wait(lambda: are_the_same(east, west))
        assert kept(west, digest) == kept(east, digest) == body
        west.stop()
        shutil.rmtree(west.path.parent)
        server.kill()
        server.delete_store()  # the stream has nothing: west asks east
        server.start()
        west.path.parent.mkdir()
        west.start()
        wait(lambda: are_the_same(east, west))
        assert names(west) == ["A"]
        wait(lambda: kept(west, digest) == body)


def kept(one: Collector, digest: str) -> bytes | None:
    with closing(sqlite3.connect(one.path)) as database:
        row = database.execute("select body from kept_files where digest = ?", (digest,)).fetchone()
    return None if row is None else bytes(row[0])


def test_what_is_entered_while_the_own_ledger_is_locked_is_said_to_be_entered(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with paired(tmp_path, server) as (east, west):
        monkeypatch.setattr(common_entries, "PATIENCE_SECONDS", 0.2)
        with closing(sqlite3.connect(east.path, isolation_level=None)) as somebody:
            somebody.execute("begin immediate")
            with pytest.raises(LedgerLocked, match=r"up to number 1.*do not enter it again"):
                register(east).add([said("A")])
            assert names(east) == []
            somebody.execute("rollback")
        wait(lambda: names(east) == names(west) == ["A"])
