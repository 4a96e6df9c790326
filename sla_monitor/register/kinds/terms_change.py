"""New terms by two people: somebody proposes a contract's files, and somebody else approves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.fields import Misplaced, Strict
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.contract.terms_files import CONTRACT, TermsPart, digest_of, digest_of_parts
from sla_monitor.periods.edges import month_at
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Wording
from sla_monitor.register.kinds.parts import Line, Number, is_same_person
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Login = Annotated[str, StringConstraints(max_length=200)]

_NO_NOTE = EntryProblem("note", "is missing (say why)")
_PROPOSE_AGAIN = "propose the terms that are meant"
_EXAMPLE = digest_of(b"")


class ProposedFile(Strict):
    """One of the files that terms are made of."""

    name: Line = Field(description="`contract`, or the name of a file of bank holidays.")
    sha256: Digest = Field(description="Its digest.")


class TermsProposed(EntryKind):
    """A contract's files as somebody would have them from a day on. They are kept in the ledger."""

    action = Action.PROPOSE_TERMS
    example = Example(
        {
            "digest": digest_of_parts((TermsPart(CONTRACT, _EXAMPLE),)),
            "files": [{"name": CONTRACT, "sha256": _EXAMPLE}],
            "start": "2027-01-01 00:00",
        },
        note="CCN-12, signed by both parties.",
    )
    command = "terms propose"
    no_undo = "withdraw it"
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["terms_proposed"] = "terms_proposed"
    digest: Digest = Field(description="SHA-256 of one line for each file: its digest, two spaces, its name.")
    files: tuple[ProposedFile, ...] = Field(min_length=1, description="The contract's file, and its bank holidays.")
    start_ms: Instant = Field(alias="start", description="When they are to come into force: a day's beginning.")
    instead_of: Digest | None = Field(None, description="The digest of the terms that they were compared with.")
    login: Login = Field("", description="The system's login name behind the command.")

    @model_validator(mode="after")
    def _is_of_its_files(self) -> Self:
        if digest_of_parts(self.parts) != self.digest:
            raise Misplaced([(("digest",), "is not that of the files (give the files, and leave it out)")])
        return self

    @property
    def parts(self) -> tuple[TermsPart, ...]:
        return tuple(TermsPart(one.name, one.sha256) for one in self.files)

    def words(self, say: Wording) -> str:
        return f"Proposal of terms {short(self.digest)} from {say.at(self.start_ms)} on"

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        return (month_at(self.start_ms, zone),)

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if not entry.note.strip():
            yield _NO_NOTE
        today = local_date(entry.at_ms, context.contract.time_zone)
        if self.start_ms < midnight_ms(today, context.contract.time_zone):
            message = (
                f"lies in the past (write {today} or later: terms come into force by their approval, never before)"
            )
            yield EntryProblem("start", message)
        last = context.terms.last
        if last is not None and last.digest == self.digest:
            yield EntryProblem(
                "digest", f"entry {last.approval.number} approved these very terms (nothing would change)"
            )
        for other in context.terms.open:
            if other.said.digest == self.digest:
                remedy = "approve, reject or withdraw that one"
                yield EntryProblem("digest", f"entry {other.entry.number} proposes these terms already ({remedy})")


class TermsApproved(EntryKind):
    """Somebody else than the proposer approves proposed terms: they are in force from their day on."""

    action = Action.APPROVE_TERMS
    example = Example({"about": 12, "digest": TermsProposed.example.words["digest"]})
    command = "terms approve"
    no_undo = _PROPOSE_AGAIN
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["terms_approved"] = "terms_approved"
    about: Number = Field(description="The number of the proposal.")
    digest: Digest = Field(description="The digest of the terms that were approved.")
    login: Login = Field("", description="The system's login name behind the command.")

    def words(self, say: Wording) -> str:
        return f"Approval of terms {short(self.digest)}, proposed by entry {self.about}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        other = _proposal(self.about, context)
        yield from _not_open(self.about, context)
        if not isinstance(other, TermsProposed):
            return
        proposer = context.entries[self.about].actor
        if is_same_person(entry.actor, proposer):
            yield EntryProblem("actor", f"{proposer} proposed these terms (four eyes: somebody else must approve them)")
        if self.digest != other.digest:
            message = (
                f"is not that of entry {self.about}, which proposes {short(other.digest)} (approve what was proposed)"
            )
            yield EntryProblem("digest", message)
        last = context.terms.last
        if last is not None and last.digest != other.instead_of:
            yield EntryProblem(
                "about",
                f"entry {last.approval.number} has approved other terms since entry {self.about} was made against"
                f" {short(other.instead_of or 'none')} (withdraw it, and propose its terms again against those)",
            )

    def subject(self) -> int:
        return self.about


class TermsRejected(EntryKind):
    """Proposed terms are not approved."""

    action = Action.APPROVE_TERMS
    example = Example({"about": 12}, note="The target of KPI 3 is not what was agreed.")
    command = "terms reject"
    no_undo = _PROPOSE_AGAIN
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["terms_rejected"] = "terms_rejected"
    about: Number = Field(description="The number of the proposal.")

    def words(self, say: Wording) -> str:
        return f"Rejection of the terms proposed by entry {self.about}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _not_open(self.about, context)
        if not entry.note.strip():
            yield _NO_NOTE

    def subject(self) -> int:
        return self.about


class TermsWithdrawn(EntryKind):
    """The proposer takes proposed terms back."""

    action = Action.PROPOSE_TERMS
    example = Example({"about": 12}, note="A newer draft follows.")
    command = "terms withdraw"
    no_undo = _PROPOSE_AGAIN
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["terms_withdrawn"] = "terms_withdrawn"
    about: Number = Field(description="The number of the proposal.")

    def words(self, say: Wording) -> str:
        return f"Withdrawal of the terms proposed by entry {self.about}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _not_open(self.about, context)
        other = context.entries.get(self.about)
        if other is not None and not is_same_person(entry.actor, other.actor):
            message = f"{other.actor} made entry {self.about} (only the proposer withdraws; others reject it)"
            yield EntryProblem("actor", message)

    def subject(self) -> int:
        return self.about


def short(digest: str) -> str:
    """As much of a digest as people compare."""
    return digest[:12]


def _proposal(number: int, context: EntryContext) -> EntryKind | None:
    entry = context.entries.get(number)
    return None if entry is None else entry.body


def _not_open(number: int, context: EntryContext) -> Iterator[EntryProblem]:
    """What is wrong with a proposal on which nobody can say anything any more."""
    found = list(context.unknown_entry("about", number))
    yield from found
    if found:
        return
    proposal = context.terms.proposal(number)
    if proposal is None:
        kind = context.entries[number].body.kind
        yield EntryProblem("about", f"entry {number} is a {kind}, and proposes no terms (see the list of proposals)")
    elif proposal.closed_by is not None:
        by = proposal.closed_by
        yield EntryProblem("about", f"entry {by.number} by {by.actor} has {proposal.state} it already (propose again)")
