"""Which terms were proposed and approved for one contract, and which of them are in force at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry
from sla_monitor.register.kinds.parts import is_same_person
from sla_monitor.register.kinds.terms_change import TermsApproved, TermsProposed, TermsRejected, TermsWithdrawn

ProposalState: TypeAlias = Literal["open", "approved", "rejected", "withdrawn"]

_STATES: dict[type, ProposalState] = {
    TermsApproved: "approved",
    TermsRejected: "rejected",
    TermsWithdrawn: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Terms that somebody proposed. `closed_by`: the entry that approved, rejected or withdrew them; None: they are
    open."""

    entry: Entry
    said: TermsProposed
    closed_by: Entry | None = None

    @property
    def state(self) -> ProposalState:
        return "open" if self.closed_by is None else _STATES[type(self.closed_by.body)]

    @property
    def is_of_one_login(self) -> bool:
        """Whether both names were given behind the same login of the system: nobody but that login vouches for there
        being two people."""
        closed = self.closed_by
        approval = None if closed is None else closed.body
        return isinstance(approval, TermsApproved) and bool(approval.login) and approval.login == self.said.login


@dataclass(frozen=True, slots=True)
class ApprovedTerms:
    """Terms that two people agreed on. `from_ms`: from when on they are in force: the beginning of their day, or their
    approval, if that is later."""

    from_ms: int
    digest: str
    proposal: Proposal
    approval: Entry


@dataclass(frozen=True)
class TermsHistory:
    """Every proposal of one contract, ascending by number."""

    proposals: tuple[Proposal, ...] = ()

    @property
    def open(self) -> tuple[Proposal, ...]:
        """Those on which nobody has decided."""
        return tuple(one for one in self.proposals if one.closed_by is None)

    @cached_property
    def approved(self) -> tuple[ApprovedTerms, ...]:
        """In the order in which they were approved."""
        found = (self._approved(one) for one in self.proposals)
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.approval.number))

    @property
    def last(self) -> ApprovedTerms | None:
        """What was approved last, be it in force yet or not: it is what new terms are compared with."""
        return self.approved[-1] if self.approved else None

    def proposal(self, number: int) -> Proposal | None:
        return next((one for one in self.proposals if one.entry.number == number), None)

    def in_force(self, at_ms: int) -> ApprovedTerms | None:
        """The terms in force at an instant; None: none were approved by then. Each approval is of terms that were
        compared with those approved before it, so that the last one of those whose time has come counts."""
        begun = [one for one in self.approved if one.from_ms <= at_ms]
        return begun[-1] if begun else None

    def _approved(self, proposal: Proposal) -> ApprovedTerms | None:
        approval = proposal.closed_by
        if approval is None or not isinstance(approval.body, TermsApproved):
            return None
        return ApprovedTerms(max(proposal.said.start_ms, approval.at_ms), approval.body.digest, proposal, approval)


def terms_history(entries: Iterable[Entry]) -> TermsHistory:
    """`entries`: those of one contract that stand. The rules of entry are held here once more: an approval by the
    proposer, or of another digest, counts for nothing, however it came into the register."""
    proposals: dict[int, Proposal] = {}
    for entry in sorted(entries, key=lambda one: one.number):
        if isinstance(entry.body, TermsProposed):
            proposals[entry.number] = Proposal(entry, entry.body)
        proposal = proposals.get(entry.body.subject() or 0)
        if proposal is not None and proposal.closed_by is None and _closes(entry, proposal):
            proposals[proposal.entry.number] = Proposal(proposal.entry, proposal.said, entry)
    return TermsHistory(tuple(proposals.values()))


def terms_said(effective: EffectiveEntries) -> TermsHistory:
    """The same of what stands, without going through all of it."""
    return terms_history(entry for kind in (TermsProposed, *_STATES) for entry, _ in effective.of(kind))


def _closes(entry: Entry, proposal: Proposal) -> bool:
    said = entry.body
    if isinstance(said, TermsApproved):
        return said.digest == proposal.said.digest and not is_same_person(entry.actor, proposal.entry.actor)
    return type(said) in _STATES
