"""How the desk enters into the register: as the signed-in person, checked, all or none, each submission once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.waiting import Matter, matters_of
from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.ledger.recording.register_entries import Overtaken, Register
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import entry_of
from sla_monitor.register.importing import PARTIES
from sla_monitor.register.instant import SKEW_MS
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.register.redaction import internal_numbers, last_shared, redacted
from sla_monitor.register.rules import problems
from sla_monitor.settings.desk.access_table import TABLE, Action, Role
from sla_monitor.web.identity.person import Person
from sla_monitor.web.serving.limits import EnoughToday, Limits
from sla_monitor.wording.entries import describe_future_entry

MINUTE_MS = 60_000
DAY_MS = 86_400_000


class ForbiddenEntry(Exception):  # noqa: N818 - it is no fault
    """The access table does not let this person enter this."""


@dataclass(frozen=True, slots=True)
class DeskEntries:
    """The numbers of entries. `is_again`: the same submission came in before, and has made them then."""

    numbers: tuple[int, ...]
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says: the body of an entry, and what belongs to every entry."""

    said: EntryKind
    note: str = ""
    reference: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CheckedStatements:
    """Entries as they would be made now, after `said`, of which `last` is the last number that whoever asks may know
    of."""

    entries: tuple[Entry, ...]
    said: Sequence[Entry]
    last: int


@dataclass(frozen=True, slots=True)
class _Matters:
    """What waits in a contract, and what it was made of."""

    contract: Contract
    effective: EffectiveEntries
    one: ContractAssessment | None
    others: tuple[int, Sequence[str]]
    found: tuple[Matter, ...]

    def is_of(
        self,
        contract: Contract,
        effective: EffectiveEntries,
        one: ContractAssessment | None,
        others: tuple[int, Sequence[str]],
    ) -> bool:
        is_same = self.contract is contract and self.effective is effective and self.one is one
        return is_same and self.others == others


@dataclass
class DeskRegister:
    """The register as the desk's pages use it, from the one thread of `WebParts.entering`. `differing`: a contract's
    signed months that come out otherwise now."""

    ledger: Path
    contracts: Callable[[], Sequence[Contract]]
    clock: Clock
    open_register: Callable[[Path, Clock], Register] = Register.open
    differing: Callable[[str], Sequence[str]] = lambda _: ()
    day_bytes: int = Limits.day_bytes
    _standing: dict[str, tuple[Sequence[Entry], EffectiveEntries]] = field(default_factory=dict)
    _days: dict[str, KnownDays] = field(default_factory=dict)
    _matters: dict[str, _Matters] = field(default_factory=dict)

    @cached_property
    def register(self) -> Register:
        """Raises LedgerError and its kinds."""
        return self.open_register(self.ledger, self.clock)

    def contract(self, name: str) -> Contract | None:
        return next((one for one in self.contracts() if one.id == name), None)

    def entries(self, contract: str) -> Sequence[Entry]:
        """All that has been said about a contract, ascending. Raises LedgerError and its kinds."""
        return self.register.entries(contract)

    def last_number(self, contract: str) -> int:
        """The number of the last entry about a contract; 0: there is none. Raises LedgerError and its kinds."""
        return self.register.last_number(contract)

    def has_read(self, contract: str) -> bool:
        """Whether its entries were read before, which takes a while."""
        return self.register.known.has(contract)

    def standing(self, contract: str) -> EffectiveEntries:
        """What stands of it, worked out again only after an entry. Raises LedgerError and its kinds."""
        return self.standings([contract])[contract]

    def standings(self, contracts: Collection[str]) -> Mapping[str, EffectiveEntries]:
        """The same of several contracts at one moment. Raises LedgerError and its kinds."""
        return {name: self._effective(name, said) for name, said in self.register.entries_of(contracts).items()}

    def _effective(self, contract: str, entries: Sequence[Entry]) -> EffectiveEntries:
        known = self._standing.get(contract)
        if known is None or known[0] is not entries:
            known = self._standing[contract] = entries, effective_entries(entries)
        return known[1]

    def future_entries(self, contract: str) -> list[str]:
        """Of each entry that is dated later than now: it does not count yet."""
        late = self.register.dated_after(contract, self.clock.now_ms() + SKEW_MS)
        # Both sides read this of a month, and what is internal never counts.
        internal = internal_numbers(self.entries(contract)) if late else ()
        return [describe_future_entry(number, at_ms) for number, at_ms in late if number not in internal]

    def submitted(self, once: str) -> tuple[int, ...]:
        """The numbers of what was submitted with a key before; none: nothing was. Raises LedgerError."""
        return self.register.submitted(once)

    def checked(
        self, person: Person, contract: Contract, drafts: Sequence[Statement], *, is_complete: bool = True
    ) -> CheckedStatements:
        """The same as `enter`, and nothing is added. `is_complete` False: by no rule, only to see what would follow.
        Raises ForbiddenEntry, RegisterError, LedgerError."""
        for draft in drafts:
            self._refuse_forbidden(person, contract, draft)
        said = self.entries(contract.id)
        self._refuse_unseen(person, contract, drafts)
        last = said[-1].number if said else 0
        new = [self._entry(person, contract, draft, last + place) for place, draft in enumerate(drafts, 1)]
        if is_complete:
            self._refuse_wrong(new, EntryContext.of(contract, said))
        return CheckedStatements(tuple(new), said, last_known_to(person, contract.id, said))

    def matters(
        self, contract: Contract, effective: EffectiveEntries, one: ContractAssessment | None, now_ms: int
    ) -> tuple[Matter, ...]:
        """What waits in a contract, worked out again after an entry, an assessment, and each minute."""
        differing = self.differing(contract.id)
        known, others = self._matters.get(contract.id), (now_ms // MINUTE_MS, differing)
        if known is None or not known.is_of(contract, effective, one, others):
            found = matters_of(self.days(contract), effective, one, now_ms, differing)
            known = self._matters[contract.id] = _Matters(contract, effective, one, others, found)
        return known.found

    def days(self, contract: Contract) -> KnownDays:
        """What follows from the contract's calendar, worked out once."""
        known = self._days.get(contract.id)
        if known is None or known.contract is not contract:
            known = self._days[contract.id] = KnownDays(contract)
        return known

    def enter(  # noqa: PLR0913 - what is said, on which terms, and what goes with it
        self,
        person: Person,
        contract: Contract,
        drafts: Sequence[Statement],
        *,
        once: str,
        read_to: int | None = None,
        files: Mapping[str, bytes] = MappingProxyType({}),
        attached: Sequence[AttachedFile] = (),
    ) -> DeskEntries:
        """Add entries of somebody. `once`: the submission's key (`PostedForm.once`); what came in with it before is
        not added again. `read_to`: the last entry that the page was made from, where a later one would make it stale.
        `files`: contents that they name, by digest, to be kept with them; `attached`: those of them that are attached
        to each entry.

        Raises ForbiddenEntry; EnoughToday; RegisterError with the lines `field: what is wrong`; Overtaken when the page
        is stale; LedgerError.
        """
        for draft in drafts:
            self._refuse_forbidden(person, contract, draft)
        if numbers := self.register.submitted(once):
            return DeskEntries(numbers, is_again=True)
        self.refuse_more(person, contract.id)
        self._refuse_unseen(person, contract, drafts)
        while True:
            last = self.register.last_number(contract.id)
            if read_to is not None and (known := self._last_known(person, contract, last)) > read_to:
                raise Overtaken(f"entry {known} was made since this page was shown; look at it, and enter yours again")
            new = self._checked(person, contract, drafts, last)
            try:
                return DeskEntries(self.register.add(new, read_to=last, once=once, files=files, attached=attached))
            except Overtaken:
                continue  # what others have said meanwhile may change the answer

    def refuse_more(self, person: Person, contract: str) -> None:
        """The disk is the authority's: a supplier's account, or whoever has got hold of it, does not fill it. What is
        brought in by command, or by the authority, has no bound. Raises EnoughToday, LedgerError and its kinds."""
        if side_of(person, contract) != "supplier":
            return
        now_ms = self.clock.now_ms()
        filled_ms = self.register.filled_since(person.name, self.day_bytes, now_ms - DAY_MS, now_ms)
        if filled_ms is not None:
            raise EnoughToday(self.day_bytes, (filled_ms + DAY_MS - now_ms) // 1000 + 1)

    def _last_known(self, person: Person, contract: Contract, last: int) -> int:
        """The same as `last_known_to`; the entries are looked at only where some of them may be hidden."""
        if person.may(Action.SEE_NOTES, contract.id):
            return last
        return last_known_to(person, contract.id, self.entries(contract.id))

    def _checked(self, person: Person, contract: Contract, drafts: Sequence[Statement], last: int) -> list[Entry]:
        new = [self._entry(person, contract, draft, last + place) for place, draft in enumerate(drafts, 1)]
        self._refuse_wrong(new, EntryContext(contract, lambda: self.register.entries(contract.id)))
        return new

    def _refuse_wrong(self, new: Sequence[Entry], context: EntryContext) -> None:
        if found := [line for entry in new for line in problems(entry, context)]:
            raise RegisterError(found)

    def _entry(self, person: Person, contract: Contract, draft: Statement, number: int) -> Entry:
        texts = {"note": draft.note, "reference": draft.reference, "evidence": draft.evidence}
        known = {"actor": person.name, "contract": contract.id, "known_by": person.known_by}
        made = entry_of(draft.said, at_ms=self.clock.now_ms(), **known, **texts)
        return made.model_copy(update={"number": number})

    def _refuse_forbidden(self, person: Person, contract: Contract, draft: Statement) -> None:
        if not person.may(draft.said.action, contract.id):
            raise ForbiddenEntry(TABLE[draft.said.action].words)
        if not may_speak_for(person, contract.id, draft.said.spoken_for(contract)):
            raise ForbiddenEntry("a supplier speaks for itself alone")
        if draft.said.is_internal and not person.may(Action.SEE_NOTES, contract.id):
            raise ForbiddenEntry("what is internal is the authority’s")

    def _refuse_unseen(self, person: Person, contract: Contract, drafts: Sequence[Statement]) -> None:
        """What somebody does not know of is to them as if it were not there."""
        numbers = [number for draft in drafts if (number := draft.said.subject()) is not None]
        if numbers and not person.may(Action.SEE_NOTES, contract.id):
            internal = internal_numbers(self.entries(contract.id))
            known = EntryContext.of(contract, ())
            if found := [
                one for number in numbers if number in internal for one in known.unknown_entry("about", number)
            ]:
                raise RegisterError([f"{one.field}: {one.message}" for one in found])


def visible_to(person: Person, contract: str, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Those of a contract's entries that somebody may know of, as they are: what is shown of one goes through
    `as_read_by`."""
    if person.may(Action.SEE_NOTES, contract):
        return entries
    internal = internal_numbers(entries)
    return [entry for entry in entries if entry.number not in internal] if internal else entries


def last_known_to(person: Person, contract: str, entries: Sequence[Entry]) -> int:
    """The number of the last of a contract's entries that somebody may know of; 0: there is none. What is behind it
    changes no figure, and is no reason to look again."""
    if person.may(Action.SEE_NOTES, contract):
        return entries[-1].number if entries else 0
    return last_shared(entries)


def as_read_by(person: Person, entry: Entry) -> Entry:
    """An entry as somebody may read it: without the notes of the authority, unless it is their own."""
    is_open = entry.actor == person.name or person.may(Action.SEE_NOTES, entry.contract)
    return entry if is_open else redacted(entry)


def parties_of(person: Person, contract: str) -> tuple[str, ...]:
    """For whom somebody may speak in a contract: a supplier for itself alone."""
    return ("supplier",) if side_of(person, contract) == "supplier" else PARTIES


def side_of(person: Person, contract: str) -> str:
    """For whom somebody speaks in a contract: `supplier`, or `authority`."""
    own = {grant.role for grant in person.grants if grant.contracts is None or contract in grant.contracts}
    return "supplier" if Role.SUPPLIER in own else "authority"


def may_speak_for(person: Person, contract: str, party: str | None) -> bool:
    """Whether somebody may say something in a party's name (`EntryKind.spoken_for`): a supplier, in its own alone."""
    return party in {None, "supplier"} or side_of(person, contract) != "supplier"
