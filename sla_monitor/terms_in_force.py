"""The terms that are in force: those of the contracts' files, or where two people have to agree, those that they did.

Where the settings require an approval, a contract's file says what somebody would have, and the ledger says what is in
force: the terms that were approved last, or as long as none were, those that were in force when that was first asked.
The ledger has their files, so that the daemon goes on by them whatever becomes of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sla_monitor.configuration import Configuration
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_kept
from sla_monitor.contract.terms_files import KeptTerms, TermsPart
from sla_monitor.errors import ConfigError, LedgerDamaged, LedgerError
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.register.terms_history import ApprovedTerms, TermsHistory, terms_history
from sla_monitor.wording.terms import TermsProblem, describe_terms_problem

Known = MutableMapping[tuple[str, str], Contract]
"""Contracts that were made from kept files, by id and digest."""


class TermsRecord(Protocol):
    """What is asked of a ledger: `ledger.Reader`."""

    def entries(self, contract: str) -> Sequence[Entry]: ...
    def terms_in_force(self) -> Sequence[TermsInForce]: ...
    def kept_terms(self, parts: Iterable[TermsPart], path: Path) -> KeptTerms: ...


@dataclass(frozen=True, slots=True)
class ContractInForce:
    """What is in force of one contract at an instant. `file`: what its file says; None: it has none any more.
    `approved`: by whom; None: by nobody. `next_ms`: when approved terms come into force that are not yet. `why`: why
    kept files cannot be read."""

    contract: Contract
    file: Contract | None
    approved: ApprovedTerms | None = None
    next_ms: int | None = None
    problems: tuple[TermsProblem, ...] = ()
    why: str = ""

    @property
    def approval(self) -> int:
        """The number of the entry that approved what is in force; 0: there is none."""
        approved, files = self.approved, self.contract.files
        is_of_these = approved is not None and files is not None and approved.digest == files.digest
        return approved.approval.number if approved is not None and is_of_these else 0

    def told(self) -> list[str]:
        """A sentence for each problem."""
        approved, file = self.approved, self.file
        path = self.contract.file if file is None else file.file
        number = None if approved is None else approved.approval.number
        return [describe_terms_problem(one, self.contract.id, path, number, self.why) for one in self.problems]


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What the ledger says of one contract."""

    history: TermsHistory = field(default_factory=TermsHistory)
    last: TermsInForce | None = None

    def wanted(self, now_ms: int) -> tuple[str, tuple[TermsPart, ...]] | None:
        """The digest of what is in force, and its files; None: nothing was ever in force."""
        approved = self.history.in_force(now_ms)
        if approved is not None:
            return approved.digest, approved.proposal.said.parts
        return None if self.last is None or not self.last.digest else (self.last.digest, self.last.parts)


def contracts_in_force(
    read: Configuration, record: TermsRecord, now_ms: int, known: Known | None = None
) -> list[ContractInForce]:
    """Every contract by the terms that are in force, in the order of the files; those without a file last.

    `read`: the configuration as the files have it. Raises LedgerError and its kinds.
    """
    known = {} if known is None else known
    last = {one.contract: one for one in record.terms_in_force()}
    required = read.settings.terms.approval == "required"
    found = [
        _in_force(one, _recorded(record, one.id, last, now_ms), record, now_ms, known, required)
        for one in read.contracts
    ]
    if required:
        found += _without_file(read, record, last, now_ms, known)
    return found


def with_terms_in_force(read: Configuration, several: Iterable[ContractInForce]) -> Configuration:
    """The configuration with the contracts that are in force in place of what their files say."""
    return replace(read, contracts=tuple(one.contract for one in several))


def _recorded(record: TermsRecord, contract: str, last: dict[str, TermsInForce], now_ms: int) -> _Recorded:
    entries = [entry for entry in record.entries(contract) if entry.at_ms <= now_ms]
    return _Recorded(terms_history(effective_entries(entries).entries), last.get(contract))


def _in_force(
    file: Contract, recorded: _Recorded, record: TermsRecord, now_ms: int, known: Known, required: bool
) -> ContractInForce:
    approved, digest = recorded.history.in_force(now_ms), file.read_files.digest
    coming = _coming_ms(recorded.history, now_ms)
    wanted = recorded.wanted(now_ms)
    if not required:
        is_approved = approved is not None and approved.digest == digest
        return ContractInForce(file, file, approved if is_approved else None, coming)
    problems: list[TermsProblem] = [] if approved is not None else ["not_approved"]
    if wanted is None or wanted[0] == digest:
        return ContractInForce(file, file, approved, coming, tuple(problems))
    waits = any(one.digest == digest and one.from_ms > now_ms for one in recorded.history.approved)
    problems += [] if waits else ["file_differs"]
    contract, why = _kept(file.id, wanted, record, Path(file.file), known)
    if contract is None:
        return ContractInForce(file, file, approved, coming, (*problems, "unreadable"), why)
    return ContractInForce(contract, file, approved, coming, tuple(problems))


def _without_file(
    read: Configuration, record: TermsRecord, last: dict[str, TermsInForce], now_ms: int, known: Known
) -> Iterator[ContractInForce]:
    """Contracts that were in force and whose file is gone: nobody ends one by taking its file away."""
    there = {*(contract.id for contract in read.contracts), *read.elsewhere}
    for name, before in last.items():
        if name in there or not before.digest:
            continue
        recorded = _recorded(record, name, last, now_ms)
        wanted = recorded.wanted(now_ms)
        contract, _ = (None, "") if wanted is None else _kept(name, wanted, record, before.path, known)
        if contract is not None and not contract.has_ended(now_ms):
            approved = recorded.history.in_force(now_ms)
            problems: tuple[TermsProblem, ...] = ("file_missing", *(() if approved else ("not_approved",)))
            yield ContractInForce(contract, None, approved, _coming_ms(recorded.history, now_ms), problems)


def _kept(
    name: str, wanted: tuple[str, tuple[TermsPart, ...]], record: TermsRecord, path: Path, known: Known
) -> tuple[Contract | None, str]:
    """The contract that kept files make; None, and why, where they make none."""
    digest, parts = wanted
    if (name, digest) not in known:
        try:
            contract = load_kept(record.kept_terms(parts, path))
        except LedgerDamaged:
            raise
        except (LedgerError, ConfigError) as error:
            return None, f"{error}"
        if contract.id != name or contract.read_files.digest != digest:
            return None, f"the files that are kept are those of {contract.id}"
        known[name, digest] = contract
    return known[name, digest], ""


def _coming_ms(history: TermsHistory, now_ms: int) -> int | None:
    return min((one.from_ms for one in history.approved if one.from_ms > now_ms), default=None)
