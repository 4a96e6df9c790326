"""Drafts of a contract's terms: made from proposed files, what each is compared with, and the words of its proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_kept
from sla_monitor.contract.terms_files import CONTRACT, KeptTerms, TermsPart
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.register.instant import Milliseconds
from sla_monitor.register.terms_history import Proposal, TermsHistory


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """What is known of one contract's terms. `ours`: those in force; `changes`: which the daemon put in force; `kept`
    reads files that the record keeps, for a contract whose relative paths begin at a path."""

    ours: Contract
    history: TermsHistory
    changes: Iterable[TermsInForce]
    kept: Callable[[tuple[TermsPart, ...], Path], KeptTerms]

    def made_of(self, parts: tuple[TermsPart, ...]) -> Contract:
        """The contract that kept files make. Raises LedgerError and ConfigError."""
        return load_kept(self.kept(parts, Path(self.ours.file)))

    def base(self, proposal: Proposal | None = None) -> Contract:
        """What a draft is compared with: for one that is closed, what it was made against; else what was approved last,
        and where nothing was, what is in force. Raises LedgerError and ConfigError."""
        ours, last = self.ours, self.history.last
        wanted = last.digest if last is not None else ours.read_files.digest
        if proposal is not None and proposal.closed_by is not None:
            wanted = proposal.said.instead_of or wanted
        if wanted == ours.read_files.digest:
            return ours
        known: Mapping[str, tuple[TermsPart, ...]] = {
            **{one.digest: one.parts for one in self.changes if one.digest},
            **{one.said.digest: one.said.parts for one in self.history.proposals},
        }
        return self.made_of(known[wanted]) if wanted in known else ours


def draft_in_place(content: bytes, holidays: Mapping[str, bytes], ours: Contract) -> Contract:
    """A draft with its relative paths beginning where the contract's own file is: there it is to be put. `holidays`:
    files of bank holidays by name; no other is read. Raises ConfigError."""
    return load_kept(KeptTerms(Path(ours.file), {**holidays, CONTRACT: content}))


def own_holidays(contract: Contract) -> dict[str, bytes]:
    """The files of bank holidays that a contract was made from, by name."""
    files = contract.read_files
    return {name: files.contents[path] for name, path in files.names.items()}


def proposal_words(draft: Contract, base: Contract | None, start_ms: int, login: str = "") -> dict[str, Any]:
    """The fields of an entry that proposes a draft. `login`: the system's login name behind a command."""
    files = draft.read_files
    return {
        "digest": files.digest,
        "files": [{"name": part.name, "sha256": part.digest} for part in files.parts],
        "start": Milliseconds(start_ms),
        "instead_of": None if base is None else base.read_files.digest,
        "login": login,
    }
