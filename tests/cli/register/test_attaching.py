"""Files with entries, as they are typed: in the chain, in every copy of the ledger, and handed out by their digest."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.ledger.housekeeping.checking import backup, check
from tests.register.office import Office

MAIL = b"From: a@x.example\nDate: Mon, 5 Feb 2024 10:00:00 +0000\n\nWe were told.\n"
DISPUTE = ("--party", "supplier", "--start", "2024-02-05 10:00", "--end", "2024-02-05 12:00", "--note", "no")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_goes_with_its_entry_and_comes_back_as_it_was(office: Office, tmp_path: Path) -> None:
    mail = office.file(MAIL, "mail.eml")
    office.done("add", "dispute", "small", *DISPUTE, "--attach", mail, "--attach", office.file("a,b\n", "list.csv"))
    shown = office.done("show", "small", "1").out
    assert f"attached     mail.eml, {len(MAIL)} bytes, {digest(MAIL)[:12]} (by ann)" in shown
    one, other = office.done("show", "small", "1", "--format", "json").json["entry"]["attachments"]
    assert (one["name"], one["type"], one["sha256"], one["size"]) == (
        "mail.eml", "message/rfc822", digest(MAIL), len(MAIL)
    )  # fmt: skip
    assert other["name"] == "list.csv"
    for _ in range(2):
        office.done("attach", "small", "1", office.file(b"%PDF-1.7", "later.pdf"), actor="bob")
    assert office.done("show", "small", "1").out.count("later.pdf, 8 bytes") == 1
    put = tmp_path / "out"
    assert office.run("attachment", digest(MAIL)[:10], "--output", str(put)).code == 0
    assert put.read_bytes() == MAIL
    copy = tmp_path / "copy.db"
    backup(office.ledger, copy, lambda _, __: None)
    assert office.run("attachment", digest(MAIL), "--output", str(put), "--ledger", str(copy)).code == 0
    assert not check(copy, lambda _, __: None).problems
    tamper(office.ledger)
    assert any("kept file 1" in line for line in check(office.ledger, lambda _, __: None).problems)
    refused = office.run("attachment", digest(MAIL), "--output", str(put))
    assert (refused.code, "is not as it was put into the record" in refused.err) == (1, True)


def tamper(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as database:
        (sql,) = database.execute("select sql from sqlite_master where name = 'kept_files_no_update'").fetchone()
        database.execute("drop trigger kept_files_no_update")
        database.execute("update kept_files set body = ? where id = 1", (b"x" * len(MAIL),))
        database.execute(sql)
        database.commit()


def test_what_is_refused_leaves_nothing_behind(office: Office) -> None:
    said = office.run("add", "dispute", "small", *DISPUTE, "--attach", office.file("<svg/>", "x.svg"))
    assert (said.code, "of a type that is not kept" in said.err) == (1, True)
    settings = office.folder / "sla-monitor.yaml"
    settings.write_text(f"{settings.read_text()}attachments: {{file: 100, total: 120}}\n")
    large = office.run("add", "dispute", "small", *DISPUTE, "--attach", office.file("x" * 101, "x.txt"))
    assert "more than 100 (see attachments.file)" in large.err
    office.done("add", "dispute", "small", *DISPUTE, "--attach", office.file("x" * 100, "x.txt"))
    full = office.run("attach", "small", "1", office.file("y" * 30, "y.txt"))
    assert (full.code, "(see attachments.total)" in full.err) == (1, True)
    none = office.run("attach", "small", "9", office.file("y", "y.txt"))
    assert (none.code, "there is no entry 9" in none.err) == (1, True)
    assert [each["number"] for each in office.done("list", "small", "--format", "json").json["entries"]] == [1]


def test_a_digest_that_says_too_little_or_nothing_is_told(office: Office) -> None:
    for words, told in (("abc", "give at least 8 digits"), ("0" * 64, "no attached file has")):
        said = office.run("attachment", words, "--output", str(office.folder / "x"))
        assert (said.code, told in said.err) == (1, True)
