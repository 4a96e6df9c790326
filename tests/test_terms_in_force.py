"""Which terms are in force of a contract, whatever its file says by now."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.kept_files import record_in_force
from sla_monitor.terms_in_force import ContractInForce, contracts_in_force
from tests.support.approvals import HOLIDAYS, TermsOffice

YEAR_MS = 366 * 86_400_000


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The terms with a target of 99.9 are proposed and approved."""
    one = TermsOffice.furnished(tmp_path_factory.mktemp("terms"))
    one.approve(one.propose(one.file))
    return one.folder


@pytest.fixture
def office(approved: Path, tmp_path: Path) -> TermsOffice:
    shutil.copytree(approved, tmp_path, dirs_exist_ok=True)
    return TermsOffice(tmp_path)


def found(office: TermsOffice, in_ms: int = 0) -> ContractInForce:
    with read_only(office.ledger) as reader:
        (one,) = contracts_in_force(office.read(), reader, SystemClock().now_ms() + in_ms)
    return one


def target(one: ContractInForce) -> str:
    kpi = one.contract.versions[0].terms.kpis[0]
    return f"{kpi.target}"


def test_the_approved_file_is_in_force_and_nothing_is_told(office: TermsOffice) -> None:
    one = found(office)
    assert (target(one), one.problems, one.approval) == ("99.9", (), 2)
    assert one.contract is one.file


def _other_target(office: TermsOffice) -> None:
    office.write("contracts", "50")


def _other_calendar(office: TermsOffice) -> None:
    (office.folder / "calendars/gb.yaml").write_text(HOLIDAYS.replace("{}", "{2026-12-25: Christmas}"))


@pytest.mark.parametrize("change", [_other_target, _other_calendar])
def test_a_changed_file_is_not_in_force_and_is_told(office: TermsOffice, change: Callable[[TermsOffice], None]) -> None:
    change(office)
    one = found(office)
    assert (target(one), one.problems) == ("99.9", ("file_differs",))
    assert one.contract.versions[0].terms.calendars["office"].holidays == frozenset()
    (told,) = one.told()
    assert told.startswith(f"{office.file} is not in force: ")
    assert "the terms that entry 2 approved go on" in told


def test_a_proposal_alone_changes_nothing_and_an_approval_does(office: TermsOffice) -> None:
    number = office.propose(office.write("contracts", "50"))
    assert target(found(office)) == "99.9"
    office.approve(number)
    one = found(office)
    assert (target(one), one.problems, one.approval) == ("50", (), 4)


def test_terms_of_a_later_day_wait_for_it_and_the_file_may_lie_ready(office: TermsOffice) -> None:
    office.approve(office.propose(office.write("contracts", "50"), "--from", "2039-06-01"))
    now, later = found(office), found(office, 15 * YEAR_MS)
    assert (target(now), now.problems, target(later), later.problems) == ("99.9", (), "50", ())
    assert now.next_ms is not None
    assert later.next_ms is None


def test_a_file_that_nobody_replaced_is_told_once_new_terms_are_in_force(office: TermsOffice) -> None:
    office.approve(office.propose(office.write("drafts", "50")))
    one = found(office)
    assert (target(one), one.problems) == ("50", ("file_differs",))


def test_a_contract_whose_file_is_gone_goes_on(office: TermsOffice) -> None:
    record_in_force(office.ledger, "small", found(office).contract.files, 1, 2)
    (office.folder / "contracts/other.yaml").write_text(office.file.read_text().replace('"small"', '"other"'))
    office.file.unlink()
    with read_only(office.ledger) as reader:
        other, gone = contracts_in_force(office.read(), reader, SystemClock().now_ms())
        assert contracts_in_force(office.read(), reader, SystemClock().now_ms() + 20 * YEAR_MS)[1:] == [], (
            "it has ended"
        )
    assert (other.contract.id, other.problems) == ("other", ("not_approved",))
    assert (gone.contract.id, target(gone), gone.problems) == ("small", "99.9", ("file_missing",))


def test_before_any_approval_what_was_in_force_when_that_was_asked_first_stays(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    first = found(office)
    assert (target(first), first.problems, first.approval) == ("99.9", ("not_approved",), 0)
    record_in_force(office.ledger, "small", first.contract.files, 1)
    office.write("contracts", "50")
    one = found(office)
    assert (target(one), one.problems) == ("99.9", ("not_approved", "file_differs"))


def test_without_the_setting_the_file_is_in_force(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path, "recorded")
    office.approve(office.propose(office.file))
    office.write("contracts", "50")
    one = found(office)
    assert (target(one), one.problems, one.approval) == ("50", (), 0)


def test_kept_files_that_make_no_contract_are_told_and_the_file_goes_on(tmp_path: Path) -> None:
    """To watch nothing at all would lose what is never seen again."""
    office = TermsOffice.furnished(tmp_path)
    files = found(office).contract.read_files
    record_in_force(office.ledger, "small", replace(files, contract=b"services: [", contents={}), 1)
    one = found(office)
    assert (target(one), one.problems) == ("99.9", ("not_approved", "file_differs", "unreadable"))
    assert "cannot be read from the ledger" in one.told()[-1]


def test_commands_work_by_the_terms_in_force_and_say_so(office: TermsOffice) -> None:
    office.write("contracts", "50")
    said = office.done("assess", "small", "--period", "2024-02")
    assert "99.9" in said.out
    assert "50" not in said.out
    assert "small.yaml is not in force" in said.err


def test_nobody_enters_by_a_file_that_is_not_in_force(office: TermsOffice) -> None:
    """A sign-off would be of figures that the terms in force do not give."""
    path = office.write("drafts", "50")
    said = office.run("register", "add", "minute", str(path), "--month", "2026-09", "--note", "x", actor="ann")
    assert said.code == 1
    assert "is not in force (name the contract by its id: small)" in said.err
