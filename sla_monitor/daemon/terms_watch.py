"""The terms that the daemon works by: asked for before every assessment, put on record when they change, and told when
they are not those of the contracts' files."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from sla_monitor import names
from sla_monitor.assess.proposed_terms import changes_in, contract_changes
from sla_monitor.assess.term_changes import TermChange
from sla_monitor.clock import Clock
from sla_monitor.configuration import Configuration
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import Reader
from sla_monitor.ledger.recording.kept_files import TermsInForce, record_in_force
from sla_monitor.metrics.exporter import Own
from sla_monitor.terms_in_force import ContractInForce, Known, contracts_in_force, with_terms_in_force
from sla_monitor.wording.terms import describe_change
from sla_monitor.wording.text import abridged

TOLD_CHANGES, TOLD_CHARACTERS = 5, 1_000
"""Of a file that is not in force, what the log says of the difference: the rest is in `sla-monitor terms show`."""

FOREVER_MS = 2**62

log = logging.getLogger(__package__)


class TermsWatch:
    """May be asked from any thread."""

    def __init__(self, ledger: Path, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._known: Known = {}
        self._read: Configuration | None = None
        self._found: Configuration | None = None
        self._mark = 0, 0, 0
        self._valid_ms = 0, 0
        self._told: set[str] = set()
        self._is_required = False
        self.problem = ""
        self.several: tuple[ContractInForce, ...] = ()

    def of(self, read: Configuration) -> Configuration:
        """The configuration, by the terms that are in force now. `read`: as the files have it."""
        with self._lock:
            now_ms = self._clock.now_ms()
            try:
                return self._asked(read, now_ms)
            except LedgerError as error:
                return self._as_before(read, f"{error}")

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def reasons(self) -> list[str]:
        """What is not as it should be, for the page and whoever asks how we are."""
        told = [line for one in self.several for line in one.told()]
        return [
            *told,
            *([f"the terms in force cannot be read or put on record: {self.problem}"] if self.problem else []),
        ]

    def held_back(self) -> list[str]:
        """What a reload did not take up."""
        return [line for one in self.several if set(one.problems) - {"not_approved"} for line in one.told()]

    def metrics(self) -> Own:
        """One series for each contract and problem, where an approval is required."""
        return {
            names.TERMS_PROBLEM: [
                ((one.contract.id, problem), problem in one.problems)
                for one in (self.several if self._is_required else ())
                for problem in names.TERMS_PROBLEMS
            ]
        }

    def _asked(self, read: Configuration, now_ms: int) -> Configuration:
        if self._reader is None:
            self._reader = Reader(self._ledger)
        mark, (from_ms, until_ms) = self._reader.terms_mark(), self._valid_ms
        if self._found is not None and read is self._read and mark == self._mark and from_ms <= now_ms < until_ms:
            return self._found
        several = tuple(contracts_in_force(read, self._reader, now_ms, self._known))
        is_recorded = self._record(several, {one.contract: one for one in self._reader.terms_in_force()}, now_ms)
        self.several, self._is_required = several, read.settings.terms.approval == "required"
        self._read = read if is_recorded else None  # so that it is tried again
        self._valid_ms = now_ms, min([FOREVER_MS, *(one.next_ms for one in several if one.next_ms is not None)])
        self._mark = self._reader.terms_mark()
        self._found = with_terms_in_force(read, several)
        self._tell()
        return self._found

    def _as_before(self, read: Configuration, problem: str) -> Configuration:
        """What a ledger that cannot be read says nobody knows: the terms stay, and at a start they are the files'."""
        self._trouble(problem)
        self._is_required = read.settings.terms.approval == "required"
        if self._found is None:
            blind = [ContractInForce(one, one, problems=("unreadable",), why=problem) for one in read.contracts]
            self.several = tuple(blind) if self._is_required else ()
            return read
        self._found = with_terms_in_force(read, self.several) if self._is_required else read
        self._read = None
        return self._found

    def _trouble(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.error("the terms in force cannot be read or put on record", extra={"problem": problem})
        self.problem = problem

    def _record(self, several: tuple[ContractInForce, ...], last: dict[str, TermsInForce], now_ms: int) -> bool:
        """Put on record what is in force, where that is something else than before; whether it is on record."""
        try:
            for one in several:
                self._record_one(one, last.get(one.contract.id), now_ms)
            there = {one.contract.id for one in several}
            for name, before in last.items():
                if before.digest and name not in there:
                    record_in_force(self._ledger, name, None, now_ms)
                    log.info("terms in force no more", extra={"contract": name, "digest": before.digest})
        except LedgerError as error:
            self._trouble(f"{error}")
            return False
        self._trouble("")
        return True

    def _record_one(self, one: ContractInForce, before: TermsInForce | None, now_ms: int) -> None:
        files, approval = one.contract.files, one.approval
        if files is None or (before is not None and (before.digest, before.approval) == (files.digest, approval)):
            return
        record_in_force(self._ledger, one.contract.id, files, now_ms, approval)
        told = {"contract": one.contract.id, "digest": files.digest, "approval": approval or "none"}
        log.info("terms in force", extra=told)

    def _tell(self) -> None:
        """Log what is new, with the difference; and what is over."""
        told = {line: one for one in self.several for line in one.told()}
        for line, one in told.items():
            if line not in self._told:
                log.error("terms", extra={"problem": line, "difference": _difference(one)})
        for line in sorted(self._told - told.keys()):
            log.warning("terms: no longer so", extra={"problem": line})
        self._told = set(told)


def _difference(one: ContractInForce) -> str:
    """What the file says, and is not in force."""
    if one.file is None or one.file is one.contract:
        return ""
    changes = changes_in(contract_changes(one.contract, one.file))
    return abridged("; ".join(_lines(changes)), TOLD_CHARACTERS) or "none in words: comments, or the order of the file"


def _lines(changes: Sequence[TermChange]) -> Iterator[str]:
    yield from (describe_change(change.what, change.was, change.now) for change in changes[:TOLD_CHANGES])
    if len(changes) > TOLD_CHANGES:
        yield f"and {len(changes) - TOLD_CHANGES} more"
