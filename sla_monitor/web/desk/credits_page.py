"""A contract's credits to the end: what became of each month's, what is open for how long, and the next steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from sla_monitor.assess.recovery import brought_up_to
from sla_monitor.board import Board
from sla_monitor.contract.contract import Contract
from sla_monitor.document.recovery import credit_account_csv
from sla_monitor.document.spreadsheet import MEDIA_TYPE
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import CreditInvoiced, CreditNotified, CreditSettled, CreditWrittenOff
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import as_read_by
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.person import Person
from sla_monitor.web.serving.handler import not_assessed_yet
from sla_monitor.wording.instants import format_date, format_day, format_month
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.recovery import AGE_WORDS, STEP_WORDS, credit_remarks, describe_credit_state
from sla_monitor.wording.text import format_list, plain

SUMS = ("expected", "notified", "invoiced", "recovered", "written off", "open")


@dataclass(frozen=True, slots=True)
class CreditRow:
    """A month's credit. `amounts`: in the order of SUMS; `forms`: words and addresses."""

    month: str
    amounts: tuple[str, ...]
    due: str
    state: str
    tone: str
    remarks: tuple[str, ...]
    forms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One step that was entered."""

    entry: int
    month: str
    what: str
    amount: str
    on: str
    invoice: str
    note: str


@dataclass(frozen=True, slots=True)
class CreditsView:
    """An account as people read it. `sums` and `ages`: words and amounts."""

    as_of: str
    sums: tuple[tuple[str, str], ...]
    ages: tuple[tuple[str, str], ...]
    rows: tuple[CreditRow, ...]
    moves: tuple[MoveRow, ...]
    strays: str


def credits_view(
    contract: Contract, account: CreditAccount, note_of: Callable[[int], str], person: Person
) -> CreditsView | None:
    """`note_of`: an entry's note, as this person may read it. None: there is no account of credits."""
    if account.as_of is None:
        return None

    def money(amount: Decimal) -> str:
        return format_money(amount, contract.currency)

    sums = tuple((head, money(getattr(account, head.replace(" ", "_")))) for head in SUMS)
    ages = [(AGE_WORDS[age], money(amount)) for age, amount in account.by_age().items() if amount]
    if account.to_return:
        ages.append(("to be returned to the supplier", money(-account.to_return)))
    return CreditsView(
        format_day(account.as_of),
        sums,
        tuple(ages),
        tuple(_row(contract, one, account.as_of, person) for one in reversed(account.months)),
        tuple(_moves(contract, account, note_of)),
        f"entry {format_list([str(number) for number in account.stray])}" if account.stray else "",
    )


def _row(contract: Contract, one: MonthCredit, today: date, person: Person) -> CreditRow:
    amounts = (one.expected, one.notified, one.invoiced, one.recovered, one.written_off, one.open)
    return CreditRow(
        format_month(one.month),
        tuple(format_money(amount, contract.currency) for amount in amounts),
        format_date(one.due_on) if one.open > 0 else "",
        describe_credit_state(one).capitalize(),
        "down" if one.days_late or one.open < 0 else "" if one.open else "up",
        tuple(f"{remark[0].upper()}{remark[1:]}." for remark in credit_remarks(one, contract.currency)),
        tuple(_forms(contract, one, today, person)),
    )


def _forms(contract: Contract, one: MonthCredit, today: date, person: Person) -> Iterator[tuple[str, str]]:
    """What can be said of a month next, each form filled in with what is open of it."""
    several: list[tuple[str, type[EntryKind], Decimal]] = [
        ("Notify", CreditNotified, one.to_notify),
        ("On an invoice", CreditInvoiced, one.to_invoice if one.notified else Decimal(0)),
        ("Paid or set off", CreditSettled, one.open if one.notified or one.invoiced else Decimal(0)),
        ("Write off", CreditWrittenOff, one.open),
    ]
    for words, kind, amount in several:
        if amount > 0 and person.may(kind.action, contract.id):
            given = urlencode({"month": one.month, "amount": f"{amount:f}", "on": f"{today}"})
            yield words, f"/desk/contracts/{contract.id}/enter/{kind.model_fields['kind'].default}?{given}"


def _moves(contract: Contract, account: CreditAccount, note_of: Callable[[int], str]) -> Iterator[MoveRow]:
    """The latest first."""
    several = sorted((move for one in account.months for move in one.moves), key=lambda move: (move.on, move.entry))
    for move in reversed(several):
        line = f", line {move.line}" if move.line else ""
        yield MoveRow(
            move.entry,
            format_month(move.month),
            STEP_WORDS[move.step],
            format_money(move.amount, contract.currency),
            format_date(move.on),
            plain(f"{move.invoice}{line}"),
            plain(note_of(move.entry)),
        )


def account_of(board: Board, contract: Contract, effective: EffectiveEntries, now_ms: int) -> CreditAccount:
    """A contract's credits with all that was entered until now. What months come to is of the last assessment: before
    the first, credits are unknown, and not none. Raises Refusal."""
    assessed = next((one for one in board.assessment.contracts if one.contract == contract.id), None)
    if assessed is None:
        raise not_assessed_yet("the contract has")
    return brought_up_to(assessed.recovery, contract, effective, now_ms)


class CreditPages(DeskHandler):
    """What the pages about a contract's credits have in common: the account as it stands now."""

    async def account(self, contract: Contract) -> tuple[CreditAccount, EffectiveEntries]:
        """With what stands of the register. What months come to is of the last assessment."""
        effective = await self.standing(contract.id)
        return account_of(self.board, contract, effective, self.site.clock.now_ms()), effective


class CreditsPage(CreditPages):
    """`GET /desk/contracts/<contract>/credits`."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        terms = self.contract(contract)
        account, effective = await self.account(terms)

        def note_of(number: int) -> str:
            entry = effective.entry(number)
            return "" if entry is None else as_read_by(self.person, entry).note

        view = credits_view(terms, account, note_of, self.person)
        self.show_page(
            "desk_credits.html", contract=terms, view=view, heads=SUMS,
            may_enter=self.person.may(Action.TRACK_CREDITS, terms.id),
        )  # fmt: skip

    head = get


class CreditsFile(CreditPages):
    """`GET /desk/contracts/<contract>/credits.csv`: the same by month, for a spreadsheet."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        terms = self.contract(contract)
        account, _ = await self.account(terms)
        self.note(DeskEvent.DOWNLOADED, contract=terms.id, subject="credits.csv")
        self.give_file(credit_account_csv(account, terms.currency).encode(), MEDIA_TYPE, f"{terms.id}-credits.csv")

    head = get
