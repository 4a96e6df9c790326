"""Mails of a pair of collectors: whoever sends, and whenever it dies, each is sent once."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from sla_monitor.clock import Clock
from sla_monitor.errors import LineError, ReviewError
from sla_monitor.review.posting import AGAIN_S, IN_DOUBT_S, Posting, outgoing, put_message
from sla_monitor.settings import Mail
from tests.fakes.clock import FakeClock
from tests.review.mail_server import mail_server

NAME = "force-ict-2026-09.0"


class Store:
    """What both read, as the server has it; `away`: it cannot be reached, from so many answers on."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[bytes, int]] = {}
        self.answers = 1_000

    def read(self, key: str) -> tuple[bytes, int]:
        self._count()
        return self.values.get(key, (b"", 0))

    def replace(self, key: str, data: bytes, revision: int) -> int:
        self._count()
        if self.values.get(key, (b"", 0))[1] != revision:
            return 0
        self.values[key] = data, revision + 1
        return revision + 1

    def _count(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise LineError("away")


class One:
    """A collector with its folder."""

    def __init__(self, folder: Path, store: Store, port: int, clock: Clock) -> None:
        self.folder, self.speaks = folder, False
        mail = Mail.model_validate({"host": "127.0.0.1", "port": port, "security": "none", "sender": "m@force.invalid"})
        self.posting = Posting(folder, mail, store, lambda: self.speaks, clock)

    def makes(self) -> None:
        made = EmailMessage()
        made["To"], made["From"], made["Subject"] = "head@force.invalid", "m@force.invalid", "A pack"
        made["Message-ID"] = f"<{self.folder.name}@force.invalid>"
        made.set_content("Points: 15 £")
        put_message(outgoing(self.folder) / f"{NAME}.eml", made)

    def waiting(self) -> list[str]:
        return sorted(file.name for file in outgoing(self.folder).iterdir())


def pair(folder: Path, port: int) -> tuple[One, One, Store, FakeClock]:
    store, clock = Store(), FakeClock()
    east, west = (One(folder / name, store, port, clock) for name in ("east", "west"))
    for one in (east, west):
        one.makes()
    east.speaks = True
    return east, west, store, clock


def test_one_sends_it_and_the_other_throws_its_own_away(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        east, west, *_ = pair(tmp_path, port)
        west.posting.check()
        assert received.commands == []
        east.posting.check()
        west.speaks, east.speaks = True, False  # and takes over
        for one in (west, east):
            one.posting.check()
            assert one.waiting() == []
        assert received.commands.count("DATA") == 1
        assert message_from_bytes(received.message)["Message-ID"] == f"<{NAME}@force.invalid>"


def test_one_that_dies_before_it_sends_is_followed_once_that_is_certain(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        east, west, store, clock = pair(tmp_path, port)
        store.answers = 2  # it has claimed the mail
        east.speaks = True
        asked = iter([True, False])
        east.posting._may_speak = lambda: next(asked)  # and lost the lease before it could send
        east.posting.check()
        assert received.commands == []
        store.answers, west.speaks = 1_000, True
        west.posting.check()
        clock.advance(round(IN_DOUBT_S * 1000) - 1)
        west.posting.check()
        assert received.commands == []
        clock.advance(1)
        west.posting.check()
        assert received.commands.count("DATA") == 1
        assert west.waiting() == []


def test_what_was_sent_and_could_not_be_marked_is_marked_later_and_not_sent_again(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        east, west, store, _ = pair(tmp_path, port)
        store.answers = 2  # read, claim; the mark afterwards is not taken
        east.posting.check()
        assert received.commands.count("DATA") == 1
        assert east.waiting() == [f"{NAME}.sent"]
        store.answers = 1_000
        for one in (west, east, west):
            one.posting.check()
        assert received.commands.count("DATA") == 1
        assert west.waiting() == east.waiting() == []


def test_a_mail_that_the_server_refuses_is_free_for_either(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        pass
    east, west, _, clock = pair(tmp_path, port)
    east.posting.check()
    assert east.posting.failing
    with mail_server() as (port, received):
        again = One(tmp_path / "west", west.posting._marks, port, clock)  # type: ignore[arg-type]
        again.speaks = True
        again.posting.check()
        assert received.commands.count("DATA") == 1
        clock.advance(round(AGAIN_S * 1000))
        east.posting.check()
        assert east.waiting() == []


def test_a_mark_that_nobody_can_read_is_in_doubt(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        east, _, store, clock = pair(tmp_path, port)
        store.values[f"mail.{NAME}"] = b"\xff", 3
        east.posting.check()
        clock.advance(round(IN_DOUBT_S * 1000))
        assert received.commands == []
        east.posting.check()
        assert received.commands.count("DATA") == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReviewError, match="cannot be written"):
        put_message(tmp_path / "file" / "x.eml", EmailMessage())
