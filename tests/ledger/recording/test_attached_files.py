"""Files that go with entries: once, however often that is said, and known before what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.recording.attached_files import attach, rows_to_attach, take_attachments
from sla_monitor.ledger.recording.common_entries import digest_at
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.attachments import attached_file
from tests.ledger.earlier import put_back
from tests.pair.support import said
from tests.register.saying import T0

NOTE = b"As agreed."
FILE = attached_file("note.txt", NOTE, 100)
CONTENTS = {FILE.digest: NOTE}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with one entry and a file."""
    path = tmp_path / "ledger.db"
    for _ in range(2):
        added = Register.open(path, SystemClock()).add([said("A")], once="form", files=CONTENTS, attached=[FILE])
        assert added == (1,)
    return path


def attached(path: Path) -> list[tuple[int, str, bool]]:
    with read_only(path) as reader:
        return [(one.entry, one.file.name, one.is_here) for one in reader.attachments()]


def test_what_is_attached_again_is_there_once(path: Path) -> None:
    for actor in ("ann", "bo"):
        attach(path, "small", [1], [FILE], CONTENTS, at_ms=T0 + 5, actor=actor)
    assert attached(path) == [(1, "note.txt", True)]


def test_a_ledger_of_an_earlier_version_keeps_its_files(path: Path) -> None:
    put_back(path, "m0017_attachments_ahead")
    Register.open(path, SystemClock())
    assert attached(path) == [(1, "note.txt", True)]
    assert not check(path, lambda *_: None).problems


def test_what_the_other_one_attached_is_known_before_it_is_here_and_goes_with_that_entry_alone(path: Path) -> None:
    more = attached_file("more.txt", b"More.", 100)
    first, second = rows_to_attach([1, 2], [more], T0, "bo")
    sealed = digest_at(path, 1) or ""
    for _ in range(2):
        assert take_attachments(path, [(sealed, first), ("d" * 64, second)], T0) == 1
    assert take_attachments(path, [("d" * 64, first)], T0) == 0
    assert attached(path) == [(1, "note.txt", True), (1, "more.txt", False)]
    assert not check(path, lambda *_: None).problems
    with read_only(path) as reader:
        with pytest.raises(LedgerError, match=r"more\.txt .* is held by the other collector of the pair"):
            reader.kept_file(more.digest)
        with pytest.raises(LedgerError, match="no file dddddddddddd was put into the record"):
            reader.kept_file("d" * 64)
    attach(path, "small", [1], [more], {more.digest: b"More."}, at_ms=T0 + 5, actor="ann")  # the other one is lost
    assert attached(path) == [(1, "note.txt", True), (1, "more.txt", True)]
