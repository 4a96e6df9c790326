"""What came from one file, by the digest that its entries name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.from_file import file_digest, from_one_file, named_file
from tests.register.office import Office

ROWS = """id,priority,opened,ended,evidence
INC1,P1,2024-02-05 09:00,2024-02-05 10:00,call 17
INC2,P1,2024-02-05 09:00,2024-02-05 10:00,
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path)


def numbers(office: Office, number: int) -> list[int]:
    said = Register.open(office.ledger, SystemClock()).entries("small")
    return [one.number for one in from_one_file(said, effective_entries(said).undone, number)]


def test_all_of_a_file_is_found_by_any_row_also_with_evidence_of_its_own_and_replaced(office: Office) -> None:
    for rows in (ROWS, ROWS.replace("10:00,\n", "11:00,\n")):
        office.done("import", "small", office.file(rows), "--kind", "ticket", "--yes")
    said = Register.open(office.ledger, SystemClock()).entries("small")
    assert said[0].evidence == f"call 17; {named_file('tickets.csv', ROWS.encode())}"
    assert numbers(office, 1) == numbers(office, 2) == [1, 2], "the second one would come back with the next undoing"
    assert numbers(office, 3) == [3]
    office.done("undo", "small", "2", "--why", "Another file.", "--yes")
    assert (numbers(office, 1), numbers(office, 2), numbers(office, 4), numbers(office, 99)) == ([1], [], [], [])


@pytest.mark.parametrize("evidence", ["", "call 17", f"SHA-256 {'a' * 64}", f"x, SHA-256 {'A' * 64}", "x, SHA-256 abc"])
def test_other_evidence_names_no_file(evidence: str) -> None:
    assert file_digest(evidence) == ""


def test_a_name_cannot_stand_for_another_file() -> None:
    other = named_file("b.csv", b"b")
    assert file_digest(named_file(other, b"a")) == file_digest(named_file("a.csv", b"a")) != file_digest(other)
