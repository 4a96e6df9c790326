"""What waits for somebody, as the desk's first page and its JSON list it: theirs, and that of others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.waiting import Matter
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.entering import DeskRegister, side_of
from sla_monitor.web.identity.person import Person
from sla_monitor.wording.text import plain
from sla_monitor.wording.waiting import MATTER_WORDS, TO_DO, MatterKind, Urgency, describe_last_day, urgency_of

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
class WaitingRow:
    """A matter as it is listed. `address`: where somebody does it, empty: not here; `whose`: for whom it waits, of
    those of others; `meeting`: the page of the review in which it is done, empty: in none."""

    contract: str
    title: str
    matter: Matter
    word: str
    what: str
    last_day: str
    urgency: Urgency
    address: str
    button: str
    whose: str
    is_mine: bool
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class WaitingList:
    """`mine`: what somebody may do and is theirs; `others`: the rest of what they may see. Both the soonest first.
    `unassessed`: contracts of which only the register is known as yet."""

    mine: tuple[WaitingRow, ...] = ()
    others: tuple[WaitingRow, ...] = ()
    unassessed: tuple[str, ...] = ()

    @property
    def late(self) -> int:
        """How many of the own ones are late."""
        return sum(1 for row in self.mine if row.urgency == "late")


def waiting_list(
    desk: DeskRegister, assessments: Iterable[ContractAssessment], person: Person, now_ms: int, only: str = ""
) -> WaitingList:
    """From the one thread of `WebParts.entering`. `only`: of one contract. Raises LedgerError and its kinds."""
    assessed = {one.contract: one for one in assessments}
    mine: list[WaitingRow] = []
    others: list[WaitingRow] = []
    unassessed: list[str] = []
    seen = [one for one in desk.contracts() if only in {"", one.id} and person.may(Action.SEE_SERVICE, one.id)]
    standings = desk.standings([contract.id for contract in seen])
    for contract in seen:
        one = assessed.get(contract.id)
        if one is None:
            unassessed.append(contract.id)
        today, side = local_date(now_ms, contract.time_zone), side_of(person, contract.id)
        for matter in desk.matters(contract, standings[contract.id], one, now_ms):
            if matter.kind == "terms" and not person.may(Action.SEE_NOTES, contract.id):
                continue  # a draft is no supplier's business
            row = _row(contract, matter, person, today, is_mine=matter.is_for(person.name, side))
            (mine if row.is_mine else others).append(row)
    return WaitingList(_sorted(mine), _sorted(others), tuple(unassessed))


def _sorted(rows: list[WaitingRow]) -> tuple[WaitingRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.matter.on or date.max, row.contract)))


def _row(contract: Contract, matter: Matter, person: Person, today: date, *, is_mine: bool) -> WaitingRow:
    """`is_mine`: as far as the matter itself says so."""
    is_barred = not matter.is_for(person.name, matter.party)
    may = person.may(matter.action, contract.id) and not is_barred
    address = address_of(contract.id, matter) if may else ""
    return WaitingRow(
        contract=contract.id,
        title=plain(contract.versions[-1].terms.supplier),
        matter=matter,
        word=MATTER_WORDS[matter.kind],
        what=matter.what,
        last_day=describe_last_day(matter.on, today),
        urgency=urgency_of(matter.on, today),
        address=address,
        button=TO_DO[matter.kind],
        whose=_whose(matter, is_barred=is_barred),
        is_mine=is_mine and may,
        meeting=f"{address}/meeting" if matter.kind in {"sign_off", "countersign"} and address else "",
    )


def _whose(matter: Matter, *, is_barred: bool) -> str:
    """For whom it waits."""
    if is_barred:
        return "somebody else than you"
    roles = sorted(f"{role}".replace("_", " ") for role in TABLE[matter.action].roles)
    is_of_supplier = matter.party == "supplier"
    return "supplier" if is_of_supplier else " or ".join(one for one in roles if one != "supplier" or not matter.party)


def address_of(contract: str, matter: Matter) -> str:
    """The form that does it, filled in as far as is known; empty: it is not done at the desk."""
    here = f"/desk/contracts/{quote(contract, safe='')}"
    known = {
        "number": f"{matter.entry}", "month": matter.month, "name": quote(matter.name, safe=""), "party": matter.party,
        "amount": matter.amount,
    }  # fmt: skip
    return f"{here}{_FORMS[matter.kind].format(**known)}" if matter.kind in _FORMS else ""
