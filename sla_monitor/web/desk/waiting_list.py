"""What waits for somebody, as the desk's first page and its JSON list it: theirs, and that of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Generic, TypeVar, overload
from urllib.parse import quote

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.waiting import Matter, describe_asked
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.register.answers import Answer, answers_to
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.entering import DeskRegister, as_read_by, side_of, visible_to
from sla_monitor.web.identity.person import Person
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.text import plain, plain_lines
from sla_monitor.wording.waiting import (
    ANSWER_WORDS,
    MATTER_WORDS,
    TO_DO,
    MatterKind,
    Urgency,
    describe_last_day,
    urgency_of,
)

Found = TypeVar("Found")
Row = TypeVar("Row")
SHOWN = 50
"""Rows of a list: whoever has more has them by contract."""

_FORMS: dict[MatterKind, str] = {
    "decide": "/entries/{number}/decide",
    "figure": "/enter/figure?kpi={name}&month={month}&party={party}",
    "action": "/enter/done?about={number}",
    "obligation": "/enter/obligation_met?obligation={name}&due={month}",
    "claim_relief": "/months/{month}/outages",
    "claim_credit": "/enter/credit_claim?month={month}",
    "notify": "/enter/credit_notified?month={month}&amount={amount}",
    "invoice": "/enter/credit_invoiced?month={month}&amount={amount}",
    "terms": "/terms/{number}",
    "sign_off": "/months/{month}",
    "countersign": "/months/{month}",
    "payment": "/enter/credit_settled?month={month}&amount={amount}",
}
"""Where each is done, below its contract's address."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A contract as somebody sees it. `may`: which of the actions they may do there."""

    contract: Contract
    person: Person
    side: str
    today: date
    may: frozenset[Action]


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A matter as it is listed. What of it is asked for is worked out then: a list of thousands needs little."""

    place: _Place
    matter: Matter

    @property
    def contract(self) -> str:
        return self.place.contract.id

    @property
    def title(self) -> str:
        return plain(self.place.contract.versions[-1].terms.supplier)

    @property
    def word(self) -> str:
        return MATTER_WORDS[self.matter.kind]

    @property
    def what(self) -> str:
        return self.matter.what

    @property
    def last_day(self) -> str:
        return describe_last_day(self.matter.on, self.place.today)

    @property
    def urgency(self) -> Urgency:
        return urgency_of(self.matter.on, self.place.today)

    @property
    def address(self) -> str:
        """Where somebody does it; empty: not here."""
        may = self.matter.action in self.place.may and not self._is_barred
        return address_of(self.contract, self.matter) if may else ""

    @property
    def button(self) -> str:
        return TO_DO[self.matter.kind]

    @property
    def whose(self) -> str:
        """For whom it waits, of those of others."""
        return "somebody else than you" if self._is_barred else _roles(self.matter.action, self.matter.party)

    @property
    def is_mine(self) -> bool:
        return _is_mine(self.place, self.matter)

    @property
    def meeting(self) -> str:
        """The page of the review in which it is done; empty: in none."""
        address = self.address if self.matter.kind in {"sign_off", "countersign"} else ""
        return f"{address}/meeting" if address else ""

    @property
    def _is_barred(self) -> bool:
        return not self.matter.is_for(self.place.person.name, self.matter.party)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What others decided about an entry of somebody. `note`: why, as they may read it; `address`: its page."""

    contract: str
    answer: Answer
    word: str
    what: str
    by: str
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class WaitingList:
    """`mine`: what somebody may do and is theirs; `others`: the rest of what they may see. Both the soonest first.
    `answers`: what others lately decided about what they entered, the newest first.
    `unassessed`: contracts of which only the register is known as yet. `late`: how many of the own ones are late."""

    mine: Sequence[WaitingRow] = ()
    others: Sequence[WaitingRow] = ()
    answers: Sequence[AnswerRow] = ()
    unassessed: tuple[str, ...] = ()
    late: int = 0


@dataclass(frozen=True)
class _Rows(Sequence[Row], Generic[Found, Row]):
    """Rows that are made when they are looked at: a list shows the first of thousands."""

    pairs: Sequence[tuple[_Place, Found]]
    make: Callable[[_Place, Found], Row]

    def __len__(self) -> int:
        return len(self.pairs)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        return _Rows(self.pairs[at], self.make) if isinstance(at, slice) else self.make(*self.pairs[at])


async def waiting_for(
    site: WebParts, desk: DeskRegister, assessments: Iterable[ContractAssessment], person: Person, only: str = ""
) -> WaitingList:
    """The same in the register's thread. What nobody has read yet is read a contract at a time: whoever asks for one
    contract does not wait for that of all. Raises LedgerError and its kinds."""
    for one in desk.contracts():
        if only in {"", one.id} and person.may(Action.SEE_SERVICE, one.id) and not desk.has_read(one.id):
            await site.entering.run(desk.entries, one.id)
    return await site.entering.run(waiting_list, desk, assessments, person, site.clock.now_ms(), only)


def waiting_list(
    desk: DeskRegister, assessments: Iterable[ContractAssessment], person: Person, now_ms: int, only: str = ""
) -> WaitingList:
    """From the one thread of `WebParts.entering`. `only`: of one contract. Raises LedgerError and its kinds."""
    assessed = {one.contract: one for one in assessments}
    mine: list[tuple[_Place, Matter]] = []
    others: list[tuple[_Place, Matter]] = []
    answers: list[tuple[_Place, Answer]] = []
    unassessed: list[str] = []
    seen = [one for one in desk.contracts() if only in {"", one.id} and person.may(Action.SEE_SERVICE, one.id)]
    standings = desk.standings([contract.id for contract in seen])
    for contract in seen:
        one = assessed.get(contract.id)
        if one is None:
            unassessed.append(contract.id)
        may = frozenset(action for action in Action if person.may(action, contract.id))
        today, side = local_date(now_ms, contract.time_zone), side_of(person, contract.id)
        place = _Place(contract, person, side, today, may)
        for matter in desk.matters(contract, standings[contract.id], one, now_ms):
            if matter.kind == "terms" and Action.SEE_NOTES not in may:
                continue  # a draft is no supplier's business
            (mine if _is_mine(place, matter) else others).append((place, matter))
        answers += ((place, one) for one in _answers(desk, place, standings[contract.id], now_ms))
    late = sum(1 for place, matter in mine if urgency_of(matter.on, place.today) == "late")
    answers.sort(key=lambda pair: -pair[1].by.at_ms)
    return WaitingList(_sorted(mine), _sorted(others), _Rows(answers, _answer), tuple(unassessed), late)


def _sorted(pairs: list[tuple[_Place, Matter]]) -> Sequence[WaitingRow]:
    return _Rows(sorted(pairs, key=lambda pair: (pair[1].on or date.max, pair[0].contract.id)), WaitingRow)


def _answers(desk: DeskRegister, place: _Place, effective: EffectiveEntries, now_ms: int) -> Sequence[Answer]:
    """Those that somebody may know of."""
    contract = place.contract.id
    said = desk.entries(contract)
    found = list(answers_to(place.person.name, said, effective, now_ms))
    if not found or Action.SEE_NOTES in place.may:
        return found
    known = {one.number for one in visible_to(place.person, contract, said)}
    return [one for one in found if {one.asked.number, one.by.number} <= known]


def _is_mine(place: _Place, matter: Matter) -> bool:
    return matter.action in place.may and matter.is_for(place.person.name, place.side)


def _answer(place: _Place, found: Answer) -> AnswerRow:
    contract, by = place.contract, as_read_by(place.person, found.by)
    return AnswerRow(
        contract=contract.id,
        answer=found,
        word=ANSWER_WORDS[found.state],
        what=describe_asked(found.asked, contract),
        by=plain(f"{describe_actor(by.actor, by.known_by)}, {format_instant(by.at_ms, contract.time_zone)}"),
        note=plain_lines(by.note),
        address=f"/desk/contracts/{quote(contract.id, safe='')}/entries/{found.asked.number}",
    )


@cache
def _roles(action: Action, party: str) -> str:
    """Who does such a thing, by the access table."""
    if party == "supplier":
        return "supplier"
    roles = sorted(f"{role}".replace("_", " ") for role in TABLE[action].roles)
    return " or ".join(one for one in roles if one != "supplier" or not party)


def address_of(contract: str, matter: Matter) -> str:
    """The form that does it, filled in as far as is known; empty: it is not done at the desk."""
    here = f"/desk/contracts/{quote(contract, safe='')}"
    known = {
        "number": f"{matter.entry}", "month": matter.month, "name": quote(matter.name, safe=""), "party": matter.party,
        "amount": matter.amount,
    }  # fmt: skip
    return f"{here}{_FORMS[matter.kind].format(**known)}" if matter.kind in _FORMS else ""
