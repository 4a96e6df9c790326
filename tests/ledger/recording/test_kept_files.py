"""Files in the record: each once, proved by their digest, and carried by every copy of the ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.contract.load import load_contract, load_kept
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.housekeeping.increment import bring_up_to_date
from sla_monitor.ledger.recording.kept_files import record_in_force
from tests.support.approvals import TermsOffice


@pytest.fixture
def office(tmp_path: Path) -> TermsOffice:
    return TermsOffice.furnished(tmp_path)


def record(office: TermsOffice, at_ms: int) -> str:
    files = load_contract(office.file).read_files
    record_in_force(office.ledger, "small", files, at_ms)
    return files.digest


def problems(path: Path) -> list[str]:
    return list(check(path, lambda _, __: None).problems)


def test_what_was_in_force_is_read_back_and_each_content_is_there_once(office: TermsOffice) -> None:
    digests = [record(office, 1)]
    office.write("contracts", "99")
    digests.append(record(office, 2))
    record_in_force(office.ledger, "small", None, 3)
    with read_only(office.ledger) as reader:
        found = reader.terms_in_force()
        first = load_kept(reader.kept_terms(found[0].parts, found[0].path))
    assert [(one.at_ms, one.digest) for one in found] == [(1, digests[0]), (2, digests[1]), (3, "")]
    assert first.read_files.digest == digests[0]
    with closing(sqlite3.connect(office.ledger)) as database:
        assert database.execute("select count(*) from kept_files").fetchone() == (3,), "two contracts and one calendar"
    assert problems(office.ledger) == []


def test_a_file_that_was_exchanged_is_found_and_never_used(office: TermsOffice) -> None:
    record(office, 1)
    with closing(sqlite3.connect(office.ledger)) as database:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("update kept_files set body = x'00'")
        (sql,) = database.execute("select sql from sqlite_master where name = 'kept_files_no_update'").fetchone()
        database.execute("drop trigger kept_files_no_update")
        database.execute("update kept_files set body = ? where id = 1", (b"x" * 10,))
        database.execute(sql)
        database.commit()
    assert [one for one in problems(office.ledger) if "kept file 1" in one]
    with read_only(office.ledger) as reader:
        (found,) = reader.terms_in_force()
        with pytest.raises(LedgerDamaged, match="kept file 1"):
            reader.kept_terms(found.parts, found.path)


def test_what_was_never_kept_is_told_with_the_remedy(office: TermsOffice) -> None:
    parts = load_contract(office.file).read_files.parts
    with read_only(office.ledger) as reader, pytest.raises(LedgerError, match="propose the terms again"):
        reader.kept_terms(parts, office.file)


def test_backups_have_them_too(office: TermsOffice, tmp_path: Path) -> None:
    record(office, 1)
    copy = tmp_path / "copy.db"
    backup(office.ledger, copy, lambda _, __: None)
    office.write("contracts", "99")
    last = record(office, 2)
    bring_up_to_date(office.ledger, copy)
    with read_only(copy) as reader:
        found = reader.terms_in_force()[-1]
        assert load_kept(reader.kept_terms(found.parts, found.path)).read_files.digest == last
    assert problems(copy) == []
