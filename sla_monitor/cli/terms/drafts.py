"""Drafts of a contract: from files that somebody proposes, and from what the ledger keeps of a proposal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.entering import enter
from sla_monitor.cli.register.entry_session import EntrySession, system_login
from sla_monitor.cli.shared.output_files import CONFIGURATION_MODE, replace_file
from sla_monitor.cli.shared.sources import chosen_contract, keeping, ledger_path, terms_in_force

if TYPE_CHECKING:
    from sla_monitor.assess.proposed_terms import TermsEffect
    from sla_monitor.assess.terms_drafts import KnownTerms
    from sla_monitor.cli.register.preview import Entered
    from sla_monitor.contract.contract import Contract
    from sla_monitor.contract.terms_files import KeptTerms, TermsPart
    from sla_monitor.ledger import Reader
    from sla_monitor.ledger.recording.kept_files import TermsInForce
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.terms_history import Proposal, TermsHistory


@dataclass(frozen=True, slots=True)
class TermsCase:
    """One contract by the terms that are in force, and the ledger that says what was proposed. `now_ms`: when this was
    asked."""

    contract: Contract
    config: Path
    ledger: Path
    now_ms: int

    @classmethod
    def of(cls, name: str, config: Path, ledger: Path | None) -> TermsCase:
        """Raises SlaMonitorError and click's errors."""
        from sla_monitor.clock import SystemClock

        contract = chosen_contract(name, config, ledger=ledger)
        return cls(contract, config, ledger_path(config, ledger), SystemClock().now_ms())

    def entries(self) -> Sequence[Entry]:
        """The contract's register. Raises LedgerError and its kinds."""
        with self._reading() as reader:
            return reader.entries(self.contract.id)

    def history(self) -> TermsHistory:
        """What was proposed and approved. Raises LedgerError and its kinds."""
        from sla_monitor.register.effective import effective_entries
        from sla_monitor.register.terms_history import terms_history

        return terms_history(effective_entries(self.entries()).entries)

    def changes(self) -> list[TermsInForce]:
        """Which terms the daemon put in force, ascending. Raises LedgerError and its kinds."""
        with self._reading() as reader:
            return [one for one in reader.terms_in_force() if one.contract == self.contract.id]

    @property
    def known(self) -> KnownTerms:
        """Raises LedgerError and its kinds."""
        from sla_monitor.assess.terms_drafts import KnownTerms

        return KnownTerms(self.contract, self.history(), self.changes(), self._kept)

    def _kept(self, parts: tuple[TermsPart, ...], path: Path) -> KeptTerms:
        with self._reading() as reader:
            return reader.kept_terms(parts, path)

    def session(self, actor: str) -> EntrySession:
        """To enter something. Raises LedgerError and its kinds."""
        return EntrySession.of(self.contract, self.config, self.ledger, actor)

    def _reading(self) -> Reader:
        from sla_monitor.ledger import read_only

        return read_only(self.ledger)


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract as somebody would have it, and the terms that it is compared with; None: the contract is new."""

    contract: Contract
    ours: Contract | None
    case: TermsCase

    @property
    def effect(self) -> TermsEffect | None:
        """What it changes; None: there is nothing to compare it with. Raises LedgerError and its kinds."""
        if self.ours is None:
            return None
        from sla_monitor.assess.proposed_terms import terms_effect

        with keeping(self.case.config, self.case.ledger) as evidence:
            return terms_effect(self.ours, self.contract, evidence, self.case.now_ms)


def read_draft(file: Path, config: Path, ledger: Path | None) -> Draft:
    """A file as a draft of its contract. Raises ConfigError, LedgerError and click's errors."""
    from sla_monitor.assess.terms_drafts import draft_in_place, own_holidays
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.load import load_contract

    read, path, now_ms = load_contract(file), ledger_path(config, ledger), SystemClock().now_ms()
    ours = {one.contract.id: one.contract for one in terms_in_force(config, ledger)}.get(read.id)
    case = TermsCase(ours or read, config, path, now_ms)
    if ours is None:
        return Draft(read, None, case)
    if read.currency != ours.currency:
        raise click.BadParameter(f"{file} is in {read.currency} (write {ours.currency})", param_hint="FILE")
    placed = draft_in_place(read.read_files.contract, own_holidays(read), ours)
    return Draft(placed, case.known.base(), case)


def proposed_draft(case: TermsCase, number: int) -> tuple[Draft, Proposal]:
    """What an entry proposes. Raises ClickException for one that proposes nothing, LedgerError and ConfigError."""
    known = case.known
    proposal = known.history.proposal(number)
    if proposal is None:
        raise click.ClickException(
            f"entry {number} of {case.contract.id} proposes no terms (see `sla-monitor terms list`)"
        )
    return Draft(known.made_of(proposal.said.parts), known.base(proposal), case), proposal


def propose(draft: Draft, session: EntrySession, start_ms: int, **more: str) -> Entered:
    """Enter a draft as a proposal, with its files. Raises RegisterError and LedgerError."""
    from sla_monitor.assess.terms_drafts import proposal_words
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.rules import problems

    words = proposal_words(draft.contract, draft.ours, start_ms, system_login())
    entry = session.entry(body_of("terms_proposed", words, session.zone), **more)

    def proposed(said: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        if found := problems(entry, EntryContext(session.contract, said)):
            raise RegisterError(found)
        return [entry]

    return enter(session, proposed, yes=True, files=draft.contract.read_files.by_digest)


def write_files(contract: Contract, folder: Path) -> Iterator[Path]:
    """Write a contract's files into a folder, under names that lead nowhere else."""
    files = contract.read_files
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"{contract.id}.yaml": files.contract}
    named |= {_bare(name): files.contents[path] for name, path in files.names.items()}
    for name, content in named.items():
        replace_file(folder / name, content, CONFIGURATION_MODE)
        yield folder / name


def _bare(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name.replace("../", ""), flags=re.ASCII).lstrip(".") or "calendar.yaml"
