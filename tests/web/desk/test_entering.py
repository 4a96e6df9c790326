"""What a page of the desk reads and works out: nothing twice, and nothing of contracts that it is not about."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import FrameType

import pytest

from sla_monitor.assess import waiting
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.ledger import HistoryReader
from sla_monitor.ledger.chaining import register_chain
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.periods import working_days
from sla_monitor.register import effective
from sla_monitor.settings.desk.users import RoleGrant
from sla_monitor.web.desk.entering import DeskRegister
from sla_monitor.web.desk.waiting_list import waiting_list
from sla_monitor.web.identity.person import Person
from tests.fakes.clock import FakeClock
from tests.register.office import TERMS
from tests.web.desk.house import new_ledger
from tests.web.desk.side_house import NOW_MS, PARTS, SAID, say

NAMES = ("one", "two", "three", "four")
CHECKED, READ = register_chain._digest, register_chain._entry
EFFECTIVE, MATTERS, WORKING_DAYS = effective.effective_entries, waiting.matters_of, working_days.add_working_days


class Desk:
    """Four contracts with entries, and somebody who sees them all."""

    def __init__(self, folder: Path) -> None:
        self.ledger, self.contracts = folder / "ledger.db", tuple(contracts_in(folder))
        new_ledger(self.ledger)
        for contract in self.contracts:
            for kind, words, note in SAID:
                say(self.ledger, contract, kind, words, note)
        self.register = DeskRegister(self.ledger, lambda: self.contracts, FakeClock(NOW_MS))
        self.vera = Person("vera", "vera", "password", (RoleGrant.model_validate({"role": "viewer"}),))

    def first_page(self) -> object:
        return waiting_list(self.register, (), self.vera, NOW_MS)


def contracts_in(folder: Path) -> Sequence[Contract]:
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(json.dumps({**TERMS, **PARTS, "id": name}, ensure_ascii=False))
    return list(load_contract_files([folder / f"{name}.yaml" for name in NAMES]))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def counted(doing: Callable[[], object], *functions: Callable[..., object]) -> list[int]:
    """How often each of our own functions is called meanwhile."""
    calls: Counter[object] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code] += 1

    sys.setprofile(note)
    try:
        doing()
    finally:
        sys.setprofile(None)
    return [calls[function.__code__] for function in functions]


def test_no_entry_is_checked_or_parsed_twice(desk: Desk) -> None:
    of_each = len(SAID)
    first = counted(desk.first_page, CHECKED, READ, EFFECTIVE, MATTERS)
    assert first == [4 * of_each, 4 * of_each, 4, 4]
    assert counted(desk.first_page, CHECKED, READ, EFFECTIVE, MATTERS) == [0, 0, 0, 0]


def test_a_new_entry_costs_what_its_contract_costs(desk: Desk) -> None:
    desk.first_page()
    say(desk.ledger, desk.contracts[2], "acknowledgement", {"service": "custody"}, "again")
    assert counted(desk.first_page, CHECKED, READ, EFFECTIVE, MATTERS) == [1, 1, 1, 1]


def test_working_days_are_counted_once(desk: Desk) -> None:
    days = desk.register.days(desk.contracts[0])
    assert counted(lambda: days.of_month("2026-09"), WORKING_DAYS) != [0]
    assert counted(lambda: days.of_month("2026-09"), WORKING_DAYS) == [0]


@pytest.mark.parametrize("read", ["desk", "daemon"])
def test_what_was_checked_for_one_contract_is_checked_for_all(desk: Desk, read: str) -> None:
    def every_contract(entries: Callable[[str], Collection[object]]) -> None:
        assert all(len(entries(name)) == len(SAID) for name in NAMES)

    count = len(NAMES) * len(SAID)
    if read == "desk":
        (checked,) = counted(lambda: every_contract(Register(desk.ledger).entries), CHECKED)
    else:
        with HistoryReader(desk.ledger) as reader:
            (checked,) = counted(lambda: every_contract(reader.entries), CHECKED)
    # the first contract checks all, each other one its own entries as they are parsed
    assert checked == count + (len(NAMES) - 1) * len(SAID)


def test_a_backup_that_was_put_back_is_read_anew(desk: Desk, tmp_path: Path) -> None:
    register, early = Register(desk.ledger), tmp_path / "early.db"
    new_ledger(early)
    say(early, desk.contracts[0], "acknowledgement", {"service": "custody"}, "before")
    assert len(register.entries("one")) == len(SAID)
    for ending in ("", "-wal", "-shm"):
        desk.ledger.with_name(f"{desk.ledger.name}{ending}").unlink(missing_ok=True)
        if (part := early.with_name(f"{early.name}{ending}")).exists():
            part.rename(desk.ledger.with_name(f"{desk.ledger.name}{ending}"))
    assert [entry.note for entry in register.entries("one")] == ["before"]
